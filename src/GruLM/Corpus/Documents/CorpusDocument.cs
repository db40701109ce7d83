// One document of a corpus: a line of plain text, or a record of JSON lines, of a JSON list or of a table.

using System.Text;

namespace GruLM.Corpus;

/// <summary>A document and how a corpus spells it. Immutable as long as nobody changes the bytes.</summary>
/// <param name="Utf8">Its text in UTF-8, as a model reads it: cleaned, without a line end behind it.</param>
/// <param name="Line">The line of a file that holds it, without its end: of plain text the text itself; of records a JSON object, whatever
/// they stood in.</param>
public readonly record struct CorpusDocument(ReadOnlyMemory<byte> Utf8, ReadOnlyMemory<byte> Line)
{
    /// <summary>A text that is in memory, cleaned as <see cref="TextCorpus.Clean"/> does.</summary>
    public static CorpusDocument Of(string text)
    {
        byte[] utf8 = Encoding.UTF8.GetBytes(TextCorpus.Clean(text));
        return new CorpusDocument(utf8, utf8);
    }
}
