// A program with the package GruLM.Parquet: it trains on a Parquet file that it writes.
using GruLM;
using GruLM.Parquet;
using Parquet;
using Parquet.Schema;

string[] texts = [.. Enumerable.Range(0, 400).Select(i => $"The {(i % 3 == 0 ? "young" : "old")} clock strikes {i % 12}.")];
var schema = new ParquetSchema(new DataField<string>("text"));
await using (FileStream file = File.Create("texts.parquet"))
{
    await using ParquetWriter writer = await ParquetWriter.CreateAsync(schema, file);
    using ParquetRowGroupWriter group = writer.CreateRowGroup();
    await group.WriteAsync(schema.DataFields[0], texts);
    group.CompleteValidate();
}

ParquetCorpus.Register();
TrainingSettings settings = Recipes.Tiny.Settings with
{
    Data = ["texts.parquet"],
    OutDir = "by-tables",
    VocabSize = 300,
    EmbeddingDim = 16,
    HiddenDim = 16,
    NumLayers = 1,
    MaxSteps = 5,
    Threads = 1,
};
using var run = TrainingRun.Start(settings);
run.Run();
Console.WriteLine("trained on rows");
