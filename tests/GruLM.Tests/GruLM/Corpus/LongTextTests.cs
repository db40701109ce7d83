// A text that is kept in a file instead of memory is the same text: bytes, counts, samples and cuts; and no piece of it is out of reach.
using System.Globalization;
using System.Text;
using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using GruLM.Corpus;
using GruLM.Tokenization;
using GruLM.Training;

namespace GruLM.Tests.Corpus;

public sealed class LongTextTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("grulm-tests-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Files_of_all_kinds_give_the_same_corpus_in_memory_and_in_a_file()
    {
        // A text full of NULs is refused, as binary.
        string[] pieces = ["a", "é€", "🙂", " ", "\n", "\n", "\r\n", "some words with a NUL\0", "\t", "word ", "\n\n"];
        var kinds = new (string Ending, Func<string, byte[]> Bytes)[]
        {
            (".txt", Encoding.UTF8.GetBytes),
            (".txt.gz", text => TextCorpusTests.Pack(Encoding.UTF8.GetBytes(text))),
            (".jsonl", text => Encoding.UTF8.GetBytes(string.Concat(text.Split('\n').Select(Record)))),
            (".txt", text => [0xEF, 0xBB, 0xBF, .. Encoding.UTF8.GetBytes(text), 0xFF]),
        };
        Prop.ForAll<NonEmptyArray<int>, NonEmptyArray<int>, NonNegativeInt>((files, choices, thousandths) =>
        {
            string[] names = files.Get.Take(4).Select((kind, i) =>
            {
                (string? ending, Func<string, byte[]>? bytes) = kinds[(kind & int.MaxValue) % kinds.Length];
                string name = Path.Combine(_folder, i + ending);
                string text = "x" + string.Concat(choices.Get.Skip(i).Select(c => pieces[(c & int.MaxValue) % pieces.Length]));
                File.WriteAllBytes(name, bytes(text));
                return name;
            }).ToArray();
            var inMemory = TextCorpus.Read(names);
            var inFile = TextCorpus.Read(names, new CorpusOptions { MostInMemory = 1 + (thousandths.Get % 7) });
            Assert.Equal(inMemory.Counts, inFile.Counts);
            AssertSame(inMemory.Text, inFile.Text);
            double fraction = thousandths.Get % 1000 / 1000.0;
            AssertSameParts(text => text.SplitByCharacters(fraction));
            AssertSameParts(text => text.SplitBySamples(fraction));
            AssertSameParts(text => text.DrawSamples(fraction, seed: 7));

            void AssertSameParts(Func<CorpusText, (CorpusText First, CorpusText Second)> split)
            {
                ((CorpusText a, CorpusText b), (CorpusText c, CorpusText d)) = (split(inMemory.Text), split(inFile.Text));
                AssertSame(a, c);
                AssertSame(b, d);
            }
        }).QuickCheckThrowOnFailure();

        static string Record(string line) => $"{{\"text\": {JsonSerializer.Serialize(line + "\n" + line)}}}\n";
    }

    [Fact]
    public void A_clean_file_is_read_where_it_is_and_outlives_its_name()
    {
        string file = Path.Combine(_folder, "a.txt");
        File.WriteAllText(file, "one\ntwo é\nthree");
        var corpus = TextCorpus.Read([file], new CorpusOptions { MostInMemory = 4 });
        Assert.Equal(new CorpusCounts(16, 15, 3, 0, 0, 0), corpus.Counts);
        if (!OperatingSystem.IsWindows()) File.Delete(file);
        Assert.Equal("one\ntwo é\nthree", Encoding.UTF8.GetString(corpus.Utf8.Span));
    }

    [Fact]
    public void A_file_that_becomes_shorter_while_it_is_read_is_an_error_and_not_the_end()
    {
        string file = Path.Combine(_folder, "a.txt");
        File.WriteAllText(file, string.Concat(Enumerable.Range(0, 100_000).Select(i => $"line {i}\n")));
        var corpus = TextCorpus.Read([file], new CorpusOptions { MostInMemory = 4 });
        CorpusText text = corpus.Text;
        using (FileStream cut = new(file, FileMode.Open, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete)) cut.SetLength(500_000);
        Action[] uses =
        [
            () => _ = corpus.Utf8, () => _ = text.Slice(700_000, 1), () => _ = text.Pieces().Count(),
            () => _ = text.PiecesOfLines(1 << 14).Count(), () => _ = text.Samples().Count(),
            () => text.SplitByCharacters(0.1), () => text.SplitBySamples(0.1), () => text.Checksum(),
        ];
        Assert.All(uses, use =>
        {
            string message = Assert.Throws<IOException>(use).Message;
            Assert.StartsWith($"{file}: was changed while it was read", message, StringComparison.Ordinal);
        });

        // What is left of it can be read.
        Assert.Equal("line 0", Encoding.UTF8.GetString(text.Slice(0, 6).Span));
    }

    [Fact]
    public void A_file_that_becomes_empty_while_it_is_read_is_an_error_and_not_the_end()
    {
        string file = Path.Combine(_folder, "a.txt");
        File.WriteAllText(file, new string('x', 5_000_000));
        var emptied = new CorpusOptions { MostInMemory = 4, Progress = _ => File.WriteAllText(file, "") };
        InvalidDataException error = Assert.Throws<InvalidDataException>(() => TextCorpus.Read([file], emptied));
        Assert.Contains("is empty", error.Message, StringComparison.Ordinal);

        // Nothing half made is left to be cleaned up, on a thread where any exception ends the process.
        GC.Collect();
        GC.WaitForPendingFinalizers();
    }

    [Fact]
    public void Short_lines_and_samples_are_read_many_at_a_time()
    {
        byte[] bytes = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Range(0, 50_000).Select(i => $"{i % 1000}\n \n")));
        var counted = new CountedReads(bytes);
        var lines = new CorpusText(counted);
        Assert.Equal(50_000, lines.Samples().Count());
        SampleRange[] ranges = [.. lines.LinesIn(new SampleRange(0, bytes.Length))];
        Assert.Equal(100_000, ranges.Length);
        CorpusText records = lines.WithSamples(ranges);
        Assert.Equal(50_000, records.Samples().Count());
        records.SplitBySamples(0.1);
        lines.SplitBySamples(0.1);
        Assert.InRange(counted.Reads, 10, 100);
        Assert.InRange(counted.Bytes, bytes.Length, 12L * bytes.Length);
    }

    [Fact]
    public void Nothing_is_left_in_the_folder_for_temporary_files()
    {
        if (OperatingSystem.IsWindows()) return;
        string file = Path.Combine(_folder, "a.txt");
        File.WriteAllText(file, "one\r\ntwo");
        var corpus = TextCorpus.Read([file], new CorpusOptions { MostInMemory = 2 });
        Assert.Empty(Directory.GetFiles(Path.GetTempPath(), $"grulm-text-{Environment.ProcessId}-*"));
        Assert.Equal("one\ntwo", Encoding.UTF8.GetString(corpus.Utf8.Span));
    }

    [Fact]
    public void Text_beyond_two_gigabytes_is_in_reach()
    {
        const long Far = 3L << 30;
        string file = Path.Combine(_folder, "sparse");
        using (FileStream stream = File.Create(file))
        {
            stream.Position = Far - 1;
            stream.Write("\none\n \ntwo\n"u8);
        }

        var text = new CorpusText(new FileBytes(File.OpenRead(file), file));
        Assert.Equal(Far + 10, text.Length);
        Assert.Equal("two", Encoding.UTF8.GetString(text.Slice(Far + 6, 3).Span));
        SampleRange[] lines = [new(Far, Far + 3), new(Far + 4, Far + 5), new(Far + 6, Far + 9)];
        Assert.Equal(lines, text.LinesIn(new SampleRange(Far, text.Length)));
        Assert.Contains("in one piece", Assert.Throws<InvalidDataException>(() => text.Utf8).Message, StringComparison.Ordinal);

        // The zeros in front are one line, and longer than a line may be.
        InvalidDataException error = Assert.Throws<InvalidDataException>(() => text.Samples().First());
        Assert.Contains("longer than a gigabyte", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_tokenizer_learns_from_whole_lines_of_all_of_a_long_text()
    {
        string text = string.Concat(Enumerable.Range(0, 20_000).Select(i => $"line {i} é\n"));
        string[] lines = Encoding.UTF8.GetString(TokenizerSample.Take(Encoding.UTF8.GetBytes(text), 64 * 100).Span)
            .Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.True(lines.ToHashSet().IsSubsetOf(text.Split('\n')));
        IEnumerable<int> numbers = lines.Select(line => int.Parse(line.Split(' ')[1], CultureInfo.InvariantCulture));
        Assert.Equal(64, numbers.Select(number => number * 64 / 20_000).Distinct().Count());

        // Without line ends, whole characters.
        ReadOnlySpan<byte> one = TokenizerSample.Take(Encoding.UTF8.GetBytes(new string('€', 5_000)), 64 * 10).Span;
        Assert.True(System.Text.Unicode.Utf8.IsValid(one) && one.Length > 64 * 4);
    }

    [Fact]
    public void A_held_out_text_is_encoded_as_far_as_it_is_used()
    {
        byte[] bytes = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Range(0, 250_000).Select(i => $"line {i % 977} é\n")));
        var tokenizer = new Tokenizer(DefaultTokenizer.Train(bytes.AsMemory(0, 50_000), 400));
        List<EncodedPiece> whole = tokenizer.EncodePieces(bytes);
        HeldOutStream all = TokenizedText.HeldOutStream(tokenizer, bytes);
        Assert.Equal(whole.Select(piece => piece.Id), all.Ids.ToArray());
        Assert.Equal(whole.Select(piece => (long)piece.End), all.ByteEnds.ToArray());
        HeldOutStream part = TokenizedText.HeldOutStream(tokenizer, bytes, maxTokens: 1_000);
        Assert.InRange(part.Tokens, 1_000, all.Tokens / 2);
        Assert.Equal(all.Ids[..part.Ids.Length].ToArray(), part.Ids.ToArray());
        Assert.Equal(all.ByteEnds[..part.Ids.Length].ToArray(), part.ByteEnds.ToArray());
    }

    // A text that counts how often a piece of it is asked for.
    private sealed class CountedReads(byte[] text) : TextBytes
    {
        public int Reads { get; private set; }

        public long Bytes { get; private set; }

        public override long Length => text.Length;

        public override ReadOnlyMemory<byte> Slice(long start, int length)
        {
            Reads++;
            Bytes += length;
            return text.AsMemory((int)start, length);
        }

        public override long LineEnd(long start, long end) => throw new NotSupportedException();
    }

    private static void AssertSame(CorpusText expected, CorpusText actual)
    {
        Assert.Equal(expected.Utf8.ToArray(), actual.Utf8.ToArray());
        Assert.Equal(expected.SampleLengths(), actual.SampleLengths());
        Assert.Equal(
            expected.Samples().Select(sample => Encoding.UTF8.GetString(sample.Span)),
            actual.Samples().Select(sample => Encoding.UTF8.GetString(sample.Span)));
    }
}
