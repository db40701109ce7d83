// What one request asks of a model: noted while it is answered, and recorded once at its end, so that a token costs nothing.

using System.Diagnostics;
using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.Http;

namespace GruLM.Server;

/// <summary>The figures of a request. Several texts of it may be written at the same time.</summary>
/// <param name="meters">What it is recorded by.</param>
/// <param name="operation">What is asked for, in OpenTelemetry's words.</param>
internal sealed class RequestUse(ServerMeters meters, string operation)
{
    private long _begun;
    private long _first;
    private long _written;

    /// <summary>What is asked for.</summary>
    public string Operation { get; } = operation;

    /// <summary>The model that is asked; null as long as the request has named none that there is.</summary>
    public ServedModel? Model { get; set; }

    /// <summary>Tokens that the model was given to read.</summary>
    public long TokensRead { get; set; }

    /// <summary>Tokens that were written.</summary>
    public long TokensWritten => Volatile.Read(ref _written);

    /// <summary>When the request came, as a time stamp of <see cref="Stopwatch"/>.</summary>
    public long Started { get; } = Stopwatch.GetTimestamp();

    /// <summary>When its first text was begun; 0: none was.</summary>
    public long Begun => Volatile.Read(ref _begun);

    /// <summary>When something of a text was there; 0: nothing was.</summary>
    public long First => Volatile.Read(ref _first);

    /// <summary>The figures of the request at work.</summary>
    public static RequestUse Of(HttpContext http) => http.Features.Get<RequestUse>()!;

    /// <summary>Writes a text of the request's model.</summary>
    public async IAsyncEnumerable<TextPart> Write(TextOrder order, [EnumeratorCancellation] CancellationToken cancel)
    {
        Note(ref _begun);
        meters.TextBegins();
        try
        {
            await foreach (TextPart part in Model!.Model.Batcher.Write(order, cancel).ConfigureAwait(false))
            {
                if (part.Text.Length > 0) Note(ref _first);
                if (part.End is { } end) Interlocked.Add(ref _written, end.TokensWritten);
                yield return part;
            }
        }
        finally
        {
            meters.TextEnds();
        }
    }

    private static void Note(ref long time)
    {
        if (Volatile.Read(ref time) == 0) Interlocked.CompareExchange(ref time, Stopwatch.GetTimestamp(), 0);
    }
}
