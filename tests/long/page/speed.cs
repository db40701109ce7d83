// Opens the page of an exported model in Chromium, from a file with the network off, lets it write some thousand tokens a few times, and
// tells how many a second the page says that it wrote, drawing included. Arguments: the page, and where Chromium is.
#:package Microsoft.Playwright@1.64.1
#:property PublishAot=false

using System.Globalization;
using System.Text.RegularExpressions;
using Microsoft.Playwright;

const int Tokens = 3000, Rounds = 5, Owed = 800;
using IPlaywright playwright = await Playwright.CreateAsync();
await using IBrowser browser =
    await playwright.Chromium.LaunchAsync(new() { ExecutablePath = args[1], Args = ["--no-sandbox", "--disable-gpu"] });
IBrowserContext context = await browser.NewContextAsync(new() { Offline = true });
var speeds = new List<double>();
for (int round = 0; round < Rounds; round++)
{
    IPage page = await context.NewPageAsync();
    await page.GotoAsync(new Uri(Path.GetFullPath(args[0])).AbsoluteUri);
    await page.FillAsync("#prompt", "The");
    await page.EvaluateAsync("document.querySelector('#writing details').open = true");
    await page.FillAsync("#seed", $"{round}");
    await page.FillAsync("#tokens", $"{Tokens}");
    await page.FocusAsync("#prompt");
    await page.Keyboard.PressAsync("Control+Enter");
    await page.WaitForSelectorAsync("body[data-state=done]", new() { Timeout = 120_000 });
    Match told = Regex.Match(await page.InnerTextAsync("body"), "([0-9,]+) tokens, ([0-9,]+) a second");
    Console.WriteLine(told.Value);
    speeds.Add(double.Parse(told.Groups[2].Value, NumberStyles.Number, CultureInfo.InvariantCulture));
    await page.CloseAsync();
}

speeds.Sort();
Console.WriteLine($"Chromium {browser.Version}: {speeds[Rounds / 2]} tokens/s in the median, {Owed} are owed");
return speeds[Rounds / 2] >= Owed ? 0 : 1;
