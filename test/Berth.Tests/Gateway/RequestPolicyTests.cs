using System.Net;
using Xunit;

namespace Berth.Gateway;

public sealed class RequestPolicyTests
{
    [Theory]
    [InlineData("GET", "navigate", "document", "text/html", false, null, true)]
    [InlineData("GET", null, null, "text/html,*/*", false, null, true)]
    [InlineData("GET", null, null, "*/*", false, null, false)]
    [InlineData("GET", null, null, null, false, null, false)]
    [InlineData("GET", null, null, "text/html", false, "XMLHttpRequest", false)]
    [InlineData("GET", "cors", "empty", "text/html", false, null, false)]
    [InlineData("GET", "no-cors", "script", "*/*", false, null, false)]
    [InlineData("GET", "navigate", "iframe", "text/html", false, null, false)]
    [InlineData("POST", "navigate", "document", "text/html", false, null, false)]
    [InlineData("HEAD", null, null, "text/html", false, null, false)]
    [InlineData("GET", "websocket", "websocket", null, true, null, false)]
    [InlineData("GET", null, null, "text/html", true, null, false)]
    public void Only_a_person_who_goes_to_a_page_navigates(
        string method,
        string? mode,
        string? destination,
        string? accept,
        bool upgrades,
        string? requestedWith,
        bool navigates
    ) => Assert.Equal(navigates, Navigation.IsDocument(method, mode, destination, accept, upgrades, requestedWith));

    [Theory]
    [InlineData("https://code.example", null, null, null, false, true)]
    [InlineData("HTTPS://Code.Example", "same-origin", null, null, false, true)]
    [InlineData("https://code.example", "none", null, null, false, true)]
    [InlineData("https://code.example", "same-site", null, null, false, false)]
    [InlineData("https://code.example", "cross-site", null, null, false, false)]
    [InlineData("https://evil.example", null, null, null, false, false)]
    [InlineData("https://evil.example", "same-origin", null, null, false, false)]
    [InlineData("https://code.example.evil.example", null, null, null, false, false)]
    [InlineData("https://evil.code.example", null, null, null, false, false)]
    [InlineData("https://code.example:444", null, null, null, false, false)]
    [InlineData("http://code.example", null, null, null, false, false)]
    [InlineData("null", null, null, null, false, false)]
    [InlineData("", null, null, null, false, false)]
    [InlineData(null, "cross-site", null, null, false, false)]
    [InlineData(null, "same-origin", null, null, true, true)]
    [InlineData(null, null, null, "curl/8", false, true)]
    [InlineData(null, null, null, "curl/8", true, true)]
    [InlineData(null, null, null, null, true, true)]
    [InlineData(null, null, null, "Mozilla/5.0", false, true)]
    [InlineData(null, null, null, "Mozilla/5.0", true, false)]
    [InlineData(null, null, "https://code.example/page", "Mozilla/5.0", true, true)]
    [InlineData(null, null, "https://evil.example/https://code.example", "curl/8", false, false)]
    [InlineData(null, null, "rubbish", "curl/8", false, false)]
    public void What_changes_something_comes_from_the_own_pages_or_from_no_browser(
        string? origin,
        string? site,
        string? referer,
        string? userAgent,
        bool cookie,
        bool allowed
    )
    {
        var source = new RequestSource(origin, site, referer, userAgent, cookie);
        Assert.Equal(allowed, OriginPolicy.Allows(source, "code.example", "https://code.example"));
    }

    [Theory]
    [InlineData("http://box:3780", "box:3780", true)]
    [InlineData("https://code.example", "code.example", true)]
    [InlineData("https://code.example", "code.example:443", true)]
    [InlineData("http://code.example", "code.example", true)]
    [InlineData("http://box:3780", "box", false)]
    [InlineData("http://box", "box:3780", false)]
    [InlineData("ftp://box:3780", "box:3780", false)]
    [InlineData("http://box:3781", "box:3780", false)]
    public void Without_a_configured_address_the_own_origin_is_the_one_that_was_asked(
        string origin,
        string host,
        bool allowed
    ) => Assert.Equal(allowed, OriginPolicy.Allows(new RequestSource(origin, null, null, null, true), host, null));

    [Theory]
    [InlineData("https://code.example/", "https://code.example")]
    [InlineData("https://code.example:443", "https://code.example")]
    [InlineData("http://box:3780/x", "http://box:3780")]
    [InlineData("code.example", null)]
    [InlineData(null, null)]
    public void A_configured_address_is_compared_as_an_origin(string? url, string? origin) =>
        Assert.Equal(origin, OriginPolicy.OriginOf(url));

    [Theory]
    [InlineData("Connection", true)]
    [InlineData("keep-alive", true)]
    [InlineData("Transfer-Encoding", true)]
    [InlineData("TE", true)]
    [InlineData("X-Forwarded-Host", true)]
    [InlineData("x-forwarded-anything", true)]
    [InlineData("Forwarded", true)]
    [InlineData("X-Real-Ip", true)]
    [InlineData("X-Original-URL", true)]
    [InlineData("X-authentik-username", true)]
    [InlineData("Cf-Access-Jwt-Assertion", true)]
    [InlineData("Remote-User", true)]
    [InlineData("Proxy", true)]
    [InlineData("Expect", true)]
    [InlineData("Accept", false)]
    [InlineData("Authorization", false)]
    [InlineData("X-Requested-With", false)]
    [InlineData("Content-Type", false)]
    [InlineData("Sec-WebSocket-Key", false)]
    public void What_belongs_to_a_connection_or_passes_somebody_off_is_not_sent_on(string name, bool dropped) =>
        Assert.Equal(dropped, RequestHeaders.IsDropped(name));

    [Theory]
    [InlineData("keep-alive, X-Secret", "X-Secret", true)]
    [InlineData("close,x-secret ", "X-Secret", true)]
    [InlineData("keep-alive", "X-Secret", false)]
    [InlineData("X-Secret-Too", "X-Secret", false)]
    [InlineData(null, "X-Secret", false)]
    public void Connection_names_headers_of_its_own(string? connection, string name, bool named) =>
        Assert.Equal(named, RequestHeaders.NamesMore(connection) && RequestHeaders.Names(connection, name));

    [Theory]
    [InlineData("/", true)]
    [InlineData("/a/%2e%2e/b?x=1&y", true)]
    [InlineData("", false)]
    [InlineData("*", false)]
    [InlineData("http://evil/", false)]
    [InlineData("/a b", false)]
    [InlineData("/a\rb", false)]
    [InlineData("/a\nGET /b", false)]
    [InlineData("/\u00e4", false)]
    [InlineData("/a#b", false)]
    public void A_target_is_repeated_only_when_it_is_plain(string target, bool plain) =>
        Assert.Equal(plain, RequestHeaders.IsPlainTarget(target));

    [Theory]
    [InlineData("a=1", "a=1")]
    [InlineData("berth_session=x", null)]
    [InlineData("a=1; berth_session=x; b=2", "a=1; b=2")]
    [InlineData("__Host-berth_session=x;b=2", "b=2")]
    [InlineData("__Secure-berth_s=x; a=berth_x", "a=berth_x")]
    [InlineData("BERTH_session=x; __HOST-Berth_y=1", null)]
    [InlineData("t3_session=\"berth_\"", "t3_session=\"berth_\"")]
    public void No_server_sees_a_cookie_of_Berths_own(string sent, string? seen) =>
        Assert.Equal(seen, CookiePolicy.ForServer(sent));

    [Theory]
    [InlineData("t3_session=x; Path=/; HttpOnly", "t3_session=x; Path=/; HttpOnly")]
    [InlineData("a=1; Domain=example.com; Path=/", "a=1; Path=/")]
    [InlineData("a=1;domain = .example.com", "a=1")]
    [InlineData("a=domain", "a=domain")]
    [InlineData("berth_session=evil; Path=/berth", null)]
    [InlineData(" __Host-berth_session=evil; Secure; Path=/", null)]
    [InlineData("Berth_session=evil", null)]
    [InlineData("=berth_session=evil", null)]
    [InlineData("nameless", null)]
    [InlineData("", null)]
    public void No_server_sets_a_cookie_of_Berths_own_or_for_other_hosts(string set, string? given) =>
        Assert.Equal(given, CookiePolicy.ForBrowser(set));

    [Theory]
    [InlineData("10.0.0.1", "1.2.3.4", "1.2.3.4")]
    [InlineData("10.0.0.1", "6.6.6.6, 1.2.3.4", "1.2.3.4")]
    [InlineData("10.0.0.1", "6.6.6.6, 1.2.3.4, 10.0.0.2", "1.2.3.4")]
    [InlineData("10.0.0.1", "1.2.3.4:5678", "1.2.3.4")]
    [InlineData("10.0.0.1", "[2001:db8::1]:99", "2001:db8::1")]
    [InlineData("10.0.0.1", "rubbish", "10.0.0.1")]
    [InlineData("10.0.0.1", "1.2.3.4, rubbish, 10.0.0.2", "10.0.0.2")]
    [InlineData("10.0.0.1", null, "10.0.0.1")]
    [InlineData("192.0.2.1", "1.2.3.4", "192.0.2.1")]
    [InlineData("::ffff:10.0.0.1", "1.2.3.4", "1.2.3.4")]
    public void A_clients_address_is_what_the_last_trusted_proxy_saw(string peer, string? said, string client) =>
        Assert.Equal(IPAddress.Parse(client), Peers.Of(["10.0.0.0/24"]).Client(IPAddress.Parse(peer), said));

    [Fact]
    public void Nobody_is_trusted_unasked_but_who_comes_over_a_unix_socket()
    {
        Assert.False(Peers.Of([]).Trusts(IPAddress.Loopback));
        Assert.True(Peers.Of([]).Trusts(null));
        Assert.True(Peers.Of(["192.0.2.7"]).Trusts(IPAddress.Parse("192.0.2.7")));
        Assert.False(Peers.Of(["192.0.2.7"]).Trusts(IPAddress.Parse("192.0.2.8")));
        Assert.Throws<InvalidDataException>(() => Peers.Of(["example.com"]));
    }
}
