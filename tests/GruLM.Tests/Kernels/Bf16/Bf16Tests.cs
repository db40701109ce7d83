// bfloat16 conversion against the definition: the nearest of the two neighbours, the even one of two equally near.

using GruLM.Kernels;

namespace GruLM.Tests.Kernels;

public unsafe class Bf16Tests
{
    [Fact]
    public void Rounding_takes_the_nearest_and_the_even_of_two()
    {
        foreach (float x in Numbers())
        {
            ushort rounded = Bf16.Round(x);
            if (float.IsNaN(x))
            {
                Assert.True(float.IsNaN(Bf16.ToSingle(rounded)));
                continue;
            }

            uint bits = BitConverter.SingleToUInt32Bits(x);
            ushort down = (ushort)(bits >> 16);
            if ((bits & 0xFFFF) == 0)
            {
                Assert.Equal(down, rounded);
                continue;
            }

            // Beyond the largest number the next one up is infinity, which stands for 2^128.
            static double Value(ushort b) => (b & 0x7FFF) == 0x7F80 ? ((b & 0x8000) == 0 ? 1 : -1) * Math.Pow(2, 128) : Bf16.ToSingle(b);
            double below = Math.Abs((double)x - Value(down)), above = Math.Abs(Value((ushort)(down + 1)) - (double)x);
            Assert.Equal(below < above || (below == above && down % 2 == 0) ? down : (ushort)(down + 1), rounded);
        }
    }

    [Fact]
    public void Vectors_convert_like_single_numbers_for_every_length()
    {
        float[] x = [.. Numbers()], y = [.. x.Reverse()];
        fixed (float* px = x, py = y)
        {
            foreach (int count in Enumerable.Range(0, 70).Append(x.Length))
            {
                ushort[] converted = new ushort[count + 1];
                uint[] pairs = new uint[count + 1];
                fixed (ushort* pc = converted)
                fixed (uint* pp = pairs)
                {
                    Bf16.Convert(px, pc, count);
                    Bf16.Pair(px, py, pp, count);
                }

                for (int i = 0; i < count; i++)
                {
                    Assert.Equal(Bf16.Round(x[i]), converted[i]);
                    Assert.Equal(Bf16.Round(x[i]) | ((uint)Bf16.Round(y[i]) << 16), pairs[i]);
                }

                Assert.Equal(0, converted[count]);
                Assert.Equal(0u, pairs[count]);
            }
        }
    }

    [Fact]
    public void Pairs_are_transposed_for_every_shape()
    {
        for (int rows = 1; rows <= 18; rows++)
        {
            for (int columns = 1; columns <= 18; columns++)
            {
                int strideSource = columns + 2, strideDestination = rows + 3;
                uint[] source = [.. Enumerable.Range(1, rows * strideSource).Select(i => (uint)i)];
                uint[] destination = new uint[columns * strideDestination];
                fixed (uint* from = source, to = destination) Bf16.TransposePairs(from, strideSource, rows, columns, to, strideDestination);
                for (int j = 0; j < columns; j++)
                {
                    for (int i = 0; i < strideDestination; i++)
                    {
                        Assert.Equal(i < rows ? source[(i * strideSource) + j] : 0, destination[(j * strideDestination) + i]);
                    }
                }
            }
        }
    }

    // Every exponent and sign with the lower halves that decide the rounding, and everything that is no number.
    private static IEnumerable<float> Numbers()
    {
        for (uint upper = 0; upper < 1 << 16; upper++)
        {
            if ((upper & 0x7F) is not (0 or 1 or 2 or 0x40 or 0x7E or 0x7F)) continue;
            foreach (uint lower in (uint[])[0, 1, 0x7FFF, 0x8000, 0x8001, 0xFFFF])
            {
                yield return BitConverter.UInt32BitsToSingle((upper << 16) | lower);
            }
        }
    }
}
