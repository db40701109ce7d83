// Everything that a training run can be told, each setting once. Where a run is read from a command line, a file or a recipe, the table
// (SettingsTable.cs) says under which name; ranges are there, too. What is left open here (null) is decided when the run begins, and
// stands in its settings.json as it was decided.

using GruLM.Corpus;
using GruLM.Kernels;
using GruLM.Model;
using GruLM.Tokenization;
using GruLM.Training;

namespace GruLM;

/// <summary>The settings of a training run. Immutable, so safe for several threads; <c>with</c> makes variants.</summary>
public sealed record TrainingSettings
{
    /// <summary>The folder that the model is written to.</summary>
    public string OutDir { get; init; } = "";

    /// <summary>Whether a model or run that is in <see cref="OutDir"/> already is replaced. It stays usable until the new run has a whole
    /// model of its own.</summary>
    public bool Overwrite { get; init; }

    /// <summary>Whether a recipe is chosen by the text, the machine and the time that there is. It replaces what stands here for tokenizer,
    /// sizes, regularisation and learning, but for a <see cref="VocabSize"/> or <see cref="ModelType"/> that is given; and, unless that is
    /// given, the length. Beside <see cref="InitFrom"/> nothing is chosen.</summary>
    public bool ChooseRecipe { get; init; }

    /// <summary>Whether the model that is replaced stays until the new run has ended, and not only until that has a model of its
    /// own.</summary>
    public bool ReplaceAtEnd { get; init; }

    /// <summary>Files and folders of text to learn from; <c>-</c> is standard input.</summary>
    public IReadOnlyList<string> Data { get; init; } = [];

    /// <summary>What people are told that standard input is, where a program hands a text of its own for it; null: standard
    /// input.</summary>
    public string? InputName { get; init; }

    /// <summary>A SentencePiece model or a model folder whose tokenizer to use; null learns one.</summary>
    public string? Tokenizer { get; init; }

    /// <summary>A file of text to evaluate on while training; null takes a part of <see cref="Data"/>.</summary>
    public string? ValData { get; init; }

    /// <summary>The share of the text that is held out without <see cref="ValData"/>: of a stream its end, of lines and records what
    /// <see cref="ValSplit"/> says; 0 holds out nothing.</summary>
    public double ValFraction { get; init; } = 0.1;

    /// <summary>Which lines or records are held out; null: drawn by <see cref="Seed"/>. A stream has only its end.</summary>
    public HeldOutSplit? ValSplit { get; init; }

    /// <summary>What the files hold; null: what their names say.</summary>
    public CorpusFormat? DataFormat { get; init; }

    /// <summary>The column of tables that holds the text; null for the column <c>text</c>.</summary>
    public string? Column { get; init; }

    /// <summary>A model folder whose weights, sizes and tokenizer training starts from.</summary>
    public string? InitFrom { get; init; }

    /// <summary>Pieces of a tokenizer that is learned; null: 2,048, or more for a text of many characters.</summary>
    public int? VocabSize { get; init; }

    /// <summary>The <see cref="VocabSize"/> of a recipe, where these settings are made of one: another size than that was asked
    /// for.</summary>
    internal int? VocabSizeOfRecipe { get; init; }

    /// <summary>Kind of a tokenizer that is learned: BPE or characters; null: BPE, or what suits the text with
    /// <see cref="ChooseRecipe"/>.</summary>
    public ModelType? ModelType { get; init; }

    /// <summary>Length of an embedding, E.</summary>
    public int EmbeddingDim { get; init; } = 256;

    /// <summary>Units a layer, H.</summary>
    public int HiddenDim { get; init; } = 256;

    /// <summary>GRU layers, L.</summary>
    public int NumLayers { get; init; } = 2;

    /// <summary>Whether the output layer shares the embedding's weights; <see cref="EmbeddingDim"/> must equal <see cref="HiddenDim"/>
    /// then.</summary>
    public bool TieWeights { get; init; } = true;

    /// <summary>Whether what layers above the first read is layer-normalised.</summary>
    public bool LayerNorm { get; init; }

    /// <summary>Whether layers above the first add their states to what they are handed.</summary>
    public bool Residual { get; init; }

    /// <summary>How the text is cut into samples; null: a stream, or as the model of <see cref="InitFrom"/> was trained.</summary>
    public SampleKind? Samples { get; init; }

    /// <summary>Whether only answers count: what stands after <c>&lt;ai&gt;</c> up to and including <c>&lt;end&gt;</c>. Needs
    /// lines.</summary>
    public bool MaskPrompt { get; init; }

    /// <summary>Share of each layer's outputs dropped on their way to the next.</summary>
    public double Dropout { get; init; } = 0.3;

    /// <summary>Whether <see cref="Dropout"/> drops the same outputs in all steps of a window.</summary>
    public bool LockedDropout { get; init; }

    /// <summary>Share of the embeddings' outputs dropped, the same ones in all steps of a window.</summary>
    public double InputDropout { get; init; }

    /// <summary>Share of the last layer's outputs dropped, the same ones in all steps of a window.</summary>
    public double OutputDropout { get; init; }

    /// <summary>Share of the vocabulary whose embeddings are zero for a step.</summary>
    public double EmbeddingDropout { get; init; }

    /// <summary>Share of the recurrent weights that are zero for a step.</summary>
    public double RecurrentDropout { get; init; }

    /// <summary>Penalty on the size of the last layer's outputs.</summary>
    public double ActivationPenalty { get; init; }

    /// <summary>Penalty on their change from step to step.</summary>
    public double SlownessPenalty { get; init; }

    /// <summary>Minutes to train for, all told; null: epochs and steps say how long.</summary>
    public double? Minutes { get; init; }

    /// <summary>Passes over the text at most; null: 10, or 24 where <see cref="Minutes"/> decides.</summary>
    public int? Epochs { get; init; }

    /// <summary>Ends the run after so many steps; 0: no limit.</summary>
    public int MaxSteps { get; init; }

    /// <summary>How a run of minutes was laid out, to repeat it; empty: nothing is to be repeated.</summary>
    public IReadOnlyList<PlannedSteps> StepPlan { get; init; } = [];

    /// <summary>Lanes of text side by side, B.</summary>
    public int BatchSize { get; init; } = 16;

    /// <summary>Batches whose gradients make one update.</summary>
    public int GradAccum { get; init; } = 1;

    /// <summary>Tokens that a gradient reaches back, T.</summary>
    public int Bptt { get; init; } = 64;

    /// <summary>Whether the lengths of stream windows vary at random around <see cref="Bptt"/>.</summary>
    public bool RandomBptt { get; init; }

    /// <summary>One stream window in so many starts from a zero state; 0: none does.</summary>
    public int FreshEvery { get; init; } = 32;

    /// <summary>The highest learning rate; null: 0.004, for SGD 0.5, with <see cref="InitFrom"/> a quarter of that.</summary>
    public double? LearningRate { get; init; }

    /// <summary>The rate at the end, or below which it is not cut; null: a hundredth of <see cref="LearningRate"/>.</summary>
    public double? MinLearningRate { get; init; }

    /// <summary>Steps over which the learning rate rises from zero.</summary>
    public int WarmupSteps { get; init; } = 100;

    /// <summary>How the learning rate falls.</summary>
    public ScheduleKind Schedule { get; init; } = ScheduleKind.Cosine;

    /// <summary>For a plateau schedule: evaluations without a better figure after which the rate is cut; null: 1.</summary>
    public int? PlateauPatience { get; init; }

    /// <summary>For a plateau schedule: what a cut multiplies the rate by; null: 0.5.</summary>
    public double? PlateauFactor { get; init; }

    /// <summary>What updates the weights.</summary>
    public OptimizerKind Optimizer { get; init; } = OptimizerKind.AdamW;

    /// <summary>How much of the momentum an update of SGD or Muon keeps; null: 0.9, for Muon 0.95.</summary>
    public double? Momentum { get; init; }

    /// <summary>For Muon: the learning rate of the GRU's matrices, in multiples of <see cref="LearningRate"/>; null: 10.</summary>
    public double? MuonRateFactor { get; init; }

    /// <summary>For Muon: a matrix moves on every so many updates; null: 4.</summary>
    public int? MuonEvery { get; init; }

    /// <summary>AdamW's decay of squared gradients; null: 0.99.</summary>
    public double? Beta2 { get; init; }

    /// <summary>Weight decay of matrices, in units of the learning rate; null: 0.05, for SGD 0.</summary>
    public double? WeightDecay { get; init; }

    /// <summary>How much of the running average of the weights, which is what is evaluated and saved, an update keeps; 0: there is
    /// none.</summary>
    public double AverageDecay { get; init; }

    /// <summary>The largest gradient norm; 0: no clipping.</summary>
    public double GradClip { get; init; } = 1;

    /// <summary>Steps between evaluations besides those at the end of each epoch; 0: none; null: so many that a run of few epochs has
    /// about ten.</summary>
    public int? EvalInterval { get; init; }

    /// <summary>Held-out tokens an evaluation reads at most; 0: all, or in a run of <see cref="Minutes"/> as many as there is time
    /// for.</summary>
    public int EvalTokens { get; init; }

    /// <summary>Ends the run after so many evaluations in a row without a better figure; 0: never; null: never, or 5 where a recipe was
    /// chosen (<see cref="ChooseRecipe"/>).</summary>
    public int? Patience { get; init; }

    /// <summary>Steps between short texts by the model; 0: none.</summary>
    public int SampleEvery { get; init; }

    /// <summary>What those texts begin with; null: nothing.</summary>
    public string? SamplePrompt { get; init; }

    /// <summary>Steps between reports.</summary>
    public int LogInterval { get; init; } = 20;

    /// <summary>Steps between checkpoints besides those at the end of each epoch and after ten minutes; 0: none.</summary>
    public int SaveInterval { get; init; }

    /// <summary>Checkpoints kept.</summary>
    public int Keep { get; init; } = 2;

    /// <summary>What computes: one of <see cref="Devices.Words"/>. Checkpoints do not depend on it.</summary>
    public string Device { get; init; } = Devices.Cpu;

    /// <summary>In which precision matrices are multiplied. <see cref="Precision.Auto"/> is bfloat16 where the device has that and it was
    /// proved.</summary>
    public Precision Precision { get; init; } = Precision.Auto;

    /// <summary>In which numbers gradients travel where several processes train together (docs/distributed.md):
    /// <see cref="Precision.Fp32"/> or <see cref="Precision.Bf16"/>, half of the bytes.</summary>
    public Precision Wire { get; init; } = Precision.Fp32;

    /// <summary>Decides starting values, the order of lines, dropout and samples. The same seed makes the same model.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>Threads to compute with; null or 0: one a core. The result does not depend on it.</summary>
    public int? Threads { get; init; }
}
