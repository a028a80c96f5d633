using Berth.Host;
using Berth.Planning;
using Berth.Recording;
using Berth.Rosters;
using Berth.Units;

namespace Berth.Drilling;

/// <summary>Makes a drill's own people and takes them away again. They go through the same plan, files and steps as
/// everybody's; a copy of the roster names them for as long as they are there, the real one never does.</summary>
internal sealed class DrillStage(string rosterFile, ProcessRunner run)
{
    /// <summary>All that a drill keeps; root's alone, gone with a reboot.</summary>
    public const string Folder = "/run/berth-drill";

    public const string Output = Folder + "/out";
    public const string Image = Folder + "/disk.img";

    /// <summary>Kept over a reboot: what is taken away then is planned from the roster as it was, whatever was edited
    /// since.</summary>
    private const string Kept = ManifestFile.Folder + "/drill";

    private const string Overlay = Kept + "/roster";
    private const string OverlayFile = Overlay + "/roster.yaml";
    private const int RootOnly = 0x180;
    private const int RootFolder = 0x1C0;

    /// <summary>Units' own folder in memory: what is there is gone after a reboot.</summary>
    private const string Units = "/run/systemd/system";

    private const string DropIn = "60-berth-drill.conf";

    private static readonly HostPaths s_host = HostPaths.Live;
    private readonly Files _files = new(s_host);

    /// <summary>The roster of the drill, as verbs that read one take it.</summary>
    public static string Roster => OverlayFile;

    /// <summary>Makes the two people, with servers that run.</summary>
    /// <param name="roster">The real roster, which is applied.</param>
    /// <exception cref="DrillException">It was not done.</exception>
    public (Roster Roster, Planned Planned) Set(Roster roster)
    {
        if (DrillPeople.Server(roster) is not { } server)
            throw new DrillException("the roster has no server: there is nothing to drill");
        Copy(server);
        var reading = RosterFiles.Load(OverlayFile);
        if (reading.Roster is not { } overlay)
            throw new DrillException($"the drill's people do not fit into the roster: {reading.Problems[0]}");
        overlay = DrillPeople.Overcommitted(overlay);
        var preview = new Preview(s_host, run);
        var planned = preview.Of(overlay, new PlanOptions());
        if (planned.Plan.Problems.Count > 0)
            throw new DrillException($"the drill's people cannot be made: {planned.Plan.Problems[0]}");
        foreach (var name in DrillPeople.Names)
        {
            if (planned.Facts.Accounts.ContainsKey(name))
                throw new DrillException(
                    $"there is an account {name} on this host that no drill made: a drill needs that name (userdel {name})"
                );
            WriteServer(overlay, planned, name, server);
        }
        var report = new Applier(preview, new StepRunner(s_host, preview.Files, run)).Apply(planned, (_, _) => { });
        if (report.Failures.FirstOrDefault() is { } failed)
            throw new DrillException($"{failed.Step.Says}: {failed.Failure}");
        if (ReadyWait.For(s_host, overlay, report, _ => { }) is [var silent, ..])
            throw new DrillException(silent);
        return (overlay, preview.Of(overlay, new PlanOptions()));
    }

    /// <summary>Whether anything of a drill is left on this host.</summary>
    public bool AnythingLeft() => _files.Exists(Folder) || _files.Exists(Kept) || AnybodyLeft();

    /// <summary>Whether Berth remembers a drill's people: only then is there something to plan.</summary>
    private bool AnybodyLeft()
    {
        var manifest = new ManifestFile(_files).Read();
        return manifest.Accounts.Keys.Any(DrillPeople.IsOne)
            || manifest.Files.Values.Any(file => file.User is { } user && DrillPeople.IsOne(user))
            || manifest.Ports.Keys.Any(IsPort);
    }

    /// <summary>Takes away everything that a drill made, from wherever it was broken off.</summary>
    /// <returns>What could not be taken away; null when nothing is left.</returns>
    public string? Clear()
    {
        Parts.StopAll(run);
        if (!AnythingLeft())
            return null;
        Unmount();
        var people = AnybodyLeft();
        // Before the plan is done, whose reload is the one that sees it.
        var servers = RemoveServers();
        if (people && ClearPeople() is { } left)
            return left;
        foreach (var server in servers)
            _ = run.Run("systemctl", "reset-failed", server);
        if (!people && servers.Count > 0)
            _ = run.Run("systemctl", "daemon-reload");
        foreach (var folder in (string[])[Folder, Kept])
        {
            if (Directory.Exists(folder))
                Directory.Delete(folder, recursive: true);
        }
        return null;
    }

    private string? ClearPeople()
    {
        var reading = RosterFiles.Load(_files.Exists(OverlayFile) ? OverlayFile : rosterFile);
        if (reading.Roster is not { } overlay)
            return $"{reading.Problems[0]}";
        var roster = overlay with { Users = [.. overlay.Users.Where(user => !DrillPeople.IsOne(user.Name))] };
        var preview = new Preview(s_host, run);
        var planned = preview.Of(roster, new PlanOptions());
        if (planned.Plan.Refused)
            return $"{planned.Plan.Problems[0]}";
        var report = new Applier(preview, new StepRunner(s_host, preview.Files, run)).Apply(planned, (_, _) => { });
        if (report.Failures.FirstOrDefault() is { } failed)
            return $"{failed.Step.Says}: {failed.Failure}";
        var purge = new Purge(preview, run);
        foreach (var name in DrillPeople.Names)
        {
            if (preview.ManifestFile.Read().Accounts.ContainsKey(name) && purge.Delete(name) is { } kept)
                return $"account {name}: {kept}";
            var receipts = $"{RecorderUnits.Receipts}/{name}";
            if (Directory.Exists(receipts))
                Directory.Delete(receipts, recursive: true);
        }
        Forget(preview.ManifestFile);
        return null;
    }

    /// <summary>A copy of the roster with the two people in it, complete before it has its name.</summary>
    private void Copy(string server)
    {
        const string making = Kept + "/making";
        _files.MakeFolders(Output, RootFolder);
        if (Directory.Exists(making))
            Directory.Delete(making, recursive: true);
        _files.MakeFolders(making + "/users.d", RootFolder);
        _files.WriteState(making + "/roster.yaml", File.ReadAllBytes(rosterFile), RootOnly);
        var people = RosterFiles.DropInFolder(rosterFile);
        if (Directory.Exists(people))
        {
            foreach (var file in Directory.GetFiles(people, "*.yaml"))
                _files.WriteState($"{making}/users.d/{Path.GetFileName(file)}", File.ReadAllBytes(file), RootOnly);
        }
        foreach (var name in DrillPeople.Names)
            _files.WriteState(
                $"{making}/users.d/{name}.yaml",
                System.Text.Encoding.UTF8.GetBytes(DrillPeople.DropIn(name, server)),
                RootOnly
            );
        if (Native.Rename(making, Overlay) < 0)
            throw Native.Failure("rename", making);
    }

    /// <summary>Their servers run a small program of the drill's in place of the real one; everything else of the unit is
    /// as it is for everybody.</summary>
    private void WriteServer(Roster roster, Planned planned, string name, string server)
    {
        var port = planned.Desired!.Ports[PortAllocator.Key(server, name)];
        var unit = new UnitText()
            .Section("Service")
            .Set("ExecStart", "")
            .Set(
                "ExecStart",
                $"{UnitText.Word(planned.Facts.Berth)} {Commands.DrillPartCommand.Name} serve --host {roster.Servers[server].Host} --port {port}"
            );
        _files.WriteState(
            $"{Units}/{ServerUnits.UnitName(server, name)}.d/{DropIn}",
            System.Text.Encoding.UTF8.GetBytes(unit.ToString())
        );
    }

    /// <summary>Also where a drill was killed before anybody was made.</summary>
    /// <returns>Whose drop-ins were there.</returns>
    private static List<string> RemoveServers()
    {
        if (!Directory.Exists(Units))
            return [];
        var folders = DrillPeople
            .Names.SelectMany(name => Directory.GetDirectories(Units, $"*{ServerUnits.InstanceMark}{name}.service.d"))
            .ToList();
        foreach (var folder in folders)
            Directory.Delete(folder, recursive: true);
        return folders.ConvertAll(folder => Path.GetFileNameWithoutExtension(folder));
    }

    /// <summary>The small disk, wherever homes are.</summary>
    private void Unmount()
    {
        var made = new ManifestFile(_files).Read().Accounts.Keys.Where(DrillPeople.IsOne).ToList();
        if (made.Count == 0)
            return;
        var accounts = new AccountFiles(s_host, _files).Read(made, run);
        var homes = made.Select(name => accounts.GetValueOrDefault(name)?.Home).OfType<string>();
        foreach (var home in DiskProbe.Mounted(s_host, homes))
            _ = run.Run("umount", "--lazy", home);
    }

    /// <summary>What a plan remembers of people who are gone: ports stay theirs.</summary>
    private static void Forget(ManifestFile file)
    {
        var manifest = file.Read();
        file.Write(
            manifest with
            {
                Accounts = manifest
                    .Accounts.Where(pair => !DrillPeople.IsOne(pair.Key))
                    .ToDictionary(StringComparer.Ordinal),
                Ports = manifest.Ports.Where(pair => !IsPort(pair.Key)).ToDictionary(StringComparer.Ordinal),
                Launched = manifest
                    .Launched.Where(pair => !DrillPeople.IsOne(ServerUnits.UserOf(pair.Key)))
                    .ToDictionary(StringComparer.Ordinal),
            }
        );
    }

    private static bool IsPort(string key) =>
        DrillPeople.IsOne(key[(key.IndexOf('/', StringComparison.Ordinal) + 1)..]);
}
