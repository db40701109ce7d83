// How a line that is being typed is drawn, over what was drawn of it before. Rows are ended here and not by the terminal, so that their
// number is known. The cursor gets to its column by writing what stands before it: the terminal alone knows how wide it draws things.

using System.Globalization;
using System.Text;

namespace GruLM.Cli;

/// <summary>Draws one line.</summary>
internal sealed class LineDrawing
{
    private const string NextRow = "\r\n";

    // The row that the cursor stands in, counted from the line's first.
    private int _row;

    /// <summary>What to write so that the terminal shows the text with the cursor before the character at
    /// <paramref name="cursor"/>.</summary>
    public string Draw(string prompt, string text, int cursor, int columns)
    {
        string shown = TerminalText.Show(text);
        (string whole, int lastRow, _) = Rows(prompt + shown, columns);
        string drawn = Begin() + whole;
        _row = lastRow;
        if (cursor == text.Length) return drawn;
        (string before, int row, _) = Rows(prompt + shown[..cursor], columns);
        drawn += Begin(clear: false) + before;
        _row = row;
        return drawn;
    }

    /// <summary>What to write when the line is complete: all of it, with the cursor in the row below.</summary>
    public string End(string prompt, string text, int columns)
    {
        string drawn = Draw(prompt, text, text.Length, columns);
        bool isBelow = Rows(prompt + TerminalText.Show(text), columns) is { Row: > 0, Column: 0 };
        return isBelow ? drawn : drawn + NextRow;
    }

    /// <summary>The screen was cleared; the cursor stands at its beginning.</summary>
    public void Clear() => _row = 0;

    private string Begin(bool clear = true) => TerminalEscapes.Up(_row) + "\r" + (clear ? TerminalEscapes.ClearBelow : "");

    // The text with its rows ended, and where the cursor then is: a full row is ended too.
    private static (string Text, int Row, int Column) Rows(string text, int columns)
    {
        var rows = new StringBuilder();
        int row = 0, column = 0;
        for (int at = 0, length; at < text.Length; at += length)
        {
            length = StringInfo.GetNextTextElementLength(text.AsSpan(at));
            ReadOnlySpan<char> element = text.AsSpan(at, length);
            int width = TextWidth.Of(element);
            if (column > 0 && column + width > columns) EndRow();
            rows.Append(element);
            column += width;
        }

        if (column >= columns) EndRow();
        return (rows.ToString(), row, column);

        void EndRow()
        {
            rows.Append(NextRow);
            (row, column) = (row + 1, 0);
        }
    }
}
