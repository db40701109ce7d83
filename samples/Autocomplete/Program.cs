// Completes what is being typed: Autocomplete MODEL < beginnings gives for each line the likeliest ways to go on, with their probabilities.
// The same text can come of several searches' ends, since tokens may spell it in several ways; it is shown once.
// What has been typed is read once; when a line only goes on from the one before it, as in typing, no more than the new text is read.

using System.Globalization;
using GruLM;

if (args.Length != 1) End(2, "usage: Autocomplete MODEL < beginnings");
AppDomain.CurrentDomain.UnhandledException += (_, error) => End(1, ((Exception)error.ExceptionObject).Message);
const int Ways = 3;
using var model = LanguageModel.Open(args[0], threads: 1);
var options = new GenerationOptions { MaxTokens = 8, Stop = ["\n"] };
using TextSession typed = model.StartText(options);
string before = "";
while (Console.ReadLine() is { } line)
{
    if (before.Length > 0 && line.StartsWith(before, StringComparison.Ordinal))
    {
        typed.Read(line[before.Length..]);
    }
    else
    {
        typed.Reset();
        typed.Read(line);
    }

    before = line;

    // A fork writes on, and the session stays where the typing is.
    Console.WriteLine(line + "|" + Suggestion(typed));
    foreach (string text in model.Search(line, Ways, options).Select(way => way.Text.TrimEnd('\n')).Distinct())
    {
        double share = Math.Exp(model.LogProb(line, text));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  {share,7:P2}  {text}"));
    }
}

static string Suggestion(TextSession typed)
{
    using TextSession fork = typed.Fork();
    fork.Options = fork.Options with { Sampling = new() { Temperature = 0 } };
    return string.Concat(fork.Write());
}

static void End(int code, string line)
{
    Console.Error.WriteLine(line);
    Environment.Exit(code);
}
