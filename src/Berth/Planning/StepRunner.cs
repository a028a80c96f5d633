using Berth.Containment;
using Berth.Credentials;
using Berth.Gateway;
using Berth.Host;
using Berth.Rosters;
using Berth.Servers;
using Berth.Units;

namespace Berth.Planning;

/// <summary>Does one step. Every expected failure comes back as one line for a person.</summary>
public sealed class StepRunner(HostPaths paths, Files files, ProcessRunner run)
{
    /// <summary>Copies of files that stood where Berth wrote its own (<c>--overwrite-drift</c>).</summary>
    public const string Originals = ManifestFile.Folder + "/originals";

    /// <returns>Null when done, else why not.</returns>
    public string? Run(Step step)
    {
        try
        {
            return Do(step);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return failure.Message;
        }
    }

    private string? Do(Step step) =>
        step switch
        {
            StopServer stop => Tool("systemctl", "stop", stop.Unit),
            StopOwnUnits stop => Tool("systemctl", ["stop", .. stop.Units]),
            StartOwnUnits start => Tool("systemctl", ["restart", .. start.Units]),
            WithdrawTokens => Withdraw(),
            WithdrawToken withdraw => Withdraw(withdraw),
            EndSessions end => Tool("loginctl", "terminate-user", end.Name),
            CreateAccount create => Create(create),
            SetLock { Locked: true } set => Retried("usermod", [.. Image, "--expiredate", "1", set.Name]),
            SetLock set => Retried("usermod", [.. Image, "--expiredate", "", set.Name]),
            AddToGroup add => Retried("gpasswd", [.. Image, "--add", add.Name, add.Group]),
            CreateHome create => MakeHome(create),
            CloseHome close => Close(close),
            WriteFile write => Write(write),
            RemoveFile remove => Remove(remove),
            UnmergeDocker unmerge => Unmerge(unmerge),
            ReloadSystemd reload => Tool("systemctl", "daemon-reload") ?? (reload.BindRules ? PutBindRules() : null),
            ReloadManager reload => Tool("systemctl", "--user", $"--machine={reload.Name}@.host", "daemon-reload"),
            SetCap set => Caps(set),
            MakeSystemAccount => MakeAccount(),
            LoadFirewall => Start("restart", FirewallUnit.Service),
            DeleteFirewall => DeleteTable(),
            RestartFront restart => Front(restart),
            RemoveGatewayState remove => RemoveState(remove),
            RemoveRecords => RemoveWhatWasRecorded(),
            RestartBackstop => Tool("systemctl", "try-restart", Backstop.Service),
            RestartPreload => Tool("systemctl", "restart", Preload.Service),
            StartServer start => Start("start", start.Unit),
            RestartServer restart => Start("restart", restart.Unit),
            _ => throw new InvalidOperationException($"no way to do {step.Kind}"),
        };

    private string? Withdraw(WithdrawToken withdraw)
    {
        new Deliveries(paths, files).Withdraw(withdraw.Name);
        return null;
    }

    private string? Withdraw()
    {
        if (Directory.Exists(paths[TokenFile.Folder]))
            Directory.Delete(paths[TokenFile.Folder], recursive: true);
        return null;
    }

    private string? Tool(string program, params ReadOnlySpan<string> arguments)
    {
        var outcome = run.Run(program, arguments);
        return outcome.Ok ? null : outcome.Said;
    }

    /// <summary>The account tools lock /etc/passwd against each other and give up at once: another one (or one whose
    /// caller was killed) may just be finishing.</summary>
    private string? Retried(string program, params ReadOnlySpan<string> arguments)
    {
        string? said = null;
        for (var attempt = 0; attempt < 5; attempt++)
        {
            said = Tool(program, arguments);
            if (said is null || !said.Contains("lock", StringComparison.OrdinalIgnoreCase))
                return said;
            Thread.Sleep(TimeSpan.FromMilliseconds(500));
        }
        return said;
    }

    /// <summary>Points the account tools at the image, where one is worked on.</summary>
    private string[] Image => paths.IsLive ? [] : ["--root", paths.Root];

    /// <summary>A unit that starts in a slice makes systemd look at all that runs in it. It needs to do nothing, and may
    /// fail: the next login does the same.</summary>
    private string? PutBindRules()
    {
        foreach (var slice in new[] { "user.slice", ServerUnits.Slice })
            run.Run("systemd-run", "--quiet", "--collect", "--wait", $"--slice={slice}", "/bin/true");
        return null;
    }

    private string[] SysusersImage => paths.IsLive ? [] : [$"--root={paths.Root}"];

    /// <summary>Declared first, so that there is one to delete.</summary>
    private string? DeleteTable()
    {
        const string ruleset = $"table inet {Firewall.Table}\ndelete table inet {Firewall.Table}\n";
        var outcome = run.Run(Firewall.Program, ["-f", "-"], ruleset);
        return outcome.Ok ? null : outcome.Said;
    }

    /// <summary>A socket cannot be opened while its service runs.</summary>
    private string? Front(RestartFront restart) =>
        restart.Sockets.Count == 0
            ? Start("restart", restart.Service)
            : Tool("systemctl", "stop", restart.Service)
                ?? Tool("systemctl", ["restart", .. restart.Sockets])
                ?? Start("restart", restart.Service);

    private string? RemoveState(RemoveGatewayState remove)
    {
        if (Directory.Exists(paths[GatewayUnits.State]))
            Directory.Delete(paths[GatewayUnits.State], recursive: true);
        return remove.Account ? Retried("userdel", [.. Image, GatewayUnits.Account]) : null;
    }

    private string? RemoveWhatWasRecorded()
    {
        string[] folders =
        [
            RecorderUnits.State,
            RecorderUnits.Receipts,
            HookUnits.State,
            WatchdogUnits.Run,
            Metrics.MetricPage.Folder,
        ];
        foreach (var folder in folders.Select(folder => paths[folder]).Where(Directory.Exists))
            Directory.Delete(folder, recursive: true);
        return null;
    }

    private string? MakeHome(CreateHome create)
    {
        if (paths.IsLive)
            return Tool("mkhomedir_helper", create.Name, "0077");
        files.MakeFolders(create.Home, 0x1C0);
        return Native.ChangeOwner(paths[create.Home], (uint)create.Uid, uint.MaxValue) < 0
            ? Native.Failure("give away", create.Home).Message
            : null;
    }

    private string? Create(CreateAccount create)
    {
        return Retried(
            "useradd",
            [
                .. Image,
                "--create-home",
                "--home-dir",
                create.Home,
                "--user-group",
                "--uid",
                create.Uid.ToString(),
                "--shell",
                "/bin/bash",
                "--key",
                "HOME_MODE=0700",
                create.Name,
            ]
        );
    }

    /// <summary>The folder is opened without following a link and its owner is looked at before its mode is changed:
    /// the parent may be the user's to rearrange.</summary>
    private string? Close(CloseHome close)
    {
        var descriptor = Native.Open(
            paths[close.Home],
            Native.ReadOnly | Native.Directory | Native.NoFollow | Native.CloseOnExec,
            0
        );
        if (descriptor < 0)
            return Native.Failure("close", close.Home).Message;
        try
        {
            if (!Native.StatDescriptor(descriptor, out var stat) || stat.Uid != close.Uid)
                return $"cannot close {close.Home}: it does not belong to {close.Name}";
            return Native.ChangeMode(descriptor, 0x1C0) < 0 ? Native.Failure("close", close.Home).Message : null;
        }
        finally
        {
            _ = Native.Close(descriptor);
        }
    }

    private string? Write(WriteFile write)
    {
        var file = write.File;
        if (write.Change is FileChange.Replace)
            KeepAside(file.Path);
        switch (file.Kind)
        {
            case FileKind.Link:
                files.Link(file.Path, file.Content);
                break;
            case FileKind.Secret when write.Change is not FileChange.Create && files.Text(file.Path) is { } kept:
                files.Write(file.Path, kept, file.Mode);
                break;
            case FileKind.Secret:
                files.Write(file.Path, Secrets.Generate(file.Content.Split('\n')), file.Mode);
                break;
            default:
                files.Write(file.Path, file.Content, file.Mode, GroupOf(file.Reader));
                break;
        }
        return null;
    }

    /// <summary>Files that the account reads are written before it can be made: it is declared in one of them.</summary>
    private string? MakeAccount()
    {
        if (Retried("systemd-sysusers", [.. SysusersImage, GatewayUnits.SysusersName]) is { } failed)
            return failed;
        if (files.Fact(GatewayConfig.Path) is { } config && files.Text(GatewayConfig.Path) is { } text)
            files.Write(GatewayConfig.Path, text, config.Mode, GroupOf(GatewayUnits.Account));
        return null;
    }

    /// <returns>-1 where there is none yet, and in an image that is built without root.</returns>
    private int GroupOf(string? name) =>
        name is null || Native.EffectiveUser() != 0
            ? -1
            : new AccountFiles(paths, files).GroupIds().GetValueOrDefault(name, -1);

    private void KeepAside(string path)
    {
        var copy = CopyOf(path);
        if (files.Exists(copy))
            return;
        files.MakeFolders(Originals, 0x1C0);
        files.WriteState(copy, File.ReadAllBytes(paths[path]));
        File.SetUnixFileMode(paths[copy], File.GetUnixFileMode(paths[path]));
    }

    private string? Remove(RemoveFile remove)
    {
        var copy = CopyOf(remove.Path);
        if (remove.Restore && files.Exists(copy))
        {
            files.Write(remove.Path, File.ReadAllBytes(paths[copy]), (int)File.GetUnixFileMode(paths[copy]));
            files.Remove(copy);
            files.RemoveIfEmpty(Originals);
        }
        else
        {
            files.Remove(remove.Path);
        }
        return null;
    }

    private static string CopyOf(string path) => $"{Originals}/{path.Replace('/', '%')}";

    private string? Unmerge(UnmergeDocker unmerge)
    {
        if (unmerge.Content.Length == 0)
            files.Remove(Containers.DaemonPath);
        else
            files.Write(Containers.DaemonPath, unmerge.Content, 0x1A4);
        return null;
    }

    /// <summary>Writes the value that systemd, after its reload, holds as well. A cgroup that is gone by now needs no
    /// cap.</summary>
    private string? Caps(SetCap set)
    {
        foreach (var cgroup in set.Cgroups)
        {
            WriteCap(cgroup, set.Cap);
            // What a server has started has a cap of its own below its unit's.
            WriteCap($"{cgroup}/{AgentCgroup.Agents}", AgentCgroup.Cap(set.Cap));
        }
        return null;
    }

    private void WriteCap(string cgroup, long cap)
    {
        try
        {
            File.WriteAllText(
                paths[$"{SurfaceReader.Tree}/{cgroup}/memory.max"],
                cap == HostFacts.Unlimited ? "max" : cap.ToString()
            );
        }
        catch (Exception gone)
            when (gone is FileNotFoundException or DirectoryNotFoundException or UnauthorizedAccessException)
        {
            // Nothing runs there now, or its owner has taken the controller from their own subtree: the unit's cap holds.
        }
    }

    private string? Start(string verb, string unit) =>
        Tool("systemctl", verb, unit) is { } said ? $"{said} (journalctl -u {unit} -n 20)" : null;
}
