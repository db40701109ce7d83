// The running average of the parameters (Polyak and Juditsky 1992, in its exponential form): what is evaluated and saved when it is kept,
// while training goes on with the parameters themselves. The average is short at the start, so that starting values are soon forgotten.

using GruLM.Kernels;

namespace GruLM.Model;

/// <summary>An exponential moving average of a parameter set.</summary>
internal sealed unsafe class ParameterAverage(GruParameters source, double decay) : IDisposable
{
    private const int Block = 1 << 14;

    /// <summary>The average.</summary>
    public GruParameters Values { get; } = Copy(source);

    /// <summary>Takes in the parameters after update number <paramref name="steps"/> (from 1).</summary>
    public void Add(Compute compute, GruParameters parameters, long steps)
    {
        var job = new AddJob
        {
            Average = Values.Pointer,
            Parameters = parameters.Pointer,
            Length = Values.Length,
            Share = (float)(1 - Math.Min(decay, steps / (steps + 9.0))),
        };
        KernelDispatch.Run(compute, job, (int)((Values.Length + Block - 1) / Block));
    }

    /// <summary>Exchanges the values with those of <paramref name="parameters"/>.</summary>
    public void Swap(GruParameters parameters)
    {
        float* a = Values.Pointer, b = parameters.Pointer;
        for (long i = 0; i < Values.Length; i++) (a[i], b[i]) = (b[i], a[i]);
    }

    /// <inheritdoc/>
    public void Dispose() => Values.Dispose();

    private static GruParameters Copy(GruParameters source)
    {
        var copy = new GruParameters(source.Config);
        foreach (ParameterView view in source.Views) source.Span(view.Name).CopyTo(copy.Span(view.Name));
        return copy;
    }

    private struct AddJob : ISimdJob
    {
        public float* Average, Parameters;
        public long Length;
        public float Share;

        public readonly void Execute<S, V>(int item, int thread)
            where S : struct, ISimd<V>
            where V : unmanaged
        {
            long end = Math.Min(Length, (item + 1L) * Block);
            V share = S.Splat(Share);
            for (long i = (long)item * Block; i < end; i += S.Width)
            {
                V average = S.Load(Average + i);
                S.Store(Average + i, S.Add(average, S.Multiply(S.Subtract(S.Load(Parameters + i), average), share)));
            }
        }
    }
}
