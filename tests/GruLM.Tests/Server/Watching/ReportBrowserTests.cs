// The page of a run at work in a real browser: it fills by itself, its charts answer the pointer, it can be loaded again, and it stays when
// the run and its server are gone.

using GruLM.Report;
using GruLM.Server;
using GruLM.Training;
using Microsoft.Playwright;

namespace GruLM.Tests;

public sealed class ReportBrowserTests(PageBrowser browser) : IClassFixture<PageBrowser>, IDisposable
{
    private const string Stage = "document.getElementById('live').dataset.stage";

    private readonly WatchedText _text = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _text.Dispose();

    [Fact]
    public async Task The_page_fills_by_itself_and_stays()
    {
        using var goOn = new SemaphoreSlim(0);
        var report = new LiveReport(_text.Model, new Stops(goOn));
        ReportServer server = await WatchedText.Serve(report);
        await using (server)
        {
            IPage page = await browser.OpenServed(server.Address);
            await PageBrowser.Until(page, $"{Stage} === 'preparing'");
            Task<RunOutcome> run = Task.Run(Train, Cancel);
            await PageBrowser.Until(page, $"{Stage} === 'running' && document.querySelectorAll('.chart').length === 5");
            await page.HoverAsync(".chart svg");
            await PageBrowser.Until(page, "!document.querySelector('.tip').hidden");
            await page.HoverAsync("h1");

            // Another browser comes late, and this one again.
            IPage late = await browser.OpenServed(server.Address);
            await page.ReloadAsync();
            goOn.Release();
            foreach (IPage one in (IPage[])[page, late])
            {
                await PageBrowser.Until(one, "document.querySelectorAll('.sample').length === 1");
                await PageBrowser.Until(one, "document.querySelector('.tile') !== null");
                await PageBrowser.Until(one, $"{Stage} === 'running'");
            }

            goOn.Release();
            report.End(await run);
            await Look(page);
            await Look(late);
            await server.StopAsync();
            Assert.Equal("finished", await page.EvaluateAsync<string>(Stage));
            await page.HoverAsync(".chart svg");
            await PageBrowser.Until(page, "!document.querySelector('.tip').hidden");
        }

        Assert.Empty(browser.Complaints);

        RunOutcome Train()
        {
            using var training = TrainingRun.Start(_text.Settings, report, cancel: Cancel);
            return training.Run(Cancel);
        }

        static async Task Look(IPage page)
        {
            await PageBrowser.Until(page, $"{Stage} === 'finished' && document.querySelectorAll('.sample').length === 3");
            string[] names = [.. await page.Locator(".chart .title").AllInnerTextsAsync()];
            string[] expected =
            [
                "Loss", "Held-out bits per byte", "Token accuracy", "Learning rate", "Gradient norm", "Throughput",
            ];
            Assert.Equal(expected, names);
            Assert.Equal("27", await page.EvaluateAsync<string>("document.querySelector('.curve.train').dataset.steps.split(' ').at(-2)"));
        }
    }

    // The run waits where the page is looked at.
    private sealed class Stops(SemaphoreSlim goOn) : IRunObserver
    {
        public void OnSteps(StepReport report)
        {
            if (report.Step is 6 or 18) Assert.True(goOn.Wait(60_000, Cancel));
        }
    }
}
