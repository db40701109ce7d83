// grulm score: each token of a text with its log-probability on standard output, and the text's figures on standard error.

using System.CommandLine;
using GruLM.Cli.Pipes;
using GruLM.Corpus;

namespace GruLM.Cli.Commands;

internal static class ScoreCommand
{
    public static GrulmCommand Create()
    {
        Option<string> model = Flags.RequiredText("--model", "DIR", "a model folder", "-m");
        Option<string> data = Flags.RequiredText("--data", "FILE|-",
            "text to score, of any length: plain text, JSON lines or a table, as for train; - for standard input");
        var form = new DataFlags();
        Option<bool> json = Flags.Switch(
            "--json", "write an object a token: id, piece, logprob (null for the first, which nothing precedes)");
        Option<string> weights = Flags.Weights("auto is fp32");
        Option<string> device = Flags.Device();
        Option<int?> threads = Flags.Threads();
        return new GrulmCommand(
            "score",
            "Tell the natural log-probability of each token of a text, read as one stream in constant memory; "
            + "the figures are those of 'grulm eval --samples stream'.",
            ["grulm score --model model --data text.txt", "grulm score --model model --data - --json < text.txt > scores.jsonl"],
            [model, data, form.Format, form.Column, json, weights, device, threads],
            (flags, session) =>
            {
                string name = flags.GetValue(data)!;
                var options = new CorpusOptions
                {
                    Format = form.FormatOf(flags),
                    Column = flags.GetValue(form.Column),
                    StandardInput = session.Input,
                    Notice = notice => session.Error.WriteLine("note: " + SettingWords.ToFlags(notice)),
                };
                InputFiles.Check([name]);
                TextCorpus.Check([name], options);
                using var opened = LanguageModel.Open(
                    flags.GetValue(model)!, flags.GetValue(threads) ?? 0, flags.GetValue(device)!,
                    Flags.WeightsOf(flags.GetValue(weights)!));
                using Stream text = TextCorpus.Open(name, options, session.Stop);
                var scores = new ScoreOutput(session, flags.GetValue(json));
                scores.Write(opened.Score(text, session.Stop), TextBytes(name, options.Format));
                if (scores.Tokens == 0) throw new InvalidDataException($"{InputFiles.DisplayName(name)}: is empty, text was expected");
                scores.WriteSummary();
                return ExitCode.Done;
            });
    }

    // Of what is packed or stands in records it is not known how much text there will be.
    private static long TextBytes(string name, CorpusFormat? format)
    {
        bool isPlain = (format ?? CorpusFiles.FormatOf(name)) == CorpusFormat.Plain && !CorpusFiles.IsPacked(name);
        return isPlain ? InputFiles.TotalBytes([name]) : 0;
    }
}
