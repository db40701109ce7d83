// The documents of a scored corpus on standard output, written as soon as nothing more is ready, with a line of progress, and the figures
// of the whole on standard error. Several processes of a launcher score pieces of the corpus in turns; the first one writes.

using System.Globalization;
using System.Runtime.InteropServices;
using GruLM.Corpus;
using GruLM.Distributed;

namespace GruLM.Cli.Commands;

/// <summary>Writes documents; <paramref name="asLines"/>: the lines, without their figures.</summary>
internal sealed class DocumentOutput(Session session, KeptDocuments kept, bool asLines)
{
    private DocumentSums _sums;

    /// <summary>Writes documents as they come, from what <paramref name="scoring"/> gives until it is cancelled.</summary>
    public void Write(Func<CancellationToken, IAsyncEnumerable<DocumentScore>> scoring)
    {
        ProgressLine progress = NewProgress();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(session.Stop);
        IAsyncEnumerator<DocumentScore> scores = scoring(stop.Token).GetAsyncEnumerator(stop.Token);
        Task<bool> moving = Task.FromResult(false);
        try
        {
            using var lines = new DocumentLines(kept, asLines);
            while (true)
            {
                moving = scores.MoveNextAsync().AsTask();

                // What is there is not kept from its reader while the next documents are waited for, or cannot be read.
                if (!moving.IsCompletedSuccessfully || lines.Written.Length >= DocumentLines.EnoughBytes)
                {
                    Write(lines.Written);
                    lines.Clear();
                }

                if (!moving.GetAwaiter().GetResult()) break;
                lines.Add(scores.Current);
                _sums = lines.Sums;
                Report(progress);
            }

            Write(lines.Written);
        }
        finally
        {
            progress.Finish();
            stop.Cancel();
            ((IAsyncResult)moving).AsyncWaitHandle.WaitOne();
            scores.DisposeAsync().AsTask().GetAwaiter().GetResult();
        }
    }

    /// <summary>Writes documents that the processes of <paramref name="group"/> score together.</summary>
    public void Write(RankGroup group, LanguageModel model, IEnumerable<CorpusDocument> documents)
    {
        ProgressLine progress = NewProgress();
        try
        {
            foreach (byte[] result in group.Deal(DocumentPiece.Of(documents), piece => Score(model, piece), session.Stop))
            {
                if (result.Length == 0) continue;
                _sums += MemoryMarshal.Read<DocumentSums>(result);
                Write(result.AsSpan(Marshal.SizeOf<DocumentSums>()));
                Report(progress);
            }
        }
        finally
        {
            progress.Finish();
        }
    }

    /// <summary>The figures of all documents, on standard error.</summary>
    public void WriteSummary() => session.Error.WriteLine(_sums.Line(kept.IsChoice));

    // The figures of a piece, and its lines.
    private byte[] Score(LanguageModel model, DocumentPiece piece)
    {
        using var lines = new DocumentLines(kept, asLines);
        foreach (DocumentScore score in DocumentScoring.Score(model, piece.Documents, session.Stop))
        {
            lines.Add(score with { Index = piece.First + score.Index });
        }

        byte[] result = new byte[Marshal.SizeOf<DocumentSums>() + lines.Written.Length];
        MemoryMarshal.Write(result, lines.Sums);
        lines.Written.CopyTo(result.AsSpan(Marshal.SizeOf<DocumentSums>()));
        return result;
    }

    private void Write(ReadOnlySpan<byte> lines)
    {
        session.Output.BaseStream.Write(lines);
        session.Output.BaseStream.Flush();
    }

    private ProgressLine NewProgress() => new(session.Error, session.ErrorIsTerminal && !session.OutputIsTerminal);

    private void Report(ProgressLine progress) => progress.Report(() => string.Create(
        CultureInfo.InvariantCulture, $"{_sums.DocumentsText}, {_sums.Tokens / progress.Seconds:#,0} tokens/s"));
}
