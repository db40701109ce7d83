// grulm score: each token of a text with its log-probability on standard output, or each of many documents with its figures; the figures of
// the whole are on standard error.

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
            "--json", "write an object a token: id, piece, logprob (null for the first, which nothing precedes); of --documents: an object "
            + "for each that is kept");
        var documents = new DocumentFlags();
        Option<string> weights = Flags.Weights("auto is fp32");
        Option<string> device = Flags.Device();
        Option<int?> threads = Flags.Threads();
        return new GrulmCommand(
            "score",
            "Tell the natural log-probability of each token of a text, read as one stream in constant memory (the figures are those of "
            + "'grulm eval --samples stream'); or of many documents the figures of each, or keep some of them.",
            [
                "grulm score --model model --data text.txt",
                "grulm score --model model --data - --json < text.txt > scores.jsonl",
                "grulm score --model model --data log.txt --documents > scores.jsonl",
                "grulm score --model model --data - --documents --max-bits 4 < raw.txt > kept.txt",
            ],
            [model, data, .. documents.Options, form.Format, form.Column, json, weights, device, threads],
            (flags, session) =>
            {
                string name = flags.GetValue(data)!;
                KeptDocuments? kept = documents.Read(flags);
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
                if (kept is null) WriteTokens(opened, name, options, flags.GetValue(json), session);
                else WriteDocuments(opened, name, options, new DocumentOutput(session, kept, kept.IsChoice && !flags.GetValue(json)));
                return ExitCode.Done;
            });
    }

    private static void WriteTokens(LanguageModel model, string name, CorpusOptions options, bool asJson, Session session)
    {
        using Stream text = TextCorpus.Open(name, options, session.Stop);
        var scores = new ScoreOutput(session, asJson);
        scores.Write(model.Score(text, session.Stop), TextBytes(name, options.Format));
        if (scores.Tokens == 0) throw new InvalidDataException($"{InputFiles.DisplayName(name)}: is empty, text was expected");
        scores.WriteSummary();
    }

    private static void WriteDocuments(LanguageModel model, string name, CorpusOptions options, DocumentOutput output)
    {
        output.Write(stop => DocumentScoring.ScoreAsync(model, TextCorpus.DocumentsAsync(name, options, stop), stop));
        output.WriteSummary();
    }

    // Of what is packed or stands in records it is not known how much text there will be.
    private static long TextBytes(string name, CorpusFormat? format)
    {
        bool isPlain = (format ?? CorpusFiles.FormatOf(name)) == CorpusFormat.Plain && !CorpusFiles.IsPacked(name);
        return isPlain ? InputFiles.TotalBytes([name]) : 0;
    }
}
