using Berth.Rosters;
using Spectre.Console;

namespace Berth.Commands;

/// <summary>The people of a roster as a table: one line each, where the terminal has at least 80 columns.</summary>
public static class UsersTable
{
    /// <summary>Room between two columns.</summary>
    private const int Gap = 2;

    /// <summary>Least room for a login, so that people can still be told apart.</summary>
    private const int LeastLogin = 16;

    private const int Login = 1;

    private static readonly (string Title, Func<User, string> Cell)[] s_columns =
    [
        ("USER", user => user.Name),
        ("LOGIN", user => user.Login),
        ("SERVER", user => user.Server ?? "-"),
        ("STATE", State),
        ("MEMORY", user => user.Memory.ToString()),
        ("SESSIONS", user => user.SessionMemory.ToString()),
        ("PANE", user => user.PaneMemory.ToString()),
        ("PORT", user => user.Port?.ToString() ?? "-"),
        ("GROUPS", user => user.Groups.Count > 0 ? string.Join(",", user.Groups) : "-"),
    ];

    /// <param name="width">Columns of the terminal: the last columns of the table go where there is no room.</param>
    public static Table Of(Roster roster, int width)
    {
        var rows = roster
            .Users.Select(user => s_columns.Select(column => column.Cell(user)).ToArray())
            .Prepend([.. s_columns.Select(column => column.Title)])
            .ToList();
        var widths = s_columns.Select((_, column) => rows.Max(row => row[column].Length) + Gap).ToList();
        int Left(int columns) => width - widths.Take(columns).Sum() + widths[Login] - Gap;
        var shown = s_columns.Length;
        while (shown > 4 && Left(shown) < Math.Min(widths[Login], LeastLogin))
            shown--;
        // The end of a login goes first: it is the part that people of one organisation share.
        var room = Math.Max(Left(shown), LeastLogin);
        foreach (var row in rows.Where(row => row[Login].Length > room))
            row[Login] = string.Concat(row[Login].AsSpan(0, room - 1), "…");

        var table = new Table().Border(TableBorder.None);
        foreach (var title in rows[0].Take(shown))
            table.AddColumn(new TableColumn(title).PadLeft(0).PadRight(Gap).NoWrap());
        foreach (var row in rows.Skip(1))
            table.AddRow([.. row.Take(shown).Select(cell => Markup.Escape(cell))]);
        return table;
    }

    private static string State(User user) =>
        (
            user.Removed ? "removed"
            : user.Parked ? "parked"
            : user.Server is null ? "no server"
            : "active"
        ) + (user.Admin ? ", admin" : "");
}
