// The decoders of an opened model: one that writes texts, in int8 where nothing else is asked for, and one whose scores are figures. Each
// is made when it is needed first, since bytes are a copy of the weights.

using GruLM.Generation;
using GruLM.Model;

namespace GruLM;

/// <summary>Decoders over a model's parameters, which stay the caller's. Used in turns.</summary>
internal sealed class Decoders(GruParameters parameters, IDevice device, WeightFormat weights) : IDisposable
{
    private IDecoder? _forTexts, _forFigures;

    /// <summary>Writes texts.</summary>
    public IDecoder ForTexts => _forTexts ??= weights == WeightFormat.Fp32 ? ForFigures : Create(WeightFormat.Int8);

    /// <summary>Gives figures.</summary>
    public IDecoder ForFigures => _forFigures ??= weights == WeightFormat.Int8 ? ForTexts : Create(WeightFormat.Fp32);

    /// <summary>Frees what was made.</summary>
    public void Dispose()
    {
        _forTexts?.Dispose();
        _forFigures?.Dispose();
    }

    // A device without int8 writes texts in what it has, unless int8 was asked for by name.
    private IDecoder Create(WeightFormat format) =>
        device.CreateDecoder(parameters, weights == WeightFormat.Auto && !device.HasInt8 ? WeightFormat.Fp32 : format);
}
