using Xunit;

namespace Berth.Drilling;

public sealed class BackstopQuestionTests
{
    [Fact]
    public void It_is_asked_with_the_daemon_s_own_preferences_and_limits_that_are_reached_at_once()
    {
        Assert.Equal(
            ["--dryrun", "-m", "99,98", "-s", "100,100", "-r", "0", "--sort-by-rss"],
            BackstopQuestion.Arguments(["-r", "3600", "-M", "131072,65536", "-s", "100,100", "-p", "--sort-by-rss"])
        );
        Assert.Equal(
            ["--dryrun", "-m", "99,98", "-s", "100,100", "-r", "0", "--prefer", "^(claude|node)$", "--avoid", "^sshd$"],
            BackstopQuestion.Arguments(["-m5", "-r60", "--prefer", "^(claude|node)$", "--avoid", "^sshd$"])
        );
    }

    /// <summary>It is asked, not told: no program of the admin's is run, and no desktop is told.</summary>
    [Fact]
    public void Nobody_is_told_of_a_question() =>
        Assert.Equal(
            ["--dryrun", "-m", "99,98", "-s", "100,100", "-r", "0", "-g"],
            BackstopQuestion.Arguments(["-n", "-N", "/usr/local/bin/told", "-N/other", "-g", "-d"])
        );

    [Theory]
    [InlineData(
        "low memory! at or below SIGTERM limits: mem 99.00%, swap 100.00%\nsending SIGTERM to process 512 uid 1001 \"claude\": oom_score 667, VmRSS 12 MiB, cmdline \"claude\"\n"
    )]
    [InlineData("sending SIGTERM to process 512 uid 1001 \"claude\": badness 667, VmRSS 12 MiB\nnext line")]
    public void The_first_that_it_names_is_its_choice(string said) =>
        Assert.Equal(new BackstopChoice(512, "claude", 12L << 20), BackstopQuestion.Choice(said));

    [Theory]
    [InlineData("")]
    [InlineData("mem avail: 2000 of 3000 MiB")]
    [InlineData("sending SIGTERM to process many uid 1 \"x\": VmRSS y MiB")]
    [InlineData("sending SIGTERM to process 5")]
    public void Where_it_names_nobody_there_is_no_choice(string said) => Assert.Null(BackstopQuestion.Choice(said));
}
