// The small programs of samples/, run on texts of a few lines and models of seconds: each does what its first lines say.

using System.Diagnostics;
using GruLM.Model;

namespace GruLM.Tests.Samples;

public sealed class ProgramsTests : IDisposable
{
    private const int MostLines = 80;

    private static readonly string[] s_english = ["the old clock stands still", "the garden is full of bees", "what does the king say"];
    private static readonly string[] s_german = ["die alte Uhr steht still", "der Garten ist voller Bienen", "was sagt der König dazu"];

    private readonly string _root = Directory.CreateTempSubdirectory("grulm-programs-").FullName;

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Theory]
    [InlineData("ConsoleChat")]
    [InlineData("Autocomplete")]
    [InlineData("OddLines")]
    [InlineData("WhichLanguage")]
    [InlineData("Names")]
    [InlineData("StructuredOutput")]
    public void It_is_short(string name) =>
        Assert.InRange(File.ReadAllLines(Path.Combine(SampleProgram.Root, "samples", name, "Program.cs")).Length, 20, MostLines);

    [Fact]
    public async Task A_talk_in_the_console_ends_with_its_input()
    {
        using var tiny = new TinyModel(SampleKind.Lines);
        string output = await RunAsync("ConsoleChat", "How are you?\n\nAnd now?\n", tiny.Folder);

        // What such a model writes may look like anything, also like the prompt.
        Assert.StartsWith("> ", output, StringComparison.Ordinal);
        Assert.EndsWith("\n> ", output, StringComparison.Ordinal);
        Assert.Contains("> > ", output, StringComparison.Ordinal);
        Assert.InRange(output.Split("> ").Length - 1, 4, int.MaxValue);
    }

    [Fact]
    public async Task Beginnings_are_completed()
    {
        string model = Train("english", s_english);
        string[] lines = (await RunAsync("Autocomplete", "the garden\nthe garden is\n", model)).TrimEnd().Split('\n');
        Assert.Equal("the garden| is full of bees", lines[0]);
        string[] beginnings = [.. lines.Where(line => line.Contains('|', StringComparison.Ordinal))];
        Assert.Equal("the garden is| full of bees", beginnings[^1]);
        Assert.Matches(@"^ +\d+\.\d\d ?%  ", lines[1]);
    }

    [Fact]
    public async Task The_odd_line_of_a_log_is_found()
    {
        string log = Path.Combine(_root, "log.txt");
        string[] usual = [.. Enumerable.Range(0, 300).Select(i => $"INFO request {i * 7 % 100} served in {i % 9} ms")];
        File.WriteAllLines(log, [.. usual[..200], "kernel panic: ¿qué?", .. usual[200..]]);
        Train("usual", usual);
        string output = await RunAsync("OddLines", "", log, Path.Combine(_root, "usual"), "2");
        Assert.Matches(@"^\d+\.\d\d  line 201: kernel panic: ¿qué\?\n\d+\.\d\d  line \d+: INFO .*\n$", output);
    }

    [Fact]
    public async Task Languages_are_told_apart()
    {
        string[] folders = [Train("english", s_english), Train("german", s_german)];
        string output = await RunAsync("WhichLanguage", "the king is still\n\nder König steht\n", folders);
        Assert.Equal(["english", "?", "german"], output.TrimEnd().Split('\n').Select(line => line.Split('\t')[0]));
    }

    [Fact]
    public async Task Names_are_made_up()
    {
        string[] begins = ["An", "Ber", "Ma", "Do", "Nor", "Li", "Ka"], ends = ["na", "ta", "ris", "la", "ma", "to"];
        string[] names =
            [.. begins.Index().SelectMany(b => ends.Index().Where(e => (b.Index + e.Index) % 3 > 0).Select(e => b.Item + e.Item))];
        Train("names", names, vocab: 285);
        string output = await RunAsync("Names", "", Path.Combine(_root, "names.txt"), Path.Combine(_root, "names"), "5");
        string[] made = output.TrimEnd().Split('\n');
        Assert.Equal(5, made.Distinct().Count());
        Assert.Empty(made.Intersect(names));
    }

    [Fact]
    public async Task Forms_are_filled_in()
    {
        using var tiny = new TinyModel(SampleKind.Lines);
        string output = await RunAsync("StructuredOutput", "What a day\nNot again\n", tiny.Folder);
        Assert.Matches(@"^((good|bad|mixed) \*{1,5} [^\n]*\n){2}$", output);
    }

    [Theory]
    [InlineData("Autocomplete")]
    [InlineData("ConsoleChat")]
    [InlineData("Names")]
    [InlineData("Names", "list", "model", "many")]
    [InlineData("OddLines")]
    [InlineData("OddLines", "log", "model", "many")]
    [InlineData("StructuredOutput")]
    [InlineData("TrainAndTalk")]
    [InlineData("WhichLanguage")]
    public async Task Without_the_right_words_each_says_which_it_needs(string name, params string[] words)
    {
        (int code, string error) = await FailAsync(name, words);
        Assert.Equal(2, code);
        Assert.Matches($@"^usage: {name} [^\n]+\n$", error);
    }

    [Theory]
    [InlineData("Autocomplete", "no-model")]
    [InlineData("ConsoleChat", "no-model")]
    [InlineData("Names", "no-log", "no-model", "3")]
    [InlineData("OddLines", "no-log")]
    [InlineData("StructuredOutput", "no-model")]
    [InlineData("TrainAndTalk", "no-log", "no-model")]
    [InlineData("WebApi", "--model", "no-model")]
    [InlineData("WhichLanguage", "no-model")]
    public async Task What_is_missing_is_one_line(string name, params string[] words)
    {
        string[] places = [.. words.Select(word => word.StartsWith("no-", StringComparison.Ordinal) ? Path.Combine(_root, word) : word)];
        (int code, string error) = await FailAsync(name, places);
        Assert.Equal(1, code);
        Assert.Matches(@"^[^\n]+no-(model|log)[^\n]*\n$", error);
    }

    private string Train(string name, string[] lines, int vocab = 340)
    {
        string text = Path.Combine(_root, name + ".txt"), folder = Path.Combine(_root, name);
        File.WriteAllLines(text, Enumerable.Repeat(lines, Math.Max(1, 120 / lines.Length)).SelectMany(all => all));
        var settings = new TrainingSettings
        {
            Data = [text],
            OutDir = folder,
            Samples = SampleKind.Lines,
            VocabSize = vocab,
            EmbeddingDim = 32,
            HiddenDim = 32,
            NumLayers = 1,
            BatchSize = 8,
            LearningRate = 0.02,
            MaxSteps = 120,
            ValFraction = 0,
        };
        using var run = TrainingRun.Start(settings);
        run.Run();
        return folder;
    }

    private static async Task<(int Code, string Error)> FailAsync(string name, params string[] arguments)
    {
        using Process process = SampleProgram.Start(name, arguments);
        process.StandardInput.Close();
        Task<string> errors = process.StandardError.ReadToEndAsync();
        Assert.Equal("", await process.StandardOutput.ReadToEndAsync());
        await process.WaitForExitAsync();
        return (process.ExitCode, (await errors).ReplaceLineEndings("\n"));
    }

    private static async Task<string> RunAsync(string name, string input, params string[] arguments)
    {
        using Process process = SampleProgram.Start(name, arguments);
        Task<string> errors = process.StandardError.ReadToEndAsync();
        await process.StandardInput.WriteAsync(input);
        process.StandardInput.Close();
        string output = (await process.StandardOutput.ReadToEndAsync()).ReplaceLineEndings("\n");
        await process.WaitForExitAsync();
        Assert.True(process.ExitCode == 0, await errors);
        return output;
    }
}
