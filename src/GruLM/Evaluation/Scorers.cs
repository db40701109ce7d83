// The models that score texts: one a text, since each carries the state of its own text from window to window. All read the same weights.
// One that has done its work is kept for the next text, because packing the weights takes longer than a short text.

using GruLM.Generation;
using GruLM.Kernels;
using GruLM.Model;

namespace GruLM;

/// <summary>Lends models that score. Safe for several threads. Parameters that are <paramref name="unchanging"/> are those of the first
/// model, which the others share and with which they are freed; otherwise each model has a copy of what they are when it
/// begins.</summary>
internal sealed class Scorers(
    GruParameters parameters, IDevice device, SampleKind samples, WeightFormat weights, bool unchanging) : IDisposable
{
    private readonly object _gate = new();
    private readonly List<IScoringModel> _all = [];
    private readonly Stack<IScoringModel> _idle = [];

    /// <summary>A model for one text. It is used while the <see cref="Compute"/> is free for it, and so is this method.</summary>
    public IScoringModel Take()
    {
        lock (_gate)
        {
            if (_idle.TryPop(out IScoringModel? idle)) return idle;
            IScoringModel scorer = Create();
            _all.Add(scorer);
            return scorer;
        }
    }

    /// <summary>Takes a model back.</summary>
    public void Return(IScoringModel scorer)
    {
        lock (_gate)
        {
            if (unchanging)
            {
                _idle.Push(scorer);
                return;
            }

            _all.Remove(scorer);
            scorer.Dispose();
        }
    }

    /// <summary>Frees all models, also those that were not given back. Nothing may be taken afterwards.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            foreach (IScoringModel scorer in _all) scorer.Dispose();
        }
    }

    private IScoringModel Create() => weights == WeightFormat.Int8
        ? new ScoringDecoder(device.CreateDecoder(parameters, weights))
        : device.CreateModel(Weights(), new ModelOptions { Samples = samples });

    // The first model of all frees them, where they do not change.
    private GruParameters Weights()
    {
        if (!unchanging) return parameters.Copy(parameters.Config);
        return _all.Count == 0 ? parameters : parameters.Shared();
    }
}
