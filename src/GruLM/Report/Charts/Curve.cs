// A figure against steps, for a chart: its points, thinned out to what a picture can show.

namespace GruLM.Report;

/// <summary>A curve of a chart.</summary>
/// <param name="Name">What the legend says.</param>
/// <param name="Style">Its class in the style sheet.</param>
/// <param name="Points">Steps in ascending order and the figure at each; those that are not finite leave a gap.</param>
internal sealed record Curve(string Name, string Style, IReadOnlyList<(double X, double Y)> Points)
{
    /// <summary>At most so many points of a curve are drawn.</summary>
    public const int MostPoints = 600;

    /// <summary>The same curve with at most <paramref name="most"/> points: the first and the last, and from each of equal parts between
    /// them the lowest and the highest, so that no peak is lost.</summary>
    public Curve Thinned(int most = MostPoints) => Points.Count <= most ? this : this with { Points = Thin(Points, most) };

    private static List<(double X, double Y)> Thin(IReadOnlyList<(double X, double Y)> points, int most)
    {
        int parts = (most - 2) / 2, inner = points.Count - 2;
        var kept = new List<(double X, double Y)>(most) { points[0] };
        for (int part = 0; part < parts; part++)
        {
            int begin = 1 + (int)((long)inner * part / parts), end = 1 + (int)((long)inner * (part + 1) / parts);
            int low = begin, high = begin;
            for (int i = begin; i < end; i++)
            {
                // A comparison with NaN is false, so a gap would hold its place against every figure.
                if (points[i].Y < points[low].Y || double.IsNaN(points[low].Y)) low = i;
                if (points[i].Y > points[high].Y || double.IsNaN(points[high].Y)) high = i;
            }

            kept.Add(points[Math.Min(low, high)]);
            if (low != high) kept.Add(points[Math.Max(low, high)]);
        }

        kept.Add(points[^1]);
        return kept;
    }
}
