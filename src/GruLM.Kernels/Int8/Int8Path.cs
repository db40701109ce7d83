// Which instructions multiply bytes. The sums are the same integers on all of them.

namespace GruLM.Kernels;

/// <summary>How products of int8 numbers are computed, from the plainest to the fastest.</summary>
public enum Int8Path
{
    /// <summary>One product at a time.</summary>
    Scalar,

    /// <summary>128-bit vectors: SSSE3, NEON.</summary>
    Vector128,

    /// <summary>256-bit vectors: AVX2.</summary>
    Vector256,

    /// <summary>512-bit vectors: AVX-512 without VNNI.</summary>
    Vector512,

    /// <summary>256-bit vectors with AVX-VNNI.</summary>
    AvxVnni,

    /// <summary>512-bit vectors with AVX512-VNNI, in machine code that is written at run time.</summary>
    Avx512Vnni,
}
