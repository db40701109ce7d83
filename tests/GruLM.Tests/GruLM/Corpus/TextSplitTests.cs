// The held-out part: always the end of the text, counted in characters or in non-blank lines.
using System.Text;
using System.Text.Unicode;
using FsCheck;
using FsCheck.Fluent;
using GruLM.Corpus;

namespace GruLM.Tests.Corpus;

public class TextSplitTests
{
    [Fact]
    public void Characters_are_code_points()
    {
        (ReadOnlyMemory<byte> training, ReadOnlyMemory<byte> heldOut) = TextSplit.ByCharacters(Encoding.UTF8.GetBytes("aé€🙂bcdefg"), 0.6);
        Assert.Equal("aé€🙂", Encoding.UTF8.GetString(training.Span));
        Assert.Equal("bcdefg", Encoding.UTF8.GetString(heldOut.Span));
        Assert.Equal(10, TextSplit.CountCharacters("aé€🙂bcdefg"u8));
    }

    [Fact]
    public void The_cut_of_a_tenth_is_where_ninety_percent_rounded_down_end()
    {
        // 1,115,394 characters, the length of tinyshakespeare, of which 1,003,854 are customarily trained on.
        (ReadOnlyMemory<byte> training, ReadOnlyMemory<byte> heldOut) = TextSplit.ByCharacters(new byte[1_115_394], 0.1);
        Assert.Equal(1_003_854, training.Length);
        Assert.Equal(111_540, heldOut.Length);
    }

    [Fact]
    public void Both_parts_are_the_text_for_every_text_and_fraction()
    {
        Prop.ForAll<NonNull<string>, NonNegativeInt>((text, thousandths) =>
        {
            byte[] utf8 = Encoding.UTF8.GetBytes(text.Get);
            double fraction = thousandths.Get % 1000 / 1000.0;
            Check(TextSplit.ByCharacters(utf8, fraction));
            Check(TextSplit.ByLines(utf8, fraction));

            void Check((ReadOnlyMemory<byte> Training, ReadOnlyMemory<byte> HeldOut) parts)
            {
                Assert.Equal<byte[]>(utf8, [.. parts.Training.Span, .. parts.HeldOut.Span]);
                Assert.True(Utf8.IsValid(parts.Training.Span) && Utf8.IsValid(parts.HeldOut.Span));
            }
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void Blank_lines_do_not_count()
    {
        byte[] text = Encoding.UTF8.GetBytes("1\n\n2\n \t\n3\n4\n\n\n5");
        (ReadOnlyMemory<byte> training, ReadOnlyMemory<byte> heldOut) = TextSplit.ByLines(text, 0.4);
        Assert.Equal("1\n\n2\n \t\n3\n", Encoding.UTF8.GetString(training.Span));
        Assert.Equal(["4", "5"], TextSplit.NonBlankLines(heldOut).Select(line => Encoding.UTF8.GetString(line.Span)));
    }

    [Theory]
    [InlineData(1.0)]
    [InlineData(-0.1)]
    [InlineData(double.NaN)]
    public void A_fraction_that_leaves_nothing_to_learn_from_is_refused(double fraction)
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => TextSplit.ByCharacters("abc"u8.ToArray(), fraction));
        Assert.Throws<ArgumentOutOfRangeException>(() => TextSplit.ByLines("abc"u8.ToArray(), fraction));
    }
}
