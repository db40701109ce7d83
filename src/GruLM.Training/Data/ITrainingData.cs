// Where batches come from. Which batch belongs to which step is a pure function of epoch, index and seed, so that
// resuming needs a step number and nothing else.

using GruLM.Model;

namespace GruLM.Training;

/// <summary>Training data cut into batches. Not thread-safe.</summary>
public interface ITrainingData
{
    /// <summary>What kind of samples these are.</summary>
    SampleKind Kind { get; }

    /// <summary>Tokens predicted in one epoch.</summary>
    long TokensPerEpoch { get; }

    /// <summary>Number of batches in an epoch.</summary>
    int StepsInEpoch(int epoch);

    /// <summary>What the learning rate of a batch is multiplied by; other than 1 where lengths vary.</summary>
    double RateFactor(TokenBatch batch) => 1;

    /// <summary>Batch <paramref name="index"/> of an epoch. The batch is valid until the next call.</summary>
    TokenBatch Batch(int epoch, int index);
}
