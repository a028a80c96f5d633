using System.Globalization;

namespace Berth.Drilling;

/// <summary>The reference of a run: the same small server as the drill's own people have, in the system's slice, where no cap
/// is and no fault is made. What it is silent for, the machine itself was.</summary>
internal sealed class Reference : IDisposable
{
    private const string Says = "port ";

    private readonly Prober _prober;

    /// <exception cref="DrillException">It does not start.</exception>
    public Reference(Parts parts, Target who)
    {
        var part = parts.Beside(null, who, Parts.Longest, "serve", "--port", "0");
        var port = 0;
        if (
            !DrillScene.Until(
                30,
                () =>
                    part.Lines().FirstOrDefault(line => line.StartsWith(Says, StringComparison.Ordinal)) is { } line
                    && int.TryParse(line.AsSpan(Says.Length), CultureInfo.InvariantCulture, out port)
            )
        )
            throw new DrillException($"the drill's reference does not start: journalctl -u {part.Unit} -n 20");
        _prober = Prober.Reference(port);
    }

    /// <summary>For the picture, beside everybody else.</summary>
    public IAsked Asked => _prober;

    /// <summary>How long it usually takes to answer, in milliseconds: what it takes while all is quiet.</summary>
    public double Usual { get; private set; }

    /// <summary>Looks how long it takes while all is quiet.</summary>
    public void Rest(double from, double to) => Usual = MachineStalls.Usual(from, to, _prober.Beats(), _prober.Pause);

    /// <summary>When the machine stood still.</summary>
    public MachineStalls Stalls(double from, double to) =>
        MachineStalls.Of(from, to, _prober.Beats(), _prober.Pause, Usual);

    public void Dispose() => _prober.Dispose();
}
