// What a person watches of a run: the page of grulm show --html, the samples and the TensorBoard events that training leaves.

using System.Text.Json;
using System.Xml.Linq;
using FsCheck;
using FsCheck.Fluent;
using GruLM.Cli.Demo;
using GruLM.Cli.Report;
using GruLM.Tests.Formats;
using GruLM.Training;

namespace GruLM.Tests.Cli;

public sealed class ReportTests : IDisposable
{
    private static readonly XNamespace Html = "http://www.w3.org/1999/xhtml";
    private static readonly XNamespace Svg = "http://www.w3.org/2000/svg";
    private readonly string root = Directory.CreateTempSubdirectory("grulm-report-").FullName;
    private readonly string text;
    private readonly string model;
    private readonly string page;

    public ReportTests()
    {
        text = Path.Combine(root, "text.txt");
        File.WriteAllText(text, SampleCorpus.Generate(5, 8_000));
        model = Train("model", "--sample-every 5");
        page = Path.Combine(root, "page.html");
    }

    public void Dispose() => Directory.Delete(root, recursive: true);

    [Fact]
    public void The_page_is_whole_and_holds_every_curve()
    {
        var result = CommandsTests.Run("show", model, "--html", page);
        Assert.Equal((0, "", $"report in {page}\n"), result);
        var document = Parsed();
        Assert.Equal(
            ["Loss training", "Loss held out", "Held-out bits per byte held out", "Token accuracy training", "Token accuracy held out", "Learning rate training", "Gradient norm training", "Throughput training"],
            document.Descendants(Svg + "path").Select(p => $"{p.Parent!.Attribute("aria-label")!.Value} {p.Attribute("data-name")!.Value}"));

        // Ten reports of three steps each, one evaluation every seven steps and at the end.
        var loss = document.Descendants(Svg + "path").First();
        Assert.Equal("3 6 9 12 15 18 21 24 27 30", loss.Attribute("data-steps")!.Value);
        Assert.Equal(10, loss.Attribute("d")!.Value.Count(c => c is 'M' or 'L'));
        string all = document.Root!.Value;
        foreach (string expected in (string[])["hidden-dim", "embedding 24 → GRU 2 x 24", "bpe, 320 pieces", "perplexity", "step 30", "text.txt"]) Assert.Contains(expected, all, StringComparison.Ordinal);

        // Nothing is fetched from anywhere.
        Assert.DoesNotContain(document.Descendants().Attributes(), a => a.Name.LocalName is "src" or "href");
        string source = File.ReadAllText(page).Replace(Html.NamespaceName, "", StringComparison.Ordinal).Replace(Svg.NamespaceName, "", StringComparison.Ordinal);
        foreach (string address in (string[])["http:", "https:", "url(", "@import"]) Assert.DoesNotContain(address, source, StringComparison.Ordinal);
    }

    [Fact]
    public void The_page_names_files_and_the_settings_say_where_they_are()
    {
        // Given by a path from where the command runs, and by whole ones.
        string relative = Path.GetRelativePath(Directory.GetCurrentDirectory(), text), second = Path.Combine(root, "second");
        var trained = CommandsTests.Run("train", "--data", relative, "--val-data", text, "--init-from", model + Path.DirectorySeparatorChar, "--out-dir", second, "--max-steps", "2", "--batch-size", "4", "--bptt", "16");
        Assert.True(trained.Code == 0, trained.Error);
        using (var settings = JsonDocument.Parse(File.ReadAllText(Path.Combine(second, "training", "settings.json"))))
        {
            Assert.Equal([text], settings.RootElement.GetProperty("data").EnumerateArray().Select(e => e.GetString()));
            Assert.Equal(text, settings.RootElement.GetProperty("val-data").GetString());
        }

        Assert.Equal(0, CommandsTests.Run("show", second, "--html", page).Code);
        string[] cells = [.. Parsed().Descendants(Html + "tr").Select(row => string.Join(": ", row.Elements().Select(cell => cell.Value)))];
        Assert.Contains("data: text.txt", cells);
        Assert.Contains("val-data: text.txt", cells);
        Assert.Contains("init-from: model", cells);
        Assert.DoesNotContain(root, File.ReadAllText(page), StringComparison.Ordinal);
        Assert.DoesNotContain(Path.GetFileName(root), File.ReadAllText(page), StringComparison.Ordinal);
    }

    [Fact]
    public void Samples_are_shown_as_the_text_they_are()
    {
        var samples = Samples(model);
        Assert.Equal([5, 10, 15, 20, 25, 30], samples.Select(s => s.Step));
        Assert.All(samples, s => Assert.Equal("\n", s.Prompt));
        const string hostile = "</pre></script><script>alert('1')</script>&amp;\"]]>";
        using (var writer = File.AppendText(SamplesPath(model)))
        {
            writer.WriteLine(JsonSerializer.Serialize(new { step = 31, prompt = "<b>", text = hostile }));
            writer.WriteLine(JsonSerializer.Serialize(new { step = 32, prompt = "", text = "\0 \u001b[31m \ufffe \u0085 \r🦉" }));
            writer.WriteLine("""{"step":33,"prompt":"","text":"\ud83e"}""");
        }

        var document = Written();
        Assert.Single(document.Descendants(Html + "script"));
        var shown = document.Descendants(Html + "pre").ToList();
        Assert.Equal(8, shown.Count);
        Assert.Equal("<b>" + hostile, shown[6].Value);
        Assert.Equal("\u2400 \u241b[31m \ufffd \ufffd \u240d🦉", shown[7].Value);
        Assert.Contains("samples.jsonl: a damaged line was left out", document.Root!.Value, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null, 0, "so there are no curves")]
    [InlineData("", 0, "so there are no curves")]
    [InlineData("{\"step\":3,\"train_nll\":5.5,\"lr\":0.1}\n{\"step\":6,\"train_", 2, "3 steps")]
    [InlineData("{\"step\":3,\"train_nll\":5.5}\nnonsense\n[1]\n{\"step\":\"x\"}\n{\"step\":6,\"train_nll\":\"y\",\"lr\":null}\n", 1, "3 damaged lines were left out")]
    [InlineData("{\"step\":3,\"train_nll\":null,\"val_nll\":null}\n{\"step\":4,\"notice\":\"<i>odd</i>\"}\n", 0, "<i>odd</i>")]
    [InlineData("{\"step\":3,\"train_nll\":1e300,\"grad_norm\":1e-320}\n{\"step\":6,\"grad_norm\":1e99}\n", 1, "6 steps")]
    public void Figures_that_are_missing_or_damaged_leave_a_page(string? metrics, int curves, string expected)
    {
        string path = Path.Combine(model, "training", "metrics.jsonl");
        if (metrics is null) File.Delete(path);
        else File.WriteAllText(path, metrics);
        var document = Written();
        Assert.Equal(curves, document.Descendants(Svg + "path").Count());
        Assert.Contains(expected, document.Root!.Value, StringComparison.Ordinal);
        if (metrics is { } m && m.EndsWith("train_", StringComparison.Ordinal)) Assert.DoesNotContain("damaged", document.Root.Value, StringComparison.Ordinal);
    }

    [Fact]
    public void A_model_alone_and_damaged_records_leave_a_page()
    {
        File.WriteAllText(Path.Combine(model, "training", "settings.json"), "{");
        File.WriteAllText(Path.Combine(model, "training", "run.json"), "{");
        string problems = Written().Root!.Value;
        Assert.Contains("settings.json is damaged", problems, StringComparison.Ordinal);
        Assert.Contains("run.json is damaged", problems, StringComparison.Ordinal);

        // Before anything is saved there are figures already.
        string config = Path.Combine(model, "config.json"), away = config + ".away";
        File.Move(config, away);
        Assert.Contains("none is saved yet", Written().Root!.Value, StringComparison.Ordinal);
        File.Move(away, config);
        Directory.Delete(Path.Combine(model, "training"), recursive: true);
        Assert.Empty(Written().Descendants(Svg + "svg"));
    }

    [Fact]
    public void A_file_that_is_there_stays_unless_told_otherwise()
    {
        File.WriteAllText(page, "mine");
        Refused(1, "exists already", "show", model, "--html", page);
        Assert.Equal("mine", File.ReadAllText(page));
        Refused(2, "--overwrite is for the file of --html", "show", model, "--overwrite");
        Refused(1, "does not exist", "show", model, "--html", Path.Combine(root, "nowhere", "page.html"));
        Refused(1, "it is a folder", "show", model, "--html", root, "--overwrite");
        Refused(1, "no such model folder", "show", Path.Combine(root, "nothing"), "--html", Path.Combine(root, "new.html"));
        Assert.NotEmpty(Written().Descendants(Svg + "path"));
    }

    [Fact]
    public void Watching_changes_no_bit_and_a_resumed_run_reads_as_one()
    {
        ResumeTests.AssertSame(Train("unwatched", ""), model);
        byte[] whole = File.ReadAllBytes(SamplesPath(model));
        string first = Assert.Single(Events(model));
        Assert.Equal(
            ["train/grad_norm", "train/lr", "train/nll", "train/token_accuracy", "train/tokens_per_s", "val/bits_per_byte", "val/nll", "val/perplexity", "val/token_accuracy"],
            TensorBoardReader.Read(first).SelectMany(e => e.Scalars).Select(s => s.Tag).Distinct().Order(StringComparer.Ordinal));

        // As after a kill at step 30, whose checkpoint was not written.
        var checkpoints = Checkpoint.Find(model);
        Assert.Equal([30, 20], checkpoints.Select(c => c.Step));
        Directory.Delete(checkpoints[0].Folder, recursive: true);
        File.AppendAllText(SamplesPath(model), "{\"step\":35,\"prom");
        Assert.Equal(0, CommandsTests.Run("train", "--resume", model).Code);
        Assert.Equal(whole, File.ReadAllBytes(SamplesPath(model)));
        string second = Assert.Single(Events(model), f => f != first);
        Assert.Equal((21, 1), TensorBoardReader.Read(second).Where(e => e.SessionStatus is not null).Select(e => (e.Step, e.SessionStatus)).Single());
        var (before, after) = (Nll(first), Nll(second));
        Assert.Equal([21, 24, 27, 30], after.Select(e => e.Step));
        Assert.Equal(before.Where(e => e.Step > 20), after);

        // Without samples those of later steps go all the same.
        Directory.Delete(Checkpoint.Find(model)[0].Folder, recursive: true);
        Assert.Equal(0, CommandsTests.Run("train", "--resume", model, "--sample-every", "0").Code);
        Assert.Equal([5, 10, 15, 20], Samples(model).Select(s => s.Step));

        static List<(long Step, float Nll)> Nll(string file) => [.. TensorBoardReader.Read(file).SelectMany(e => e.Scalars.Where(s => s.Tag == "train/nll").Select(s => (e.Step, s.Value)))];
    }

    [Fact]
    public void Ticks_are_evenly_spaced_and_cover_what_is_shown() =>
        Prop.ForAll<NormalFloat, NormalFloat>((a, b) =>
        {
            // Over all magnitudes that figures have.
            double x = Math.Sinh(Math.Tanh(a.Get / 1e3) * 40), y = Math.Sinh(Math.Tanh(b.Get / 1e3) * 40), low = Math.Min(x, y), high = Math.Max(x, y);
            double[] ticks = AxisTicks.Linear(low, high, 5);
            Assert.InRange(ticks.Length, 2, 9);
            Assert.True(ticks[0] <= low && ticks[^1] >= high, $"{low} to {high}: {string.Join(' ', ticks)}");
            double step = (ticks[^1] - ticks[0]) / (ticks.Length - 1);
            for (int i = 1; i < ticks.Length; i++) Assert.Equal(step, ticks[i] - ticks[i - 1], Math.Max(step, Math.Abs(ticks[^1])) * 1e-9);

            // Labels have few digits; figures that differ in later ones would need others.
            if (step >= 1e-3 * Math.Max(Math.Abs(low), Math.Abs(high))) Assert.Equal(ticks.Length, ticks.Select(AxisTicks.Label).Distinct().Count());
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Logarithmic_ticks_rise_and_cover_what_is_shown() =>
        Prop.ForAll<NormalFloat, NormalFloat>((a, b) =>
        {
            double x = Math.Exp(Math.Tanh(a.Get / 1e3) * 200), y = Math.Exp(Math.Tanh(b.Get / 1e3) * 200), low = Math.Min(x, y), high = Math.Max(x, y);
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
        var labels = svg.Descendants(Svg + "text").Where(t => t.Attribute("class")!.Value == "tick up").Select(t => t.Value).ToList();
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
            var points = Enumerable.Range(0, size.Get * 97).Select(i => ((double)i, random.Next(50) == 0 ? double.NaN : random.NextDouble())).ToList();
            var thin = new Curve("", "", points).Thinned().Points;
            Assert.True(thin.Count <= Curve.MostPoints);
            if (points.Count <= Curve.MostPoints) Assert.Equal(points, thin);
            Assert.Equal((points[0], points[^1]), (thin[0], thin[^1]));
            Assert.Equal(thin.OrderBy(p => p.X), thin);
            Assert.Empty(thin.Except(points));
            double Most(IEnumerable<(double X, double Y)> of) => of.Where(p => !double.IsNaN(p.Y)).Select(p => p.Y).DefaultIfEmpty().Max();
            double Least(IEnumerable<(double X, double Y)> of) => of.Where(p => !double.IsNaN(p.Y)).Select(p => p.Y).DefaultIfEmpty().Min();
            Assert.Equal((Most(points), Least(points)), (Most(thin), Least(thin)));
        }).QuickCheckThrowOnFailure();

    private string Train(string name, string flags)
    {
        string folder = Path.Combine(root, name);
        string line = $"train --data {text} --out-dir {folder} --vocab-size 320 --hidden-dim 24 --emb-dim 24 --num-layers 2 --batch-size 4 --bptt 16 --lr 0.01 --log-interval 3 --eval-interval 7 --save-interval 10 --max-steps 30 {flags}";
        var (code, _, error) = CommandsTests.Run(line.TrimEnd().Split(' '));
        Assert.True(code == 0, error);
        return folder;
    }

    private XDocument Written()
    {
        var (code, _, error) = CommandsTests.Run("show", model, "--html", page, "--overwrite");
        Assert.True(code == 0, error);
        return Parsed();
    }

    private XDocument Parsed() => XDocument.Parse(File.ReadAllText(page));

    private static void Refused(int code, string expected, params string[] line)
    {
        var result = CommandsTests.Run(line);
        Assert.Equal((code, ""), (result.Code, result.Output));
        Assert.Contains(expected, Assert.Single(result.Error.TrimEnd('\n').Split('\n')), StringComparison.Ordinal);
    }

    private static string SamplesPath(string model) => Path.Combine(model, "training", "samples.jsonl");

    private static string[] Events(string model) => Directory.GetFiles(Path.Combine(model, "training"), "events.out.tfevents.*");

    private static List<(long Step, string Prompt)> Samples(string model) =>
        [.. File.ReadAllLines(SamplesPath(model)).Select(l => JsonDocument.Parse(l).RootElement).Select(l => (l.GetProperty("step").GetInt64(), l.GetProperty("prompt").GetString()!))];
}
