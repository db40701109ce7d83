// A small picture of a run for a terminal: figures against steps in Braille dots (2 x 4 to a character).
// Left out on purpose: axes with ticks; the numbers that matter stand at the ends.

using System.Globalization;
using System.Text;

namespace GruLM.Cli;

/// <summary>Draws a curve with characters.</summary>
internal static class LossCurve
{
    private static readonly int[,] s_dots = { { 0x01, 0x08 }, { 0x02, 0x10 }, { 0x04, 0x20 }, { 0x40, 0x80 } };

    /// <summary>One picture of <paramref name="width"/> x <paramref name="height"/> characters for points (x, y), lines between them; empty
    /// for fewer than two points.</summary>
    public static string Draw(IReadOnlyList<(double X, double Y)> points, string title, int width = 60, int height = 8)
    {
        var finite = points.Where(p => double.IsFinite(p.X) && double.IsFinite(p.Y)).ToList();
        if (finite.Count < 2) return "";
        double left = finite.Min(p => p.X), right = finite.Max(p => p.X), low = finite.Min(p => p.Y), high = finite.Max(p => p.Y);
        if (right <= left) return "";
        if (high <= low) high = low + 1e-9;
        int[,] cells = new int[height, width];
        int columns = 2 * width, rows = 4 * height;
        int Column(double x) => (int)Math.Round((x - left) / (right - left) * (columns - 1));
        int Row(double y) => (int)Math.Round((high - y) / (high - low) * (rows - 1));
        for (int i = 1; i < finite.Count; i++)
        {
            int x0 = Column(finite[i - 1].X), x1 = Column(finite[i].X), y0 = Row(finite[i - 1].Y), y1 = Row(finite[i].Y);
            int steps = Math.Max(1, Math.Max(Math.Abs(x1 - x0), Math.Abs(y1 - y0)));
            for (int s = 0; s <= steps; s++)
            {
                int x = x0 + ((x1 - x0) * s / steps), y = y0 + ((y1 - y0) * s / steps);
                cells[y / 4, x / 2] |= s_dots[y % 4, x % 2];
            }
        }

        var text = new StringBuilder();
        text.Append("  ").Append(title).Append('\n');
        for (int r = 0; r < height; r++)
        {
            string label = r == 0 ? Number(high) : r == height - 1 ? Number(low) : "";
            text.Append(label.PadLeft(8)).Append(" │");
            for (int c = 0; c < width; c++) text.Append((char)(0x2800 + cells[r, c]));
            text.Append('\n');
        }

        text.Append(' ', 9).Append('└').Append('─', width).Append('\n');
        string end = right.ToString("#,0", CultureInfo.InvariantCulture);
        text.Append(' ', 10).Append(left.ToString("#,0", CultureInfo.InvariantCulture).PadRight(Math.Max(1, width - end.Length)))
            .Append(end).Append('\n');
        return text.ToString();
    }

    private static string Number(double value) => value.ToString(value < 100 ? "0.000" : "0.0", CultureInfo.InvariantCulture);
}
