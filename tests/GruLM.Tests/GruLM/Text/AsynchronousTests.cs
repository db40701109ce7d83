// The asynchronous forms: the same text as the synchronous ones, computed elsewhere than in the caller's context, and cancelled as the
// documentation says.

using System.Runtime.CompilerServices;
using GruLM.Model;

namespace GruLM.Tests;

public sealed class AsynchronousTests : IDisposable
{
    private static readonly GenerationOptions s_options = new() { MaxTokens = 40, IgnoreEos = true };

    private readonly TinyModel _folder = new(SampleKind.Lines);
    private readonly LanguageModel _model;

    public AsynchronousTests() => _model = _folder.Open();

    public void Dispose()
    {
        _model.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task They_give_what_the_synchronous_ones_give()
    {
        Assert.Equal(
            _model.Generate("I am", s_options), await _model.GenerateAsync("I am", s_options).ToListAsync(Cancel));
        Assert.Equal(_model.Score(TinyModel.LongText(2)), await _model.ScoreAsync(TinyModel.LongText(2)).ToListAsync(Cancel));
        using ChatSession chat = _model.StartChat(s_options), other = _model.StartChat(s_options);
        for (int turn = 0; turn < 3; turn++)
        {
            Assert.Equal(chat.Say("How are you?"), await other.SayAsync("How are you?").ToListAsync(Cancel));
        }
    }

    [Fact]
    public async Task They_do_not_compute_in_the_context_of_the_caller()
    {
        SynchronizationContext? before = SynchronizationContext.Current;
        var context = new SynchronizationContext();
        var stream = new WatchedStream(TinyModel.LongText(2).ToArray());
        try
        {
            SynchronizationContext.SetSynchronizationContext(context);
            await foreach (ScoredToken token in _model.ScoreAsync(stream)) Assert.NotNull(token.Piece);
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(before);
        }

        Assert.NotEmpty(stream.Contexts);
        Assert.All(stream.Contexts, Assert.Null);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_cancelled_one_throws_and_a_cancelled_synchronous_one_ends(bool byEnumeration)
    {
        using var source = new CancellationTokenSource();
        IAsyncEnumerable<string> text = byEnumeration
            ? Bound(_model.GenerateAsync("I am", s_options), source.Token)
            : _model.GenerateAsync("I am", s_options, source.Token);
        int pieces = 0;
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await foreach (string piece in text)
            {
                if (++pieces == 3) await source.CancelAsync();
            }
        });
        Assert.Equal(3, pieces);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            async () => await _model.GenerateAsync("I am", s_options, source.Token).ToListAsync(Cancel));
        Assert.Empty(_model.Generate("I am", s_options, source.Token));
        Assert.Throws<OperationCanceledException>(() => _model.Score(TinyModel.LongText(1), source.Token).Count());
    }

    [Fact]
    public async Task A_chat_goes_on_after_a_reply_that_was_cancelled()
    {
        using ChatSession chat = _model.StartChat(s_options), other = _model.StartChat(s_options);
        foreach (string piece in other.Say("How are you?")) break;
        using var source = new CancellationTokenSource();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await foreach (string piece in chat.SayAsync("How are you?", source.Token)) await source.CancelAsync();
        });
        Assert.Equal(other.Say("Well?"), await chat.SayAsync("Well?").ToListAsync(Cancel));
    }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    // With a token that comes with the enumeration.
    private static async IAsyncEnumerable<string> Bound(
        IAsyncEnumerable<string> source, [EnumeratorCancellation] CancellationToken cancel)
    {
        await foreach (string piece in source.WithCancellation(cancel)) yield return piece;
    }

    private sealed class WatchedStream(byte[] text) : MemoryStream(text)
    {
        public List<SynchronizationContext?> Contexts { get; } = [];

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            Contexts.Add(SynchronizationContext.Current);
            return base.ReadAsync(buffer, cancellationToken);
        }
    }
}
