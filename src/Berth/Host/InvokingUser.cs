using System.Globalization;

namespace Berth.Host;

/// <summary>The person who started this command, also through sudo or su.</summary>
public static class InvokingUser
{
    /// <returns>The account name of a person; null when it was root or a system account.</returns>
    public static string? Find() =>
        ((string?[])[Environment.GetEnvironmentVariable("SUDO_USER"), LoggedIn(), Environment.UserName])
            .OfType<string>()
            .FirstOrDefault(name => Rosters.Names.WrongUser(name) is null);

    /// <summary>The name behind /proc/self/loginuid, which stays when a person becomes root.</summary>
    private static string? LoggedIn()
    {
        try
        {
            var text = File.ReadAllText("/proc/self/loginuid").Trim();
            // 4294967295 stands for nobody.
            if (!int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var uid) || uid < 1000)
                return null;
            return File.ReadLines("/etc/passwd")
                .Select(line => line.Split(':'))
                .FirstOrDefault(fields => fields.Length > 2 && fields[2] == text)
                ?[0];
        }
        catch (Exception unknown) when (unknown is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
