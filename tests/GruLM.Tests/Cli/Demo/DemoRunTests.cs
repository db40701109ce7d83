// The demo's folder: it can be evaluated and resumed, a second demo leaves the first one's model until it has ended, and the same seed
// gives the same model. And its questions: all have one right answer, and are varied.

using System.Text;
using GruLM.Cli;
using GruLM.Cli.Demo;
using GruLM.Tests.Cli;

namespace GruLM.Tests.Demo;

public sealed class DemoRunTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("grulm-demo-").FullName;

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public void A_demo_can_be_repeated_evaluated_and_resumed_and_a_second_one_replaces_it_at_its_end()
    {
        string folder = Path.Combine(_root, "my demo"), weights = Path.Combine(folder, "model.safetensors");
        (int code, string shown, _) = Demo(folder, seed: 1);
        Assert.Equal(0, code);
        Assert.Contains($" chat --model \"{folder}\"\n", shown, StringComparison.Ordinal);
        byte[] first = File.ReadAllBytes(weights);

        // The figure that is shown is what eval says of the folder, and is shown once.
        (_, string evaluated, string evaluating) = CommandsTests.Run("eval", "--model", folder);
        Assert.Contains("evaluating on the held-out part of the built-in sample text\n", evaluating, StringComparison.Ordinal);
        string figures = evaluated.Split("  (")[0];
        Assert.Contains($"({figures})", shown, StringComparison.Ordinal);
        (int resumed, _, string nothingLeft) = CommandsTests.Run("train", "--resume", folder);
        Assert.Equal(0, resumed);
        Assert.StartsWith("reading the built-in sample text …\n", nothingLeft, StringComparison.Ordinal);
        Assert.Contains("nothing is left to do", nothingLeft, StringComparison.Ordinal);

        // Nobody gave the text on standard input.
        Assert.True(File.Exists(Path.Combine(folder, "training", "text.txt")));
        Assert.False(File.Exists(Path.Combine(folder, "training", "standard-input")));
        Assert.Contains($" train --resume \"{folder}\" --minutes ", shown, StringComparison.Ordinal);

        // The counts of right answers add up.
        int[] right = [.. shown.Split('\n').Where(line => line.EndsWith(" right", StringComparison.Ordinal)).Select(Count)];
        Assert.Equal(4, right.Length);
        Assert.Equal(right[3], right[..3].Sum());
        Assert.Contains("of 20 questions", shown, StringComparison.Ordinal);
        if (right[3] < 10) Assert.Contains("   Most are wrong: ", shown, StringComparison.Ordinal);

        // Stopped: the old model is still there, and the new run can go on.
        (int stopped, _, string message) = Demo(folder, seed: 2, stops: true);
        Assert.Equal(130, stopped);
        Assert.Contains("still holds the model of an earlier demo", message, StringComparison.Ordinal);
        Assert.EndsWith($" train --resume \"{folder}\"", message.TrimEnd(), StringComparison.Ordinal);
        Assert.Equal(first, File.ReadAllBytes(weights));
        Assert.Equal(0, CommandsTests.Run("eval", "--model", folder).Code);

        // The same seed, in a folder that holds another model and in its own.
        Assert.Equal(0, Demo(folder, seed: 2).Code);
        byte[] second = File.ReadAllBytes(weights);
        Assert.NotEqual(first, second);
        Assert.False(Directory.Exists(Path.Combine(folder, "next-model")));
        Assert.Equal(0, Demo(Path.Combine(_root, "other"), seed: 1).Code);
        Assert.Equal(first, File.ReadAllBytes(Path.Combine(_root, "other", "model.safetensors")));
        Assert.Equal(0, CommandsTests.Run("eval", "--model", folder).Code);

        static int Count(string line) => int.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[^4]);
    }

    [Fact]
    public void A_folder_that_no_demo_made_is_left_alone()
    {
        File.WriteAllText(Path.Combine(_root, "mine.txt"), "mine");
        Assert.Throws<IOException>(() => Demo(_root, seed: 1));
        Assert.Equal("mine", File.ReadAllText(Path.Combine(_root, "mine.txt")));
    }

    [Theory]
    [InlineData("0.5", true)]
    [InlineData("60", true)]
    [InlineData("0.4", false)]
    [InlineData("NaN", false)]
    [InlineData("61", false)]
    public void Minutes_have_the_range_that_help_tells(string minutes, bool fine)
    {
        // A folder that it may not use keeps it from beginning.
        File.WriteAllText(Path.Combine(_root, "mine.txt"), "mine");
        (int code, _, string error) = CommandsTests.Run("demo", "--minutes", minutes, "--out-dir", _root);
        Assert.Equal(fine ? 1 : 2, code);
        Assert.Contains(fine ? "not from an earlier demo" : "from 0.5 to 60", error, StringComparison.Ordinal);
    }

    [Fact]
    public void Questions_are_varied_and_have_one_answer()
    {
        for (ulong seed = 0; seed < 5; seed++)
        {
            IReadOnlyList<DemoQuestion> questions = DemoTalk.Questions(seed);
            Assert.Equal(20, questions.Count);
            Assert.Equal(20, questions.Distinct().Count());
            Assert.Equal(8, questions.Where(q => q.Kind == DemoQuestionKind.Story).Select(q => q.Text.Split(' ')[0] + q.Text.Split(' ')[1])
                .Distinct().Count());
            Assert.All(questions.Where(q => q.Kind == DemoQuestionKind.Name), q =>
            {
                string name = q.Answer["Your name is ".Length..^1];
                Assert.Contains(q.Before, said => said.StartsWith($"Hello, my name is {name} ", StringComparison.Ordinal));
            });
            Assert.All(questions.Where(q => q.Kind != DemoQuestionKind.Name), q => Assert.True(
                q.Answer.Trim('.').Split(' ').Any(word => (q.Story + q.Text).Contains(word, StringComparison.Ordinal)), q.Answer));
        }
    }

    [Fact]
    public void The_number_of_steps_is_one_of_a_few_and_an_earlier_one_stays()
    {
        TrainingSettings recipe = DemoRun.Recipe;
        var chosen = new HashSet<int>();
        for (double speed = 100; speed < 1e7; speed *= 1.01)
        {
            int steps = DemoLength.Steps(2, speed, recipe, earlier: 0);
            chosen.Add(steps);
            double seconds = steps * 512 / speed;
            if (steps is > 250 and < 90_000) Assert.InRange(seconds, 100 / 1.1, 100 * 1.1);

            // A little faster or slower, it stays what it was.
            Assert.Equal(steps, DemoLength.Steps(2, 1.2 * speed, recipe, steps));
            Assert.Equal(steps, DemoLength.Steps(2, speed / 1.2, recipe, steps));
        }

        Assert.InRange(chosen.Count, 20, 48);
        Assert.Equal(DemoLength.Steps(2, 20_000, recipe, 0), DemoLength.Steps(2, 20_000, recipe, earlier: 100_000));
    }

    private static (int Code, string Output, string Error) Demo(string folder, ulong seed, bool stops = false)
    {
        var settings = new DemoSettings
        {
            OutDir = folder,
            Seed = seed,
            MaxSteps = 40,
            Threads = 2,
            Recipe = DemoRun.Recipe with { HiddenDim = 32, EmbeddingDim = 32, EvalInterval = 15, VocabSize = 400, Seed = seed },
        };
        using var stop = new CancellationTokenSource();
        using var output = new StoppingStream(stops ? stop : null);
        using var error = new StringWriter();
        int code;
        using (var session = new Session(Stream.Null, output, error, errorIsTerminal: false, stop.Token))
        {
            code = DemoRun.Run(settings, session);
        }

        return (code, Encoding.UTF8.GetString(output.ToArray()), error.ToString());
    }

    // Stops whoever writes the line before the first step.
    private sealed class StoppingStream(CancellationTokenSource? stop) : MemoryStream
    {
        public override void Write(ReadOnlySpan<byte> buffer)
        {
            base.Write(buffer);
            Look();
        }

        public override void Write(byte[] buffer, int offset, int count)
        {
            base.Write(buffer, offset, count);
            Look();
        }

        private void Look()
        {
            if (Encoding.UTF8.GetString(ToArray()).Contains(" threads\n", StringComparison.Ordinal)) stop?.Cancel();
        }
    }
}
