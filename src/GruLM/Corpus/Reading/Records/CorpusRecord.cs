// A record of a JSON lines file or a table: one sample, whatever line ends it holds, and what follows it in the text.

using System.Buffers;
using System.Text;

namespace GruLM.Corpus;

/// <summary>A sample, and what the text has between it and the line end: the end marker of an exchange, which is no part of the
/// sample.</summary>
internal readonly record struct CorpusRecord(string Sample, string After)
{
    private static readonly string[] s_markers = [ChatTemplate.Default.Prompt, ChatTemplate.Default.Ai, ChatTemplate.EndMarker];

    private static readonly SearchValues<char> s_space = SearchValues.Create(" \t\r\v\f\0");

    /// <summary>Whether a marker of the template stands where only a person's own words should.</summary>
    public bool HasMarkerInText { get; init; }

    /// <summary>The JSON object that it was read from, valid until the next record is; empty for one of a table.</summary>
    public ReadOnlyMemory<byte> Json { get; init; }

    /// <summary>The question and the answer that it was made of; null for one that was a text.</summary>
    public (string Prompt, string Completion)? Exchange { get; init; }

    /// <summary>Whether it is left out where samples are wanted, as blank lines are.</summary>
    public bool IsBlank => Sample.AsSpan().IndexOfAnyExcept(s_space) < 0;

    /// <summary>A question and its answer in the chat template.</summary>
    public static CorpusRecord OfExchange(string prompt, string completion) =>
        OfExchanges(ChatTemplate.Default.Exchange(prompt, completion), HasMarker(prompt) || HasMarker(completion)) with
        {
            Exchange = (prompt, completion),
        };

    /// <summary>Exchanges that are written in the template already.</summary>
    public static CorpusRecord OfExchanges(string sample, bool hasMarkerInText) =>
        new(sample, ChatTemplate.EndMarker) { HasMarkerInText = hasMarkerInText };

    /// <summary>Whether a person's own words hold a marker of the template.</summary>
    public static bool HasMarker(string text) =>
        text.Contains('<', StringComparison.Ordinal) && s_markers.Any(marker => text.Contains(marker, StringComparison.Ordinal));

    /// <summary>Adds the sample to a text, cleaned as all text is. The cleaner that is returned has counted what was repaired.</summary>
    public TextCleaner WriteSample(IBufferWriter<byte> text, ArrayBufferWriter<byte> scratch)
    {
        scratch.ResetWrittenCount();
        Encoding.UTF8.GetBytes(Sample, scratch);
        var cleaner = new TextCleaner(text);
        cleaner.Append(scratch.WrittenSpan, last: true);
        return cleaner;
    }

    /// <summary>Adds what follows the sample, and the line end.</summary>
    public void WriteAfter(IBufferWriter<byte> text)
    {
        Encoding.UTF8.GetBytes(After, text);
        text.Write("\n"u8);
    }
}
