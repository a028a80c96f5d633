using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Berth.Gateway;

/// <summary>The paths that people sign in and out by. Only a click on the gateway's own page changes anything.</summary>
internal sealed class SignInPaths(SignInDesk desk, GuessCounter guesses, Action<string> say)
{
    private static readonly FormOptions s_form = new()
    {
        KeyLengthLimit = 64,
        ValueLengthLimit = 4096,
        ValueCountLimit = 8,
        BufferBody = false,
    };

    private const string Form = "application/x-www-form-urlencoded";
    private const long LongestBody = 16 << 10;

    public IReadOnlyDictionary<string, RequestDelegate> ByPath() =>
        new Dictionary<string, RequestDelegate>(StringComparer.Ordinal)
        {
            [SignInRequest.SignIn] = SignInAsync,
            [SignInRequest.SignOut] = SignOutAsync,
        };

    private async Task SignInAsync(HttpContext context)
    {
        if (HttpMethods.IsPost(context.Request.Method))
        {
            await RedeemAsync(context);
            return;
        }
        if (!IsRead(context))
            return;
        var query = context.Request.Query;
        if (!query.TryGetValue("token", out var tokens))
            await AnswerAsync(context, SignInPage.NeedsLink(desk.Contact));
        else if (tokens is [{ } token] && desk.Meant(token) is { } user)
            await AnswerAsync(context, SignInPage.Ask(user, token, SignInRequest.Next(query["next"])));
        else
            await WorthlessAsync(context, query["next"]);
    }

    private async Task RedeemAsync(HttpContext context)
    {
        if (!IsFromOwnPage(context))
        {
            await AnswerAsync(context, SignInPage.Foreign());
            return;
        }
        var form = await FormAsync(context);
        var browser = BrowserName.Of(context.Request.Headers.UserAgent);
        SignedIn? done = null;
        try
        {
            if (form?["token"] is [{ Length: > 0 } token])
            {
                var held = Held(context);
                // It writes a file, and whoever waits for sockets must not wait for the disk (EventLoops).
                done = await Task.Run(() => desk.Redeem(token, browser, held));
            }
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            say($"sign-in: {failure.Message}");
            await AnswerAsync(context, SignInPage.NotSaved(desk.Contact));
            return;
        }
        if (done is null)
        {
            await WorthlessAsync(context, form?["next"]);
            return;
        }
        say($"sign-in: {done.User} signed in with {browser} ({done.Id})");
        context.Response.Headers.SetCookie = SignInCookie.Header(done.Cookie, desk.Lasts, desk.IsSecure);
        Lead(context, form!["next"]);
    }

    private async Task SignOutAsync(HttpContext context)
    {
        if (!HttpMethods.IsPost(context.Request.Method))
        {
            if (IsRead(context))
                await AnswerAsync(context, SignInPage.AskOut());
            return;
        }
        if (!IsFromOwnPage(context))
        {
            await AnswerAsync(context, SignInPage.Foreign());
            return;
        }
        try
        {
            var held = Held(context);
            await Task.Run(() => desk.SignOut(held));
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            say($"sign-out: {failure.Message}");
            await AnswerAsync(context, SignInPage.NotSaved(desk.Contact));
            return;
        }
        context.Response.Headers.SetCookie = SignInCookie.Header("", TimeSpan.Zero, desk.IsSecure);
        await AnswerAsync(context, SignInPage.SignedOut(desk.Contact));
    }

    private bool IsFromOwnPage(HttpContext context)
    {
        var headers = context.Request.Headers;
        return headers.Origin.Count <= 1
            && headers["Sec-Fetch-Site"].Count <= 1
            && SignInRequest.IsFromOwnPage(
                headers["Sec-Fetch-Site"],
                headers.Origin,
                context.Request.Host.Value ?? "",
                desk.Config.Gateway
            );
    }

    private string? Held(HttpContext context) =>
        LinkIdentity.Count(context, SignInCookie.Name(desk.IsSecure), out var cookie) == 1 ? cookie.ToString() : null;

    private static async Task<IFormCollection?> FormAsync(HttpContext context)
    {
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size)
            size.MaxRequestBodySize = LongestBody;
        // A form with files in it would be written to disk.
        if (context.Request.ContentType is not { } type || !type.StartsWith(Form, StringComparison.OrdinalIgnoreCase))
            return null;
        try
        {
            return await context.Request.ReadFormAsync(s_form, context.RequestAborted);
        }
        catch (InvalidDataException)
        {
            return null;
        }
    }

    /// <summary>Whoever is signed in already, and clicks twice or comes back by an old link, goes where they wanted.
    /// </summary>
    private Task WorthlessAsync(HttpContext context, string? next)
    {
        if (Held(context) is { } held && desk.Who(held).IsProven)
        {
            Lead(context, next);
            return Task.CompletedTask;
        }
        var isQuiet = guesses.Note();
        if (!isQuiet)
            context.Response.Headers.RetryAfter = "60";
        return AnswerAsync(context, SignInPage.Worthless(desk.Contact, tooMany: !isQuiet));
    }

    private static void Lead(HttpContext context, string? next)
    {
        Harden(context.Response);
        context.Response.Headers.Location = SignInRequest.Next(next);
        context.Response.StatusCode = StatusCodes.Status303SeeOther;
    }

    /// <returns>False when the method was refused.</returns>
    private static bool IsRead(HttpContext context)
    {
        if (HttpMethods.IsGet(context.Request.Method) || HttpMethods.IsHead(context.Request.Method))
            return true;
        Harden(context.Response);
        context.Response.Headers.Allow = "GET, HEAD, POST";
        context.Response.StatusCode = StatusCodes.Status405MethodNotAllowed;
        return false;
    }

    private static Task AnswerAsync(HttpContext context, SignInPage page)
    {
        var response = context.Response;
        Harden(response);
        response.StatusCode = page.Status;
        response.ContentType = "text/html; charset=utf-8";
        var body = Encoding.UTF8.GetBytes(page.ToHtml());
        response.ContentLength = body.Length;
        return HttpMethods.IsHead(context.Request.Method)
            ? Task.CompletedTask
            : response.Body.WriteAsync(body, context.RequestAborted).AsTask();
    }

    private static void Harden(HttpResponse response)
    {
        PageWriter.Harden(response);
        var headers = response.Headers;
        headers.ContentSecurityPolicy = SignInPage.ContentSecurityPolicy;
        // Not no-referrer: browsers would then send "Origin: null" with the form, and nobody could tell whose page it
        // came from. Like this the link's token stays out of Referer all the same.
        headers["Referrer-Policy"] = "strict-origin";
        headers["Cross-Origin-Opener-Policy"] = "same-origin";
    }
}
