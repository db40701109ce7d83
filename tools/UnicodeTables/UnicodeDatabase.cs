// One version of Unicode as its database tells it. It reads the files of Unicode 15.0 (UnicodeData.txt, DerivedAge.txt,
// DerivedNormalizationProps.txt and CaseFolding.txt); an older version is the characters whose age is not above it, since Unicode's
// stability rules fix the normalisation of assigned characters.
// Source: Unicode Standard Annex 15 (normalisation forms) and the Unicode Character Database.
using System.Globalization;

/// <summary>Decompositions, compositions and simple case folding of one version of Unicode.</summary>
internal sealed class UnicodeDatabase
{
    private const int SBase = 0xAC00, LBase = 0x1100, VBase = 0x1161, TBase = 0x11A7, LCount = 19, VCount = 21, TCount = 28;

    private readonly Version?[] _ages = new Version?[0x110000];
    private readonly Version _version;
    private readonly Dictionary<int, int[]> _compatibility = [], _canonical = [];
    private readonly Dictionary<(int, int), int> _composition = [];
    private readonly byte[] _class = new byte[0x110000];
    private readonly Dictionary<int, int> _fold = [];

    public UnicodeDatabase(string folder, Version version)
    {
        _version = version;
        foreach ((int first, int last, string[] fields) in Read(Path.Combine(folder, "DerivedAge.txt")))
        {
            for (int c = first; c <= last; c++)
            {
                _ages[c] = Version.Parse(fields[1]);
            }
        }

        ReadDecompositions(folder);
        ReadCompositions(folder);
        foreach ((int c, int _, string[] fields) in Read(Path.Combine(folder, "CaseFolding.txt")))
        {
            if (IsAssigned(c) && fields[1] is "C" or "S")
            {
                _fold[c] = Hex(fields[2]);
            }
        }
    }

    public bool IsAssigned(int c) => _ages[c] is { } age && age <= _version;

    public int Fold(int c) => _fold.GetValueOrDefault(c, c);

    public static bool IsCharacter(int c) => (c < 0xD800 || c > 0xDFFF) && (c & 0xFFFE) != 0xFFFE && (c < 0xFDD0 || c > 0xFDEF);

    public int[] Decompose(ReadOnlySpan<int> text)
    {
        var output = new List<int>();
        foreach (int c in text)
        {
            Decompose(c, output);
        }

        // Marks are put in order of their classes, stably.
        for (int i = 1; i < output.Count; i++)
        {
            int c = output[i], j = i;
            if (_class[c] == 0)
            {
                continue;
            }

            for (; j > 0 && _class[output[j - 1]] > _class[c]; j--)
            {
                output[j] = output[j - 1];
            }

            output[j] = c;
        }

        return [.. output];
    }

    public int[] Compose(ReadOnlySpan<int> text)
    {
        var output = new List<int>(Decompose(text));
        int starter = -1, lastClass = 0, kept = 0;
        foreach (int c in output.ToArray())
        {
            // A mark is blocked from its starter by one of the same or a higher class between them.
            bool open = starter >= 0 && (kept - 1 == starter || lastClass < _class[c]);
            if (open && TryCompose(output[starter], c, out int composed))
            {
                output[starter] = composed;
                continue;
            }

            if (_class[c] == 0)
            {
                starter = kept;
            }

            lastClass = _class[c];
            output[kept++] = c;
        }

        return [.. output.Take(kept)];
    }

    /// <summary>The data lines of a database file: a range of code points and the fields.</summary>
    public static IEnumerable<(int First, int Last, string[] Fields)> Read(string path)
    {
        foreach (string line in File.ReadLines(path))
        {
            string data = line.Split('#')[0];
            if (string.IsNullOrWhiteSpace(data))
            {
                continue;
            }

            string[] fields = [.. data.Split(';').Select(f => f.Trim())];
            string[] range = fields[0].Split("..");
            yield return (Hex(range[0]), Hex(range[^1]), fields);
        }
    }

    private void ReadDecompositions(string folder)
    {
        foreach ((int c, int _, string[] fields) in Read(Path.Combine(folder, "UnicodeData.txt")))
        {
            if (!IsAssigned(c))
            {
                continue;
            }

            _class[c] = byte.Parse(fields[3], CultureInfo.InvariantCulture);
            if (fields[5].Length == 0)
            {
                continue;
            }

            bool compatibility = fields[5][0] == '<';
            string decomposition = compatibility ? fields[5][(fields[5].IndexOf('>') + 1)..] : fields[5];
            int[] parts = [.. decomposition.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(Hex)];
            _compatibility[c] = parts;
            if (!compatibility)
            {
                _canonical[c] = parts;
            }
        }
    }

    private void ReadCompositions(string folder)
    {
        var excluded = new HashSet<int>();
        foreach ((int first, int last, string[] fields) in Read(Path.Combine(folder, "DerivedNormalizationProps.txt")))
        {
            if (fields[1] == "Full_Composition_Exclusion")
            {
                excluded.UnionWith(Enumerable.Range(first, last - first + 1));
            }
        }

        foreach ((int c, int[] parts) in _canonical)
        {
            if (parts.Length == 2 && !excluded.Contains(c))
            {
                _composition[(parts[0], parts[1])] = c;
            }
        }
    }

    private static int Hex(string text) => int.Parse(text, NumberStyles.HexNumber, CultureInfo.InvariantCulture);

    private void Decompose(int c, List<int> output)
    {
        int syllable = c - SBase;
        if (syllable is >= 0 and < LCount * VCount * TCount)
        {
            output.Add(LBase + syllable / (VCount * TCount));
            output.Add(VBase + syllable % (VCount * TCount) / TCount);
            if (syllable % TCount != 0)
            {
                output.Add(TBase + syllable % TCount);
            }
        }
        else if (_compatibility.TryGetValue(c, out int[]? parts))
        {
            foreach (int part in parts)
            {
                Decompose(part, output);
            }
        }
        else
        {
            output.Add(c);
        }
    }

    private bool TryCompose(int first, int second, out int composed)
    {
        if (first is >= LBase and < LBase + LCount && second is >= VBase and < VBase + VCount)
        {
            composed = SBase + ((first - LBase) * VCount + second - VBase) * TCount;
            return true;
        }

        if (first is >= SBase and < SBase + LCount * VCount * TCount && (first - SBase) % TCount == 0
            && second is > TBase and < TBase + TCount)
        {
            composed = first + second - TBase;
            return true;
        }

        return _composition.TryGetValue((first, second), out composed);
    }
}
