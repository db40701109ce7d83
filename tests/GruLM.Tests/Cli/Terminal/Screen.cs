// A terminal, as far as lines are drawn on one: rows of cells, wide characters in two of them, and the few sequences that are used.

using System.Globalization;
using System.Text.RegularExpressions;
using GruLM.Cli;

namespace GruLM.Tests.Cli;

/// <summary>Shows what is written to it.</summary>
internal sealed partial class Screen(int columns, int rows)
{
    private readonly string?[,] _cells = new string?[rows, columns];

    // Behind the last column a terminal waits for the next character before it goes on in the next row.
    private int _row;
    private int _column;

    /// <summary>Rows that have scrolled away.</summary>
    public int Scrolled { get; private set; }

    /// <summary>Where the cursor is.</summary>
    public (int Row, int Column) Cursor => (_row, Math.Min(_column, columns - 1));

    /// <summary>The text of the rows, without what is empty at their ends.</summary>
    public string[] Rows =>
    [
        .. Enumerable.Range(0, rows)
            .Select(row => string.Concat(Enumerable.Range(0, columns).Select(at => _cells[row, at] ?? " ")).TrimEnd()),
    ];

    public void Write(string text)
    {
        foreach (Match part in Parts().Matches(text))
        {
            if (part.Groups["up"].Success) _row = Math.Max(0, _row - int.Parse(part.Groups["up"].Value, CultureInfo.InvariantCulture));
            else if (part.Value == "\u001b[J") Clear();
            else if (part.Value == "\r") _column = 0;
            else if (part.Value == "\n") NextRow();
            else Put(part.Value);
        }
    }

    [GeneratedRegex("\u001b\\[(?<up>[0-9]+)A|\u001b\\[J|\r|\n|[^\u001b\r\n]+")]
    private static partial Regex Parts();

    private void Put(string text)
    {
        TextElementEnumerator elements = StringInfo.GetTextElementEnumerator(text);
        while (elements.MoveNext())
        {
            string element = elements.GetTextElement();
            int width = TextWidth.Of(element);
            if (_column + width > columns)
            {
                _column = 0;
                NextRow();
            }

            for (int i = 0; i < width; i++) _cells[_row, _column + i] = i == 0 ? element : "";
            _column += width;
        }
    }

    private void Clear()
    {
        for (int at = (_row * columns) + _column; at < rows * columns; at++) _cells[at / columns, at % columns] = null;
    }

    private void NextRow()
    {
        if (_row < rows - 1)
        {
            _row++;
            return;
        }

        Scrolled++;
        for (int at = 0; at < rows * columns; at++)
        {
            _cells[at / columns, at % columns] = at / columns < rows - 1 ? _cells[(at / columns) + 1, at % columns] : null;
        }
    }
}
