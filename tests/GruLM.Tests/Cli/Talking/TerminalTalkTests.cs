// A talk at a terminal, driven by keys: lines are edited, replies are cut short, speed is shown.

using System.Text;
using GruLM.Cli;
using GruLM.Cli.Commands;
using GruLM.Model;

namespace GruLM.Tests.Cli;

public sealed class TerminalTalkTests : IDisposable
{
    private readonly TinyModel _folder = new(SampleKind.Stream);
    private readonly CancellationTokenSource _stop = new();
    private readonly ManualResetEventSlim _written = new();
    private readonly ManualResetEventSlim _ended = new();
    private readonly StringWriter _error = new() { NewLine = "\n" };
    private readonly WatchedOutput _output;
    private readonly Session _session;
    private readonly TerminalLineInput _input;

    public TerminalTalkTests()
    {
        _output = new WatchedOutput(_written);
        _session = new Session(Stream.Null, _output, _error, true, _stop.Token)
        {
            OutputIsTerminal = true,
            Deadline = new StopDeadline(_ended.Set),
        };
        _input = new TerminalLineInput(_session, () => 80);
    }

    public void Dispose()
    {
        _input.Dispose();
        _session.Dispose();
        _folder.Dispose();
        _stop.Dispose();
    }

    [Fact]
    public void Lines_are_edited_and_answered()
    {
        Press("sax ping", "Left", "Left", "Left", "Left", "Left", "Backspace", "y", "Enter", "Up", "Enter", "/undo", "Enter");
        Press("/bye", "Enter");
        Assert.Equal(0, Talk(tokens: 5));
        using LanguageModel model = _folder.Open();
        using ChatSession chat = model.StartChat(Options(5));
        string expected = string.Concat(chat.Say("say ping")) + "\n" + string.Concat(chat.Say("say ping")) + "\n";
        Assert.Equal(TerminalText.Show(expected), Encoding.UTF8.GetString(_output.ToArray()));
        Assert.Contains("taken back: say ping\n", _error.ToString(), StringComparison.Ordinal);
        Assert.Contains("/? lists what else can be done", _error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void The_speed_stands_below_each_reply_in_a_terminal_alone()
    {
        const string Speed = @"\[5 tokens, [0-9,]+ tokens/s\]";
        Press("a", "Enter", "b", "Enter", "/bye", "Enter");
        Talk(tokens: 5);
        Assert.Equal(2, System.Text.RegularExpressions.Regex.Count(_error.ToString(), Speed));

        using var error = new StringWriter();
        using var session = new Session(Stream.Null, new MemoryStream(), error, true, CancellationToken.None) { OutputIsTerminal = false };
        using var input = new TerminalLineInput(session, () => 80);
        foreach (ConsoleKeyInfo key in Keys.Of("a", "Enter", "/bye", "Enter")) input.Press(key);
        Talk(5, input, session);
        Assert.DoesNotMatch(Speed, error.ToString());
    }

    [Fact]
    public void Ctrl_D_ends_and_so_do_keys_that_end()
    {
        Press("a", "Enter", "Ctrl+D");
        Assert.Equal(0, Talk(tokens: 2));
        using var session = new Session(Stream.Null, new MemoryStream(), _error, true, CancellationToken.None);
        using var input = new TerminalLineInput(session, () => 80);
        input.End();
        Assert.Equal(0, Talk(2, input, session));
    }

    [Fact]
    public void Ctrl_D_drops_a_message_that_is_not_ended()
    {
        Press("\"\"\"one", "Enter", "two", "Enter", "Ctrl+D", "/undo", "Enter");
        Assert.Equal(0, Talk(tokens: 5));
        Assert.Empty(_output.ToArray());
    }

    [Theory(Timeout = 30_000)]
    [InlineData]
    [InlineData("abc")]
    [InlineData("\"\"\"abc", "Enter", "def")]
    public async Task Ctrl_C_where_a_line_is_typed_ends_with_130(params string[] keys)
    {
        Task<int> talk = Task.Run(() => Talk(tokens: 2));
        Press(keys);
        while (!talk.IsCompleted)
        {
            // Where nobody waits for a line yet, it has nothing to end.
            await Task.Delay(100, TestContext.Current.CancellationToken);
            Press("Ctrl+C");
        }

        Assert.Equal(130, await talk);
        Assert.Empty(_output.ToArray());
    }

    [Fact]
    public async Task A_signal_ends_a_line_that_is_typed()
    {
        Task<int> talk = Task.Run(() => Talk(tokens: 2));
        Press("abc");
        _stop.CancelAfter(50);
        Assert.Equal(130, await talk);
    }

    [Fact]
    public async Task Ctrl_C_in_a_reply_cuts_it_and_the_talk_goes_on()
    {
        Task<int> talk = Task.Run(() => Talk(tokens: int.MaxValue));
        Press("a", "Enter");
        Assert.True(_written.Wait(10_000, TestContext.Current.CancellationToken));
        Press("typed too early", "Ctrl+C", "/undo", "Enter", "/bye", "Enter");
        Assert.Equal(0, await talk);
        string error = _error.ToString();
        Assert.Contains("tokens/s, cut short]", error, StringComparison.Ordinal);
        Assert.Contains("taken back: a\n", error, StringComparison.Ordinal);
        Assert.DoesNotContain("early", error, StringComparison.Ordinal);
        Assert.DoesNotContain("note:", error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_second_Ctrl_C_in_a_reply_ends_even_what_does_not_look()
    {
        Press("a", "Enter");
        Assert.Equal("a", _input.ReadLine("> "));
        Press("Ctrl+C");
        Assert.Equal((true, false), (_input.Cut.IsCancellationRequested, _input.IsStopped));
        Press("Ctrl+C");
        Assert.True(_input.IsStopped);
        Assert.True(_ended.Wait(5000, TestContext.Current.CancellationToken));
        Assert.Null(_input.ReadLine("> "));
    }

    [Fact]
    public async Task What_was_pressed_behind_Enter_cuts_the_reply_and_the_next_line_is_whole()
    {
        Task<string?> line = Task.Run(() => _input.ReadLine("> "));
        Press("a");
        await Task.Delay(50, TestContext.Current.CancellationToken);
        Press("Enter", "Ctrl+C");
        Assert.Equal("a", await line);
        Press("b", "Enter", "c", "Enter");
        Assert.True(_input.Cut.IsCancellationRequested);
        Assert.Equal("b", _input.ReadLine("> "));
        Assert.False(_input.Cut.IsCancellationRequested);
        Assert.Equal("c", _input.ReadLine("> "));
    }

    private static GenerationOptions Options(int tokens) => new()
    {
        MaxTokens = tokens,
        IgnoreEos = true,
        Sampling = new() { Seed = 1 },
    };

    private void Press(params string[] keys)
    {
        foreach (ConsoleKeyInfo key in Keys.Of(keys)) _input.Press(key);
    }

    private int Talk(int tokens) => Talk(tokens, _input, _session);

    private int Talk(int tokens, TerminalLineInput input, Session session)
    {
        using LanguageModel model = _folder.Open(threads: 1);
        using var turns = new TalkTurns(model.StartChat(Options(tokens)), input, session);
        var flags = new GenerationFlags();
        var command = new System.CommandLine.Command("chat");
        foreach (System.CommandLine.Option option in flags.Options) command.Add(option);
        var settings = new TalkSettings(flags.Options, command.Parse([]), _folder.Folder);
        var commands = new TalkCommands(turns, settings, input, session) { Folder = _folder.Folder, Facts = [] };
        int code = new Talk(turns, commands, input, session).Run();
        session.Output.Flush();
        return code;
    }

    private sealed class WatchedOutput(ManualResetEventSlim written) : MemoryStream
    {
        public override void Write(ReadOnlySpan<byte> buffer)
        {
            base.Write(buffer);
            written.Set();
        }

        public override void Write(byte[] buffer, int offset, int count)
        {
            base.Write(buffer, offset, count);
            written.Set();
        }
    }
}
