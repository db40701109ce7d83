// The page's modules give what the command gives: the same tokens for the same seed, the same ids for the same text, the same text for the
// same ids; with the loops in WebAssembly and with those in JavaScript.

using System.Text.Json;
using System.Text.Json.Nodes;
using GruLM.Corpus;
using GruLM.Tests.Cli;
using GruLM.Tokenization;

namespace GruLM.Tests;

public sealed class PageEngineTests(PageModels models) : IClassFixture<PageModels>
{
    private const int Count = 200;

    // Prompt, seed, flags of the command, and the same for the page.
    private static readonly (string Prompt, ulong Seed, string Flags, string Settings)[] s_runs =
    [
        ("The garden", 7, "", "{}"),
        ("", 18_446_744_073_709_551_615, "", "{}"),
        ("Zoë 🙂\r\nand  so\0 on \u2581\uFEFF!", 1, "--temperature 1 --top-k 0", """{ "temperature": 1, "topK": 0 }"""),
        ("<prompt> How? <ai>", 5_000_000_000, "--top-k 0 --top-p 1 --min-p 0", """{ "topK": 0, "topP": 1, "minP": 0 }"""),
        ("How are", 3, "--temperature 1.75 --top-k 200 --top-p 0.6", """{ "temperature": 1.75, "topK": 200, "topP": 0.6 }"""),
        ("a", 0, "--temperature 0", """{ "temperature": 0 }"""),
        ("the garden is", 2, "--repeat-penalty 1.3 --ignore-eos", """{ "repeatPenalty": 1.3, "ignoresEnd": true }"""),
        ("the the", 4, "--repeat-penalty 1.15 --temperature 0", """{ "repeatPenalty": 1.15, "temperature": 0 }"""),
        ("The", 9, "--stop e --temperature 1.5", """{ "stop": "e", "temperature": 1.5 }"""),
        ("<prompt> ａ  \u00A0 ﬁ Ｗhat?  ", 8, "--stop is --ignore-eos", """{ "stop": "is", "ignoresEnd": true }"""),
    ];

    [Theory]
    [InlineData("bpe", false)]
    [InlineData("bpe", true)]
    [InlineData("chars", false)]
    [InlineData("unigram", false)]
    [InlineData("lines", false)]
    [InlineData("original", false)]
    public void A_page_writes_the_tokens_that_the_command_writes(string name, bool plain)
    {
        PageEngine.Require();
        JsonElement answers = Ask(name, plain, runs: [.. s_runs.Select(run => Run(run.Prompt, run.Seed, run.Settings))]);
        Assert.Equal(!plain, answers.GetProperty("compiled").GetBoolean());
        foreach (((string prompt, ulong seed, string flags, string _), JsonElement run) in s_runs.Zip(
            answers.GetProperty("runs").EnumerateArray()))
        {
            JsonElement expected = Generate(name, prompt, seed, flags);
            JsonElement[] tokens = [.. expected.GetProperty("logprobs").EnumerateArray()];
            Assert.Equal(tokens.Select(token => token.GetProperty("id").GetInt32()), Ids(run.GetProperty("ids")));

            // The command prints five digits behind the point.
            double[] logProbs = [.. run.GetProperty("logProbs").EnumerateArray().Select(number => number.GetDouble())];
            Assert.All(tokens.Zip(logProbs), pair => Assert.Equal(pair.First.GetProperty("logprob").GetDouble(), pair.Second, 0.00001));
            Assert.Equal(
                tokens.Select(token => Ids(token.GetProperty("best"), "id")),
                run.GetProperty("best").EnumerateArray().Select(best => Ids(best).ToArray()));
            Assert.Equal(expected.GetProperty("text").GetString(), run.GetProperty("text").GetString());
            bool ends = expected.GetProperty("finish_reason").GetString() == "stop";
            Assert.True(ends || tokens.Length == Count);
        }
    }

    [Fact]
    public void A_page_ends_texts_where_the_command_ends_them()
    {
        PageEngine.Require();
        ulong[] seeds = [.. Enumerable.Range(1, 12).Select(seed => (ulong)seed)];
        JsonElement answers = Ask("lines", plain: false, runs: [.. seeds.Select(seed => Run("The", seed, "{}"))]);
        JsonElement[] runs = [.. answers.GetProperty("runs").EnumerateArray()];
        string[] reasons = new string[seeds.Length];
        for (int i = 0; i < seeds.Length; i++)
        {
            JsonElement expected = Generate("lines", "The", seeds[i], "");
            reasons[i] = expected.GetProperty("finish_reason").GetString()!;
            Assert.Equal(expected.GetProperty("tokens").GetInt32(), Ids(runs[i].GetProperty("ids")).Count());
        }

        Assert.Contains("stop", reasons);
    }

    [Fact]
    public void A_page_cuts_texts_as_the_tokenizer_does_and_puts_them_together_again()
    {
        PageEngine.Require();
        foreach (string name in PageModels.Names)
        {
            var tokenizer = Tokenizer.Load(Path.Combine(models.Folder(name), ModelFolder.TokenizerName));
            string[] texts = [.. RandomTexts(300), new string('a', 3000) + new string(' ', 500)];
            int[][] lists = [.. RandomIds(100, tokenizer.VocabSize)];
            JsonElement answers = Ask(name, plain: true, texts, lists);
            JsonElement[] cut = [.. answers.GetProperty("texts").EnumerateArray()];
            JsonElement[] joined = [.. answers.GetProperty("ids").EnumerateArray()];
            for (int i = 0; i < texts.Length; i++)
            {
                int[] expected = tokenizer.Encode(TextCorpus.Clean(texts[i]));
                Assert.True(expected.SequenceEqual(Ids(cut[i])), $"{name}: {JsonSerializer.Serialize(texts[i])}");
            }

            for (int i = 0; i < lists.Length; i++)
            {
                StreamingDecoder decoder = tokenizer.CreateStreamingDecoder();
                string[] expected = [.. lists[i].Select(decoder.Push), decoder.Flush()];
                Assert.Equal(expected, joined[i].EnumerateArray().Select(text => text.GetString()));
            }
        }
    }

    private static IEnumerable<int> Ids(JsonElement list) => list.EnumerateArray().Select(id => id.GetInt32());

    private static int[] Ids(JsonElement list, string property) =>
        [.. list.EnumerateArray().Select(token => token.GetProperty(property).GetInt32())];

    private static JsonObject Run(string prompt, ulong seed, string settings)
    {
        JsonObject run = JsonNode.Parse(settings)!.AsObject();
        run["prompt"] = prompt;
        run["seed"] = seed.ToString(System.Globalization.CultureInfo.InvariantCulture);
        run["count"] = Count;
        return run;
    }

    private JsonElement Ask(string name, bool plain, string[]? texts = null, int[][]? ids = null, JsonObject[]? runs = null) =>
        PageEngine.Ask(models.Page(name), new JsonObject
        {
            ["plain"] = plain,
            ["texts"] = new JsonArray([.. (texts ?? []).Select(text => (JsonNode)text)]),
            ["ids"] = new JsonArray([.. (ids ?? []).Select(list => new JsonArray([.. list.Select(id => (JsonNode)id)]))]),
            ["runs"] = new JsonArray([.. runs ?? []]),
        });

    private JsonElement Generate(string name, string prompt, ulong seed, string flags)
    {
        string[] line =
        [
            "generate", "--model", models.Folder(name), "--prompt", prompt, "--seed", $"{seed}", "-n", $"{Count}", "--json",
            "--logprobs", "8", "--threads", "1", .. flags.Split(' ', StringSplitOptions.RemoveEmptyEntries),
        ];
        (int code, string output, string error) = CommandsTests.Run(line);
        Assert.True(code == 0, error);
        return JsonDocument.Parse(output).RootElement;
    }

    // Words that the models know, markers and parts of them, characters of all lengths, some that they do not know, line ends, halves.
    private static IEnumerable<string> RandomTexts(int count)
    {
        string[] parts =
        [
            "garden", "the", "The ", "ﬁ", "Ａ", "\u3000", "ｶﾞ", "a\u0301", "\u00A0", "\u200B", "①",
            "bees", " ", "  ", "\n", "\r\n", "\t", "<prompt>", "<ai>", "<end>", "<pro", "<unk>", "<s>", "<0x41>",
            "é", "ё", "你", "🙂", "👩‍🚀", "\u2581", "\uFFFD", "\u0301", ".", "clock stands", "q", "Z", "\0", "\uFEFF", "“", "\U0010FFFF",
        ];
        var random = new Random(5);
        for (int i = 0; i < count; i++)
        {
            yield return string.Concat(Enumerable.Range(0, i % 30).Select(_ => parts[random.Next(parts.Length)]));
        }
    }

    private static IEnumerable<int[]> RandomIds(int count, int vocabSize)
    {
        var random = new Random(6);
        for (int i = 0; i < count; i++) yield return [.. Enumerable.Range(0, i).Select(_ => random.Next(vocabSize))];
    }
}
