// A chart of curves over steps as one inline SVG picture: grid, marks, lines, legend. The figures themselves stand beside the lines in data
// attributes, from which report.js reads what to show under the pointer. Colours are in report.css, for light and dark.
// Left out on purpose: smoothing; what is drawn is what was logged.

using System.Globalization;
using System.Text;

namespace GruLM.Cli.Report;

/// <summary>Draws a chart. <paramref name="logarithmic"/>: the figures span many powers of ten where they are all above zero.</summary>
internal sealed class SvgChart(string title, string unit, IReadOnlyList<Curve> curves, bool logarithmic = false)
{
    // In the picture's own units, which the page scales.
    private const int Width = 560, Height = 280, Left = 58, Right = 14, Top = 12, Bottom = 34;
    private const int TicksAcross = 6, TicksUp = 5;

    // So few points are marked one by one; so many want a thin line.
    private const int FewPoints = 40, ManyPoints = 300;

    // Labels could not tell figures apart that differ by less than the first share; such a curve is drawn flat, with the second to both
    // sides.
    private const double Flat = 1e-3, BesideFlat = 0.1;

    // Beyond this span a straight scale would show the largest figures alone.
    private const double WideSpan = 50;

    // What a picture cannot show in any scale.
    private const double LargestFigure = 1e100;

    private double _xLow, _xHigh, _yLow, _yHigh;
    private bool _inPowers;

    /// <summary>The chart as markup; empty when no curve has a figure to show.</summary>
    public string Draw()
    {
        var drawn = curves.Select(c => (c with { Points = [.. c.Points.Select(p => Shown(p.Y) ? p : (p.X, double.NaN))] }).Thinned())
            .Where(c => c.Points.Any(p => Shown(p.Y))).ToList();
        if (drawn.Count == 0) return "";
        var figures = drawn.SelectMany(c => c.Points).Where(p => Shown(p.Y)).ToList();
        double low = figures.Min(p => p.Y), high = figures.Max(p => p.Y);
        double size = Math.Max(Math.Abs(low), Math.Abs(high));
        if (size == 0) high = 1;
        else if (high - low < Flat * size) (low, high) = (low - (BesideFlat * size), high + (BesideFlat * size));
        _inPowers = logarithmic && low > 0 && high / low > WideSpan;
        double[] up = _inPowers ? AxisTicks.Logarithmic(low, high) : AxisTicks.Linear(low, high, TicksUp);
        (_yLow, _yHigh) = (Scaled(up[0]), Scaled(up[^1]));
        (_xLow, _xHigh) = (Math.Min(0, figures.Min(p => p.X)), Math.Max(1, figures.Max(p => p.X)));

        var svg = new StringBuilder();
        svg.Append("<figure class=\"chart\">\n<figcaption><span class=\"title\">").Append(Markup.Text(title))
            .Append("</span> <span class=\"unit\">").Append(Markup.Text(unit)).Append("</span>");
        if (drawn.Count > 1)
        {
            foreach (Curve? curve in drawn) svg.Append($"<span class=\"key {curve.Style}\">{Markup.Text(curve.Name)}</span>");
        }

        svg.Append("</figcaption>\n");
        svg.Append(
            CultureInfo.InvariantCulture,
            $"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {Width} {Height}\" role=\"img\" aria-label=\"{Markup.Text(title)}\" data-low=\"{_xLow:R}\" data-high=\"{_xHigh:R}\" data-left=\"{Left}\" data-right=\"{Width - Right}\" data-top=\"{Top}\" data-bottom=\"{Height - Bottom}\">\n");
        DrawAxes(svg, up);
        foreach (Curve? curve in drawn) DrawCurve(svg, curve);
        return svg.Append("</svg>\n</figure>\n").ToString();
    }

    private static bool Shown(double figure) => double.IsFinite(figure) && Math.Abs(figure) <= LargestFigure;

    private double Scaled(double y) => _inPowers ? Math.Log10(y) : y;

    private double Across(double x) => Left + ((x - _xLow) / (_xHigh - _xLow) * (Width - Left - Right));

    private double Up(double y) => Height - Bottom - ((Scaled(y) - _yLow) / (_yHigh - _yLow) * (Height - Top - Bottom));

    private void DrawAxes(StringBuilder svg, double[] up)
    {
        foreach (double y in up)
        {
            svg.Append(
                CultureInfo.InvariantCulture,
                $"<line class=\"grid\" x1=\"{Left}\" x2=\"{Width - Right}\" y1=\"{Up(y):0.#}\" y2=\"{Up(y):0.#}\"/>");
            svg.Append(
                CultureInfo.InvariantCulture,
                $"<text class=\"tick up\" x=\"{Left - 8}\" y=\"{Up(y) + 4:0.#}\">{AxisTicks.Label(y)}</text>\n");
        }

        svg.Append(
            CultureInfo.InvariantCulture,
            $"<line class=\"axis\" x1=\"{Left}\" x2=\"{Width - Right}\" y1=\"{Height - Bottom}\" y2=\"{Height - Bottom}\"/>\n");
        foreach (double x in AxisTicks.Linear(_xLow, _xHigh, TicksAcross).Where(x => x >= _xLow && x <= _xHigh && x == Math.Floor(x)))
        {
            svg.Append(
                CultureInfo.InvariantCulture,
                $"<line class=\"axis\" x1=\"{Across(x):0.#}\" x2=\"{Across(x):0.#}\" y1=\"{Height - Bottom}\" y2=\"{Height - Bottom + 4}\"/>");
            svg.Append(
                CultureInfo.InvariantCulture,
                $"<text class=\"tick across\" x=\"{Across(x):0.#}\" y=\"{Height - Bottom + 18}\">{AxisTicks.Label(x)}</text>\n");
        }
    }

    private void DrawCurve(StringBuilder svg, Curve curve)
    {
        (StringBuilder? path, StringBuilder? marks, StringBuilder? steps, StringBuilder? figures) =
            (new StringBuilder(), new StringBuilder(), new StringBuilder(), new StringBuilder());
        bool few = curve.Points.Count <= FewPoints;
        bool begun = false;
        for (int i = 0; i < curve.Points.Count; i++)
        {
            (double x, double y) = curve.Points[i];
            bool shown = Shown(y);
            if (shown)
            {
                path.Append(CultureInfo.InvariantCulture, $"{(begun ? 'L' : 'M')}{Across(x):0.##} {Up(y):0.##}");
                steps.Append(steps.Length > 0 ? " " : "").Append(x.ToString("R", CultureInfo.InvariantCulture));
                figures.Append(figures.Length > 0 ? " " : "").Append(y.ToString("G5", CultureInfo.InvariantCulture));

                // A line from a point to nowhere is not seen.
                bool alone = !begun && (i + 1 == curve.Points.Count || !Shown(curve.Points[i + 1].Y));
                if (few || alone)
                {
                    marks.Append(CultureInfo.InvariantCulture,
                        $"<circle class=\"mark {curve.Style}\" cx=\"{Across(x):0.##}\" cy=\"{Up(y):0.##}\" r=\"3\"/>");
                }
            }

            begun = shown;
        }

        svg.Append(
            CultureInfo.InvariantCulture,
            $"<path class=\"curve {curve.Style}{(curve.Points.Count > ManyPoints ? " dense" : "")}\" data-name=\"{Markup.Text(curve.Name)}\" data-steps=\"{steps}\" data-figures=\"{figures}\" d=\"{path}\"/>\n");
        if (marks.Length > 0) svg.Append(marks).Append('\n');
    }
}
