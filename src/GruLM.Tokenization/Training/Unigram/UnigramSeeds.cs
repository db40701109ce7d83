// Where a unigram training begins: all characters of the corpus and all its repeats, found through a suffix array, by how much text they
// cover. The order among equals (the order in which the sweep closes repeats) decides which survive later, so it is the reference's.
// Hot methods are optimised at once: a training is over before tiered compilation would have noticed them.
// Source: SentencePiece's unigram trainer.
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;

namespace GruLM.Tokenization;

/// <summary>The pieces a unigram training begins with: all characters, then repeats of the corpus by how much text they cover.</summary>
internal sealed class UnigramSeeds(TrainingJob job, TrainingCorpus corpus)
{
    // Lines and repeats that are gone through in no time.
    private const int StepsBetweenStops = 1 << 12;

    // The same for characters.
    private const int RowBetweenStops = 1 << 20;

    private readonly TrainerOptions _options = job.Options;

    private const int Boundary = 0;

    /// <summary>The seeds with the logarithms of their shares.</summary>
    public List<(byte[] Text, float Score)> Make()
    {
        (int[] row, List<(byte[] Text, long Count)> characters) = LayInRow();
        var seeds = new List<(byte[] Text, float Score)>();
        foreach ((byte[] text, long count) in characters)
        {
            seeds.Add((text, count));
        }

        if (_options.SeedSentencepiecesFile.Length > 0)
        {
            seeds.AddRange(FromFile());
        }
        else
        {
            AddRepeats(row, seeds);
        }

        float sum = 0;
        foreach ((byte[] _, float score) in seeds)
        {
            sum += score;
        }

        float logSum = (float)Math.Log(sum);
        for (int i = 0; i < seeds.Count; i++)
        {
            seeds[i] = (seeds[i].Text, (float)(Math.Log(seeds[i].Score) - logSum));
        }

        return seeds;
    }

    /// <summary>Lays all sentences in one row with a boundary after each, and counts characters.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private (int[] Row, List<(byte[] Text, long Count)> Characters) LayInRow()
    {
        bool twice = _options.Compat != Compatibility.V01 && _options.InputFormat == "tsv";
        byte[] delimiter = Encoding.UTF8.GetBytes(_options.PretokenizationDelimiter);
        var row = new List<int>();
        var counts = new Dictionary<int, long>();
        for (int t = 0; t < corpus.Texts.Count; t++)
        {
            if (t % StepsBetweenStops == 0) job.ThrowIfStopped();
            (byte[] text, long count) = corpus.Texts[t];
            int begin = row.Count;
            if (delimiter.Length > 0)
            {
                LayWithoutDelimiters(t, delimiter, row);
            }
            else
            {
                Utf8Bytes.Decode(text, row);
            }

            int end = row.Count;
            for (int i = begin; i < end; i++)
            {
                if (row[i] is PieceRules.Unknown or Boundary)
                {
                    continue;
                }

                counts[row[i]] = counts.GetValueOrDefault(row[i]) + count;
            }

            row.Add(Boundary);
            if (twice)
            {
                for (int i = begin; i < end; i++)
                {
                    row.Add(row[i]);
                }

                row.Add(Boundary);
            }
        }

        var characters = counts.Select(c => (Text: Utf8Bytes.Encode(c.Key), Count: c.Value)).ToList();
        characters.Sort((a, b) => a.Count != b.Count ? b.Count.CompareTo(a.Count) : a.Text.AsSpan().SequenceCompareTo(b.Text));
        return ([.. row], characters);
    }

    /// <summary>Lays the parts between delimiters and takes the delimiters out of the sentence.</summary>
    private void LayWithoutDelimiters(int sentence, byte[] delimiter, List<int> row)
    {
        (byte[] text, long count) = corpus.Texts[sentence];
        var joined = new List<byte>(text.Length);
        ReadOnlySpan<byte> unread = text;
        while (true)
        {
            int at = unread.IndexOf(delimiter);
            ReadOnlySpan<byte> part = at < 0 ? unread : unread[..at];
            Utf8Bytes.Decode(part, row);
            row.Add(Boundary);
            joined.AddRange(part);
            if (at < 0)
            {
                break;
            }

            unread = unread[(at + delimiter.Length)..];
        }

        corpus.Texts[sentence] = new CountedText([.. joined], count);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void AddRepeats(int[] row, List<(byte[] Text, float Score)> seeds)
    {
        List<Repeat> repeats = FindRepeats(row);
        job.Sort(repeats, (a, b) => a.Score != b.Score ? b.Score.CompareTo(a.Score) : a.Index.CompareTo(b.Index));
        // 0.1 counts the characters against the limit, 0.2 does not.
        long left = _options.Compat == Compatibility.V01 ? _options.SeedSentencepieceSize - seeds.Count : _options.SeedSentencepieceSize;
        Span<byte> buffer = stackalloc byte[4];
        var text = new List<byte>();
        foreach (Repeat repeat in repeats)
        {
            if (left-- == 0)
            {
                break;
            }

            text.Clear();
            foreach (int scalar in row.AsSpan(repeat.Offset, repeat.Length))
            {
                text.AddRange(buffer[..Utf8Bytes.Write(scalar, buffer)]);
            }

            seeds.Add(([.. text], repeat.Score));
        }
    }

    /// <summary>The repeats of the row that may be pieces, in the order in which the sweep closes them.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private List<Repeat> FindRepeats(int[] row)
    {
        int[] dense = NumberDensely(row, out int alphabet);
        job.ThrowIfStopped();
        int[] order = SuffixArray.Build(dense, alphabet, job.Cancellation);
        var rules = new PieceRules(_options);
        var repeats = new List<Repeat>();
        int index = -1;
        foreach ((int left, int right, int length) in SuffixArray.Repeats(dense, order, job.Cancellation))
        {
            if (++index % StepsBetweenStops == 0) job.ThrowIfStopped();
            int offset = order[left];
            if (length <= 1 || length > _options.MaxSentencepieceLength)
            {
                continue;
            }

            if (_options.Compat != Compatibility.V01 && offset + length >= row.Length)
            {
                continue;
            }

            if (rules.IsValid(row.AsSpan(offset, length)))
            {
                repeats.Add(new Repeat(index, offset, length, unchecked((right - left) * length)));
            }
        }

        return repeats;
    }

    /// <summary>The row in numbers from 0 on, in code point order, which keeps the sort's buckets few.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private int[] NumberDensely(int[] row, out int alphabet)
    {
        var seen = new HashSet<int>();
        foreach (int[] part in row.Chunk(RowBetweenStops))
        {
            job.ThrowIfStopped();
            seen.UnionWith(part);
        }

        int[] values = [.. seen.Order()];
        var numbers = new Dictionary<int, int>(values.Length);
        for (int i = 0; i < values.Length; i++)
        {
            numbers[values[i]] = i;
        }

        int[] dense = new int[row.Length];
        for (int i = 0; i < row.Length; i++)
        {
            if (i % RowBetweenStops == 0) job.ThrowIfStopped();
            dense[i] = numbers[row[i]];
        }

        alphabet = values.Length;
        return dense;
    }

    private List<(byte[] Text, float Score)> FromFile()
    {
        var rules = new PieceRules(_options);
        var seeds = new List<(byte[] Text, float Score)>();
        int number = 0;
        foreach (ReadOnlyMemory<byte> line in SentenceReader.ReadList(_options.SeedSentencepiecesFile, job.Cancellation))
        {
            number++;
            int tab = line.Span.IndexOf((byte)'\t');
            string count = tab < 0 ? "" : Encoding.UTF8.GetString(line.Span[(tab + 1)..]).Split('\t')[0];
            if (!long.TryParse(count, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long frequency))
            {
                throw new InvalidDataException($"Line {number} of '{_options.SeedSentencepiecesFile}' is not a piece, a TAB and a count.");
            }

            var scalars = new List<int>();
            Utf8Bytes.Decode(line.Span[..tab], scalars);
            if (rules.IsValid(CollectionsMarshal.AsSpan(scalars)))
            {
                seeds.Add((line.Span[..tab].ToArray(), frequency * scalars.Count));
            }
        }

        seeds.Sort((a, b) => a.Score != b.Score ? b.Score.CompareTo(a.Score) : a.Text.AsSpan().SequenceCompareTo(b.Text));
        if (seeds.Count > _options.SeedSentencepieceSize)
        {
            seeds.RemoveRange(_options.SeedSentencepieceSize, seeds.Count - _options.SeedSentencepieceSize);
        }

        return seeds;
    }

    /// <summary>Text that the corpus holds more than once: its number, one of its places in the row, its length and how much of the row it
    /// covers.</summary>
    private readonly record struct Repeat(int Index, int Offset, int Length, int Score);
}
