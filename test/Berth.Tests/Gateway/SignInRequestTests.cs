using Berth.Rosters;
using CsCheck;
using Xunit;

namespace Berth.Gateway;

public sealed class SignInRequestTests
{
    private static readonly GatewaySettings s_plain = new("127.0.0.1:3780", IdentitySettings.Link);
    private static readonly GatewaySettings s_url = s_plain with { Url = "https://code.example" };

    [Theory]
    [InlineData("/")]
    [InlineData("/project/7?tab=files#top")]
    [InlineData("/a//b")]
    [InlineData("/%2F/evil.example")] // stays a path of this site
    [InlineData("/@evil.example")]
    [InlineData("/https://evil.example")]
    [InlineData("/.//evil.example")]
    public void A_path_of_this_site_is_led_to(string next) => Assert.Equal(next, SignInRequest.Next(next));

    /// <summary>The control for each: a browser that is sent there leaves the site, or the answer holds a second
    /// header, or the page is one that must not be led to.</summary>
    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("//evil.example")]
    [InlineData("///evil.example")]
    [InlineData("/\\evil.example")]
    [InlineData("\\/evil.example")]
    [InlineData("\\\\evil.example")]
    [InlineData("/\t/evil.example")]
    [InlineData("/\n/evil.example")]
    [InlineData("/\r/evil.example")]
    [InlineData("/\r\nSet-Cookie: berth_session=x")]
    [InlineData(" //evil.example")]
    [InlineData("https://evil.example")]
    [InlineData("https:evil.example")]
    [InlineData("javascript:alert(1)")]
    [InlineData("evil.example")]
    [InlineData("?next=//evil.example")]
    [InlineData("/\u2028/evil")]
    [InlineData("/\u00e9")]
    [InlineData("/berth/sign-in?token=x")]
    [InlineData("/berth/sign-out")]
    [InlineData("/Berth/Sign-out")]
    public void Nothing_leads_to_another_site(string? next) => Assert.Equal("/", SignInRequest.Next(next));

    [Theory]
    [InlineData("%2f%2fevil.example")]
    [InlineData("/%5cevil.example")]
    [InlineData("%2f%5cevil.example")]
    [InlineData("%09//evil.example")]
    [InlineData("/%0d%0aX: y")]
    public void What_is_encoded_is_judged_as_it_arrives(string encoded) =>
        Assert.Equal("/", SignInRequest.Next(Uri.UnescapeDataString(encoded)));

    [Fact]
    public void No_text_at_all_leads_to_another_site() =>
        Gen.OneOf("/", "\\", "//", "evil.example", "\t", "\n", ":", "https:", "@", "?", "#", "%2f", ".", "a", " ")
            .Array[0, 8]
            .Select(string.Concat)
            .Sample(asked =>
            {
                var here = new Uri("https://code.example/berth/sign-in");
                Assert.Equal("code.example", new Uri(here, SignInRequest.Next(asked)).Host);
            });

    [Theory]
    [InlineData("same-origin", "http://127.0.0.1:3780", true)]
    [InlineData("same-origin", null, true)]
    [InlineData(null, "http://127.0.0.1:3780", true)]
    [InlineData("cross-site", "http://127.0.0.1:3780", false)]
    [InlineData("same-site", "http://127.0.0.1:3780", false)]
    [InlineData("none", null, false)]
    [InlineData(null, null, false)]
    [InlineData("", "", false)]
    [InlineData(null, "null", false)]
    [InlineData("same-origin", "null", false)]
    [InlineData(null, "http://127.0.0.1:3781", false)]
    [InlineData(null, "http://127.0.0.1.evil.example:3780", false)]
    [InlineData(null, "http://evil.example", false)]
    [InlineData(null, "file://127.0.0.1:3780", false)]
    public void Only_the_gateways_own_page_signs_somebody_in(string? site, string? origin, bool own) =>
        Assert.Equal(own, SignInRequest.IsFromOwnPage(site, origin, "127.0.0.1:3780", s_plain));

    [Theory]
    [InlineData("https://code.example", true)]
    [InlineData("https://CODE.example:443", true)]
    [InlineData("http://code.example", false)]
    [InlineData("https://code.example:8443", false)]
    [InlineData("https://bob.code.example", false)]
    [InlineData("https://evil.example", false)]
    public void A_configured_address_is_the_only_origin(string origin, bool own) =>
        // A Host that was made up changes nothing.
        Assert.All(
            (string[])["code.example", "evil.example", ""],
            host => Assert.Equal(own, SignInRequest.IsFromOwnPage(null, origin, host, s_url))
        );

    [Theory]
    [InlineData("127.0.0.1:3780", null, false, "http://127.0.0.1:3780")]
    [InlineData("[::1]:3780", null, false, "http://[::1]:3780")]
    [InlineData("0.0.0.0:3780", null, false, "http://localhost:3780")]
    [InlineData("[::]:3780", null, true, "https://localhost:3780")]
    [InlineData("10.0.0.5:443", null, true, "https://10.0.0.5:443")]
    [InlineData("unix:/run/gateway.sock", null, false, "http://localhost")]
    [InlineData("unix:/run/gateway.sock", "https://code.example/", false, "https://code.example")]
    public void A_link_begins_with_where_browsers_reach_the_gateway(
        string listen,
        string? url,
        bool isCertified,
        string address
    )
    {
        var gateway = new GatewaySettings(listen, IdentitySettings.Link)
        {
            Url = url,
            Certificate = isCertified ? "/etc/tls/chain.pem" : null,
        };
        Assert.Equal(address, SignInRequest.Address(gateway));
        Assert.Equal(address.StartsWith("https", StringComparison.Ordinal), SignInRequest.IsSecure(gateway));
    }

    [Theory]
    [InlineData("Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0", "Firefox on Linux")]
    [InlineData(
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/129.0 Safari/537.36 Edg/129.0",
        "Edge on Windows"
    )]
    [InlineData(
        "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605 Version/18.0 Mobile Safari/604.1",
        "Safari on iPhone"
    )]
    [InlineData("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15) Chrome/129.0 Safari/537.36", "Chrome on macOS")]
    [InlineData("curl/8.9", "curl")]
    [InlineData("<script>", "a browser")]
    [InlineData(null, "a browser")]
    public void A_browser_is_known_by_a_few_words(string? agent, string name) =>
        Assert.Equal(name, BrowserName.Of(agent));

    [Theory]
    [InlineData("15m", 900)]
    [InlineData("1m", 60)]
    [InlineData("1h", 3600)]
    [InlineData("7d", 604800)]
    [InlineData("8d", -1)]
    [InlineData("0m", -1)]
    [InlineData("59s", -1)]
    [InlineData("1", -1)]
    [InlineData("m", -1)]
    [InlineData("", -1)]
    [InlineData("-1h", -1)]
    [InlineData("+1h", -1)]
    [InlineData("1 h", -1)]
    [InlineData("1_0m", -1)]
    [InlineData("99999999999d", -1)]
    [InlineData("99999d", -1)]
    public void A_links_time_is_read(string text, int seconds)
    {
        Assert.Equal(seconds >= 0, LinkOrder.TryParseLifetime(text, out var lasts));
        if (seconds >= 0)
            Assert.Equal(seconds, lasts.TotalSeconds);
    }
}
