// The instructions that can multiply in bfloat16.

namespace GruLM.Kernels;

/// <summary>What products in bfloat16 run on.</summary>
internal enum Bf16Path
{
    /// <summary>AMX: <c>amx</c> in <see cref="KernelChoice.Variable"/>.</summary>
    Tiles,

    /// <summary>Vectors of pairs, AVX512-BF16: <c>avx512bf16</c>.</summary>
    Pairs,
}
