// A model that is decoded on a card: its parameters there, and what its sessions share, of which one is at work at a time.

using GruLM.Model;

namespace GruLM.Cuda;

/// <summary>What sessions of one model have in common. One thread at a time.</summary>
internal sealed class DecodedModel : IDisposable
{
    /// <summary>Copies nothing yet: <see cref="CardParameters.Follow"/> does. The parameters stay the caller's.</summary>
    public DecodedModel(Card card, GruParameters parameters)
    {
        using var scope = new AllocationScope(card.Context);
        Parameters = new CardParameters(card, parameters, owns: false);
        Columns = new CardColumns(card, Parameters);
        GruConfig config = parameters.Config;
        After = card.Context.Allocate<float>(config.NumLayers * config.HiddenDim);
        Logits = card.Context.Allocate<float>(config.VocabSize);
        Id = card.Context.Allocate<int>(1);
        HostId = card.Context.AllocateHost<int>(1);
        HostLogits = card.Context.AllocateHost<float>(config.VocabSize);
        HandedOut = new float[config.VocabSize];
        scope.Keep();
    }

    /// <summary>The parameters on the card.</summary>
    public CardParameters Parameters { get; }

    /// <summary>What reads many tokens at once.</summary>
    public CardColumns Columns { get; }

    /// <summary>States after the token that is read [L, H].</summary>
    public DeviceBuffer<float> After { get; }

    /// <summary>Scores of the next token [V].</summary>
    public DeviceBuffer<float> Logits { get; }

    /// <summary>The same in this machine's memory.</summary>
    public HostBuffer<float> HostLogits { get; }

    /// <summary>The same where whoever was given them may read them as long as he likes.</summary>
    public float[] HandedOut { get; }

    /// <summary>The token that is read.</summary>
    public DeviceBuffer<int> Id { get; }

    /// <summary>The same in this machine's memory.</summary>
    public HostBuffer<int> HostId { get; }

    /// <inheritdoc/>
    public void Dispose()
    {
        Columns.Dispose();
        Parameters.Dispose();
        After.Dispose();
        Logits.Dispose();
        HostLogits.Dispose();
        Id.Dispose();
        HostId.Dispose();
    }
}
