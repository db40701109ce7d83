// The shipped normalisation tables against the reference's hashes, and how text is normalised with and without them.
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using GruLM.Tokenization;

namespace GruLM.Tests.Tokenization;

public class NormalizerTests
{
    // Of the tables in SentencePiece 0.1.97 to 0.2.0 (Unicode 13) and of the current ones (Unicode 15).
    [Theory]
    [InlineData("nfkc", Compatibility.V01, "557b5397b1133d8a")]
    [InlineData("nmt_nfkc", Compatibility.V01, "51d3684747b35ef9")]
    [InlineData("nfkc_cf", Compatibility.V01, "b30e4085ba1fad56")]
    [InlineData("nmt_nfkc_cf", Compatibility.V01, "6cec34e8016fd0d0")]
    [InlineData("nfkc", Compatibility.V02, "46dd782dce51bb47")]
    [InlineData("nmt_nfkc", Compatibility.V02, "99eb5b99bfbea5a2")]
    [InlineData("nfkc_cf", Compatibility.V02, "6f63ff5d7ee1b6ac")]
    [InlineData("nmt_nfkc_cf", Compatibility.V02, "52cd02ea54e43aa9")]
    public void Tables_have_the_hash_they_must_have(string name, Compatibility compat, string hash) =>
        Assert.StartsWith(hash, Corpora.Sha256(NormalizationRules.Table(name, compat)), StringComparison.Ordinal);

    [Theory]
    [InlineData("", "")]
    [InlineData("   ", "")]
    [InlineData(" 　グーグル ", "▁グーグル")]
    [InlineData("ＡＢＣ１２３", "▁ABC123")]
    [InlineData("ｸﾞｰｸﾞﾙ", "▁グーグル")]
    [InlineData("①②③", "▁123")]
    [InlineData(" I  saw a　 　girl　　", "▁I▁saw▁a▁girl")]
    [InlineData("I\u0001\u0008\u000b saw", "▁I▁saw")]
    [InlineData("a\u200Bb\tc", "▁a▁b▁c")]
    [InlineData("㍿", "▁株式会社")]
    [InlineData("e\u0301", "▁é")]
    [InlineData("～", "▁～")]
    public void Text_is_normalised_for_translation(string text, string expected)
    {
        Assert.Equal(expected, NormalizationRules.CreateNormalizer("nmt_nfkc").Normalize(text));
        Assert.Equal(expected, NormalizationRules.CreateNormalizer("nmt_nfkc", Compatibility.V01).Normalize(text));
    }

    [Theory]
    [InlineData("ABCß", "▁abcß")]
    [InlineData("ＡÉ", "▁aé")]
    public void Case_is_folded_where_asked(string text, string expected) =>
        Assert.Equal(expected, NormalizationRules.CreateNormalizer("nmt_nfkc_cf").Normalize(text));

    [Fact]
    public void Flags_do_what_they_say()
    {
        Normalizer raw = NormalizationRules.CreateNormalizer(
            "identity", addDummyPrefix: false, removeExtraWhitespaces: false, escapeWhitespaces: false);
        Assert.Equal("  a  b\n ", raw.Normalize("  a  b\n "));
        Normalizer escaped = NormalizationRules.CreateNormalizer("identity", addDummyPrefix: false, removeExtraWhitespaces: false);
        Assert.Equal("▁▁a▁▁b\n▁", escaped.Normalize("  a  b\n "));
        Normalizer prefixed = NormalizationRules.CreateNormalizer("identity", removeExtraWhitespaces: false);
        Assert.Equal("▁▁", prefixed.Normalize(" "));
    }

    [Fact]
    public void Origins_point_at_the_unit_each_byte_came_from()
    {
        // "①" (3 bytes) becomes one byte, "㌔" (3 bytes) two characters of 3 bytes.
        byte[] text = Encoding.UTF8.GetBytes("① ㌔");
        byte[] normalized = NormalizationRules.CreateNormalizer("nfkc").Normalize(text, out int[] origins);
        Assert.Equal("▁1▁キロ", Encoding.UTF8.GetString(normalized));
        Assert.Equal([0, 0, 0, 0, 3, 3, 3, 4, 4, 4, 4, 4, 4, 7], origins);
    }

    [Fact]
    public void Malformed_bytes_become_replacement_characters()
    {
        byte[] normalized = NormalizationRules.CreateNormalizer("identity", addDummyPrefix: false)
            .Normalize([0x61, 0xFF, 0xE3, 0x81, 0x62], out int[] origins);
        Assert.Equal("a\uFFFD\uFFFD\uFFFDb", Encoding.UTF8.GetString(normalized));
        Assert.Equal([0, 1, 1, 1, 2, 2, 2, 3, 3, 3, 4, 5], origins);
    }

    [Fact]
    public void Rules_of_ones_own_are_compiled()
    {
        var builder = CharsMapBuilder.FromTsv(new StringReader("41 42\tE9\n61\tU+62 20 63\nU+78\n"));
        CharsMap map = CharsMap.Parse(builder.Compile())!;
        Assert.Equal(2, map.LongestMatch("ABC"u8, out ReadOnlySpan<byte> to, out _));
        Assert.Equal("é", Encoding.UTF8.GetString(to));
        Assert.Equal(1, map.LongestMatch("xyz"u8, out to, out _));
        Assert.True(to.IsEmpty);
        Assert.Equal(0, map.LongestMatch("A"u8, out _, out bool inside));
        Assert.True(inside);
        Assert.Throws<ArgumentException>(() => CharsMapBuilder.FromTsv(new StringReader("nonsense\tE9")));
        Assert.Throws<ArgumentException>(() => new CharsMapBuilder().Compile());
    }

    [Fact]
    public void A_compiled_table_gives_back_its_rules() => Check.QuickThrowOnFailure(Prop.ForAll(Texts.Arbitrary(), text =>
    {
        var expected = new Dictionary<string, string>();
        var builder = new CharsMapBuilder();
        string[] parts = [.. text.EnumerateRunes().Where(r => r.Value != 0).Select(r => r.ToString())];
        for (int i = 0; i + 3 < parts.Length; i++)
        {
            string source = parts[i] + (i % 3 == 0 ? parts[i + 1] : "");
            string target = i % 5 == 0 ? "" : parts[i + 2] + parts[i + 3];
            expected[source] = target;
            builder.Add([.. source.EnumerateRunes().Select(r => r.Value)], [.. target.EnumerateRunes().Select(r => r.Value)]);
        }

        if (expected.Count == 0)
        {
            return true;
        }

        var found = new Dictionary<string, string>();
        CharsMap.Parse(builder.Compile())!.ForEach((from, to) => found[Encoding.UTF8.GetString(from)] = Encoding.UTF8.GetString(to));
        return found.Count == expected.Count && expected.All(e => found[e.Key] == e.Value);
    }));

    // Characters that only longer rules begin with, and others, in front of characters that go on with such rules, and others; and all of
    // three. The rules are looked up one by one to compare.
    [Fact]
    public void What_begins_no_rule_where_it_stands_stays_as_it_is()
    {
        CharsMap map = CharsMap.Parse(NormalizationRules.Table("nmt_nfkc", Compatibility.V02))!;
        Normalizer normalizer = NormalizationRules.CreateNormalizer(
            "nmt_nfkc", addDummyPrefix: false, removeExtraWhitespaces: false, escapeWhitespaces: false);
        string[] parts =
        [
            "か", "が", "ハ", "日", "e", "é", "é\u0301", "\u0301", "\u0323", "\u3099", "\u309A", "\u1100", "\u1161", "\u11A8", "가",
            "\u0915", "\u093C", "ﬁ", "😀", "\u0627", "\u0653", "\u1112",
        ];
        foreach (string text in from a in parts from b in parts from c in parts select a + b + c)
        {
            Assert.Equal(Rewritten(text), normalizer.Normalize(text));
        }

        string Rewritten(string text)
        {
            ReadOnlySpan<byte> rest = Encoding.UTF8.GetBytes(text);
            var result = new List<byte>();
            while (!rest.IsEmpty)
            {
                int length = map.LongestMatch(rest, out ReadOnlySpan<byte> replacement, out _);
                if (length == 0)
                {
                    length = Utf8Bytes.CharLength(rest);
                    replacement = rest[..length];
                }

                result.AddRange(replacement);
                rest = rest[length..];
            }

            return Encoding.UTF8.GetString([.. result]);
        }
    }

    [Fact]
    public void Normalising_in_chunks_is_normalising_at_once()
    {
        Normalizer normalizer = NormalizationRules.CreateNormalizer("nmt_nfkc");
        Check.QuickThrowOnFailure(Prop.ForAll(Texts.Arbitrary(), text =>
        {
            byte[] utf8 = Encoding.UTF8.GetBytes(text);
            var window = new NormalizedText();
            window.Reset(track: false);
            var progress = new NormalizerProgress();
            var held = new List<byte>();
            for (int i = 0; i <= utf8.Length; i++)
            {
                if (i < utf8.Length)
                {
                    held.Add(utf8[i]);
                }

                normalizer.Advance(ref progress, held.ToArray(), final: i == utf8.Length, window, int.MaxValue);
                held.RemoveRange(0, progress.Position);
                progress.ChunkOffset += progress.Position;
                progress.Position = 0;
            }

            return progress.Complete && window.Bytes.AsSpan(0, window.Length).SequenceEqual(normalizer.Normalize(utf8));
        }));
    }

    /// <summary>With places every byte is looked at alone, without them sixteen at a time.</summary>
    [Theory]
    [InlineData("nmt_nfkc")]
    [InlineData("nfkc_cf")]
    [InlineData("identity")]
    public void Places_change_nothing(string rules)
    {
        Normalizer normalizer = NormalizationRules.CreateNormalizer(rules);
        // Mostly letters, so that runs of every length and alignment come about, with what ends them: marks, spaces, controls, long
        // characters.
        string[] letters = ["a", "b", "Q", "z", "0", "~"];
        string[] parts =
            [.. letters, "e\u0301", "\u0301", " ", "  ", "\t", "\0", "\u007f", "\u3042", "\ufb01", "\U0001f600"];
        Prop.ForAll<byte[]>(picks =>
        {
            byte[] text = Encoding.UTF8.GetBytes(string.Concat(picks.SelectMany(Run)));
            return normalizer.Normalize(text).AsSpan().SequenceEqual(normalizer.Normalize(text, out _));
        }).QuickCheckThrowOnFailure();

        IEnumerable<string> Run(byte pick)
        {
            int part = pick % parts.Length;
            return Enumerable.Repeat(parts[part], part < letters.Length ? 1 + (pick / 16) : 1);
        }
    }
}
