// A chart of curves over steps as one inline SVG picture: grid, marks, lines, legend. The figures themselves stand beside the lines in data
// attributes, from which report.js reads what to show under the pointer. Colours are in report.css, for light and dark.
// Left out on purpose: smoothing; what is drawn is what was logged.

using System.Globalization;
using System.Text;

namespace GruLM.Report;

/// <summary>Draws a chart. <paramref name="logarithmic"/>: the figures span many powers of ten where they are all above zero.
/// <paramref name="named"/>: there is a legend even for a single curve.</summary>
internal sealed class SvgChart(string title, string unit, IReadOnlyList<Curve> curves, bool logarithmic = false, bool named = false)
{
    private const int TicksAcross = 6, TicksUp = 5;

    // So few points are marked one by one; so many want a thin line.
    private const int FewPoints = 40, ManyPoints = 300;

    // Labels could not tell figures apart that differ by less than the first share; such a curve is drawn flat, with the second to both
    // sides.
    private const double FlatShare = 1e-3, ShareBesideFlat = 0.1;

    // Beyond this span a straight scale would show the largest figures alone.
    private const double WideSpan = 50;

    // What a picture cannot show in any scale.
    private const double LargestFigure = 1e100;

    private static readonly CultureInfo s_invariant = CultureInfo.InvariantCulture;

    /// <summary>The chart as markup; empty when no curve has a figure to show.</summary>
    public string Draw()
    {
        var drawn = curves.Select(WithoutUnshowable).Where(curve => curve.Points.Any(p => CanBeShown(p.Y))).ToList();
        if (drawn.Count == 0) return "";
        var points = drawn.SelectMany(curve => curve.Points).Where(p => CanBeShown(p.Y)).ToList();
        (ChartFrame frame, double[] ticksUp) = Fit(points);
        var svg = new StringBuilder();
        DrawCaption(svg, drawn);
        DrawFrame(svg, frame);
        DrawTicksUp(svg, frame, ticksUp);
        DrawTicksAcross(svg, frame);
        foreach (Curve curve in drawn) DrawCurve(svg, frame, curve);
        return svg.Append("</svg>\n</figure>\n").ToString();
    }

    private static Curve WithoutUnshowable(Curve curve)
    {
        Curve shown = curve with { Points = [.. curve.Points.Select(p => CanBeShown(p.Y) ? p : (p.X, double.NaN))] };
        return shown.Thinned();
    }

    private static bool CanBeShown(double figure) => double.IsFinite(figure) && Math.Abs(figure) <= LargestFigure;

    /// <summary>The scales for these points, and where the marks of the upright axis stand.</summary>
    private (ChartFrame Frame, double[] TicksUp) Fit(List<(double X, double Y)> points)
    {
        double low = points.Min(p => p.Y), high = points.Max(p => p.Y);
        double size = Math.Max(Math.Abs(low), Math.Abs(high));
        if (size == 0) high = 1;
        else if (high - low < FlatShare * size) (low, high) = (low - (ShareBesideFlat * size), high + (ShareBesideFlat * size));
        bool inPowers = logarithmic && low > 0 && high / low > WideSpan;
        double[] ticks = inPowers ? AxisTicks.Logarithmic(low, high) : AxisTicks.Linear(low, high, TicksUp);
        double begin = Math.Min(0, points.Min(p => p.X)), end = Math.Max(1, points.Max(p => p.X));
        return (new ChartFrame(begin, end, ticks[0], ticks[^1], inPowers), ticks);
    }

    private void DrawCaption(StringBuilder svg, List<Curve> drawn)
    {
        svg.Append("<figure class=\"chart\">\n<figcaption><span class=\"title\">").Append(Markup.Text(title))
            .Append("</span> <span class=\"unit\">").Append(Markup.Text(unit)).Append("</span>");
        if (drawn.Count > 1 || named)
        {
            foreach (Curve curve in drawn) svg.Append($"<span class=\"key {curve.Style}\">{Markup.Text(curve.Name)}</span>");
        }

        svg.Append("</figcaption>\n");
    }

    private void DrawFrame(StringBuilder svg, ChartFrame frame)
    {
        string name = Markup.Text(title);
        svg.Append(
            s_invariant,
            $"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {ChartFrame.Width} {ChartFrame.Height}\" "
            + $"role=\"img\" aria-label=\"{name}\"");
        svg.Append(s_invariant, $" data-low=\"{frame.StepLow:R}\" data-high=\"{frame.StepHigh:R}\"");
        svg.Append(s_invariant, $" data-left=\"{ChartFrame.Left}\" data-right=\"{ChartFrame.Right}\"");
        svg.Append(s_invariant, $" data-top=\"{ChartFrame.Top}\" data-bottom=\"{ChartFrame.Bottom}\">\n");
    }

    private static void DrawTicksUp(StringBuilder svg, ChartFrame frame, double[] ticks)
    {
        foreach (double tick in ticks)
        {
            double y = frame.Up(tick);
            DrawLine(svg, "grid", (ChartFrame.Left, y), (ChartFrame.Right, y));
            svg.Append(
                s_invariant,
                $"<text class=\"tick up\" x=\"{ChartFrame.Left - 8}\" y=\"{y + 4:0.#}\">{AxisTicks.Label(tick)}</text>\n");
        }
    }

    private static void DrawTicksAcross(StringBuilder svg, ChartFrame frame)
    {
        DrawLine(svg, "axis", (ChartFrame.Left, ChartFrame.Bottom), (ChartFrame.Right, ChartFrame.Bottom));
        svg.Append('\n');
        double[] ticks = AxisTicks.Linear(frame.StepLow, frame.StepHigh, TicksAcross);
        foreach (double tick in ticks.Where(tick => tick >= frame.StepLow && tick <= frame.StepHigh && tick == Math.Floor(tick)))
        {
            double x = frame.Across(tick);
            DrawLine(svg, "axis", (x, ChartFrame.Bottom), (x, ChartFrame.Bottom + 4));
            svg.Append(
                s_invariant,
                $"<text class=\"tick across\" x=\"{x:0.#}\" y=\"{ChartFrame.Bottom + 18}\">{AxisTicks.Label(tick)}</text>\n");
        }
    }

    private static void DrawLine(StringBuilder svg, string style, (double X, double Y) from, (double X, double Y) to) => svg.Append(
        s_invariant, $"<line class=\"{style}\" x1=\"{from.X:0.#}\" x2=\"{to.X:0.#}\" y1=\"{from.Y:0.#}\" y2=\"{to.Y:0.#}\"/>");

    private static void DrawCurve(StringBuilder svg, ChartFrame frame, Curve curve)
    {
        StringBuilder path = new(), marks = new(), steps = new(), figures = new();
        bool few = curve.Points.Count <= FewPoints, begun = false;
        for (int i = 0; i < curve.Points.Count; i++)
        {
            (double step, double figure) = curve.Points[i];
            bool shown = CanBeShown(figure);
            if (shown)
            {
                double x = frame.Across(step), y = frame.Up(figure);
                path.Append(begun ? 'L' : 'M').Append(s_invariant, $"{x:0.##} {y:0.##}");
                steps.Append(steps.Length > 0 ? " " : "").Append(step.ToString("R", s_invariant));
                figures.Append(figures.Length > 0 ? " " : "").Append(figure.ToString("G5", s_invariant));

                // A line from a point to nowhere is not seen.
                bool alone = !begun && (i + 1 == curve.Points.Count || !CanBeShown(curve.Points[i + 1].Y));
                if (few || alone)
                {
                    marks.Append(s_invariant, $"<circle class=\"mark {curve.Style}\" cx=\"{x:0.##}\" cy=\"{y:0.##}\" r=\"3\"/>");
                }
            }

            begun = shown;
        }

        string dense = curve.Points.Count > ManyPoints ? " dense" : "";
        svg.Append($"<path class=\"curve {curve.Style}{dense}\" data-name=\"{Markup.Text(curve.Name)}\" ")
            .Append("data-steps=\"").Append(steps).Append("\" data-figures=\"").Append(figures)
            .Append("\" d=\"").Append(path).Append("\"/>\n");
        if (marks.Length > 0) svg.Append(marks).Append('\n');
    }
}
