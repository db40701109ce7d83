// Tells languages apart: WhichLanguage MODEL MODEL … < lines. Each folder holds a model of one language and is named after it. A line is
// the language's whose model needs the fewest bits for it; how far the next one is behind tells how sure that is. Bits of a text compare
// between models with different tokenizers, tokens would not.

using System.Globalization;
using System.Text;
using GruLM;
using GruLM.Corpus;

if (args.Length == 0) End(2, "usage: WhichLanguage MODEL MODEL … < lines");
AppDomain.CurrentDomain.UnhandledException += (_, error) => End(1, ((Exception)error.ExceptionObject).Message);
LanguageModel[] models = [.. args.Select(folder => LanguageModel.Open(folder, threads: 1))];
var lines = new List<CorpusDocument>();
while (Console.ReadLine() is { } line) lines.Add(CorpusDocument.Of(line));

// Bits a byte of every line by every model.
double[][] bits = [.. models.Select(model =>
    DocumentScoring.Score(model, lines).Select(score => score.BitsPerByte ?? double.NaN).ToArray())];
for (int i = 0; i < lines.Count; i++)
{
    var order = Enumerable.Range(0, models.Length).OrderBy(m => bits[m][i]).ToList();
    string text = Encoding.UTF8.GetString(lines[i].Utf8.Span);
    if (double.IsNaN(bits[0][i]))
    {
        Console.WriteLine($"?\t\t{text}");
        continue;
    }

    string best = Path.GetFileName(Path.TrimEndingDirectorySeparator(models[order[0]].Folder));
    double margin = order.Count > 1 ? bits[order[1]][i] - bits[order[0]][i] : 0;
    Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{best}\t+{margin:0.00}\t{text}"));
}

foreach (LanguageModel model in models) model.Dispose();

static void End(int code, string line)
{
    Console.Error.WriteLine(line);
    Environment.Exit(code);
}
