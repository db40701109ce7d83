// The text a tokenizer is trained on, as the trainers want it: filtered and sampled, normalised, symbols cut out, rare characters masked,
// optionally split into counted words. Every order is fixed, since piece choices hang on it: sentences in order of reading (or of the
// draw), words by count and bytes.
// Source: SentencePiece's trainer interface.
using System.Text;

namespace GruLM.Tokenization;

/// <summary>A loaded corpus.</summary>
internal sealed class TrainingCorpus
{
    // Sentences normalised at a time by one thread.
    private const int Block = 4096;

    private readonly List<CountedText> _texts;

    private TrainingCorpus(SentenceSampler sentences) => (_texts, SelfTestSamples) = (sentences.Texts, sentences.Specimens);

    /// <summary>The sentences, or after <see cref="SplitIntoWords"/> the words.</summary>
    public List<CountedText> Texts => _texts;

    /// <summary>The characters the vocabulary must have and their counts; by count (largest first), then code point.</summary>
    public List<(int Scalar, long Count)> RequiredChars { get; private set; } = [];

    /// <summary>Texts drawn as specimens, as they were read.</summary>
    public List<byte[]> SelfTestSamples { get; }

    /// <summary>Reads, samples and prepares.</summary>
    /// <exception cref="InvalidDataException">The corpus is empty or not in the form the options say.</exception>
    public static TrainingCorpus Load(TrainingJob job, Normalizer normalizer, IEnumerable<ReadOnlyMemory<byte>> sentences)
    {
        var sampler = new SentenceSampler(job);
        sampler.Read(sentences);
        var corpus = new TrainingCorpus(sampler);
        corpus.Normalize(job, normalizer);
        corpus.RequiredChars = new CharacterCoverage(job, corpus._texts).Apply();
        return corpus;
    }

    /// <summary>Checks that the special pieces and the required characters fit into the vocabulary (unigram and BPE).</summary>
    /// <exception cref="VocabularySizeException">They do not; the exception names the smallest size.</exception>
    public void CheckVocabSize(TrainingJob job)
    {
        (TrainerOptions options, int special) = (job.Options, job.Meta.Count);
        int minimum = RequiredChars.Count + special;
        if (options.ModelType is (ModelType.Unigram or ModelType.Bpe) && options.VocabSize < minimum)
        {
            throw new VocabularySizeException(
                $"A vocabulary of {options.VocabSize} is too small: {special} special pieces and {RequiredChars.Count} required " +
                $"characters need at least {minimum}: give 'VocabSize' {minimum} or more.", minimum, null);
        }
    }

    /// <summary>Splits at spaces and counts equal words; by count (largest first), then bytes.</summary>
    public void SplitIntoWords(TrainingJob job, bool whitespaceAsSuffix, bool allowWhitespaceOnly)
    {
        var counts = new ByteStringMap(1 << 12);
        for (int i = 0; i < _texts.Count; i++)
        {
            if (i % Block == 0) job.ThrowIfStopped();
            (byte[] text, long count) = _texts[i];
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

        job.Sort(_texts, (a, b) => a.Count != b.Count ? b.Count.CompareTo(a.Count) : a.Text.AsSpan().SequenceCompareTo(b.Text));
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

    private void Normalize(TrainingJob job, Normalizer normalizer)
    {
        var symbols = PieceTrie.Create(job.Meta.Texts.Select((text, i) => (text, i)));
        Parallel.For(0, (_texts.Count + Block - 1) / Block, job.Options.Parallelism(job.Cancellation), block =>
        {
            var window = new NormalizedText();
            for (int i = block * Block; i < Math.Min(_texts.Count, (block + 1) * Block); i++)
            {
                job.ThrowIfStopped();
                window.Reset(track: false);
                var state = new NormalizerProgress();
                normalizer.Advance(ref state, _texts[i].Text, final: true, window, int.MaxValue);
                _texts[i] = _texts[i] with { Text = CutOut(symbols, window.Bytes.AsSpan(0, window.Length)) };
            }
        });
        job.Report("normalising sentences", _texts.Count, _texts.Count);
        RemoveEmpty();
    }

    private void RemoveEmpty()
    {
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
}
