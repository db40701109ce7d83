// Compiles normalisation rules to the table that model files hold. The bytes are those of the reference's compiler, which builds a minimal
// automaton of the sources first and then lays it out in a double array, first fit over the free units of the last sixteen blocks.
// Source: darts-clone's published layout (Yata 2008 on); the construction here is written from its description and checked by the tables'
// hashes.
using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace GruLM.Tokenization;

/// <summary>Compiles normalisation rules. Not thread-safe.</summary>
public sealed class CharsMapBuilder
{
    private readonly SortedDictionary<int[], int[]> _rules = new(CodePointOrder.Instance);

    /// <summary>Adds a rule: text that reads <paramref name="source"/> (code points) becomes <paramref name="target"/>. A later rule for
    /// the same source replaces it.</summary>
    /// <exception cref="ArgumentException">The source is empty, or either side holds something that is not a Unicode scalar (or
    /// U+0000).</exception>
    public void Add(ReadOnlySpan<int> source, ReadOnlySpan<int> target)
    {
        if (source.IsEmpty)
        {
            throw new ArgumentException("A normalisation rule has an empty source; it must name at least one character.");
        }

        foreach (int c in source)
        {
            Check(c);
        }

        foreach (int c in target)
        {
            Check(c);
        }

        _rules[source.ToArray()] = target.ToArray();

        static void Check(int c)
        {
            if (c == 0 || !Utf8Bytes.IsScalar(c))
            {
                throw new ArgumentException(
                    $"A normalisation rule names U+{c:X4}, which can not stand in text; expected a scalar from U+0001 to U+10FFFF.");
            }
        }
    }

    /// <summary>Reads rules from lines of the form <c>41 30A TAB C5</c>: code points in hexadecimal (U+ may stand before them), a missing
    /// target deletes.</summary>
    /// <exception cref="ArgumentException">A line is not of that form; the message names it.</exception>
    public static CharsMapBuilder FromTsv(TextReader lines)
    {
        ArgumentNullException.ThrowIfNull(lines);
        var builder = new CharsMapBuilder();
        for (int number = 1; lines.ReadLine() is { } line; number++)
        {
            if (line.Length == 0) continue;
            string[] fields = line.Split('\t');
            try
            {
                builder.Add(CodePoints(fields[0]), fields.Length > 1 ? CodePoints(fields[1]) : []);
            }
            catch (Exception e) when (e is FormatException or ArgumentException or OverflowException)
            {
                throw new ArgumentException(
                    $"Line {number} of the normalisation rules, '{line}', is not code points, TAB, code points, in hexadecimal and " +
                    "parted by single spaces, such as '41 30A\tC5'.", e);
            }
        }

        return builder;
    }

    /// <summary>Reads the rules out of a table, such as <see cref="SentencePieceModel.NormalizationTable"/>; none out of an empty
    /// one.</summary>
    /// <exception cref="InvalidDataException">The table is damaged.</exception>
    public static CharsMapBuilder FromTable(ReadOnlySpan<byte> table)
    {
        var builder = new CharsMapBuilder();
        CharsMap.Parse(table)?.ForEach((source, target) => builder._rules[[.. Scalars(source)]] = [.. Scalars(target)]);
        return builder;

        static List<int> Scalars(byte[] utf8)
        {
            var scalars = new List<int>();
            Utf8Bytes.Decode(utf8, scalars);
            return scalars;
        }
    }

    /// <summary>Writes the rules as <see cref="FromTsv"/> reads them, with a comment that shows the characters.</summary>
    public void WriteTsv(TextWriter lines)
    {
        ArgumentNullException.ThrowIfNull(lines);
        foreach ((int[] source, int[] target) in _rules)
        {
            lines.Write($"{Hex(source)}\t{Hex(target)}\t# {Shown(source)} => {Shown(target)}\n");
        }

        static string Hex(int[] scalars) => string.Join(' ', scalars.Select(c => c.ToString("X", CultureInfo.InvariantCulture)));

        // A line must stay a line.
        static string Shown(int[] scalars) => string.Concat(scalars.Select(c => new Rune(c is >= 8 and <= 13 and not '\t' ? ' ' : c)));
    }

    /// <summary>The rules, by source.</summary>
    public IEnumerable<KeyValuePair<int[], int[]>> Rules => _rules;

    /// <summary>The table.</summary>
    /// <exception cref="ArgumentException">There is no rule, or 32 or more rules are prefixes of one another.</exception>
    public byte[] Compile()
    {
        if (_rules.Count == 0)
        {
            throw new ArgumentException("There are no normalisation rules to compile; name 'identity' to leave text as it is.");
        }

        var places = new SortedDictionary<int[], int>(CodePointOrder.Instance);
        foreach (int[] target in _rules.Values)
        {
            places[target] = 0;
        }

        var pool = new List<byte>();
        foreach (int[] target in places.Keys.ToArray())
        {
            places[target] = pool.Count;
            pool.AddRange(ToUtf8(target));
            pool.Add(0);
        }
        // Code point order is bytewise order in UTF-8.
        var automaton = new MinimalAutomaton();
        foreach ((int[] source, int[] target) in _rules)
        {
            automaton.Add(ToUtf8(source), places[target]);
        }

        uint[] units = new DoubleArrayLayout(automaton).Build();

        byte[] table = new byte[4 + units.Length * 4 + pool.Count];
        BinaryPrimitives.WriteUInt32LittleEndian(table, (uint)units.Length * 4);
        for (int i = 0; i < units.Length; i++)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(table.AsSpan(4 + 4 * i), units[i]);
        }

        pool.CopyTo(table, 4 + 4 * units.Length);
        CheckPrefixes();
        return table;
    }

    private void CheckPrefixes()
    {
        // Sorted order puts a rule's prefixes before it, nearest last, so a stack holds them.
        var open = new Stack<int[]>();
        foreach (int[] source in _rules.Keys)
        {
            while (open.TryPeek(out int[]? prefix) && !source.AsSpan().StartsWith(prefix))
            {
                open.Pop();
            }

            open.Push(source);
            if (open.Count >= 32)
            {
                throw new ArgumentException("Too many normalisation rules are prefixes of one another: at most 31 may be.");
            }
        }
    }

    private static byte[] ToUtf8(int[] codePoints)
    {
        byte[] bytes = new byte[codePoints.Length * 4];
        int length = 0;
        foreach (int c in codePoints)
        {
            length += Utf8Bytes.Write(c, bytes.AsSpan(length));
        }

        return bytes[..length];
    }

    private static int[] CodePoints(string field) =>
        [.. field.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(CodePoint)];

    private static int CodePoint(string text)
    {
        ReadOnlySpan<char> digits = text.StartsWith("U+", StringComparison.Ordinal) ? text.AsSpan(2) : text;
        return int.Parse(digits, NumberStyles.HexNumber, CultureInfo.InvariantCulture);
    }

    /// <summary>Lexicographic order of code point sequences.</summary>
    private sealed class CodePointOrder : IComparer<int[]>
    {
        public static readonly CodePointOrder Instance = new();

        public int Compare(int[]? x, int[]? y) => x.AsSpan().SequenceCompareTo(y);
    }
}
