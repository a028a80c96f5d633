namespace Berth;

/// <summary>What the process answers its caller with.</summary>
public static class ExitCodes
{
    public const int Ok = 0;

    /// <summary>Done or shown, but something waits for a person.</summary>
    public const int Warnings = 1;

    /// <summary>Something asked for was not done.</summary>
    public const int Failed = 2;

    /// <summary>The command line itself is wrong (EX_USAGE of sysexits.h).</summary>
    public const int Usage = 64;
}
