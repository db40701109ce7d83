// grulm eval --repeats: how much of what a model writes stands word for word in the text it was trained on, and, as the natural amount of
// that, how much of the held-out text does.

using System.Globalization;
using System.Text;
using System.Text.Json;
using GruLM.Cli.Pipes;
using GruLM.Corpus;
using GruLM.Model;

namespace GruLM.Cli.Runs;

/// <summary>Runs <c>grulm eval --repeats</c>.</summary>
internal static class RepeatsRun
{
    // The held-out text is only there to compare with; more of it would not say more.
    private const int MaxHeldOutBytes = 1_000_000;

    public static int Run(RepeatsSettings settings, Session session)
    {
        using var model = LanguageModel.Open(settings.Model, settings.Threads);
        (ReadOnlyMemory<byte> training, ReadOnlyMemory<byte> heldOut) = Texts(settings, model.Samples, session);
        if (heldOut.Length > MaxHeldOutBytes)
        {
            session.Error.WriteLine(string.Create(
                CultureInfo.InvariantCulture, $"note: of the held-out text only the first {MaxHeldOutBytes:#,0} bytes are compared"));
            heldOut = heldOut[..MaxHeldOutBytes];
        }

        byte[] generated = Encoding.UTF8.GetBytes(Generate(model, settings, session));
        ReadOnlySpan<byte> compared = generated.AsSpan(0, Math.Min(generated.Length, VerbatimRepeats.MaxBytes));
        RepeatFigures ofModel = VerbatimRepeats.Find(compared, training.Span, session.Stop);
        RepeatFigures? ofHeldOut = heldOut.IsEmpty ? null : VerbatimRepeats.Find(heldOut.Span, training.Span, session.Stop);
        if (settings.Json) WriteJson(ofModel, ofHeldOut, settings, training.Length, session.Output);
        else WriteText(ofModel, ofHeldOut, session.Output);
        return ExitCode.Done;
    }

    private static (ReadOnlyMemory<byte> Training, ReadOnlyMemory<byte> HeldOut) Texts(
        RepeatsSettings settings, SampleKind samples, Session session)
    {
        settings.Form.Check(settings.Data is null ? [] : [settings.Data]);
        if (settings.Data is null)
        {
            (CorpusText training, CorpusText heldOut) = RecordedText.Of(settings.Model, samples).Both(session.Error, session.Stop);
            return (training.Utf8, heldOut.Utf8);
        }

        return (settings.Form.Read([settings.Data], session.Input, session.Error, session.Stop).Text.Utf8, default);
    }

    // A text that ends early is followed by another, on a line of its own.
    private static string Generate(LanguageModel model, RepeatsSettings settings, Session session)
    {
        var text = new StringBuilder();
        int left = settings.MaxTokens;
        for (ulong run = 0; left > 0; run++)
        {
            var options = new GenerationOptions
            {
                Sampling = model.Defaults.ToSampling() with { Seed = settings.Seed + run },
                MaxTokens = left,
            };
            string part = string.Concat(model.Generate("", options, session.Stop));
            session.Stop.ThrowIfCancellationRequested();
            if (run > 0) text.Append('\n');
            text.Append(part);
            left -= model.Tokenizer.Encode(part).Length + 1;
        }

        return text.ToString();
    }

    private static void WriteText(RepeatFigures ofModel, RepeatFigures? ofHeldOut, StreamWriter output)
    {
        output.WriteLine(Line("generated", ofModel));
        if (ofHeldOut is not null) output.WriteLine(Line("held out", ofHeldOut));
        if (ofModel.Longest > 0) output.WriteLine($"longest copy: {Quoted(ofModel.LongestText)}");
    }

    private static string Line(string name, RepeatFigures figures) => string.Create(
        CultureInfo.InvariantCulture,
        $"{name,-10} {figures.Characters,9:#,0} characters  in copies of 50 or more: {100 * figures.Share50:0.0}%  "
        + $"of 100 or more: {100 * figures.Share100:0.0}%  longest copy: {figures.Longest:#,0}");

    private static string Quoted(string text)
    {
        string onOneLine = text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal);
        return $"\"{onOneLine}\"";
    }

    private static void WriteJson(
        RepeatFigures ofModel, RepeatFigures? ofHeldOut, RepeatsSettings settings, int trainingBytes, StreamWriter output) =>
        JsonLine.Write(output, json =>
        {
            json.WriteNumber("seed", settings.Seed);
            json.WriteNumber("training_bytes", trainingBytes);
            WriteFigures(json, "", ofModel);
            json.WriteString("longest_copy_text", ofModel.LongestText);
            if (ofHeldOut is not null) WriteFigures(json, "held_out_", ofHeldOut);
        });

    private static void WriteFigures(Utf8JsonWriter json, string prefix, RepeatFigures figures)
    {
        json.WriteNumber(prefix + "characters", figures.Characters);
        json.WriteNumber(prefix + "share_in_copies_50", figures.Share50);
        json.WriteNumber(prefix + "share_in_copies_100", figures.Share100);
        json.WriteNumber(prefix + "longest_copy", figures.Longest);
    }
}
