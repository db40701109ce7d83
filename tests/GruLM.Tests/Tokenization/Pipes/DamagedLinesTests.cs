// Damaged lines of tokens: what `tokenizer encode` wrote is decoded, or refused with the number of the line that is bad.

using System.Text;
using GruLM.Tokenization;

namespace GruLM.Tests.Tokenization;

public sealed class DamagedLinesTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("grulm-damaged-lines-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData(EncodedForm.Id, DecodeInput.Id)]
    [InlineData(EncodedForm.Id, DecodeInput.Text)]
    [InlineData(EncodedForm.Piece, DecodeInput.Piece)]
    [InlineData(EncodedForm.Json, DecodeInput.JsonLines)]
    public void Mutated_lines_of_tokens_are_decoded_or_refused(EncodedForm written, DecodeInput read)
    {
        var tokenizer = Tokenizer.Load(ExchangeFixture.Tokenizer);
        var pipe = new LinePipe { Threads = 1 };
        using var encoded = new MemoryStream();
        byte[] text = Encoding.UTF8.GetBytes("hello there\n\n<prompt> who are you <ai> a small model <end>\r\nthe sea is cold 🙂\n");
        pipe.Encode(tokenizer, new MemoryStream(text), encoded, new EncodeOptions { Form = written });
        new Damage(seed: 9).Read(Path.Combine(_folder, "lines"), [encoded.ToArray()], Most, path =>
        {
            using FileStream lines = File.OpenRead(path);
            using var decoded = new MemoryStream();
            pipe.Decode(tokenizer, lines, decoded, new DecodeOptions { Input = read });
        });
    }

    private static long Most(long bytes) => (4 << 20) + (200 * bytes);
}
