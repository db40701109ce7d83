// Reading corpora: what is dropped, replaced, counted and refused, and that portions of any size give the same text.
using System.Buffers;
using System.IO.Compression;
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using GruLM.Corpus;

namespace GruLM.Tests.Corpus;

public sealed class TextCorpusTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("grulm-tests-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Drops_the_mark_turns_CRLF_into_LF_replaces_wrong_bytes_and_counts_all_of_it()
    {
        string file = Save("a.txt", [0xEF, 0xBB, 0xBF, .. "é\r\nb\rc\n\r\n"u8, 0xFF, .. "x"u8, 0xE2, 0x82, .. "\r\n"u8, 0xF0, 0x9F]);
        var corpus = TextCorpus.Read([file]);
        Assert.Equal("é\nb\rc\n\n\uFFFDx\uFFFD\n\uFFFD", Encoding.UTF8.GetString(corpus.Utf8.Span));
        var counts = new CorpusCounts(corpus.Utf8.Length, 12, 5, ReplacedSequences: 3, WindowsLineEnds: 3, ByteOrderMarks: 1);
        Assert.Equal(counts, corpus.Counts);
    }

    [Fact]
    public void Portions_of_any_size_give_what_the_whole_gives()
    {
        byte[] pieces = [.. "\uFEFF\r\n\rAé€🙂"u8, 0xFF, 0xED, 0xA0, 0x80, 0x00];
        Prop.ForAll<int[], PositiveInt>((choices, size) =>
        {
            byte[] bytes = choices.Select(c => pieces[(c & int.MaxValue) % pieces.Length]).ToArray();
            (byte[]? whole, long replaced) = Clean(bytes, bytes.Length + 1);
            (byte[]? cut, long replacedInPortions) = Clean(bytes, 3 + (size.Get % 4));
            string expected = Encoding.UTF8.GetString(bytes).Replace("\r\n", "\n", StringComparison.Ordinal);
            expected = (expected.StartsWith('\uFEFF') ? expected[1..] : expected).Replace("\0", "", StringComparison.Ordinal);
            Assert.Equal(expected, Encoding.UTF8.GetString(whole));
            Assert.Equal(whole, cut);
            Assert.Equal(replaced, replacedInPortions);
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void A_file_longer_than_the_buffer_keeps_its_characters()
    {
        string text = string.Concat(Enumerable.Range(0, 300_000).Select(i => i % 3 == 0 ? "aé€🙂\r\n" : "x€"));
        var corpus = TextCorpus.Read([Save("long.txt", Encoding.UTF8.GetBytes(text))]);
        Assert.Equal(text.Replace("\r\n", "\n", StringComparison.Ordinal), Encoding.UTF8.GetString(corpus.Utf8.Span));
        Assert.Equal(0, corpus.Counts.ReplacedSequences);
        Assert.Equal(100_000, corpus.Counts.WindowsLineEnds);
    }

    [Fact]
    public void A_folder_stands_for_its_text_files_in_ordinal_order_and_lines_never_run_together()
    {
        Save("b.txt", "b"u8.ToArray());
        Save("a.txt", "a\n"u8.ToArray());
        Save("B.txt", "B"u8.ToArray());
        Save("empty.txt", []);
        Save("c.md", "not this"u8.ToArray());
        var corpus = TextCorpus.Read([_folder]);
        Assert.Equal("B\na\nb\n", Encoding.UTF8.GetString(corpus.Utf8.Span));
        Assert.Equal(4, corpus.Files.Count);
    }

    [Fact]
    public void NULs_are_dropped_and_counted()
    {
        var corpus = TextCorpus.Read([Save("a.txt", [0, .. "a\0b"u8, 0, 0xC3, 0, (byte)'\n'])]);
        Assert.Equal("ab\uFFFD\n", Encoding.UTF8.GetString(corpus.Utf8.Span));
        Assert.Equal(4, corpus.Counts.Nuls);
        Assert.Equal(1, corpus.Counts.ReplacedSequences);
    }

    [Fact]
    public void Packed_files_are_unpacked_and_found_in_folders()
    {
        string text = string.Concat(Enumerable.Range(0, 200_000).Select(i => $"line {i} é\r\n"));
        Save("b.txt.gz", Pack(Encoding.UTF8.GetBytes(text)));
        Save("a.txt", "plain\n"u8.ToArray());
        Save("c.gz", "not found in folders"u8.ToArray());
        var corpus = TextCorpus.Read([_folder]);
        Assert.Equal("plain\n" + text.Replace("\r\n", "\n", StringComparison.Ordinal), Encoding.UTF8.GetString(corpus.Utf8.Span));
        Assert.Equal(200_000, corpus.Counts.WindowsLineEnds);

        // Members one after another are one text, as gzip has it.
        string two = Save("two.gz", [.. Pack("one\n"u8.ToArray()), .. Pack("two\n"u8.ToArray())]);
        Assert.Equal("one\ntwo\n"u8.ToArray(), TextCorpus.Read([two]).Utf8.ToArray());
    }

    [Fact]
    public void Damaged_packed_files_are_said_in_one_line_that_names_them()
    {
        byte[] packed = Pack(RandomText(100_000));
        byte[] flipped = [.. packed];
        flipped[50_000] ^= 0x40;
        Refused("cut.txt.gz", packed[..60_000]);
        Refused("short.txt.gz", packed[..^1]);
        Refused("head.gz", packed[..5]);
        Refused("plain.gz", "no gzip"u8.ToArray());
        Refused("flipped.gz", flipped);

        void Refused(string name, byte[] bytes)
        {
            string file = Save(name, bytes);
            InvalidDataException error = Assert.Throws<InvalidDataException>(() => TextCorpus.Read([file]));
            Assert.StartsWith($"{file}: is damaged or no gzip file", error.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Standard_input_is_read_where_it_is_named()
    {
        string file = Save("a.txt", "first"u8.ToArray());
        var corpus = TextCorpus.Read([file, "-"], new CorpusOptions { StandardInput = new MemoryStream("second"u8.ToArray()) });
        Assert.Equal("first\nsecond", Encoding.UTF8.GetString(corpus.Utf8.Span));
        var nothing = new CorpusOptions { StandardInput = Stream.Null };
        InvalidDataException error = Assert.Throws<InvalidDataException>(() => TextCorpus.Read(["-"], nothing));
        Assert.Contains("standard input", error.Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => TextCorpus.Read(["-", "-"]));
    }

    [Fact]
    public void What_cannot_be_read_is_said_in_one_line_that_names_it()
    {
        string missing = Path.Combine(_folder, "missing.txt");
        Assert.StartsWith(missing, Error<FileNotFoundException>(missing), StringComparison.Ordinal);
        Assert.Contains("no text", Error<InvalidDataException>(_folder), StringComparison.Ordinal);
        string empty = Save("empty.txt", []);
        Assert.StartsWith(empty, Error<InvalidDataException>(empty), StringComparison.Ordinal);
        Assert.Contains("only empty files", Error<InvalidDataException>(_folder), StringComparison.Ordinal);
        Assert.Throws<InvalidDataException>(() => TextCorpus.Read([Save("mark.txt", [0xEF, 0xBB, 0xBF])]));
        Assert.Throws<ArgumentException>(() => TextCorpus.Read([]));
    }

    [Fact]
    public void Text_in_memory_is_cleaned_alike()
    {
        Assert.Equal("a\nb"u8.ToArray(), TextCorpus.FromBytes("a\r\nb"u8.ToArray()).Utf8.ToArray());
        Assert.Throws<InvalidDataException>(() => TextCorpus.FromBytes(default));
    }

    private static string Error<T>(string name)
        where T : Exception => Assert.Throws<T>(() => TextCorpus.Read([name])).Message;

    private static (byte[] Text, long Replaced) Clean(byte[] bytes, int size)
    {
        var output = new ArrayBufferWriter<byte>();
        var cleaner = new TextCleaner(output);
        var held = new List<byte>();
        for (int at = 0; at < bytes.Length; at += size)
        {
            held.AddRange(bytes.AsSpan(at, Math.Min(size, bytes.Length - at)));
            held.RemoveRange(0, cleaner.Append(held.ToArray(), last: false));
        }

        Assert.Equal(held.Count, cleaner.Append(held.ToArray(), last: true));
        return (output.WrittenSpan.ToArray(), cleaner.ReplacedSequences);
    }

    /// <summary>Printable bytes that can hardly be packed.</summary>
    internal static byte[] RandomText(int length)
    {
        var random = new Random(1);
        return [.. Enumerable.Range(0, length).Select(_ => (byte)random.Next(' ', 0x7F))];
    }

    internal static byte[] Pack(byte[] bytes)
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest)) gzip.Write(bytes);
        return packed.ToArray();
    }

    private string Save(string name, byte[] bytes)
    {
        string path = Path.Combine(_folder, name);
        File.WriteAllBytes(path, bytes);
        return path;
    }
}
