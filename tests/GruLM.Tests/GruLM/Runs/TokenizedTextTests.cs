// Text to tokens: byte positions add up to the text, and what is generated is put together as it was trained.

using System.Text;
using GruLM.Tokenization;
using GruLM.Training;

namespace GruLM.Tests;

public class TokenizedTextTests
{
    private const string Sample = "Grüße aus 東京! 👩‍🚀 says hi.\n\n  Two  spaces,\ttabs.\nThe end the end the end.\n";

    private static readonly Tokenizer s_tokenizer = new(
        DefaultTokenizer.Train(string.Concat(Enumerable.Repeat("The end of the day. says hi.\n", 20)), 320));

    [Fact]
    public void Byte_ends_rise_to_the_length_of_the_text_whatever_the_characters()
    {
        byte[] bytes = Encoding.UTF8.GetBytes(Sample);
        HeldOutStream stream = TokenizedText.HeldOutStream(s_tokenizer, bytes);
        Assert.Equal(TokenizedText.Stream(s_tokenizer, bytes), stream.Ids.ToArray());
        long[] ends = stream.ByteEnds.ToArray();
        Assert.Equal(bytes.Length, ends[^1]);
        for (int i = 1; i < ends.Length; i++) Assert.True(ends[i] >= ends[i - 1]);
        Assert.Equal(Sample, s_tokenizer.Decode(stream.Ids.Span));
    }

    [Fact]
    public void Lines_are_the_non_blank_ones_with_their_bytes()
    {
        HeldOutLines lines = TokenizedText.HeldOutLines(s_tokenizer, Encoding.UTF8.GetBytes(Sample));
        Assert.Equal(3, lines.Lines.Count);
        Assert.Equal(
            ["Grüße aus 東京! 👩‍🚀 says hi.", "  Two  spaces,\ttabs.", "The end the end the end."],
            lines.Lines.Select(l => s_tokenizer.Decode(l)));
        Assert.Equal(lines.Lines.Select(l => Encoding.UTF8.GetByteCount(s_tokenizer.Decode(l))), lines.Bytes);
        Assert.Equal(1, lines.Bos);
        Assert.Equal("<end>", s_tokenizer.PieceOf(lines.End));
    }

    [Fact]
    public void A_turn_is_one_line_between_the_markers() =>
        Assert.Equal("<prompt> Hello there <ai>", new ChatTemplate().Turn(" Hello\nthere "));
}
