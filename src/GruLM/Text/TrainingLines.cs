// The lines or records of the text that a model was trained on, to tell what it writes anew from what it knows by heart.

using System.Text;
using GruLM.Corpus;

namespace GruLM;

/// <summary>Lines that a model has seen, held-out ones too. Immutable, and so safe for several threads.</summary>
public sealed class TrainingLines
{
    private readonly HashSet<string> _lines = [];

    private TrainingLines(IEnumerable<CorpusText> texts)
    {
        foreach (CorpusText text in texts)
        {
            foreach (ReadOnlyMemory<byte> sample in text.Samples()) _lines.Add(Line(Encoding.UTF8.GetString(sample.Span)));
        }
    }

    /// <summary>Whether <paramref name="text"/>, but for spaces around it, stands there as a whole line.</summary>
    public bool Contain(string text) => _lines.Contains(Line(text));

    // Records end in a marker that no text that is written has.
    private static string Line(string text)
    {
        string line = text.Trim();
        bool isMarked = line.EndsWith(ChatTemplate.EndMarker, StringComparison.Ordinal);
        return isMarked ? line[..^ChatTemplate.EndMarker.Length].TrimEnd() : line;
    }

    /// <summary>Reads the text of <paramref name="model"/>, as its run recorded it.</summary>
    /// <exception cref="IOException">It is missing or cannot be read.</exception>
    /// <exception cref="InvalidDataException">It has changed, or it is not known what the model was trained on.</exception>
    public static TrainingLines Read(LanguageModel model, IProgressObserver? observer = null, CancellationToken cancel = default)
    {
        ArgumentNullException.ThrowIfNull(model);
        if (model.Folder.Length == 0)
        {
            throw new InvalidDataException("the model was not opened from a folder, so that it is not known what it was trained on");
        }

        var reading = new CorpusReading(observer ?? new NoProgress(), cancel);
        (CorpusText training, CorpusText heldOut) = RecordedText.Of(model.Folder, model.Samples).Both(reading);
        return new TrainingLines([training, heldOut]);
    }
}
