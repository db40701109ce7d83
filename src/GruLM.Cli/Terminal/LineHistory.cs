// The lines that were typed before, to go back to.

namespace GruLM.Cli;

/// <summary>A history of lines, and where in it a person is while a new line is being typed.</summary>
internal sealed class LineHistory
{
    private const int MostLines = 1000;

    private readonly List<string> _lines = [];

    // Where the person is; behind the last line stands the one that is being typed.
    private int _at;
    private string _draft = "";

    /// <summary>Adds a line that was typed, unless it is blank or the last one again, and goes behind it.</summary>
    public void Add(string line)
    {
        if (!string.IsNullOrWhiteSpace(line) && (_lines.Count == 0 || _lines[^1] != line)) _lines.Add(line);
        if (_lines.Count > MostLines) _lines.RemoveAt(0);
        (_at, _draft) = (_lines.Count, "");
    }

    /// <summary>The line before; null when there is none. What is being typed, <paramref name="current"/>, is kept.</summary>
    public string? Older(string current)
    {
        if (_at == 0) return null;
        if (_at == _lines.Count) _draft = current;
        return _lines[--_at];
    }

    /// <summary>The line behind, at the end the one that was being typed; null when there is none.</summary>
    public string? Newer()
    {
        if (_at == _lines.Count) return null;
        return ++_at == _lines.Count ? _draft : _lines[_at];
    }
}
