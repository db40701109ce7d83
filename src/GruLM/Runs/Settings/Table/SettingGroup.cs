// The subjects of settings, in the order in which help and the reference list them.

namespace GruLM;

/// <summary>What a setting is about.</summary>
public enum SettingGroup
{
    /// <summary>The text, and how it is cut.</summary>
    Text,

    /// <summary>The tokenizer and the sizes of the model.</summary>
    Model,

    /// <summary>What keeps the model from learning its text by heart.</summary>
    Regularisation,

    /// <summary>How long the run is.</summary>
    Length,

    /// <summary>What a step reads.</summary>
    Batches,

    /// <summary>The learning rate and how it falls.</summary>
    LearningRate,

    /// <summary>The optimizer.</summary>
    Optimizer,

    /// <summary>What is seen and kept of the run.</summary>
    Progress,

    /// <summary>The machine, and the seed.</summary>
    Machine,
}
