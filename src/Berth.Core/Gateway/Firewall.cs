using System.Text;
using Berth.Units;

namespace Berth.Gateway;

/// <summary>The table <c>inet berth</c>: who may connect to a person's port. On this host (also by its own network
/// address, which the kernel routes over lo) only root, the gateway and the person; from outside nobody.</summary>
public static class Firewall
{
    public const string Path = "/etc/berth/firewall.nft";
    public const string Program = "/usr/sbin/nft";
    public const string Table = "berth";

    /// <summary>A ruleset that replaces the table in one transaction: at no moment is a port open. Only the packet that
    /// opens a connection is judged: the last ones of a connection belong to nobody any more, and refusing those would
    /// cut it short.</summary>
    /// <param name="fences">One for each port.</param>
    /// <param name="gateway">Whether the gateway's account exists and may connect.</param>
    public static string Text(IReadOnlyList<Fence> fences, bool gateway)
    {
        var text = new StringBuilder(UnitText.Header)
            .Append($"table inet {Table}\n")
            .Append($"delete table inet {Table}\n")
            .Append($"table inet {Table} {{\n");
        Set(text, "ports", "inet_service", fences.Select(fence => $"{fence.Port}"));
        Set(text, "owners", "inet_service . uid", fences.Select(fence => $"{fence.Port} . {fence.Uid}"));
        Set(text, "inside", "inet_service", Inside(fences).Select(port => $"{port}"));
        var allowed = gateway ? $"{{ 0, \"{GatewayUnits.Account}\" }}" : "0";
        return text.Append(
                $$"""
                    chain output {
                        type filter hook output priority filter; policy accept;
                        oif "lo" tcp flags & (fin | syn | rst | ack) == syn tcp dport @ports jump people
                    }
                    chain people {
                        meta skuid {{allowed}} accept
                        tcp dport . meta skuid @owners accept
                        reject with tcp reset
                    }
                    chain input {
                        type filter hook input priority filter; policy accept;
                        iif != "lo" tcp dport @inside drop
                    }
                }

                """
            )
            .ToString();
    }

    /// <summary>Ports that nothing from outside reaches.</summary>
    internal static IEnumerable<int> Inside(IReadOnlyList<Fence> fences) =>
        fences.Where(fence => !fence.Outside).Select(fence => fence.Port);

    private static void Set(StringBuilder text, string name, string type, IEnumerable<string> elements)
    {
        text.Append($"    set {name} {{\n        type {type}\n");
        var lines = string.Join(",\n            ", elements);
        if (lines.Length > 0)
            text.Append($"        elements = {{\n            {lines}\n        }}\n");
        text.Append("    }\n");
    }
}
