using System.Collections.Concurrent;
using Berth.Checkout;
using Microsoft.Playwright;
using Xunit;

namespace Berth.WebTests.Browser;

/// <summary>Somebody with a browser of their own. What the browser complains of is kept: a test that ends well has none of
/// it left.</summary>
public sealed class Person : IAsyncDisposable
{
    private readonly IBrowserContext _context;
    private readonly ConcurrentQueue<string> _complaints = new();

    internal Person(IBrowserContext context, IPage page)
    {
        _context = context;
        Page = page;
        page.Console += (_, message) =>
        {
            if (message.Type is "error" or "warning" && !IsWaitingRoom(message))
                _complaints.Enqueue($"{message.Type} at {message.Location}: {message.Text}");
        };
        page.PageError += (_, error) => _complaints.Enqueue($"thrown: {error}");
    }

    public IPage Page { get; }

    public IBrowserContext Context => _context;

    /// <summary>Opens a page, as if its address was typed.</summary>
    public Task<IResponse?> Goes(string to) =>
        Page.GotoAsync(to, new PageGotoOptions { WaitUntil = WaitUntilState.DOMContentLoaded });

    /// <summary>Opens a page again and again until it has this heading.</summary>
    public async Task Arrives(string to, string heading)
    {
        var clock = System.Diagnostics.Stopwatch.StartNew();
        do await Goes(to);
        while (await Page.Locator("h1").TextContentAsync() != heading && clock.Elapsed < Limits.Generous);
        await Sees("h1", heading);
    }

    /// <summary>Asks from within the page, as its scripts do.</summary>
    public Task<Answer> Asks(string path, string method = "GET") =>
        Page.EvaluateAsync<Answer>(
            "async ([path, method]) => { const got = await fetch(path, { method }); return { Status: got.status, Text: await got.text() }; }",
            new[] { path, method }
        );

    /// <summary>Waits until the page shows this text somewhere.</summary>
    public Task Sees(string text) => Assertions.Expect(Page.Locator("body")).ToContainTextAsync(text, Patience());

    public Task Sees(string selector, string text) =>
        Assertions.Expect(Page.Locator(selector)).ToHaveTextAsync(text, new() { Timeout = Milliseconds });

    /// <summary>Waits until the page is the one of this title.</summary>
    public Task IsAt(string title) => Assertions.Expect(Page).ToHaveTitleAsync(title, new() { Timeout = Milliseconds });

    /// <summary>Takes a picture for people to look at.</summary>
    public async Task Pictures(string name)
    {
        foreach (var width in new[] { 390, 1280 })
        {
            await Page.SetViewportSizeAsync(width, width == 390 ? 844 : 800);
            await Page.ScreenshotAsync(
                new PageScreenshotOptions { Path = Repository.Path($"artifacts/web/{name}-{width}.png") }
            );
        }
    }

    /// <summary>What the browser complained of since the last time it was asked.</summary>
    public IReadOnlyList<string> Complaints()
    {
        var all = new List<string>();
        while (_complaints.TryDequeue(out var one))
            all.Add(one);
        return all;
    }

    public async ValueTask DisposeAsync() => await _context.CloseAsync();

    /// <summary>On a busy machine a page may be asked for before its server is ready; the browser tells of that.</summary>
    private static bool IsWaitingRoom(IConsoleMessage message) =>
        message.Text.Contains("status of 503", StringComparison.Ordinal)
        // ADDRESS:LINE:COLUMN, of the page itself.
        && Uri.TryCreate(message.Location, UriKind.Absolute, out var at)
        && at.AbsolutePath.StartsWith("/:", StringComparison.Ordinal);

    private static float Milliseconds => (float)Limits.Generous.TotalMilliseconds;

    private static LocatorAssertionsToContainTextOptions Patience() => new() { Timeout = Milliseconds };
}

/// <summary>What a script on a page got.</summary>
public sealed record Answer
{
    public int Status { get; set; }

    public string Text { get; set; } = "";
}
