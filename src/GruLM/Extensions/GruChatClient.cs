// A model as the chat client of Microsoft.Extensions.AI, so that programs written for that interface talk with it. A conversation is the
// model's state, some kilobytes whatever was said: an id names the moment behind a reply, and can be gone on from more than once.

using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;

namespace GruLM;

/// <summary>Talks with a model that was trained on exchanges. Safe for several threads: each request has a session of its own, and requests
/// take turns at the model's threads. The model stays the caller's.</summary>
/// <remarks><para>Without a <see cref="ChatOptions.ConversationId"/> the messages are the whole talk, and are read from the beginning. Each
/// response has an id, which names the moment behind it: with that id only what is new is sent. An id can be used again, and then the talk
/// branches. The client keeps the last <see cref="Conversations"/> moments; an older one is forgotten, and its id is unknown from then on.
/// </para>
/// <para>What a system says, and <see cref="ChatOptions.Instructions"/>, belongs to the turn that is answered next, as in training on
/// records of messages. The seed is that of the options, or 0: the same request gives the same reply.</para></remarks>
public sealed class GruChatClient : IChatClient
{
    private readonly LanguageModel _model;
    private readonly ChatClientMetadata _metadata;
    private readonly KeptMoments _moments;
    private readonly KeptConstraint _constraint = new();

    /// <summary>A client of <paramref name="model"/> that keeps the last <paramref name="conversations"/> moments.</summary>
    /// <exception cref="ArgumentException">No moment is to be kept.</exception>
    public GruChatClient(LanguageModel model, int conversations = 1024)
    {
        ArgumentNullException.ThrowIfNull(model);
        if (conversations < 1)
        {
            throw new ArgumentOutOfRangeException(null, $"'conversations' is {conversations}; at least 1 was expected");
        }

        (_model, Conversations, _moments) = (model, conversations, new KeptMoments(conversations));
        _metadata = new ChatClientMetadata("grulm", defaultModelId: model.Folder);
    }

    /// <summary>Moments that are kept at most.</summary>
    public int Conversations { get; }

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">A message or an option makes no sense, or the conversation is not known.</exception>
    /// <exception cref="NotSupportedException">Something was asked for that the model cannot do: tools, pictures.</exception>
    public Task<ChatResponse> GetResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
        GetStreamingResponseAsync(messages, options, cancellationToken).ToChatResponseAsync(cancellationToken);

    /// <inheritdoc/>
    /// <remarks>The last update has what ended the reply, the tokens that were used and the id to go on with.</remarks>
    /// <exception cref="ArgumentException">A message or an option makes no sense, or the conversation is not known.</exception>
    /// <exception cref="NotSupportedException">Something was asked for that the model cannot do: tools, pictures.</exception>
    public IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(messages);
        var turns = ChatTurns.Of(messages, options?.Instructions);
        GenerationOptions generation = ChatRequest.Options(_model, options, _constraint);
        WriterState? before = options?.ConversationId is { } id ? Moment(id) : null;
        return Reply(turns, generation, before, cancellationToken);
    }

    /// <inheritdoc/>
    public object? GetService(Type serviceType, object? serviceKey = null)
    {
        ArgumentNullException.ThrowIfNull(serviceType);
        if (serviceKey is not null) return null;
        if (serviceType == typeof(ChatClientMetadata)) return _metadata;
        if (serviceType == typeof(LanguageModel)) return _model;
        return serviceType.IsInstanceOfType(this) ? this : null;
    }

    /// <summary>Forgets all moments; the model stays as it is.</summary>
    public void Dispose() => _moments.Clear();

    private WriterState Moment(string id) => _moments.Find(id) ?? throw new ArgumentException(
        $"'ConversationId' is {id}, which this client does not know: it was given by another one, or more than {Conversations} were used "
        + "since; leave it out and send the whole talk");

    private async IAsyncEnumerable<ChatResponseUpdate> Reply(
        ChatTurns turns, GenerationOptions options, WriterState? before, [EnumeratorCancellation] CancellationToken cancel)
    {
        string responseId = Guid.NewGuid().ToString("N");
        TextOrder order = await Task.Run(() => TextOrder.OfReply(_model, turns, options, before), cancel).ConfigureAwait(false);
        TextEnd? end = null;
        await foreach (TextPart part in _model.Batcher.Write(order, cancel).ConfigureAwait(false))
        {
            if (part.Text.Length > 0) yield return Update(responseId, part.Text);
            end = part.End;
        }

        (FinishReason ended, int written, long read) = (end!.Reason, end.TokensWritten, order.Read.Sum(ids => ids.Length));
        ChatResponseUpdate last = Update(responseId, null);
        last.FinishReason = ended == FinishReason.Length ? ChatFinishReason.Length : ChatFinishReason.Stop;
        last.Contents.Add(new UsageContent(new UsageDetails
        {
            InputTokenCount = read,
            OutputTokenCount = written,
            TotalTokenCount = read + written,
        }));
        last.ConversationId = Guid.NewGuid().ToString("N");
        _moments.Keep(last.ConversationId, end.State!);
        yield return last;
    }

    private ChatResponseUpdate Update(string responseId, string? text) => new(ChatRole.Assistant, text)
    {
        ResponseId = responseId,
        MessageId = responseId,
        ModelId = _model.Folder,
        CreatedAt = DateTimeOffset.UtcNow,
    };
}
