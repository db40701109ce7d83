// A small picture of a run for a terminal: figures against steps in Braille dots (2 x 4 to a character), and others as marks among them.
// Left out on purpose: axes with ticks; the numbers that matter stand at the ends. A line that begins far above all that follows is cut off
// there, else nothing could be seen of the rest.

using System.Globalization;
using System.Text;

namespace GruLM.Cli;

/// <summary>Draws a curve with characters.</summary>
internal static class LossCurve
{
    private const int Width = 60, Height = 8, LabelWidth = 8;
    private const int DotsAcross = 2, DotsDown = 4;

    // The share of a picture's width that counts as the beginning of its line.
    private const double Beginning = 0.05;

    // The first of Unicode's Braille patterns; each dot is a bit, by row and column here.
    private const int NoDots = 0x2800;
    private const int Mark = 'o';
    private static readonly int[,] s_dots = { { 0x01, 0x08 }, { 0x02, 0x10 }, { 0x04, 0x20 }, { 0x40, 0x80 } };

    /// <summary>One picture for points (x, y), lines between them, and for marks, an o each; empty for fewer than two points of a
    /// line.</summary>
    public static string Draw(IReadOnlyList<(double X, double Y)> points, IReadOnlyList<(double X, double Y)> marks, string title)
    {
        List<(double X, double Y)> finite = Finite(points), marked = Finite(marks), all = [.. finite, .. marked];
        if (finite.Count < 2) return "";
        double left = all.Min(p => p.X), right = all.Max(p => p.X), low = all.Min(p => p.Y), high = all.Max(p => p.Y);
        if (right <= left) return "";
        double top = Math.Min(high, Top(finite, marked, low, left + (Beginning * (right - left))));
        bool isCut = top < high;
        high = Math.Max(top, low + 1e-9);
        int columns = DotsAcross * Width, rows = DotsDown * Height;
        int[,] cells = Cells([.. finite.Select(p => (Column(p.X), Row(p.Y)))]);
        foreach ((double x, double y) in marked) cells[Row(y) / DotsDown, Column(x) / DotsAcross] = Mark - NoDots;
        var text = new StringBuilder();
        text.Append("  ").Append(title).Append('\n');
        for (int r = 0; r < Height; r++)
        {
            string label = r == 0 ? (isCut ? "↑ " : "") + Figure(high) : r == Height - 1 ? Figure(low) : "";
            text.Append(label.PadLeft(LabelWidth)).Append(" │");
            for (int c = 0; c < Width; c++) text.Append((char)(NoDots + cells[r, c]));
            text.Append('\n');
        }

        string begin = Step(left), end = Step(right);
        text.Append(' ', LabelWidth + 1).Append('└').Append('─', Width).Append('\n');
        text.Append(' ', LabelWidth + 2).Append(begin.PadRight(Math.Max(1, Width - end.Length))).Append(end).Append('\n');
        return text.ToString();

        int Column(double x) => (int)Math.Round((x - left) / (right - left) * (columns - 1));
        int Row(double y) => (int)Math.Round((high - Math.Min(y, high)) / (high - low) * (rows - 1));
    }

    // Twice as high as marks, and the line behind its beginning, reach; a single point there tells nothing.
    private static double Top(List<(double X, double Y)> line, List<(double X, double Y)> marks, double low, double beginning)
    {
        double[] body = [.. line.Where(point => point.X > beginning).Concat(marks).Select(point => point.Y)];
        return body.Length < 2 ? double.PositiveInfinity : low + (2 * (body.Max() - low));
    }

    private static List<(double X, double Y)> Finite(IEnumerable<(double X, double Y)> points) =>
        [.. points.Where(p => double.IsFinite(p.X) && double.IsFinite(p.Y))];

    /// <summary>The dots of each character for lines between points, which are counted in dots from the upper left.</summary>
    private static int[,] Cells((int X, int Y)[] points)
    {
        int[,] cells = new int[Height, Width];
        for (int i = 1; i < points.Length; i++)
        {
            ((int x0, int y0), (int x1, int y1)) = (points[i - 1], points[i]);
            int steps = Math.Max(1, Math.Max(Math.Abs(x1 - x0), Math.Abs(y1 - y0)));
            for (int s = 0; s <= steps; s++)
            {
                int x = x0 + ((x1 - x0) * s / steps), y = y0 + ((y1 - y0) * s / steps);
                cells[y / DotsDown, x / DotsAcross] |= s_dots[y % DotsDown, x % DotsAcross];
            }
        }

        return cells;
    }

    private static string Figure(double value) => value.ToString(value < 100 ? "0.000" : "0.0", CultureInfo.InvariantCulture);

    private static string Step(double value) => value.ToString("#,0", CultureInfo.InvariantCulture);
}
