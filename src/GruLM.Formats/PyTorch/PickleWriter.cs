// Writes the pickle of a state_dict: an ordered dictionary of tensors, each of which says which storage it is rebuilt from. Protocol 2,
// as torch.save writes it.

using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace GruLM.Formats;

/// <summary>Writes one pickle. Not thread-safe.</summary>
internal sealed class PickleWriter
{
    private readonly ArrayBufferWriter<byte> _bytes = new();

    private PickleWriter()
    {
    }

    /// <summary>The name, in the archive, of what holds the numbers of tensor number <paramref name="place"/>.</summary>
    public static string StorageName(int place) => $"data/{place}";

    /// <summary>A dictionary of the tensors, followed by names that share the storage of one of them.</summary>
    /// <exception cref="ArgumentException">A tensor has a type that PyTorch's layers do not, or a name points at no tensor.</exception>
    public static byte[] StateDict(IReadOnlyList<NamedTensor> tensors, IReadOnlyDictionary<string, string> shared)
    {
        var places = tensors.Select((tensor, place) => (tensor.Name, place)).ToDictionary();
        var writer = new PickleWriter();
        writer.Raw([0x80, 2]);
        writer.EmptyDictionary();
        writer.Raw("("u8);
        for (int i = 0; i < tensors.Count; i++) writer.Pair(tensors[i].Name, tensors[i], i);
        foreach ((string name, string other) in shared)
        {
            if (!places.TryGetValue(other, out int place))
            {
                throw new ArgumentException($"'{name}' shares tensor '{other}', which is not there");
            }

            writer.Pair(name, tensors[place], place);
        }

        writer.Raw("u."u8);
        return writer._bytes.WrittenSpan.ToArray();
    }

    private void Pair(string name, NamedTensor tensor, int place)
    {
        Text(name);
        Name("torch._utils", "_rebuild_tensor_v2");
        Raw("(("u8);
        Text("storage");
        Name("torch", Storage(tensor));
        Text($"{place}");
        Text("cpu");
        Whole(tensor.ElementCount);
        Raw("tQ"u8);
        Whole(0);
        Tuple(tensor.Shape);
        Tuple(Strides(tensor.Shape));
        Raw([0x89]);
        EmptyDictionary();
        Raw("tR"u8);
    }

    private void EmptyDictionary()
    {
        Name("collections", "OrderedDict");
        Raw(")R"u8);
    }

    private void Tuple(IReadOnlyList<long> numbers)
    {
        Raw("("u8);
        foreach (long number in numbers) Whole(number);
        Raw("t"u8);
    }

    private void Whole(long number)
    {
        Span<byte> bytes = stackalloc byte[10];
        if (number is >= int.MinValue and <= int.MaxValue)
        {
            bytes[0] = (byte)'J';
            BinaryPrimitives.WriteInt32LittleEndian(bytes[1..], (int)number);
            Raw(bytes[..5]);
            return;
        }

        (bytes[0], bytes[1]) = (0x8a, 8);
        BinaryPrimitives.WriteInt64LittleEndian(bytes[2..], number);
        Raw(bytes);
    }

    private void Text(string text)
    {
        byte[] utf8 = Encoding.UTF8.GetBytes(text);
        Span<byte> head = stackalloc byte[5];
        head[0] = (byte)'X';
        BinaryPrimitives.WriteInt32LittleEndian(head[1..], utf8.Length);
        Raw(head);
        Raw(utf8);
    }

    private void Name(string module, string name) => Raw(Encoding.ASCII.GetBytes($"c{module}\n{name}\n"));

    private void Raw(ReadOnlySpan<byte> bytes) => _bytes.Write(bytes);

    private static string Storage(NamedTensor tensor) => tensor.Type switch
    {
        TensorType.F32 => "FloatStorage",
        TensorType.F16 => "HalfStorage",
        TensorType.BF16 => "BFloat16Storage",
        TensorType.F64 => "DoubleStorage",
        _ => throw new ArgumentException($"tensor '{tensor.Name}' is {tensor.Type.FormatName()}; F32, F16, BF16 or F64 can be written"),
    };

    private static long[] Strides(IReadOnlyList<long> shape)
    {
        long[] strides = new long[shape.Count];
        long step = 1;
        for (int i = strides.Length - 1; i >= 0; i--)
        {
            strides[i] = step;
            step *= Math.Max(shape[i], 1);
        }

        return strides;
    }
}
