// A small model that the command itself has trained, for all tests of a class to work with.
using GruLM.Cli.Demo;

namespace GruLM.Tests.Cli;

/// <summary>A folder with a text and a model of it; tests may write beside them.</summary>
public sealed class TrainedFolder : IDisposable
{
    public TrainedFolder()
    {
        Root = Directory.CreateTempSubdirectory("grulm-commands-").FullName;
        Text = Path.Combine(Root, "text.txt");
        File.WriteAllText(Text, SampleCorpus.Generate(3, 40_000));
        Model = Path.Combine(Root, "model");
        string line = $"train --data {Text} --out-dir {Model} --vocab-size 400 --hidden-dim 32 --emb-dim 32 --num-layers 2"
            + " --epochs 4 --batch-size 4 --bptt 32 --log-interval 10 --lr 0.015";
        (Code, Output, Messages) = CommandsTests.Run(line.Split(' '));
    }

    public string Root { get; }

    public string Text { get; }

    public string Model { get; }

    public int Code { get; }

    public string Output { get; }

    public string Messages { get; }

    public void Dispose() => Directory.Delete(Root, recursive: true);
}
