// The documents of a file one after another, a list at a time: all lines that came with one portion of it, or one record. Whoever reads a
// pipe gets what has come without waiting for more.

using System.Buffers;

namespace GruLM.Corpus;

/// <summary>Reads the documents of a file, as often as it is asked to.</summary>
internal sealed class DocumentReader(string file, CorpusOptions options)
{
    /// <summary>The documents, in order.</summary>
    public IEnumerable<IReadOnlyList<CorpusDocument>> Read(CancellationToken cancellation)
    {
        var notes = new ReadingNotes();
        using var source = new CorpusFile(file, options, notes, cancellation);
        IEnumerable<IReadOnlyList<CorpusDocument>> all = source.HasRecords ? Records(source) : Lines(source.Text);
        foreach (IReadOnlyList<CorpusDocument> documents in all) yield return documents;
        source.NoteWhatItWas();
        notes.Tell(options.Notice);
    }

    private static IEnumerable<IReadOnlyList<CorpusDocument>> Records(CorpusFile source)
    {
        var scratch = new ArrayBufferWriter<byte>();
        foreach (CorpusRecord record in source.Records())
        {
            var text = new ArrayBufferWriter<byte>();
            record.WriteSample(text, scratch);
            yield return [new CorpusDocument(text.WrittenMemory, RecordLine.Of(record))];
        }
    }

    private static IEnumerable<IReadOnlyList<CorpusDocument>> Lines(CleanedText text)
    {
        // A line that has not ended yet, which may be long: in the parts that it came in.
        var begun = new LineParts();
        while (Copy(text.NextPortion()) is { Length: > 0 } portion)
        {
            var lines = new List<CorpusDocument>();
            int at = 0;
            for (int length; (length = portion.AsSpan(at).IndexOf((byte)'\n')) >= 0; at += length + 1)
            {
                ReadOnlyMemory<byte> line = begun.End(portion.AsMemory(at, length));
                lines.Add(new CorpusDocument(line, line));
            }

            begun.Add(portion.AsMemory(at));
            if (lines.Count > 0) yield return lines;
        }

        if (!begun.IsEmpty)
        {
            ReadOnlyMemory<byte> last = begun.End(default);
            yield return [new CorpusDocument(last, last)];
        }
    }

    private static byte[] Copy(ReadOnlySpan<byte> portion) => portion.ToArray();
}
