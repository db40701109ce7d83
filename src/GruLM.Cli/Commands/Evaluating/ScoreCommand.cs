// grulm score: each token of a text with its log-probability on standard output, or each of many documents with its figures; the figures of
// the whole are on standard error.

using System.CommandLine;
using GruLM.Cli.Pipes;
using GruLM.Corpus;
using GruLM.Distributed;
using GruLM.Model;

namespace GruLM.Cli.Commands;

internal static class ScoreCommand
{
    /// <summary>Its name.</summary>
    public const string Name = "score";

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
            Name,
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
                string folder = flags.GetValue(model)!;
                RankGroup? group = Join(name, kept, folder);
                TextCorpus.Check([name], options);
                using var opened = LanguageModel.Open(
                    folder, flags.GetValue(threads) ?? group?.Threads ?? 0, flags.GetValue(device)!,
                    Flags.WeightsOf(flags.GetValue(weights)!));
                bool asJson = flags.GetValue(json);
                if (kept is null) WriteTokens(opened, name, options, asJson, session);
                else WriteDocuments(opened, name, options, new DocumentOutput(session, kept, kept.IsChoice && !asJson), group);
                return ExitCode.Done;
            });
    }

    // A launcher's processes share out documents.
    private static RankGroup? Join(string name, KeptDocuments? kept, string folder)
    {
        if (Launcher.IsPresent && kept is null)
        {
            throw new UsageException("the tokens of one text are scored by one process; several of them share out --documents");
        }

        return SharedFiles.Join([name], [ModelFolder.TokenizerPath(folder), Path.Combine(folder, ModelFile.WeightsName)]);
    }

    private static void WriteTokens(LanguageModel model, string name, CorpusOptions options, bool asJson, Session session)
    {
        using Stream text = TextCorpus.Open(name, options, session.Stop);
        var scores = new ScoreOutput(session, asJson);
        scores.Write(model.Score(text, session.Stop), TextBytes(name, options.Format));
        if (scores.Tokens == 0) throw new InvalidDataException($"{InputFiles.DisplayName(name)}: is empty, text was expected");
        scores.WriteSummary();
    }

    private static void WriteDocuments(
        LanguageModel model, string name, CorpusOptions options, DocumentOutput output, RankGroup? group)
    {
        if (group is null) output.Write(stop => DocumentScoring.ScoreAsync(model, TextCorpus.DocumentsAsync(name, options, stop), stop));
        else output.Write(group, model, TextCorpus.Documents(name, options));
        output.WriteSummary();
    }

    // Of what is packed or stands in records it is not known how much text there will be.
    private static long TextBytes(string name, CorpusFormat? format)
    {
        bool isPlain = (format ?? CorpusFiles.FormatOf(name)) == CorpusFormat.Plain && !CorpusFiles.IsPacked(name);
        return isPlain ? InputFiles.TotalBytes([name]) : 0;
    }
}
