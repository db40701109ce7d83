// Decodes ids as they are generated: what has been returned so far, joined, is always what decoding the whole list gives, and no string
// ever holds half a character. Leaves out undoing: a returned text is final.
using System.Buffers;
using System.Text;

namespace GruLM.Tokenization;

/// <summary>Decodes a stream of ids to text piece by piece. Not safe for use from several threads at once.</summary>
public sealed class StreamingDecoder
{
    private readonly Tokenizer _tokenizer;
    private readonly ArrayBufferWriter<byte> _decoded = new(256);
    private readonly NormalizedText? _denormalized;
    private PieceDecoder _decoder;
    private NormalizerProgress _progress;
    private int _taken;

    internal StreamingDecoder(Tokenizer tokenizer)
    {
        _tokenizer = tokenizer;
        _denormalized = tokenizer.Denormalizer is null ? null : new NormalizedText();
        Reset();
    }

    /// <summary>Takes the next id and returns the text that is now certain; empty while a character is unfinished.</summary>
    /// <exception cref="ArgumentException">The id is not in the vocabulary.</exception>
    public string Push(int id)
    {
        _decoder.Push(id, _decoded);
        return Take(final: false);
    }

    /// <summary>Ends the text: returns what was held back (U+FFFD for each byte of an unfinished character) and starts anew.</summary>
    public string Flush()
    {
        _decoder.Flush(_decoded);
        string last = Take(final: true);
        Reset();
        return last;
    }

    /// <summary>Forgets everything, ready for another text.</summary>
    public void Reset()
    {
        _decoded.ResetWrittenCount();
        _decoder = new PieceDecoder(_tokenizer.DecodingTable);
        _progress = default;
        _taken = 0;
        _denormalized?.Reset(track: false);
    }

    /// <summary>Takes it that text has begun: no space at the beginning is dropped from what follows.</summary>
    public void KeepSpaces() => _decoder.SkipStart();

    private string Take(bool final)
    {
        if (_denormalized is null)
        {
            ReadOnlySpan<byte> written = _decoded.WrittenSpan;
            // A piece may end inside a character (a model made by hand can have such pieces); what follows decides.
            int whole = final ? written.Length : WholeCharacters(written);
            string text = Encoding.UTF8.GetString(written[..whole]);
            DropDecoded(whole);
            return text;
        }

        _tokenizer.Denormalizer!.Advance(ref _progress, _decoded.WrittenSpan[_taken..], final, _denormalized, int.MaxValue);
        _taken += _progress.Position;
        _progress.Position = 0;
        if (_taken > 4096)
        {
            DropDecoded(_taken);
            _taken = 0;
        }

        ReadOnlySpan<byte> ready = _denormalized.Bytes.AsSpan(0, _denormalized.Length);
        // Trailing spaces may still be stripped, so they wait.
        ReadOnlySpan<byte> stable = ready;
        if (!final && _tokenizer.Denormalizer.StripsTrailingSpace)
        {
            while (stable.EndsWith(_tokenizer.Denormalizer.SpaceMark))
            {
                stable = stable[..^_tokenizer.Denormalizer.SpaceMark.Length];
            }
        }

        int certain = final ? ready.Length : WholeCharacters(stable);
        string result = Encoding.UTF8.GetString(ready[..certain]);
        _denormalized.Consume(certain);
        return result;
    }

    private void DropDecoded(int count)
    {
        byte[] kept = _decoded.WrittenSpan[count..].ToArray();
        _decoded.ResetWrittenCount();
        _decoded.Write(kept);
    }

    private static int WholeCharacters(ReadOnlySpan<byte> text)
    {
        for (int back = 1; back <= 3 && back <= text.Length; back++)
        {
            byte b = text[^back];
            if ((b & 0xC0) == 0x80)
            {
                continue;
            }

            return b >= 0xC0 && Utf8Bytes.IsIncomplete(text[^back..]) ? text.Length - back : text.Length;
        }

        return text.Length;
    }
}
