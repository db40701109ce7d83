// Texts that several callers ask for at the same time are written together, and each is what it would be alone.

using GruLM.Model;

namespace GruLM.Tests;

public sealed class TextBatcherTests : IDisposable
{
    private readonly TinyModel _folder = new(SampleKind.Stream);
    private readonly LanguageModel _model;

    public TextBatcherTests() => _model = _folder.Open();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _model.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task Texts_at_once_are_what_each_is_alone()
    {
        string[] prompts = ["", "I am", "How are you? ", string.Concat(Enumerable.Repeat("Once upon a time ", 60))];
        Task<List<string>>[] together = [.. Enumerable.Range(0, 60).Select(async i =>
        {
            await Task.Delay(i % 7, Cancel);
            return await _model.GenerateAsync(prompts[i % prompts.Length], Options(i), Cancel).ToListAsync(Cancel);
        })];
        List<string>[] texts = await Task.WhenAll(together);
        for (int i = 0; i < texts.Length; i++) Assert.Equal(_model.Generate(prompts[i % prompts.Length], Options(i)), texts[i]);
        Assert.True(texts.Select(text => string.Concat(text)).Distinct().Count() > 30);
    }

    [Fact]
    public async Task A_reader_who_waits_gets_the_whole_text_and_holds_nobody_up()
    {
        GenerationOptions many = Options(1) with { MaxTokens = 1500, IgnoreEos = true };
        await using IAsyncEnumerator<string> slow = _model.GenerateAsync("I am", many, Cancel).GetAsyncEnumerator(Cancel);
        Assert.True(await slow.MoveNextAsync());
        List<string> pieces = [slow.Current];
        for (int i = 0; i < 5; i++)
        {
            GenerationOptions own = Options(i);
            Assert.Equal(_model.Generate("How", own), await _model.GenerateAsync("How", own, Cancel).ToListAsync(Cancel));
        }

        while (await slow.MoveNextAsync()) pieces.Add(slow.Current);
        Assert.Equal(_model.Generate("I am", many), pieces);
        Assert.True(pieces.Count > 600, $"{pieces.Count} pieces");
    }

    [Fact]
    public async Task Readers_may_leave_at_any_time()
    {
        GenerationOptions endless = Options(2) with { MaxTokens = int.MaxValue, IgnoreEos = true };
        await Task.WhenAll(Enumerable.Range(0, 20).Select(async i =>
        {
            int pieces = 0;
            await foreach (string piece in _model.GenerateAsync("I am", endless, Cancel))
            {
                if (++pieces > i) break;
            }
        }));
        using var stop = new CancellationTokenSource();
        Task<List<string>> cancelled = _model.GenerateAsync("I am", endless, stop.Token).ToListAsync(Cancel).AsTask();
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => cancelled);
        Assert.NotEmpty(await _model.GenerateAsync("I am", Options(3), Cancel).ToListAsync(Cancel));
    }

    [Fact]
    public async Task A_disposed_model_ends_them()
    {
        GenerationOptions endless = Options(2) with { MaxTokens = int.MaxValue, IgnoreEos = true };
        IAsyncEnumerator<string>[] readers = [.. Enumerable.Range(0, 3).Select(_ => _model.GenerateAsync("I am", endless, Cancel)
            .GetAsyncEnumerator(Cancel))];
        foreach (IAsyncEnumerator<string> reader in readers) Assert.True(await reader.MoveNextAsync());
        _model.Dispose();
        foreach (IAsyncEnumerator<string> reader in readers)
        {
            await Assert.ThrowsAsync<ObjectDisposedException>(async () =>
            {
                while (await reader.MoveNextAsync())
                {
                }
            });
            await reader.DisposeAsync();
        }

        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await _model.GenerateAsync("I am", null, Cancel).FirstAsync(Cancel));
    }

    private static GenerationOptions Options(int seed) => new()
    {
        MaxTokens = 10 + (seed % 5 * 20),
        Stop = seed % 3 == 0 ? ["e "] : [],
        Sampling = new() { Seed = (ulong)seed, Temperature = seed % 4 == 0 ? 0 : 1, RepeatPenalty = seed % 2 == 0 ? 1 : 1.1 },
    };
}
