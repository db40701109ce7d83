// A tensor to be written: a name, a shape, a type and where its numbers are. It only points at them, so that saving a model
// of any size copies nothing; the source is asked for its span at the moment of writing, which lets it be native memory too.
// Left out on purpose: strides and views. Numbers lie in row-major order, as every format here stores them.

using System.Runtime.InteropServices;

namespace GruLM.Formats;

/// <summary>A tensor to be written to a file. Immutable, and so safe for several threads as far as its source is.</summary>
public sealed class NamedTensor
{
    private readonly FloatSource? _floats;
    private readonly ReadOnlyMemory<byte> _bytes;

    private NamedTensor(string name, TensorType type, long[] shape, FloatSource? floats, ReadOnlyMemory<byte> bytes)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        Name = name;
        Type = type;
        Shape = [.. shape];
        ElementCount = 1;
        foreach (long size in shape)
        {
            ArgumentOutOfRangeException.ThrowIfNegative(size, nameof(shape));
            ElementCount = checked(ElementCount * size);
        }

        ByteCount = checked(ElementCount * type.SizeInBytes());
        _floats = floats;
        _bytes = bytes;
    }

    /// <summary>The tensor's name, for example <c>gru.weight_ih_l0</c>.</summary>
    public string Name { get; }

    /// <summary>The type of its elements.</summary>
    public TensorType Type { get; }

    /// <summary>Its sizes, outermost first; empty for a single number.</summary>
    public IReadOnlyList<long> Shape { get; }

    /// <summary>The number of elements: the product of the sizes.</summary>
    public long ElementCount { get; }

    /// <summary>The number of bytes its elements take in a file.</summary>
    public long ByteCount { get; }

    /// <summary>A float32 tensor over <paramref name="values"/>, which are not copied.</summary>
    /// <exception cref="ArgumentException">The shape does not hold as many elements as there are values.</exception>
    public static NamedTensor FromFloats(string name, ReadOnlyMemory<float> values, params long[] shape)
    {
        var tensor = new NamedTensor(name, TensorType.F32, shape, () => values.Span, default);
        tensor.Require(values.Length, tensor.ElementCount, "elements");
        return tensor;
    }

    /// <summary>A float32 tensor whose values <paramref name="source"/> gives when the file is written.</summary>
    public static NamedTensor FromFloats(string name, FloatSource source, params long[] shape)
    {
        ArgumentNullException.ThrowIfNull(source);
        return new NamedTensor(name, TensorType.F32, shape, source, default);
    }

    /// <summary>A tensor of any type over its little-endian bytes, which are not copied.</summary>
    /// <exception cref="ArgumentException">The shape does not take as many bytes as there are.</exception>
    public static NamedTensor FromBytes(string name, TensorType type, ReadOnlyMemory<byte> bytes, params long[] shape)
    {
        var tensor = new NamedTensor(name, type, shape, null, bytes);
        tensor.Require(bytes.Length, tensor.ByteCount, "bytes");
        return tensor;
    }

    /// <summary>Writes the elements' bytes, in portions, since a span of bytes cannot cover two gigabytes of floats.</summary>
    internal void WriteTo(Stream stream)
    {
        if (_floats is null)
        {
            stream.Write(_bytes.Span);
            return;
        }

        const int Portion = 1 << 20;
        ReadOnlySpan<float> values = _floats();
        Require(values.Length, ElementCount, "elements");
        for (; values.Length > Portion; values = values[Portion..])
        {
            stream.Write(MemoryMarshal.AsBytes(values[..Portion]));
        }

        stream.Write(MemoryMarshal.AsBytes(values));
    }

    private void Require(long found, long expected, string unit)
    {
        if (found != expected)
        {
            string sizes = string.Join(", ", Shape);
            throw new ArgumentException(
                $"tensor '{Name}' of shape [{sizes}] takes {expected} {unit}, but its source has {found}");
        }
    }
}
