// A line of text to ids, pieces or JSON. The usual case, one cut as ids or pieces, makes nothing on the heap; the n best cuts, random cuts
// and JSON go through lists of pieces.
using System.Buffers;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;

namespace GruLM.Tokenization;

/// <summary>Encodes lines.</summary>
internal sealed class EncodeWork(Tokenizer tokenizer, ExtraOptions extra, EncodeOptions options) : ILineWork
{
    private readonly PieceSampler? _sampler = options.SamplingSeed is { } seed ? tokenizer.CreateSampler(seed) : null;
    private readonly Numerals _numerals = new(tokenizer.VocabSize);
    private readonly List<int> _ids = [];

    public void Do(ReadOnlySpan<byte> line, IBufferWriter<byte> output, CancellationToken stop)
    {
        if (options.JsonLines)
        {
            if (JsonLine.IsBlank(line)) return;
            using JsonDocument document = JsonLine.Parse(line);
            line = Encoding.UTF8.GetBytes(JsonLine.Text(document.RootElement, "text"));
        }

        if (_sampler is not null)
        {
            Write(_sampler.Encode(line, options.Cuts, options.Alpha), null, output);
        }
        else if (options.Cuts > 1)
        {
            foreach (ScoredPieces cut in tokenizer.EncodeNBest(line, options.Cuts))
            {
                Write([.. cut.Pieces], cut.Score, output);
            }
        }
        else if (options.Form == EncodedForm.Json)
        {
            Write(tokenizer.EncodePieces(line, stop), null, output);
        }
        else
        {
            WritePlain(line, output, stop);
        }
    }

    private void WritePlain(ReadOnlySpan<byte> line, IBufferWriter<byte> output, CancellationToken stop)
    {
        _ids.Clear();
        tokenizer.Encode(line, _ids, stop);
        bool asPieces = options.Form == EncodedForm.Piece;
        if (asPieces && _ids.Contains(tokenizer.UnkId))
        {
            // Unknown text is shown as it stands, which ids do not tell.
            Write(tokenizer.EncodePieces(line, stop), null, output);
            return;
        }

        extra.Apply(_ids);
        if (!asPieces)
        {
            WriteIds(CollectionsMarshal.AsSpan(_ids), output);
            return;
        }

        bool first = true;
        foreach (int id in _ids) WritePiece(tokenizer.Utf8Of(id), ref first, output);
        output.Write("\n"u8);
    }

    // Room for the whole line at once: asking for each id costs more than writing it.
    private void WriteIds(ReadOnlySpan<int> ids, IBufferWriter<byte> output)
    {
        Span<byte> room = output.GetSpan((ids.Length * Numerals.Longest) + 1);
        int at = 0;
        foreach (int id in ids)
        {
            at += _numerals.Write(id, room[at..]);
        }

        at = Math.Max(at - 1, 0);
        room[at++] = (byte)'\n';
        output.Advance(at);
    }

    private void Write(List<EncodedPiece> pieces, float? score, IBufferWriter<byte> output)
    {
        extra.Apply(pieces);
        if (options.Form == EncodedForm.Json)
        {
            JsonLine.Write(output, json => WriteFields(json, pieces, score));
            return;
        }

        if (options.Form == EncodedForm.Id)
        {
            WriteIds([.. pieces.Select(piece => piece.Id)], output);
            return;
        }

        bool first = true;
        foreach (EncodedPiece piece in pieces) WritePiece(Encoding.UTF8.GetBytes(piece.Text), ref first, output);
        output.Write("\n"u8);
    }

    private static void WriteFields(Utf8JsonWriter json, List<EncodedPiece> pieces, float? score)
    {
        WriteArray(json, "ids", pieces, static (json, piece) => json.WriteNumberValue(piece.Id));
        WriteArray(json, "pieces", pieces, static (json, piece) => json.WriteStringValue(piece.Text));
        WriteArray(json, "begin", pieces, static (json, piece) => json.WriteNumberValue(piece.Begin));
        WriteArray(json, "end", pieces, static (json, piece) => json.WriteNumberValue(piece.End));
        if (score is { } number) json.WriteNumber("score", number);
    }

    private static void WriteArray(
        Utf8JsonWriter json, string name, List<EncodedPiece> pieces, Action<Utf8JsonWriter, EncodedPiece> value)
    {
        json.WriteStartArray(name);
        foreach (EncodedPiece piece in pieces) value(json, piece);
        json.WriteEndArray();
    }

    private static void WritePiece(ReadOnlySpan<byte> piece, ref bool first, IBufferWriter<byte> output)
    {
        Span<byte> room = output.GetSpan(piece.Length + 1);
        room[0] = (byte)' ';
        int at = first ? 0 : 1;
        first = false;
        piece.CopyTo(room[at..]);
        output.Advance(at + piece.Length);
    }
}
