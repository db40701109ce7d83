// The element types a tensor file may hold, with the names and sizes the safetensors format gives them.
// Left out on purpose: the 8-bit and narrower float types and complex numbers; a file that holds them is refused by name.
// The order of the members is the format's own: a writer puts wider types first, so that every tensor starts aligned.

using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;

namespace GruLM.Formats;

/// <summary>The type of a tensor's elements.</summary>
public enum TensorType
{
    /// <summary>One byte, 0 or 1 (BOOL).</summary>
    Bool,

    /// <summary>Unsigned 8-bit integer.</summary>
    U8,

    /// <summary>Signed 8-bit integer.</summary>
    I8,

    /// <summary>Signed 16-bit integer.</summary>
    I16,

    /// <summary>Unsigned 16-bit integer.</summary>
    U16,

    /// <summary>IEEE half precision.</summary>
    F16,

    /// <summary>The upper half of a single-precision number.</summary>
    BF16,

    /// <summary>Signed 32-bit integer.</summary>
    I32,

    /// <summary>Unsigned 32-bit integer.</summary>
    U32,

    /// <summary>IEEE single precision.</summary>
    F32,

    /// <summary>IEEE double precision.</summary>
    F64,

    /// <summary>Signed 64-bit integer.</summary>
    I64,

    /// <summary>Unsigned 64-bit integer.</summary>
    U64,
}

internal static class TensorTypes
{
    public const string KnownNames = "BOOL, U8, I8, I16, U16, F16, BF16, I32, U32, F32, F64, I64, U64";

    /// <summary>Whether it is one of the float types.</summary>
    public static bool IsFloat(this TensorType type) => type is TensorType.F32 or TensorType.F16 or TensorType.BF16 or TensorType.F64;

    /// <summary>Turns little-endian numbers of a float type into float32.</summary>
    public static void ToFloats(this TensorType type, ReadOnlySpan<byte> bytes, Span<float> destination)
    {
        switch (type)
        {
            case TensorType.F16:
                ReadOnlySpan<Half> halves = MemoryMarshal.Cast<byte, Half>(bytes);
                for (int i = 0; i < destination.Length; i++)
                {
                    destination[i] = (float)halves[i];
                }

                break;
            case TensorType.BF16:
                ReadOnlySpan<ushort> uppers = MemoryMarshal.Cast<byte, ushort>(bytes);
                for (int i = 0; i < destination.Length; i++)
                {
                    destination[i] = BitConverter.UInt32BitsToSingle((uint)uppers[i] << 16);
                }

                break;
            case TensorType.F32:
                MemoryMarshal.Cast<byte, float>(bytes).CopyTo(destination);
                break;
            default:
                ReadOnlySpan<double> doubles = MemoryMarshal.Cast<byte, double>(bytes);
                for (int i = 0; i < destination.Length; i++)
                {
                    destination[i] = (float)doubles[i];
                }

                break;
        }
    }

    public static int SizeInBytes(this TensorType type) => type switch
    {
        TensorType.Bool or TensorType.U8 or TensorType.I8 => 1,
        TensorType.I16 or TensorType.U16 or TensorType.F16 or TensorType.BF16 => 2,
        TensorType.I32 or TensorType.U32 or TensorType.F32 => 4,
        TensorType.F64 or TensorType.I64 or TensorType.U64 => 8,
        _ => throw new ArgumentOutOfRangeException(nameof(type)),
    };

    public static string FormatName(this TensorType type) => type switch
    {
        TensorType.Bool => "BOOL",
        TensorType.U8 => "U8",
        TensorType.I8 => "I8",
        TensorType.I16 => "I16",
        TensorType.U16 => "U16",
        TensorType.F16 => "F16",
        TensorType.BF16 => "BF16",
        TensorType.I32 => "I32",
        TensorType.U32 => "U32",
        TensorType.F32 => "F32",
        TensorType.F64 => "F64",
        TensorType.I64 => "I64",
        TensorType.U64 => "U64",
        _ => throw new ArgumentOutOfRangeException(nameof(type)),
    };

    public static bool TryParse([NotNullWhen(true)] string? name, out TensorType type)
    {
        for (type = TensorType.Bool; type <= TensorType.U64; type++)
        {
            if (type.FormatName() == name)
            {
                return true;
            }
        }

        return false;
    }
}
