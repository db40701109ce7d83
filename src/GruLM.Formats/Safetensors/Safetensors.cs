// Writing the safetensors format: eight bytes with the header's length (little-endian), a JSON header that gives each tensor's type, shape
// and place, then the numbers, one tensor after another without gaps. The header is padded with spaces so that the numbers start at a
// multiple of eight. Tensors are ordered by type, widest first, then by name, which is the order of the format's own writer.
// Format: https://github.com/huggingface/safetensors (README, "Format"). Left out on purpose: big-endian machines.

using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace GruLM.Formats;

/// <summary>Writes safetensors files; <see cref="SafetensorsFile"/> reads them. Safe for several threads, which write different
/// files.</summary>
public static class Safetensors
{
    /// <summary>The longest header, in bytes, that the format's own reader accepts.</summary>
    public const int MaxHeaderBytes = 100_000_000;

    internal const string MetadataKey = "__metadata__";

    /// <summary>Writes the tensors to <paramref name="path"/>, whole or not at all (see <see cref="AtomicFile"/>).</summary>
    /// <param name="path">The file, replaced when it exists.</param>
    /// <param name="tensors">What to write; the order does not matter.</param>
    /// <param name="metadata">Free text under free keys, written in the order of the keys; may be null.</param>
    /// <exception cref="ArgumentException">Two tensors share a name, a name is <c>__metadata__</c>, or a source has not the size its shape
    /// says.</exception>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public static void Write(string path, IReadOnlyList<NamedTensor> tensors, IReadOnlyDictionary<string, string>? metadata = null)
    {
        ArgumentNullException.ThrowIfNull(tensors);
        NamedTensor[] ordered = Ordered(tensors);
        byte[] header = Header(ordered, metadata);
        AtomicFile.Write(path, stream =>
        {
            Span<byte> length = stackalloc byte[sizeof(ulong)];
            BinaryPrimitives.WriteUInt64LittleEndian(length, (ulong)header.Length);
            stream.Write(length);
            stream.Write(header);
            foreach (NamedTensor tensor in ordered)
            {
                tensor.WriteTo(stream);
            }
        });
    }

    private static NamedTensor[] Ordered(IReadOnlyList<NamedTensor> tensors)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (NamedTensor tensor in tensors)
        {
            if (tensor.Name == MetadataKey)
            {
                throw new ArgumentException($"a tensor cannot be named '{MetadataKey}': the format keeps that name for itself");
            }

            if (!names.Add(tensor.Name))
            {
                throw new ArgumentException($"two tensors are named '{tensor.Name}'");
            }
        }

        return
        [
            .. tensors.OrderByDescending(t => t.Type)
                .ThenBy(t => Encoding.UTF8.GetBytes(t.Name), Comparer<byte[]>.Create((a, b) => a.AsSpan().SequenceCompareTo(b))),
        ];
    }

    private static byte[] Header(NamedTensor[] tensors, IReadOnlyDictionary<string, string>? metadata)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartObject();
            if (metadata is { Count: > 0 })
            {
                json.WriteStartObject(MetadataKey);
                foreach ((string key, string value) in metadata.OrderBy(pair => pair.Key, StringComparer.Ordinal))
                {
                    json.WriteString(key, value);
                }

                json.WriteEndObject();
            }

            long offset = 0;
            foreach (NamedTensor tensor in tensors)
            {
                long end = checked(offset + tensor.ByteCount);
                json.WriteStartObject(tensor.Name);
                json.WriteString("dtype", tensor.Type.FormatName());
                WriteNumbers(json, "shape", tensor.Shape);
                WriteNumbers(json, "data_offsets", [offset, end]);
                json.WriteEndObject();
                offset = end;
            }

            json.WriteEndObject();
        }

        // Up to seven spaces, to a multiple of eight.
        buffer.Write("       "u8[..(-buffer.WrittenCount & 7)]);
        if (buffer.WrittenCount > MaxHeaderBytes)
        {
            throw new ArgumentException($"the header would take {buffer.WrittenCount} bytes; the format allows {MaxHeaderBytes}");
        }

        return buffer.WrittenSpan.ToArray();
    }

    private static void WriteNumbers(Utf8JsonWriter json, string name, IReadOnlyList<long> numbers)
    {
        json.WriteStartArray(name);
        foreach (long number in numbers)
        {
            json.WriteNumberValue(number);
        }

        json.WriteEndArray();
    }
}
