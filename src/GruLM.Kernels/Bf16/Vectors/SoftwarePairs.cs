// The product of Avx512Bf16Assembler in plain vector code, behind the same arguments, so that bfloat16 on that instruction can be tried and
// tested on any machine: the manual's order of sums to the bit, numbers near 1e-38 excepted (the instruction flushes them to zero). Slower
// than float32, and never taken unless asked for.
// Source: the operation of VDPBF16PS in Intel's Software Developer's Manual, volume 2.

using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace GruLM.Kernels;

/// <summary>AVX512-BF16 without AVX512-BF16.</summary>
internal static unsafe class SoftwarePairs
{
    private const int Width = Bf16Kernel.PanelWidth, VectorColumns = 16;

    /// <summary>The product in software.</summary>
    public static Avx512Bf16Kernel Kernel => new(&Enter);

    [UnmanagedCallersOnly]
    private static void Enter(Avx512Bf16Arguments* x)
    {
        const int MaxRows = Avx512Bf16Assembler.MaxRows, MaxVectors = Avx512Bf16Assembler.MaxVectors;
        if (x->Shape == Avx512Bf16Assembler.CeilingShape) return;
        int rows = MaxRows - (x->Shape / MaxVectors), vectors = MaxVectors - (x->Shape % MaxVectors);
        int columns = ((vectors - 1) * VectorColumns) + int.PopCount(x->Mask), pairs = (int)x->Turns * Avx512Bf16Assembler.PairsATurn;
        float* sums = stackalloc float[Width];
        byte* a = (byte*)x->A, c = (byte*)x->C;
        for (nint block = 0; block < x->Blocks; block++, a += x->BlockA, c += x->BlockC)
        {
            for (int row = 0; row < rows; row++)
            {
                var rowOfC = new Span<float>(c + (row * x->StrideC), columns);
                new Span<float>(sums, Width).Clear();
                if (x->Add != 0) rowOfC.CopyTo(new Span<float>(sums, columns));
                Multiply((uint*)(a + (row * x->StrideA)), (uint*)x->B, pairs, sums);
                new Span<float>(sums, columns).CopyTo(rowOfC);
            }
        }
    }

    // A row of A and the whole panel. The odd products are added first, each by a fused multiply-add.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Multiply(uint* a, uint* b, int pairs, float* sums)
    {
        var upper = Vector256.Create(0xFFFF0000u);
        Vector256<float> sum0 = Vector256.Load(sums), sum1 = Vector256.Load(sums + 8), sum2 = Vector256.Load(sums + 16),
            sum3 = Vector256.Load(sums + 24), sum4 = Vector256.Load(sums + 32), sum5 = Vector256.Load(sums + 40);
        for (int p = 0; p < pairs; p++, b += Width)
        {
            var pair = Vector256.Create(a[p]);
            Vector256<float> even = (pair << 16).AsSingle(), odd = (pair & upper).AsSingle();
            sum0 = Add(sum0, Vector256.Load(b));
            sum1 = Add(sum1, Vector256.Load(b + 8));
            sum2 = Add(sum2, Vector256.Load(b + 16));
            sum3 = Add(sum3, Vector256.Load(b + 24));
            sum4 = Add(sum4, Vector256.Load(b + 32));
            sum5 = Add(sum5, Vector256.Load(b + 40));

            [MethodImpl(MethodImplOptions.AggressiveInlining)]
            Vector256<float> Add(Vector256<float> sum, Vector256<uint> of) => Vector256.FusedMultiplyAdd(
                even, (of << 16).AsSingle(), Vector256.FusedMultiplyAdd(odd, (of & upper).AsSingle(), sum));
        }

        sum0.Store(sums);
        sum1.Store(sums + 8);
        sum2.Store(sums + 16);
        sum3.Store(sums + 24);
        sum4.Store(sums + 32);
        sum5.Store(sums + 40);
    }
}
