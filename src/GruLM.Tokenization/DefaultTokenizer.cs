// The tokenizer a language model gets when none is named: BPE with byte fallback that gives every text back to the letter. Nothing is
// special about it but its settings; any SentencePiece model serves as well.
using System.Text;

namespace GruLM.Tokenization;

/// <summary>The tokenizer that training makes by itself: BPE; unknown, begin, end and padding are pieces 0 to 3; the chat markers and the
/// newline are user-defined symbols, and so is U+2585 where the text has it; unknown text is spelled in bytes; text is not normalised.
/// Decoding what was encoded gives the same text, with one exception: U+2581, which stands for a space inside pieces, comes back as a
/// space. Safe for several threads.</summary>
public static class DefaultTokenizer
{
    /// <summary>How many pieces it has unless told otherwise.</summary>
    public const int DefaultVocabSize = 2048;

    /// <summary>The marker before what a person says.</summary>
    public const string Prompt = "<prompt>";

    /// <summary>The marker before what the model says.</summary>
    public const string Ai = "<ai>";

    /// <summary>The marker at the end of an exchange.</summary>
    public const string End = "<end>";

    /// <summary>Its settings; <see cref="TrainerOptions.HardVocabLimit"/> is off, so that a text which supports fewer pieces gives a
    /// smaller vocabulary.</summary>
    public static TrainerOptions Options(int vocabSize = DefaultVocabSize, ModelType modelType = ModelType.Bpe) => new()
    {
        ModelType = modelType,
        VocabSize = vocabSize,
        HardVocabLimit = false,
        UnkId = 0,
        BosId = 1,
        EosId = 2,
        PadId = 3,
        UserDefinedSymbols = { Prompt, Ai, End, "\n" },
        ByteFallback = true,
        NormalizationRuleName = "identity",
        AddDummyPrefix = false,
        RemoveExtraWhitespaces = false,
        // Lines are sentences here, however long.
        MaxSentenceLength = 1 << 30,
    };

    /// <summary>Trains it on the lines of a text.</summary>
    /// <param name="text">The text.</param>
    /// <param name="vocabSize">How many pieces are wanted; the model's <see cref="SentencePieceModel.Count"/> says how many the text
    /// supported.</param>
    /// <param name="modelType">BPE, or another kind with the same settings.</param>
    /// <param name="progress">Called now and then from the calling thread.</param>
    /// <param name="cancellation">Ends the training early with <see cref="OperationCanceledException"/>.</param>
    /// <exception cref="VocabularySizeException">The size is below the special pieces, the bytes and the required characters; it names the
    /// minimum.</exception>
    /// <exception cref="ArgumentException">The text has no usable line.</exception>
    public static SentencePieceModel Train(
        string text, int vocabSize = DefaultVocabSize, ModelType modelType = ModelType.Bpe, Action<TrainingProgress>? progress = null,
        CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(text);
        return Train(Encoding.UTF8.GetBytes(text).AsMemory(), vocabSize, modelType, progress, cancellation);
    }

    /// <summary>Trains it on the lines of a UTF-8 text.</summary>
    /// <inheritdoc cref="Train(string, int, ModelType, Action{TrainingProgress}, CancellationToken)"/>
    public static SentencePieceModel Train(
        ReadOnlyMemory<byte> utf8, int vocabSize = DefaultVocabSize, ModelType modelType = ModelType.Bpe,
        Action<TrainingProgress>? progress = null, CancellationToken cancellation = default)
    {
        TrainerOptions options = Options(vocabSize, modelType);

        // Training keeps this character for itself: as a symbol it is set aside before, and every line is learned from.
        if (utf8.Span.IndexOf(Utf8Bytes.Encode(PieceRules.Unknown)) >= 0)
        {
            options.LearnsReserved = true;
            options.UserDefinedSymbols.Add(char.ToString((char)PieceRules.Unknown));
        }

        return TokenizerTrainer.Train(options, SentenceReader.SplitLines(utf8), progress, cancellation);
    }
}
