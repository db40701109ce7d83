// The text of a run as its loop reads it: the training part as batches of tokens, the held-out part as tokens with their lengths in bytes.

using GruLM.Corpus;
using GruLM.Model;
using GruLM.Tokenization;
using GruLM.Training;

namespace GruLM;

/// <summary>The tokens of a run. Disposing it closes the files that a long text's tokens are read from.</summary>
/// <param name="Tokenizer">What the text was encoded with.</param>
/// <param name="Data">The training part.</param>
/// <param name="HeldOut">The held-out part; null when there is none.</param>
/// <param name="Files">The open files; null when the tokens are in memory.</param>
internal sealed record PreparedText(Tokenizer Tokenizer, ITrainingData Data, HeldOut? HeldOut, IDisposable? Files) : IDisposable
{
    /// <summary>What evaluations take their tokens from when they read only some: the held-out part, or of a huge one of lines some of
    /// them, which are the same ones whether the rest is encoded too or not.</summary>
    public HeldOut? SomeHeldOut { get; init; } = HeldOut;

    /// <summary>Encodes both parts. Throws <see cref="InvalidDataException"/> when a part has too little to learn from or to be evaluated
    /// on.</summary>
    public static PreparedText Encode(
        Tokenizer tokenizer, CorpusText training, CorpusText heldOut, TextTrainingOptions options, EncodingWork work) =>
        options.Samples == SampleKind.Stream
            ? EncodeStream(tokenizer, training, heldOut, options, work)
            : EncodeLines(tokenizer, training, heldOut, options, work);

    /// <inheritdoc/>
    public void Dispose() => Files?.Dispose();

    private static PreparedText EncodeStream(
        Tokenizer tokenizer, CorpusText training, CorpusText heldOut, TextTrainingOptions options, EncodingWork work)
    {
        TrainingOptions loop = options.Training;
        HeldOutStream? held = heldOut.IsEmpty ? null : TokenizedText.HeldOutStream(tokenizer, heldOut, loop.EvalTokens);
        if (held is { Ids.Length: < 2 })
        {
            throw new InvalidDataException(
                $"{WhatIsHeldOut(options)} has {held.Ids.Length} token(s); at least 2 are needed. {Remedy(options, "text")}");
        }

        ITokens tokens = EncodedText.Stream(tokenizer, training, TokenPath(training, options), work);
        return OrClose(tokens as IDisposable, files =>
        {
            var data = new TokenStream(tokens, loop.BatchSize * loop.GradAccum, loop.Bptt, loop.Seed, loop.RandomBptt, loop.FreshEvery);
            return new PreparedText(tokenizer, data, held, files);
        });
    }

    private static PreparedText EncodeLines(
        Tokenizer tokenizer, CorpusText training, CorpusText heldOut, TextTrainingOptions options, EncodingWork work)
    {
        TrainingOptions loop = options.Training;
        var frame = LineFrame.Of(tokenizer, options.Opening, options.MaskPrompt);
        ITokenLines lines = EncodedText.Lines(tokenizer, training, frame, TokenPath(training, options), work);
        return OrClose(lines as IDisposable, files =>
        {
            int batchSize = loop.BatchSize * loop.GradAccum;
            var data = new LineSamples(lines, frame.Begin, frame.End, batchSize, loop.Bptt, loop.Seed, frame.Mask);
            (HeldOutLines? held, HeldOutLines? some) = HeldOutLines(tokenizer, heldOut, frame, options);
            if (held is { Lines.Count: 0 })
            {
                string wanted = frame.Mask is null ? "text" : ChatTemplate.Default.Ai;
                throw new InvalidDataException($"{WhatIsHeldOut(options)} has no line with {wanted}. {Remedy(options, "lines")}");
            }

            return new PreparedText(tokenizer, data, held, files) { SomeHeldOut = some };
        });
    }

    private static string WhatIsHeldOut(TextTrainingOptions options) => options.HeldOutName ?? $"{options.TextName}: the held-out part";

    // A held-out text of its own has no share.
    private static string Remedy(TextTrainingOptions options, string what) => options.HeldOutName is null
        ? $"Give more {what}, a larger 'ValFraction', or 'ValFraction = 0' for none"
        : $"Give another 'ValData' with more {what}, or leave it out to hold out a part of the training text";

    // All of them, since evaluations take theirs from all over the text; of a huge part of which only some is wanted, lines equally far
    // apart. How many are wanted may be decided later, by the time that there is: all of a huge part begin with those.
    private static (HeldOutLines? All, HeldOutLines? Some) HeldOutLines(
        Tokenizer tokenizer, CorpusText heldOut, LineFrame frame, TextTrainingOptions options)
    {
        if (heldOut.IsEmpty) return (null, null);
        long every = (heldOut.Length / options.MostHeldOutBytes) + 1;
        HeldOutLines some = Encoded(isSome: true);
        if (every == 1 || options.Training.EvalTokens > 0) return (some, some);
        HeldOutLines rest = Encoded(isSome: false);
        return (some with { Lines = [.. some.Lines, .. rest.Lines], Bytes = [.. some.Bytes, .. rest.Bytes] }, some);

        HeldOutLines Encoded(bool isSome) => frame.HeldOut(
            tokenizer, heldOut.Samples().Where((_, i) => (i % every == 0) == isSome), 0, CancellationToken.None);
    }

    // Closes the files when what reads them cannot be made.
    private static PreparedText OrClose(IDisposable? files, Func<IDisposable?, PreparedText> make)
    {
        try
        {
            return make(files);
        }
        catch
        {
            files?.Dispose();
            throw;
        }
    }

    private static string? TokenPath(CorpusText text, TextTrainingOptions options) =>
        text.Length < options.TokenFileFromBytes ? null : options.TokenFilePath;
}
