// docs/serving.md and docs/deploying.md beside the server: flags, addresses and metrics that they name are there, and none is left out.

using System.CommandLine;
using System.Text.RegularExpressions;
using GruLM.Cli.Commands;
using GruLM.Server;
using GruLM.Tests.Samples;

namespace GruLM.Tests.Docs;

public sealed partial class ServingPagesTests
{
    private static readonly string s_serving = Page("serving.md"), s_deploying = Page("deploying.md");

    private static string[] Flags => [.. ServeCommand.Create().Options.Select(option => option.Name)];

    [Fact]
    public void Flags_of_the_pages_are_the_commands()
    {
        string[] named = [.. FlagsOf(s_serving), .. FlagsOf(s_deploying)];
        Assert.True(named.Length > 20);
        Assert.All(named, flag => Assert.Contains(flag, Flags));
        string both = s_serving + s_deploying;
        Assert.All(Flags.Except(["--help", "--weights", "--device"]), flag => Assert.Contains(flag, both));
        Assert.Contains(ServeFlags.KeyVariable, s_deploying);
    }

    [Fact]
    public async Task Addresses_of_the_table_are_the_servers()
    {
        await using TestServer server = await TestServer.Start();
        var named = new HashSet<string>();
        foreach (Match row in Row().Matches(s_serving))
        {
            string method = "";
            foreach (Match address in Address().Matches(row.Value))
            {
                if (address.Groups["method"].Success) method = address.Groups["method"].Value;
                named.Add($"{method} {address.Groups["path"].Value.Replace("NAME", "{name}")}");
            }
        }

        string[] all = [.. Routes.All(OpenApiTests.Parts(server.Model)).Select(route => $"{route.Method} {route.Template}")];
        Assert.Equal(all.Except(["GET /v1/responses/{id}"]).Order(), named.Order());
    }

    [Fact]
    public async Task Metrics_of_the_pages_are_the_servers()
    {
        await using TestServer server = await TestServer.Start();
        await server.Ask("/v1/completions", """{"prompt":"How","max_tokens":3}""");
        string scraped = await server.Client.GetStringAsync("/metrics", TestContext.Current.CancellationToken);
        string[] types = [.. Type().Matches(scraped).Select(match => match.Groups[1].Value)];
        string[] named = [.. Metric().Matches(s_serving + s_deploying).Select(match => match.Value).Distinct()];
        Assert.True(named.Length > 5);
        Assert.All(named, name => Assert.Contains(Suffix().Replace(name, ""), types));
    }

    [Fact]
    public void Lines_are_put_together_and_flags_of_other_programs_are_left_out() =>
        Assert.Equal(
            ["--a", "--b-c", "--d", "--e"],
            FlagsOf(
                "docker run --rm\nExecStart=/x/grulm serve --a b \\\n   --b-c\n"
                + "ENTRYPOINT [\"/grulm\", \"serve\", \"--d\"]\n| `--e 5` | `x --f` |"));

    // What stands behind serve, and in tables alone.
    private static IEnumerable<string> FlagsOf(string page) => Served().Matches(page.Replace("\\\n", ""))
        .SelectMany(line => Flag().Matches(line.Value)).Select(flag => flag.Value);

    private static string Page(string name) =>
        File.ReadAllText(Path.Combine(SampleProgram.Root, "docs", name)).ReplaceLineEndings("\n");

    [GeneratedRegex("(?<=grulm serve|\"serve\",).*$|(?<=\\| )`--[^|]*", RegexOptions.Multiline)]
    private static partial Regex Served();

    [GeneratedRegex("--[a-z]+(-[a-z]+)*")]
    private static partial Regex Flag();

    [GeneratedRegex("^\\| `(GET|POST) .*?` \\|", RegexOptions.Multiline)]
    private static partial Regex Row();

    [GeneratedRegex("`((?<method>GET|POST) )?(?<path>/[^` ]*)`")]
    private static partial Regex Address();

    [GeneratedRegex("^# TYPE ([a-z_]+) ", RegexOptions.Multiline)]
    private static partial Regex Type();

    [GeneratedRegex("(grulm_server|gen_ai_server|gen_ai_client)_[a-z_]+[a-z]")]
    private static partial Regex Metric();

    [GeneratedRegex("_(bucket|sum|count)$")]
    private static partial Regex Suffix();
}
