// Verbatim copies: planted ones are found to the character, and every figure is that of a search by brute force.

using System.Text;

namespace GruLM.Tests;

public class VerbatimRepeatsTests
{
    [Fact]
    public void Planted_copies_are_found_with_their_lengths()
    {
        string source = Letters(1, 5000, "abcdefghijklmnop"), other = Letters(2, 3000, "qrstuvwxyz");
        string text = other[..100] + source[1000..1060] + other[200..300] + source[2000..2150] + other[400..500] + source[3000..3049];
        RepeatFigures found = Find(text, source);
        Assert.Equal(text.Length, found.Characters);
        Assert.Equal(150, found.Longest);
        Assert.Equal(source[2000..2150], found.LongestText);
        Assert.Equal(60 + 150, found.Covered50);
        Assert.Equal(150, found.Covered100);
        Assert.Equal((60.0 + 150) / text.Length, found.Share50);
    }

    [Fact]
    public void Lengths_are_counted_in_characters_whatever_their_bytes()
    {
        string copy = Letters(3, 49, "吾輩は猫である名前"), source = "前" + Letters(4, 300, "日本語文") + copy + "Ω";
        Assert.Equal(0, Find("x" + copy + "y", source).Covered50);
        Assert.Equal(49, Find("x" + copy + "y", source).Longest);
        Assert.Equal(50, Find("x" + copy + "Ωy", source).Covered50);

        // Ω and Ψ begin with the same byte; half a character is no copy.
        Assert.Equal(copy, Find("x" + copy + "Ψy", source).LongestText);

        // ぁ (E3 81 81) and い (E3 81 84) differ in the last byte only, あ and ぢ end alike.
        Assert.Equal("x", Find("ぁx", "ぢx").LongestText.TrimStart('\uFFFD'));
    }

    [Fact]
    public void Nothing_and_everything()
    {
        Assert.Equal(new RepeatFigures(0, 0, "", 0, 0), Find("", "abc"));
        Assert.Equal(new RepeatFigures(3, 0, "", 0, 0), Find("abc", ""));
        Assert.Equal(new RepeatFigures(3, 0, "", 0, 0), Find("abc", "xyz"));
        string text = Letters(5, 400, "ab");
        Assert.Equal(new RepeatFigures(400, 400, text, 400, 400), Find(text, "b" + text + "a"));
        Assert.Equal(1000, Find(new string('a', 1000), new string('a', 2000)).Covered100);
        Assert.Equal(0, Find(new string('a', 1000), new string('a', 49)).Covered50);
        Assert.Equal(1000, Find(new string('a', 1000), new string('a', 50)).Covered50);
    }

    [Fact]
    public void Random_texts_of_copies_give_what_brute_force_gives()
    {
        for (int seed = 0; seed < 60; seed++)
        {
            var random = new System.Random(seed);
            string alphabet = seed % 3 == 0 ? "ab" : seed % 3 == 1 ? "aé" : "abcdef猫ね";
            string source = Letters(100 + seed, 600, alphabet);
            var text = new StringBuilder();
            while (text.Length < 400)
            {
                int length = random.Next(1, 130), start = random.Next(0, source.Length - length);
                text.Append(random.Next(3) == 0 ? Letters(random.Next(), 5, alphabet) : source.Substring(start, length));
            }

            (int Longest, int Covered50, int Covered100) expected = BruteForce(text.ToString(), source);
            RepeatFigures found = Find(text.ToString(), source);
            Assert.Equal(expected, (found.Longest, found.Covered50, found.Covered100));
            Assert.Contains(found.LongestText, source, StringComparison.Ordinal);
            Assert.Equal(found.Longest, found.LongestText.Length);
        }
    }

    private static RepeatFigures Find(string text, string source) =>
        VerbatimRepeats.Find(Encoding.UTF8.GetBytes(text), Encoding.UTF8.GetBytes(source));

    private static string Letters(int seed, int count, string alphabet)
    {
        var random = new System.Random(seed);
        return string.Concat(Enumerable.Range(0, count).Select(_ => alphabet[random.Next(alphabet.Length)]));
    }

    private static (int Longest, int Covered50, int Covered100) BruteForce(string text, string source)
    {
        int longest = 0;
        bool[] in50 = new bool[text.Length], in100 = new bool[text.Length];
        for (int start = 0; start < text.Length; start++)
        {
            int length = 0;
            while (start + length < text.Length && source.Contains(text.Substring(start, length + 1), StringComparison.Ordinal)) length++;
            longest = Math.Max(longest, length);
            if (length >= 50) Array.Fill(in50, true, start, length);
            if (length >= 100) Array.Fill(in100, true, start, length);
        }

        return (longest, in50.Count(x => x), in100.Count(x => x));
    }
}
