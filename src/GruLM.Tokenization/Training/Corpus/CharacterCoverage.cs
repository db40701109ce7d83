// Which characters a vocabulary must have: the required ones and then the most frequent, until they cover the share of the corpus that is
// asked for. All others are masked in the corpus, so that no piece holds them.
// Hot methods are optimised at once: a training is over before tiered compilation would have noticed them.
// Source: SentencePiece's trainer interface.
using System.Runtime.CompilerServices;
using System.Text;

namespace GruLM.Tokenization;

/// <summary>Chooses the characters of a vocabulary and masks the others.</summary>
internal sealed class CharacterCoverage(TrainingJob job, List<CountedText> texts)
{
    // Of texts that are lines, so many are looked at in no time.
    private const int TextsBetweenStops = 1 << 12;

    private readonly TrainerOptions _options = job.Options;

    /// <summary>Masks rare characters in the texts; returns the kept ones with their counts, by count (largest first), then code
    /// point.</summary>
    /// <exception cref="ArgumentException">The reserved character U+2585 is among those to keep.</exception>
    public List<(int Scalar, long Count)> Apply()
    {
        Dictionary<int, (bool Required, long Count)> counts = CountCharacters(out long total);
        Dictionary<int, long> kept = Choose(counts, total);
        Mask(kept);
        return [.. kept.Select(c => (c.Key, c.Value)).OrderByDescending(c => c.Value).ThenBy(c => c.Key)];
    }

    /// <summary>Counts by code point; a required character's flag outranks every count.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private Dictionary<int, (bool Required, long Count)> CountCharacters(out long total)
    {
        var counts = new Dictionary<int, (bool Required, long Count)>();
        long[] frequent = new long[0x10000];
        var required = new List<int>();
        Utf8Bytes.Decode(Encoding.UTF8.GetBytes(_options.RequiredChars), required);
        foreach (int c in required)
        {
            if (c != 0)
            {
                counts[c] = (true, 0);
            }
        }

        long sum = 0;
        for (int t = 0; t < texts.Count; t++)
        {
            if (t % TextsBetweenStops == 0) job.ThrowIfStopped();
            (byte[] text, long count) = texts[t];
            for (int i = 0; i < text.Length;)
            {
                Utf8Bytes.TryDecode(text.AsSpan(i), out int c, out int length);
                i += length;
                if (c is 0 or ' ')
                {
                    continue;
                }

                sum += count;
                if (c < frequent.Length)
                {
                    frequent[c] += count;
                }
                else
                {
                    counts.TryGetValue(c, out (bool Required, long Count) old);
                    counts[c] = (old.Required, old.Count + count);
                }
            }
        }

        for (int c = 0; c < frequent.Length; c++)
        {
            if (frequent[c] > 0)
            {
                counts.TryGetValue(c, out (bool Required, long Count) old);
                counts[c] = (old.Required, frequent[c]);
            }
        }

        total = sum;
        return counts;
    }

    private Dictionary<int, long> Choose(Dictionary<int, (bool Required, long Count)> counts, long total)
    {
        long covered = 0;
        var kept = new Dictionary<int, long>();
        foreach ((int scalar, (bool _, long count)) in counts
            .OrderByDescending(c => c.Value.Required).ThenByDescending(c => c.Value.Count).ThenBy(c => c.Key))
        {
            float coverage = (float)((double)covered / total);
            if (!_options.UseAllVocab && coverage >= _options.CharacterCoverage)
            {
                break;
            }

            covered += count;
            if (scalar is PieceRules.Boundary or ' ')
            {
                continue;
            }

            if (scalar == PieceRules.Unknown)
            {
                throw new ArgumentException(
                    "U+2585 is reserved for training and can not be in the vocabulary; take it out of required_chars or the rules.");
            }

            kept.Add(scalar, count);
        }

        return kept;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Mask(Dictionary<int, long> kept)
    {
        byte[] mask = Utf8Bytes.Encode(PieceRules.Unknown);
        for (int t = 0; t < texts.Count; t++)
        {
            if (t % TextsBetweenStops == 0) job.ThrowIfStopped();
            byte[] text = texts[t].Text;
            List<byte>? output = null;
            for (int i = 0; i < text.Length;)
            {
                bool valid = Utf8Bytes.TryDecode(text.AsSpan(i), out int c, out int length);
                bool keep = kept.ContainsKey(c);
                if ((!keep || !valid) && output is null)
                {
                    output = new List<byte>(text.Length + 8);
                    output.AddRange(text.AsSpan(0, i));
                }

                output?.AddRange(!keep ? mask : valid ? text.AsSpan(i, length) : Utf8Bytes.Replacement);
                i += length;
            }

            if (output is not null)
            {
                texts[t] = texts[t] with { Text = [.. output] };
            }
        }
    }
}
