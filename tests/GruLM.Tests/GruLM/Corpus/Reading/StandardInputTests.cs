// Standard input has no name that says what it holds: gzip is seen by its first bytes, JSON lines by their first line, everything else is
// told or is plain text. What a format says wins over names too.
using System.Buffers;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using GruLM.Corpus;

namespace GruLM.Tests.Corpus;

public sealed class StandardInputTests : IDisposable
{
    private const string Lines = "\uFEFF\n \r\n{\"text\": \"one\\ntwo\"}\n{\"prompt\": \"a\", \"completion\": \"b\"}\n";
    private readonly string _folder = Directory.CreateTempSubdirectory("grulm-tests-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("plain\ntext\n", null, "plain|text")]
    [InlineData(Lines, null, "one\ntwo|<prompt> a <ai> b")]
    [InlineData(
        "{\"messages\": [{\"role\": \"user\", \"content\": \"a\"}, {\"role\": \"assistant\", \"content\": \"b\"}]}", null,
        "<prompt> a <ai> b")]
    [InlineData("{\"text\": \"x\"}", CorpusFormat.Plain, "{\"text\": \"x\"}")]
    [InlineData("{\"prompt\": \"x\"}\n{\"text\": \"x\"}\n", null, "{\"prompt\": \"x\"}|{\"text\": \"x\"}")]
    [InlineData("{\n\"text\": \"x\"}\n", null, "{|\"text\": \"x\"}")]
    [InlineData("{text}", null, "{text}")]
    [InlineData("a {\"text\": \"x\"}\n", null, "a {\"text\": \"x\"}")]
    [InlineData("[\"text\"]\n", null, "[\"text\"]")]
    [InlineData("id,text\n1,\"one\ntwo\"\n", CorpusFormat.Table, "one\ntwo")]
    [InlineData("id,text\n1,one\n", null, "id,text|1,one")]
    public void It_is_what_it_was_said_to_be_or_begins_like(string input, CorpusFormat? format, string samples)
    {
        const string Notice = "standard input begins with a JSON record: reading JSON lines ('Format = Plain' reads plain text)";
        foreach (byte[]? bytes in new[] { Encoding.UTF8.GetBytes(input), TextCorpusTests.Pack(Encoding.UTF8.GetBytes(input)) })
        {
            foreach (int size in new[] { 1, 3, 1 << 20 })
            {
                var told = new List<string>();
                var trickle = new Trickle(bytes, size);
                var corpus = TextCorpus.Read(["-"], new CorpusOptions { Format = format, StandardInput = trickle, Notice = told.Add });
                Assert.Equal(samples, string.Join('|', corpus.Text.Samples().Select(sample => Encoding.UTF8.GetString(sample.Span))));
                bool guessed = format is null && corpus.Counts.Records > 0;
                Assert.Equal(guessed ? [Notice] : [], told);
            }
        }
    }

    [Fact]
    public void A_first_line_of_any_length_is_read_whole()
    {
        string text = new string('x', 3_000_000);
        byte[] input = Encoding.UTF8.GetBytes($"\n{{\"text\": \"{text}\"}}\n{{\"text\": \"y\"}}");
        Assert.Equal($"{text}\ny\n", Encoding.UTF8.GetString(Read(input).Utf8.Span));

        // One that would take too much memory to look at is not taken for a record.
        byte[] huge = Encoding.UTF8.GetBytes($"{{\"text\": \"{new string('x', 20_000_000)}\"}}\n");
        Assert.Equal(0, Read(huge).Counts.Records);
    }

    [Fact]
    public void A_format_wins_over_names()
    {
        string lines = Save("a.txt", "{\"text\": \"one\\ntwo\"}\n"u8.ToArray());
        Assert.Equal("one\ntwo\n", Text(lines, CorpusFormat.JsonLines));
        string packed = Save("a.data.gz", TextCorpusTests.Pack("n,m\n1,2\n"u8.ToArray()));
        Assert.Equal("1\n", Text(packed, new CorpusOptions { Format = CorpusFormat.Table, Column = "n" }));
        string table = Save("b.csv", "text\nx\n"u8.ToArray());
        Assert.Equal("text\nx\n", Text(table, CorpusFormat.Plain));
        Assert.Equal("x\n", Text(table, new CorpusOptions()));

        // A file's content is not guessed at, and a long plain one is read where it is whatever its name.
        Assert.Equal("{\"text\": \"one\\ntwo\"}\n", Text(lines, new CorpusOptions()));
        Assert.Equal("text\nx\n", Text(table, new CorpusOptions { Format = CorpusFormat.Plain, MostInMemory = 2 }));
    }

    [Fact]
    public void What_cannot_be_read_is_said_in_one_line()
    {
        Says(
            "{\"text\": \"x\"}\n\n{\"text\": 3}\n", null,
            "standard input: line 3: \"text\" is a number; a text was expected; "
            + "standard input was taken for JSON lines by its first line: 'Format = Plain' reads it as plain text");
        Says(
            "{\"text\": \"x\"}\nplain\n", null,
            "line 2 is no valid JSON (at byte 1 of the line)", "'Format = Plain' reads it as plain text");
        Says("plain\n", CorpusFormat.JsonLines, "standard input: line 1 is no valid JSON", "or with \"messages\" was expected");
        Says(
            "id,body\n1,x\n", CorpusFormat.Table,
            "standard input: has no column 'text'; its columns are 'id', 'body': name one with 'Column'");
        Says("text\n1,x\n", CorpusFormat.Table, "standard input: the row that ends in line 2 has 2 field(s)");
        Says("", null, "standard input: is empty, text was expected");
        byte[] packed = TextCorpusTests.Pack(TextCorpusTests.RandomText(3_000_000));
        Says(packed[..2_000_000], null, "standard input: is damaged or no gzip file (after ", " bytes of text); pack the text again");
        Says(packed[..2], null, "standard input: is damaged or no gzip file (after 0 bytes of text); pack the text again");
        Assert.Equal("a", Encoding.UTF8.GetString(Read("a"u8.ToArray()).Utf8.Span));
    }

    [Fact]
    public void As_a_stream_a_file_is_what_it_is_in_a_corpus()
    {
        Prop.ForAll<NonNull<string>[], PositiveInt>((texts, size) =>
        {
            IEnumerable<string> records = texts.Select(text => Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text.Get)))
                .Select(text => JsonSerializer.Serialize(new { text }));
            string plain = string.Concat(texts.SelectMany(text => text.Get).Where(c => !char.IsControl(c)));
            foreach (string text in new[] { string.Join('\n', records), plain })
            {
                byte[] bytes = Encoding.UTF8.GetBytes(text + "\r\n");
                using Stream stream = TextCorpus.Open("-", new CorpusOptions { StandardInput = new Trickle(bytes, size.Get) });
                var read = new ArrayBufferWriter<byte>();
                for (int got; (got = stream.Read(read.GetSpan(1)[..1])) > 0;)
                {
                    read.Advance(got);
                }

                Assert.Equal(Read(bytes).Utf8.ToArray(), read.WrittenSpan.ToArray());
            }
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void Waiting_for_it_can_be_ended()
    {
        using var stop = new CancellationTokenSource(50);
        Assert.ThrowsAny<OperationCanceledException>(
            () => TextCorpus.Read(["-"], new CorpusOptions { StandardInput = new Silence() }, stop.Token));
    }

    [Fact]
    public void A_read_that_was_ended_does_not_write_into_bytes_that_others_use()
    {
        using var input = new Late();
        using var stop = new CancellationTokenSource(50);
        var text = new CleanedText(input, stop.Token);
        Assert.ThrowsAny<OperationCanceledException>(() => text.NextPortion().Length);
        text.Dispose();

        // The read is still under way: no one else may be given the bytes that it will write into.
        byte[][] rented = [.. Enumerable.Range(0, 100).Select(_ => ArrayPool<byte>.Shared.Rent(input.Buffer.Length))];
        Assert.True(MemoryMarshal.TryGetArray<byte>(input.Buffer, out ArraySegment<byte> read));
        Assert.DoesNotContain(rented, array => array == read.Array);
        foreach (byte[] array in rented) ArrayPool<byte>.Shared.Return(array);
    }

    private static TextCorpus Read(byte[] input) => TextCorpus.Read(["-"], new CorpusOptions { StandardInput = new MemoryStream(input) });

    private static string Text(string file, CorpusFormat format) => Text(file, new CorpusOptions { Format = format });

    private static string Text(string file, CorpusOptions options) =>
        Encoding.UTF8.GetString(TextCorpus.Read([file], options).Utf8.Span);

    private static void Says(string input, CorpusFormat? format, params string[] expected) =>
        Says(Encoding.UTF8.GetBytes(input), format, expected);

    private static void Says(byte[] input, CorpusFormat? format, params string[] expected)
    {
        InvalidDataException error = Assert.Throws<InvalidDataException>(
            () => TextCorpus.Read(["-"], new CorpusOptions { Format = format, StandardInput = new MemoryStream(input) }));
        Assert.All(expected, part => Assert.Contains(part, error.Message, StringComparison.Ordinal));
        Assert.StartsWith("standard input: ", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', error.Message);
    }

    private string Save(string name, byte[] bytes)
    {
        string path = Path.Combine(_folder, name);
        File.WriteAllBytes(path, bytes);
        return path;
    }

    // Gives a few bytes at a time, as pipes do.
    private sealed class Trickle(byte[] bytes, int size) : MemoryStream(bytes)
    {
        public override int Read(Span<byte> buffer) => base.Read(buffer[..Math.Min(size, buffer.Length)]);

        public override int Read(byte[] buffer, int offset, int count) => base.Read(buffer, offset, Math.Min(size, count));

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            new(Read(buffer.Span));
    }

    // A pipe that keeps what it was asked to write into.
    private sealed class Late : MemoryStream
    {
        public Memory<byte> Buffer { get; private set; }

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            Buffer = buffer;
            await Task.Delay(Timeout.Infinite, CancellationToken.None);
            return 0;
        }
    }

    // A pipe that nobody writes to.
    private sealed class Silence : MemoryStream
    {
        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            await Task.Delay(Timeout.Infinite, CancellationToken.None);
            return 0;
        }
    }
}
