// The numbers that products are computed with. Sums are float32 in all of them.

namespace GruLM.Kernels;

/// <summary>In which precision matrices are multiplied; sums and all else are float32.</summary>
public enum Precision
{
    /// <summary>bfloat16 on cards, and on processors that have it by instructions that were proved
    /// (<see cref="Bf16Machine.IsProved"/>); else float32.</summary>
    Auto,

    /// <summary>float32.</summary>
    Fp32,

    /// <summary>bfloat16 where this machine can, else float32.</summary>
    Bf16,
}
