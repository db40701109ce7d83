// Layer normalisation in plain loops: the oracle of LayerNorm.cs, whose opening comment has the equations.

using System.Numerics;

namespace GruLM.Model;

/// <summary>Layer normalisation of one row in plain scalar code, in any floating-point type.</summary>
/// <typeparam name="T">The number type computed with.</typeparam>
internal sealed class PlainLayerNorm<T>(T[] gain, T[] bias, T[] dGain, T[] dBias)
    where T : IFloatingPointIeee754<T>
{
    private readonly T _count = T.CreateChecked(gain.Length);

    /// <summary>y [H] from x [H].</summary>
    public T[] Forward(T[] x)
    {
        (T[]? normal, T _) = Normalise(x);
        return [.. normal.Select((value, j) => (gain[j] * value) + bias[j])];
    }

    /// <summary>dx [H] from dy [H]; adds to the gradients of γ and β.</summary>
    public T[] Backward(T[] x, T[] dy)
    {
        (T[]? normal, T? scale) = Normalise(x);
        T sum = T.Zero, dot = T.Zero;
        for (int j = 0; j < x.Length; j++)
        {
            dGain[j] += dy[j] * normal[j];
            dBias[j] += dy[j];
            sum += gain[j] * dy[j];
            dot += gain[j] * dy[j] * normal[j];
        }

        return [.. normal.Select((value, j) => ((gain[j] * dy[j]) - (sum / _count) - (value * dot / _count)) * scale)];
    }

    private (T[] Normal, T Scale) Normalise(T[] x)
    {
        T mean = T.Zero, variance = T.Zero;
        foreach (T value in x) mean += value / _count;
        foreach (T value in x) variance += (value - mean) * (value - mean) / _count;
        T scale = T.One / T.Sqrt(variance + T.CreateChecked(LayerNorm.Epsilon));
        return ([.. x.Select(value => (value - mean) * scale)], scale);
    }
}
