using CsCheck;
using Xunit;
using static Berth.Doctoring.Scenes;

namespace Berth.Doctoring;

/// <summary>Rules against generated cgroup trees, beside models that are written another way: they try out what the rule
/// computes.</summary>
public sealed class RulePropertyTests
{
    private const int Ram = 400;

    /// <summary>A small tree in small numbers: depth 3, limits of 1 to 500 bytes or none.</summary>
    private static readonly Gen<int?> s_limits = Gen.Int[-200, 500].Select(limit => limit > 0 ? limit : (int?)null);

    private static readonly Gen<Tree> s_trees = Gen.Select(
        s_limits.Array[13],
        s_limits.Array[13],
        Gen.Bool.Array[13],
        Gen.Int[0, 12].Array[1, 6],
        (max, high, noSwap, places) => new Tree(max, high, noSwap, places)
    );

    [Fact]
    public void Band_is_told_exactly_where_a_task_can_stall_without_an_end() =>
        s_trees.Sample(
            tree =>
            {
                var told = Rules.Of("BAND").Find(new Landscape(tree.Host(swap: 0))).Select(finding => finding.Subject);
                Assert.Equal(tree.Bands(), told.Order(StringComparer.Ordinal));
            },
            iter: 2000
        );

    [Fact]
    public void With_swap_a_band_is_told_only_where_swap_is_forbidden() =>
        s_trees.Sample(
            tree =>
            {
                var told = Rules
                    .Of("BAND")
                    .Find(new Landscape(tree.Host(swap: 100)))
                    .Select(finding => finding.Subject);
                Assert.Equal(tree.Bands(swap: true), told.Order(StringComparer.Ordinal));
            },
            iter: 2000
        );

    [Fact]
    public void Tree_uncapped_is_told_exactly_where_somebody_can_grow_for_ever() =>
        s_trees.Sample(
            tree =>
            {
                var told = Rules
                    .Of("TREE-UNCAPPED")
                    .Find(new Landscape(tree.Host(swap: 0)))
                    .Select(finding => finding.Subject);
                Assert.Equal(tree.Boundless(), told.Order(StringComparer.Ordinal));
            },
            iter: 2000
        );

    [Fact]
    public void The_sum_of_caps_is_what_filling_every_surface_byte_by_byte_comes_to() =>
        s_trees.Sample(tree =>
        {
            var host = new Landscape(tree.Host(swap: 0));
            Assert.Equal(tree.Filled(), CapSum.Worst(host.Tree, [.. host.Surfaces.Select(surface => surface.Path)]));
            Assert.Equal(tree.Filled() > Ram - (Ram / 4), Rules.Of("SUM-OVER-RAM").Find(host).Any());
        });

    [Fact]
    public void Adj_skew_is_told_exactly_where_growing_one_process_step_by_step_kills_a_smaller_one() =>
        Gen.Select(Gen.Int[0, 60], Gen.Int[-1000, 1000], Gen.Int[0, 3])
            .Select(
                (rss, adj, kind) =>
                    (
                        Rss: rss,
                        Adj: kind == 0 ? -1000
                        : kind == 1 ? 0
                        : adj
                    )
            )
            .Array[1, 6]
            .Select(Gen.Int[60, 500])
            .Sample(
                (sizes, limit) =>
                {
                    ProcessSeen[] processes =
                    [
                        .. sizes.Select((size, i) => new ProcessSeen(i + 1, 0, 1000, "x", "a", size.Rss, size.Adj)),
                    ];
                    Assert.Equal(Grown(processes, limit), AdjSkew.Worst(processes, limit) is not null);
                }
            );

    /// <summary>Lets each process grow a byte at a time until all of them reach the limit, then asks who has the most points.</summary>
    private static bool Grown(ProcessSeen[] processes, int limit)
    {
        for (var i = 0; i < processes.Length; i++)
        {
            if (processes[i].Adj == -1000)
                continue;
            var sizes = processes.Select(process => process.Rss).ToArray();
            while (sizes.Sum() < limit)
                sizes[i]++;
            long Points(int at) => sizes[at] + (long)(limit / 1000.0 * processes[at].Adj);
            var others = Enumerable.Range(0, sizes.Length).Where(at => at != i && processes[at].Adj != -1000).ToList();
            if (others.Count == 0)
                continue;
            // Of several with the same points the kernel takes the first that it meets.
            var most = others.Max(Points);
            var victim = others.First(at => Points(at) == most);
            if (most > Points(i) && sizes[victim] < sizes[i])
                return true;
        }
        return false;
    }

    /// <summary>A root with three children, each with three: numbers 0 to 12, 0 to 2 the outer ones (0 is no cgroup itself).</summary>
    private sealed record Tree(int?[] Max, int?[] High, bool[] NoSwap, int[] Places)
    {
        private const int Outer = 3;

        private static string PathOf(int at) =>
            at < Outer ? $"o{at}.slice" : $"o{(at - Outer) % Outer}.slice/i{at}.service";

        private static int? Above(int at) => at < Outer ? null : (at - Outer) % Outer;

        public HostSnapshot Host(long swap) =>
            new()
            {
                Memory = new MemorySeen(Ram, Ram, swap, 0, CompressedSwap: false),
                Hierarchy = "v2",
                Controllers = ["memory"],
                Cgroups =
                [
                    .. Enumerable
                        .Range(0, 12)
                        .Select(at => new CgroupSeen(PathOf(at))
                        {
                            Max = Max[at] ?? None,
                            High = High[at] ?? None,
                            SwapMax = NoSwap[at] ? 0 : None,
                        }),
                ],
                Accounts = [new AccountSeen("alice", 1000, "/home/alice", 0x1C0, 1000, [])],
                Processes =
                [
                    .. Occupied()
                        .Select(at => new ProcessSeen(at + 1, 1, 1000, "claude", PathOf(at), 1, 0)
                        {
                            Agent = "claude",
                        }),
                ],
            };

        /// <summary>Only inner ones hold processes.</summary>
        private List<int> Occupied() => [.. Places.Select(place => Outer + (place % 9)).Distinct()];

        public IEnumerable<string> Bands(bool swap = false)
        {
            var bands = new HashSet<string>(StringComparer.Ordinal);
            foreach (var at in Occupied())
            {
                int[] line = Above(at) is { } above ? [at, above] : [at];
                if (swap && !line.Any(one => NoSwap[one]))
                    continue;
                foreach (var one in line)
                {
                    // Fill this one byte by byte: it stalls when it passes a soft limit and no hard limit was reached.
                    if (High[one] is not { } high)
                        continue;
                    var size = 0;
                    int[] hard = Above(one) is { } outer ? [one, outer] : [one];
                    while (size <= high && !hard.Any(limit => Max[limit] <= size))
                        size++;
                    if (size > high)
                        bands.Add(PathOf(one));
                }
            }
            return bands.Order(StringComparer.Ordinal);
        }

        public IEnumerable<string> Boundless() =>
            Occupied()
                .Where(at => Max[at] is null && (Above(at) is not { } above || Max[above] is null))
                .Select(PathOf)
                .Order(StringComparer.Ordinal);

        /// <summary>Every surface that has a limit somewhere takes a byte in turn, until none can.</summary>
        public long Filled()
        {
            var limited = Occupied().Where(at => Max[at] is not null || Max[Above(at)!.Value] is not null).ToList();
            var used = new int[12];
            var grew = true;
            while (grew)
            {
                grew = false;
                foreach (var at in limited)
                {
                    var above = Above(at)!.Value;
                    if (used[at] >= (Max[at] ?? int.MaxValue) || used[above] >= (Max[above] ?? int.MaxValue))
                        continue;
                    used[at]++;
                    used[above]++;
                    grew = true;
                }
            }
            return limited.Sum(at => (long)used[at]);
        }
    }
}
