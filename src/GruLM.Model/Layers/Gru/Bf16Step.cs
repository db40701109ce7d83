// The part of a time step that is bfloat16's own: its product, and its result kept converted for the next step.

using GruLM.Kernels;

namespace GruLM.Model;

/// <summary>The product of a step in bfloat16, and where its result goes for the next step. Unused in float32.</summary>
internal readonly unsafe struct Bf16Step<S, V>(Compute compute, PackedMatrix weights, ushort* before, ushort* after, nint stride)
    where S : struct, ISimd<V>
    where V : unmanaged
{
    private readonly Bf16Kernel _kernel = compute.Bf16?.Kernel ?? default;
    private readonly ushort* _panels = weights.Bf16 == null ? null : weights.Bf16.Panel(0);
    private readonly int _k = weights.K, _depth = weights.Bf16?.Depth ?? 0;

    public bool Used => _panels != null;

    public void Multiply(int panel, int lane, int rows, float* sums) =>
        _kernel.Product(
            before + (lane * stride), stride, _panels + ((nint)panel * Bf16Kernel.PanelWidth * _depth), _k, sums, Bf16Kernel.PanelWidth,
            rows, Bf16Kernel.PanelWidth, add: false);

    public void Keep(float* values, nint lane, int column) => Bf16.Convert(values, after + (lane * stride) + column, S.Width);
}
