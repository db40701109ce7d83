// Makes the Unicode tables of this folder from the Unicode Character Database: normalisation tables for Unicode 13 (compat 0.1) and 15
// (compat 0.2) and the script table for Unicode 9. Run it by hand, never as part of a build:
//     dotnet run Generate.cs -- DIRECTORY-OF-THE-UNICODE-15.0-DATABASE
// It reads UnicodeData.txt, DerivedAge.txt, DerivedNormalizationProps.txt, CaseFolding.txt and Scripts.txt. Older versions are the
// characters whose age is not above them: Unicode's stability rules fix the normalisation of assigned characters. It prints each table's
// SHA-256, which NormalizationTests compares with the reference's tables.
// Source: Unicode Standard Annex 15 (normalisation forms) and the Unicode Character Database.
#:project ../GruLM.Tokenization.csproj
#:property PublishAot=false

using System.Globalization;
using System.IO.Compression;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using GruLM.Tokenization;

string database = args.Length == 1 ? args[0] : throw new ArgumentException("Name the directory of the Unicode 15.0 database.");
string output = Folder();
foreach ((string suffix, Version version) in new[] { ("-13", new Version(13, 0)), ("-15", new Version(15, 0)) })
{
    var unicode = new Unicode(database, version);
    RuleSet nfkc = RuleSet.Compatibility(unicode);
    RuleSet nmt = nfkc.WithTranslationRules();
    Write("nfkc" + suffix, nfkc);
    Write("nmt_nfkc" + suffix, nmt);
    Write("nfkc_cf" + suffix, nfkc.WithCaseFolding(unicode));
    Write("nmt_nfkc_cf" + suffix, nmt.WithCaseFolding(unicode));
}
WriteScripts();

void Write(string name, RuleSet rules)
{
    var builder = new CharsMapBuilder();
    foreach ((int[] source, int[] target) in rules.Rules)
    {
        builder.Add(source, target);
    }
    byte[] table = builder.Compile();
    using (var stream = new GZipStream(File.Create(Path.Combine(output, name + ".gz")), CompressionLevel.SmallestSize))
    {
        stream.Write(table);
    }
    Console.WriteLine($"{Convert.ToHexStringLower(SHA256.HashData(table))}  {name}  {table.Length} bytes, {rules.Rules.Count} rules");
}

// Scripts as of Unicode 9.0; four characters were given another script since.
void WriteScripts()
{
    var unicode = new Unicode(database, new Version(9, 0));
    var scripts = new SortedDictionary<int, string>();
    foreach ((int first, int last, string[] fields) in Unicode.Read(Path.Combine(database, "Scripts.txt")))
    {
        for (int c = first; c <= last; c++)
        {
            if (unicode.IsAssigned(c))
            {
                scripts[c] = fields[1];
            }
        }
    }
    (scripts[0x0589], scripts[0x061C], scripts[0x0953], scripts[0x0954]) = ("Common", "Common", "Devanagari", "Devanagari");
    using var writer = new StreamWriter(Path.Combine(output, "scripts-9.0.txt")) { NewLine = "\n" };
    int begin = -1, end = -2;
    string current = "";
    foreach ((int c, string script) in scripts)
    {
        if (script == current && c == end + 1)
        {
            end = c;
            continue;
        }
        Flush();
        (begin, end, current) = (c, c, script);
    }
    Flush();

    void Flush()
    {
        if (begin >= 0 && current != "Common")
        {
            writer.WriteLine($"{begin:X} {end:X} {current}");
        }
    }
}

static string Folder([CallerFilePath] string file = "") => Path.GetDirectoryName(file)!;

/// <summary>Decompositions, compositions and simple case folding of one version of Unicode.</summary>
internal sealed class Unicode
{
    private const int SBase = 0xAC00, LBase = 0x1100, VBase = 0x1161, TBase = 0x11A7, LCount = 19, VCount = 21, TCount = 28;

    private readonly Version?[] _ages = new Version?[0x110000];
    private readonly Version _version;
    private readonly Dictionary<int, int[]> _compatibility = [], _canonical = [];
    private readonly Dictionary<(int, int), int> _composition = [];
    private readonly byte[] _class = new byte[0x110000];
    private readonly Dictionary<int, int> _fold = [];

    public Unicode(string database, Version version)
    {
        _version = version;
        foreach ((int first, int last, string[] fields) in Read(Path.Combine(database, "DerivedAge.txt")))
        {
            for (int c = first; c <= last; c++)
            {
                _ages[c] = Version.Parse(fields[1]);
            }
        }
        foreach ((int c, int _, string[] fields) in Read(Path.Combine(database, "UnicodeData.txt")))
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
            int[] parts = [.. (compatibility ? fields[5][(fields[5].IndexOf('>') + 1)..] : fields[5])
                .Split(' ', StringSplitOptions.RemoveEmptyEntries)
                .Select(p => int.Parse(p, NumberStyles.HexNumber, CultureInfo.InvariantCulture))];
            _compatibility[c] = parts;
            if (!compatibility)
            {
                _canonical[c] = parts;
            }
        }
        var excluded = new HashSet<int>();
        foreach ((int first, int last, string[] fields) in Read(Path.Combine(database, "DerivedNormalizationProps.txt")))
        {
            if (fields[1] == "Full_Composition_Exclusion")
            {
                for (int c = first; c <= last; c++)
                {
                    excluded.Add(c);
                }
            }
        }
        foreach ((int c, int[] parts) in _canonical)
        {
            if (parts.Length == 2 && !excluded.Contains(c))
            {
                _composition[(parts[0], parts[1])] = c;
            }
        }
        foreach ((int c, int _, string[] fields) in Read(Path.Combine(database, "CaseFolding.txt")))
        {
            if (IsAssigned(c) && fields[1] is "C" or "S")
            {
                _fold[c] = int.Parse(fields[2], NumberStyles.HexNumber, CultureInfo.InvariantCulture);
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
            int first = int.Parse(range[0], NumberStyles.HexNumber, CultureInfo.InvariantCulture);
            yield return (first, range.Length > 1 ? int.Parse(range[1], NumberStyles.HexNumber, CultureInfo.InvariantCulture) : first,
                fields);
        }
    }

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

/// <summary>A set of rewriting rules in the form normalisation tables need: longest match first, no rule that shorter ones make
/// needless.</summary>
internal sealed class RuleSet
{
    private RuleSet(SortedDictionary<int[], int[]> rules) => Rules = rules;

    public SortedDictionary<int[], int[]> Rules { get; }

    /// <summary>Every character and every sequence that compatibility composition (NFKC) changes.</summary>
    public static RuleSet Compatibility(Unicode unicode)
    {
        SortedDictionary<int[], int[]> rules = New();
        var originals = new Dictionary<int, List<int>>();
        var sequences = new SortedSet<int[]>(Order);
        for (int c = 1; c <= 0x10FFFF; c++)
        {
            if (!Unicode.IsCharacter(c))
            {
                continue;
            }
            int[] composed = unicode.Compose([c]);
            if (composed.Length != 1 || composed[0] != c)
            {
                rules[[c]] = composed;
            }
            int[] decomposed = unicode.Decompose([c]);
            if (decomposed.Length > 1)
            {
                sequences.Add(decomposed);
            }
            else if (originals.TryGetValue(decomposed[0], out List<int>? list))
            {
                list.Add(c);
            }
            else
            {
                originals[decomposed[0]] = [c];
            }
        }
        foreach (int[] decomposed in sequences)
        {
            int[] composed = unicode.Compose(decomposed);
            if (composed.AsSpan().SequenceEqual(decomposed))
            {
                continue;
            }
            // Every way to write the sequence with characters that decompose to its elements.
            int[] choice = new int[decomposed.Length];
            Expand(0);

            void Expand(int index)
            {
                if (index == decomposed.Length)
                {
                    if (!choice.AsSpan().SequenceEqual(composed))
                    {
                        rules[(int[])choice.Clone()] = composed;
                    }
                    return;
                }
                foreach (int original in originals[decomposed[index]])
                {
                    choice[index] = original;
                    Expand(index + 1);
                }
            }
        }
        return new RuleSet(Reduced(rules));
    }

    /// <summary>The rules of machine translation: more characters count as space, control characters go, the fullwidth tilde
    /// stays.</summary>
    public RuleSet WithTranslationRules()
    {
        SortedDictionary<int[], int[]> rules = Copy();
        foreach (int c in new[] { 0x9, 0xA, 0xC, 0xD, 0x1680, 0x200B, 0x200C, 0x200E, 0x200F, 0x2028, 0x2029, 0x2581, 0xFEFF, 0xFFFD })
        {
            rules[[c]] = [' '];
        }
        foreach (int c in Enumerable.Range(1, 8).Concat([0xB]).Concat(Enumerable.Range(0xE, 0x12)).Concat([0x7F, 0x8F, 0x9F]))
        {
            rules[[c]] = [];
        }
        rules.Remove([0xFF5E]);
        return new RuleSet(Reduced(rules));
    }

    /// <summary>Results in simple case folding.</summary>
    public RuleSet WithCaseFolding(Unicode unicode)
    {
        SortedDictionary<int[], int[]> rules = New();
        foreach ((int[] source, int[] target) in Rules)
        {
            rules[source] = [.. target.Select(unicode.Fold)];
        }
        for (int c = 1; c <= 0x10FFFF; c++)
        {
            if (Unicode.IsCharacter(c) && unicode.Fold(c) != c)
            {
                rules.TryAdd([c], [unicode.Fold(c)]);
            }
        }
        return new RuleSet(Reduced(rules));
    }

    private static readonly Comparer<int[]> Order = Comparer<int[]>.Create((a, b) => a.AsSpan().SequenceCompareTo(b));

    private static SortedDictionary<int[], int[]> New() => new(Order);

    private SortedDictionary<int[], int[]> Copy() => new(Rules, Order);

    /// <summary>Drops rules for sequences whose result shorter rules give already, shortest sequences first.</summary>
    private static SortedDictionary<int[], int[]> Reduced(SortedDictionary<int[], int[]> rules)
    {
        SortedDictionary<int[], int[]> kept = New();
        foreach (IGrouping<int, KeyValuePair<int[], int[]>> group in rules.GroupBy(r => r.Key.Length).OrderBy(g => g.Key))
        {
            var added = new List<KeyValuePair<int[], int[]>>();
            foreach (KeyValuePair<int[], int[]> rule in group)
            {
                if (group.Key == 1 || !Apply(kept, rule.Key, group.Key - 1).AsSpan().SequenceEqual(rule.Value))
                {
                    added.Add(rule);
                }
            }
            foreach ((int[] source, int[] target) in added)
            {
                kept[source] = target;
            }
        }
        return kept;
    }

    private static int[] Apply(SortedDictionary<int[], int[]> rules, int[] text, int longest)
    {
        var output = new List<int>();
        for (int i = 0; i < text.Length;)
        {
            int length = Math.Min(longest, text.Length - i);
            int[]? target = null;
            while (length > 0 && !rules.TryGetValue(text[i..(i + length)], out target))
            {
                length--;
            }
            output.AddRange(target ?? [text[i]]);
            i += Math.Max(1, length);
        }
        return [.. output];
    }
}
