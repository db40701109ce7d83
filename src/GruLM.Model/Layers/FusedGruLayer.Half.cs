// The part of the fused layer that is bfloat16's own: a step's product on tiles, and keeping its result converted for the next step.

using GruLM.Kernels;

namespace GruLM.Model;

internal sealed unsafe partial class FusedGruLayer<S, V>
{
    // The product of a step in bfloat16, and where its result goes for the next step. Empty in float32.
    private readonly struct HalfProduct(Compute compute, PackedMatrix weights, ushort* before, ushort* after, nint stride)
    {
        private readonly AmxKernel _kernel = compute.Bf16?.Kernel ?? default;
        private readonly ushort* _panels = weights.Bf16 == null ? null : weights.Bf16.Panel(0);
        private readonly int _k = weights.K, _depth = weights.Bf16?.Depth ?? 0;

        public bool Used => _panels != null;

        public void Multiply(int panel, int lane, int rows, float* sums) =>
            _kernel.Product(
                before + (lane * stride), stride, _panels + ((nint)panel * AmxKernel.PanelWidth * _depth), _k, sums, AmxKernel.PanelWidth,
                rows, AmxKernel.PanelWidth, add: false);

        public void Keep(float* values, nint lane, int column) => Bf16.Convert(values, after + (lane * stride) + column, S.Width);
    }
}
