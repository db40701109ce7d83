// Tables that are hard to read: what a field says, where a row ends, and what is said of rows that are no rows. Each is read once whole
// and once a byte at a time, since a portion may end anywhere.
using System.Text;
using GruLM.Corpus;

namespace GruLM.Tests.Corpus;

public sealed class TableReaderTests
{
    [Theory]
    [InlineData("")]
    [InlineData("\n\n")]
    [InlineData("text")]
    [InlineData("id,text\n")]
    [InlineData("text\nx", "x")]
    [InlineData("\uFEFFtext\nx\n", "x")]
    [InlineData("\"text\"\nx\n", "x")]
    [InlineData("\n\ntext\n\nx\n\n\ny\n", "x", "y")]
    [InlineData("text\n\"\"\n \nx\n", "", " ", "x")]
    [InlineData("text,text\n1,2\n", "1")]
    [InlineData("id,text\n1,\n2,", "", "")]
    [InlineData("id,text\r\n1,\r\n2,b\r\n", "", "b")]
    [InlineData("id,text\r1,a\r2,b\r", "a", "b")]
    [InlineData("id,text\r\n1,\"a\r\n\r\nb\"\r\n2,c\r\n", "a\n\nb", "c")]
    [InlineData("id,text\n1,\"a\"\"b\"\n2,\"\"\"a\"\"\"\n3,\"\"\"\"\n", "a\"b", "\"a\"", "\"")]
    [InlineData("\"a,b\",text\n1,\"x,y\"\n", "x,y")]
    [InlineData("text\n#x\n'y'\n日本語 ☃ 😀\n", "#x", "'y'", "日本語 ☃ 😀")]
    [InlineData("id;text\r\n1;a, b\r\n2;\"c;\"\"d\"\"\"\r\n", "a, b", "c;\"d\"")]
    [InlineData("id\ttext\n1\ta, b;\n", "a, b;")]
    [InlineData("\"a,b\";text\n1;x\n", "x")]
    [InlineData("sep=;\nid;text\n1;x\n", "x")]
    [InlineData("text\na;b\n", "a;b")]
    public void Fields_say_what_RFC_4180_says(string table, params string[] expected)
    {
        Assert.Equal(expected, Read(table));
        Assert.Equal(expected, Read(table, most: 1));
    }

    [Theory]
    [InlineData("id,text\n1,\"open\n2,a\n3,a\n", "the row in lines 2 to 4 is damaged: a quotation mark in line 2 opens a field")]
    [InlineData("id,text\n1,x\n2,\"open\n3,plain\n4,\"y\"\n5,z\n", "a quotation mark in line 3 opens a field that is never closed")]
    [InlineData("text \nx\n", "has no column 'text'; its columns are 'text '")]
    [InlineData("word;id\n1;2\n", "has no column 'text'; its columns are 'word', 'id'")]
    [InlineData("\"te\"\"xt\"\nx\n", "its columns are 'te\"xt'")]
    [InlineData("id,text\n\n1,a\n\n2\n", "the row that ends in line 5 has 1 field(s); 2 were expected")]
    [InlineData("id,text\n1,\"a\n\n\nb\"\n2,3,4\n", "the row that ends in line 6 has 3 field(s)")]
    [InlineData("id,text\n1,\"a", "the row in line 2 is damaged")]
    [InlineData("id,text\n1,a\n2,\"a\n", "the row in line 3 is damaged: a quotation mark in line 3 opens a field that is never closed")]
    [InlineData("id,text\n1,a\"b\n", "the row in line 2 is damaged")]
    [InlineData("id,text\n1,\"a\" b\n", "the row in line 2 is damaged")]
    [InlineData("id,text\n1, \"a\"\n", "the row in line 2 is damaged")]
    [InlineData("a\"b,text\n1,x\n", "the row in lines 1 to 2 is damaged")]
    [InlineData("id,text\n5\" pipe,x\n6\" pipe,y\n", "the row in lines 2 to 3 is damaged")]
    public void What_is_no_table_is_said_by_line(string table, string expected)
    {
        foreach (int most in new[] { int.MaxValue, 1 })
        {
            InvalidDataException error = Assert.Throws<InvalidDataException>(() => Read(table, most));
            Assert.StartsWith("a.csv: ", error.Message, StringComparison.Ordinal);
            Assert.Contains(expected, error.Message, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("id;text\n1;x\n", "a.csv: read with semicolons between the columns, since the first row has no comma")]
    [InlineData("id\ttext\n1\tx\n", "a.csv: read with tabs between the columns, since the first row has no comma")]
    [InlineData("text,id,text\nx,1,y\n", "column 'text' stands more than once in the first row of a.csv: the first of them is read")]
    [InlineData("id,text\n1,x\n", null)]
    [InlineData("id,id,text\n1,2,x\n", null)]
    public void What_is_unusual_of_a_table_is_told(string table, string? expected)
    {
        var notes = new ReadingNotes();
        var told = new List<string>();
        using var text = new CleanedText(new MemoryStream(Encoding.UTF8.GetBytes(table)), default);
        Assert.Equal("x", Assert.Single(new TableReader("a.csv", "text", notes).Read(text)).Sample);
        notes.Tell(told.Add);
        Assert.Equal(expected is null ? [] : [expected], told);
    }

    [Theory]
    [InlineData("prompt,completion\nHow many?,\"Three, or so\"\n", null, "<prompt> How many? <ai> Three, or so")]
    [InlineData("completion;id;prompt\nThree;1;How many?\n", null, "<prompt> How many? <ai> Three")]
    [InlineData("prompt,completion\nHow many?,Three\n", "completion", "Three")]
    [InlineData("prompt,completion,text\nHow many?,Three,all\n", null, "all")]
    public void Questions_with_answers_are_exchanges_unless_a_column_is_named(string table, string? column, string expected)
    {
        using var text = new CleanedText(new MemoryStream(Encoding.UTF8.GetBytes(table)), default);
        CorpusRecord record = Assert.Single(new TableReader("a.csv", column, new ReadingNotes()).Read(text));
        string after = expected.Contains("<ai>", StringComparison.Ordinal) ? "<end>" : "";
        Assert.Equal((expected, after), (record.Sample.Trim(), record.After.Trim()));
    }

    [Fact]
    public void A_row_beyond_what_can_be_held_is_said_by_line()
    {
        string table = "id,text\n1,a\n2,\"" + new string('x', 17_000_000) + "\"\n";
        InvalidDataException error = Assert.Throws<InvalidDataException>(() => Read(table));
        Assert.Contains("the row that begins in line 3 is longer than 16 million characters", error.Message, StringComparison.Ordinal);
        string longest = new('x', 15_000_000);
        Assert.Equal(longest, Assert.Single(Read("text\n" + longest)));
    }

    [Fact]
    public void Rows_are_given_while_the_table_is_read()
    {
        string table = "text\n" + string.Concat(Enumerable.Repeat("some text\n", 1_000_000));
        using var source = new Portions(Encoding.UTF8.GetBytes(table), 1 << 16);
        using var text = new CleanedText(source, default);
        Assert.Equal("some text", new TableReader("a.csv", "text", new ReadingNotes()).Read(text).First().Sample);
        Assert.InRange(source.Position, 1, 1 << 20);
    }

    private static string[] Read(string table, int most = int.MaxValue)
    {
        using var text = new CleanedText(new Portions(Encoding.UTF8.GetBytes(table), most), default);
        return [.. new TableReader("a.csv", "text", new ReadingNotes()).Read(text).Select(record => record.Sample)];
    }

    // A stream that gives few bytes at a time, as a pipe may.
    private sealed class Portions(byte[] bytes, int most) : MemoryStream(bytes)
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            base.ReadAsync(buffer[..Math.Min(buffer.Length, most)], cancellationToken);
    }
}
