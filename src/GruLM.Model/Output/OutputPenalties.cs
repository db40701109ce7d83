// AR and TAR (Merity, McCann and Socher 2017, arXiv 1708.01009): penalties on the size of the outputs and on how fast they change. With N
// counted tokens and H units, on dropped outputs y and outputs h of the last layer:
//   AR = a / (N H) · Σ y²          TAR = b / (N H) · Σ_t (h_t − h_{t−1})²,  t over the steps of the window but the first.

namespace GruLM.Model;

/// <summary>Penalties on the last layer's outputs, and their gradients.</summary>
internal static unsafe class OutputPenalties
{
    /// <summary>AR of y [rows, width], of which <paramref name="factor"/> is a / (N H); adds its gradient to
    /// <paramref name="dY"/>.</summary>
    public static double Activation(float* y, float* dY, long length, double factor)
    {
        double sum = 0;
        float slope = (float)(2 * factor);
        for (long i = 0; i < length; i++)
        {
            sum += (double)y[i] * y[i];
            dY[i] += slope * y[i];
        }

        return factor * sum;
    }

    /// <summary>TAR of h, <paramref name="steps"/> steps of <paramref name="perStep"/> elements, of which <paramref name="factor"/> is b /
    /// (N H); adds its gradient to <paramref name="dH"/>.</summary>
    public static double Slowness(float* h, float* dH, long perStep, int steps, double factor)
    {
        double sum = 0;
        float slope = (float)(2 * factor);
        for (long i = perStep; i < perStep * steps; i++)
        {
            float change = h[i] - h[i - perStep];
            sum += (double)change * change;
            dH[i] += slope * change;
            dH[i - perStep] -= slope * change;
        }

        return factor * sum;
    }
}
