// The code in README.md and docs/: every block marked csharp stands, line for line, in a C# file that is compiled, and runs. Indentation,
// empty lines and the place of usings may differ.

using System.Reflection;
using System.Text.RegularExpressions;
using GruLM.Cli.Demo;
using GruLM.Tests.Parquet;
using Parquet;

namespace GruLM.Tests.Samples;

[Collection(nameof(CurrentFolder))]
public sealed partial class ReadmeTests : IDisposable
{
    private const BindingFlags Examples = BindingFlags.Public | BindingFlags.Static | BindingFlags.DeclaredOnly;

    private static readonly string[] s_compiled =
    [
        "tests/GruLM.Tests/Samples/ReadmeExamples.cs",
        "tests/GruLM.Tests/Samples/TrainingExamples.cs",
        "tests/GruLM.Tests/Samples/ModelExamples.cs",
        "tests/GruLM.Tests/Samples/ServingExamples.cs",
        "samples/WebApi/Program.cs",
    ];

    private readonly string _root = Directory.CreateTempSubdirectory("grulm-readme-").FullName;
    private readonly string _before = Directory.GetCurrentDirectory();
    private readonly TextWriter _console = Console.Out;
    private readonly StringWriter _output = new();

    public ReadmeTests()
    {
        Directory.SetCurrentDirectory(_root);
        File.WriteAllText("book.txt", SampleCorpus.Generate(1, 6_000));
        File.WriteAllText("other.txt", SampleCorpus.Generate(2, 3_000));
        File.WriteAllText("text.txt", SampleCorpus.Generate(3, 3_000));
        Console.SetOut(_output);
    }

    public static TheoryData<string> OfTraining => [.. typeof(TrainingExamples).GetMethods(Examples).Select(method => method.Name)];

    public static TheoryData<string> OfModels => [.. typeof(ModelExamples).GetMethods(Examples).Select(method => method.Name)];

    public static TheoryData<string> Pages
    {
        get
        {
            IEnumerable<string> docs = Directory.EnumerateFiles(Path.Combine(SampleProgram.Root, "docs"), "*.md");
            string[] packages = ["GruLM", "GruLM.Tokenization", "GruLM.Parquet", "GruLM.Cli"];
            return
            [
                "README.md", .. packages.Select(name => $"src/{name}/README.md"),
                .. docs.Select(path => "docs/" + Path.GetFileName(path)).Order(StringComparer.Ordinal),
            ];
        }
    }

    /// <summary>A run of a second.</summary>
    internal static TrainingSettings Short { get; } = new()
    {
        VocabSize = 340,
        EmbeddingDim = 32,
        HiddenDim = 32,
        NumLayers = 1,
        Epochs = 2,
        LogInterval = 5,
    };

    public void Dispose()
    {
        Console.SetOut(_console);
        Directory.SetCurrentDirectory(_before);
        Directory.Delete(_root, recursive: true);
    }

    [Theory]
    [MemberData(nameof(Pages))]
    public void Code_on_a_page_is_compiled(string page)
    {
        Source[] sources = [.. s_compiled.Select(path => Source.Of(File.ReadAllText(Path.Combine(SampleProgram.Root, path))))];
        string places = string.Join(", ", s_compiled);
        foreach (Match block in Block().Matches(File.ReadAllText(Path.Combine(SampleProgram.Root, page)).ReplaceLineEndings("\n")))
        {
            string code = block.Groups[1].Value;
            Assert.True(sources.Any(Source.Of(code).IsIn), $"{page}: this stands in none of {places}:\n{code}");
        }
    }

    [Fact]
    public void The_readme_has_code() => Assert.Matches(Block(), File.ReadAllText(Path.Combine(SampleProgram.Root, "README.md")));

    [Fact]
    public async Task What_the_readme_shows_works()
    {
        await ReadmeExamples.TrainGenerateScoreTokenise();
        string[] lines = _output.ToString().ReplaceLineEndings("\n").TrimEnd().Split('\n');
        Assert.Equal("Hello, world", lines[^1]);
        Assert.Matches(@" -\d+\.\d+$", lines[^2]);
    }

    [Fact]
    public async Task What_the_readme_of_Parquet_files_shows_works()
    {
        await ParquetCorpusTests.WriteAsync("texts.parquet", CompressionMethod.Snappy, ("text", ["one", "two"]));
        ReadmeExamples.ReadParquet();
        Assert.Equal("2 rows, 8 bytes\n", _output.ToString().ReplaceLineEndings("\n"));
    }

    [Theory]
    [MemberData(nameof(OfTraining))]
    public async Task Training_as_it_is_shown_works(string name)
    {
        await RunAsync(typeof(TrainingExamples), name);
        Assert.Equal(name != nameof(TrainingExamples.Estimated), File.Exists("book/model.safetensors"));
    }

    [Theory]
    [MemberData(nameof(OfModels))]
    public async Task What_is_shown_of_a_model_works(string name)
    {
        Train("book.txt", "book");
        await RunAsync(typeof(ModelExamples), name);
    }

    [Theory]
    [InlineData("a();\n\nb();", true)]
    [InlineData("using A;\nb();\nc();", true)]
    [InlineData("using C;\nb();", true)]
    [InlineData("using B;\nb();", false)]
    [InlineData("a();\nc();", false)]
    [InlineData("b", false)]
    public void Blocks_are_found_whole_and_in_order(string block, bool found) =>
        Assert.Equal(found, Source.Of(block).IsIn(Source.Of("using A;\nnamespace C.D;\n{\n    a();\n    b();\n    c();\n}\n")));

    internal static void Train(string text, string folder)
    {
        using var run = TrainingRun.Start(Short with { Data = [text], OutDir = folder });
        run.Run();
    }

    [GeneratedRegex("^```csharp\n(.*?)^```", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Block();

    private static async Task RunAsync(Type examples, string name)
    {
        if (examples.GetMethod(name, Examples)!.Invoke(null, null) is Task task) await task;
    }

    // The lines of a text, usings apart.
    private sealed record Source(string[] Usings, string[] Lines)
    {
        public static Source Of(string text)
        {
            string[] lines = [.. text.ReplaceLineEndings("\n").Split('\n').Select(line => line.Trim()).Where(line => line.Length > 0)];
            return new Source([.. lines.Where(IsUsing), .. lines.SelectMany(Enclosing)], [.. lines.Where(line => !IsUsing(line))]);
        }

        public bool IsIn(Source other) =>
            !Usings.Except(other.Usings).Any()
            && Enumerable.Range(0, other.Lines.Length).Any(start => other.Lines.Skip(start).Take(Lines.Length).SequenceEqual(Lines));

        private static bool IsUsing(string line) =>
            line.StartsWith("using ", StringComparison.Ordinal) && line.EndsWith(';') && !line.Contains('=');

        // What stands in a namespace sees those around it without a using.
        private static IEnumerable<string> Enclosing(string line)
        {
            if (!line.StartsWith("namespace ", StringComparison.Ordinal)) yield break;
            string[] names = line["namespace ".Length..].TrimEnd(';').Split('.');
            for (int i = 1; i < names.Length; i++) yield return $"using {string.Join('.', names[..i])};";
        }
    }
}
