// The kinds of tokenizer models that SentencePiece has.

namespace GruLM.Tokenization;

/// <summary>How a model cuts text. The numbers are those of the model file.</summary>
public enum ModelType
{
    /// <summary>The most probable path under a unigram language model.</summary>
    Unigram = 1,
    /// <summary>Byte-pair encoding over characters.</summary>
    Bpe = 2,
    /// <summary>One piece a word.</summary>
    Word = 3,
    /// <summary>One piece a character.</summary>
    Char = 4,
}
