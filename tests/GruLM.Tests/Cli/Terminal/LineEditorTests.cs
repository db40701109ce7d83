// A line that is being typed: what each key does to the text and to the cursor, and the way through the history.

using GruLM.Cli;

namespace GruLM.Tests.Cli;

public sealed class LineEditorTests
{
    private readonly LineEditor _editor = new(new LineHistory());

    // The cursor is written as |.
    [Theory]
    [InlineData("say ping|", "say ping")]
    [InlineData("say pi|ng", "say ping", "Left", "Left")]
    [InlineData("|ab", "ab", "Left", "Left", "Left")]
    [InlineData("ab|", "ab", "Left", "Right", "Right")]
    [InlineData("|ab", "ab", "Home")]
    [InlineData("ab|", "ab", "Home", "End")]
    [InlineData("xab|", "ab", "Ctrl+A", "x", "Ctrl+E")]
    [InlineData("a|", "ab", "Backspace")]
    [InlineData("a|", "ab", "Ctrl+H")]
    [InlineData("|b", "ab", "Home", "Backspace", "Delete")]
    [InlineData("ab|", "ab", "Delete")]
    [InlineData("|b", "ab", "Home", "Ctrl+D")]
    [InlineData("one |three", "one two three", "Ctrl+Left", "Ctrl+W")]
    [InlineData("one two |", "one two three", "Ctrl+W")]
    [InlineData("one two |", "one two three", "Alt+Backspace")]
    [InlineData("one |two  ", "one two  ", "Ctrl+Left")]
    [InlineData("|one two", "one two", "Alt+B", "Alt+B", "Alt+B")]
    [InlineData("one| two", "one two", "Home", "Ctrl+Right")]
    [InlineData("one two|", "one two", "Home", "Alt+F", "Alt+F", "Alt+F")]
    [InlineData("one |", "one two", "Ctrl+Left", "Ctrl+K")]
    [InlineData("|two", "one two", "Ctrl+Left", "Ctrl+U")]
    [InlineData("twoone |", "one two", "Ctrl+Left", "Ctrl+U", "End", "Ctrl+Y")]
    [InlineData("aa|", "a", "Ctrl+U", "Ctrl+U", "Ctrl+Y", "Ctrl+Y")]
    [InlineData("a|b", "ab", "Ctrl+B", "Ctrl+B", "Ctrl+F")]
    [InlineData("a b|", "a", "Tab", "b")]
    [InlineData("a|", "a", "Shift+Tab")]
    [InlineData("one |", "one two", "Alt+B", "Alt+D")]

    // Keys that the console hands on in pieces, and those that it does not know.
    [InlineData("one x|two", "one two", "Esc", "b", "x")]
    [InlineData("onex| two", "one two", "Home", "Esc", "fx")]
    [InlineData("one |", "one two", "Esc", "Backspace")]
    [InlineData("onx|e", "one", "Esc", "[D", "x")]
    [InlineData("xone|", "one", "Esc", "[1~x", "Esc", "OF")]
    [InlineData("one x|two", "one two", "Esc", "[1;5Dx")]
    [InlineData("one t|o", "one two", "Left", "Left", "Esc", "[3~")]
    [InlineData("pasted|", "", "Esc", "[200~pasted", "Esc", "[201~")]
    [InlineData("ab|", "a", "Esc", "[24;5~", "Esc", "[Z", "Esc", "OP", "Esc", "Esc", "[I", "b")]
    [InlineData("a|", "a", "Esc", "z")]
    [InlineData("日|語", "日本語", "Left", "Backspace")]
    [InlineData("a👍|", "a👍")]
    [InlineData("a|", "a👍", "Backspace")]
    [InlineData("|👩‍👩‍👧b", "a👩‍👩‍👧b", "Left", "Left", "Backspace")]
    [InlineData("e|", "eé", "Backspace")]
    public void Keys_edit_the_line(string expected, params string[] keys)
    {
        Press(keys);
        Assert.Equal(expected, _editor.Text.Insert(_editor.Cursor, "|"));
    }

    [Fact]
    public void Keys_that_end_a_line_say_so()
    {
        Assert.Equal(LineOutcome.Ended, Press("Ctrl+D"));
        Assert.Equal(LineOutcome.Interrupted, Press("Ctrl+C"));
        Assert.Equal(LineOutcome.Submitted, Press("a", "Enter"));
        Assert.Equal(LineOutcome.Edited, Press("Ctrl+D"));
        Assert.Equal(LineOutcome.Interrupted, Press("Ctrl+C"));
        Assert.Equal(LineOutcome.Cleared, Press("Ctrl+L"));
        Assert.Equal(("a", 1), (_editor.Text, _editor.Cursor));
    }

    [Fact]
    public void Escape_does_not_keep_a_line_from_its_end()
    {
        Assert.Equal(LineOutcome.Submitted, Press("a", "Esc", "Enter"));
        Assert.Equal(LineOutcome.Interrupted, Press("Esc", "Ctrl+C"));
        Assert.Equal(LineOutcome.Interrupted, Press("Esc", "[", "Ctrl+C"));
        Press("Esc", "[12");
        _editor.Begin();
        Press("b");
        Assert.Equal("b", _editor.Text);
    }

    [Fact]
    public void Unknown_keys_and_half_characters_do_nothing()
    {
        Press("a");
        ConsoleKeyInfo[] keys =
        [
            new('\0', ConsoleKey.F5, false, false, false), new('\u001b', ConsoleKey.Escape, false, false, false),
            new('\ud83d', default, false, false, false), new('\u0007', ConsoleKey.G, false, false, true),
            new('x', ConsoleKey.X, false, true, false),
        ];
        foreach (ConsoleKeyInfo key in keys) Assert.Equal(LineOutcome.Edited, _editor.Press(key));
        Assert.Equal("a", _editor.Text);
        _editor.Press(new('@', ConsoleKey.Q, false, true, true));
        Assert.Equal("a@", _editor.Text);
    }

    [Fact]
    public void History_goes_back_and_forth_and_keeps_what_is_being_typed()
    {
        foreach (string line in (string[])["one", "two", "two", " ", "three"])
        {
            Press(line);
            _editor.Begin();
        }

        Press("dra", "Up");
        Assert.Equal("three", _editor.Text);
        Press("Up");
        Assert.Equal("two", _editor.Text);
        Press("Up", "Ctrl+P", "Up");
        Assert.Equal(("one", 3), (_editor.Text, _editor.Cursor));
        Press("Down", "Ctrl+N", "Down", "Down", "ft");
        Assert.Equal("draft", _editor.Text);

        // A line that was taken from the history and changed is a new one.
        Press("Up", "Up", "x");
        _editor.Begin();
        Press("Up");
        Assert.Equal("twox", _editor.Text);
        Press("Up");
        Assert.Equal("three", _editor.Text);
    }

    private LineOutcome Press(params string[] keys)
    {
        LineOutcome last = LineOutcome.Edited;
        foreach (ConsoleKeyInfo key in Keys.Of(keys)) last = _editor.Press(key);
        return last;
    }
}
