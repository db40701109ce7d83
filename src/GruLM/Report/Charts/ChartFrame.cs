// The frame of a chart: where its edges stand in the picture's own units, which the page scales, and where a step and a figure come to lie.

namespace GruLM.Report;

/// <summary>The scales of a chart.</summary>
/// <param name="StepLow">The step at the left edge.</param>
/// <param name="StepHigh">The step at the right edge.</param>
/// <param name="FigureLow">The figure at the bottom.</param>
/// <param name="FigureHigh">The figure at the top.</param>
/// <param name="InPowers">Whether equal ratios of figures are equally far apart, instead of equal differences.</param>
internal sealed record ChartFrame(double StepLow, double StepHigh, double FigureLow, double FigureHigh, bool InPowers)
{
    public const int Width = 560, Height = 280;

    public const int Left = 58, Right = Width - 14, Top = 12, Bottom = Height - 34;

    /// <summary>Where a step lies, from the left edge of the picture.</summary>
    public double Across(double step) => Left + ((step - StepLow) / (StepHigh - StepLow) * (Right - Left));

    /// <summary>Where a figure lies, from the upper edge of the picture.</summary>
    public double Up(double figure) =>
        Bottom - ((Scaled(figure) - Scaled(FigureLow)) / (Scaled(FigureHigh) - Scaled(FigureLow)) * (Bottom - Top));

    private double Scaled(double figure) => InPowers ? Math.Log10(figure) : figure;
}
