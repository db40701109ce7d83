// Answers that come piece by piece: server-sent events, or lines of JSON. Pieces that are there at the same time go out together. What goes
// wrong midway is the last event, which ErrorAnswers asks for.

using System.IO.Pipelines;
using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace GruLM.Server;

/// <summary>Writes a response's events. Several texts may write to one; each event is whole.</summary>
internal sealed class EventStream : IDisposable
{
    private readonly HttpResponse _response;
    private readonly bool _isLines;
    private readonly PipeWriter _body;
    private readonly Utf8JsonWriter _json;
    private readonly SemaphoreSlim _gate = new(1);
    private bool _hasMore;

    /// <summary>Begins the answer; with <paramref name="lines"/> as lines of JSON. It is disposed with the request.</summary>
    public EventStream(HttpResponse response, bool lines = false)
    {
        (_response, _isLines, _body) = (response, lines, response.BodyWriter);
        response.HttpContext.Features.Set(this);
        response.RegisterForDispose(this);
        response.ContentType = lines ? "application/x-ndjson" : "text/event-stream; charset=utf-8";
        response.Headers.CacheControl = "no-cache";
        response.Headers["X-Accel-Buffering"] = "no";
        _json = new Utf8JsonWriter(_body, JsonAnswer.Style);
    }

    /// <summary>Whether an event was written: from then on, the answer is these events.</summary>
    public bool HasBegun { get; private set; }

    /// <summary>Writes the event of the interface's own that tells what went wrong; null: it has none, and the error alone is the
    /// event.</summary>
    public Func<ApiException, Task>? WriteError { get; set; }

    /// <summary>Writes an event, which goes out with the next <see cref="Flush"/>.</summary>
    public async Task Write(Action<Utf8JsonWriter> write, string? name = null)
    {
        await _gate.WaitAsync(_response.HttpContext.RequestAborted).ConfigureAwait(false);
        try
        {
            HasBegun = true;
            if (!_isLines)
            {
                if (name is not null) Text($"event: {name}\n");
                Raw("data: "u8);
            }

            write(_json);
            _json.Flush();
            _json.Reset();
            Raw(_isLines ? "\n"u8 : "\n\n"u8);
            _hasMore = true;
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>Writes OpenAI's last event.</summary>
    public async Task Done()
    {
        Raw("data: [DONE]\n\n"u8);
        _hasMore = true;
        await Flush().ConfigureAwait(false);
    }

    /// <summary>Writes what went wrong as the last event, and sends it.</summary>
    public async Task Fail(ApiException error)
    {
        if (WriteError is null) await Write(json => ErrorShape.Write(json, error, _response.HttpContext.Request)).ConfigureAwait(false);
        else await WriteError(error).ConfigureAwait(false);
        await Flush().ConfigureAwait(false);
    }

    /// <summary>Sends what was written.</summary>
    public async Task Flush()
    {
        await _gate.WaitAsync(_response.HttpContext.RequestAborted).ConfigureAwait(false);
        try
        {
            if (!_hasMore) return;
            _hasMore = false;
            await _body.FlushAsync(_response.HttpContext.RequestAborted).ConfigureAwait(false);
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>Gives what a text is made of to <paramref name="take"/>, sending whenever there is nothing more yet.</summary>
    public async Task Pump(IAsyncEnumerable<TextPart> parts, Func<TextPart, Task> take)
    {
        IAsyncEnumerator<TextPart> each = parts.GetAsyncEnumerator(_response.HttpContext.RequestAborted);
        try
        {
            while (true)
            {
                ValueTask<bool> next = each.MoveNextAsync();
                if (!next.IsCompleted) await Flush().ConfigureAwait(false);
                if (!await next.ConfigureAwait(false)) return;
                await take(each.Current).ConfigureAwait(false);
            }
        }
        finally
        {
            await each.DisposeAsync().ConfigureAwait(false);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _json.Dispose();
        _gate.Dispose();
    }

    private void Text(string text) => Raw(System.Text.Encoding.UTF8.GetBytes(text));

    private void Raw(ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(_body.GetSpan(bytes.Length));
        _body.Advance(bytes.Length);
    }
}
