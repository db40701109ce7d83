// Two small tokenizers that the command itself has trained, for all tests of a class to work with.
using GruLM.Cli.Demo;

namespace GruLM.Tests.Cli;

/// <summary>A BPE and a unigram model trained once through the command.</summary>
public sealed class TrainedTokenizers : IDisposable
{
    public TrainedTokenizers()
    {
        Root = Directory.CreateTempSubdirectory("grulm-tokenizer-").FullName;
        Text = Path.Combine(Root, "text.txt");
        File.WriteAllText(Text, SampleCorpus.Generate(3, 60_000));
        Bpe = Train("bpe");
        Unigram = Train("unigram");

        string Train(string type)
        {
            (int Code, string Output, string Error) result = CommandsTests.Run(
                "tokenizer", "train", "--input", Text, "--model-prefix", Path.Combine(Root, type), "--vocab_size=300",
                "--model-type", type);
            Assert.Equal((0, ""), (result.Code, result.Output));
            return Path.Combine(Root, type + ".model");
        }
    }

    public string Root { get; }

    public string Text { get; }

    public string Bpe { get; }

    public string Unigram { get; }

    public void Dispose() => Directory.Delete(Root, recursive: true);
}
