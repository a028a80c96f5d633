namespace Berth.Gateway;

/// <summary>One thread for each core waits for sockets and goes on itself with what they have to say, as nginx's workers
/// do: handing each event to the thread pool costs a quarter of the requests a second. Whatever blocks would then hold up
/// every connection of its thread, so nothing on a request's way may: files are written and lines are logged
/// elsewhere.</summary>
internal static class EventLoops
{
    /// <summary>.NET reads it when the process first uses a socket.</summary>
    private const string Switch = "DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS";

    public static bool AreUsed => Environment.GetEnvironmentVariable(Switch) == "1";

    /// <summary>To be called before anything uses a socket.</summary>
    public static void Use() => Environment.SetEnvironmentVariable(Switch, "1");
}
