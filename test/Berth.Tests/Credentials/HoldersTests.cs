using Berth.Host;
using Xunit;

namespace Berth.Credentials;

public class HoldersTests
{
    [Theory]
    [InlineData("t3-serve@alice.service", "t3-serve@alice.service")]
    [InlineData("app\\x2dx.scope", "app\\x2dx.scope")]
    [InlineData("\e[2Jgone.service", "?[2Jgone.service")]
    [InlineData("a\nroot: all is well", "a?root: all is well")]
    public void Names_that_others_chose_cannot_paint_on_roots_terminal(string name, string shown) =>
        Assert.Equal(shown.Replace('[', '?'), Holders.Plain(name));

    /// <summary>prctl(PR_SET_MM) lets a process point its environment at a terabyte.</summary>
    [Fact]
    public void No_more_of_an_environment_is_read_than_a_kernel_gives_at_exec()
    {
        using var root = new TemporaryFolder();
        root.Write("proc/41/comm", "x\n");
        root.Write("proc/41/cgroup", "0::/\n");
        root.Write("proc/41/environ", new string('x', 1 << 20) + "\0BERTH_TOKEN_GENERATION=3\0");
        Assert.Empty(new Holders(new HostPaths(root.Path)).ByUid());
        root.Write("proc/41/environ", new string('x', 100_000) + "\0BERTH_TOKEN_GENERATION=3\0");
        Assert.Single(new Holders(new HostPaths(root.Path)).ByUid());
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("{\"logins\":null}")]
    [InlineData("{\"logins\":{\"claude\":\"Good\"},\"shadowedBy\":[null,\"X\"]}")]
    [InlineData("{\"logins\":{\"claude\":\"no such state\"}}")]
    [InlineData("[]")]
    [InlineData("{\"logins\":{}, ")]
    public void A_report_that_a_person_made_up_is_shown_or_left_out(string text)
    {
        using var root = new TemporaryFolder();
        root.Write("var/lib/berth-login/alice/report.json", text);
        var report = new LoginReports(new Files(new HostPaths(root.Path))).Of("alice");
        Assert.True(report is null || report.Logins is not null);
        Assert.DoesNotContain(null, report?.ShadowedBy ?? []);
    }

    [Fact]
    public void Who_holds_which_generation_is_read_without_taking_the_token_along()
    {
        using var root = new TemporaryFolder();
        root.Write(
            "proc/41/environ",
            "A=1\0CLAUDE_CODE_OAUTH_TOKEN=secret\0BERTH_TOKEN_GENERATION=3\0ANTHROPIC_API_KEY=k\0"
        );
        root.Write("proc/41/comm", "claude\n");
        root.Write("proc/41/cgroup", "0::/berth.slice/berth-servers.slice/t3-serve@alice.service/server\n");
        root.Write("proc/42/environ", "A=1\0");
        root.Write("proc/43/environ", "BERTH_TOKEN_GENERATION=-3\0");
        root.Write("proc/self/environ", "BERTH_TOKEN_GENERATION=3\0");
        var holder = Assert.Single(Assert.Single(new Holders(new HostPaths(root.Path)).ByUid()));
        Assert.Equal(
            (41, "claude", 3, "t3-serve@alice.service"),
            (holder.Pid, holder.Name, holder.Generation, holder.Unit)
        );
        Assert.Equal(["ANTHROPIC_API_KEY"], holder.ShadowedBy);
        Assert.DoesNotContain("secret", holder.ToString(), StringComparison.Ordinal);
    }
}
