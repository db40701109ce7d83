// How much of what a model writes stands word for word in the text it was trained on, and, as the natural amount of that, how much of the
// held-out text does. How copies are found: VerbatimRepeats.cs.

using System.Text;
using GruLM.Corpus;

namespace GruLM;

/// <summary>What was found.</summary>
/// <param name="Generated">Copies in the model's text.</param>
/// <param name="HeldOut">Copies in the held-out text; null when there is none.</param>
/// <param name="TrainingBytes">Bytes of the text that was compared with.</param>
public sealed record ModelRepeats(RepeatFigures Generated, RepeatFigures? HeldOut, int TrainingBytes)
{
    // The held-out text is only there to compare with; more of it would not say more.
    private const int MaxHeldOutBytes = 1_000_000;

    /// <summary>Lets a model write and looks for copies. Safe for several threads.</summary>
    /// <exception cref="ArgumentException">Settings are out of their range.</exception>
    /// <exception cref="IOException">A file is missing or cannot be read, or this machine lacks the device.</exception>
    /// <exception cref="InvalidDataException">A file is damaged.</exception>
    public static ModelRepeats Find(
        RepeatsSettings settings, IProgressObserver? observer = null, Stream? standardInput = null, CancellationToken cancel = default)
    {
        ArgumentNullException.ThrowIfNull(settings);
        if (settings.MaxTokens <= 0)
        {
            throw new ArgumentOutOfRangeException(null, $"'MaxTokens' is {settings.MaxTokens}; at least 1 was expected");
        }

        using var model = LanguageModel.Open(settings.Model, settings.Threads, settings.Device);
        var reading = new CorpusReading(observer ?? new NoProgress(), cancel)
        {
            Format = settings.DataFormat,
            Column = settings.Column,
            StandardInput = standardInput,
        };
        (ReadOnlyMemory<byte> training, ReadOnlyMemory<byte> heldOut) = Texts(settings, model, reading);
        if (heldOut.Length > MaxHeldOutBytes)
        {
            reading.Observer.OnNotice(
                FormattableString.Invariant($"of the held-out text only the first {MaxHeldOutBytes:#,0} bytes are compared"));
            heldOut = heldOut[..MaxHeldOutBytes];
        }

        byte[] generated = Encoding.UTF8.GetBytes(Generate(model, settings, cancel));
        ReadOnlySpan<byte> compared = generated.AsSpan(0, Math.Min(generated.Length, VerbatimRepeats.MaxBytes));
        RepeatFigures ofModel = VerbatimRepeats.Find(compared, training.Span, cancel);
        RepeatFigures? ofHeldOut = heldOut.IsEmpty ? null : VerbatimRepeats.Find(heldOut.Span, training.Span, cancel);
        return new ModelRepeats(ofModel, ofHeldOut, training.Length);
    }

    private static (ReadOnlyMemory<byte> Training, ReadOnlyMemory<byte> HeldOut) Texts(
        RepeatsSettings settings, LanguageModel model, CorpusReading reading)
    {
        reading.Check(settings.Data);
        if (settings.Data.Count > 0 && !settings.HeldOutOnly) return (reading.Read(settings.Data).Utf8, default);
        (CorpusText training, CorpusText heldOut) = RecordedText.Of(settings.Model, model.Samples, settings.Data).Both(reading);
        return (training.Utf8, heldOut.Utf8);
    }

    // A text that ends early is followed by another, on a line of its own.
    private static string Generate(LanguageModel model, RepeatsSettings settings, CancellationToken cancel)
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
            string part = string.Concat(model.Generate("", options, cancel));
            cancel.ThrowIfCancellationRequested();
            if (run > 0) text.Append('\n');
            text.Append(part);
            left -= model.Tokenizer.Encode(part, cancel).Length + 1;
        }

        return text.ToString();
    }
}
