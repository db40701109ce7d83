// Replies that are cut short: what the model has read afterwards is the text that was given out, then what ends a turn, and nothing else.
// It is compared with the same tokens read by hand.

using GruLM.Generation;
using GruLM.Model;
using GruLM.Tokenization;

namespace GruLM.Tests;

public sealed class CutReplyTests : IDisposable
{
    private const string Question = "How are you?", Next = "And the garden?";
    private const int Tokens = 24;

    private readonly TinyModel _folder = new(SampleKind.Stream);
    private readonly LanguageModel _model;
    private readonly GenerationOptions _greedy;

    public CutReplyTests()
    {
        _model = _folder.Open();

        // Each token is a text of its own: no single bytes, and no markers.
        IEnumerable<int> others = _folder.Tokenizer.Model.Pieces.Index()
            .Where(piece => piece.Item.Type != PieceType.Normal).Select(piece => piece.Index);
        _greedy = new GenerationOptions
        {
            MaxTokens = Tokens,
            IgnoreEos = true,
            Sampling = new SamplingOptions { Temperature = 0, LogitBias = others.ToDictionary(id => id, _ => float.NegativeInfinity) },
        };
    }

    public void Dispose()
    {
        _model.Dispose();
        _folder.Dispose();
    }

    [Theory]
    [InlineData(3, 0, 1)]
    [InlineData(3, 0, 2)]
    [InlineData(5, 0, 4)]
    [InlineData(0, 0, 3)]
    [InlineData(6, 1, 2)]
    public void Nothing_of_a_stop_string_stays_in_the_state(int from, int inside, int count)
    {
        int[] reply = Reply(Question);
        string[] texts = [.. reply.Select(id => _folder.Tokenizer.Decode([id]))];
        int skipped = Enumerable.Range(from, Tokens - from).First(i => texts[i].Length > inside) - from;
        string before = string.Concat(texts[..(from + skipped)]), stop = string.Concat(texts[(from + skipped)..])[inside..];
        stop = stop[..texts[(from + skipped)..(from + skipped + count)].Sum(text => text.Length)];
        string all = string.Concat(texts), shown = all[..all.IndexOf(stop, StringComparison.Ordinal)];
        Assert.Equal(before.Length + inside, shown.Length);

        using ChatSession chat = _model.StartChat(_greedy with { Stop = [stop] });
        Assert.Equal(shown.TrimStart(' '), string.Concat(chat.Say(Question)));
        int[] rest = _folder.Tokenizer.Encode(shown[before.Length..]);
        AssertGoesOnAfter([.. reply[..(from + skipped)], .. rest], chat, _greedy with { Stop = [stop] });
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Nor_does_text_that_was_held_back_when_the_caller_left_or_cancelled(bool cancels)
    {
        int[] reply = Reply(Question);
        string[] texts = [.. reply.Select(id => _folder.Tokenizer.Decode([id]))];

        // The third token could begin the stop string, which never comes.
        string[] stop = [texts[2] + "\u0001"];
        int shown = 0;
        using var source = new CancellationTokenSource();
        using ChatSession chat = _model.StartChat(_greedy with { Stop = stop });
        using IEnumerator<string> pieces = chat.Say(Question, source.Token).GetEnumerator();
        string given = "";
        while (given.Length < string.Concat(texts[..2]).TrimStart(' ').Length && pieces.MoveNext())
        {
            given += pieces.Current;
            shown++;
        }

        if (cancels) source.Cancel();
        else pieces.Dispose();
        while (cancels && pieces.MoveNext()) Assert.Fail("it was cancelled");
        Assert.True(shown > 0);
        AssertGoesOnAfter(reply[..2], chat, _greedy with { Stop = stop });
    }

    [Fact]
    public void A_reply_that_is_left_lying_ends_when_something_else_is_said()
    {
        int[] reply = Reply(Question);
        using ChatSession chat = _model.StartChat(_greedy);
        IEnumerator<string> left = chat.Say(Question).GetEnumerator();
        string given = "";
        while (given.Length == 0 && left.MoveNext()) given += left.Current;
        int count = Enumerable.Range(1, Tokens).First(n => _folder.Tokenizer.Decode(reply.AsSpan(0, n)).TrimStart(' ') == given);
        string then = AssertGoesOnAfter(reply[..count], chat, _greedy);
        Assert.False(left.MoveNext());
        left.Dispose();
        Assert.NotEqual(then, string.Concat(chat.Say(Next)));
    }

    [Fact]
    public void A_long_message_whose_reading_is_cancelled_was_not_said()
    {
        using ChatSession chat = _model.StartChat(_greedy), other = _model.StartChat(_greedy);
        string message = string.Join(' ', Enumerable.Repeat("The old clock stands still at noon.", 100));
        Assert.Empty(chat.Say(message, new CancellationToken(canceled: true)));
        Assert.Equal(other.Say(Question), chat.Say(Question));
    }

    [Fact]
    public void What_is_disposed_is_called_by_the_name_that_the_caller_knows()
    {
        ChatSession chat = _model.StartChat(_greedy);
        using IEnumerator<string> begun = chat.Say(Question).GetEnumerator();
        Assert.True(begun.MoveNext());
        chat.Dispose();
        chat.Dispose();
        Action[] uses = [() => chat.Say("a"), () => chat.SayAsync("a"), () => chat.Read("a"), chat.Reset, () => begun.MoveNext()];
        Assert.All(uses, use => Assert.Contains(nameof(ChatSession), Assert.Throws<ObjectDisposedException>(use).ObjectName));

        using ChatSession second = _model.StartChat(_greedy);
        _model.Dispose();
        Action[] late =
        [
            () => Assert.Empty(second.Say("a")), () => Assert.Empty(_model.Generate("a")),
            () => Assert.Empty(_model.Score(TinyModel.LongText(1))),
            () => _model.LogProb("a", "b"), () => _model.StartChat(),
        ];
        Assert.All(late, use => Assert.Contains(nameof(LanguageModel), Assert.Throws<ObjectDisposedException>(use).ObjectName));
    }

    // The next reply of the chat is what the model writes after these tokens of the reply before.
    private string AssertGoesOnAfter(int[] reply, ChatSession chat, GenerationOptions options)
    {
        using var byHand = new TextWriterSession(_model, options);
        byHand.Read([_folder.Tokenizer.IdOf("\n"), .. TurnIds(Question), .. reply, _folder.Tokenizer.IdOf("\n"), .. TurnIds(Next)]);
        string expected = string.Concat(byHand.Write([], CancellationToken.None)).TrimStart(' ');
        Assert.Equal(expected, string.Concat(chat.Say(Next)));
        return expected;
    }

    // The likeliest tokens after a question, chosen one by one.
    private int[] Reply(string question)
    {
        IDecodingSession session = _model.NewSession();
        int[] forbidden = [.. _model.Ids.Never, .. _model.Ids.Stops];
        var sampler = new Sampler(_greedy.Sampling!);
        foreach (int id in (int[])[_folder.Tokenizer.IdOf("\n"), .. TurnIds(question)]) session.Read(id);
        var reply = new List<int>();
        while (reply.Count < Tokens)
        {
            reply.Add(sampler.Sample(session.Logits(), forbidden));
            session.Read(reply[^1]);
        }

        _model.EndSession(session);
        return [.. reply];
    }

    private int[] TurnIds(string message) => _folder.Tokenizer.Encode($"<prompt> {message} <ai>");
}
