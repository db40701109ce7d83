// Texts for grulm bench tokenizer that come from nothing but a seed: Japanese-looking text without spaces, and words that do not repeat, on
// which no cache of words can help.
using System.Text;
using GruLM.Kernels;

namespace GruLM.Cli.Bench;

/// <summary>Generated texts.</summary>
internal static class BenchTexts
{
    // Of the Japanese lexicon.
    private const int Words = 20_000;

    /// <summary>A text over and over, cut at a line's end, to about so many bytes.</summary>
    public static byte[] Repeat(byte[] text, int bytes)
    {
        byte[] all = new byte[bytes];
        for (int i = 0; i < bytes; i += text.Length)
        {
            text.AsSpan(0, Math.Min(text.Length, bytes - i)).CopyTo(all.AsSpan(i));
        }

        int end = all.AsSpan().LastIndexOf((byte)'\n');
        return end < 0 ? all : all[..(end + 1)];
    }

    /// <summary>Lines of ten words of three to twelve letters, drawn evenly.</summary>
    public static byte[] Unrepeated(int bytes, ulong seed)
    {
        var random = new Philox(seed, RandomPurpose.Shuffle);
        byte[] text = new byte[bytes];
        ulong draw = 0;
        int word = 0;
        for (int i = 0; i < bytes; word++)
        {
            int letters = 3 + random.Below(10, 0, draw++);
            for (; letters > 0 && i < bytes; letters--)
            {
                text[i++] = (byte)('a' + random.Below(26, 0, draw++));
            }

            if (i < bytes)
            {
                text[i++] = (byte)(word % 10 == 9 ? '\n' : ' ');
            }
        }

        text[^1] = (byte)'\n';
        return text;
    }

    /// <summary>One word of so many letters, in no pattern that repeats soon.</summary>
    public static byte[] Word(int letters)
    {
        byte[] word = new byte[letters];
        for (int i = 0; i < word.Length; i++) word[i] = (byte)('a' + (int)((uint)(i * 2654435761L >> 7) % 26));
        return word;
    }

    /// <summary>Sentences of words from a lexicon, frequent ones more often (Zipf), in kanji with kana between them and the usual
    /// full stops.</summary>
    public static byte[] Japanese(int bytes, ulong seed)
    {
        var draws = new Draws(seed);
        string[] lexicon = new string[Words];
        for (int i = 0; i < Words; i++) lexicon[i] = JapaneseWord(draws);
        string[] particles = ["は", "が", "を", "に", "で", "と", "の", "も", "へ", "から"];
        var text = new StringBuilder();
        for (int written = 0; written < bytes;)
        {
            int before = text.Length;
            for (int words = 3 + draws.Next(12); words > 0; words--)
            {
                // The logarithm of the rank is even: Zipf's law.
                int rank = (int)(Math.Pow(Words, draws.Next(1 << 20) / (double)(1 << 20)) - 1);
                text.Append(lexicon[rank]).Append(particles[draws.Next(particles.Length)]);
            }

            text.Append("。\n");

            // Three bytes a character, but for the line end.
            written += (3 * (text.Length - before)) - 2;
        }

        return Encoding.UTF8.GetBytes(text.ToString());
    }

    private static string JapaneseWord(Draws draws)
    {
        var word = new StringBuilder();
        for (int kanji = 1 + draws.Next(2); kanji > 0; kanji--) word.Append((char)(0x4E00 + (draws.Next(2000) * 7)));
        for (int kana = draws.Next(4); kana > 0; kana--) word.Append((char)(0x3041 + draws.Next(83)));
        return word.ToString();
    }

    private sealed class Draws(ulong seed)
    {
        private readonly Philox _random = new(seed, RandomPurpose.Shuffle);
        private ulong _count;

        public int Next(int bound) => _random.Below(bound, 0, _count++);
    }
}
