using System.Text;
using CsCheck;
using Xunit;

namespace Berth.Gateway;

public sealed class LoginMapTests
{
    private static readonly Route s_alice = GatewayConfigs.Route("alice", "alice", 1000);
    private static readonly Route s_bob = GatewayConfigs.Route("bob", "Bob@Example.com", 1001);

    private static readonly LoginMap s_map = LoginMap.Of(
        GatewayConfigs.Of(GatewayConfigs.Domain("Example.com"), s_alice, s_bob)
    );

    [Theory]
    [InlineData("alice", "alice")]
    [InlineData("ALICE", "alice")]
    [InlineData("alice@example.com", "alice")]
    [InlineData("Alice@EXAMPLE.COM", "alice")]
    [InlineData("bob@example.com", "bob")]
    [InlineData("BOB@EXAMPLE.COM", "bob")]
    public void A_login_is_found_without_case_and_by_the_part_before_the_domain(string login, string user) =>
        Assert.Equal(user, s_map.Find(Identified.ByLogin(login))?.User);

    [Theory]
    [InlineData("")]
    [InlineData("@example.com")]
    [InlineData("alice@")]
    [InlineData("alice@evil.example")]
    [InlineData("alice@example.com.evil.example")]
    [InlineData("alice@sub.example.com")]
    [InlineData("alice@example.com.")]
    [InlineData("alice@example.com@evil.example")]
    [InlineData("alice@evil.example@example.com")]
    [InlineData("alice@@example.com")]
    [InlineData("alice+admin@example.com")]
    [InlineData("a.lice@example.com")]
    [InlineData("alice.@example.com")]
    [InlineData("alice @example.com")]
    [InlineData(" alice")]
    [InlineData("alice ")]
    [InlineData("alice\n")]
    [InlineData("alice\0")]
    [InlineData("alice\u0000@example.com")]
    [InlineData("al\u0131ce")] // dotless i
    [InlineData("al\u0130ce")] // I with a dot
    [InlineData("a\u2113ice")] // script l
    [InlineData("\uff41lice")] // full-width a
    [InlineData("alice\u200b")] // zero width space
    [InlineData("alice\uff20example.com")] // full-width @
    [InlineData("\u0430lice")] // Cyrillic a
    [InlineData("bob")] // the roster names the whole address
    [InlineData("bob@example.\uff43om")]
    public void What_only_looks_like_somebody_is_nobody(string login) =>
        Assert.Null(s_map.Find(Identified.ByLogin(login)));

    [Theory]
    [InlineData("\u212a", "k")] // the Kelvin sign, whose lower case is k
    [InlineData("\u017f", "s")] // long s, whose upper case is S
    [InlineData("\u0131", "i")]
    [InlineData("\u1e9e", "\u00df")] // capital sharp s
    [InlineData("e\u0301", "\u00e9")] // the same letter in two pieces
    [InlineData("\u00c9", "\u00e9")] // case of letters beyond A to Z is to the character too
    [InlineData("\u03c2", "\u03c3")] // the two small sigmas share a capital
    public void Two_logins_that_some_folding_makes_one_stay_two_people(string one, string other)
    {
        var map = LoginMap.Of(
            GatewayConfigs.Of(
                GatewayConfigs.Domain("example.com"),
                GatewayConfigs.Route("one", one),
                GatewayConfigs.Route("other", other)
            )
        );
        Assert.Equal("one", map.Find(Identified.ByLogin(one))?.User);
        Assert.Equal("other", map.Find(Identified.ByLogin(other))?.User);
        Assert.Equal("one", map.Find(Identified.ByLogin($"{one}@example.com"))?.User);
    }

    [Fact]
    public void The_longest_login_is_found_and_a_longer_one_is_nobodys()
    {
        var longest = new string('a', LoginMap.Longest);
        var map = LoginMap.Of(
            GatewayConfigs.Of(
                GatewayConfigs.Domain(null),
                GatewayConfigs.Route("one", longest),
                GatewayConfigs.Route("two", longest + "a")
            )
        );
        Assert.Equal("one", map.Find(Identified.ByLogin(longest))?.User);
        Assert.Null(map.Find(Identified.ByLogin(longest + "a")));
    }

    [Fact]
    public void Without_a_domain_the_whole_login_must_match()
    {
        var map = LoginMap.Of(GatewayConfigs.Of(GatewayConfigs.Domain(null), s_alice, s_bob));
        Assert.Null(map.Find(Identified.ByLogin("alice@example.com")));
        Assert.Equal("bob", map.Find(Identified.ByLogin("bob@example.com"))?.User);
    }

    [Fact]
    public void A_login_that_two_people_could_mean_is_nobodys()
    {
        var map = LoginMap.Of(
            GatewayConfigs.Of(
                GatewayConfigs.Domain("example.com"),
                s_alice,
                GatewayConfigs.Route("other", "alice@example.com"),
                GatewayConfigs.Route("twin", "twin"),
                GatewayConfigs.Route("again", "TWIN")
            )
        );
        Assert.Null(map.Find(Identified.ByLogin("alice@example.com")));
        Assert.Equal("alice", map.Find(Identified.ByLogin("alice"))?.User);
        Assert.Null(map.Find(Identified.ByLogin("twin")));
        Assert.Equal("twin", map.Find(Identified.ByUser("twin"))?.User);
    }

    [Fact]
    public void An_account_is_found_by_its_exact_name_alone()
    {
        Assert.Same(s_alice, s_map.Find(Identified.ByUser("alice")));
        Assert.Null(s_map.Find(Identified.ByUser("Alice")));
        Assert.Null(s_map.Find(Identified.ByUser("Bob@Example.com")));
        Assert.Null(s_map.Find(Identified.Nobody("no cookie")));
    }

    /// <summary>The control: what the seed does with the same logins.</summary>
    [Theory]
    [InlineData("alice@evil.example")]
    [InlineData("alice@evil.example@example.com")]
    public void The_seeds_way_of_stripping_lets_anybodys_alice_in(string login)
    {
        Assert.Equal("alice", Seed(login));
        Assert.Null(s_map.Find(Identified.ByLogin(login)));
    }

    private static string Seed(string login) => login.Split('@')[0];

    /// <summary>Pieces out of which near misses are made.</summary>
    private static readonly Gen<string> s_login = Gen.OneOf(
            "a",
            "A",
            "b",
            "k",
            "K",
            "\u212a",
            "i",
            "I",
            "\u0131",
            "\u0130",
            ".",
            "+",
            " ",
            "@",
            "@d.example",
            "@D.Example",
            "@e.example",
            "\0",
            "\u00e9",
            "e\u0301"
        )
        .Array[0, 4]
        .Select(string.Concat);

    [Fact]
    public void Nobody_is_ever_taken_for_another_and_a_plain_model_agrees() =>
        Gen.Select(s_login.Array[1, 5], s_login, Gen.Bool)
            .Sample(
                (logins, sent, hasDomain) =>
                {
                    var domain = hasDomain ? "D.example" : null;
                    var routes = logins.Select((login, number) => GatewayConfigs.Route($"u{number}", login)).ToArray();
                    var map = LoginMap.Of(GatewayConfigs.Of(GatewayConfigs.Domain(domain), routes));
                    foreach (var login in logins.Append(sent))
                        Assert.Equal(Model(routes, login, domain)?.User, map.Find(Identified.ByLogin(login))?.User);
                    // Two people whose logins differ are two people, whatever is sent for them.
                    foreach (var one in routes)
                    foreach (var other in routes.Where(other => Key(other.Login) != Key(one.Login)))
                        Assert.NotEqual(other.User, map.Find(Identified.ByLogin(one.Login))?.User ?? "");
                },
                iter: 20_000
            );

    /// <summary>What the words of the roster's reference say, without a thought for speed.</summary>
    private static Route? Model(Route[] routes, string sent, string? domain)
    {
        if (sent.Length is 0 or > 320 || sent.Any(char.IsControl) || sent.Count(c => c == '@') > 1)
            return null;
        var names = new List<string> { Key(sent) };
        if (domain is not null && Key(sent).EndsWith("@" + Key(domain), StringComparison.Ordinal) && sent[0] != '@')
            names.Add(Key(sent)[..sent.IndexOf('@')]);
        return routes.Where(route => names.Contains(Key(route.Login))).ToList() is [var only] ? only : null;
    }

    private static string Key(string login)
    {
        var key = new StringBuilder();
        foreach (var c in login)
            key.Append(c is >= 'A' and <= 'Z' ? (char)(c + 32) : c);
        return key.ToString();
    }
}
