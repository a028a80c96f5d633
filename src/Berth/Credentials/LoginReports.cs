using System.Text.Json;
using Berth.Host;
using Berth.Units;

namespace Berth.Credentials;

/// <summary>What people's login watches report. Each report is in a folder of that person's: it is read without following
/// or waiting for anything, and whatever it holds is fit to be shown.</summary>
public sealed class LoginReports(Files files)
{
    private const int Largest = 64 << 10;

    /// <summary>Of variables that shadow a token; more is no report.</summary>
    private const int MostNames = 20;

    /// <returns>Null when there is none that can be understood.</returns>
    public LoginReport? Of(string user)
    {
        try
        {
            var text = files.Untrusted($"{CredentialUnits.LoginState}/{user}/{LoginWatch.ReportFile}", Largest);
            return text is not null && JsonSerializer.Deserialize(text, LoginContext.Default.LoginReport) is { } report
                ? report with
                {
                    Logins = report.Logins ?? new Dictionary<string, LoginState>(StringComparer.Ordinal),
                    ShadowedBy = report.ShadowedBy?.OfType<string>().Take(MostNames).ToList(),
                }
                : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
