// Compressed data that was damaged, cut off or written with another model: always the documented exception, with nothing of a damaged frame
// given out.

using GruLM.Model;

namespace GruLM.Tests;

public sealed class DamagedCompressionTests : IDisposable
{
    private readonly TinyModel _tiny = new(SampleKind.Stream);
    private readonly LanguageModel _model;

    public DamagedCompressionTests() => _model = _tiny.Open(threads: 1);

    public void Dispose()
    {
        _model.Dispose();
        _tiny.Dispose();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_flipped_bit_anywhere_is_found(bool learn)
    {
        byte[] compressed = Example(learn);
        for (int bit = 0; bit < 8 * compressed.Length; bit++)
        {
            byte[] damaged = [.. compressed];
            damaged[bit / 8] ^= (byte)(1 << (bit % 8));
            Refused(damaged, "");
        }
    }

    [Fact]
    public void What_was_cut_off_or_goes_on_is_found()
    {
        byte[] compressed = Example(learn: false);
        for (int length = 1; length < compressed.Length; length++) Refused(compressed[..length], "ends too early");
        Refused([], "is empty");
        Refused([.. compressed, 0], "goes on behind its end");
        Refused([.. compressed, .. compressed], "goes on behind its end");
        Refused([.. "This is no such file, whatever its name may say."u8], "was not written by compress");
    }

    [Fact]
    public void Random_damage_gives_the_documented_exception()
    {
        byte[] compressed = Example(learn: true);
        var random = new Random(8);
        for (int round = 0; round < 500; round++)
        {
            byte[] damaged = [.. compressed];

            // Behind the header too, where lengths are.
            int at = random.Next(round % 2 == 0 ? 0 : 22, damaged.Length), count = random.Next(1, 9);
            random.NextBytes(damaged.AsSpan(at, Math.Min(count, damaged.Length - at)));
            if (!damaged.AsSpan().SequenceEqual(compressed)) Refused(damaged, "");
        }
    }

    [Fact]
    public void Another_model_is_named()
    {
        using var other = new TinyModel(SampleKind.Stream, seed: 8, tokenizer: _tiny.Tokenizer);
        using var otherKind = new TinyModel(SampleKind.Lines, tokenizer: _tiny.Tokenizer);
        byte[] compressed = Example(learn: false);
        using (LanguageModel wrong = other.Open(threads: 1))
        {
            InvalidDataException error = Assert.Throws<InvalidDataException>(
                () => CompressedFiles.Expand(compressed, wrong, new CompressionOptions { InputName = "talk.grz" }));
            Assert.Equal(
                $"talk.grz: was compressed with another model than {other.Folder}: the weights of that one are {_model.Fingerprint}, and "
                    + $"these are {wrong.Fingerprint}; expand it with that one",
                error.Message);
        }

        using LanguageModel sameWeights = otherKind.Open(threads: 1);
        InvalidDataException kind = Assert.Throws<InvalidDataException>(() => CompressedFiles.Expand(compressed, sameWeights));
        Assert.Contains("the tokenizer or the sizes", kind.Message, StringComparison.Ordinal);
    }

    private byte[] Example(bool learn) => CompressedFiles.Compress(
        [.. "How are you? I am well, and the garden is full of bees.\n"u8, 0xFF, 0xFE, .. "The clock."u8], _model,
        new CompressionOptions { Learn = learn, FrameBytes = 40, LaneElements = 5 });

    private void Refused(byte[] compressed, string words)
    {
        InvalidDataException error = Assert.Throws<InvalidDataException>(
            () => CompressedFiles.Expand(compressed, _model, new CompressionOptions { Threads = 1 }));
        Assert.Contains(words, error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', error.Message);
    }
}
