// A file in ranges has each line once, wherever the ranges cut it.

using System.Text;
using FsCheck;
using FsCheck.Fluent;
using GruLM.Cli.Pipes;

namespace GruLM.Tests.Cli;

public sealed class LineRangeTests : IDisposable
{
    private readonly string _file = Path.GetTempFileName();

    public void Dispose() => File.Delete(_file);

    [Fact]
    public void Each_line_is_read_once()
    {
        Prop.ForAll<byte[], byte, bool>((lengths, size, ends) =>
        {
            string[] lines = [.. lengths.Select((length, i) => new string((char)('a' + (i % 26)), length % 12))];
            string text = string.Join('\n', lines) + (ends ? "\n" : "");
            File.WriteAllText(_file, text);
            var read = new StringBuilder();
            foreach (LineRange range in LineRange.Of(_file, 1 + (size % 20)))
            {
                string before = read.ToString();
                string part = Encoding.UTF8.GetString(range.Read().ToArray());
                read.Append(part);
                if (part.Length == 0) continue;
                Assert.True(before.Length == 0 || before[^1] == '\n', "a range begins with a line");
                Assert.Equal(before.Count(c => c == '\n'), range.LinesBefore());
            }

            Assert.Equal(text, read.ToString());
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void A_line_may_be_longer_than_any_range()
    {
        string text = new string('x', 300_000) + "\ny\n";
        File.WriteAllText(_file, text);
        string[] parts = [.. LineRange.Of(_file, 1000).Select(range => Encoding.UTF8.GetString(range.Read().ToArray()))];
        Assert.Equal(text, string.Concat(parts));
        Assert.Equal(300_001, parts[0].Length);
    }
}
