// What lies ready for the commands of the pages: the texts that they speak of, made up and small, and models trained on them in a second.

using System.IO.Compression;
using System.Text;
using GruLM.Cli.Demo;
using GruLM.Model;
using GruLM.Tests.Samples;

namespace GruLM.Tests.Docs;

public sealed class Desk : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("grulm-desk-").FullName;

    public Desk()
    {
        Write("book.txt", SampleCorpus.Generate(1, 6_000));
        Write("other.txt", SampleCorpus.Generate(2, 3_000));
        Write("text.txt", SampleCorpus.Generate(3, 3_000));
        Write("letters.txt", SampleCorpus.Generate(4, 3_000));
        Write("log.txt", string.Concat(Enumerable.Range(0, 60).Select(i => $"INFO request {i * 7 % 100} served in {i % 9} ms\n")));
        Write("names.txt", string.Concat(Names()));
        Write("qa.jsonl", string.Concat(Pairs()));
        Write("list.gbnf", "root ::= item+\nitem ::= \"- \" [a-z]+ \"\\n\"\n");
        Write("person.json", """{"type":"object","properties":{"name":{"type":"string","maxLength":8}},"required":["name"]}""");
        using (var packed = new GZipStream(File.Create(At("raw.txt.gz")), CompressionLevel.Fastest))
        {
            packed.Write(Encoding.UTF8.GetBytes(SampleCorpus.Generate(5, 2_000)));
        }

        string fixtures = Path.Combine(AppContext.BaseDirectory, "Fixtures", "Exchange");
        File.Copy(Path.Combine(fixtures, "original.pt"), At("grulm.pt"));
        File.Copy(Path.Combine(fixtures, "tokenizer.model"), At("tokenizer.model"));

        TrainingSettings settings = ReadmeTests.Short;
        Train(settings with { Data = [At("book.txt")], OutDir = At("book") });
        Train(settings with { Data = [At("qa.jsonl")], OutDir = At("bot"), Samples = SampleKind.Lines, MaskPrompt = true });
        Train(settings with { Data = [At("names.txt")], OutDir = At("names"), Samples = SampleKind.Lines });
        DeskCopy.CopyFolder(At("book"), At("model"));
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    internal DeskCopy Copy() => new(_folder);

    private static void Train(TrainingSettings settings)
    {
        using var run = TrainingRun.Start(settings);
        run.Run();
    }

    private static IEnumerable<string> Names()
    {
        string[] starts = ["an", "be", "car", "do", "el", "fin", "gus", "he", "il", "jo"], ends = ["na", "ri", "lo", "mi", "ta", "so"];
        return starts.SelectMany(start => ends.Select(end => $"{start}{end}\n"));
    }

    private static IEnumerable<string> Pairs() =>
        Enumerable.Range(0, 40).Select(i => $$"""{"prompt": "What is {{i}} and 1?", "completion": "It is {{i + 1}}."}""" + "\n");

    private string At(string name) => Path.Combine(_folder, name);

    private void Write(string name, string text) => File.WriteAllText(At(name), text);
}
