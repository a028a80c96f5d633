using Berth.Units;

namespace Berth.Drilling;

/// <summary>Words of a command that goes to the service manager through systemd-run. It puts variables into every command
/// line, shell scripts included (systemd.service(5)); specifiers such as %n it leaves alone on this way.</summary>
internal static class CommandWord
{
    /// <summary>A word of systemd-run's own command line.</summary>
    public static string Literal(string word) => word.Replace("$", "$$", StringComparison.Ordinal);

    /// <summary>A word within a property, such as <c>ExecStopPost=</c>, which is one text that is taken apart.</summary>
    public static string Quoted(string word) => UnitText.Quote(Literal(word));
}
