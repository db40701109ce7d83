// A text cut into the part that is learned and the part that is held out, in the one way that training, resuming and evaluating share.

using GruLM.Model;

namespace GruLM.Corpus;

/// <summary>Cuts texts as settings say.</summary>
internal static class HeldOutPart
{
    /// <summary>Both parts; the second is empty where nothing is held out. With <paramref name="heldOutOnly"/> the first may be left
    /// out.</summary>
    public static (CorpusText Training, CorpusText HeldOut) Split(
        CorpusText text, SampleKind samples, TrainingSettings settings, HeldOutSplit split, bool heldOutOnly = false,
        CancellationToken cancel = default)
    {
        double fraction = settings.ValFraction;
        if (fraction == 0) return (text, default);
        if (samples == SampleKind.Stream) return text.SplitByCharacters(fraction);
        if (split == HeldOutSplit.Last) return text.SplitBySamples(fraction);
        return DrawnSamples.Split(text, new SampleDraw(fraction, settings.Seed) { HeldOutOnly = heldOutOnly }, cancel);
    }
}
