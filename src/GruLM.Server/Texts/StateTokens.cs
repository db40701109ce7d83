// States that clients keep: where a text or a talk stands, as a text that only this server's key can have made. So a server needs no memory
// of its clients, and any number of servers with one key and one model stand behind a load balancer. docs/serving.md has the layout.

using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using GruLM.Formats;
using GruLM.Model;

namespace GruLM.Server;

/// <summary>Seals and opens states. Safe for several threads.</summary>
/// <param name="key">What signs, 32 bytes.</param>
internal sealed class StateTokens(byte[] key)
{
    private const byte Version = 1;

    // More than any state has that a text of this library can be in.
    private const int MostRecent = 1 << 16;

    /// <summary>A state as a text that a URL may hold.</summary>
    public string Seal(ServedModel model, WriterState state)
    {
        using var stream = new MemoryStream();
        using (var writer = new BinaryWriter(stream))
        {
            writer.Write(Version);
            writer.Write(NameOf(model));
            writer.Write(state.Drawn);
            writer.Write7BitEncodedInt(state.Decoded);
            writer.Write(state.MirostatBound ?? float.NaN);
            writer.Write7BitEncodedInt(state.Recent.Length);
            foreach (int id in state.Recent) writer.Write7BitEncodedInt(id);
            writer.Write(state.Constrained?.Constraint ?? "");
            byte[] given = state.Constrained?.Given ?? [];
            writer.Write7BitEncodedInt(given.Length);
            writer.Write(given);
            foreach (float number in state.State) writer.Write(number);
            writer.Write(HmacSha256.Of(key, stream.GetBuffer().AsSpan(0, (int)stream.Length)));
        }

        return Base64Url.EncodeToString(stream.ToArray());
    }

    /// <summary>The state of a text that <see cref="Seal"/> made for the same model.</summary>
    /// <exception cref="ApiException">It was not made with this key, or for another model.</exception>
    public WriterState Open(ServedModel model, string token, string field)
    {
        byte[]? bytes = Decode(token);
        if (bytes is null || bytes.Length <= Sha256.HashBytes) throw Forged(field);
        ReadOnlySpan<byte> content = bytes.AsSpan(0, bytes.Length - Sha256.HashBytes);
        bool isOurs = CryptographicOperations.FixedTimeEquals(HmacSha256.Of(key, content), bytes.AsSpan(content.Length));
        if (!isOurs) throw Forged(field);
        using var reader = new BinaryReader(new MemoryStream(bytes, 0, content.Length));
        try
        {
            return Read(reader, model, field);
        }
        catch (Exception error) when (error is EndOfStreamException or FormatException)
        {
            throw Forged(field);
        }
    }

    private static WriterState Read(BinaryReader reader, ServedModel model, string field)
    {
        if (reader.ReadByte() != Version)
        {
            throw ApiException.Bad($"'{field}' was given out by another version; begin anew", field, "stale_state");
        }

        if (!reader.ReadBytes(Sha256.HashBytes).AsSpan().SequenceEqual(NameOf(model)))
        {
            string message = $"'{field}' belongs to another model or other weights than '{model.Name}' has now";
            throw ApiException.Bad(message, field, "stale_state");
        }

        ulong drawn = reader.ReadUInt64();
        int decoded = reader.Read7BitEncodedInt();
        float bound = reader.ReadSingle();
        int[] recent = new int[Length(reader, MostRecent)];
        for (int i = 0; i < recent.Length; i++) recent[i] = reader.Read7BitEncodedInt();
        string constraint = reader.ReadString();
        byte[] given = reader.ReadBytes(Length(reader, int.MaxValue));
        GruConfig config = model.Model.Config;
        float[] state = new float[config.NumLayers * config.HiddenDim];
        for (int i = 0; i < state.Length; i++) state[i] = reader.ReadSingle();
        PartOfConstrained? part = constraint.Length > 0 ? new(constraint, given) : null;
        return new WriterState(state, recent, drawn, decoded, float.IsNaN(bound) ? null : bound, part);
    }

    private static int Length(BinaryReader reader, int most)
    {
        int length = reader.Read7BitEncodedInt();
        return length >= 0 && length <= most ? length : throw new FormatException();
    }

    private static byte[] NameOf(ServedModel model) => Sha256.HashData(Encoding.UTF8.GetBytes(model.Fingerprint));

    private static byte[]? Decode(string token)
    {
        try
        {
            return Base64Url.DecodeFromChars(token);
        }
        catch (FormatException)
        {
            return null;
        }
    }

    private static ApiException Forged(string field) => ApiException.Bad(
        $"'{field}' is no state that this server has given out, or was given out before it was started anew without its key; begin anew",
        field,
        "invalid_state");
}
