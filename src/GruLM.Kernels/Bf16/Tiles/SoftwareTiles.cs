// The tile product of AmxAssembler in plain vector code, behind the same arguments: bfloat16 training and its quality can so be tried and
// tested on any machine, to the bit as AMX does it, numbers near 1e-38 excepted (tiles flush them to zero). It is no way to be fast: slower
// than float32, and never taken unless asked for.
// Source: the operation of TDPBF16PS in Intel's Software Developer's Manual, volume 2.

using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace GruLM.Kernels;

/// <summary>AMX tiles without AMX.</summary>
internal static unsafe class SoftwareTiles
{
    private const int TileRows = 16, TileColumns = 16, TileFloats = TileRows * TileColumns, Pairs = Bf16Kernel.DepthStep / 2;

    /// <summary>The product in software.</summary>
    public static AmxKernel Kernel => new(&Enter);

    [UnmanagedCallersOnly]
    private static void Enter(AmxArguments* x)
    {
        if (x->Shape == AmxTiles.CeilingShape) return;
        int tileColumns = ((x->Shape - 1) % AmxTiles.MaxColumns) + 1, tiles = ((x->Shape - 1) / AmxTiles.MaxColumns + 1) * tileColumns;
        int rows = x->Config[48], columns = *(ushort*)(x->Config + 16) / sizeof(float);
        float* sums = stackalloc float[AmxTiles.MaxRows * AmxTiles.MaxColumns * TileFloats];
        byte* a = (byte*)x->A, c = (byte*)x->C;
        for (nint block = 0; block < x->Blocks; block++, a += x->BlockA, c += x->BlockC)
        {
            // All tiles are loaded before any is stored: two rows of them may overlap.
            new Span<float>(sums, tiles * TileFloats).Clear();
            for (int t = 0; t < tiles; t++)
            {
                int i = t / tileColumns, j = t % tileColumns;
                if (x->Add != 0) Copy(c + (i * x->SecondC) + (j * 64), x->StrideC, (byte*)(sums + (t * TileFloats)), 64, rows, columns);
                Multiply(a + (i * x->SecondA), x->StrideA, (byte*)x->B + (j * 64), x->Steps, sums + (t * TileFloats), rows);
            }

            for (int t = 0; t < tiles; t++)
            {
                int i = t / tileColumns, j = t % tileColumns;
                Copy((byte*)(sums + (t * TileFloats)), 64, c + (i * x->SecondC) + (j * 64), x->StrideC, rows, columns);
            }
        }
    }

    private static void Copy(byte* from, nint strideFrom, byte* to, nint strideTo, int rows, int columns)
    {
        for (int i = 0; i < rows; i++)
        {
            new Span<float>(from + (i * strideFrom), columns).CopyTo(new Span<float>(to + (i * strideTo), columns));
        }
    }

    // A step sums the even and the odd k apart, from zero; then the two are added, and that to what was there.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Multiply(byte* a, nint strideA, byte* b, nint steps, float* sums, int rows)
    {
        var upper = Vector256.Create(0xFFFF0000u);
        for (nint step = 0; step < steps; step++, a += Pairs * 4, b += Pairs * Bf16Kernel.PanelWidth * 4)
        {
            for (int i = 0; i < rows; i += 2)
            {
                uint* a0 = (uint*)(a + (i * strideA));
                uint* a1 = i + 1 < rows ? (uint*)((byte*)a0 + strideA) : a0;
                uint* row = (uint*)b;
                Vector256<float> e00 = default, e01 = default, o00 = default, o01 = default, e10 = default, e11 = default, o10 = default,
                    o11 = default;
                for (int p = 0; p < Pairs; p++, row += Bf16Kernel.PanelWidth)
                {
                    var b0 = Vector256.Load(row);
                    var b1 = Vector256.Load(row + 8);
                    Vector256<float> be0 = (b0 << 16).AsSingle(), be1 = (b1 << 16).AsSingle(), bo0 = (b0 & upper).AsSingle(),
                        bo1 = (b1 & upper).AsSingle();
                    var pair = Vector256.Create(a0[p]);
                    Vector256<float> even = (pair << 16).AsSingle(), odd = (pair & upper).AsSingle();
                    e00 = Vector256.FusedMultiplyAdd(even, be0, e00);
                    e01 = Vector256.FusedMultiplyAdd(even, be1, e01);
                    o00 = Vector256.FusedMultiplyAdd(odd, bo0, o00);
                    o01 = Vector256.FusedMultiplyAdd(odd, bo1, o01);
                    pair = Vector256.Create(a1[p]);
                    even = (pair << 16).AsSingle();
                    odd = (pair & upper).AsSingle();
                    e10 = Vector256.FusedMultiplyAdd(even, be0, e10);
                    e11 = Vector256.FusedMultiplyAdd(even, be1, e11);
                    o10 = Vector256.FusedMultiplyAdd(odd, bo0, o10);
                    o11 = Vector256.FusedMultiplyAdd(odd, bo1, o11);
                }

                float* to = sums + (i * TileColumns);
                (Vector256.Load(to) + (e00 + o00)).Store(to);
                (Vector256.Load(to + 8) + (e01 + o01)).Store(to + 8);
                if (i + 1 == rows) break;
                (Vector256.Load(to + TileColumns) + (e10 + o10)).Store(to + TileColumns);
                (Vector256.Load(to + TileColumns + 8) + (e11 + o11)).Store(to + TileColumns + 8);
            }
        }
    }
}
