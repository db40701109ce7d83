// How a line that is being typed is shown: whatever was typed before, the screen shows the line as it is, with the cursor in its place.

using GruLM.Cli;

namespace GruLM.Tests.Cli;

public sealed class LineDrawingTests
{
    private const string Prompt = "> ";

    private static readonly string[] s_keys =
    [
        "a", "b", " ", "日", "語", "👍", "é", "👩‍👩‍👧", "Left", "Left", "Right", "Home", "End", "Backspace", "Delete", "Ctrl+Left",
        "Ctrl+Right", "Ctrl+W", "ab ab ab ", "日本語日本語",
    ];

    [Theory]
    [InlineData("", 0, new[] { ">" }, 0, 2)]
    [InlineData("abc", 1, new[] { "> abc" }, 0, 3)]
    [InlineData("abcdefgh", 8, new[] { "> abcdefgh", "" }, 1, 0)]
    [InlineData("abcdefghi", 8, new[] { "> abcdefgh", "i" }, 1, 0)]
    [InlineData("abcdefghi", 2, new[] { "> abcdefgh", "i" }, 0, 4)]
    [InlineData("abcdefg日", 8, new[] { "> abcdefg", "日" }, 1, 2)]
    [InlineData("日本語日本", 4, new[] { "> 日本語日", "本" }, 1, 0)]
    [InlineData("a\u001b\u202eb", 4, new[] { "> a␛\uFFFDb" }, 0, 6)]
    public void A_line_is_drawn_in_rows(string text, int cursor, string[] rows, int row, int column)
    {
        var screen = new Screen(10, 5);
        screen.Write(new LineDrawing().Draw(Prompt, text, cursor, 10));
        Assert.Equal(rows, screen.Rows[..rows.Length]);
        Assert.All(screen.Rows[rows.Length..], Assert.Empty);
        Assert.Equal((row, column), screen.Cursor);
    }

    [Theory]
    [InlineData(10, 30, 0)]
    [InlineData(10, 30, 28)]
    [InlineData(17, 30, 29)]
    [InlineData(80, 20, 19)]
    public void Drawing_over_shows_what_drawing_anew_would(int columns, int rows, int before)
    {
        var random = new Random(columns + before);
        for (int trial = 0; trial < 60; trial++)
        {
            var editor = new LineEditor(new LineHistory());
            var drawing = new LineDrawing();
            var screen = new Screen(columns, rows);
            screen.Write(string.Concat(Enumerable.Repeat("x\r\n", before)));
            for (int i = 0; i < 25; i++)
            {
                foreach (ConsoleKeyInfo key in Keys.Of(s_keys[random.Next(s_keys.Length)])) editor.Press(key);
                screen.Write(drawing.Draw(Prompt, editor.Text, editor.Cursor, columns));
                var anew = new Screen(columns, rows);
                anew.Write(new LineDrawing().Draw(Prompt, editor.Text, editor.Cursor, columns));
                int first = before - screen.Scrolled;
                int shown = Math.Min(rows - first, rows);
                Assert.Equal(anew.Rows[..shown], screen.Rows[first..(first + shown)]);
                Assert.Equal((anew.Cursor.Row + first, anew.Cursor.Column), screen.Cursor);
            }

            screen.Write(drawing.End(Prompt, editor.Text, columns));
            Assert.Equal(0, screen.Cursor.Column);
            Assert.Empty(screen.Rows[screen.Cursor.Row]);
        }
    }

    [Theory]
    [InlineData("", 0)]
    [InlineData("abc", 3)]
    [InlineData("ü→¶", 3)]
    [InlineData("日本語", 6)]
    [InlineData("한글", 4)]
    [InlineData("ｆｕｌｌ", 8)]
    [InlineData("👍🚀", 4)]
    [InlineData("é", 1)]
    [InlineData("\u200b\u200d", 0)]
    [InlineData("❤", 1)]
    [InlineData("❤\uFE0F", 2)]
    [InlineData("⌚\uFE0F", 2)]
    [InlineData("\U00020000", 2)]
    public void Columns_are_counted(string text, int columns) => Assert.Equal(columns, TextWidth.Of(text));
}
