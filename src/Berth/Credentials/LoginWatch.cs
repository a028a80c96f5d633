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
/// <param name="complain">Where goes what could not be written.</param>
/// <param name="copy">Where a copy of the person's token is kept; null for nowhere.</param>
public sealed class LoginWatch(
    string home,
    string state,
    AgentProbe? probe,
    TimeProvider clock,
    Action<Happening> tell,
    Action<string> complain,
    string? copy = null
)
{
    private const int Largest = 1 << 20;
    private readonly Files _files = new(HostPaths.Live);
    private readonly Dictionary<string, RestoreBudget> _budgets = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _given = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _failures = new(StringComparer.Ordinal);

    public const string ReportFile = "report.json";

    /// <summary>Runs until it is told to end.</summary>
    /// <param name="token">The person's delivered token, read anew each time; null for none.</param>
    public void Run(Func<(string Token, int Generation)?> token, CancellationToken end)
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
    /// <param name="delivered">The person's token; null for none.</param>
    public IReadOnlyDictionary<string, LoginState> Look((string Token, int Generation)? delivered)
    {
        var before = Report();
        var token = delivered?.Token;
        var states = AgentLogin.All.ToDictionary(
            agent => agent.Agent,
            agent => Served(agent, token is not null),
            StringComparer.Ordinal
        );
        if (copy is not null)
            Trying("token copy", () => Keep(copy, delivered));
        var report = before with { Logins = states, ShadowedBy = Shadowed() };
        var fingerprint = token is null ? null : TokenText.Fingerprint(token);
        var now = clock.GetUtcNow();
        if (probe is not null && ProbeSchedule.Due(report, fingerprint, states["claude"], now))
            report = Probed(report, token, fingerprint, now);
        var text = JsonSerializer.Serialize(report, LoginContext.Default.LoginReport);
        if (text != JsonSerializer.Serialize(before, LoginContext.Default.LoginReport))
            Trying(
                "report",
                () => _files.WriteState(Path.Join(state, ReportFile), Encoding.UTF8.GetBytes(text), 0x180)
            );
        return states;
    }

    /// <summary>What cannot be written for one agent leaves the others served; it is said once, and tried again.
    /// </summary>
    private LoginState Served(AgentLogin agent, bool hasToken)
    {
        var found = LoginState.None;
        Trying(agent.Agent, () => found = Look(agent, hasToken && agent == AgentLogin.Claude));
        return found;
    }

    private void Trying(string what, Action act)
    {
        try
        {
            act();
            _failures.Remove(what);
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            if (_failures.GetValueOrDefault(what) != refused.Message)
                complain($"{what}: {refused.Message}; it is tried again");
            _failures[what] = refused.Message;
        }
    }

    /// <summary>The copy that the roster asks for, written with this person's own rights; taken away with the
    /// token.</summary>
    private void Keep(string path, (string Token, int Generation)? delivered)
    {
        if (delivered is var (token, generation))
        {
            var text = TokenFile.Render(token, generation);
            if (Text(path) != text)
                _files.WriteState(path, Encoding.ASCII.GetBytes(text), 0x180);
        }
        else if (Text(path) is { } old && TokenFile.Parse(old) is not null)
        {
            _files.Remove(path);
        }
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

    /// <param name="agent">Whose file.</param>
    /// <param name="skipped">The agent has a token: its login is not used, and nobody is alarmed about it.</param>
    private LoginState Look(AgentLogin agent, bool skipped)
    {
        var text = Text(Path.Join(Folder(agent), agent.File));
        if (agent.StateOf(text) is LoginState.Broken)
        {
            // Perhaps in the middle of a write that is not atomic.
            Thread.Sleep(TimeSpan.FromMilliseconds(200));
            text = Text(Path.Join(Folder(agent), agent.File));
        }
        var found = agent.StateOf(text);
        if (skipped)
            return found;
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
            if (LoginCopy.Taken(agent, file, Good(agent)) is { } taken)
                _files.WriteState(CopyPath(agent), Encoding.UTF8.GetBytes(taken.ToJsonString()), 0x180);
        }
        return found;
    }

    /// <summary>Puts the last good copy back into an agent's file; what other tools keep in it stays.</summary>
    public bool Restore(AgentLogin agent, bool evenGood)
    {
        var path = Path.Join(Folder(agent), agent.File);
        if (LoginCopy.Healed(agent, Text(path), Good(agent), evenGood) is not { } healed)
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

    private JsonObject? Good(AgentLogin agent) => Text(CopyPath(agent)) is { } text ? AgentLogin.Parse(text) : null;

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
