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
