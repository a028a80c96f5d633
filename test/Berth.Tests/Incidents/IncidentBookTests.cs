using Berth.Recording;
using CsCheck;
using Xunit;

namespace Berth.Incidents;

public sealed class IncidentBookTests
{
    private static readonly DateTimeOffset s_now = Scene.Noon;

    private static Report Report(string subject = "x", bool lasting = false, int count = 1) =>
        new(IncidentKind.OomKill, "alice", subject, $"{count} of {subject}", "", "", [$"evidence of {count}"])
        {
            Lasting = lasting,
            Count = count,
        };

    [Fact]
    public void What_happens_again_is_the_same_incident()
    {
        var book = new IncidentBook();
        for (var i = 0; i < 10_000; i++)
            book.Tell(Report(), s_now.AddMilliseconds(i));
        var incident = Assert.Single(book.Open);
        Assert.Equal(10_000, incident.Count);
        Assert.Equal(IncidentBook.MostEvidence, incident.Evidence.Count);
        Assert.Empty(book.Close(s_now.AddSeconds(30)));
        var closed = Assert.Single(book.Close(s_now.AddSeconds(90)));
        Assert.Equal(s_now.AddMilliseconds(9999), closed.End);
        Assert.Empty(book.Open);
    }

    [Fact]
    public void Another_person_or_another_subject_is_another_incident()
    {
        var book = new IncidentBook();
        book.Tell(Report("x"), s_now);
        book.Tell(Report("y"), s_now);
        book.Tell(Report("x") with { User = "bob" }, s_now);
        Assert.Equal(3, book.Open.Count);
    }

    [Fact]
    public void After_a_quiet_while_it_is_a_new_one()
    {
        var book = new IncidentBook();
        book.Tell(Report(), s_now);
        book.Close(s_now.AddMinutes(2));
        Assert.Equal(s_now.AddMinutes(3), book.Tell(Report(), s_now.AddMinutes(3)).Start);
    }

    [Fact]
    public void What_lasts_ends_when_it_is_over_and_not_before()
    {
        var book = new IncidentBook();
        book.Tell(Report(lasting: true), s_now);
        Assert.Empty(book.Close(s_now.AddHours(1)));
        var ended = book.End(IncidentKind.OomKill, "alice", "x", "gets on again", s_now.AddHours(2));
        Assert.Equal((s_now.AddHours(2), "gets on again"), (ended!.End, ended.Outcome));
        Assert.Null(book.End(IncidentKind.OomKill, "alice", "x", "", s_now));
    }

    [Fact]
    public void A_restart_takes_up_what_was_open()
    {
        var before = new IncidentBook();
        var open = before.Tell(Report(), s_now) with { Id = 7 };
        var book = new IncidentBook();
        book.Resume([open]);
        var again = book.Tell(Report(), s_now.AddSeconds(5));
        Assert.Equal((7L, 2, s_now), (again.Id, again.Count, again.Start));
    }

    [Fact]
    public void No_clock_makes_an_incident_end_before_it_began() =>
        Gen.Select(Gen.Int[-1000, 1000], Gen.Bool)
            .List[1, 50]
            .Sample(steps =>
            {
                var book = new IncidentBook();
                var ended = new List<Incident>();
                foreach (var (seconds, close) in steps)
                {
                    var now = s_now.AddSeconds(seconds);
                    if (close)
                        ended.AddRange(book.Close(now));
                    else
                        Assert.True(book.Tell(Report(), now) is var told && told.Last >= told.Start);
                }
                Assert.All(ended, incident => Assert.True(incident.End >= incident.Start));
            });

    [Fact]
    public void Every_kind_has_a_name_and_every_name_its_kind()
    {
        foreach (var kind in Enum.GetValues<IncidentKind>())
            Assert.Equal(kind, Incident.Kinds(Incident.Name(kind)));
        Assert.Equal("oom-kill", Incident.Name(IncidentKind.OomKill));
        Assert.Null(Incident.Kinds("oomkill"));
    }
}
