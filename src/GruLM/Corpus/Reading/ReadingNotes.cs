// What a person should know of the files of a corpus once they are read, in a sentence a kind: which files it is said of, the first by its
// name and how many more, and how many records. What was repaired in the text is counted apart (CorpusCounts.cs).

using System.Globalization;

namespace GruLM.Corpus;

/// <summary>Collects what is to be told.</summary>
internal sealed class ReadingNotes
{
    private static readonly CultureInfo s_invariant = CultureInfo.InvariantCulture;

    private readonly List<(string Sentence, string First, int Files)> _ofFiles = [];

    /// <summary>Records in whose own text a marker of the chat template stands.</summary>
    public long RecordsWithMarkers { get; set; }

    /// <summary>Records of white space.</summary>
    public long BlankRecords { get; set; }

    /// <summary>Adds a sentence about a file; {files} in it becomes the names, {name} the first of them as a word of a command.</summary>
    public void Add(string file, string sentence)
    {
        int index = _ofFiles.FindIndex(note => note.Sentence == sentence);
        if (index < 0) _ofFiles.Add((sentence, file, 1));
        else _ofFiles[index] = _ofFiles[index] with { Files = _ofFiles[index].Files + 1 };
    }

    /// <summary>Tells everything, once.</summary>
    public void Tell(Action<string>? notice)
    {
        foreach ((string sentence, string first, int files) in _ofFiles)
        {
            string names = files switch
            {
                1 => first,
                2 => $"{first} and one more file",
                _ => string.Create(s_invariant, $"{first} and {files - 1:#,0} more files"),
            };
            string word = CorpusFiles.TypedName(first);
            IEnumerable<string> parts = sentence.Split("{files}").Select(part => part.Replace("{name}", word, StringComparison.Ordinal));
            notice?.Invoke(string.Join(names, parts));
        }

        string markers = $"{ChatTemplate.Default.Prompt}, {ChatTemplate.Default.Ai} or {ChatTemplate.EndMarker}";
        const string Taken = "which the model takes for the markers of an exchange";
        TellRecords(
            RecordsWithMarkers, $"record holds {markers} in its own text, {Taken}", $"records hold {markers} in their own text, {Taken}");
        TellRecords(BlankRecords, "record holds no text, and is no sample", "records hold no text, and are no samples");
        _ofFiles.Clear();
        (RecordsWithMarkers, BlankRecords) = (0, 0);

        void TellRecords(long count, string one, string several)
        {
            if (count > 0) notice?.Invoke(string.Create(s_invariant, $"{count:#,0} {(count == 1 ? one : several)}"));
        }
    }
}
