// Muon on the card, as Muon.cs has it: AdamW for what is not a matrix of a GRU layer, and for those the orthogonal direction of their
// momentum.

using GruLM.Model;

namespace GruLM.Cuda;

/// <summary>Muon for the GRU's matrices, AdamW for the rest; the first moment of a GRU matrix is its momentum.</summary>
internal sealed class CardMuon : CardAdamW
{
    private const int Gates = 3;
    private readonly MuonOptions _options;
    private readonly CudaKernel _momentum, _step;
    private readonly (ParameterView View, DeviceBuffer<UpdateStretch> Chunks)[] _matrices;
    private readonly CardOrthogonal _orthogonal;

    /// <summary>Zero moments.</summary>
    public CardMuon(Card card, CardParameters parameters, DeviceBuffer<float> gradients, MuonOptions options)
        : base(card, parameters, gradients, options, view => !view.IsGruMatrix)
    {
        _options = options;
        _momentum = card.Kernel("update", "momentum", hasPrecision: false);
        _step = card.Kernel("update", "orthogonal_step", hasPrecision: false);
        _matrices = [.. GruParameters.Layout(parameters.Config).Where(view => view.IsGruMatrix).Select(view => (view, Cut([view])))];
        _orthogonal = new CardOrthogonal(card, _matrices.Max(m => m.View.Rows / Gates), _matrices.Max(m => m.View.Columns));
    }

    /// <inheritdoc/>
    public override void Apply(DevicePointer numbers)
    {
        base.Apply(numbers);
        for (int i = 0; i < _matrices.Length; i++)
        {
            (ParameterView view, DeviceBuffer<UpdateStretch> chunks) = _matrices[i];
            bool moves = (Steps + i) % _options.Every == 0;
            UpdateArguments arguments = Arguments(numbers);
            arguments.Beta1 = (float)_options.Momentum;
            arguments.Moves = moves ? 1 : 0;
            Run(_momentum, chunks, arguments);
            if (!moves) continue;
            int rows = view.Rows / Gates;
            for (int gate = 0; gate < Gates; gate++)
            {
                _orthogonal.Apply(Gradients.At(view.Offset + ((long)gate * rows * view.Columns)), rows, view.Columns);
            }

            Run(_step, chunks, arguments);
        }
    }

    /// <inheritdoc/>
    protected override void Fill(double learningRate, ref StepNumbers numbers)
    {
        base.Fill(learningRate, ref numbers);
        double rate = learningRate * _options.RateFactor * _options.Every;
        numbers.MomentumKeep = (float)(1 - (rate * _options.WeightDecay));
        numbers.MomentumStep = (float)rate;
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        if (disposing) _orthogonal.Dispose();
    }
}
