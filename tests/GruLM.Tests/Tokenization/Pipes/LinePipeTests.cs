// Pipes as a C# program uses them: what they give is what the tokenizer gives line by line, and what is wrong is said as it is.
using System.Text;
using GruLM.Tokenization;

namespace GruLM.Tests.Tokenization;

public sealed class LinePipeTests
{
    private const string Text = "the cat sat\n\nthe dog ran to the cat\nsaid the cat\n";

    private static readonly Tokenizer s_tokenizer = new(DefaultTokenizer.Train(Text, 300));
    private static readonly Tokenizer s_unigram = new(DefaultTokenizer.Train(Text, 300, ModelType.Unigram));
    private static readonly Tokenizer s_characters = new(DefaultTokenizer.Train(Text, 300, ModelType.Char));

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(3)]
    public void Lines_go_to_ids_and_back(int threads)
    {
        var pipe = new LinePipe { Threads = threads };
        string[] lines = [.. Enumerable.Repeat(Text.TrimEnd('\n').Split('\n'), 20_000).SelectMany(lines => lines)];
        byte[] text = Encoding.UTF8.GetBytes(string.Join('\n', lines)), ids = Through(text, (a, b) => pipe.Encode(s_tokenizer, a, b));
        string expected = string.Concat(Enumerable.Repeat(
            string.Concat(lines.Take(4).Select(line => string.Join(' ', s_tokenizer.Encode(line)) + "\n")), 20_000));
        Assert.Equal(expected, Encoding.UTF8.GetString(ids));
        byte[] back = Through(ids, (a, b) => pipe.Decode(s_tokenizer, a, b, new DecodeOptions { Input = DecodeInput.Id }));
        Assert.Equal([.. text, (byte)'\n'], back);
    }

    [Fact]
    public void Options_say_what_is_cut_and_written()
    {
        var pipe = new LinePipe();
        string pieces = Encoded(new EncodeOptions { Form = EncodedForm.Piece, ExtraOptions = "bos" });
        Assert.Equal(string.Join(' ', ["<s>", .. s_unigram.EncodePieces("the cat").Select(piece => piece.Text)]) + "\n", pieces);
        string best = Encoded(new EncodeOptions { NBest = 2 });
        Assert.Equal(
            s_unigram.EncodeNBest("the cat", 2).Select(cut => string.Join(' ', cut.Pieces.Select(piece => piece.Id))),
            best.TrimEnd('\n').Split('\n'));
        PieceSampler sampler = s_unigram.CreateSampler(7);
        string drawn = string.Join(' ', sampler.Encode("the cat", -1, 0.1f).Select(piece => piece.Id)) + "\n";
        Assert.Equal(drawn, Encoded(new EncodeOptions { SamplingSeed = 7, Alpha = 0.1f }));

        string Encoded(EncodeOptions options) =>
            Encoding.UTF8.GetString(Through("the cat\n"u8.ToArray(), (a, b) => pipe.Encode(s_unigram, a, b, options)));
    }

    [Fact]
    public void Progress_counts_bytes_and_lines_are_normalised()
    {
        Normalizer normalizer = NormalizationRules.CreateNormalizer("nfkc", addDummyPrefix: false, escapeWhitespaces: false);
        byte[] text = Encoding.UTF8.GetBytes("\uFF21  \u2460\n");
        long read = 0;
        var pipe = new LinePipe { Progress = bytes => read = bytes };
        Assert.Equal("A 1\n"u8.ToArray(), Through(text, (a, b) => pipe.Normalize(normalizer, a, b)));
        Assert.Equal(text.Length, read);
    }

    [Fact]
    public void What_makes_no_sense_is_refused_before_anything_is_read()
    {
        Refused("'NBest' 0: without 'SamplingSeed' a number from 1 to 1024", s_unigram, new EncodeOptions { NBest = 0 });
        Refused("'NBest' 513: with 'SamplingSeed'", s_unigram, new EncodeOptions { NBest = 513, SamplingSeed = 1 });
        Refused("'NBest': a bpe model gives one cut only", s_tokenizer, new EncodeOptions { NBest = 2 });
        Refused("'SamplingSeed': a char model has one cut only", s_characters, new EncodeOptions { SamplingSeed = 1 });
        Refused("no extra option 'boss'", s_tokenizer, new EncodeOptions { ExtraOptions = "boss" });
        var pipe = new LinePipe { Threads = -1 };
        Assert.Throws<ArgumentException>(() => pipe.Encode(s_tokenizer, new Broken(), Stream.Null));

        static void Refused(string message, Tokenizer tokenizer, EncodeOptions options)
        {
            ArgumentException error = Assert.Throws<ArgumentException>(
                () => new LinePipe().Encode(tokenizer, new Broken(), Stream.Null, options));
            Assert.Contains(message, error.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_bad_line_is_named_with_the_input()
    {
        InvalidDataException error = Assert.Throws<InvalidDataException>(() => Through(
            "5 6\n7 999999\n"u8.ToArray(), (a, b) => new LinePipe { InputName = "some.ids" }.Decode(s_tokenizer, a, b)));
        Assert.StartsWith("some.ids, line 2: Id 999999 is not in the vocabulary", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void A_read_that_fails_throws_what_it_throws(int threads)
    {
        IOException error = Assert.Throws<IOException>(
            () => new LinePipe { Threads = threads }.Encode(s_tokenizer, new Broken(), Stream.Null));
        Assert.Equal("cannot be read", error.Message);
    }

    private static byte[] Through(byte[] text, Action<Stream, Stream> work)
    {
        using var input = new MemoryStream(text);
        using var output = new MemoryStream();
        work(input, output);
        return output.ToArray();
    }

    // A pipe that is a folder, for instance.
    private sealed class Broken : MemoryStream
    {
        public override bool CanSeek => false;

        public override int Read(Span<byte> buffer) => throw new IOException("cannot be read");
    }
}
