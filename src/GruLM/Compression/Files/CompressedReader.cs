// Reads a compressed file. Whatever was damaged or cut off is told; nothing that it says is believed beyond its bounds.

using System.Buffers;
using System.Buffers.Binary;
using GruLM.Formats;

namespace GruLM.Compression;

/// <summary>Reads from <paramref name="input"/>, which stays the caller's and is called <paramref name="name"/> in messages. Not
/// thread-safe.</summary>
internal sealed class CompressedReader(Stream input, string name)
{
    private readonly ArrayBufferWriter<byte> _part = new();

    /// <summary>Bytes read so far.</summary>
    public long Bytes { get; private set; }

    /// <summary>What is thrown for a file that cannot have been written so.</summary>
    public InvalidDataException Damaged() => new($"{name}: is damaged; take another copy of it");

    /// <summary>Reads the beginning; the answer is whether the content was learned from.</summary>
    /// <exception cref="InvalidDataException">It is no such file, damaged, or of another version, or was written with another
    /// model.</exception>
    public bool Begin(CompressedModel model, string folder)
    {
        byte[] header = Read(CompressedFormat.HeaderBytes);
        if (!header.AsSpan().StartsWith(CompressedFormat.Magic)) throw new InvalidDataException($"{name}: was not written by compress");
        if (header[CompressedFormat.VersionAt] is not CompressedFormat.Version and var version)
        {
            throw new InvalidDataException(
                $"{name}: has version {version} of the format, and this program reads version {CompressedFormat.Version}; "
                + "it is damaged, or a newer program has written it");
        }

        uint check = BinaryPrimitives.ReadUInt32LittleEndian(header.AsSpan(CompressedFormat.HeaderCheckAt));
        if (check != Crc32C.Of(header.AsSpan(0, CompressedFormat.HeaderCheckAt))) throw Damaged();
        var written = new CompressedModel(
            BinaryPrimitives.ReadUInt64BigEndian(header.AsSpan(CompressedFormat.WeightsAt)),
            BinaryPrimitives.ReadUInt32BigEndian(header.AsSpan(CompressedFormat.PiecesAt)));
        byte options = header[CompressedFormat.OptionsAt];
        if (options > CompressedFormat.Learns) throw Damaged();
        if (written == model) return options == CompressedFormat.Learns;
        string difference = written.Weights == model.Weights
            ? $"the tokenizer or the sizes of that one are others ({written.Pieces:x8}, and {model.Pieces:x8} here)"
            : $"the weights of that one are {written.Weights:x16}, and these are {model.Weights:x16}";
        string here = folder.Length > 0 ? folder : "this one";
        throw new InvalidDataException($"{name}: was compressed with another model than {here}: {difference}; expand it with that one");
    }

    /// <summary>Reads a frame; null behind the last, where <see cref="End"/> follows.</summary>
    /// <exception cref="InvalidDataException">It is damaged or cut off.</exception>
    public CompressedFrame? Frame()
    {
        _part.ResetWrittenCount();
        int content = Number(CompressedFormat.MostContent);
        if (content == 0) return null;
        int elements = Number(content), lanes = Number(LaneModel.MostLanes);
        int length = Number(((long)content * CompressedFormat.MostCodeOfByte) + CompressedFormat.MostCodeOfByte);
        byte[] code = Read(length);
        _part.Write(code);
        uint check = Crc32C.Of(_part.WrittenSpan);
        if (check != BinaryPrimitives.ReadUInt32LittleEndian(Read(CompressedFormat.FrameCheckBytes))) throw Damaged();
        if (elements == 0 || lanes == 0 || lanes > elements) throw Damaged();
        return new CompressedFrame(content, new LaneShares(elements, lanes), code);
    }

    /// <summary>Reads the end, and compares it.</summary>
    /// <exception cref="InvalidDataException">It is damaged or cut off, goes on behind its end, or the content is another one.</exception>
    public void End(long contentBytes, ReadOnlySpan<byte> hash)
    {
        bool fits = LongNumber(long.MaxValue) == contentBytes;
        fits &= Read(CompressedFormat.ContentCheckBytes).AsSpan().SequenceEqual(hash[..CompressedFormat.ContentCheckBytes]);
        if (!fits) throw Damaged();
        Span<byte> more = stackalloc byte[1];
        if (input.Read(more) > 0) throw new InvalidDataException($"{name}: goes on behind its end; take another copy of it");
    }

    private int Number(long most) => (int)LongNumber(most);

    private long LongNumber(long most)
    {
        ulong number = 0;
        for (int shift = 0; shift < 63; shift += 7)
        {
            byte part = Read(1)[0];
            _part.Write([part]);
            number |= (ulong)(part & 0x7F) << shift;
            if (part >= 0x80) continue;

            // A number has one form alone.
            if (number > (ulong)most || (part == 0 && shift > 0)) break;
            return (long)number;
        }

        throw Damaged();
    }

    private byte[] Read(int count)
    {
        byte[] bytes = new byte[count];
        int read = input.ReadAtLeast(bytes, count, throwOnEndOfStream: false);
        Bytes += read;
        if (read == count) return bytes;
        throw new InvalidDataException(
            Bytes == 0 ? $"{name}: is empty; a compressed file was expected" : $"{name}: ends too early; it is damaged or was cut off");
    }
}
