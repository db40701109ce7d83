// A program with the package GruLM alone: it trains, opens the model and generates. It is run by .NET, trimmed, and as a native program.
using GruLM;

File.WriteAllLines(
    "text.txt", Enumerable.Range(0, 400).Select(i => $"The {(i % 3 == 0 ? "young" : "old")} clock strikes {i % 12}."));
TrainingSettings settings = Recipes.Tiny.Settings with
{
    Data = ["text.txt"],
    OutDir = "model",
    Overwrite = true,
    VocabSize = 300,
    EmbeddingDim = 16,
    HiddenDim = 16,
    NumLayers = 1,
    MaxSteps = 20,
    Threads = 1,
};
using (var run = TrainingRun.Start(settings)) run.Run();
using var model = LanguageModel.Open("model");
string text = "";
await foreach (string part in model.GenerateAsync("The old")) text += part;
if (text.Length == 0) throw new InvalidOperationException("no text came");
Console.WriteLine("trained and generated");
