// What README.md shows: the lines there are these, and ReadmeTests compares them. It runs in a folder that holds book.txt and other.txt.

using GruLM.Corpus;
using GruLM.Parquet;

namespace GruLM.Tests.Samples;

internal static class ReadmeExamples
{
    public static async Task TrainGenerateScoreTokenise()
    {
        TrainingSettings settings = Recipes.Tiny.Settings with { Data = ["book.txt"], OutDir = "book", Minutes = 2 };
        if (!Directory.Exists("book"))
        {
            using var run = TrainingRun.Start(settings);
            run.Run();
        }

        using var model = LanguageModel.Open("book");
        await foreach (string text in model.GenerateAsync("ROMEO:")) Console.Write(text);
        Console.WriteLine();

        using FileStream file = File.OpenRead("other.txt");
        foreach (ScoredToken token in model.Score(file)) Console.WriteLine($"{token.Piece} {token.LogProb}");

        int[] ids = model.Tokenizer.Encode("Hello, world");
        Console.WriteLine(model.Tokenizer.Decode(ids));
    }

    /// <summary>As the readme of GruLM.Parquet shows it; texts.parquet is there too.</summary>
    public static void ReadParquet()
    {
        ParquetCorpus.Register();
        var corpus = TextCorpus.Read(["texts.parquet"]);
        Console.WriteLine($"{corpus.Counts.Records} rows, {corpus.Counts.Bytes} bytes");
    }
}
