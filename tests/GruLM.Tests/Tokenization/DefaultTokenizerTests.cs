// The laws of the tokenizer that training makes by itself: what goes in comes out, special ids are where they should be, sizes are clamped
// or refused.
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using GruLM.Tokenization;

namespace GruLM.Tests.Tokenization;

public class DefaultTokenizerTests
{
    private const string Text = """
        The quick brown fox jumps over the lazy dog. "Yes," said the fox, "I do that every day."
        <prompt> How are you? <ai> I am well, thank you. <end>
            Indented lines,  double  spaces, and a number: 1234.

        Ähnlich höflich grüßt der Fuchs; 日本語も少し。
        The dog, the fox and the other dog went home and said that they would do that again the other day.
        """;

    private static readonly Tokenizer s_default = new(DefaultTokenizer.Train(string.Concat(Enumerable.Repeat(Text + "\n", 5)), 600));

    [Fact]
    public void Special_ids_are_the_first_four()
    {
        Assert.Equal((0, 1, 2, 3), (s_default.UnkId, s_default.BosId, s_default.EosId, s_default.PadId));
        Assert.Equal(PieceType.Control, s_default.TypeOf(3));
        foreach (string marker in new[] { "<prompt>", "<ai>", "<end>", "\n" })
        {
            Assert.Equal(PieceType.UserDefined, s_default.TypeOf(s_default.IdOf(marker)));
        }
    }

    [Fact]
    public void Markers_and_newlines_are_one_piece_each_wherever_they_stand()
    {
        int[] ids = s_default.Encode("<prompt>dog<ai>\n\n<end>");
        Assert.Equal(s_default.IdOf("<prompt>"), ids[0]);
        Assert.Equal(new[] { "<ai>", "\n", "\n", "<end>" }.Select(s_default.IdOf), ids[^4..]);
    }

    // U+2585 stands for masked characters while training; the reference leaves such lines out.
    [Theory]
    [InlineData(1, ModelType.Bpe)]
    [InlineData(2, ModelType.Bpe)]
    [InlineData(1, ModelType.Char)]
    public void Lines_with_the_reserved_character_are_learned_from(int every, ModelType type)
    {
        IEnumerable<string> lines = Enumerable.Range(0, 40).Select(i => i % every == 0 ? $"\u2585\u2585 spark {i} \u2585" : "fine one");
        string text = string.Join('\n', lines);
        var tokenizer = new Tokenizer(DefaultTokenizer.Train(text, 400, type));
        Assert.Equal(text, tokenizer.Decode(tokenizer.Encode(text)));
        Assert.True(tokenizer.TryGetId("k", out _));
        Assert.Equal(PieceType.UserDefined, tokenizer.TypeOf(tokenizer.IdOf("\u2585")));
        Assert.DoesNotContain(tokenizer.Model.Pieces, piece => piece.Text.Length > 1 && piece.Text.Contains('\u2585'));
        Assert.Equal(7, tokenizer.IdOf("\n"));
    }

    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData("   leading and trailing   ")]
    [InlineData("\n\n\n \n\t\r\n")]
    [InlineData("no newline\nand one\n")]
    [InlineData("👩‍👩‍👧‍👦 e\u0301 ﷽ 한국어 \u0000 \ufffd \ufeff 𐍈")]
    [InlineData("<0x41><unk><s></s><pad>")]
    public void Text_comes_back_to_the_letter(string text)
    {
        Assert.Equal(text, s_default.Decode(s_default.Encode(text)));
        Assert.Equal(text, Stream(s_default, s_default.Encode(text)));
    }

    [Fact]
    public void Every_text_comes_back_to_the_letter() =>
        Check.QuickThrowOnFailure(Prop.ForAll(Texts.Arbitrary(), text =>
        {
            string expected = text.Replace('\u2581', ' ');
            int[] ids = s_default.Encode(text);
            return ids.All(id => id >= 0 && id < s_default.VocabSize)
                && s_default.Decode(ids) == expected
                && Stream(s_default, ids) == expected;
        }));

    [Fact]
    public void Every_scalar_comes_back()
    {
        var all = new StringBuilder();
        for (int c = 0; c <= 0x10FFFF; c += c < 0x3000 ? 1 : 7)
        {
            if (Rune.IsValid(c) && c != 0x2581)
            {
                all.Append(new Rune(c).ToString());
            }
        }

        string text = all.ToString();
        Assert.Equal(text, s_default.Decode(s_default.Encode(text)));
    }

    [Fact]
    public void A_size_the_text_does_not_support_is_clamped()
    {
        SentencePieceModel model = Train("ab ab\nab", 5000);
        Assert.InRange(model.Count, 264, 300);
        Assert.Equal("ab ab\nab", new Tokenizer(model).Decode(new Tokenizer(model).Encode("ab ab\nab")));
    }

    [Fact]
    public void A_size_that_is_too_small_names_the_minimum()
    {
        VocabularySizeException error = Assert.Throws<VocabularySizeException>(() => Train("ab ab\nab", 5));
        // Four special ids, four symbols, 256 bytes, and a, b and the space.
        Assert.Equal(267, error.Minimum);
        Assert.Contains("267", error.Message, StringComparison.Ordinal);
        IEnumerable<ReadOnlyMemory<byte>> lines = SentenceReader.SplitLines(Encoding.UTF8.GetBytes("ab ab\nab"));
        CancellationToken cancellation = TestContext.Current.CancellationToken;
        Assert.Equal(267, TokenizerTrainer.MinimumVocabSize(DefaultTokenizer.Options(), lines, cancellation));
        Assert.Equal(267, Train("ab ab\nab", 267).Count);
    }

    [Fact]
    public void A_long_text_in_one_piece_encodes_like_its_parts()
    {
        string part = Text + "\n";
        int[] once = s_default.Encode(part);
        int[] many = s_default.Encode(string.Concat(Enumerable.Repeat(part, 200)));
        Assert.Equal(Enumerable.Repeat(once, 200).SelectMany(x => x), many);
    }

    [Fact]
    public void Encoding_from_many_threads_gives_the_same()
    {
        string[] lines = Text.Split('\n');
        int[][] expected = [.. lines.Select(s_default.Encode)];
        Parallel.For(0, 2000, i => Assert.Equal(expected[i % lines.Length], s_default.Encode(lines[i % lines.Length])));
    }

    private static SentencePieceModel Train(string text, int size) =>
        DefaultTokenizer.Train(text, size, cancellation: TestContext.Current.CancellationToken);

    private static string Stream(Tokenizer tokenizer, int[] ids)
    {
        StreamingDecoder decoder = tokenizer.CreateStreamingDecoder();
        var text = new StringBuilder();
        foreach (int id in ids)
        {
            string part = decoder.Push(id);
            bool cut = part.Length > 0 && (char.IsHighSurrogate(part[^1]) || char.IsLowSurrogate(part[0]));
            Assert.False(cut, "half a character was emitted");
            text.Append(part);
        }

        return text.Append(decoder.Flush()).ToString();
    }
}
