// Which sentences a training does not learn from, as spm_train leaves them out too; empty ones are left out as well but are none to speak
// of. Telling people of them is the caller's work.
namespace GruLM.Tokenization;

/// <summary>How many sentences a training has left out. Immutable, and so safe for several threads.</summary>
/// <param name="TooLong">Those of more bytes than <see cref="TrainerOptions.MaxSentenceLength"/>.</param>
/// <param name="Reserved">Those with U+2585, which stands for masked characters while training.</param>
public readonly record struct LeftOutSentences(long TooLong, long Reserved)
{
    /// <summary>How many there are altogether.</summary>
    public long Total => TooLong + Reserved;
}
