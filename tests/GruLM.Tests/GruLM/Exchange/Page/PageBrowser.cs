// A browser for the tests of a class: Debian's chromium, where it is, with the network off. What pages complain of, or ask the network
// for, is kept.

using Microsoft.Playwright;

namespace GruLM.Tests;

/// <summary>Opens pages from the disk.</summary>
public sealed class PageBrowser : IAsyncLifetime
{
    private static readonly string? s_chromium = PageEngine.Program("chromium");
    private IPlaywright? _playwright;
    private IBrowser? _browser;

    /// <summary>Messages, errors and requests of all pages.</summary>
    public List<string> Complaints { get; } = [];

    public async ValueTask InitializeAsync()
    {
        if (s_chromium is null) return;
        _playwright = await Playwright.CreateAsync();
        _browser = await _playwright.Chromium.LaunchAsync(new()
        {
            ExecutablePath = s_chromium,
            Args =
            [
                "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
                "--disable-component-update", "--disable-sync",
            ],
        });
    }

    public async ValueTask DisposeAsync()
    {
        if (_browser is not null) await _browser.DisposeAsync();
        _playwright?.Dispose();
    }

    /// <summary>Waits until an expression is true. Playwright's own way asks for it with eval, which the page's policy forbids.</summary>
    public static async Task Until(IPage page, string expression, object? argument = null)
    {
        for (int i = 0; i < 1200; i++)
        {
            if (await page.EvaluateAsync<bool>(expression, argument)) return;
            await Task.Delay(25, TestContext.Current.CancellationToken);
        }

        Assert.Fail($"never: {expression}");
    }

    /// <summary>Opens a page as wide as a phone, and waits for its model; skips the test where there is no browser.</summary>
    public Task<IPage> Open(string path) => Open(new Uri(path).AbsoluteUri, 390, ColorScheme.Light);

    /// <summary>The same for an address, a width in pixels and a colour scheme.</summary>
    public async Task<IPage> Open(string address, int width, ColorScheme scheme)
    {
        IPage page = await Blank("file:", width, scheme);
        await page.GotoAsync(address);
        await page.WaitForSelectorAsync("body[data-state=ready], body[data-state=done]");
        return page;
    }

    /// <summary>Opens what a server of this process serves.</summary>
    public async Task<IPage> OpenServed(Uri address)
    {
        IPage page = await Blank(address.GetLeftPart(UriPartial.Authority) + "/", 1280, ColorScheme.Light);
        await page.GotoAsync(address.AbsoluteUri);
        return page;
    }

    // A page that may ask for what begins so.
    private async Task<IPage> Blank(string mayAsk, int width, ColorScheme scheme)
    {
        Assert.SkipUnless(_browser is not null, "needs chromium (apt-get install chromium), which opens the page");
        IBrowserContext context = await _browser.NewContextAsync(new()
        {
            Offline = mayAsk == "file:",
            ViewportSize = new() { Width = width, Height = 844 },
            ColorScheme = scheme,
            ReducedMotion = ReducedMotion.Reduce,
        });
        IPage page = await context.NewPageAsync();
        page.Console += (_, message) => Complaints.Add(message.Text);
        page.PageError += (_, error) => Complaints.Add(error);
        page.Request += (_, request) =>
        {
            if (!request.Url.StartsWith(mayAsk, StringComparison.Ordinal)) Complaints.Add(request.Url);
        };
        return page;
    }
}
