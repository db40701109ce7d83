// grulm eval --repeats: how much of what a model writes stands word for word in the text it was trained on, and, as the natural amount of
// that, how much of the held-out text does.

using System.Globalization;
using System.Text;
using GruLM.Cli.Pipes;
using GruLM.Model;

namespace GruLM.Cli.Runs;

/// <summary>What <c>grulm eval --repeats</c> was told.</summary>
internal sealed record RepeatsSettings
{
    public required string Model { get; init; }

    /// <summary>The training text; null for the recorded one.</summary>
    public string? Data { get; init; }

    /// <summary>How it is read.</summary>
    public DataForm Form { get; init; } = new();

    public int MaxTokens { get; init; }

    public ulong Seed { get; init; }

    public bool Json { get; init; }

    public int Threads { get; init; }
}

/// <summary>Runs <c>grulm eval --repeats</c>.</summary>
internal static class RepeatsRun
{
    // The held-out text is only there to compare with; more of it would not say more.
    private const int MostHeldOut = 1_000_000;

    public static int Run(RepeatsSettings settings, Session session)
    {
        using var model = LanguageModel.Open(settings.Model, settings.Threads);
        (ReadOnlyMemory<byte> training, ReadOnlyMemory<byte> heldOut) = Texts(settings, model.Samples, session);
        if (heldOut.Length > MostHeldOut)
        {
            session.Error.WriteLine(
                string.Create(
                CultureInfo.InvariantCulture, $"note: of the held-out text only the first {MostHeldOut:#,0} bytes are compared"));
            heldOut = heldOut[..MostHeldOut];
        }

        byte[] generated = Encoding.UTF8.GetBytes(Generate(model, settings, session));
        RepeatFigures found = VerbatimRepeats.Find(generated.AsSpan(0, Math.Min(generated.Length, VerbatimRepeats.MaxBytes)), training.Span,
            session.Stop);
        RepeatFigures? natural = heldOut.IsEmpty ? null : VerbatimRepeats.Find(heldOut.Span, training.Span, session.Stop);
        if (settings.Json) WriteJson(found, natural, settings, training.Length, session.Output);
        else WriteText(found, natural, session.Output);
        return ExitCode.Done;
    }

    private static (ReadOnlyMemory<byte> Training, ReadOnlyMemory<byte> HeldOut) Texts(
        RepeatsSettings settings, SampleKind samples, Session session)
    {
        settings.Form.Check(settings.Data is null ? [] : [settings.Data]);
        if (settings.Data is null)
        {
            (Corpus.CorpusText training, Corpus.CorpusText heldOut) = RecordedText.Of(settings.Model, samples)
                .Both(session.Error, session.Stop);
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
                MaxTokens = left
            };
            string part = string.Concat(model.Generate("", options, session.Stop));
            session.Stop.ThrowIfCancellationRequested();
            if (run > 0) text.Append('\n');
            text.Append(part);
            left -= model.Tokenizer.Encode(part).Length + 1;
        }

        return text.ToString();
    }

    private static void WriteText(RepeatFigures found, RepeatFigures? natural, StreamWriter output)
    {
        output.WriteLine(Line("generated", found));
        if (natural is not null) output.WriteLine(Line("held out", natural));
        if (found.Longest > 0) output.WriteLine($"longest copy: {Show(found.LongestText)}");
    }

    private static string Line(string name, RepeatFigures f) => string.Create(CultureInfo.InvariantCulture,
        $"{name,-10} {f.Characters,9:#,0} characters  in copies of 50 or more: {100 * f.Share50:0.0}%  of 100 or more: {100 * f.Share100:0.0}%  longest copy: {f.Longest:#,0}");

    private static string Show(string text) => "\"" + text.Replace("\\", "\\\\", StringComparison.Ordinal)
        .Replace("\n", "\\n", StringComparison.Ordinal) + "\"";

    private static void WriteJson(RepeatFigures found, RepeatFigures? natural, RepeatsSettings settings, int trainingBytes,
        StreamWriter output) => JsonLine.Write(output, json =>
    {
        void Figures(string prefix, RepeatFigures f)
        {
            json.WriteNumber(prefix + "characters", f.Characters);
            json.WriteNumber(prefix + "share_in_copies_50", f.Share50);
            json.WriteNumber(prefix + "share_in_copies_100", f.Share100);
            json.WriteNumber(prefix + "longest_copy", f.Longest);
        }

        json.WriteNumber("seed", settings.Seed);
        json.WriteNumber("training_bytes", trainingBytes);
        Figures("", found);
        json.WriteString("longest_copy_text", found.LongestText);
        if (natural is not null) Figures("held_out_", natural);
    });
}
