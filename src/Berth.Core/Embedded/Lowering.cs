namespace Berth.Embedded;

/// <summary>The next step towards a kernel's cap that is lower than before. A kernel that is told of one below what is held
/// kills one process after the other while the memory of the first is still coming back, and the server is among them: so
/// room is made first.</summary>
/// <param name="IsReady">Whether the kernel may be told.</param>
/// <param name="Victim">The process to kill before; null for none.</param>
public readonly record struct Lowering(bool IsReady, TreeProcess? Victim)
{
    /// <summary>After so many looks the kernel is told all the same: a cap is a cap.</summary>
    public const int Patience = 100;

    /// <param name="tree">The server and all below it.</param>
    /// <param name="held">What only the end of processes gives back, in bytes.</param>
    /// <param name="cap">The cap that is to hold, in bytes.</param>
    /// <param name="looks">How often it was looked before.</param>
    public static Lowering Of(IReadOnlyList<TreeProcess> tree, long held, long cap, int looks) =>
        held <= cap || looks >= Patience ? new Lowering(true, null) : new Lowering(false, Guard.Victim(tree, cap));
}
