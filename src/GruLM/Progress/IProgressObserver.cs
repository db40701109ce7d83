// Who is told what long work does: a display, a log, a test.

using GruLM.Corpus;

namespace GruLM;

/// <summary>Is told what long work does, on the thread that does it. Whoever needs only some of it leaves the rest out.</summary>
public interface IProgressObserver
{
    /// <summary>Something that takes a while begins, in a few words: "learning a tokenizer of 2048 pieces".</summary>
    void OnPhase(string phase)
    {
    }

    /// <summary>Something that the user should know of, in a sentence. Settings are named by their properties, in single quotes.</summary>
    void OnNotice(string notice)
    {
    }

    /// <summary>A text was read.</summary>
    void OnText(CorpusCounts counts)
    {
    }

    /// <summary>So much of the work at hand is done. Comes often; <paramref name="total"/> is 0 where nobody knows it.</summary>
    void OnProgress(long done, long total)
    {
    }
}
