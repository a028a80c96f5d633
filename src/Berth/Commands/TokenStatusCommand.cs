using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;
using Berth.Credentials;
using Berth.Host;
using Berth.Rosters;
using Spectre.Console;

namespace Berth.Commands;

/// <summary><c>berth token status</c>: the truth about everybody's credentials, without a secret.</summary>
public static class TokenStatusCommand
{
    private static readonly JsonSerializerOptions s_indented = new() { WriteIndented = true };

    public static Command Create()
    {
        var command = new Command("status", "Who has which token, how it is, and who still runs with an older one");
        command.SetAction(Run);
        return command;
    }

    private static int Run(ParseResult parse)
    {
        if (parse.LoadRoster() is not { } roster)
            return ExitCodes.Failed;
        var missing =
            roster.Store is null ? TokenBox.Missing
            : Native.EffectiveUser() != 0 ? "this shows everybody's credentials and needs root; run it with sudo"
            : null;
        if (missing is not null)
        {
            Console.Error.WriteLine($"berth: {missing}");
            return ExitCodes.Failed;
        }
        var box = new TokenBox(HostPaths.Live, roster.Store!);
        var people = roster.Users.Where(user => !user.Removed).Select(user => Row(box, user)).ToList();
        if (parse.GetValue(Shared.Json))
            Console.Out.WriteLine(
                new JsonObject
                {
                    ["store"] = roster.Store!.Kind,
                    ["encrypted"] = Seal.Encrypts(HostPaths.Live),
                    ["users"] = new JsonArray([.. people.Select(row => (JsonNode)Json(row))]),
                }.ToJsonString(s_indented)
            );
        else
            Show(people);
        return people.Any(row => row.Trouble) ? ExitCodes.Warnings : ExitCodes.Ok;
    }

    private sealed record Person(string User, Truth Truth, LoginReport? Report, IReadOnlyList<Holder> Holders)
    {
        public IEnumerable<Holder> Stale =>
            Holders.Where(holder => !Truth.Delivered || holder.Generation != Truth.Generation);

        public IReadOnlyList<string> ShadowedBy =>
            [
                .. (Report?.ShadowedBy ?? [])
                    .Concat(Holders.SelectMany(holder => holder.ShadowedBy))
                    .Distinct(StringComparer.Ordinal),
            ];

        /// <summary>The probe counts for what it tried: an older token's says nothing of the one delivered now.</summary>
        public ProbeResult Probe =>
            Report is { } report && report.Of == Truth.Fingerprint ? report.Probe : ProbeResult.None;

        public bool Trouble =>
            Truth.Verdict is Verdict.Unknown && Truth.Reason is not (Reason.None or Reason.NotConnected)
            || Probe is ProbeResult.Invalid
            || (Truth.Delivered && ShadowedBy.Count > 0)
            || (
                !Truth.Delivered
                && (Report?.Logins.Values.Any(state => state is LoginState.Wiped or LoginState.Broken) ?? false)
            );
    }

    private static Person Row(TokenBox box, User user) =>
        new(
            user.Name,
            box.Truths.Read(user.Name),
            new LoginReports(new Files(HostPaths.Live)).Of(user.Name),
            box.Uid(user.Name) is { } uid ? [.. box.Held.Value[uid]] : []
        );

    private static JsonObject Json(Person row)
    {
        var json = JsonSerializer.SerializeToNode(row.Truth, TruthContext.Default.Truth)!.AsObject();
        json.Insert(0, "user", row.User);
        json["delivered"] = row.Truth.Delivered;
        json["expiresAt"] = row.Truth.ExpiresAt;
        json["probe"] = row.Probe.ToString();
        json["probedAt"] = row.Report?.ProbedAt;
        json["lastGood"] = row.Report?.LastGood;
        json["shadowedBy"] = new JsonArray([.. row.ShadowedBy.Select(name => (JsonNode)Holders.Plain(name))]);
        var logins = new JsonObject();
        foreach (var (agent, state) in row.Report?.Logins ?? new Dictionary<string, LoginState>(StringComparer.Ordinal))
            logins[Holders.Plain(agent)] = state.ToString();
        json["logins"] = logins;
        json["holders"] = new JsonArray([
            .. row.Holders.Select(holder =>
                (JsonNode)
                    new JsonObject
                    {
                        ["pid"] = holder.Pid,
                        ["name"] = holder.Name,
                        ["generation"] = holder.Generation,
                        ["unit"] = holder.Unit,
                    }
            ),
        ]);
        return json;
    }

    private static void Show(IReadOnlyList<Person> people)
    {
        var table = new Table()
            .Border(TableBorder.None)
            .AddColumns("USER", "TOKEN", "GEN", "EXPIRES", "PROBE", "LOGINS", "NOTES");
        foreach (var row in people)
        {
            var logins = (row.Report?.Logins ?? new Dictionary<string, LoginState>(StringComparer.Ordinal))
                .Where(pair => pair.Value is not LoginState.None)
                .Select(pair => $"{Holders.Plain(pair.Key)} {pair.Value.ToString().ToLowerInvariant()}");
            var notes = new List<string>();
            if (row.Truth.Verdict is Verdict.Unknown && row.Truth.Reason is not Reason.None)
                notes.Add(TokenFlow.Says(row.Truth.Reason));
            if (row.ShadowedBy.Count > 0)
                notes.Add($"shadowed by {string.Join(", ", row.ShadowedBy.Select(Holders.Plain))}");
            notes.AddRange(
                row.Stale.GroupBy(holder => holder.Unit ?? "a session", StringComparer.Ordinal)
                    .Select(group => $"{group.Key} holds generation {group.First().Generation}")
            );
            table.AddRow(
                new Text(row.User),
                new Text(row.Truth.Fingerprint ?? TokenFlow.Says(row.Truth.Reason)),
                new Text(row.Truth.Delivered ? row.Truth.Generation.ToString() : "-"),
                new Text(row.Truth.ExpiresAt?.ToString("yyyy-MM-dd") ?? "-"),
                new Text(row.Probe is ProbeResult.None ? "-" : row.Probe.ToString().ToLowerInvariant()),
                new Text(string.Join(", ", logins) is { Length: > 0 } shown ? shown : "-"),
                new Text(notes.Count > 0 ? string.Join("; ", notes) : "-")
            );
        }
        Terminal.Write(table);
    }
}
