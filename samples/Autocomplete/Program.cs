// Completes what is being typed: Autocomplete MODEL < beginnings gives for each line the likeliest ways to go on, with their probabilities.
// What has been typed is read once; when a line only goes on from the one before it, as in typing, no more than the new text is read.

using System.Globalization;
using GruLM;

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
    foreach (Completion way in model.Search(line, Ways, options))
    {
        string text = way.Text.TrimEnd('\n');
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
