// Texts that are packed with zstd: read as those packed with gzip are, by their bytes, and what is damaged is said.

using System.Text;
using GruLM.Corpus;
using ZstdSharp;
using ZstdSharp.Unsafe;

namespace GruLM.Tests.Corpus;

public sealed class ZstdTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("grulm-tests-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Packed_files_are_unpacked_by_their_bytes_and_found_in_folders()
    {
        string text = string.Concat(Enumerable.Range(0, 50_000).Select(i => $"line {i} é🙂\r\n"));
        byte[] packed = Pack(Encoding.UTF8.GetBytes(text));
        Save("b.txt.zst", packed);
        Save("a.txt", "plain\n"u8.ToArray());
        Save("c.zst", "not found in folders"u8.ToArray());
        string expected = text.Replace("\r\n", "\n", StringComparison.Ordinal);
        Assert.Equal("plain\n" + expected, Text(_folder));
        Assert.Equal(expected, Text(Save("book", packed)));
        Assert.True(CorpusFiles.IsPacked(Path.Combine(_folder, "book")));
        var input = new CorpusOptions { StandardInput = new MemoryStream(packed) };
        Assert.Equal(expected, Encoding.UTF8.GetString(TextCorpus.Read(["-"], input).Utf8.Span));
    }

    [Fact]
    public void The_name_without_its_ending_tells_what_is_packed()
    {
        string lines = Save("a.jsonl.zst", Pack("{\"text\": \"json\\none\"}\n{\"text\": \"two\"}\n"u8.ToArray()));
        string table = Save("b.CSV.ZST", Pack("id,text\n1,three\n"u8.ToArray()));
        Assert.Equal((CorpusFormat.JsonLines, CorpusFormat.Table), (CorpusFiles.FormatOf(lines), CorpusFiles.FormatOf(table)));
        Assert.Equal("json\none\ntwo\nthree\n", Text(lines, table));
        Assert.Equal(["json\none", "two"], TextCorpus.Documents(lines).Select(d => Encoding.UTF8.GetString(d.Utf8.Span)));
    }

    [Fact]
    public void Frames_one_after_another_are_one_text_and_frames_without_text_are_passed_over()
    {
        byte[] skippable = [0x50, 0x2A, 0x4D, 0x18, 3, 0, 0, 0, 1, 2, 3];
        byte[] all = [.. Pack("one\n"u8.ToArray()), .. skippable, .. Pack([]), .. Pack("two\n"u8.ToArray()), .. skippable];
        Assert.Equal("one\ntwo\n", Text(Save("a.txt.zst", all)));
    }

    [Fact]
    public void Long_windows_are_read()
    {
        byte[] text = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Range(0, 20_000).Select(i => $"{i * 7919 % 10007} words\n")));
        Assert.Equal(Encoding.ASCII.GetString(text), Text(Save("a.zst", Pack(text, windowLog: 30))));
    }

    [Fact]
    public void A_long_text_goes_through_a_file_like_any_other()
    {
        string file = Save("a.txt.zst", Pack("one\ntwo\nthree\n"u8.ToArray()));
        var corpus = TextCorpus.Read([file], new CorpusOptions { MostInMemory = 4 });
        Assert.Equal("one\ntwo\nthree\n", Encoding.UTF8.GetString(corpus.Utf8.Span));
    }

    [Fact]
    public void Damaged_files_are_said_in_one_line_that_names_them()
    {
        var random = new Random(1);
        byte[] packed = Pack([.. Enumerable.Range(0, 200_000).Select(_ => (byte)random.Next('a', 'z'))]);
        byte[] flipped = [.. packed];
        flipped[packed.Length / 2] ^= 0x40;
        Refused("cut.txt.zst", packed[..(packed.Length / 2)]);
        Refused("short.txt.zst", packed[..^1]);
        Refused("head.zst", packed[..5]);
        Refused("flipped.zst", flipped);
        Refused("behind.zst", [.. packed, .. "and more"u8]);
        Assert.EndsWith("name it without .zst if it is not packed", Refused("plain.zst", "no zstd"u8.ToArray()), StringComparison.Ordinal);

        string Refused(string name, byte[] bytes)
        {
            string file = Save(name, bytes);
            InvalidDataException error = Assert.Throws<InvalidDataException>(() => TextCorpus.Read([file]));
            Assert.StartsWith($"{file}: is damaged or no zstd file", error.Message, StringComparison.Ordinal);
            Assert.DoesNotContain('\n', error.Message);
            return error.Message;
        }
    }

    [Fact]
    public void What_is_inside_is_looked_at_too()
    {
        byte[] once = Pack("text that is packed twice"u8.ToArray());
        Assert.Contains("holds, packed with zstd, another zstd file", Error(Save("a.zst", Pack(once))), StringComparison.Ordinal);
        string pdf = Save("b.zst", Pack("%PDF-1.7\n and so on"u8.ToArray()));
        Assert.Equal($"{pdf}: holds, packed with zstd, a PDF; text was expected", Error(pdf));
        string wide = Save("c.zst", Pack(Encoding.Unicode.GetBytes("text in units of sixteen bits\n")));
        Assert.Contains($"zstdcat {wide} | iconv -f utf-16le -t utf-8", Error(wide), StringComparison.Ordinal);
    }

    internal static byte[] Pack(byte[] bytes, int windowLog = 0)
    {
        var packed = new MemoryStream();
        using (var stream = new CompressionStream(packed, leaveOpen: true))
        {
            stream.SetParameter(ZSTD_cParameter.ZSTD_c_checksumFlag, 1);
            if (windowLog > 0) stream.SetParameter(ZSTD_cParameter.ZSTD_c_windowLog, windowLog);
            stream.Write(bytes);
        }

        return packed.ToArray();
    }

    private static string Text(params string[] names) => Encoding.UTF8.GetString(TextCorpus.Read(names).Utf8.Span);

    private static string Error(string file) => Assert.Throws<InvalidDataException>(() => TextCorpus.Read([file])).Message;

    private string Save(string name, byte[] bytes)
    {
        string path = Path.Combine(_folder, name);
        File.WriteAllBytes(path, bytes);
        return path;
    }
}
