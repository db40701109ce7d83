// A batch cut by its lanes into parts that are computed one after another (gradient accumulation). Lanes do not see each other, so the
// gradients of the parts add up to that of the batch; each part's lanes keep the states they carry.

using GruLM.Model;

namespace GruLM.Training;

/// <summary>Cuts batches into parts of <see cref="TrainingOptions.BatchSize"/> lanes.</summary>
internal sealed class BatchParts(TrainingOptions options)
{
    private readonly Dictionary<(int Steps, int Lanes), TokenBatch> _buffers = [];

    public int Count(TokenBatch batch) => options.GradAccum == 1 ? 1 : (batch.Lanes + options.BatchSize - 1) / options.BatchSize;

    /// <summary>One part, valid until the next call.</summary>
    public TokenBatch Part(TokenBatch batch, int part)
    {
        if (Count(batch) == 1) return batch;
        int first = part * options.BatchSize, lanes = Math.Min(options.BatchSize, batch.Lanes - first);
        if (!_buffers.TryGetValue((batch.Steps, lanes), out TokenBatch? result))
        {
            _buffers[(batch.Steps, lanes)] = result = new TokenBatch(batch.Steps, lanes);
        }

        batch.CopyLanes(first, result);
        (result.Part, result.Parts) = (part, Count(batch));
        return result;
    }
}
