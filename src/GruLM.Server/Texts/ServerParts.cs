// What all endpoints work with.

namespace GruLM.Server;

/// <summary>The parts of a server. Immutable; its parts are safe for several threads.</summary>
/// <param name="Options">How it is set up.</param>
/// <param name="Shelf">What it serves.</param>
/// <param name="Admission">Who may be at work.</param>
/// <param name="States">What seals states.</param>
/// <param name="Ending">Cancelled when texts that are being written are to end.</param>
internal sealed record ServerParts(
    ServerOptions Options, ModelShelf Shelf, Admission Admission, StateTokens States, CancellationToken Ending) : IDisposable
{
    /// <summary>What is counted and measured.</summary>
    public ServerMeters Meters { get; } = new(Admission, Shelf.Models);

    /// <summary>The model that a request asks, which its figures are then noted for.</summary>
    /// <exception cref="ApiException">There is none of that name.</exception>
    public ServedModel ModelOf(RequestBody body, RequestUse use) => use.Model = Shelf.Of(body);

    /// <summary>What ends a text early, where it stands: the time that it may take, or the server's end.</summary>
    public CancellationTokenSource Hurry()
    {
        var hurry = CancellationTokenSource.CreateLinkedTokenSource(Ending);
        if (Options.MaxTime is { } time) hurry.CancelAfter(time);
        return hurry;
    }

    /// <inheritdoc/>
    public void Dispose() => Meters.Dispose();
}
