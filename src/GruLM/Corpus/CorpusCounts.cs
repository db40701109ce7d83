// What was found, dropped and replaced while a corpus was read.

namespace GruLM.Corpus;

/// <summary>What a corpus consists of, and what had to be repaired. Immutable, and so safe for several threads.</summary>
/// <param name="Bytes">UTF-8 bytes, after cleaning.</param>
/// <param name="Characters">Unicode code points.</param>
/// <param name="Lines">Lines; a last one without a line end counts.</param>
/// <param name="ReplacedSequences">Wrong UTF-8 sequences that became U+FFFD.</param>
/// <param name="WindowsLineEnds">CRLFs that became LF.</param>
/// <param name="ByteOrderMarks">Byte-order marks dropped at the beginning of texts.</param>
/// <param name="Nuls">NULs dropped.</param>
/// <param name="Records">Objects of JSON lines files and rows of tables.</param>
public sealed record CorpusCounts(
    long Bytes, long Characters, long Lines, long ReplacedSequences, long WindowsLineEnds, int ByteOrderMarks, long Nuls = 0,
    long Records = 0);
