// Pages in a real browser, opened from the disk with the network off: they write the command's tokens, can be used by keyboard, and fit a
// phone. Debian's chromium is used, where it is.

using System.Text.Json;
using GruLM.Tests.Cli;
using Microsoft.Playwright;

namespace GruLM.Tests;

public sealed class PageBrowserTests(PageModels models, PageBrowser browser) : IClassFixture<PageModels>, IClassFixture<PageBrowser>
{
    private const int Count = 200;

    [Fact]
    public async Task A_page_on_a_disk_writes_the_tokens_that_the_command_writes()
    {
        foreach (string name in PageModels.Names)
        {
            IPage page = await Open(name);
            Assert.Equal("true", await page.GetAttributeAsync("body", "data-compiled"));
            await page.FillAsync("#prompt", "The garden");
            await page.ClickAsync("#writing summary");
            await page.FillAsync("#seed", "11");
            await page.FillAsync("#tokens", $"{Count}");
            await page.ClickAsync("#write");
            await page.WaitForSelectorAsync("body[data-state=done]");
            (int code, string output, _) = CommandsTests.Run(
                "generate", "--model", models.Folder(name), "--prompt", "The garden", "--seed", "11", "-n", $"{Count}", "--json",
                "--logprobs", "0", "--threads", "1");
            Assert.Equal(0, code);
            JsonElement written = JsonDocument.Parse(output).RootElement;
            int[] expected = [.. written.GetProperty("logprobs").EnumerateArray().Select(token => token.GetProperty("id").GetInt32())];
            Assert.Equal(expected, await Ids(page));
            Assert.Equal("The garden" + written.GetProperty("text").GetString(), await page.TextContentAsync("#text"));
            Assert.Equal(expected.Length < Count, await page.IsDisabledAsync("#more"));
            await page.CloseAsync();
        }

        Assert.Empty(browser.Complaints);
    }

    [Fact]
    public async Task Another_way_is_taken_by_keyboard_on_a_page_as_wide_as_a_phone()
    {
        IPage page = await Open("bpe");
        await page.ClickAsync("#writing summary");
        await page.FillAsync("#tokens", "60");
        await page.FocusAsync("#prompt");
        await page.Keyboard.PressAsync("Control+Enter");
        await page.WaitForSelectorAsync("body[data-state=done]");
        int[] before = await Ids(page);
        Assert.Equal(60, before.Length);

        // To token 3, into the list, to the first one that is another. The first token is what opens a text.
        await page.FocusAsync("[data-place='0']");
        for (int i = 0; i < 4; i++) await page.Keyboard.PressAsync("ArrowRight");
        await page.Keyboard.PressAsync("Enter");
        int[] choices = await page.EvaluateAsync<int[]>("[...document.querySelectorAll('#choices .bar')].map(b => +b.dataset.id)");
        Assert.Equal(8, choices.Length);
        int place = Array.FindIndex(choices, id => id != before[3]);
        for (int i = 0; i < place; i++) await page.Keyboard.PressAsync("ArrowDown");
        await page.Keyboard.PressAsync("Enter");
        await PageBrowser.Until(page, "document.querySelectorAll('.written').length === 64 && document.body.dataset.state === 'done'");
        int[] after = await Ids(page);
        Assert.Equal(before[..3], after[..3]);
        Assert.Equal(choices[place], after[3]);

        // Nothing sticks out, with and without the list; Escape closes it.
        Assert.True(await page.EvaluateAsync<bool>("document.documentElement.scrollWidth <= innerWidth"));
        await page.Keyboard.PressAsync("Escape");
        Assert.True(await page.IsHiddenAsync("#choices"));
        await page.HoverAsync("[data-place='20']");
        await page.WaitForSelectorAsync("#choices", new() { State = WaitForSelectorState.Visible });
        Assert.Empty(browser.Complaints);
    }

    [Fact]
    public async Task A_text_that_stops_this_one_is_not_shown_until_it_goes_on()
    {
        IPage page = await Open("bpe");
        await page.ClickAsync("#writing summary");
        await page.FillAsync("#prompt", "The garden");
        await page.FillAsync("#seed", "11");
        await page.FillAsync("#stop-text", "e");
        await page.ClickAsync("#write");
        await page.WaitForSelectorAsync("body[data-state=done]");
        string before = (await page.TextContentAsync("#text"))!;
        (_, string output, _) = CommandsTests.Run(
            "generate", "--model", models.Folder("bpe"), "--prompt", "The garden", "--seed", "11", "--stop", "e", "--json",
            "--threads", "1");
        JsonElement written = JsonDocument.Parse(output).RootElement;
        Assert.Equal("stop", written.GetProperty("finish_reason").GetString());
        Assert.Equal("The garden" + written.GetProperty("text").GetString(), before);

        await page.ClickAsync("#more");
        await PageBrowser.Until(page, $"document.getElementById('text').textContent.length > {before.Length}");
        Assert.StartsWith(before + "e", await page.TextContentAsync("#text"), StringComparison.Ordinal);
        Assert.Empty(browser.Complaints);
    }

    private static Task<int[]> Ids(IPage page) =>
        page.EvaluateAsync<int[]>("[...document.querySelectorAll('.written')].map(token => +token.dataset.id)");

    private Task<IPage> Open(string name) => browser.Open(models.Page(name));
}
