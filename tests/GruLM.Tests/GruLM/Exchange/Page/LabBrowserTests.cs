// The lab page in a real browser: its views show what they say, undo and links come back to the same text, the tour can be walked by
// keyboard alone, and axe finds nothing in any view, light and dark, as wide as a desk and as a phone.

using System.Text.Json;
using Deque.AxeCore.Commons;
using Deque.AxeCore.Playwright;
using Microsoft.Playwright;

namespace GruLM.Tests;

public sealed class LabBrowserTests(PageModels models, PageBrowser browser) : IClassFixture<PageModels>, IClassFixture<PageBrowser>
{
    private const int Phone = 360, Desk = 1280;

    // Each takes a quarter of a minute or more; colours do not depend on the width, so each scheme and each width is taken once.
    [Theory]
    [InlineData(Desk, ColorScheme.Light)]
    [InlineData(Phone, ColorScheme.Dark)]
    public async Task Axe_finds_nothing_and_nothing_sticks_out_in_any_view(int width, ColorScheme scheme)
    {
        IPage page = await Open("trained", width, scheme);
        await Check(page, "first");
        await Write(page, "The garden", 80);
        await page.FocusAsync("[data-place='20']");
        await Check(page, "choices");
        string[] views = await page.EvaluateAsync<string[]>("[...document.querySelectorAll('#tabs button')].map(tab => tab.id)");
        Assert.Equal(9, views.Length);
        foreach (string tab in views)
        {
            await page.ClickAsync($"#{tab}");
            await PageBrowser.Until(page, "new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => done(true))))");
            if (tab == "tab-units") await Find(page);
            if (tab == "tab-why") await page.WaitForSelectorAsync("#view-why li");
            if (tab == "tab-training") await page.WaitForSelectorAsync("#view-training .chart");
            if (tab == "tab-compare") await WriteBoth(page);
            await Check(page, tab, $"#{tab.Replace("tab-", "view-", StringComparison.Ordinal)}");
        }

        await page.ClickAsync("#share");
        await page.ClickAsync("#tour-begin");
        await Check(page, "tour");
        Assert.Empty(browser.Complaints);
    }

    [Fact]
    public async Task Settings_change_the_chances_that_are_shown()
    {
        IPage page = await Open("bpe", Desk, ColorScheme.Light);
        await Write(page, "The garden", 40);
        string before = await page.InnerTextAsync("#view-chances .bars");
        Assert.Equal(16, await page.Locator("#view-chances .bars li").CountAsync());
        await page.FocusAsync("#temperature");
        await page.Keyboard.PressAsync("Home");
        await PageBrowser.Until(page, "document.querySelectorAll('#view-chances li.out').length === 15");
        Assert.EndsWith("→ 100 %", await page.InnerTextAsync("#view-chances li:not(.out) .figure"), StringComparison.Ordinal);
        Assert.NotEqual(before, await page.InnerTextAsync("#view-chances .bars"));
        Assert.Contains("the settings leave 1.", await page.InnerTextAsync("#view-chances"), StringComparison.Ordinal);
        Assert.Empty(browser.Complaints);
    }

    [Fact]
    public async Task Branches_stay_and_undo_goes_back_to_them()
    {
        IPage page = await Open("bpe", Desk, ColorScheme.Light);
        await Write(page, "The garden", 40);
        int[] first = await Ids(page);
        await page.FocusAsync("[data-place='25']");
        await page.ClickAsync("#choices button:not([aria-current]) >> nth=0");
        await PageBrowser.Until(page, "document.body.dataset.state === 'done' && !document.getElementById('undo').disabled");
        int[] second = await Ids(page);
        Assert.Equal(first[..25], second[..25]);
        Assert.NotEqual(first[25], second[25]);

        await page.ClickAsync("#tab-branches");
        await page.WaitForSelectorAsync("#view-branches li li");
        Assert.Contains("2 ways", await page.InnerTextAsync("#view-branches"), StringComparison.Ordinal);
        await page.ClickAsync("#undo");
        await Become(first);
        await page.ClickAsync("#redo");
        await Become(second);
        await page.Keyboard.PressAsync("Control+z");
        await Become(first);
        await page.ClickAsync("#view-branches li li .run:not([aria-current])");
        await Become(second);

        // What was left can be gone on with from there.
        await page.ClickAsync("#more");
        await PageBrowser.Until(page, $"document.querySelectorAll('.token').length > {second.Length}");
        Assert.Equal(second, (await Ids(page))[..second.Length]);
        Assert.Empty(browser.Complaints);

        Task Become(int[] ids) => PageBrowser.Until(
            page, "ids => JSON.stringify([...document.querySelectorAll('.token')].map(token => +token.dataset.id)) === ids",
            JsonSerializer.Serialize(ids));
    }

    [Fact]
    public async Task A_link_shows_the_same_text_and_goes_on_in_the_same_way()
    {
        IPage page = await Open("bpe", Desk, ColorScheme.Light);
        await Write(page, "The garden", 40);
        int[] ids = await Ids(page);
        await page.ClickAsync("#tab-gates");
        await page.ClickAsync("#share");
        await page.WaitForSelectorAsync("#shared:not([hidden])");
        string link = await page.InputValueAsync("#link");
        Assert.Contains("#text=", link, StringComparison.Ordinal);
        await page.ClickAsync("#more");
        await PageBrowser.Until(page, "document.querySelectorAll('.written').length === 80 && document.body.dataset.state === 'done'");

        IPage other = await browser.Open(link, Phone, ColorScheme.Dark);
        await PageBrowser.Until(other, $"document.querySelectorAll('.token').length === {ids.Length}");
        Assert.Equal(ids, await Ids(other));
        Assert.Equal("true", await other.GetAttributeAsync("#tab-gates", "aria-selected"));
        await other.ClickAsync("#writing summary");
        await other.FillAsync("#tokens", "40");
        await other.ClickAsync("#more");
        await PageBrowser.Until(other, "document.querySelectorAll('.written').length === 80 && document.body.dataset.state === 'done'");
        Assert.Equal(await Ids(page), await Ids(other));

        IPage damaged = await browser.Open(link[..^9], Desk, ColorScheme.Light);
        await PageBrowser.Until(damaged, "document.getElementById('status').textContent.includes('damaged')");
        IPage wrong = await browser.Open(new Uri(models.Page("chars")).AbsoluteUri + link[link.IndexOf('#')..], Desk, ColorScheme.Light);
        await PageBrowser.Until(wrong, "/another model|cannot be shown/.test(document.getElementById('status').textContent)");
        Assert.Empty(browser.Complaints);
    }

    [Fact]
    public async Task Units_gates_and_reasons_are_shown_for_the_token_that_is_chosen()
    {
        IPage page = await Open("bpe", Desk, ColorScheme.Light);
        await Write(page, "The garden", 60);
        await page.EvaluateAsync("document.querySelector(\"[data-place='30']\").click()");
        await page.ClickAsync("#tab-units");
        await Find(page);
        Assert.Equal("two", await page.GetAttributeAsync("#text", "data-tone"));
        await page.ClickAsync("#tab-gates");
        await page.WaitForSelectorAsync("#view-gates .line-3");
        Assert.Equal(4, await page.Locator("#view-gates .chart .line").CountAsync());
        await page.ClickAsync("#view-gates summary");
        string[] row = (await page.InnerTextAsync("#view-gates tr[aria-current=true]")).Replace('−', '-').Split('\t');
        Assert.Equal(5, row.Length);
        double[] gates = [.. row[1..].Select(figure => double.Parse(figure, System.Globalization.CultureInfo.InvariantCulture))];
        Assert.InRange(gates[0], 0, 1);
        Assert.InRange(gates[1], 0, 1);
        Assert.InRange(gates[2], -1, 1);

        await page.ClickAsync("#tab-why");
        await page.WaitForSelectorAsync("#view-why li");
        Assert.Equal(12, await page.Locator("#view-why li").CountAsync());
        Assert.Equal("why", await page.InputValueAsync("#paint"));
        await page.ClickAsync("#tab-neighbours");
        await page.WaitForSelectorAsync("#view-neighbours li");
        await page.FillAsync("#piece", "garden");
        Assert.Equal("surprise", await page.InputValueAsync("#paint"));
        await page.ClickAsync("#tab-state");
        await PageBrowser.Until(page, "document.querySelector('#view-state .picture').width > 100");
        string shown = await page.InnerTextAsync("#view-state");
        await page.ClickAsync("#view-state button[aria-label='The next unit']");
        await PageBrowser.Until(page, "shown => document.getElementById('view-state').innerText !== shown", shown);
        Assert.Empty(browser.Complaints);
    }

    [Fact]
    public async Task Another_page_is_a_second_model_beside_this_one()
    {
        IPage page = await Open("bpe", Desk, ColorScheme.Light);
        await page.FillAsync("#prompt", "The garden");
        await page.ClickAsync("#tab-compare");
        await page.SetInputFilesAsync("#other", models.Page("lines"));
        await PageBrowser.Until(page, "document.getElementById('view-compare').innerText.includes('B is lines now')");
        await WriteBoth(page);
        string[] headings = [.. await page.Locator("#view-compare h2").AllInnerTextsAsync()];
        Assert.Equal(["A: bpe", "B: lines"], headings);
        string[] written = [.. await page.Locator("#view-compare .sample").AllInnerTextsAsync()];
        Assert.All(written, text => Assert.StartsWith("The garden", text, StringComparison.Ordinal));
        Assert.NotEqual(written[0], written[1]);

        // A file that is no such page is refused, and what was there stays.
        await page.SetInputFilesAsync("#other", Path.Combine(models.Folder("bpe"), "config.json"));
        await PageBrowser.Until(page, "document.getElementById('view-compare').innerText.includes('cannot be opened')");
        Assert.Empty(browser.Complaints);
    }

    [Fact]
    public async Task The_tour_is_walked_by_keyboard()
    {
        IPage page = await Open("bpe", Phone, ColorScheme.Dark);
        await page.FocusAsync("#tour-begin");
        await page.Keyboard.PressAsync("Enter");
        await PageBrowser.Until(page, "document.activeElement.id === 'tour-title'");
        await Write(page, "The garden", 60);
        await Next(0);
        await page.FocusAsync("[data-place='20']");
        await Next(1);
        await page.FocusAsync("#temperature");
        await page.Keyboard.PressAsync("ArrowRight");
        await Next(2);

        // Another way at token 20.
        await page.FocusAsync("[data-place='20']");
        await page.Keyboard.PressAsync("Enter");
        int at = await page.EvaluateAsync<int>(
            "[...document.querySelectorAll('#choices .bar')].findIndex(button => !button.hasAttribute('aria-current'))");
        for (int i = 0; i < at; i++) await page.Keyboard.PressAsync("ArrowDown");
        await page.Keyboard.PressAsync("Enter");
        await PageBrowser.Until(page, "document.body.dataset.state === 'done' && !document.getElementById('undo').disabled");
        await Next(3);
        await page.FocusAsync("[data-place='0']");
        for (int i = 0; i < 3; i++) await page.Keyboard.PressAsync("ArrowRight");
        await Next(4);
        await Find(page);
        await Next(5);
        await page.FocusAsync("#tab-gates");
        await page.Keyboard.PressAsync("ArrowRight");
        await page.Keyboard.PressAsync("ArrowRight");
        await Next(6);
        Assert.True(await page.IsHiddenAsync("#tour"));
        Assert.Equal("tour-begin", await page.EvaluateAsync<string>("document.activeElement.id"));

        // It can be left at any time, and taken up again.
        await page.Keyboard.PressAsync("Enter");
        await page.Keyboard.PressAsync("Escape");
        Assert.True(await page.IsHiddenAsync("#tour"));
        Assert.Empty(browser.Complaints);

        async Task Next(int step)
        {
            await page.WaitForSelectorAsync($"#tour[data-done='{step}']");
            await page.FocusAsync("#tour-next");
            await page.Keyboard.PressAsync("Enter");
        }
    }

    // Looks at the whole page, or at a part of it.
    private static async Task Check(IPage page, string where, string? part = null)
    {
        AxeResult result = part is null ? await page.RunAxe() : await page.Locator(part).RunAxe();
        Assert.True(result.Violations.Length == 0, $"{where}: {string.Join("; ", result.Violations.Select(Said))}");
        Assert.True(await page.EvaluateAsync<bool>("document.documentElement.scrollWidth <= innerWidth"), $"{where} sticks out");

        static string Said(AxeResultItem item) => $"{item.Id}: {string.Join(", ", item.Nodes.Take(3).Select(node => node.Html))}";
    }

    private static async Task Write(IPage page, string prompt, int count)
    {
        await page.FillAsync("#prompt", prompt);
        await page.EvaluateAsync("document.querySelector('#writing details').open = true");
        await page.FillAsync("#seed", "11");
        await page.FillAsync("#tokens", $"{count}");
        await page.FocusAsync("#prompt");
        await page.Keyboard.PressAsync("Control+Enter");
        await page.WaitForSelectorAsync("body[data-state=done]");
        Assert.Equal(count, await page.Locator(".written").CountAsync());
    }

    private static async Task Find(IPage page)
    {
        await page.FocusAsync("#find");
        await page.Keyboard.PressAsync("Enter");
        await page.WaitForSelectorAsync(".chip");
        await page.FocusAsync(".chip");
        await page.Keyboard.PressAsync("Enter");
        await PageBrowser.Until(page, "document.getElementById('paint').value === 'unit'");
    }

    private static async Task WriteBoth(IPage page)
    {
        await page.ClickAsync("#both");
        await PageBrowser.Until(page, "document.getElementById('view-compare').innerText.includes('Both with seed')");
    }

    private static Task<int[]> Ids(IPage page) =>
        page.EvaluateAsync<int[]>("[...document.querySelectorAll('.token[data-id]')].map(token => +token.dataset.id)");

    private Task<IPage> Open(string name, int width, ColorScheme scheme) =>
        browser.Open(new Uri(models.Page(name)).AbsoluteUri, width, scheme);
}
