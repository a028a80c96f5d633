using System.Collections.Concurrent;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Berth.Host;

namespace Berth.Credentials;

/// <summary>Watches one person's login files, as that person: keeps the last good copy, recognises what a refresh race
/// wiped within moments, and puts the copy back. It reads and writes with that person's own rights, so it can reach
/// nothing that is not theirs.</summary>
/// <param name="home">The person's home.</param>
/// <param name="state">The folder for copies and the report, theirs alone.</param>
/// <param name="probe">The real CLI; null tries nothing.</param>
/// <param name="clock">The clock.</param>
/// <param name="tell">Where happenings go, one line each: the journal.</param>
public sealed class LoginWatch(string home, string state, AgentProbe? probe, TimeProvider clock, Action<Happening> tell)
{
    private const int Largest = 1 << 20;
    private readonly Files _files = new(HostPaths.Live);
    private readonly Dictionary<string, RestoreBudget> _budgets = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _given = new(StringComparer.Ordinal);

    public const string ReportFile = "report.json";

    /// <summary>Runs until it is told to end.</summary>
    /// <param name="token">The person's delivered token, read anew each time; null for none.</param>
    public void Run(Func<string?> token, CancellationToken end)
    {
        using var changed = new BlockingCollection<bool>();
        var watchers = new Dictionary<string, FileSystemWatcher>(StringComparer.Ordinal);
        try
        {
            while (!end.IsCancellationRequested)
            {
                foreach (var agent in AgentLogin.All)
                    Follow(watchers, Folder(agent), agent.File, changed);
                Look(token());
                // A folder that is not there yet cannot be followed: it is looked for every two seconds.
                if (changed.TryTake(out _, TimeSpan.FromSeconds(2)))
                {
                    while (changed.TryTake(out _)) { }
                }
            }
        }
        finally
        {
            foreach (var watcher in watchers.Values)
                watcher.Dispose();
        }
    }

    private static void Follow(
        Dictionary<string, FileSystemWatcher> watchers,
        string folder,
        string file,
        BlockingCollection<bool> changed
    )
    {
        if (watchers.TryGetValue(folder, out var known))
        {
            if (Directory.Exists(folder))
                return;
            known.Dispose();
            watchers.Remove(folder);
        }
        if (!Directory.Exists(folder))
            return;
        var watcher = new FileSystemWatcher(folder, file)
        {
            NotifyFilter = NotifyFilters.FileName | NotifyFilters.LastWrite,
        };
        watcher.Changed += (_, _) => changed.TryAdd(true);
        watcher.Created += (_, _) => changed.TryAdd(true);
        watcher.Renamed += (_, _) => changed.TryAdd(true);
        watcher.EnableRaisingEvents = true;
        watchers[folder] = watcher;
    }

    /// <summary>One look at every file, and a probe when one is due.</summary>
    public IReadOnlyDictionary<string, LoginState> Look(string? token)
    {
        var before = Report();
        var states = AgentLogin.All.ToDictionary(agent => agent.Agent, Look, StringComparer.Ordinal);
        var report = before with { Logins = states, ShadowedBy = Shadowed() };
        var fingerprint = token is null ? null : TokenText.Fingerprint(token);
        var now = clock.GetUtcNow();
        if (probe is not null && ProbeSchedule.Due(report, fingerprint, states["claude"], now))
            report = Probed(report, token, fingerprint, now);
        var text = JsonSerializer.Serialize(report, LoginContext.Default.LoginReport);
        if (text != JsonSerializer.Serialize(before, LoginContext.Default.LoginReport))
            _files.WriteState(Path.Join(state, ReportFile), Encoding.UTF8.GetBytes(text), 0x180);
        return states;
    }

    private LoginReport Probed(LoginReport report, string? token, string? fingerprint, DateTimeOffset now)
    {
        var result = probe!.Try(token);
        // A login that is refused is replaced once by the last good copy, and tried once more.
        if (result is ProbeResult.Invalid && token is null && Restore(AgentLogin.Claude, evenGood: true))
            result = probe.Try(null);
        if (result is ProbeResult.Invalid && (report.Probe is not ProbeResult.Invalid || report.Of != fingerprint))
            tell(TokenFlow.Probed(new Truth(Fingerprint: fingerprint), result, now).Happenings[0]);
        return report with
        {
            Probe = result,
            Of = fingerprint,
            ProbedAt = now,
            LastGood = result is ProbeResult.Valid ? now : report.LastGood,
        };
    }

    private LoginState Look(AgentLogin agent)
    {
        var text = Text(Path.Join(Folder(agent), agent.File));
        if (agent.StateOf(text) is LoginState.Broken)
        {
            // Perhaps in the middle of a write that is not atomic.
            Thread.Sleep(TimeSpan.FromMilliseconds(200));
            text = Text(Path.Join(Folder(agent), agent.File));
        }
        var found = agent.StateOf(text);
        if (found is LoginState.Wiped or LoginState.Broken)
        {
            if (_given.GetValueOrDefault(agent.Agent) == text)
                return found;
            if (found is LoginState.Wiped)
                tell(
                    new Happening(
                        CredentialEvent.RaceWiped,
                        $"the {agent.Agent} login has lost its tokens: several agents refreshed it at once"
                    )
                );
            if (Restore(agent, evenGood: false))
                return LoginState.Good;
            _given[agent.Agent] = text!;
            tell(
                new Happening(
                    CredentialEvent.AuthInvalid,
                    $"the {agent.Agent} login is unusable and there is no good copy left to restore: this person must sign in again"
                )
            );
            return found;
        }
        if (found is LoginState.Good && AgentLogin.Parse(text!) is { } file)
        {
            _given.Remove(agent.Agent);
            if (LoginCopy.Taken(agent, file, Copy(agent)) is { } taken)
                _files.WriteState(CopyPath(agent), Encoding.UTF8.GetBytes(taken.ToJsonString()), 0x180);
        }
        return found;
    }

    /// <summary>Puts the last good copy back into an agent's file; what other tools keep in it stays.</summary>
    public bool Restore(AgentLogin agent, bool evenGood)
    {
        var path = Path.Join(Folder(agent), agent.File);
        if (LoginCopy.Healed(agent, Text(path), Copy(agent), evenGood) is not { } healed)
            return false;
        if (!_budgets.TryGetValue(agent.Agent, out var budget))
            _budgets[agent.Agent] = budget = new RestoreBudget();
        if (!budget.Take(clock.GetUtcNow()))
            return false;
        _files.WriteState(path, Encoding.UTF8.GetBytes(healed.ToJsonString()), 0x180);
        tell(
            new Happening(CredentialEvent.AuthRestored, $"the {agent.Agent} login was restored from its last good copy")
        );
        return true;
    }

    private LoginReport Report()
    {
        try
        {
            if (Text(Path.Join(state, ReportFile)) is { } text)
                return JsonSerializer.Deserialize(text, LoginContext.Default.LoginReport) ?? Empty;
        }
        catch (JsonException)
        {
            // Of no worth: it is made again now.
        }
        return Empty;
    }

    private static LoginReport Empty => new(new Dictionary<string, LoginState>(StringComparer.Ordinal));

    private List<string> Shadowed()
    {
        var claude = Folder(AgentLogin.Claude);
        return
        [
            .. Shadowing.In(Environment.GetEnvironmentVariable),
            .. ((string[])["settings.json", "settings.local.json"]).SelectMany(file =>
                Shadowing.InSettings(Text(Path.Join(claude, file)) ?? "").Select(name => $"{name} ({file})")
            ),
        ];
    }

    private JsonObject? Copy(AgentLogin agent) => Text(CopyPath(agent)) is { } text ? AgentLogin.Parse(text) : null;

    private string CopyPath(AgentLogin agent) => Path.Join(state, $"{agent.Agent}.json");

    private string Folder(AgentLogin agent) =>
        agent.FolderVariable is { } variable && Environment.GetEnvironmentVariable(variable) is { Length: > 0 } moved
            ? moved
            : Path.Join(home, agent.Folder);

    private string? Text(string path) => _files.Untrusted(path, Largest);
}

[JsonSerializable(typeof(LoginReport))]
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UseStringEnumConverter = true)]
internal sealed partial class LoginContext : JsonSerializerContext;
