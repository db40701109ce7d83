// A text that comes in parts, cut anywhere, gives the pieces of the whole text, and gives them as it goes.
using System.IO.Compression;
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using GruLM.Tokenization;

namespace GruLM.Tests.Tokenization;

public class StreamingEncoderTests
{
    [Fact]
    public void Random_texts_in_parts_of_any_size_are_cut_as_a_whole() => Check.QuickThrowOnFailure(Prop.ForAll(Texts.Arbitrary(), text =>
    {
        byte[] utf8 = Encoding.UTF8.GetBytes(text);
        return LawTests.Models.Value.All(m =>
            Same(m.Tokenizer, utf8, part: 1, recountAt: 5) && Same(m.Tokenizer, utf8, part: 7, recountAt: 1 << 28));
    }));

    [Fact]
    public void Malformed_bytes_in_parts_are_cut_as_a_whole() => Check.QuickThrowOnFailure(Prop.ForAll<byte[]>(bytes =>
        LawTests.Models.Value.All(m =>
            Same(m.Tokenizer, bytes, part: 1, recountAt: 3) && Same(m.Tokenizer, bytes, part: 3, recountAt: 1 << 28))));

    [Theory]
    [InlineData("botchan.txt")]
    [InlineData("nekodearu.txt")]
    [InlineData("tinyshakespeare.txt")]
    public void Corpora_in_parts_are_cut_as_a_whole(string name)
    {
        // Some thirty parts, and six counts anew.
        byte[] corpus = Corpora.Read(name), text = corpus[..Math.Min(300_000, corpus.Length)];
        foreach ((string model, Tokenizer tokenizer) in LawTests.Models.Value)
        {
            Assert.True(Same(tokenizer, text, part: 9973, recountAt: 50_000), $"{model} on {name}");
        }

        var standard = new Tokenizer(DefaultTokenizer.Train(text.AsMemory(0, 200_000), 3000));
        Assert.True(Same(standard, text, part: 9973, recountAt: 50_000), $"the default tokenizer on {name}");
    }

    [Fact]
    public void The_fixture_in_parts_is_cut_as_a_whole()
    {
        using var stream = new GZipStream(File.OpenRead(Corpora.Fixture("small.txt.gz")), CompressionMode.Decompress);
        var text = new MemoryStream();
        stream.CopyTo(text);
        foreach ((string model, Tokenizer tokenizer) in LawTests.Models.Value)
        {
            Assert.True(Same(tokenizer, text.ToArray(), part: 4099, recountAt: 1 << 28), model);
        }
    }

    [Fact]
    public void Pieces_come_as_the_text_comes_however_small_the_parts()
    {
        // Most of this text is spaces that some models drop, which makes the window fill slowly.
        byte[] part = Encoding.UTF8.GetBytes("The cat" + new string(' ', 900) + "sat.\n");
        foreach ((string model, Tokenizer tokenizer) in LawTests.Models.Value)
        {
            StreamingEncoder encoder = tokenizer.CreateStreamingEncoder();
            var pieces = new List<StreamedPiece>();
            long pushed = 0, end = 0, normalised = tokenizer.Normalizer.Normalize(part).Length;
            for (int i = 0; i < 3000; i++)
            {
                encoder.Push(part, pieces);
                pushed += part.Length;
                if (pieces.Count > 0) end = pieces[^1].End;
                pieces.Clear();

                // What may wait is two windows of normalised text.
                Assert.True((pushed - end) / part.Length * normalised < 1 << 16, $"{model}: {pushed - end} bytes wait");
            }
        }
    }

    [Fact]
    public void After_the_end_another_text_begins()
    {
        Tokenizer tokenizer = LawTests.Models.Value[0].Tokenizer;
        StreamingEncoder encoder = tokenizer.CreateStreamingEncoder();
        var pieces = new List<StreamedPiece>();
        for (int i = 0; i < 2; i++)
        {
            pieces.Clear();
            encoder.Push("The dog"u8, pieces);
            encoder.Flush(pieces);
            Assert.Equal(tokenizer.EncodePieces("The dog").Select(Streamed), pieces);
        }
    }

    private static StreamedPiece Streamed(EncodedPiece piece) => new(piece.Id, piece.Text, piece.Begin, piece.End);

    private static bool Same(Tokenizer tokenizer, byte[] text, int part, int recountAt)
    {
        StreamingEncoder encoder = tokenizer.CreateStreamingEncoder();
        encoder.RecountAt = recountAt;
        var pieces = new List<StreamedPiece>();
        for (int i = 0; i < text.Length; i += part)
        {
            encoder.Push(text.AsSpan(i, Math.Min(part, text.Length - i)), pieces);
        }

        encoder.Flush(pieces);
        return pieces.SequenceEqual(tokenizer.EncodePieces(text).Select(Streamed));
    }
}
