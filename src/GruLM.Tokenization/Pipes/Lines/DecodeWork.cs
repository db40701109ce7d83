// A line of ids or pieces back to text. In plain lines words of digits alone are ids where every word of the line is one, otherwise all
// words are pieces; DecodeInput says which where that guess would be wrong.
using System.Buffers;
using System.Buffers.Text;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;

namespace GruLM.Tokenization;

/// <summary>Decodes lines.</summary>
internal sealed class DecodeWork(Tokenizer tokenizer, ExtraOptions extra, DecodeOptions options) : ILineWork
{
    private readonly List<int> _ids = [];
    private readonly List<byte[]> _pieces = [];
    private readonly ArrayBufferWriter<byte> _text = new();

    public void Do(ReadOnlySpan<byte> line, IBufferWriter<byte> output, CancellationToken stop)
    {
        if (options.Input == DecodeInput.JsonLines && JsonLine.IsBlank(line)) return;
        _text.ResetWrittenCount();
        _ids.Clear();
        _pieces.Clear();
        try
        {
            if (Read(line)) DecodeIds(stop);
            else DecodePieces();
        }
        catch (ArgumentException e)
        {
            throw new InvalidDataException(e.Message, e);
        }

        if (options.JsonLines)
        {
            JsonLine.Write(output, json => json.WriteString("text", Encoding.UTF8.GetString(_text.WrittenSpan)));
        }
        else
        {
            output.Write(_text.WrittenSpan);
            output.Write("\n"u8);
        }
    }

    private void DecodeIds(CancellationToken stop)
    {
        extra.Apply(_ids);
        tokenizer.Decode(CollectionsMarshal.AsSpan(_ids), _text, stop);
    }

    private void DecodePieces()
    {
        if (extra.IsEmpty)
        {
            tokenizer.DecodePieces(_pieces, _text);
            return;
        }

        List<EncodedPiece> pieces = _pieces.ConvertAll(bytes => new EncodedPiece(0, Encoding.UTF8.GetString(bytes), 0, 0));
        extra.Apply(pieces);
        tokenizer.DecodePieces(pieces.ConvertAll(piece => Encoding.UTF8.GetBytes(piece.Text)), _text);
    }

    /// <summary>Fills the ids (true) or the pieces (false).</summary>
    private bool Read(ReadOnlySpan<byte> line)
    {
        if (options.Input == DecodeInput.JsonLines) return ReadJson(line);
        if (options.Input != DecodeInput.Piece)
        {
            if (TryReadIds(line, out string other)) return true;
            if (options.Input == DecodeInput.Id)
            {
                throw new InvalidDataException($"'{other}' is not an id; numbers parted by spaces were expected");
            }
        }

        while (NextWord(ref line, out ReadOnlySpan<byte> word)) _pieces.Add(word.ToArray());
        return false;
    }

    /// <summary>Fills the ids; false for a line with a word that is none, which is then <paramref name="other"/>.</summary>
    private bool TryReadIds(ReadOnlySpan<byte> line, out string other)
    {
        while (NextWord(ref line, out ReadOnlySpan<byte> word))
        {
            // A line from Windows still has its CR.
            if (word[^1] == '\r' && line.IsEmpty)
            {
                word = word[..^1];
            }

            if (word.IsEmpty) break;
            if (!Utf8Parser.TryParse(word, out int id, out int length) || length != word.Length || !char.IsAsciiDigit((char)word[0]))
            {
                other = Encoding.UTF8.GetString(word);
                return false;
            }

            _ids.Add(id);
        }

        other = "";
        return true;
    }

    private bool ReadJson(ReadOnlySpan<byte> line)
    {
        using JsonDocument document = JsonLine.Parse(line);
        bool hasIds = document.RootElement.TryGetProperty("ids", out JsonElement values);
        if (!hasIds && !document.RootElement.TryGetProperty("pieces", out values))
        {
            throw new InvalidDataException("the object has neither a field \"ids\" nor a field \"pieces\"");
        }

        string field = hasIds ? "ids" : "pieces";
        if (values.ValueKind != JsonValueKind.Array) throw new InvalidDataException($"the field \"{field}\" is not an array");
        foreach (JsonElement value in values.EnumerateArray())
        {
            if (hasIds) _ids.Add(Id(value));
            else _pieces.Add(Encoding.UTF8.GetBytes(JsonLine.Text(value)));
        }

        return hasIds;
    }

    private static int Id(JsonElement value) =>
        value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out int id)
            ? id
            : throw new InvalidDataException($"{value.GetRawText()} is not an id");

    private static bool NextWord(ref ReadOnlySpan<byte> line, out ReadOnlySpan<byte> word)
    {
        line = line.TrimStart((byte)' ');
        int end = line.IndexOf((byte)' ');
        word = end < 0 ? line : line[..end];
        line = line[word.Length..];
        return !word.IsEmpty;
    }
}
