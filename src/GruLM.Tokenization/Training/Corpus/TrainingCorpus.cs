// The text a tokenizer is trained on, as the trainers want it: filtered and sampled, normalised, symbols cut out, rare characters masked,
// optionally split into counted words. Every order is fixed, since piece choices hang on it: sentences in order of reading (or of the
// draw), words by count and bytes.
// Hot methods are optimised at once: a training is over before tiered compilation would have noticed them.
// Source: SentencePiece's trainer interface.
using System.Runtime.CompilerServices;
using System.Text;

namespace GruLM.Tokenization;

/// <summary>A sentence or word and how often it stands.</summary>
internal readonly record struct CountedText(byte[] Text, long Count);

/// <summary>A loaded corpus.</summary>
internal sealed class TrainingCorpus
{
    private const uint SamplingSeed = 12345678;

    private readonly TrainerOptions _options;
    private readonly List<CountedText> _texts = [];

    private TrainingCorpus(TrainerOptions options) => _options = options;

    /// <summary>The sentences, or after <see cref="SplitIntoWords"/> the words.</summary>
    public List<CountedText> Texts => _texts;

    /// <summary>The characters the vocabulary must have and their counts; by count (largest first), then code point.</summary>
    public List<(int Scalar, long Count)> RequiredChars { get; } = [];

    /// <summary>Texts drawn as specimens, as they were read.</summary>
    public List<byte[]> SelfTestSamples { get; } = [];

    /// <summary>Reads, samples and prepares.</summary>
    /// <exception cref="InvalidDataException">The corpus is empty or not in the form the options say.</exception>
    /// <exception cref="VocabularySizeException">The special pieces and characters do not fit (unigram and BPE).</exception>
    public static TrainingCorpus Load(
        TrainerOptions options, MetaPieces meta, Normalizer normalizer, IEnumerable<ReadOnlyMemory<byte>> sentences,
        Action<TrainingProgress>? progress, CancellationToken cancellation, bool checkSize = true)
    {
        var corpus = new TrainingCorpus(options);
        corpus.Read(sentences, progress, cancellation);
        corpus.Normalize(meta, normalizer, progress, cancellation);
        corpus.MaskRareCharacters();
        int minimum = corpus.RequiredChars.Count + meta.Count;
        if (checkSize && options.ModelType is (ModelType.Unigram or ModelType.Bpe) && options.VocabSize < minimum)
        {
            throw new VocabularySizeException(
                $"A vocabulary of {options.VocabSize} is too small: {meta.Count} special pieces and {corpus.RequiredChars.Count} required characters " +
                $"need at least {minimum}. Ask for {minimum} or more, or lower the character coverage.", minimum, null);
        }

        return corpus;
    }

    /// <summary>Splits at spaces and counts equal words; by count (largest first), then bytes.</summary>
    public void SplitIntoWords(bool whitespaceAsSuffix, bool allowWhitespaceOnly)
    {
        var counts = new ByteStringMap(1 << 12);
        foreach ((byte[] text, long count) in _texts)
        {
            foreach (Range word in WordSplitter.Split(text, whitespaceAsSuffix, allowWhitespaceOnly))
            {
                counts.GetOrAdd(text.AsSpan(word), out _) += count;
            }
        }

        _texts.Clear();
        for (int i = 0; i < counts.Count; i++)
        {
            _texts.Add(new CountedText(counts.KeyAt(i).ToArray(), counts.ValueAt(i)));
        }

        _texts.Sort((a, b) => a.Count != b.Count ? b.Count.CompareTo(a.Count) : a.Text.AsSpan().SequenceCompareTo(b.Text));
    }

    /// <summary>Replaces a delimiter by the boundary no piece crosses.</summary>
    public void ReplaceDelimiter(string delimiter)
    {
        byte[] sought = Encoding.UTF8.GetBytes(delimiter);
        for (int i = 0; i < _texts.Count; i++)
        {
            ReadOnlySpan<byte> text = _texts[i].Text;
            if (text.IndexOf(sought) < 0)
            {
                continue;
            }

            var output = new List<byte>(text.Length);
            while (text.IndexOf(sought) is >= 0 and int at)
            {
                output.AddRange(text[..at]);
                output.Add(PieceRules.Boundary);
                text = text[(at + sought.Length)..];
            }

            output.AddRange(text);
            _texts[i] = _texts[i] with { Text = [.. output] };
        }
    }

    private void Read(IEnumerable<ReadOnlyMemory<byte>> sentences, Action<TrainingProgress>? progress, CancellationToken cancellation)
    {
        bool tsv = _options.InputFormat == "tsv";
        byte[] reserved = Utf8Bytes.Encode(PieceRules.Unknown);
        var random = new MersenneTwister(SamplingSeed);
        var specimens = new MersenneTwister(_options.SelfTestSeed);
        long kept = 0, line = 0;
        foreach (ReadOnlyMemory<byte> memory in sentences)
        {
            line++;
            ReadOnlySpan<byte> text = memory.Span;
            long count = 1;
            if (tsv)
            {
                int tab = text.IndexOf((byte)'\t');
                if (tab < 0 || text[(tab + 1)..].Contains((byte)'\t')
                    || !long.TryParse(Encoding.UTF8.GetString(text[(tab + 1)..]).Trim(' ', '\r'), out count) || count < 1)
                {
                    throw new InvalidDataException(
                        $"Line {line} of the tsv input is '{Encoding.UTF8.GetString(text)}'; expected a text, one TAB and a count of 1 or more.");
                }

                text = text[..tab];
            }

            if (text.IsEmpty || text.Length > _options.MaxSentenceLength || text.IndexOf(reserved) >= 0)
            {
                continue;
            }

            kept++;
            if ((kept & 0xFFFF) == 0)
            {
                cancellation.ThrowIfCancellationRequested();
                progress?.Invoke(new TrainingProgress("reading sentences", kept, 0));
            }

            Draw(SelfTestSamples, _options.SelfTestSampleSize, kept, specimens, text);
            ulong limit = _options.InputSentenceSize;
            if (limit == 0 || (ulong)_texts.Count < limit)
            {
                _texts.Add(new CountedText(text.ToArray(), count));
                if (limit > 0 && !_options.ShuffleInputSentence && (ulong)_texts.Count >= limit)
                {
                    break;
                }
            }
            else
            {
                uint place = random.Below((uint)Math.Min(kept, uint.MaxValue));
                if (place < limit)
                {
                    _texts[(int)place] = new CountedText(text.ToArray(), count);
                }
            }
        }

        if (_texts.Count == 0)
        {
            throw new InvalidDataException(
                $"The corpus has no usable sentence: all are empty, longer than max_sentence_length ({_options.MaxSentenceLength} bytes) or contain U+2585.");
        }
    }

    private static void Draw(List<byte[]> samples, int size, long seen, MersenneTwister random, ReadOnlySpan<byte> text)
    {
        if (size == 0)
        {
            return;
        }

        if (samples.Count < size)
        {
            samples.Add(text.ToArray());
        }
        else if (random.Below((uint)Math.Min(seen, uint.MaxValue)) is uint place && place < size)
        {
            samples[(int)place] = text.ToArray();
        }
    }

    private void Normalize(MetaPieces meta, Normalizer normalizer, Action<TrainingProgress>? progress, CancellationToken cancellation)
    {
        var symbols = PieceTrie.Create(meta.Texts.Select((text, i) => (text, i)));
        const int Block = 4096;
        Parallel.For(0, (_texts.Count + Block - 1) / Block, _options.Parallelism(cancellation), block =>
        {
            var window = new NormalizedText();
            for (int i = block * Block; i < Math.Min(_texts.Count, (block + 1) * Block); i++)
            {
                window.Reset(track: false);
                var state = new NormalizerProgress();
                normalizer.Advance(ref state, _texts[i].Text, final: true, window, int.MaxValue);
                _texts[i] = _texts[i] with { Text = CutOut(symbols, window.Bytes.AsSpan(0, window.Length)) };
            }
        });
        progress?.Invoke(new TrainingProgress("normalising sentences", _texts.Count, _texts.Count));

        // An empty sentence is replaced by the last one, which is not looked at again: the order of what remains is part of the result.
        for (int i = 0; i < _texts.Count; i++)
        {
            if (_texts[i].Text.Length > 0)
            {
                continue;
            }

            _texts[i] = _texts[^1];
            _texts.RemoveAt(_texts.Count - 1);
        }
    }

    /// <summary>Replaces every symbol by the boundary that no piece crosses.</summary>
    private static byte[] CutOut(PieceTrie symbols, ReadOnlySpan<byte> text)
    {
        List<byte>? output = null;
        for (int i = 0; i < text.Length;)
        {
            int length = symbols.LongestPrefix(text[i..], out _);
            if (length > 0)
            {
                if (output is null)
                {
                    output = new List<byte>(text.Length);
                    output.AddRange(text[..i]);
                }

                output.Add(PieceRules.Boundary);
                i += length;
                continue;
            }

            length = Utf8Bytes.CharLength(text[i..]);
            output?.AddRange(text.Slice(i, length));
            i += length;
        }

        return output is null ? text.ToArray() : [.. output];
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void MaskRareCharacters()
    {
        // Counts by code point; a required character's flag outranks every count.
        var counts = new Dictionary<int, (bool Required, long Count)>();
        long[] frequent = new long[0x10000];
        long total = 0;
        var required = new List<int>();
        Utf8Bytes.Decode(Encoding.UTF8.GetBytes(_options.RequiredChars), required);
        foreach (int c in required)
        {
            if (c != 0)
            {
                counts[c] = (true, 0);
            }
        }

        foreach ((byte[] text, long count) in _texts)
        {
            for (int i = 0; i < text.Length;)
            {
                Utf8Bytes.TryDecode(text.AsSpan(i), out int c, out int length);
                i += length;
                if (c is 0 or ' ')
                {
                    continue;
                }

                total += count;
                if (c < frequent.Length)
                {
                    frequent[c] += count;
                }
                else
                {
                    counts[c] = counts.TryGetValue(c, out (bool Required, long Count) old)
                        ? (old.Required, old.Count + count)
                        : (false, count);
                }
            }
        }

        for (int c = 0; c < frequent.Length; c++)
        {
            if (frequent[c] > 0)
            {
                counts[c] = (counts.TryGetValue(c, out (bool Required, long Count) old) && old.Required, frequent[c]);
            }
        }

        long covered = 0;
        var kept = new Dictionary<int, long>();
        foreach (KeyValuePair<int, (bool Required, long Count)> c in counts
            .OrderByDescending(c => c.Value.Required).ThenByDescending(c => c.Value.Count).ThenBy(c => c.Key))
        {
            float coverage = (float)((double)covered / total);
            if (!_options.UseAllVocab && coverage >= _options.CharacterCoverage)
            {
                break;
            }

            covered += c.Value.Count;
            if (c.Key is PieceRules.Boundary or ' ')
            {
                continue;
            }

            if (c.Key == PieceRules.Unknown)
            {
                throw new ArgumentException(
                    "U+2585 is reserved for training and can not be in the vocabulary; take it out of required_chars or the rules.");
            }

            kept.Add(c.Key, c.Value.Count);
        }

        RequiredChars.AddRange(kept.Select(c => (c.Key, c.Value)).OrderByDescending(c => c.Value).ThenBy(c => c.Key));

        byte[] mask = Utf8Bytes.Encode(PieceRules.Unknown);
        for (int t = 0; t < _texts.Count; t++)
        {
            byte[] text = _texts[t].Text;
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
                _texts[t] = _texts[t] with { Text = [.. output] };
            }
        }
    }
}
