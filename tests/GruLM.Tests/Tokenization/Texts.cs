// A generator of difficult texts: any scalar, with a taste for spaces, newlines, markers, U+2581, combining marks, emoji and long runs.
using System.Text;
using FsCheck;
using FsCheck.Fluent;

namespace GruLM.Tests.Tokenization;

internal static class Texts
{
    private static readonly string[] s_favourites =
    [
        " ", "  ", "\n", "\r\n", "\t", "\u0000", "\u2581", "\u2585", "\u3000", "\u00A0", "\u200B", "\uFEFF", "\uFFFD", "e\u0301", "ｱ", "ﬁ",
        "Ⅷ", "가", "각", "<prompt>", "<ai>", "<end>", "<s>", "<unk>", "<0x0A>", "👩‍👩‍👧", "🇯🇵", "the ", " dog", "ing", "日本",
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "123", "…", "½", "ß", "İ",
        "か", "ハ", "\u3099", "\u309A", "é", "\u0301", "\u0323", "\u1100", "\u1161", "\u11A8", "\u0915", "\u093C",
    ];

    public static Arbitrary<string> Arbitrary()
    {
        Gen<string> scalar = Gen.Choose(0, 0x10FFFF).Where(c => Rune.IsValid(c)).Select(c => new Rune(c).ToString());
        Gen<string> ascii = Gen.Choose(32, 126).Select(c => ((char)c).ToString());
        Gen<string> part = Gen.OneOf(Gen.Elements(s_favourites), ascii, ascii, scalar);
        return part.ListOf().Select(parts => string.Concat(parts)).ToArbitrary();
    }
}
