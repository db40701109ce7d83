// What training on text can be told. The training itself is in TextTraining.cs.

using GruLM.Model;
using GruLM.Tokenization;
using GruLM.Training;

namespace GruLM;

/// <summary>The settings of a training run on text.</summary>
internal sealed record TextTrainingOptions
{
    /// <summary>The tokenizer to use; null learns one.</summary>
    public Tokenizer? Tokenizer { get; init; }

    /// <summary>Pieces of a learned tokenizer.</summary>
    public int VocabSize { get; init; } = DefaultTokenizer.DefaultVocabSize;

    /// <summary>Whether a text whose characters alone need more than <see cref="VocabSize"/> gets a vocabulary that holds them, instead of
    /// an error.</summary>
    public bool GrowVocabulary { get; init; }

    /// <summary>Kind of a learned tokenizer.</summary>
    public ModelType ModelType { get; init; } = ModelType.Bpe;

    /// <summary>How the text is cut into samples: one stream, or a sample a line or record.</summary>
    public SampleKind Samples { get; init; }

    /// <summary>Whether only the answers in samples count: tokens after <c>&lt;ai&gt;</c> up to and including <c>&lt;end&gt;</c>. Needs
    /// line samples.</summary>
    public bool MaskPrompt { get; init; }

    /// <summary>Whether a sample that is a line is framed: something is fed before it, and its end is predicted
    /// (<see cref="GruConfig.Opening"/>).</summary>
    public bool Opening { get; init; } = true;

    /// <summary>What the text is called, for errors.</summary>
    public string TextName { get; init; } = "the text";

    /// <summary>The name of a held-out text of its own; null where the held-out part is one of the training text.</summary>
    public string? HeldOutName { get; init; }

    /// <summary>Embedding size, E.</summary>
    public int EmbeddingDim { get; init; } = 256;

    /// <summary>Units a layer, H.</summary>
    public int HiddenDim { get; init; } = 256;

    /// <summary>Layers, L.</summary>
    public int NumLayers { get; init; } = 2;

    /// <summary>Dropout between layers.</summary>
    public double Dropout { get; init; } = 0.3;

    /// <summary>Whether the output layer shares the embedding's weights.</summary>
    public bool TieWeights { get; init; } = true;

    /// <summary>Whether what layers above the first read is layer-normalised.</summary>
    public bool LayerNorm { get; init; }

    /// <summary>Whether layers above the first add their states to what they are handed.</summary>
    public bool Residual { get; init; }

    /// <summary>A model folder whose weights training starts from; its sizes and its tokenizer must be the ones given here. Null: from
    /// starting values.</summary>
    public string? InitFrom { get; init; }

    /// <summary>The folder of a checkpoint to continue from (see <see cref="Checkpoint.NewestWhole"/>), with everything else as it was when
    /// it was written.</summary>
    public string? ContinueFrom { get; init; }

    /// <summary>A file to keep the tokens of a large training text in, so that they take no memory and are there when the run goes on. It
    /// is written when it is not there, or of another text or tokenizer; for line samples there is a second one beside it. Null: in
    /// memory.</summary>
    public string? TokenFilePath { get; init; }

    /// <summary>From how many bytes of text on <see cref="TokenFilePath"/> is used.</summary>
    public long TokenFileFromBytes { get; init; } = 64 << 20;

    /// <summary>Of a held-out part of lines with more bytes, evaluations that read only some of it read some of its lines alone.</summary>
    public long MostHeldOutBytes { get; init; } = 64 << 20;

    /// <summary>The optimizer and its constants.</summary>
    public OptimizerOptions Optimizer { get; init; } = new AdamWOptions();

    /// <summary>What else keeps the model from learning the text by heart.</summary>
    public Regularisation Regularisation { get; init; } = new();

    /// <summary>The loop's settings.</summary>
    public TrainingOptions Training { get; init; } = new();
}
