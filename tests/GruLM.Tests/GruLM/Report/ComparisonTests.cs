// Two models side by side: on the terminal, as JSON, and on a page where their curves share the pictures.

using System.Text.Json;
using System.Xml.Linq;
using GruLM.Cli.Demo;
using GruLM.Report;
using GruLM.Tests.Cli;

namespace GruLM.Tests;

public sealed class ComparisonTests : IDisposable
{
    private static readonly XNamespace s_html = "http://www.w3.org/1999/xhtml";
    private static readonly XNamespace s_svg = "http://www.w3.org/2000/svg";
    private readonly string _root = Directory.CreateTempSubdirectory("grulm-comparison-").FullName;
    private readonly string _text;
    private readonly string _small;
    private readonly string _large;
    private readonly string _page;

    public ComparisonTests()
    {
        _text = Path.Combine(_root, "text.txt");
        File.WriteAllText(_text, SampleCorpus.Generate(5, 8_000));
        _small = Train("small", 16);
        _large = Train("large", 24);
        _page = Path.Combine(_root, "page.html");
    }

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public void The_terminal_shows_the_facts_of_both_in_two_columns()
    {
        string[] lines = Lines("show", _small, _large), first = Lines("show", _small), second = Lines("show", _large);
        Assert.StartsWith("model         " + _small, lines[0], StringComparison.Ordinal);
        Assert.EndsWith("   " + _large, lines[0], StringComparison.Ordinal);
        string architecture = lines.Single(line => line.StartsWith("architecture", StringComparison.Ordinal));
        Assert.Contains("GRU 1 x 16", architecture, StringComparison.Ordinal);
        int column = lines[0].IndexOf(_large, StringComparison.Ordinal);
        Assert.Equal(first[1], architecture[..column].TrimEnd());
        Assert.Equal(second[1][14..], architecture[column..]);

        // The facts are those lines that stand before the tensors.
        Assert.Equal(Array.IndexOf(first, ""), lines.Length);
        Directory.Delete(Path.Combine(_large, "training"), recursive: true);
        Assert.Equal("-", Lines("show", _small, _large)[^1][column..]);
    }

    [Fact]
    public void Json_has_an_object_each_as_for_one_alone()
    {
        using var both = JsonDocument.Parse(string.Join('\n', Lines("show", _small, _large, "--json")));
        JsonProperty models = Assert.Single(both.RootElement.EnumerateObject());
        Assert.Equal("models", models.Name);
        string[] folders = [_small, _large];
        for (int i = 0; i < folders.Length; i++)
        {
            using var alone = JsonDocument.Parse(string.Join('\n', Lines("show", folders[i], "--json")));
            Assert.True(JsonElement.DeepEquals(alone.RootElement, models.Value[i]));
        }
    }

    [Fact]
    public void The_page_has_the_curves_of_both_in_each_picture_and_a_table_of_two_columns()
    {
        (int Code, string Output, string Error) result = CommandsTests.Run("show", _small, _large, "--html", _page);
        Assert.Equal((0, "", $"report in {_page}\n"), result);
        var document = XDocument.Load(_page);
        var charts = document.Descendants(s_html + "figure").ToList();
        Assert.Equal(6, charts.Count);
        string[] loss = ["small, training", "small, held out", "large, training", "large, held out"];
        Assert.Equal(loss, NamesOf(charts[0]));
        Assert.Equal(["small, training", "large, training"], NamesOf(charts[3]));
        Assert.All(charts, chart => Assert.Equal(
            NamesOf(chart),
            chart.Descendants(s_html + "span").Where(span => span.Attribute("class")!.Value.StartsWith("key ", StringComparison.Ordinal))
                .Select(span => span.Value)));
        string[] rows =
            [.. document.Descendants(s_html + "tr").Select(row => string.Join(" | ", row.Elements().Select(cell => cell.Value)))];
        Assert.Equal(3, rows.Count(row => row == " | small | large"));
        Assert.Contains("hidden-dim | 16 | 24", rows);
        Assert.Contains("data | text.txt | text.txt", rows);
        Assert.Contains(rows, row => row.StartsWith("bits per byte | ", StringComparison.Ordinal));
        Assert.Equal("differs", Row(document, "hidden-dim").Attribute("class")?.Value);
        Assert.Null(Row(document, "batch-size").Attribute("class"));
        Assert.DoesNotContain(_root, File.ReadAllText(_page), StringComparison.Ordinal);
    }

    [Fact]
    public void Whatever_is_missing_of_one_of_them_is_said_and_leaves_a_page()
    {
        string elsewhere = Path.Combine(_root, "elsewhere", "small");
        Directory.CreateDirectory(Path.GetDirectoryName(elsewhere)!);
        Directory.Move(_large, elsewhere);
        File.WriteAllText(Path.Combine(elsewhere, "training", "run.json"), "{");
        File.Delete(Path.Combine(elsewhere, "training", "metrics.jsonl"));
        File.Delete(Path.Combine(elsewhere, "config.json"));
        RunReport.WriteComparison(_small, elsewhere, _page);
        var document = XDocument.Load(_page);
        Assert.Equal("small (first) and small (second)", document.Descendants(s_html + "h1").Single().Value);
        Assert.Contains("small (second): run.json is damaged", document.Root!.Value, StringComparison.Ordinal);
        Assert.Contains("small (second): no figures", document.Root.Value, StringComparison.Ordinal);
        Assert.Equal("model–none is saved yet", Row(document, "model").Value);

        // A curve that is alone in its picture has its name all the same.
        Assert.Equal(["small (first), training"], NamesOf(document.Descendants(s_html + "figure").ElementAt(3)));
        Assert.Equal(6, document.Descendants(s_html + "span").Count(span => span.Value == "small (first), training"
            || (span.Value == "small (first), held out" && span.Parent!.Value.StartsWith("Held-out", StringComparison.Ordinal))));
        Assert.Throws<DirectoryNotFoundException>(() => RunReport.WriteComparison(_small, Path.Combine(_root, "nowhere"), _page));
        Assert.Throws<DirectoryNotFoundException>(() => RunReport.Write(Path.Combine(_root, "nowhere"), _page));
    }

    [Fact]
    public void The_library_writes_and_describes_what_the_command_shows()
    {
        RunReport.Write(_small, _page);
        string page = File.ReadAllText(_page);
        Assert.Equal(0, CommandsTests.Run("show", _small, "--html", _page, "--overwrite").Code);
        Assert.Equal(page, File.ReadAllText(_page));
        var description = ModelDescription.Read(_small);
        Assert.Equal((16, 1), (description.Config.HiddenDim, description.Config.NumLayers));
        Assert.Equal([12], description.Checkpoints.Select(checkpoint => checkpoint.Step));
        string[] lines = Lines("show", _small);
        Assert.Equal(lines[1..Array.IndexOf(lines, "")], description.Facts().Select(fact => $"{fact.Name,-14}{fact.Value}"));
        Assert.Equal(description.Tensors.Sum(tensor => tensor.Length), description.ParameterCount);
    }

    private static IEnumerable<string> NamesOf(XElement chart) =>
        chart.Descendants(s_svg + "path").Select(path => path.Attribute("data-name")!.Value);

    private static XElement Row(XDocument page, string name) =>
        page.Descendants(s_html + "tr").Single(row => row.Elements().First().Value == name);

    private static string[] Lines(params string[] line)
    {
        (int code, string output, string error) = CommandsTests.Run(line);
        Assert.True(code == 0, error);
        return output.TrimEnd('\n').Split('\n');
    }

    private string Train(string name, int units)
    {
        string folder = Path.Combine(_root, name);
        string line = $"train --data {_text} --out-dir {folder} --vocab-size 320 --hidden-dim {units} --emb-dim {units} --num-layers 1"
            + " --batch-size 4 --bptt 16 --lr 0.01 --log-interval 3 --eval-interval 6 --max-steps 12";
        (int code, string _, string error) = CommandsTests.Run(line.Split(' '));
        Assert.True(code == 0, error);
        return folder;
    }
}
