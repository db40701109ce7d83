// How a corpus is read, apart from which files it is made of.

namespace GruLM.Corpus;

/// <summary>How the files of a corpus are read. Immutable; the streams and actions in it are used by the thread that reads.</summary>
public sealed record CorpusOptions
{
    /// <summary>What all files hold, whatever their names say. Null: what their names say; standard input is looked into.</summary>
    public CorpusFormat? Format { get; init; }

    /// <summary>The column of tables that holds the text; null for the column <c>text</c>.</summary>
    public string? Column { get; init; }

    /// <summary>What <c>-</c> reads; the process's own standard input when null.</summary>
    public Stream? StandardInput { get; init; }

    /// <summary>Where standard input is written too, as it came; null: nowhere.</summary>
    public Stream? CopyOfStandardInput { get; init; }

    /// <summary>From how many bytes on the text is kept in a file: the one it is read from, or one in the system's folder for temporary
    /// files.</summary>
    public long MostInMemory { get; init; } = 128 << 20;

    /// <summary>Is told now and then how many bytes of text have been read.</summary>
    public Action<long>? Progress { get; init; }

    /// <summary>Is told, in a line of text, what standard input was taken for.</summary>
    public Action<string>? Notice { get; init; }

    /// <summary>Whether files are what their names alone say, and a CR alone is no line end: so older versions read them.</summary>
    internal bool ByNames { get; init; }

    /// <summary>Whether what a file holds is told by its content rather than by its name.</summary>
    internal bool LooksInto(string file) =>
        Format is null && CorpusFiles.IsLookedInto(file) && (!ByNames || file == CorpusFiles.StandardInput);

    /// <summary>What a file holds, as far as that is said by <see cref="Format"/> or by its name; standard input has none.</summary>
    internal CorpusFormat FormatOf(string file) => Format ?? CorpusFiles.FormatOf(file);
}
