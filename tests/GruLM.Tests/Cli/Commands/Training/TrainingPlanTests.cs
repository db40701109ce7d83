// What a run says before it begins and while it goes: --minutes, --dry-run, --sample-every, and a run that ends within an epoch.

using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using GruLM.Cli;
using GruLM.Cli.Demo;
using GruLM.Training;

namespace GruLM.Tests.Cli;

public sealed class TrainingPlanTests : IDisposable
{
    private const string ModelSizes = "--vocab-size 320 --hidden-dim 24 --emb-dim 24 --num-layers 1";
    private const string Sizes = ModelSizes + " --batch-size 4 --bptt 16 --lr 0.01";
    private readonly string _root = Directory.CreateTempSubdirectory("grulm-plan-").FullName;
    private readonly string _text;

    public TrainingPlanTests()
    {
        _text = Path.Combine(_root, "text.txt");
        File.WriteAllText(_text, SampleCorpus.Generate(5, 12_000));
    }

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public void Minutes_end_on_time_with_the_schedule_and_the_plan_makes_the_same_model_again()
    {
        string model = Path.Combine(_root, "model");
        var clock = Stopwatch.StartNew();
        string messages = Good($"train --data {_text} --out-dir {model} {Sizes}"
            + " --epochs 100000 --minutes 0.1 --log-interval 1 --eval-tokens 500 --min-lr 0.0001");
        Assert.Contains("0.1 minutes are time for", messages, StringComparison.Ordinal);
        Assert.True(clock.Elapsed.TotalSeconds < 30, $"{clock.Elapsed} for six seconds");
        using var settings = JsonDocument.Parse(File.ReadAllText(Path.Combine(model, "training", "settings.json")));
        Assert.False(settings.RootElement.TryGetProperty("minutes", out _));
        IReadOnlyList<PlannedSteps> plan = StepPlan.Parse(settings.RootElement.GetProperty("step-plan").GetString()!);
        Assert.True(plan.Count > 1, "the plan was never looked at again");
        Assert.Equal(0, plan[0].Step);
        long steps = plan[^1].TotalSteps;
        Assert.Equal(steps, Checkpoint.Find(model + "/training")[0].Step);
        Assert.Equal(0.0001, ResumeTests.Lines(model).Last(l => l.TryGetProperty("lr", out _)).GetProperty("lr").GetDouble(), 1e-4);

        // The settings beside it make the same model again, whatever the time is now.
        string again = Path.Combine(_root, "again");
        Good($"train --config {Path.Combine(model, "training", "settings.json")} --out-dir {again}");
        ResumeTests.AssertSame(model, again);

        // More steps, or more time, take up a run that has ended.
        Good($"train --resume {again} --max-steps {steps + 7}");
        Assert.Equal(steps + 7, Checkpoint.Find(again + "/training")[0].Step);
        string position = File.ReadAllText(Path.Combine(Checkpoint.Find(model + "/training")[0].Folder, "position.json"));
        using var reached = JsonDocument.Parse(position);
        double more = (reached.RootElement.GetProperty("seconds").GetDouble() + 3) / 60;
        Good(string.Create(CultureInfo.InvariantCulture, $"train --resume {model} --minutes {more:0.000}"));
        Assert.True(Checkpoint.Find(model + "/training")[0].Step > steps, "more time made no more steps");
        Good($"train --config {Path.Combine(model, "training", "settings.json")} --out-dir {_root}/third");
        ResumeTests.AssertSame(model, Path.Combine(_root, "third"));
    }

    [Fact]
    public void Without_a_number_of_epochs_time_does_not_make_them_endless()
    {
        string messages = Until("training: ", $"train --data {_text} --out-dir {_root}/model {Sizes} --minutes 0.5 --dry-run");
        Assert.Contains("24 epochs take less time than that", messages, StringComparison.Ordinal);
    }

    [Fact]
    public void A_preset_gives_what_nothing_else_does()
    {
        string config = Path.Combine(_root, "config.json");
        File.WriteAllText(config, """{"emb-dim": 20, "hidden-dim": 20}""");
        Says("vocabulary 320, embedding 20, 2 x 20 GRU units", $"tiny --config {config} --num-layers 2 --vocab-size 320");
        Says("1 x 256 GRU units", "tiny --vocab-size 320");
        Says("64, 1 x 384 GRU units, untied", "shakespeare-char-quick");
        Says(" 7 steps of 16 x 64", "shakespeare-char --max-steps 7");
        Says("7 epochs take less time", "tiny --vocab-size 320 --minutes 1");
        Says("384, 1 x 384 GRU units, tied", "shakespeare-char-quick --emb-dim 384 --tie-weights");

        void Says(string expected, string preset)
        {
            string messages = Until("training: ", $"train --data {_text} --out-dir {_root}/model --preset {preset} --dry-run");
            Assert.Contains(expected, messages, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("", "page")]
    [InlineData("--max-steps 3", "page")]
    [InlineData("--minutes 10", "page")]
    [InlineData("--minutes 0.001 --seed 4", "page")]
    [InlineData("--vocab-size 320", "chapter")]
    [InlineData("--model-type bpe", "chapter")]
    [InlineData("--samples lines --model-type char", "page")]
    [InlineData("--minutes 1 --hidden-dim 24 --emb-dim 24", null)]
    [InlineData("--no-tie-weights", null)]
    [InlineData("--preset tiny", null)]
    public void Where_nothing_is_said_that_recipes_decide_one_is_chosen(string flags, string? recipe)
    {
        string messages = Until("training: ", $"train --data {_text} --out-dir {_root}/model --dry-run {flags}".TrimEnd());
        if (recipe is null) Assert.DoesNotContain("recipe ", messages, StringComparison.Ordinal);
        else Assert.Contains($"\nrecipe {recipe}, by the text and this machine (", messages, StringComparison.Ordinal);
    }

    [Fact]
    public void What_was_chosen_is_recorded_and_makes_the_same_run_again()
    {
        string chosen = Path.Combine(_root, "chosen"), again = Path.Combine(_root, "again");
        string messages = Good($"train --data {_text} --out-dir {chosen} --samples lines --max-steps 9");
        Assert.Contains("--minutes for more or less", messages, StringComparison.Ordinal);
        Good($"train --config {chosen}/training/settings.json --out-dir {again}");
        ResumeTests.AssertSame(chosen, again);
    }

    [Fact]
    public void A_dry_run_tells_everything_and_writes_nothing()
    {
        string sizes = Sizes.Replace("-dim 24", "-dim 160", StringComparison.Ordinal);
        string messages = Good($"train --data {_text} --out-dir {_root}/model {sizes} --dry-run");
        string[] parts =
        [
            "text: ", "parameters", "tokens an epoch", "memory: about", "speed: ", "time: about",
            "nothing was written",
        ];
        Assert.All(parts, part => Assert.Contains(part, messages, StringComparison.Ordinal));

        Assert.False(Directory.Exists(Path.Combine(_root, "model")));
    }

    [Theory]
    [InlineData("stream")]
    [InlineData("lines")]
    public void Samples_are_shown_and_change_no_bit(string samples)
    {
        string silent = Path.Combine(_root, "silent"), shown = Path.Combine(_root, "shown");
        string flags = $"{Sizes} --samples {samples} --max-steps 12";
        Good($"train --data {_text} --out-dir {silent} {flags}");
        string messages = Good($"train --data {_text} --out-dir {shown} {flags} --sample-every 5 --sample-prompt Once");
        Assert.Contains("sample at step 5: Once", messages, StringComparison.Ordinal);
        Assert.Contains("sample at step 10: Once", messages, StringComparison.Ordinal);
        ResumeTests.AssertSame(silent, shown);
    }

    [Fact]
    public void An_epoch_that_the_run_ends_in_is_told_as_a_part()
    {
        string messages = Good($"train --data {_text} --out-dir {_root}/model {Sizes} --max-steps 5");
        Assert.Matches("epoch 1/1, its first 5 of [0-9]+ steps: average NLL", messages);
    }

    [Theory]
    [InlineData("--val-fraction 0 --patience 2", "--patience needs held-out text")]
    [InlineData("--val-fraction 0 --schedule plateau", "--schedule plateau needs held-out text")]
    [InlineData("--val-split random", "--val-split random needs --samples lines")]
    [InlineData("--plateau-patience 2", "--plateau-patience is for --schedule plateau, and this run's is cosine")]
    [InlineData("--schedule wsd --plateau-factor 0.1", "--plateau-factor is for --schedule plateau, and this run's is wsd")]
    [InlineData("--schedule plateau --plateau-factor 1", "--plateau-factor 1: a number above 0 to 0.99999 was expected")]
    [InlineData("--samples lines --random-bptt", "--random-bptt needs --samples stream")]
    [InlineData("--random-bptt --bptt 9", "--random-bptt needs a --bptt of at least 10")]
    [InlineData("--momentum 0.5", "--momentum is for --optimizer sgd or muon, and this run's is adamw")]
    [InlineData("--optimizer sgd --beta2 0.9", "--beta2 is for --optimizer adamw or muon")]
    [InlineData("--muon-lr-factor 2", "--muon-lr-factor is for --optimizer muon")]
    [InlineData("--muon-every 2", "--muon-every is for --optimizer muon")]
    [InlineData("--step-plan 0:40,10:9", "--step-plan 0:40,10:9: pairs like 0:4300,310:4800 were expected")]
    [InlineData("--step-plan 40", "--step-plan 40: pairs like 0:4300,310:4800 were expected")]
    [InlineData("--optimizer adam", "one of adamw, sgd, muon")]
    public void Settings_that_do_not_go_together_are_refused_in_one_line(string flags, string expected)
    {
        string bptt = flags.Contains("--bptt", StringComparison.Ordinal) ? "" : "--bptt 16 ";
        string line = $"train --data {_text} --out-dir {_root}/none {ModelSizes} --batch-size 4 {bptt}--lr 0.01 {flags}";
        (int code, string _, string? error) = CommandsTests.Run(line.Split(' '));
        Assert.Equal(2, code);
        Assert.Contains(expected, error.TrimEnd('\n').Split('\n')[^1], StringComparison.Ordinal);
        Assert.False(Directory.Exists(Path.Combine(_root, "none")));
    }

    [Theory]
    [InlineData("--optimizer sgd --momentum 0.7 --schedule plateau --plateau-patience 2 --plateau-factor 0.3"
        + " --random-bptt --fresh-every 3")]
    [InlineData("--optimizer muon --momentum 0.8 --muon-lr-factor 4 --muon-every 3 --beta2 0.97 --weight-decay 0.02 --random-bptt")]
    public void How_weights_are_updated_is_written_down_and_makes_the_same_model_again(string how)
    {
        string model = Path.Combine(_root, "model"), again = Path.Combine(_root, "again");
        string messages = Good($"train --data {_text} --out-dir {model} {ModelSizes} --batch-size 4 --bptt 16"
            + $" --max-steps 12 --eval-interval 3 {how}");
        Assert.Contains("x about 16", messages, StringComparison.Ordinal);
        using var settings = JsonDocument.Parse(File.ReadAllText(Path.Combine(model, "training", "settings.json")));
        string[] words = how.Split(' ');
        for (int i = 0; i < words.Length; i++)
        {
            if (!words[i].StartsWith("--", StringComparison.Ordinal)) continue;
            bool hasValue = i + 1 < words.Length && !words[i + 1].StartsWith("--", StringComparison.Ordinal);
            Assert.Equal(hasValue ? words[i + 1] : "True", settings.RootElement.GetProperty(words[i][2..]).ToString());
        }

        Good($"train --config {Path.Combine(model, "training", "settings.json")} --out-dir {again}");
        ResumeTests.AssertSame(model, again);
    }

    private static string Good(string line)
    {
        (int code, string _, string? error) = CommandsTests.Run(line.Split(' '));
        Assert.True(code == 0, error);
        return error;
    }

    // What a dry run says up to a line that begins so. What follows is measuring, which takes seconds and says nothing new here.
    private static string Until(string last, string line)
    {
        using var stop = new CancellationTokenSource();
        using var error = new StoppingWriter(stop, last);
        using (var session = new Session(Stream.Null, Stream.Null, error, errorIsTerminal: false, stop.Token))
        {
            Assert.Equal(130, CommandLine.Run(line.Split(' '), Program.Commands(), session));
        }

        Assert.True(stop.IsCancellationRequested, error.ToString());
        return error.ToString();
    }

    // Stops the command once it has written a line that begins so.
    private sealed class StoppingWriter(CancellationTokenSource stop, string last) : StringWriter
    {
        public override void WriteLine(string? value)
        {
            base.WriteLine(value);
            if (value is not null && value.StartsWith(last, StringComparison.Ordinal)) stop.Cancel();
        }
    }
}
