// Which instruction set the kernels use, and in which precision they multiply. The environment variable GRULM_KERNELS forces a path, so
// that every path can be tested and timed on one machine; without it the widest that the processor runs well is taken.

namespace GruLM.Kernels;

/// <summary>The kernel paths, from the plainest to the widest.</summary>
public enum KernelPath
{
    /// <summary>One float at a time: the plain path that the others are checked against.</summary>
    Scalar,

    /// <summary>128-bit vectors: SSE, NEON.</summary>
    Vector128,

    /// <summary>256-bit vectors: AVX2 with FMA.</summary>
    Vector256,

    /// <summary>512-bit vectors: AVX-512.</summary>
    Vector512,
}
