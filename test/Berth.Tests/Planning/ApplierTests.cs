using Berth.Host;
using Berth.Rosters;
using Xunit;

namespace Berth.Planning;

/// <summary>Applies to an image in a temporary folder: the real files, no root, no systemd.</summary>
public sealed class ApplierTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("berth-image-").FullName;
    private readonly Roster _roster = RosterReaderTests.Good(
        Hosts
            .TeamText.Replace("host: {reserve: 4G}", "host: {overcommit: true}", StringComparison.Ordinal)
            .Replace("preset: t3", "preset: opencode", StringComparison.Ordinal)
            .Replace("{t3:", "{oc:", StringComparison.Ordinal)
    );

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public void An_image_gets_every_file_and_a_second_apply_has_nothing_to_do()
    {
        MakeImage();
        Assert.Empty(Apply().Failures);
        Assert.True(Plan().IsEmpty);
        Assert.Equal(Before(Plan), Before(() => Apply()));
        Assert.Equal(
            UnixFileMode.UserRead | UnixFileMode.UserWrite,
            File.GetUnixFileMode(Real("/etc/oc-serve/alice.secret.env"))
        );
        Assert.Equal(
            ServerLink,
            new FileInfo(Real("/etc/systemd/system/multi-user.target.wants/oc-serve@alice.service")).LinkTarget
        );
    }

    [Fact]
    public void Uninstall_leaves_the_image_as_it_was()
    {
        MakeImage();
        var bare = List();
        Apply();
        Assert.NotEqual(bare, List());
        Uninstall();
        Assert.Equal(bare, List());
    }

    [Fact]
    public void Cut_short_before_any_step_the_next_apply_converges_and_uninstall_still_finds_everything()
    {
        MakeImage();
        var bare = List();
        var steps = Plan().Steps.Count;
        for (var cut = 0; cut < steps; cut++)
        {
            Assert.Throws<CutShort>(() => Apply(cut));
            if (cut % 3 == 0)
            {
                Uninstall();
                Assert.Equal(bare, List());
                Assert.Throws<CutShort>(() => Apply(cut));
            }
            Assert.Empty(Apply().Failures);
            Assert.True(Plan() is { IsEmpty: true, Drift.Count: 0 });
            Assert.Empty(Directory.EnumerateFileSystemEntries(Real(Files.Staging)));
            Uninstall();
            Assert.Equal(bare, List());
        }
    }

    [Fact]
    public void A_failure_stops_one_person_and_the_others_are_served()
    {
        MakeImage();
        Directory.CreateDirectory(Real("/etc/systemd/system"));
        File.WriteAllText(Real("/etc/systemd/system/oc-serve@alice.service.d"), "a file where a folder should be");
        var report = Apply();
        Assert.Equal("alice", Assert.Single(report.Failures).Step.User);
        Assert.All(report.Skipped, step => Assert.Equal("alice", step.User));
        Assert.True(File.Exists(Real("/etc/systemd/system/oc-serve@bob.service.d/50-berth.conf")));
        File.Delete(Real("/etc/systemd/system/oc-serve@alice.service.d"));
        Assert.Empty(Apply().Failures);
        Assert.True(Plan().IsEmpty);
    }

    [Fact]
    public void A_foreign_file_is_kept_aside_and_put_back()
    {
        MakeImage();
        Write("/etc/systemd/system/oc-serve@.service", "[Service]\nExecStart=/their/own\n");
        var bare = List();
        Assert.Contains("was there before", Assert.Single(Plan().Drift).What, StringComparison.Ordinal);
        Apply(options: new PlanOptions(OverwriteDrift: true));
        Assert.Contains(
            "opencode",
            File.ReadAllText(Real("/etc/systemd/system/oc-serve@.service")),
            StringComparison.Ordinal
        );
        Uninstall();
        Assert.Equal(bare, List());
        Assert.Contains(
            "/their/own",
            File.ReadAllText(Real("/etc/systemd/system/oc-serve@.service")),
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void A_generated_secret_stays_the_same_for_ever()
    {
        MakeImage();
        Apply();
        var secret = File.ReadAllText(Real("/etc/oc-serve/bob.secret.env"));
        File.Delete(Real("/var/lib/berth/manifest.json"));
        Apply(options: new PlanOptions(OverwriteDrift: true));
        Assert.Equal(secret, File.ReadAllText(Real("/etc/oc-serve/bob.secret.env")));
    }

    [Fact]
    public void A_link_in_the_place_of_a_file_is_never_followed()
    {
        MakeImage();
        Write("/home/mallory/target", "untouched");
        Directory.CreateDirectory(Real("/etc/oc-serve"));
        File.CreateSymbolicLink(Real("/etc/oc-serve/alice.env"), Real("/home/mallory/target"));
        Assert.Equal("is a symbolic link", Assert.Single(Plan().Drift).What);
        Apply(options: new PlanOptions(OverwriteDrift: true));
        Assert.Equal("untouched", File.ReadAllText(Real("/home/mallory/target")));
        Assert.Null(new FileInfo(Real("/etc/oc-serve/alice.env")).LinkTarget);
    }

    private const string ServerLink = "/etc/systemd/system/oc-serve@.service";

    private void MakeImage()
    {
        Write(
            "/etc/passwd",
            "root:x:0:0::/root:/bin/bash\nalice:x:1000:1000::/home/alice:/bin/bash\nbob:x:1001:1001::/home/bob:/bin/bash\ncarol:x:1002:1002::/home/carol:/bin/bash\n"
        );
        Write("/etc/group", "alice:x:1000:\nbob:x:1001:\ncarol:x:1002:\n");
        Write("/usr/lib/systemd/libsystemd-shared-257.so", "");
        Write("/usr/bin/opencode", "");
    }

    private Preview Preview => new(new HostPaths(_root), ProcessRunner.Default);

    /// <summary>Homes in the image belong to whoever runs the test: the accounts' checks are the planner's tests.</summary>
    private Planned Planned(PlanOptions options)
    {
        var planned = Preview.Of(_roster, options);
        var homes = planned.Facts.Accounts.Values.ToDictionary(
            account => account.Home,
            account => new HomeFact(HomeKind.Folder, account.Uid, 0x1C0),
            StringComparer.Ordinal
        );
        var facts = planned.Facts with { Homes = homes };
        var files = new HostReader(new HostPaths(_root), Preview.Files, ProcessRunner.Default).Facts(
            planned.Desired!.Files.Select(file => file.Path).Concat(planned.Manifest.Files.Keys)
        );
        return planned with { Plan = Planner.Of(_roster, facts, planned.Desired!, files, planned.Manifest, options) };
    }

    private Plan Plan() => Planned(new PlanOptions()).Plan;

    private ApplyReport Apply(int? cutBefore = null, PlanOptions? options = null)
    {
        var done = 0;
        return new Applier(Preview, new StepRunner(new HostPaths(_root), Preview.Files, ProcessRunner.Default)).Apply(
            Planned(options ?? new PlanOptions()),
            (_, result) =>
            {
                if (result is null && done++ == cutBefore)
                    throw new CutShort();
            }
        );
    }

    private void Uninstall() =>
        new Applier(Preview, new StepRunner(new HostPaths(_root), Preview.Files, ProcessRunner.Default)).Apply(
            Preview.OfUninstall(new PlanOptions()),
            (_, _) => { }
        );

    private string Before(Func<object> act)
    {
        act();
        return List();
    }

    private string List() =>
        string.Join(
            '\n',
            Directory
                .EnumerateFileSystemEntries(_root, "*", SearchOption.AllDirectories)
                .Select(entry => $"{entry} {File.GetLastWriteTimeUtc(entry).Ticks * (Directory.Exists(entry) ? 0 : 1)}")
                .Select(line =>
                    line.Contains("/etc/systemd/system/oc-serve@.service", StringComparison.Ordinal)
                        ? line.Split(' ')[0]
                        : line
                )
                .Order(StringComparer.Ordinal)
        );

    private string Real(string path) => new HostPaths(_root)[path];

    private void Write(string path, string text)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Real(path))!);
        File.WriteAllText(Real(path), text);
    }

    private sealed class CutShort : Exception;
}
