// Learns from a text for ten seconds, tells how well, writes, and leaves a page about it: TrainAndTalk book.txt folder. However it was
// ended, it goes on when it is started again.

using GruLM;
using GruLM.Report;

if (args.Length != 2) End(2, "usage: TrainAndTalk TEXT FOLDER");
AppDomain.CurrentDomain.UnhandledException += (_, error) => End(1, ((Exception)error.ExceptionObject).Message);
(string text, string folder) = (args[0], args[1]);
TrainingSettings settings = Recipes.Tiny.Settings with { Data = [text], OutDir = folder, Minutes = 10.0 / 60, SaveInterval = 20 };
using (TrainingRun run = TrainingRun.CanResume(folder) ? TrainingRun.Resume(folder) : TrainingRun.Start(settings))
{
    RunOutcome outcome = run.Run();
    Console.WriteLine($"{outcome.Position.Step} steps");
}

EvaluationFigures figures = ModelEvaluation.Run(folder);
Console.WriteLine($"{figures.Plain.BitsPerByte:F3} bits a byte of held-out text");
using (var model = LanguageModel.Open(folder))
{
    await foreach (string piece in model.GenerateAsync("Once", new GenerationOptions { MaxTokens = 100 })) Console.Write(piece);
}

RunReport.Write(folder, Path.Combine(folder, "report.html"));

static void End(int code, string line)
{
    Console.Error.WriteLine(line);
    Environment.Exit(code);
}
