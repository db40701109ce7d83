// What a text is, by its bytes: UTF-16 and UTF-32 with a mark are decoded, gzip is unpacked whatever the name, and what is no text, or text
// in another encoding, is refused or told with the way to convert it.
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using GruLM.Corpus;

namespace GruLM.Tests.Corpus;

public sealed class EncodingTests : IDisposable
{
    private const string Russian = "Большой привет из Москвы\r\nЁжик в тумане 🙂\r\n";

    private readonly string _folder = Directory.CreateTempSubdirectory("grulm-tests-").FullName;
    private readonly List<string> _told = [];

    // The encodings write no marks; those that are wanted are put before.
    private static readonly (string Name, Encoding Encoding, byte[] Mark)[] s_wide =
    [
        ("UTF-16", new UnicodeEncoding(false, false), [0xFF, 0xFE]),
        ("UTF-16", new UnicodeEncoding(true, false), [0xFE, 0xFF]),
        ("UTF-32", new UTF32Encoding(false, false), [0xFF, 0xFE, 0, 0]),
        ("UTF-32", new UTF32Encoding(true, false), [0, 0, 0xFE, 0xFF]),
    ];

    static EncodingTests() => Encoding.RegisterProvider(CodePagesEncodingProvider.Instance);

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void A_mark_tells_UTF_16_and_UTF_32_in_every_kind_of_file()
    {
        string clean = Russian.Replace("\r\n", "\n", StringComparison.Ordinal);
        foreach ((string name, Encoding encoding, byte[] mark) in s_wide)
        {
            byte[] Wide(string text) => [.. mark, .. encoding.GetBytes(text)];
            Assert.Equal(clean, Read(Save("a.txt", Wide(Russian))));
            Assert.Equal($"a.txt: read as {name}, by the byte-order mark", Assert.Single(_told));
            Assert.Equal(clean, Read(Save("a.txt.gz", TextCorpusTests.Pack(Wide(Russian)))));
            Assert.Equal(clean, Read("-", Wide(Russian)));
            Assert.Equal("né\n日本\n", Read(Save("a.csv", Wide("id,text\r\n1,\"né\r\n日本\"\r\n"))));
            Assert.Equal("ü🙂\n", Read(Save("a.jsonl", Wide("{\"text\": \"ü🙂\"}\r\n"))));
            Assert.Equal(clean, Open(Save("a.txt", Wide(Russian))));
            Assert.Contains("is empty", Error(Save("a.txt", mark)), StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Wide_text_of_any_length_is_decoded_in_portions_and_what_is_broken_is_told()
    {
        string text = string.Concat(Enumerable.Range(0, 40_000).Select(i => i % 3 == 0 ? "aé€🙂\n" : "x€"));
        foreach ((string _, Encoding encoding, byte[] mark) in s_wide)
        {
            Assert.Equal(text, Read(Save("a.txt", [.. mark, .. encoding.GetBytes(text)]), most: 1000));
            Assert.Equal("a\uFFFDb\uFFFD\n", Read(Save("a.txt", Broken(mark, encoding))));
            Assert.Equal("a.txt: characters that are broken in " + _told[0].Split(' ')[3][..^1] + " were replaced by U+FFFD", _told[^1]);
        }

        // Halves of pairs, and a unit that is not whole.
        byte[] half = [0xFF, 0xFE, (byte)'a', 0, 0x00, 0xD8, (byte)'b', 0, 0x00, 0xDC, 0x3D, 0xD8];
        Assert.Equal("a\uFFFDb\uFFFD\uFFFD", Read(Save("a.txt", half)));
        Assert.Equal("a\uFFFD", Read(Save("a.txt", [0xFE, 0xFF, 0, (byte)'a', 1])));

        static byte[] Broken(byte[] mark, Encoding encoding)
        {
            byte[] lone = encoding.GetBytes("?");
            int at = lone[0] == 0 ? lone.Length - 2 : 0;
            (lone[at], lone[at + 1]) = lone[0] == 0 ? ((byte)0xD8, (byte)0) : ((byte)0, (byte)0xD8);
            return [.. mark, .. encoding.GetBytes("a"), .. lone, .. encoding.GetBytes("b"), .. lone, .. encoding.GetBytes("\n")];
        }
    }

    [Fact]
    public void Any_text_comes_out_of_any_portions_as_it_went_in()
    {
        string[] pieces = ["a", "é", "€", "🙂", "\n", "\uFEFF", "word ", "Ж"];
        Prop.ForAll<NonEmptyArray<int>, PositiveInt>((choices, size) =>
        {
            string text = "x" + string.Concat(choices.Get.Select(c => pieces[(c & int.MaxValue) % pieces.Length]));
            foreach ((string _, Encoding encoding, byte[] mark) in s_wide)
            {
                using var decoded = new DecodedText(
                    new Portions([.. mark, .. encoding.GetBytes(text)], size.Get), WideEncoding.OfMark([.. mark, 1, 1])!.Value);
                using var read = new MemoryStream();
                decoded.CopyTo(read);
                Assert.Equal(text, Encoding.UTF8.GetString(read.ToArray()));
            }
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void Wide_text_without_a_mark_is_refused_with_the_way_to_convert_it()
    {
        string[] names = ["utf-16le", "utf-16be", "utf-32le", "utf-32be"];
        string chinese = string.Concat(Enumerable.Repeat("他来到了网易杭研大厦，今天天气很好。\n", 20));
        string korean = string.Concat(Enumerable.Repeat("모든 인간은 태어날 때부터 자유로우며\n", 20));
        foreach (string text in new[] { "The heavy bird lifts the cat.\r\n", Russian, "name,count\nanna,12\n", chinese, korean })
        {
            for (int i = 0; i < names.Length; i++)
            {
                byte[] bytes = s_wide[i].Encoding.GetBytes(text);
                string file = Save("a b.txt", bytes), way = $"convert it: iconv -f {names[i]} -t utf-8 \"{file}\" > utf8.txt";
                string expected = $"{file}: is {s_wide[i].Name} without a byte-order mark, by the look of it; {way}";
                Assert.Equal(expected, Error(file));
                string packed = Save("a.gz", TextCorpusTests.Pack(bytes));
                Assert.Contains($"zcat {packed} | iconv -f {names[i]} -t utf-8", Error(packed), StringComparison.Ordinal);
            }
        }
    }

    [Fact]
    public void Gzip_is_known_by_its_bytes_and_not_by_its_name()
    {
        byte[] packed = TextCorpusTests.Pack("one\r\ntwo\n"u8.ToArray());
        Assert.Equal("one\ntwo\n", Read(Save("a.txt", packed)));
        Assert.Equal("one\ntwo\n", Read(Save("book", packed), most: 2));
        Assert.True(CorpusFiles.IsPacked(Save("a.txt", packed)));
        Assert.False(CorpusFiles.IsPacked(Save("b.txt.gz", "plain"u8.ToArray())));
        Assert.EndsWith("name it without .gz if it is not packed", Error(Path.Combine(_folder, "b.txt.gz")), StringComparison.Ordinal);
        string twice = Error(Save("a.gz", TextCorpusTests.Pack(packed)));
        Assert.Contains("holds, packed with gzip, another gzip file", twice, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("PK\u0003\u0004....", "a zip archive; unpack it and name the files in it: unzip ")]
    [InlineData("PK\u0003\u0004...[Content_Types].xml..word/document.xml", "a Word document (docx); save it as plain text")]
    [InlineData("%PDF-1.7\n", "a PDF; take the text out of it: pdftotext ")]
    [InlineData("7z\u00BC\u00AF'\u001C", "a 7z archive")]
    [InlineData("\u00FD7zXZ\0", "packed with xz; unpack it: xz -dc ")]
    [InlineData("BZh91AY&SY", "packed with bzip2; unpack it: bzip2 -dc ")]
    [InlineData("\u0089PNG\r\n\u001A\n", "a picture (PNG); text was expected")]
    [InlineData("\u00FF\u00D8\u00FF\u00E0", "a picture (JPEG)")]
    [InlineData("SQLite format 3\0", "an SQLite data base")]
    [InlineData("PAR1\u0015\0", "a Parquet table")]
    [InlineData("\u007FELF\u0002", "a program or a library")]
    [InlineData("\u00D0\u00CF\u0011\u00E0\u00A1\u00B1\u001A\u00E1", "an Office document")]
    public void What_is_no_text_is_refused_by_what_it_is(string begin, string expected)
    {
        byte[] bytes = [.. Encoding.Latin1.GetBytes(begin), .. "and so on\n"u8];
        string kind = expected.Split(';')[0], packed = Save("b.txt", TextCorpusTests.Pack(bytes));
        Assert.Contains("a.txt: is " + expected, Error(Save("a.txt", bytes)), StringComparison.Ordinal);
        Assert.StartsWith("standard input: is " + kind, Error("-", bytes), StringComparison.Ordinal);
        Assert.StartsWith($"{packed}: holds, packed with gzip, " + kind, Error(packed), StringComparison.Ordinal);
    }

    [Fact]
    public void Text_that_only_begins_with_the_same_letters_is_text()
    {
        string[] texts = ["PAR1 is a word\n", "RIFF raff\n", "ID3 tags\n", "GGUF\n", "MZ and PK\n", "ustar\n", "BZh9\n", "7z\n"];
        foreach (string text in texts)
        {
            Assert.Equal(text, Read(Save("a.txt", Encoding.UTF8.GetBytes(text))));
        }
    }

    [Fact]
    public void Other_binary_is_refused_early_and_text_with_a_few_odd_bytes_is_not()
    {
        var endless = new Endless();
        Assert.Equal(
            "standard input: is binary and no text: it is full of NULs; text in UTF-8 was expected",
            Assert.Throws<InvalidDataException>(() => TextCorpus.Read(["-"], new CorpusOptions { StandardInput = endless })).Message);
        Assert.InRange(endless.Given, 1, 1 << 20);
        byte[] random = new byte[100_000];
        new Random(1).NextBytes(random);
        Assert.Contains("is binary and no text", Error(Save("a.txt", random)), StringComparison.Ordinal);
        Assert.Contains("is binary and no text", Error(Save("a.txt", TextCorpusTests.Pack(random))), StringComparison.Ordinal);
        IEnumerable<byte> numbers = Enumerable.Range(0, 1000).SelectMany(i => BitConverter.GetBytes(i * 7919));
        Assert.Contains("is binary and no text", Error(Save("a.txt", [.. numbers])), StringComparison.Ordinal);
        byte[] padded = [.. Enumerable.Repeat("alpha\0\0\0\0\0\0\0\0\0\0\0"u8.ToArray(), 50).SelectMany(record => record)];
        Assert.Contains("is binary and no text", Error(Save("a.txt", padded)), StringComparison.Ordinal);
        const string Colours = "\u001b[31mred\u001b[0m\tand\b\b\u0007 \f\u001a\n";
        Assert.Equal(Colours, Read(Save("a.txt", Encoding.UTF8.GetBytes(Colours))));
        Assert.Equal(new string('x', 5000), Read(Save("a.txt", [.. Enumerable.Repeat((byte)'x', 5000), .. new byte[1000]])));
    }

    [Theory]
    [InlineData("windows-1252", "L'été dernier, à Noël, il a mangé des pâtes.\n", true)]
    [InlineData("windows-1252", "He said “yes”, and it’s done at last.\n", true)]
    [InlineData("iso-8859-1", "Der Fuß des Mädchens ist größer.\nÜber die Straße.\n", true)]
    [InlineData("windows-1251", "plain words and then три слова and more plain words to read\n", false)]
    public void Text_in_another_encoding_is_told_with_the_way_to_convert_it(string encoding, string line, bool isWestern)
    {
        byte[] bytes = Encoding.GetEncoding(encoding).GetBytes(string.Concat(Enumerable.Repeat(line, 50)));
        string file = Save("a.txt", bytes);
        TextCorpus.Read([file], Options());
        string told = Assert.Single(_told);
        Assert.Contains(isWestern ? "Windows-1252 (or Latin-1) by the look of it" : "another encoding", told, StringComparison.Ordinal);
        string encodingName = isWestern ? "windows-1252" : "ENCODING";
        Assert.EndsWith($"iconv -f {encodingName} -t utf-8 a.txt > utf8.txt", told, StringComparison.Ordinal);

        // Said once for many files.
        _told.Clear();
        Save("b.txt", bytes);
        Save("c.txt", bytes);
        TextCorpus.Read([_folder], Options());
        Assert.StartsWith("a.txt and 2 more files: not in UTF-8", Assert.Single(_told), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("windows-1251", "Большой привет из Москвы, как дела?\n")]
    [InlineData("koi8-r", "Большой привет из Москвы, как дела?\n")]
    [InlineData("gb18030", "他来到了网易杭研大厦，今天天气很好。\n")]
    [InlineData("shift_jis", "吾輩は猫である。名前はまだ無い。\n")]
    [InlineData("shift_jis", "どこで生れたかとんと見当がつかぬ。何でも薄暗いじめじめした所でニャーニャー泣いていた事だけは記憶している。\r\n")]
    [InlineData("iso-8859-7", "Η γρήγορη καφέ αλεπού πηδάει\n")]
    public void Text_of_which_nothing_would_remain_is_refused(string encoding, string line)
    {
        byte[] bytes = Encoding.GetEncoding(encoding).GetBytes(string.Concat(Enumerable.Repeat(line, 50)));
        Assert.Contains("is not in UTF-8, but in another encoding", Error(Save("a.txt", bytes)), StringComparison.Ordinal);
    }

    [Fact]
    public void A_few_broken_bytes_stay_a_count()
    {
        byte[] text = [.. Enumerable.Repeat("plain text\n"u8.ToArray(), 500).SelectMany(line => line), 0xFF, (byte)'\n'];
        Assert.Equal(1, TextCorpus.Read([Save("a.txt", text)], Options()).Counts.ReplacedSequences);
        byte[] mixed = [.. Enumerable.Repeat("schöne Grüße\n"u8.ToArray(), 20).SelectMany(line => line), 0xE4, (byte)'\n'];
        Assert.Equal(1, TextCorpus.Read([Save("a.txt", mixed)], Options()).Counts.ReplacedSequences);
        Assert.Empty(_told);
    }

    [Fact]
    public void Where_lines_end_with_CR_alone_they_are_lines_and_a_single_CR_is_a_character()
    {
        Assert.Equal("one\ntwo\n\nthree\n", Read(Save("a.txt", "one\rtwo\r\rthree\r"u8.ToArray())));
        Assert.Equal("a.txt: lines end with CR alone, as on old Macs: read as line ends", Assert.Single(_told));
        Assert.Equal("one\ntwo\nthree", Read(Save("a.txt", "one\rtwo\rthree"u8.ToArray()), most: 2));
        Assert.Equal("x\ny\n", Read(Save("a.jsonl", "{\"text\": \"x\"}\r{\"text\": \"y\"}\r"u8.ToArray())));
        Assert.Equal("x\ny\n", Read(Save("a.csv", "id,text\r1,x\r2,y\r"u8.ToArray())));
        Assert.Equal("one\rtwo", Read(Save("a.txt", "one\rtwo"u8.ToArray())));
        Assert.Equal("10 %\r20 %\r30 %\ndone\n", Read(Save("a.txt", "10 %\r20 %\r30 %\ndone\n"u8.ToArray())));
        Assert.Empty(_told);
    }

    [Fact]
    public void Prompts_are_cleaned_as_texts_are()
    {
        const string Kept = "One.\fTwo\u2028three\u0085four\rfive\n";
        const string Plain = "nothing to clean\n";
        Assert.Same(Plain, TextCorpus.Clean(Plain));
        string[] texts = [Kept, "\uFEFFa\r\nb\0c\r\n", "\uD800x\uDC00", "🙂", "\r\r\n", "a\uFEFF", ""];
        foreach (string text in texts)
        {
            byte[] bytes = Encoding.UTF8.GetBytes(text);
            string expected = bytes.Length == 0 ? "" : Encoding.UTF8.GetString(TextCorpus.FromBytes(bytes).Utf8.Span);
            Assert.Equal(expected, TextCorpus.Clean(text));
            if (bytes.Length > 0) Assert.Equal(expected, Open(Save("a.txt", bytes)));
        }

        Assert.Equal("a\nbc\n", TextCorpus.Clean(texts[1]));
    }

    private CorpusOptions Options(byte[]? input = null, long most = 1 << 20)
    {
        _told.Clear();
        return new CorpusOptions
        {
            MostInMemory = most,
            StandardInput = input is null ? null : new MemoryStream(input),
            Notice = note => _told.Add(note.Replace(_folder + Path.DirectorySeparatorChar, "", StringComparison.Ordinal)),
        };
    }

    private string Read(string name, byte[]? input = null, long most = 1 << 20) =>
        Encoding.UTF8.GetString(TextCorpus.Read([name], Options(input, most)).Utf8.Span);

    private string Open(string name)
    {
        using var reader = new StreamReader(TextCorpus.Open(name, Options()), new UTF8Encoding(false), false);
        return reader.ReadToEnd();
    }

    private string Error(string name, byte[]? input = null)
    {
        string message = Assert.Throws<InvalidDataException>(() => TextCorpus.Read([name], Options(input))).Message;
        Assert.DoesNotContain('\n', message);
        return message;
    }

    private string Save(string name, byte[] bytes)
    {
        string path = Path.Combine(_folder, name);
        File.WriteAllBytes(path, bytes);
        return path;
    }

    // Gives few bytes at a time.
    private sealed class Portions(byte[] bytes, int most) : MemoryStream(bytes)
    {
        public override int Read(Span<byte> buffer) => base.Read(buffer[..Math.Min(buffer.Length, most)]);
    }

    // What /dev/zero is.
    private sealed class Endless : MemoryStream
    {
        public long Given { get; private set; }

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            buffer.Span.Clear();
            Given += buffer.Length;
            return new ValueTask<int>(buffer.Length);
        }
    }
}
