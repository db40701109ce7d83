// What a person watches of a run: the page of grulm show --html, the samples and the TensorBoard events that training leaves.

using System.Text.Json;
using System.Xml.Linq;
using FsCheck;
using FsCheck.Fluent;
using GruLM.Cli.Demo;
using GruLM.Report;
using GruLM.Tests.Cli;
using GruLM.Tests.Formats;
using GruLM.Training;

namespace GruLM.Tests;

public sealed class ReportTests : IDisposable
{
    private static readonly XNamespace s_html = "http://www.w3.org/1999/xhtml";
    private static readonly XNamespace s_svg = "http://www.w3.org/2000/svg";
    private readonly string _root = Directory.CreateTempSubdirectory("grulm-report-").FullName;
    private readonly string _text;
    private readonly string _model;
    private readonly string _page;

    public ReportTests()
    {
        _text = Path.Combine(_root, "text.txt");
        File.WriteAllText(_text, SampleCorpus.Generate(5, 8_000));
        _model = Train("model", "--sample-every 5");
        _page = Path.Combine(_root, "page.html");
    }

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public void The_page_is_whole_and_holds_every_curve()
    {
        (int Code, string Output, string Error) result = CommandsTests.Run("show", _model, "--html", _page);
        Assert.Equal((0, "", $"report in {_page}\n"), result);
        XDocument document = Parsed();
        string[] curves =
        [
            "Loss training", "Loss held out", "Held-out bits per byte held out", "Token accuracy training", "Token accuracy held out",
            "Learning rate training", "Gradient norm training", "Throughput training",
        ];
        Assert.Equal(curves, document.Descendants(s_svg + "path")
            .Select(path => path.Parent!.Attribute("aria-label")!.Value + " " + path.Attribute("data-name")!.Value));

        // Ten reports of three steps each, one evaluation every seven steps and at the end.
        XElement loss = document.Descendants(s_svg + "path").First();
        Assert.Equal("3 6 9 12 15 18 21 24 27 30", loss.Attribute("data-steps")!.Value);
        Assert.Equal(10, loss.Attribute("d")!.Value.Count(c => c is 'M' or 'L'));
        string all = document.Root!.Value;
        Assert.Contains("\nbest figure   ", CommandsTests.Run("show", _model).Output, StringComparison.Ordinal);
        Assert.DoesNotContain("best figure", all, StringComparison.Ordinal);
        string[] told = ["hidden-dim", "embedding 24 → GRU 2 x 24", "bpe, 320 pieces", "perplexity", "step 30", "text.txt"];
        Assert.All(told, expected => Assert.Contains(expected, all, StringComparison.Ordinal));

        // Nothing is fetched from anywhere.
        Assert.DoesNotContain(document.Descendants().Attributes(), a => a.Name.LocalName is "src" or "href");
        string source = File.ReadAllText(_page).Replace(s_html.NamespaceName, "", StringComparison.Ordinal)
            .Replace(s_svg.NamespaceName, "", StringComparison.Ordinal);
        foreach (string address in (string[])["http:", "https:", "url(", "@import"])
        {
            Assert.DoesNotContain(address, source, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Settings_say_what_they_do_in_this_run_and_a_run_without_samples_shows_a_text()
    {
        string timed = Path.Combine(_root, "timed");
        (int code, _, string error) = CommandsTests.Run([
            "train", "--data", _text, "--out-dir", timed, "--vocab-size", "320", "--hidden-dim", "16", "--emb-dim", "16",
            "--num-layers", "1", "--dropout", "0.3",
            "--batch-size", "4", "--bptt", "16", "--minutes", "0.01", "--epochs", "7", "--eval-tokens", "100"]);
        Assert.True(code == 0, error);
        RunReport.Write(timed, _page);
        XDocument page = Parsed();
        string[] cells = [.. page.Descendants(s_html + "tr").Select(row => string.Join(": ", row.Elements().Select(cell => cell.Value)))];
        Assert.Contains("dropout: 0.3 between layers, so none in one layer", cells);
        Assert.Contains("epochs: at most 7, as far as the time went", cells);
        Assert.Contains("warmup-steps: 100, or a tenth of the run where that is less", cells);
        Assert.DoesNotContain(cells, cell => cell.StartsWith("step-plan", StringComparison.Ordinal));
        Assert.Single(cells, cell => cell.StartsWith("dropout", StringComparison.Ordinal));
        string all = page.Root!.Value;
        Assert.Contains("lower is better, 8 is knowing nothing", all, StringComparison.Ordinal);
        Assert.Contains("read at most 100 held-out tokens", all, StringComparison.Ordinal);
        Assert.Contains("What it writes", all, StringComparison.Ordinal);
        Assert.NotEmpty(Assert.Single(page.Descendants(s_html + "pre")).Value);
        Assert.DoesNotContain(page.Descendants(s_html + "h2"), heading => heading.Value == "Notices");
    }

    [Fact]
    public void The_page_names_files_and_the_settings_say_where_they_are()
    {
        // Given by a path from where the command runs, and by whole ones.
        string relative = Path.GetRelativePath(Directory.GetCurrentDirectory(), _text), second = Path.Combine(_root, "second");
        (int Code, string Output, string Error) trained = CommandsTests.Run(
            "train", "--data", relative, "--val-data", _text, "--init-from", _model + Path.DirectorySeparatorChar,
            "--out-dir", second, "--max-steps", "2", "--batch-size", "4", "--bptt", "16");
        Assert.True(trained.Code == 0, trained.Error);
        using (var settings = JsonDocument.Parse(File.ReadAllText(Path.Combine(second, "training", "settings.json"))))
        {
            Assert.Equal([_text], settings.RootElement.GetProperty("data").EnumerateArray().Select(e => e.GetString()));
            Assert.Equal(_text, settings.RootElement.GetProperty("val-data").GetString());
        }

        Assert.Equal(0, CommandsTests.Run("show", second, "--html", _page).Code);
        string[] cells =
            [.. Parsed().Descendants(s_html + "tr").Select(row => string.Join(": ", row.Elements().Select(cell => cell.Value)))];
        Assert.Contains("data: text.txt", cells);
        Assert.Contains("val-data: text.txt", cells);
        Assert.Contains("init-from: model", cells);
        Assert.DoesNotContain(_root, File.ReadAllText(_page), StringComparison.Ordinal);
        Assert.DoesNotContain(Path.GetFileName(_root), File.ReadAllText(_page), StringComparison.Ordinal);
    }

    [Fact]
    public void Samples_are_shown_as_the_text_they_are()
    {
        List<(long Step, string Prompt)> samples = Samples(_model);
        Assert.Equal([5, 10, 15, 20, 25, 30], samples.Select(s => s.Step));
        Assert.All(samples, s => Assert.Empty(s.Prompt));
        const string hostile = "</pre></script><script>alert('1')</script>&amp;\"]]>";
        using (StreamWriter writer = File.AppendText(SamplesPath(_model)))
        {
            writer.WriteLine(JsonSerializer.Serialize(new { step = 31, prompt = "<b>", text = hostile }));
            writer.WriteLine(JsonSerializer.Serialize(new { step = 32, prompt = "", text = "\0 \u001b[31m \ufffe \u0085 \r🦉" }));
            writer.WriteLine("""{"step":33,"prompt":"","text":"\ud83e"}""");
        }

        XDocument document = Written();
        Assert.Single(document.Descendants(s_html + "script"));
        var shown = document.Descendants(s_html + "pre").ToList();
        Assert.Equal(8, shown.Count);
        Assert.Equal("<b>" + hostile, shown[6].Value);
        Assert.Equal("\u2400 \u241b[31m \ufffd \ufffd \u240d🦉", shown[7].Value);
        Assert.Contains("samples.jsonl: a damaged line was left out", document.Root!.Value, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null, 0, "so there are no curves")]
    [InlineData("", 0, "so there are no curves")]
    [InlineData("{\"step\":3,\"train_nll\":5.5,\"lr\":0.1}\n{\"step\":6,\"train_", 2, "3 steps")]
    [InlineData(
        "{\"step\":3,\"train_nll\":5.5}\nnonsense\n[1]\n{\"step\":\"x\"}\n{\"step\":6,\"train_nll\":\"y\",\"lr\":null}\n", 1,
        "3 damaged lines were left out")]
    [InlineData("{\"step\":3,\"train_nll\":null,\"val_nll\":null}\n{\"step\":4,\"notice\":\"<i>odd</i>\"}\n", 0, "<i>odd</i>")]
    [InlineData("{\"step\":3,\"train_nll\":1e300,\"grad_norm\":1e-320}\n{\"step\":6,\"grad_norm\":1e99}\n", 1, "6 steps")]
    public void Figures_that_are_missing_or_damaged_leave_a_page(string? metrics, int curves, string expected)
    {
        string path = Path.Combine(_model, "training", "metrics.jsonl");
        if (metrics is null) File.Delete(path);
        else File.WriteAllText(path, metrics);
        XDocument document = Written();
        Assert.Equal(curves, document.Descendants(s_svg + "path").Count());
        Assert.Contains(expected, document.Root!.Value, StringComparison.Ordinal);
        if (metrics is { } m && m.EndsWith("train_", StringComparison.Ordinal))
        {
            Assert.DoesNotContain("damaged", document.Root.Value, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_model_alone_and_damaged_records_leave_a_page()
    {
        File.WriteAllText(Path.Combine(_model, "training", "settings.json"), "{");
        File.WriteAllText(Path.Combine(_model, "training", "run.json"), "{");
        string problems = Written().Root!.Value;
        Assert.Contains("settings.json is damaged", problems, StringComparison.Ordinal);
        Assert.Contains("run.json is damaged", problems, StringComparison.Ordinal);

        // Before anything is saved there are figures already.
        string config = Path.Combine(_model, "config.json"), away = config + ".away";
        File.Move(config, away);
        Assert.Contains("none is saved yet", Written().Root!.Value, StringComparison.Ordinal);
        File.Move(away, config);
        Directory.Delete(Path.Combine(_model, "training"), recursive: true);
        Assert.Empty(Written().Descendants(s_svg + "svg"));
    }

    [Fact]
    public void A_file_that_is_there_stays_unless_told_otherwise()
    {
        File.WriteAllText(_page, "mine");
        Refused(1, "exists already", "show", _model, "--html", _page);
        Assert.Equal("mine", File.ReadAllText(_page));
        Refused(2, "--overwrite is for the file of --html", "show", _model, "--overwrite");
        Refused(1, "does not exist", "show", _model, "--html", Path.Combine(_root, "nowhere", "page.html"));
        Refused(1, "it is a folder", "show", _model, "--html", _root, "--overwrite");
        Refused(1, "no such model folder", "show", Path.Combine(_root, "nothing"), "--html", Path.Combine(_root, "new.html"));
        Assert.NotEmpty(Written().Descendants(s_svg + "path"));
    }

    [Fact]
    public void Watching_changes_no_bit_and_a_resumed_run_reads_as_one()
    {
        ResumeTests.AssertSame(Train("unwatched", ""), _model);
        byte[] whole = File.ReadAllBytes(SamplesPath(_model));
        string first = Assert.Single(Events(_model));
        string[] tags =
        [
            "train/grad_norm", "train/lr", "train/nll", "train/token_accuracy", "train/tokens_per_s",
            "val/bits_per_byte", "val/nll", "val/perplexity", "val/token_accuracy",
        ];
        Assert.Equal(
            tags, TensorBoardReader.Read(first).SelectMany(e => e.Scalars).Select(s => s.Tag).Distinct().Order(StringComparer.Ordinal));

        // As after a kill at step 30, whose checkpoint was not written.
        IReadOnlyList<(long Step, string Folder)> checkpoints = Checkpoint.Find(_model + "/training");
        Assert.Equal([30, 20], checkpoints.Select(c => c.Step));
        Directory.Delete(checkpoints[0].Folder, recursive: true);
        File.AppendAllText(SamplesPath(_model), "{\"step\":35,\"prom");
        Assert.Equal(0, CommandsTests.Run("train", "--resume", _model).Code);
        Assert.Equal(whole, File.ReadAllBytes(SamplesPath(_model)));
        string second = Assert.Single(Events(_model), f => f != first);
        TensorBoardEvent start = TensorBoardReader.Read(second).Single(e => e.SessionStatus is not null);
        Assert.Equal((21, 1), (start.Step, start.SessionStatus));
        List<(long Step, float Nll)> before = Nll(first), after = Nll(second);
        Assert.Equal([21, 24, 27, 30], after.Select(e => e.Step));
        Assert.Equal(before.Where(e => e.Step > 20), after);

        // Without samples those of later steps go all the same.
        Directory.Delete(Checkpoint.Find(_model + "/training")[0].Folder, recursive: true);
        Assert.Equal(0, CommandsTests.Run("train", "--resume", _model, "--sample-every", "0").Code);
        Assert.Equal([5, 10, 15, 20], Samples(_model).Select(s => s.Step));

        static List<(long Step, float Nll)> Nll(string file) =>
            [.. TensorBoardReader.Read(file).SelectMany(e => e.Scalars.Where(s => s.Tag == "train/nll").Select(s => (e.Step, s.Value)))];
    }

    [Fact]
    public void Ticks_are_evenly_spaced_and_cover_what_is_shown() =>
        Prop.ForAll<NormalFloat, NormalFloat>((a, b) =>
        {
            // Over all magnitudes that figures have.
            double x = Math.Sinh(Math.Tanh(a.Get / 1e3) * 40), y = Math.Sinh(Math.Tanh(b.Get / 1e3) * 40);
            double low = Math.Min(x, y), high = Math.Max(x, y);
            double[] ticks = AxisTicks.Linear(low, high, 5);
            Assert.InRange(ticks.Length, 2, 9);
            Assert.True(ticks[0] <= low && ticks[^1] >= high, $"{low} to {high}: {string.Join(' ', ticks)}");
            double step = (ticks[^1] - ticks[0]) / (ticks.Length - 1);
            for (int i = 1; i < ticks.Length; i++) Assert.Equal(step, ticks[i] - ticks[i - 1], Math.Max(step, Math.Abs(ticks[^1])) * 1e-9);

            // Labels have few digits; figures that differ in later ones would need others.
            if (step >= 1e-3 * Math.Max(Math.Abs(low), Math.Abs(high)))
            {
                Assert.Equal(ticks.Length, ticks.Select(AxisTicks.Label).Distinct().Count());
            }
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Logarithmic_ticks_rise_and_cover_what_is_shown() =>
        Prop.ForAll<NormalFloat, NormalFloat>((a, b) =>
        {
            double x = Math.Exp(Math.Tanh(a.Get / 1e3) * 200), y = Math.Exp(Math.Tanh(b.Get / 1e3) * 200);
            double low = Math.Min(x, y), high = Math.Max(x, y);
            double[] ticks = AxisTicks.Logarithmic(low, high);
            Assert.InRange(ticks.Length, 2, 13);
            Assert.True(ticks[0] <= low && ticks[^1] >= high, $"{low} to {high}: {string.Join(' ', ticks)}");
            for (int i = 1; i < ticks.Length; i++) Assert.True(ticks[i] > ticks[i - 1]);
        }).QuickCheckThrowOnFailure();

    [Theory]
    [InlineData(0.001)]
    [InlineData(0)]
    [InlineData(-7.25)]
    public void A_curve_that_stays_the_same_has_labels_that_differ(double figure)
    {
        var svg = XElement.Parse(new SvgChart("t", "u", [new Curve("c", "train", [(1, figure), (2, figure)])]).Draw());
        var labels = svg.Descendants(s_svg + "text").Where(t => t.Attribute("class")!.Value == "tick up").Select(t => t.Value).ToList();
        Assert.Equal(labels.Distinct(), labels);
    }

    [Theory]
    [InlineData(0, "0")]
    [InlineData(0.25, "0.25")]
    [InlineData(-3, "-3")]
    [InlineData(1200, "1,200")]
    [InlineData(40_000, "40k")]
    [InlineData(2_500_000, "2.5M")]
    [InlineData(3e-4, "3e-4")]
    [InlineData(1e12, "1e12")]
    public void Ticks_are_labelled_as_people_write(double value, string label) => Assert.Equal(label, AxisTicks.Label(value));

    [Fact]
    public void Thinning_keeps_ends_and_peaks() =>
        Prop.ForAll<PositiveInt, int>((size, seed) =>
        {
            var random = new Random(seed);
            var points = Enumerable.Range(0, size.Get * 97)
                .Select(i => ((double)i, random.Next(50) == 0 ? double.NaN : random.NextDouble())).ToList();
            IReadOnlyList<(double X, double Y)> thin = new Curve("", "", points).Thinned().Points;
            Assert.True(thin.Count <= Curve.MostPoints);
            if (points.Count <= Curve.MostPoints) Assert.Equal(points, thin);
            Assert.Equal((points[0], points[^1]), (thin[0], thin[^1]));
            Assert.Equal(thin.OrderBy(p => p.X), thin);
            Assert.Empty(thin.Except(points));
            double[] all = Figures(points), kept = Figures(thin);
            Assert.Equal((all.Max(), all.Min()), (kept.Max(), kept.Min()));

            static double[] Figures(IEnumerable<(double X, double Y)> of) =>
                [.. of.Select(p => p.Y).Where(y => !double.IsNaN(y)).DefaultIfEmpty()];
        }).QuickCheckThrowOnFailure();

    private string Train(string name, string flags)
    {
        string folder = Path.Combine(_root, name);
        string line = $"train --data {_text} --out-dir {folder} --vocab-size 320 --hidden-dim 24 --emb-dim 24 --num-layers 2"
            + " --batch-size 4 --bptt 16 --lr 0.01 --log-interval 3 --eval-interval 7 --save-interval 10 --max-steps 30 " + flags;
        (int code, string _, string? error) = CommandsTests.Run(line.TrimEnd().Split(' '));
        Assert.True(code == 0, error);
        return folder;
    }

    private XDocument Written()
    {
        (int code, string _, string? error) = CommandsTests.Run("show", _model, "--html", _page, "--overwrite");
        Assert.True(code == 0, error);
        return Parsed();
    }

    private XDocument Parsed() => XDocument.Parse(File.ReadAllText(_page));

    private static void Refused(int code, string expected, params string[] line)
    {
        (int Code, string Output, string Error) result = CommandsTests.Run(line);
        Assert.Equal((code, ""), (result.Code, result.Output));
        Assert.Contains(expected, Assert.Single(result.Error.TrimEnd('\n').Split('\n')), StringComparison.Ordinal);
    }

    private static string SamplesPath(string model) => Path.Combine(model, "training", "samples.jsonl");

    private static string[] Events(string model) => Directory.GetFiles(Path.Combine(model, "training"), "events.out.tfevents.*");

    private static List<(long Step, string Prompt)> Samples(string model) =>
    [
        .. File.ReadAllLines(SamplesPath(model)).Select(line => JsonDocument.Parse(line).RootElement)
            .Select(sample => (sample.GetProperty("step").GetInt64(), sample.GetProperty("prompt").GetString()!)),
    ];
}
