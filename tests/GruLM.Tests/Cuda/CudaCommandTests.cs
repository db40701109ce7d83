// The command on a card, from a text to a text: training that goes on elsewhere and comes back, and figures and texts that are the
// processor's.

using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using GruLM.Cli.Demo;
using GruLM.Generation;
using GruLM.Model;
using GruLM.Tests.Cli;

namespace GruLM.Tests.Cuda;

[Collection(StandIn.Collection)]
public sealed class CudaCommandTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("grulm-card-").FullName;
    private readonly string _text;
    private readonly string _short;

    public CudaCommandTests()
    {
        _text = Path.Combine(_root, "text.txt");
        File.WriteAllText(_text, SampleCorpus.Generate(5, 6_000));
        _short = Path.Combine(_root, "short.txt");
        File.WriteAllText(_short, SampleCorpus.Generate(6, 6_000)[..400]);
        TestCard.Begin();
    }

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public void A_run_moves_to_a_card_and_back_and_its_losses_are_the_processors()
    {
        string whole = Train("whole", "--max-steps 9 --device cpu");
        string moved = Train("moved", "--max-steps 3 --device cuda");
        Ok($"train --resume {moved} --max-steps 6 --device cpu");
        string said = Ok($"train --resume {moved} --max-steps 9 --device cuda");
        Assert.Contains(TestCard.IsReal ? "NVIDIA" : "Stand-in, fp32", said, StringComparison.Ordinal);
        double[] expected = Losses(whole), actual = Losses(moved);
        Assert.Equal(9, expected.Length);
        Assert.Equal(expected.Length, actual.Length);
        for (int i = 0; i < actual.Length; i++) ModelPair.Close(expected[i], actual[i], 2e-3, $"loss of step {i + 1}");
        if (!TestCard.IsReal) Assert.Equal("", StandIn.Live);
    }

    [Fact]
    public void Figures_and_texts_of_a_model_are_the_processors()
    {
        // It was trained in bfloat16, and is read in float32.
        string model = Train("model", "--max-steps 8 --device cuda", precision: "auto");
        using (var settings = JsonDocument.Parse(File.ReadAllText(Path.Combine(model, "training", "settings.json"))))
        {
            Assert.Equal("bf16", settings.RootElement.GetProperty("precision").GetString());
        }

        using (var own = JsonDocument.Parse(Output($"eval --model {model} --data {_short} --json")))
        using (var cards = JsonDocument.Parse(Output($"eval --model {model} --data {_short} --json --device cuda")))
        {
            foreach (JsonProperty figure in own.RootElement.EnumerateObject())
            {
                if (figure.Name == "seconds" || figure.Value.ValueKind != JsonValueKind.Number) continue;
                double found = cards.RootElement.GetProperty(figure.Name).GetDouble();
                ModelPair.Close(figure.Value.GetDouble(), found, 1e-5, figure.Name);
            }
        }

        string score = $"score --model {model} --data {_short}";
        double[] scores = Numbers(Output(score)), onCard = Numbers(Output($"{score} --device cuda"));
        Assert.NotEmpty(scores);
        Assert.Equal(scores.Length, onCard.Length);
        for (int i = 0; i < scores.Length; i++) ModelPair.Close(scores[i], onCard[i], 1e-4, $"score {i}");
        string generate = $"generate --model {model} --prompt The -n 20 --temperature 0";
        string text = Output(generate);
        Assert.NotEmpty(text.Trim());
        Assert.Equal(text, Output($"{generate} --device cuda"));
        if (!TestCard.IsReal) Assert.Equal("", StandIn.Live);
    }

    [Fact]
    public void Texts_that_are_written_together_are_those_of_one_at_a_time()
    {
        string folder = Train("model", "--max-steps 4 --device cuda");
        string[] prompts = ["The", "A long prompt, of which a stretch is read at once: the old man and the sea. ", "I", "What is"];
        string lines = $"generate --model {folder} -n 12 --seed 7 --temperature 1.1 --json --device cuda";
        string together = Output([.. lines.Split(' '), "--completions", "3", .. Asked(prompts)]);
        string[] texts = [.. Texts(together)];
        Assert.Equal(3 * prompts.Length, texts.Length);
        foreach (string prompt in prompts)
        {
            string first = Texts(Output([.. lines.Split(' '), .. Asked(prompt)])).Single();
            Assert.Contains(first, texts);
        }

        if (!TestCard.IsReal) Assert.Equal("", StandIn.Live);

        static string[] Asked(params string[] prompts) => [.. prompts.SelectMany(prompt => (string[])["--prompt", prompt])];

        static IEnumerable<string> Texts(string output) =>
            output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonNode.Parse(line)!["text"]!.GetValue<string>());
    }

    [Fact]
    public void Bytes_are_refused_when_a_model_is_opened_and_leave_the_choice_to_the_processor()
    {
        string folder = Train("model", "--max-steps 2 --device cuda");
        string message = Assert.Throws<ArgumentException>(
            () => LanguageModel.Open(folder, threads: 1, device: "cuda", weights: WeightFormat.Int8)).Message;
        Assert.Contains("'Weights = Int8' is for the processor", message, StringComparison.Ordinal);
        if (!TestCard.IsReal) Assert.Equal("", StandIn.Live);
        var large = new GruConfig { VocabSize = 20_000, EmbeddingDim = 64, HiddenDim = 64, NumLayers = 1 };
        using (IDevice card = Devices.Open("auto", model: large)) Assert.False(card.HasInt8);
        using IDevice processor = Devices.OpenExact("auto", 1, large, WeightFormat.Int8);
        Assert.True(processor.HasInt8);
    }

    [Fact]
    public void Texts_of_several_threads_do_not_disturb_each_other()
    {
        string folder = Train("model", "--max-steps 4 --device cuda");
        using (var model = LanguageModel.Open(folder, threads: 1, device: "cuda"))
        {
            var options = new GenerationOptions { MaxTokens = 3, Sampling = new SamplingOptions { Temperature = 0 }, IgnoreEos = true };
            string expected = Text();
            double likely = Likely();
            using var ended = new CancellationTokenSource();
            Thread[] others = [new(Reset), new(Reset)];
            foreach (Thread thread in others) thread.Start();
            try
            {
                for (int i = 0; i < 40; i++)
                {
                    Assert.Equal(expected, Text());
                    Assert.Equal(likely, Likely());
                }
            }
            finally
            {
                ended.Cancel();
                foreach (Thread thread in others) thread.Join();
            }

            string Text() => string.Concat(model.Generate("The", options));

            double Likely() => model.LogProb("a go", "ose");

            // Sessions are made, reset and disposed beside the tokens of others, some of which are being recorded.
            void Reset()
            {
                while (!ended.IsCancellationRequested)
                {
                    using ChatSession chat = model.StartChat(options);
                    for (int i = 0; i < 20; i++) chat.Reset();
                }
            }
        }

        if (!TestCard.IsReal) Assert.Equal("", StandIn.Live);
    }

    [Fact]
    public void A_measured_step_says_how_much_of_the_card_it_took()
    {
        const string Bench = "bench train --vocab-size 50 --hidden-dim 32 --batch-size 2 --bptt 3 --steps 1 --json";
        using var onCard = JsonDocument.Parse(Output($"{Bench} --device cuda"));

        // Parameters, gradients and two moments at the least.
        double least = 4 * sizeof(float) * ((50 * 32) + (2 * 3 * 32 * 64)) / (double)(1 << 20);
        Assert.InRange(onCard.RootElement.GetProperty("card_mb").GetDouble(), least, 100);
        using var own = JsonDocument.Parse(Output(Bench));
        Assert.False(own.RootElement.TryGetProperty("card_mb", out _));
    }

    [Fact]
    public void A_card_that_fails_under_way_ends_the_command_in_a_line()
    {
        TestCard.RequireStandIn();
        StandIn.FailCall(400, 719);
        (int code, string _, string error) = CommandsTests.Run(Line("model", "--max-steps 50 --device cuda", "fp32").Split(' '));
        Assert.Equal(1, code);
        string last = error.TrimEnd('\n').Split('\n')[^1];
        Assert.StartsWith("grulm: the NVIDIA driver could not ", last, StringComparison.Ordinal);
        Assert.DoesNotContain("report it", last, StringComparison.Ordinal);
        Assert.Equal("", StandIn.Live);
    }

    private string Train(string name, string besides, string precision = "fp32")
    {
        Ok(Line(name, besides, precision));
        return Path.Combine(_root, name);
    }

    private string Line(string name, string besides, string precision) =>
        $"train --data {_text} --out-dir {Path.Combine(_root, name)} --vocab-size 320 --hidden-dim 24 --emb-dim 24 --num-layers 2"
        + $" --batch-size 4 --bptt 8 --schedule constant --warmup-steps 0 --log-interval 1 --threads 1 --precision {precision} {besides}";

    private static string Ok(string line)
    {
        (int code, string _, string error) = CommandsTests.Run(line.Split(' '));
        Assert.True(code == 0, error);
        return error;
    }

    private static string Output(string line) => Output(line.Split(' '));

    private static string Output(string[] words)
    {
        (int code, string output, string error) = CommandsTests.Run(words);
        Assert.True(code == 0, error);
        return output;
    }

    private static double[] Numbers(string text) =>
    [
        .. text.Split([' ', '\n', '\t'], StringSplitOptions.RemoveEmptyEntries)
            .Select(word => double.TryParse(word, CultureInfo.InvariantCulture, out double number) ? number : double.NaN)
            .Where(double.IsFinite),
    ];

    private static double[] Losses(string model)
    {
        var losses = new List<double>();
        foreach (string line in File.ReadLines(Path.Combine(model, "training", "metrics.jsonl")))
        {
            using var step = JsonDocument.Parse(line);
            if (step.RootElement.TryGetProperty("train_nll", out JsonElement loss)) losses.Add(loss.GetDouble());
        }

        return [.. losses];
    }
}
