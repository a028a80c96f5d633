using Xunit;

namespace Berth.HostTests.Machine;

/// <summary>What a command in the machine answered.</summary>
public sealed record Outcome(string Command, int ExitCode, string Stdout, string Stderr)
{
    /// <summary>Fails the test, showing everything, unless the command succeeded.</summary>
    public Outcome Ok()
    {
        Assert.True(ExitCode == 0, ToString());
        return this;
    }

    /// <summary>Fails the test, showing everything, unless the command ended with this code.</summary>
    public Outcome Exits(int code)
    {
        Assert.True(ExitCode == code, ToString());
        return this;
    }

    /// <summary>Fails the test, showing everything, unless the output or the errors hold a text.</summary>
    public Outcome Says(string text)
    {
        Assert.True(
            Stdout.Contains(text, StringComparison.Ordinal) || Stderr.Contains(text, StringComparison.Ordinal),
            $"does not say '{text}':\n{this}"
        );
        return this;
    }

    public override string ToString() =>
        $"{Command}\nexit {ExitCode}\nstdout: {Stdout.TrimEnd()}\nstderr: {Stderr.TrimEnd()}";
}
