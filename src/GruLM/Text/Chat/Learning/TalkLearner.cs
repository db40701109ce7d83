// The copy of a model's weights that adapts to a chat, as dynamic evaluation does: what was said is learned from in segments, one gradient
// step each, and weights are drawn back to where they were trained. The chat's session reads these weights in place.

using GruLM.Generation;
using GruLM.Kernels;
using GruLM.Model;
using GruLM.Training;

namespace GruLM;

/// <summary>Weights that learn, of one chat. Not thread-safe. What needs the model's own weights is done in the model's turns.</summary>
internal sealed class TalkLearner : IDisposable
{
    private readonly LanguageModel _model;
    private readonly GruParameters _trained;
    private readonly DynamicOptions _options;
    private readonly Compute _compute;
    private readonly GruLanguageModel _copy;
    private readonly DynamicUpdate _update;

    /// <summary>A copy of <paramref name="trained"/>, the weights of <paramref name="model"/>, that has learned nothing. The caller has a
    /// turn.</summary>
    public TalkLearner(LanguageModel model, GruParameters trained, DynamicOptions options, int threads)
    {
        (_model, _trained, _options) = (model, trained, options);
        _compute = Compute.Create(threads);
        _copy = new GruLanguageModel(trained.Copy(trained.Config with { Dropout = 0 }), _compute);
        _update = new DynamicUpdate(trained);
    }

    /// <summary>Gradient steps so far.</summary>
    public long Steps => _update.Steps;

    /// <summary>The bytes of <see cref="Numbers"/>.</summary>
    public long NumberBytes => 2 * sizeof(float) * _copy.Parameters.Count;

    /// <summary>A session that reads the weights as they are at each token.</summary>
    public IDecodingSession NewSession() => new DecodingSession(_copy.Parameters, _compute);

    /// <summary>Learns from tokens that follow each other, the first of which was read in <paramref name="state"/>.</summary>
    /// <exception cref="InvalidDataException">The weights have diverged.</exception>
    public void Learn(float[] state, int[] tokens)
    {
        if (tokens.Length < 2) return;
        Begin(state);
        for (int offset = 0; offset < tokens.Length - 1; offset += _options.Segment)
        {
            var batch = new TokenBatch(Math.Min(_options.Segment, tokens.Length - 1 - offset), 1);
            tokens.AsSpan(offset, batch.Steps).CopyTo(batch.Inputs);
            tokens.AsSpan(offset + 1, batch.Steps).CopyTo(batch.Targets);
            using Turns.Turn turn = _model.TakeTurn();
            LossSums sums = _copy.ForwardBackward(batch, batch.Steps, 0);
            if (!double.IsFinite(sums.Nll))
            {
                throw new InvalidDataException(
                    "the copy of the model that learns from the chat has diverged; let it learn in smaller steps");
            }

            _update.Update(_compute, _copy.Parameters, _copy.Gradients, _options.LearningRate, _options.Decay);
            _copy.ParametersChanged();
        }
    }

    /// <summary>Goes back to the model's own weights.</summary>
    public void Forget()
    {
        using (_model.TakeTurn())
        {
            foreach (ParameterView view in _trained.Views) _trained.Span(view.Name).CopyTo(_copy.Parameters.Span(view.Name));
        }

        _update.MeanSquares.Clear();
        _update.Steps = 0;
        _copy.ParametersChanged();
    }

    /// <summary>Another copy, which has learned what this one has.</summary>
    public TalkLearner Copy()
    {
        TalkLearner copy = _model.NewLearner(_options);
        copy.Take(Steps, this);
        return copy;
    }

    /// <summary>All that was learned: the weights, then the means of squared gradients, tensor by tensor.</summary>
    public IEnumerable<Memory<float>> Numbers()
    {
        foreach (GruParameters all in (GruParameters[])[_copy.Parameters, _update.MeanSquares])
        {
            foreach (ParameterView view in all.Views) yield return all.Read(view.Name);
        }
    }

    /// <summary>Goes back to where a copy stood after so many steps; there are as many numbers as <see cref="Numbers"/> has.</summary>
    public void Restore(long steps, ReadOnlySpan<float> numbers)
    {
        foreach (GruParameters all in (GruParameters[])[_copy.Parameters, _update.MeanSquares])
        {
            foreach (ParameterView view in all.Views)
            {
                Span<float> own = all.Span(view.Name);
                numbers[..own.Length].CopyTo(own);
                numbers = numbers[own.Length..];
            }
        }

        _update.Steps = steps;
        _copy.ParametersChanged();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _update.Dispose();
        _copy.Dispose();
        _compute.Dispose();
    }

    private void Take(long steps, TalkLearner other)
    {
        foreach (ParameterView view in _trained.Views)
        {
            other._copy.Parameters.Span(view.Name).CopyTo(_copy.Parameters.Span(view.Name));
            other._update.MeanSquares.Span(view.Name).CopyTo(_update.MeanSquares.Span(view.Name));
        }

        _update.Steps = steps;
        _copy.ParametersChanged();
    }

    private void Begin(float[] state)
    {
        Span<float> lane = _copy.TrainingLane;
        lane.Clear();
        int layers = _copy.Config.NumLayers, units = _copy.Config.HiddenDim, padded = lane.Length / layers;
        for (int l = 0; l < layers; l++) state.AsSpan(l * units, units).CopyTo(lane[(l * padded)..]);
    }
}
