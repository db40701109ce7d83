// Dynamic evaluation (Mikolov et al. 2010; Krause, Kahembwe, Murray and Renals 2018): the model goes on learning from the text it is
// measured on. Each segment is scored first and learned from afterwards, so that no token is ever predicted by a model that has seen it. It
// learns on a copy; the trained parameters are not changed. Dropout is off for both.

using GruLM.Kernels;
using GruLM.Model;

namespace GruLM.Training;

/// <summary>Evaluates a model that adapts as it reads. Safe for several threads, each with a <see cref="Compute"/> of its own.</summary>
public static class DynamicEvaluation
{
    /// <summary>The text as one stream, as in <see cref="Evaluation.Stream"/>, by a copy of the model that takes one gradient step after
    /// each segment. <paramref name="trained"/> is only read. Throws <see cref="ArgumentException"/> for options that make no
    /// sense.</summary>
    public static EvaluationResult Stream(
        GruParameters trained, Compute compute, HeldOutStream text, DynamicOptions options, Action<long>? progress = null,
        CancellationToken cancel = default)
    {
        options.Validate();
        Evaluation.Require(text);
        using var model = new GruLanguageModel(trained.Copy(trained.Config with { Dropout = 0 }), compute);
        using var update = new DynamicUpdate(trained);
        ReadOnlySpan<int> ids = text.Ids.Span;
        var sums = default(LossSums);
        for (int offset = 0; offset < ids.Length - 1; offset += options.Segment)
        {
            cancel.ThrowIfCancellationRequested();
            var batch = new TokenBatch(Math.Min(options.Segment, ids.Length - 1 - offset), 1) { StartsFresh = offset == 0 };
            ids.Slice(offset, batch.Steps).CopyTo(batch.Inputs);
            ids.Slice(offset + 1, batch.Steps).CopyTo(batch.Targets);
            sums += offset == 0 ? Evaluation.Sums(model, batch) : AdaptedSums(model, batch, offset);
            progress?.Invoke(sums.Tokens);
            if (offset + batch.Steps >= ids.Length - 1) break;
            model.ForwardBackward(batch, batch.Steps, 0);
            update.Update(compute, model.Parameters, model.Gradients, options.LearningRate, options.Decay);
            model.ParametersChanged();
        }

        return new EvaluationResult(sums, Evaluation.BytesAfterFirst(text));
    }

    private static LossSums AdaptedSums(GruLanguageModel model, TokenBatch batch, int tokens)
    {
        LossSums sums = model.Evaluate(batch);
        if (double.IsFinite(sums.Nll)) return sums;
        throw new InvalidDataException(
            $"the copy of the model that adapts as it reads has diverged after {tokens} tokens; let it learn in smaller steps");
    }
}
