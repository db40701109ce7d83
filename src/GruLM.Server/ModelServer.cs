// The server: models behind HTTP, by the interfaces that clients know already. It is a program's own, in its process; grulm serve is one.

using Microsoft.AspNetCore.Builder;

namespace GruLM.Server;

/// <summary>Serves models over HTTP. Start and stop it once; the models stay the caller's, and are to live longer than it.</summary>
public sealed class ModelServer : IAsyncDisposable
{
    private readonly ServerOptions _options;
    private readonly ServerParts _parts;
    private readonly WebApplication _app;
    private readonly Admission _admission;
    private readonly CancellationTokenSource _ending = new();
    private volatile bool _isStopping;

    /// <summary>A server of models, by the names under which they are asked for.</summary>
    /// <param name="models">The models.</param>
    /// <param name="options">How it is set up.</param>
    /// <param name="tellFailure">Is told of failures that are no client's fault; clients are not told their details.</param>
    /// <exception cref="ArgumentException">An option makes no sense, or there is no model, or two have one name.</exception>
    public ModelServer(
        IReadOnlyList<KeyValuePair<string, LanguageModel>> models, ServerOptions options, Action<Exception>? tellFailure = null)
    {
        ArgumentNullException.ThrowIfNull(models);
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        if (models.Count == 0) throw new ArgumentException("there is no model to serve", nameof(models));
        if (models.GroupBy(model => model.Key).FirstOrDefault(same => same.Count() > 1) is { } twice)
        {
            throw new ArgumentException($"two models are named '{twice.Key}'; give one another name", nameof(models));
        }

        _options = options;
        _admission = new Admission(options.MaxRequests, options.MaxWaiting);
        byte[] key = options.StateKey?.ToArray() ?? [.. Guid.NewGuid().ToByteArray(), .. Guid.NewGuid().ToByteArray()];
        ServedModel[] served = [.. models.Select(model => new ServedModel(model.Key, model.Value, options))];
        _parts = new ServerParts(options, new ModelShelf(served), _admission, new StateTokens(key), _ending.Token);
        _app = Build(_parts, tellFailure ?? (_ => { }));
    }

    /// <summary>Where it listens, such as <c>http://127.0.0.1:8080</c>; once it is started.</summary>
    public Uri Address { get; private set; } = new("http://127.0.0.1");

    /// <summary>Requests at work or waiting.</summary>
    public int Requests => _admission.Count;

    /// <summary>Begins to listen.</summary>
    /// <exception cref="IOException">The address is not this machine's, or the port is taken or not for this program.</exception>
    public async Task StartAsync(CancellationToken cancel = default) =>
        Address = await Listener.Start(_app, _options, cancel).ConfigureAwait(false);

    /// <summary>Takes no more requests, lets texts go on for <see cref="ServerOptions.ShutdownTime"/>, ends the rest where they stand,
    /// with their states where those are wanted, and stops.</summary>
    public async Task StopAsync()
    {
        _isStopping = true;
        DateTime until = DateTime.UtcNow + _options.ShutdownTime;
        while (_admission.Count > 0 && DateTime.UtcNow < until) await Task.Delay(20).ConfigureAwait(false);
        await _ending.CancelAsync().ConfigureAwait(false);
        using var hurry = new CancellationTokenSource(TimeSpan.FromSeconds(2));
        await _app.StopAsync(hurry.Token).ConfigureAwait(false);
    }

    /// <summary>Stops at once what has not been stopped.</summary>
    public async ValueTask DisposeAsync()
    {
        await _ending.CancelAsync().ConfigureAwait(false);
        await _app.DisposeAsync().ConfigureAwait(false);
        _parts.Dispose();
        _admission.Dispose();
        _ending.Dispose();
    }

    private WebApplication Build(ServerParts parts, Action<Exception> tell)
    {
        WebApplication app = Listener.Build(_options, tell);
        app.Use(next => http => _isStopping ? throw new ApiException(503, "the server is stopping") : next(http));
        app.UseRouting();
        Routes.Map(app, Routes.All(parts), parts);
        return app;
    }
}
