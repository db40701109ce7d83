// Tensors to be written in a narrower type than they have, rounded to nearest, ties to even.

using System.Runtime.InteropServices;
using GruLM.Formats;
using GruLM.Model;

namespace GruLM;

/// <summary>Narrows tensors. Safe for several threads.</summary>
internal static class NarrowNumbers
{
    /// <summary>A tensor of a model in a type; float32 is not copied.</summary>
    /// <exception cref="InvalidDataException">A number does not fit.</exception>
    public static NamedTensor Tensor(GruParameters parameters, ParameterView view, TensorType type)
    {
        if (type == TensorType.F32) return NamedTensor.FromFloats(view.Name, () => parameters.Span(view.Name), view.Shape);
        ReadOnlySpan<float> numbers = parameters.Span(view.Name);
        byte[] bytes = new byte[checked(numbers.Length * 2)];
        Span<ushort> narrow = MemoryMarshal.Cast<byte, ushort>(bytes.AsSpan());
        for (int i = 0; i < narrow.Length; i++)
        {
            bool isFinite = true;
            if (type == TensorType.F16)
            {
                var half = (Half)numbers[i];
                isFinite = Half.IsFinite(half);
                narrow[i] = BitConverter.HalfToUInt16Bits(half);
            }
            else
            {
                narrow[i] = ToBf16(numbers[i]);
                isFinite = (narrow[i] & 0x7F80) != 0x7F80;
            }

            if (!isFinite)
            {
                throw new InvalidDataException(
                    $"tensor {view.Name} holds {numbers[i]}, which is too large for {type}; choose another 'Type'");
            }
        }

        return NamedTensor.FromBytes(view.Name, type, bytes, view.Shape);
    }

    private static ushort ToBf16(float number)
    {
        uint bits = BitConverter.SingleToUInt32Bits(number);
        return (ushort)((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16);
    }
}
