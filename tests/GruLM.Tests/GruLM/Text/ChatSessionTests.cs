// A chat: what the model has read after each turn, however the reply ended. It is compared with the same tokens read by hand.

using System.Buffers;
using System.Text;
using System.Text.Json;
using GruLM.Corpus;
using GruLM.Model;

namespace GruLM.Tests;

public sealed class ChatSessionTests : IDisposable
{
    private const string Question = "How are you?", Next = "And the garden?";

    private static readonly GenerationOptions s_options = new() { MaxTokens = 12, IgnoreEos = true };

    private readonly TinyModel _lines = new(SampleKind.Lines);
    private readonly TinyModel _stream = new(SampleKind.Stream);

    public void Dispose()
    {
        _lines.Dispose();
        _stream.Dispose();
    }

    [Theory]
    [InlineData("<end>", true)]
    [InlineData("</s>", false)]
    public void A_reply_that_was_too_long_ends_as_lines_end_in_training(string ending, bool right)
    {
        using LanguageModel model = _lines.Open();
        using ChatSession chat = model.StartChat(s_options);
        using var byHand = new TextWriterSession(model, s_options);
        Assert.Equal(Turn(model, byHand, Question), string.Concat(chat.Say(Question)));
        byHand.Read([_lines.Tokenizer.IdOf(ending)]);
        string then = string.Concat(chat.Say(Next));
        Assert.Equal(right, Turn(model, byHand, Next) == then);
    }

    [Fact]
    public void A_reply_cut_by_a_stop_string_or_cancelled_ends_so_too()
    {
        using LanguageModel model = _lines.Open();
        string whole = string.Concat(model.StartChat(s_options).Say(Question));
        GenerationOptions stopping = s_options with { Stop = [whole[3..6]] };
        using ChatSession chat = model.StartChat(stopping);
        using var byHand = new TextWriterSession(model, stopping);
        Assert.Equal(Turn(model, byHand, Question), string.Concat(chat.Say(Question)));
        byHand.Read([_lines.Tokenizer.IdOf("<end>")]);
        Assert.Equal(Turn(model, byHand, Next), string.Concat(chat.Say(Next)));

        using ChatSession second = model.StartChat(s_options);
        using var secondByHand = new TextWriterSession(model, s_options);
        Assert.Equal("", string.Concat(second.Say(Question, new CancellationToken(true))));
        ReadTurn(model, secondByHand, Question);
        secondByHand.Read([_lines.Tokenizer.IdOf("<end>")]);
        Assert.Equal(Turn(model, secondByHand, Next), string.Concat(second.Say(Next)));
    }

    [Fact]
    public void A_reply_that_is_left_in_the_middle_is_ended()
    {
        using LanguageModel model = _lines.Open();
        using ChatSession chat = model.StartChat(s_options);
        using var byHand = new TextWriterSession(model, s_options);
        foreach (string piece in chat.Say(Question)) break;
        ReadTurn(model, byHand, Question);
        foreach (string piece in byHand.Write(model.Ids.ChatStops, CancellationToken.None))
        {
            if (piece.TrimStart(' ').Length > 0) break;
        }

        byHand.Read([_lines.Tokenizer.IdOf("<end>")]);
        Assert.Equal(Turn(model, byHand, Next), string.Concat(chat.Say(Next)));
    }

    [Fact]
    public void A_reply_in_a_stream_ends_with_its_line()
    {
        using LanguageModel model = _stream.Open();
        using ChatSession chat = model.StartChat(s_options);
        using var byHand = new TextWriterSession(model, s_options);
        int newLine = _stream.Tokenizer.IdOf("\n");
        byHand.Read([newLine]);
        Assert.Equal(Turn(model, byHand, Question), string.Concat(chat.Say(Question)));
        byHand.Read([newLine]);
        Assert.Equal(Turn(model, byHand, Next), string.Concat(chat.Say(Next)));
    }

    [Fact]
    public void A_token_that_ends_a_reply_is_read_and_not_shown()
    {
        using LanguageModel model = _stream.Open();
        GenerationOptions options = new() { MaxTokens = 400 };
        using ChatSession chat = model.StartChat(options);
        using var byHand = new TextWriterSession(model, options);
        byHand.Read([_stream.Tokenizer.IdOf("\n")]);
        string reply = string.Concat(chat.Say(Question));
        Assert.DoesNotContain("\n", reply, StringComparison.Ordinal);
        Assert.Equal(Turn(model, byHand, Question), reply);
        Assert.True(byHand.StoppedBy >= 0, "the reply is to end by a token here");
        int newLine = _stream.Tokenizer.IdOf("\n");
        byHand.Read(byHand.StoppedBy == newLine ? [newLine] : [byHand.StoppedBy, newLine]);
        Assert.Equal(Turn(model, byHand, Next), string.Concat(chat.Say(Next)));
    }

    [Theory]
    [InlineData("\uFEFFHow are\0 you?")]
    [InlineData("How are\r\nyou?\r\n")]
    [InlineData("\0 How\nare you?")]
    [InlineData("How\u2028are\fyou?\u0085")]
    public void What_is_said_is_cleaned_as_the_text_of_training_is(string message)
    {
        using LanguageModel model = _lines.Open();
        using ChatSession chat = model.StartChat(s_options), clean = model.StartChat(s_options);
        Assert.Equal(string.Concat(clean.Say(Question)), string.Concat(chat.Say(message)));

        // What a record with that prompt teaches is the same, but for a mark that stands at the beginning of no file.
        string unmarked = message.TrimStart('\uFEFF', '\0');
        CorpusRecord record = JsonRecord.Parse(JsonSerializer.SerializeToUtf8Bytes(new { prompt = unmarked, completion = "x" }));
        var text = new ArrayBufferWriter<byte>();
        record.WriteSample(text, new ArrayBufferWriter<byte>());
        Assert.Equal($"<prompt> {Question} <ai> x", Encoding.UTF8.GetString(text.WrittenSpan));
    }

    [Fact]
    public void What_is_forgotten_has_no_effect_and_what_is_read_has()
    {
        using LanguageModel model = _lines.Open();
        using ChatSession chat = model.StartChat(s_options), fresh = model.StartChat(s_options);
        string first = string.Concat(chat.Say(Question));
        Assert.NotEqual(first, string.Concat(chat.Say(Question)));
        chat.Reset();
        Assert.Equal(first, string.Concat(chat.Say(Question)));
        fresh.Read("The old clock stands still.");
        Assert.NotEqual(first, string.Concat(fresh.Say(Question)));
        Assert.Throws<ArgumentNullException>(() => chat.Say(null!));
        Assert.Throws<ArgumentNullException>(() => chat.Read(null!));
    }

    [Fact]
    public async Task Chats_side_by_side_are_those_held_alone()
    {
        using LanguageModel model = _lines.Open();
        string[] alone = [.. Enumerable.Range(0, 4).Select(Talk)];
        Assert.Equal(4, alone.Distinct().Count());
        Assert.Equal(alone, await Task.WhenAll(Enumerable.Range(0, 4).Select(i => Task.Run(() => Talk(i)))));

        string Talk(int number)
        {
            using ChatSession chat = model.StartChat(s_options with { Sampling = LanguageModelTests.Seeded(model, (ulong)number) });
            return string.Join('|', Enumerable.Range(0, 3).Select(turn => string.Concat(chat.Say($"{number} and {turn}"))));
        }
    }

    private static void ReadTurn(LanguageModel model, TextWriterSession byHand, string message)
    {
        if (model.Samples == SampleKind.Lines) byHand.Read([model.Ids.Opening]);
        byHand.Read(model.Tokenizer.Encode($"<prompt> {message} <ai>"));
    }

    private static string Turn(LanguageModel model, TextWriterSession byHand, string message)
    {
        ReadTurn(model, byHand, message);
        return string.Concat(byHand.Write(model.Ids.ChatStops, CancellationToken.None)).TrimStart(' ');
    }
}
