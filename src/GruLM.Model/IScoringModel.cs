// What evaluation needs of a model: figures of text whose targets are known. Models that are trained have them, and so have decoders.

namespace GruLM.Model;

/// <summary>A model that can tell how likely it finds tokens. Not thread-safe.</summary>
public interface IScoringModel : IDisposable
{
    /// <summary>The architecture.</summary>
    GruConfig Config { get; }

    /// <summary>The processes that compute the model together; one, unless it says otherwise.</summary>
    IRanks Ranks => OneProcess.Instance;

    /// <summary>Loss of a batch with dropout off, over a carried state of its own; changes no parameter.</summary>
    LossSums Evaluate(TokenBatch batch);

    /// <summary>The same, and the natural log-probability of each target: [T, B].</summary>
    LossSums Score(TokenBatch batch, Span<float> logProbs);
}
