using CsCheck;
using Xunit;

namespace Berth.Gateway;

public sealed class CookieTextTests
{
    [Theory]
    [InlineData("berth_session=x", "")]
    [InlineData("a=1; berth_session=x; b=2", "a=1; b=2")]
    [InlineData("berth_session=x; a=1", "a=1")]
    [InlineData("a=1;berth_session=x;;b=2 ; ", "a=1;;b=2 ; ")]
    [InlineData("__Host-berth_session=x; a=\"q; v\"", "a=\"q; v\"")]
    [InlineData("__HOST-BERTH_x; a", "a")]
    [InlineData("a=berth_session; xberth_session=1", "a=berth_session; xberth_session=1")]
    [InlineData("CF_Authorization=x; _oauth2_proxy_csrf=y; a=1", "a=1")]
    [InlineData("a=proof; b=proofs", "b=proofs")]
    [InlineData("", "")]
    [InlineData("; ;", "; ;")]
    public void Evidence_goes_and_the_rest_stays_byte_for_byte(string header, string left) =>
        Assert.Equal(left, CookieText.WithoutEvidence(header, "proof"));

    [Fact]
    public void What_holds_no_evidence_is_the_same_text() =>
        Gen.Char["ab=; \"\t"]
            .Array[0, 20]
            .Select(letters => new string(letters))
            .Sample(header => Assert.Same(header, CookieText.WithoutEvidence(header, null)));

    [Fact]
    public void No_evidence_is_ever_left() =>
        Gen.OneOf("berth_session", "__Host-berth_session", "a", "=", ";", "; ", " ", "x")
            .Array[0, 12]
            .Select(string.Concat)
            .Sample(header =>
            {
                var left = CookieText.WithoutEvidence(header, null);
                Assert.DoesNotContain(left.Split(';'), pair => CookieText.IsOwn(pair.Split('=')[0].Trim()));
            });

    [Theory]
    [InlineData("a=1; n=right; b=2", "right")]
    [InlineData("n=right", "right")]
    [InlineData("n=", "")]
    [InlineData("n=a=b", "a=b")]
    [InlineData("xn=1; nx=2; N=3; n", null)]
    [InlineData("n=one; n=two", "")]
    [InlineData("", null)]
    public void The_one_cookie_of_a_name_is_found_and_of_two_neither(string header, string? value)
    {
        Assert.Equal(value is not null, CookieText.TryFind(header, "n", out var found));
        Assert.Equal(value ?? "", found.ToString());
    }
}
