using System.Text.Json;
using System.Text.Json.Nodes;
using Berth.Credentials;
using Berth.Rosters;
using Berth.Units;

namespace Berth.Commands;

/// <summary>One pass over people's tokens, told as lines or as JSON. Whatever goes wrong with one person, the others are
/// served.</summary>
internal static class TokenPass
{
    private static readonly JsonSerializerOptions s_indented = new() { WriteIndented = true };

    /// <summary>Whether this very process is what a unit runs: its lines go to the journal. What a session of systemd's
    /// only inherited says nothing.</summary>
    public static bool InService =>
        Environment.GetEnvironmentVariable("SYSTEMD_EXEC_PID") == Environment.ProcessId.ToString();

    private sealed record Row(
        string User,
        Truth Truth,
        IReadOnlyList<Happening> Told,
        string? Failure,
        IReadOnlyList<string> Waiting
    );

    /// <param name="roster">Who is served.</param>
    /// <param name="box">What it works with.</param>
    /// <param name="users">About whom.</param>
    /// <param name="json">For programs.</param>
    /// <param name="heard">What the store just said about the one user.</param>
    public static int Run(Roster roster, TokenBox box, IEnumerable<User> users, bool json, StoreAnswer? heard = null)
    {
        var rows = users
            .Where(user => !user.Removed)
            .Select(user => One(box, user.Name, heard))
            .Concat(
                box.Deliveries.Owners().Where(owner => IsGone(roster, box, owner)).Select(owner => Gone(box, owner))
            )
            .ToList();
        if (json)
            Console.Out.WriteLine(
                new JsonObject { ["users"] = new JsonArray([.. rows.Select(Json)]) }.ToJsonString(s_indented)
            );
        else
            rows.ForEach(row => Show(row, box));
        return rows.Exists(row => Says(row, box) is not null) ? ExitCodes.Warnings : ExitCodes.Ok;
    }

    private static Row One(TokenBox box, string user, StoreAnswer? heard)
    {
        try
        {
            var (truth, told, failure) = box.Sync.Run(user, box.Uid(user), DateTimeOffset.UtcNow, heard);
            return new Row(
                user,
                truth,
                told,
                failure,
                failure is null && truth.Verdict is not Verdict.Unknown ? Waiting(user, truth, box) : []
            );
        }
        catch (Exception odd) when (odd is not OutOfMemoryException)
        {
            return new Row(user, new Truth(), [], $"{odd.GetType().Name}: {odd.Message}", []);
        }
    }

    /// <summary>No longer served by what was applied; a roster that is being edited takes nothing away.</summary>
    private static bool IsGone(Roster roster, TokenBox box, string owner) =>
        roster.Users.FirstOrDefault(user => user.Name == owner) is { } user ? user.Removed : !box.IsApplied(owner);

    private static Row Gone(TokenBox box, string owner)
    {
        box.Sync.Offboard(owner);
        return new Row(
            owner,
            new Truth(Verdict.Absent),
            [new Happening(CredentialEvent.TokenWithdrawn, "no longer in the roster")],
            null,
            []
        );
    }

    /// <returns>Why somebody is not served; null when all is well, or when there is nothing to lose: who was never
    /// connected to Vault, and in the journal what berth-sync tells itself.</returns>
    private static string? Says(Row row, TokenBox box) =>
        row.Failure
        ?? (
            row.Truth.Verdict is not Verdict.Unknown || (box.Vault is not null && (!row.Truth.Delivered || InService))
                ? null
                : TokenFlow.Says(row.Truth.Reason)
        );

    private static void Show(Row row, TokenBox box)
    {
        foreach (var happening in row.Told)
            Say(row.User, happening);
        foreach (var waiting in row.Waiting)
            Console.Out.WriteLine($"{row.User}: {waiting}");
        if (Says(row, box) is { } why)
            Console.Error.WriteLine($"berth: {row.User}: {why}; what was delivered stays");
    }

    private static JsonNode Json(Row row) =>
        new JsonObject
        {
            ["user"] = row.User,
            ["verdict"] = row.Truth.Verdict.ToString(),
            ["reason"] = row.Truth.Reason.ToString(),
            ["delivered"] = row.Truth.Delivered,
            ["generation"] = row.Truth.Generation,
            ["events"] = new JsonArray([
                .. row.Told.Select(told =>
                    (JsonNode)new JsonObject { ["event"] = told.Event.ToString(), ["says"] = told.Says }
                ),
            ]),
            ["waiting"] = new JsonArray([.. row.Waiting.Select(line => (JsonNode)line)]),
            ["failure"] = row.Failure,
        };

    /// <summary>One line; in the journal with the priority it deserves.</summary>
    public static void Say(string user, Happening happening)
    {
        var priority = happening.Event is CredentialEvent.TokenDelivered or CredentialEvent.AuthRestored
            ? "<5>"
            : "<4>";
        Console.Out.WriteLine($"{(InService ? priority : "")}{user}: {happening.Event}: {happening.Says}");
    }

    /// <summary>Who still runs with what was delivered before.</summary>
    private static List<string> Waiting(string user, Truth truth, TokenBox box)
    {
        var lines = new List<string>();
        if (InService || box.Uid(user) is not { } uid)
            return lines;
        if (truth.Delivered && box.ServerWithout(user, uid, truth.Generation) is { } without)
            lines.Add($"{without} runs without this token; when it is idle: systemctl restart {without}");
        foreach (
            var unit in box
                .Held.Value[uid]
                .Where(holder => !truth.Delivered || holder.Generation != truth.Generation)
                .GroupBy(holder => holder.Unit, StringComparer.Ordinal)
        )
            lines.Add(
                unit.Key is { } name && name.Contains(ServerUnits.InstanceMark, StringComparison.Ordinal)
                    ? $"{name} still runs with generation {unit.First().Generation}"
                    : $"{unit.Count()} process(es) in {unit.Key ?? "a session"} still run with generation {unit.First().Generation}, until they end"
            );
        return lines;
    }
}
