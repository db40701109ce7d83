// What a corpus file holds: plain text, JSON lines or a table.

namespace GruLM.Corpus;

/// <summary>What a file of a corpus holds.</summary>
public enum CorpusFormat
{
    /// <summary>Text as it stands.</summary>
    Plain,

    /// <summary>A JSON object a line.</summary>
    JsonLines,

    /// <summary>Comma-separated values, the names of the columns in the first row.</summary>
    Table,
}
