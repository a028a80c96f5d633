using Xunit;

namespace Berth.Gateway;

public sealed class PageTests
{
    [Fact]
    public void What_a_person_is_called_cannot_be_markup()
    {
        var page = new Pages("<b>&root").Unknown("<script>alert(1)</script>@example.com");
        var html = page.ToHtml();
        Assert.DoesNotContain("<script", html);
        Assert.DoesNotContain("<b>", html);
        Assert.Contains("&lt;script&gt;alert(1)&lt;/script&gt;@example.com", html);
        Assert.Contains("&lt;b&gt;&amp;root", html);
        Assert.Equal(403, page.Status);
    }

    [Fact]
    public void A_page_that_waits_asks_again_by_itself_and_others_do_not()
    {
        Assert.Contains("http-equiv=\"refresh\" content=\"2\"", Pages.Starting().ToHtml());
        Assert.Contains("http-equiv=\"refresh\"", new Pages("x").Parked().ToHtml());
        Assert.DoesNotContain("http-equiv=\"refresh\"", new Pages("x").Unknown(null).ToHtml());
    }

    [Fact]
    public void The_style_is_the_one_that_the_policy_names()
    {
        var html = Pages.Starting().ToHtml();
        var style = html[
            (html.IndexOf("<style>", StringComparison.Ordinal) + 7)..html.IndexOf("</style>", StringComparison.Ordinal)
        ];
        var hash = Convert.ToBase64String(
            System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(style))
        );
        Assert.Contains($"'sha256-{hash}'", Page.ContentSecurityPolicy);
        Assert.Contains("default-src 'none'", Page.ContentSecurityPolicy);
        Assert.Contains("frame-ancestors 'none'", Page.ContentSecurityPolicy);
    }

    [Fact]
    public void A_person_is_told_whom_to_ask()
    {
        var pages = new Pages("ops@example.com");
        foreach (
            var page in (Page[])
                [
                    pages.Unknown("x"),
                    pages.Parked(),
                    pages.NoServer(),
                    pages.SignIn(true),
                    pages.SignIn(false),
                    pages.PairingFailed(true),
                ]
        )
            Assert.Contains("ops@example.com", page.ToText());
    }
}
