// Reads a corpus sentence by sentence: leaves out what cannot be trained on, counts what a tsv line counts, and keeps all sentences or a
// sample of them, and beside them a sample of specimen texts. The draws are the reference's, so that equal corpora give equal samples.
// Source: SentencePiece's trainer interface.
using System.Text;

namespace GruLM.Tokenization;

/// <summary>The sentences that a training is to read.</summary>
internal sealed class SentenceSampler(TrainingJob job)
{
    private const uint SamplingSeed = 12345678;

    private readonly TrainerOptions _options = job.Options;
    private readonly MersenneTwister _random = new(SamplingSeed);
    private readonly MersenneTwister _specimenRandom = new(job.Options.SelfTestSeed);
    private readonly byte[] _reserved = Utf8Bytes.Encode(PieceRules.Unknown);
    private long _tooLong, _withReserved;
    private long _usable;

    /// <summary>The sentences, in order of reading or of the draw.</summary>
    public List<CountedText> Texts { get; } = [];

    /// <summary>Texts drawn as specimens, as they were read.</summary>
    public List<byte[]> Specimens { get; } = [];

    /// <summary>Reads all sentences.</summary>
    /// <exception cref="InvalidDataException">There is no usable sentence, or a line is not in the form the options say.</exception>
    public void Read(IEnumerable<ReadOnlyMemory<byte>> sentences)
    {
        bool tsv = _options.InputFormat == "tsv";
        long line = 0;
        foreach (ReadOnlyMemory<byte> memory in sentences)
        {
            if ((++line & 0xFFF) == 0)
            {
                job.ThrowIfStopped();
            }

            ReadOnlySpan<byte> text = memory.Span;
            long count = 1;
            if (tsv)
            {
                text = SplitCount(text, line, out count);
            }

            if (text.IsEmpty || IsLeftOut(text))
            {
                continue;
            }

            _usable++;
            if ((_usable & 0xFFFF) == 0)
            {
                Report();
            }

            DrawSpecimen(text);
            if (!Keep(text, count))
            {
                break;
            }
        }

        if (Texts.Count == 0)
        {
            throw new InvalidDataException(NothingUsable(line));
        }

        Report();
    }

    private bool IsLeftOut(ReadOnlySpan<byte> text)
    {
        bool tooLong = text.Length > _options.MaxSentenceLength;
        bool reserved = !tooLong && !_options.LearnsReserved && text.IndexOf(_reserved) >= 0;
        _tooLong += tooLong ? 1 : 0;
        _withReserved += reserved ? 1 : 0;
        return tooLong || reserved;
    }

    private void Report()
    {
        job.LeftOut = new LeftOutSentences(_tooLong, _withReserved);
        job.Report("reading sentences", _usable, 0);
    }

    private string NothingUsable(long lines)
    {
        if (_tooLong + _withReserved == 0)
        {
            return "The corpus has no usable sentence: " + (lines == 0 ? "it is empty." : "all its lines are empty.");
        }

        var reasons = new List<string>();
        if (_tooLong > 0) reasons.Add($"{_tooLong} longer than max_sentence_length ({_options.MaxSentenceLength} bytes)");
        if (_withReserved > 0) reasons.Add($"{_withReserved} with U+2585, which training keeps for itself");
        string left = string.Join(" and ", reasons);
        return $"The corpus has no usable sentence: {left}.";
    }

    private static ReadOnlySpan<byte> SplitCount(ReadOnlySpan<byte> text, long line, out long count)
    {
        int tab = text.IndexOf((byte)'\t');
        if (tab < 0 || text[(tab + 1)..].Contains((byte)'\t')
            || !long.TryParse(Encoding.UTF8.GetString(text[(tab + 1)..]).Trim(' ', '\r'), out count) || count < 1)
        {
            string shown = Encoding.UTF8.GetString(text);
            throw new InvalidDataException(
                $"Line {line} of the tsv input is '{shown}'; expected a text, one TAB and a count of 1 or more.");
        }

        return text[..tab];
    }

    /// <summary>Keeps a sentence if it is drawn; false where no further one can be.</summary>
    private bool Keep(ReadOnlySpan<byte> text, long count)
    {
        ulong limit = _options.InputSentenceSize;
        if (limit == 0 || (ulong)Texts.Count < limit)
        {
            Texts.Add(new CountedText(text.ToArray(), count));
            return limit == 0 || _options.ShuffleInputSentence || (ulong)Texts.Count < limit;
        }

        uint place = _random.Below((uint)Math.Min(_usable, uint.MaxValue));
        if (place < limit)
        {
            Texts[(int)place] = new CountedText(text.ToArray(), count);
        }

        return true;
    }

    private void DrawSpecimen(ReadOnlySpan<byte> text)
    {
        int size = _options.SelfTestSampleSize;
        if (size == 0)
        {
            return;
        }

        if (Specimens.Count < size)
        {
            Specimens.Add(text.ToArray());
        }
        else if (_specimenRandom.Below((uint)Math.Min(_usable, uint.MaxValue)) is uint place && place < size)
        {
            Specimens[(int)place] = text.ToArray();
        }
    }
}
