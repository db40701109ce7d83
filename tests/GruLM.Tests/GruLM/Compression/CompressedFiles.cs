// Content of all kinds for tests of compression, and the way there and back.

using System.Text;

namespace GruLM.Tests;

/// <summary>Generated content, by numbers.</summary>
internal static class CompressedFiles
{
    private static readonly string[] s_words =
        ["the ", "old clock ", "stands ", "still.\n", "How are you? ", "I am well.\r\n", "<end>", "<prompt> "];

    private static readonly string[] s_odd =
        ["\u2581", "\uFEFF", "\u3042\u3044", "\u00E9", "\U0001F600", "\0", "\u2028", "\uFB01", "\uFF21 "];

    /// <summary>Compresses.</summary>
    public static byte[] Compress(byte[] content, LanguageModel model, CompressionOptions? options = null)
    {
        using var compressed = new MemoryStream();
        CompressionFigures figures = TextCompression.Compress(new MemoryStream(content), compressed, model, options);
        Assert.Equal(new CompressionFigures(content.Length, compressed.Length), figures);
        return compressed.ToArray();
    }

    /// <summary>Expands.</summary>
    public static byte[] Expand(byte[] compressed, LanguageModel model, CompressionOptions? options = null)
    {
        using var content = new MemoryStream();
        CompressionFigures figures = TextCompression.Expand(new MemoryStream(compressed), content, model, options);
        Assert.Equal(new CompressionFigures(content.Length, compressed.Length), figures);
        return content.ToArray();
    }

    /// <summary>Content number <paramref name="seed"/> of at most about <paramref name="most"/> bytes.</summary>
    public static byte[] Content(int seed, int most)
    {
        var random = new Random(seed);
        int length = seed % 7 == 0 ? random.Next(4) : random.Next(most);
        using var content = new MemoryStream();
        int kind = random.Next(7);
        while (content.Length < length)
        {
            content.Write(kind switch
            {
                0 => Bytes(random, random.Next(1, 400)),
                1 => Encoding.UTF8.GetBytes(s_words[random.Next(s_words.Length)]),
                2 => Encoding.UTF8.GetBytes(char.ConvertFromUtf32(Scalar(random))),
                3 => [(byte)random.Next(3)],
                4 => Encoding.Latin1.GetBytes("caf\u00E9 de la gare, tr\u00E8s bon \u00E0 midi\n"),
                _ => random.Next(20) switch
                {
                    0 => Bytes(random, random.Next(1, 20)),
                    1 => Encoding.UTF8.GetBytes(s_odd[random.Next(s_odd.Length)]),
                    _ => Encoding.UTF8.GetBytes(s_words[random.Next(s_words.Length)]),
                },
            });
        }

        return content.ToArray();
    }

    /// <summary>All characters there are.</summary>
    public static byte[] AllOfUnicode() => [.. Enumerable.Range(0, 0x110000).Where(Rune.IsValid).SelectMany(scalar =>
        Encoding.UTF8.GetBytes(char.ConvertFromUtf32(scalar)))];

    private static int Scalar(Random random)
    {
        int scalar = random.Next(1 << random.Next(1, 21));
        return Rune.IsValid(scalar) ? scalar : 'x';
    }

    private static byte[] Bytes(Random random, int count)
    {
        byte[] bytes = new byte[count];
        random.NextBytes(bytes);
        return bytes;
    }
}
