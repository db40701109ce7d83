// Makes the tables in src/GruLM.Tokenization/UnicodeData from the Unicode Character Database: normalisation tables for Unicode 13 (compat
// 0.1) and 15 (compat 0.2) and the script table for Unicode 9. Run it by hand:
//     dotnet run --project tools/UnicodeTables -- DIRECTORY-OF-THE-UNICODE-15.0-DATABASE
// It prints each table's SHA-256, which NormalizerTests compares with the reference's tables.
// Source: Unicode Standard Annex 15 (normalisation forms) and the Unicode Character Database.
using System.IO.Compression;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using GruLM.Tokenization;

string database = args.Length == 1 ? args[0] : throw new ArgumentException("Name the directory of the Unicode 15.0 database.");
string output = Folder();
foreach ((string suffix, Version version) in new[] { ("-13", new Version(13, 0)), ("-15", new Version(15, 0)) })
{
    var unicode = new UnicodeDatabase(database, version);
    var nfkc = RuleSet.Compatibility(unicode);
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
    var unicode = new UnicodeDatabase(database, new Version(9, 0));
    var scripts = new SortedDictionary<int, string>();
    foreach ((int first, int last, string[] fields) in UnicodeDatabase.Read(Path.Combine(database, "Scripts.txt")))
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

static string Folder([CallerFilePath] string file = "") =>
    Path.GetFullPath(Path.Combine(Path.GetDirectoryName(file)!, "../../src/GruLM.Tokenization/UnicodeData"));
