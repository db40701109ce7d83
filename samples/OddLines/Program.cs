// Finds the lines of a log that are unlike the others: OddLines LOG [MODEL] [COUNT]. It learns a small model of the log in ten seconds,
// unless there is one already, scores all lines side by side, and prints the oddest with their numbers, most bits a byte first. Beside each
// stands the part of it that the model expected least.

using System.Globalization;
using System.Text;
using GruLM;
using GruLM.Corpus;
using GruLM.Model;

int count = 10;
bool isCount = args.Length < 3 || int.TryParse(args[2], CultureInfo.InvariantCulture, out count);
if (args.Length is < 1 or > 3 || !isCount) End(2, "usage: OddLines LOG [MODEL] [COUNT]");
AppDomain.CurrentDomain.UnhandledException += (_, error) => End(1, ((Exception)error.ExceptionObject).Message);
string log = args[0], folder = args.Length > 1 ? args[1] : log + ".model";
if (!File.Exists(Path.Combine(folder, "model.safetensors")))
{
    // Odd lines are few: what is learned from them does not make them usual.
    TrainingSettings settings = Recipes.Tiny.Settings with
    {
        Data = [log],
        OutDir = folder,
        Samples = SampleKind.Lines,
        ValFraction = 0,
        Minutes = 10.0 / 60,
    };
    using var run = TrainingRun.Start(settings);
    run.Run();
}

using var model = LanguageModel.Open(folder);

// The oddest so far, the least odd of them first to go.
var oddest = new PriorityQueue<DocumentScore, double>();
foreach (DocumentScore score in DocumentScoring.Score(model, TextCorpus.Documents(log)))
{
    if (score.BitsPerByte is not { } bits) continue;
    oddest.Enqueue(score, bits);
    if (oddest.Count > count) oddest.Dequeue();
}

foreach (DocumentScore score in oddest.UnorderedItems.Select(item => item.Element).OrderByDescending(score => score.BitsPerByte))
{
    string line = Encoding.UTF8.GetString(score.Document.Utf8.Span);
    Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{score.BitsPerByte:0.00}  line {score.Index + 1}: {line}"));
}

static void End(int code, string line)
{
    Console.Error.WriteLine(line);
    Environment.Exit(code);
}
