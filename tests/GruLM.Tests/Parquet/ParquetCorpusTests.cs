// Parquet files as texts: what their rows become, beside other files and in folders, and what is said of those that cannot be read.

using System.Text;
using GruLM.Corpus;
using GruLM.Parquet;
using Parquet;
using Parquet.Schema;

namespace GruLM.Tests.Parquet;

public sealed class ParquetCorpusTests : IDisposable
{
    private static readonly string?[] s_texts = ["one\r\ntwo", null, "three 🙂 \"quoted\"", "  ", "four\n"];

    private readonly string _folder = Directory.CreateTempSubdirectory("grulm-tests-").FullName;

    public ParquetCorpusTests() => ParquetCorpus.Register();

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData(CompressionMethod.None)]
    [InlineData(CompressionMethod.Snappy)]
    [InlineData(CompressionMethod.Gzip)]
    [InlineData(CompressionMethod.Zstd)]
    [InlineData(CompressionMethod.Brotli)]
    [InlineData(CompressionMethod.Lz4Raw)]
    public async Task Rows_are_samples_in_every_packing_of_the_format(CompressionMethod packing)
    {
        string file = await SaveAsync("a.parquet", packing, ("id", [.. s_texts.Select(_ => "x")]), ("text", s_texts));
        var corpus = TextCorpus.Read([file]);
        Assert.Equal("one\ntwo\n\nthree 🙂 \"quoted\"\n  \nfour\n\n", Encoding.UTF8.GetString(corpus.Utf8.Span));
        Assert.Equal((5, 1), (corpus.Counts.Records, corpus.Counts.WindowsLineEnds));
    }

    [Fact]
    public async Task They_give_the_corpus_that_JSON_lines_of_the_same_texts_give()
    {
        string file = await SaveAsync("a.parquet", CompressionMethod.Snappy, ("text", s_texts));
        string json = Path.Combine(_folder, "a.jsonl");
        File.WriteAllLines(json, ParquetCorpus.Read(file).Select(record => Encoding.UTF8.GetString(record.Span)));
        Assert.Equal(TextCorpus.Read([json]).Utf8.ToArray(), TextCorpus.Read([file]).Utf8.ToArray());
        Assert.Equal(
            TextCorpus.Documents(json).Select(d => Encoding.UTF8.GetString(d.Line.Span)),
            TextCorpus.Documents(file).Select(d => Encoding.UTF8.GetString(d.Line.Span)));
    }

    [Fact]
    public async Task Questions_and_answers_and_a_named_column_are_read()
    {
        string exchanges = await SaveAsync(
            "q.parquet", CompressionMethod.Snappy, ("prompt", ["How?", "Why?"]), ("completion", ["So.", "B."]));
        Assert.Equal("<prompt> How? <ai> So.<end>\n<prompt> Why? <ai> B.<end>\n", Text([exchanges]));
        Assert.Equal("So.\nB.\n", Text([exchanges], "completion"));
        TextCorpus.Check([exchanges], new CorpusOptions { Column = "completion" });
    }

    [Fact]
    public async Task They_stand_beside_other_files_and_in_folders()
    {
        await SaveAsync("b.PARQUET", CompressionMethod.Snappy, ("text", ["row"]));
        File.WriteAllText(Path.Combine(_folder, "a.txt"), "plain");
        File.WriteAllText(Path.Combine(_folder, "c.csv"), "text\nlast\n");
        Assert.Equal("plain\nrow\nlast\n", Text([_folder]));
    }

    [Fact]
    public async Task Texts_of_bytes_are_read_and_other_columns_are_refused()
    {
        var schema = new ParquetSchema(new DataField<byte[]>("raw"), new DataField<long>("number"), new DataField<string[]>("list"));
        string file = Path.Combine(_folder, "a.parquet");
        await using (FileStream stream = File.Create(file))
        {
            await using ParquetWriter writer = await ParquetWriter.CreateAsync(schema, stream);
            using ParquetRowGroupWriter group = writer.CreateRowGroup();
            await group.WriteAsync(schema.DataFields[0], new byte[][] { [.. "é"u8] });
            await group.WriteAsync<long>(schema.DataFields[1], new long[] { 7 });
            await group.WriteAsync(schema.DataFields[2], new[] { "a" }, new[] { 0 });
            group.CompleteValidate();
        }

        Assert.Equal("é\n", Text([file], "raw"));
        Assert.Equal($"{file}: column 'number' holds no text; name one that does with 'Column'", Error(file, "number"));
        string missing = Error(file, "text");
        Assert.StartsWith($"{file}: has no column 'text'; its columns are 'raw', 'number', 'list", missing, StringComparison.Ordinal);
        Assert.EndsWith(": name one with 'Column'", missing, StringComparison.Ordinal);
        Assert.Equal(missing, Error(file, null));
    }

    [Fact]
    public async Task Damaged_files_are_said_in_one_line_that_names_them()
    {
        string?[] rows = [.. Enumerable.Range(0, 500).Select(i => $"row {i}")];
        string file = await SaveAsync("a.parquet", CompressionMethod.Snappy, ("text", rows));
        byte[] whole = File.ReadAllBytes(file);
        var random = new Random(1);
        for (int i = 0; i < 100; i++)
        {
            byte[] damaged = i % 2 == 0 ? whole[..random.Next(whole.Length)] : [.. whole];
            if (i % 2 == 1) damaged[random.Next(whole.Length)] ^= (byte)(1 << random.Next(8));
            File.WriteAllBytes(file, damaged);
            try
            {
                TextCorpus.Read([file]);
            }
            catch (InvalidDataException error)
            {
                Assert.StartsWith(file + ": ", error.Message, StringComparison.Ordinal);
            }
        }

        File.WriteAllText(file, "no Parquet, but text that is long enough");
        Assert.StartsWith($"{file}: is damaged or no Parquet file (", Error(file, null), StringComparison.Ordinal);
        Assert.Throws<FileNotFoundException>(() => TextCorpus.Read([file + "x.parquet"]));
    }

    [Fact]
    public void A_reader_is_registered_for_an_extension()
    {
        Assert.Contains(".parquet", CorpusReaders.Extensions);
        foreach (string wrong in new[] { "", ".", "parquet", "a.parquet", ".gz", ".zst" })
        {
            Assert.Throws<ArgumentException>(() => CorpusReaders.Register(wrong, (_, _) => []));
        }
    }

    [Fact]
    public async Task Other_readers_are_asked_for_their_files_alone()
    {
        CorpusReaders.Register(".words", (file, column) => File.ReadAllText(file).Split(' ').Select(word => (ReadOnlyMemory<byte>)
            Encoding.UTF8.GetBytes($"{{\"text\": \"{word}{column}\"}}")));
        string file = Path.Combine(_folder, "a.words");
        await File.WriteAllTextAsync(file, "one two", TestContext.Current.CancellationToken);
        Assert.Equal("one\ntwo\n", Text([file]));
        Assert.Equal("one!\ntwo!\n", Text([file], "!"));
        var plain = new CorpusOptions { Format = CorpusFormat.Plain };
        Assert.Equal("one two", Encoding.UTF8.GetString(TextCorpus.Read([file], plain).Utf8.Span));
    }

    internal static async Task WriteAsync(string path, CompressionMethod packing, params (string Name, string?[] Values)[] columns)
    {
        var schema = new ParquetSchema(columns.Select(column => new DataField<string>(column.Name)));
        await using FileStream stream = File.Create(path);
        var options = new ParquetOptions { CompressionMethod = packing };
        await using ParquetWriter writer = await ParquetWriter.CreateAsync(schema, stream, options);

        // In two groups of rows.
        int rows = columns[0].Values.Length;
        foreach (Range part in new[] { ..(rows / 2), (rows / 2)..rows })
        {
            using ParquetRowGroupWriter group = writer.CreateRowGroup();
            for (int i = 0; i < columns.Length; i++) await group.WriteAsync(schema.DataFields[i], columns[i].Values[part]);
            group.CompleteValidate();
        }
    }

    private async Task<string> SaveAsync(string name, CompressionMethod packing, params (string Name, string?[] Values)[] columns)
    {
        string path = Path.Combine(_folder, name);
        await WriteAsync(path, packing, columns);
        return path;
    }

    private static string Text(string[] names, string? column = null) =>
        Encoding.UTF8.GetString(TextCorpus.Read(names, new CorpusOptions { Column = column }).Utf8.Span);

    private static string Error(string file, string? column) => Assert.Throws<InvalidDataException>(
        () => TextCorpus.Read([file], new CorpusOptions { Column = column })).Message;
}
