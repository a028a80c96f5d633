using Berth.Rosters;
using Spectre.Console;

namespace Berth.Commands;

/// <summary>The people of a roster as a table: one line each, where the terminal has at least 80 columns.</summary>
public static class UsersTable
{
    /// <summary>Columns from which there is room for everything.</summary>
    private const int Wide = 100;

    /// <summary>Room that the table leaves on both sides of a cell.</summary>
    private const int Padding = 2;

    public static Table Of(Roster roster, int width)
    {
        var rows = roster.Users.Select(user => Cells(user, width >= Wide)).Prepend(Titles(width >= Wide)).ToList();
        var others = Enumerable.Range(0, rows[0].Length).Where(column => column != 1);
        var taken = others.Sum(column => rows.Max(row => row[column].Length) + Padding);
        // The end of a login goes first: it is the part that people of one organisation share.
        var login = Math.Max(width - taken - Padding, 12);
        foreach (var row in rows.Where(row => row[1].Length > login))
            row[1] = string.Concat(row[1].AsSpan(0, login - 1), "…");

        var table = new Table().Border(TableBorder.None);
        foreach (var title in rows[0])
            table.AddColumn(title);
        foreach (var row in rows.Skip(1))
            table.AddRow([.. row.Select(cell => Markup.Escape(cell))]);
        return table;
    }

    private static string[] Titles(bool wide) =>
        wide
            ? ["USER", "LOGIN", "SERVER", "MEMORY", "SESSIONS", "PANE", "PORT", "GROUPS", "STATE"]
            : ["USER", "LOGIN", "SERVER", "MEMORY", "SESSIONS", "STATE"];

    private static string[] Cells(User user, bool wide)
    {
        string[] first =
        [
            user.Name,
            user.Login,
            user.Server ?? "-",
            user.Memory.ToString(),
            user.SessionMemory.ToString(),
        ];
        string[] more =
        [
            user.PaneMemory.ToString(),
            user.Port?.ToString() ?? "-",
            user.Groups.Count > 0 ? string.Join(",", user.Groups) : "-",
        ];
        return wide ? [.. first, .. more, State(user)] : [.. first, State(user)];
    }

    private static string State(User user) =>
        (
            user.Removed ? "removed"
            : user.Parked ? "parked"
            : user.Server is null ? "no server"
            : "active"
        ) + (user.Admin ? ", admin" : "");
}
