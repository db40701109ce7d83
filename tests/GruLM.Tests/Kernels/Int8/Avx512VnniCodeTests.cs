// The machine code of the products of bytes on vectors of 512 bits, interpreted on every machine.

using GruLM.Kernels;

namespace GruLM.Tests.Kernels;

[Collection(nameof(CodeEmulator))]
public sealed unsafe class Avx512VnniCodeTests : IDisposable
{
    private readonly CodeEmulator _emulator = CodeEmulator.Open();

    public void Dispose() => _emulator.Dispose();

    [Fact]
    public void Products_of_bytes_are_exact_in_every_shape_and_touch_nothing_else()
    {
        const int Columns = 24, Tiles = 2;
        for (int blocks = 1; blocks <= Avx512VnniAssembler.MaxBlocks; blocks++)
        {
            for (int vectors = 1; vectors <= Avx512VnniAssembler.MaxVectors; vectors++)
            {
                int rows = Tiles * blocks * 16;
                using var weights = new AlignedBuffer<sbyte>(rows * Columns);
                using var activations = new AlignedBuffer<byte>(vectors * Columns);
                using var start = new AlignedBuffer<int>(rows);
                using var sums = new AlignedBuffer<int>(vectors * rows);
                for (int i = 0; i < weights.Length; i++) weights.Pointer[i] = (sbyte)((i * 37 % 255) - 127);
                for (int i = 0; i < activations.Length; i++) activations.Pointer[i] = (byte)(i * 31 % 256);
                for (int i = 0; i < rows; i++) start.Pointer[i] = i - 5;
                _emulator.Forget();
                _emulator.Allow(weights.Pointer, weights.Length);
                _emulator.Allow(activations.Pointer, activations.Length);
                _emulator.Allow(start.Pointer, 4 * start.Length);
                _emulator.Allow(sums.Pointer, 4 * sums.Length);
                var arguments = new Avx512VnniArguments
                {
                    Weights = weights.Pointer,
                    BlocksApart = 16 * Columns,
                    TilesApart = blocks * 16 * Columns,
                    Activations = activations.Pointer,
                    ActivationStride = Columns,
                    Start = start.Pointer,
                    Sums = sums.Pointer,
                    SumStride = rows * sizeof(int),
                    RowsApart = 16 * sizeof(int),
                    TileRows = blocks * 16 * sizeof(int),
                    Steps = Columns / 8,
                    Tiles = Tiles,
                };
                _emulator.Run(
                    CodeEmulator.Decode(Avx512VnniAssembler.Tile(blocks, vectors)), &arguments, sizeof(Avx512VnniArguments));
                for (int i = 0; i < vectors * rows; i++)
                {
                    int m = i / rows, row = i % rows, sum = start.Pointer[row];
                    for (int k = 0; k < Columns; k++)
                    {
                        sum += activations.Pointer[(m * Columns) + k]
                            * weights.Pointer[(row / 16 * 16 * Columns) + (k / 4 * 64) + (row % 16 * 4) + (k % 4)];
                    }

                    Assert.Equal(sum, sums.Pointer[i]);
                }
            }
        }
    }
}
