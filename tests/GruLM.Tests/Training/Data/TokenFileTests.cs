// Token files: what was written is read back, only by those it was made for, and training from one gives the same bits as from memory.

using System.Text;
using FsCheck;
using FsCheck.Fluent;
using GruLM.Cli.Demo;
using GruLM.Generation;
using GruLM.Model;
using GruLM.Tokenization;
using GruLM.Training;

namespace GruLM.Tests.Training;

public sealed class TokenFileTests : IDisposable
{
    private static readonly byte[] s_one = [.. Enumerable.Repeat((byte)1, 32)], s_two = [.. Enumerable.Repeat((byte)2, 32)];
    private readonly string _folder = Directory.CreateTempSubdirectory("grulm-tokens-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData(65_536, 2)]
    [InlineData(65_537, 4)]
    public void Every_range_is_read_back_in_the_width_the_vocabulary_needs(int vocabSize, int width)
    {
        string path = Path.Combine(_folder, "tokens.bin");
        int[] ids = [.. Enumerable.Range(0, 5000).Select(i => i == 7 ? vocabSize - 1 : i * 31 % vocabSize)];
        TokenFile.Write(path, vocabSize, s_one, s_two, [ids[..1], [], ids[1..3000], ids[3000..]]);
        Assert.Equal(88 + (width * ids.Length), new FileInfo(path).Length);
        using TokenFile file = TokenFile.Open(path, vocabSize, s_one, s_two)!;
        Assert.Equal(ids.Length, file.Count);
        Prop.ForAll<NonNegativeInt, NonNegativeInt>((a, b) =>
        {
            int start = a.Get % (ids.Length + 1), length = b.Get % (ids.Length - start + 1);
            int[] read = new int[length];
            file.CopyTo(start, read);
            Assert.Equal<int[]>(ids[start..(start + length)], read);
        }).QuickCheckThrowOnFailure();
        Assert.Throws<ArgumentOutOfRangeException>(() => file.CopyTo(ids.Length, new int[1]));
    }

    [Fact]
    public void A_file_of_another_text_or_tokenizer_or_a_damaged_one_is_not_used()
    {
        string path = Path.Combine(_folder, "tokens.bin");
        Assert.Null(TokenFile.Open(path, 100, s_one, s_two));
        TokenFile.Write(path, 100, s_one, s_two, [[1, 2, 99]]);
        Assert.Null(TokenFile.Open(path, 100, s_two, s_two));
        Assert.Null(TokenFile.Open(path, 100, s_one, s_one));
        Assert.Null(TokenFile.Open(path, 100_000, s_one, s_two));
        using (TokenFile file = TokenFile.Open(path, 99, s_one, s_two)!)
        {
            InvalidDataException error = Assert.Throws<InvalidDataException>(() => file.CopyTo(0, new int[3]));
            Assert.Contains("damaged at token 2", error.Message, StringComparison.Ordinal);
        }

        using (FileStream cut = File.OpenWrite(path)) cut.SetLength(cut.Length - 1);
        Assert.Null(TokenFile.Open(path, 100, s_one, s_two));
        File.WriteAllBytes(path, [1, 2, 3]);
        Assert.Null(TokenFile.Open(path, 100, s_one, s_two));
    }

    [Theory]
    [InlineData(SampleKind.Stream)]
    [InlineData(SampleKind.Lines)]
    public void Training_from_a_file_gives_the_same_bits_and_the_file_is_used_again(SampleKind samples)
    {
        byte[] text = Encoding.UTF8.GetBytes(SampleCorpus.Generate(2, 30_000));
        byte[] heldOut = Encoding.UTF8.GetBytes(SampleCorpus.Generate(9, 3_000));
        var options = new TextTrainingOptions
        {
            Tokenizer = new Tokenizer(DefaultTokenizer.Train(text.AsMemory(), 400)),
            EmbeddingDim = 16,
            HiddenDim = 16,
            NumLayers = 1,
            Samples = samples,
            Training = new TrainingOptions { Epochs = 2, BatchSize = 4, Bptt = 16 },
        };
        string tokens = Path.Combine(_folder, "tokens-train.bin");
        using IDevice device = Devices.Open(Devices.Cpu, new DeviceOptions(2));
        byte[] Train(TextTrainingOptions how, string name)
        {
            string model = Path.Combine(_folder, name);
            var store = new FolderStore(model, Path.Combine(model, "training"));
            var around = new RunSurroundings(device, store, new SilentObserver(), TestContext.Current.CancellationToken);
            using (var run = TextTraining.Prepare(new TrainingTexts(text, heldOut), how, around)) run.Run();
            return File.ReadAllBytes(Path.Combine(model, ModelFile.WeightsName));
        }

        byte[] expected = Train(options, "memory");
        TextTrainingOptions filed = options with { TokenFilePath = tokens, TokenFileFromBytes = 0 };
        Assert.Equal(expected, Train(filed, "file"));
        DateTime written = File.GetLastWriteTimeUtc(tokens);
        Assert.Equal(expected, Train(filed, "again"));
        Assert.Equal(written, File.GetLastWriteTimeUtc(tokens));
        Assert.False(File.Exists(Path.Combine(_folder, "small.bin")));
        Train(options with { TokenFilePath = Path.Combine(_folder, "small.bin") }, "small");
        Assert.False(File.Exists(Path.Combine(_folder, "small.bin")));
    }

    [Fact]
    public void Files_are_closed_when_what_reads_them_cannot_be_made()
    {
        byte[] text = Encoding.UTF8.GetBytes(SampleCorpus.Generate(2, 30_000));
        string tokens = Path.Combine(_folder, "tokens-train.bin");
        var options = new TextTrainingOptions
        {
            Tokenizer = new Tokenizer(DefaultTokenizer.Train(text.AsMemory(), 400)),
            Samples = SampleKind.Lines,
            TokenFilePath = tokens,
            TokenFileFromBytes = 0,
        };
        using IDevice device = Devices.Open(Devices.Cpu, new DeviceOptions(1));
        var around = new RunSurroundings(device, null, new SilentObserver(), TestContext.Current.CancellationToken);
        var texts = new TrainingTexts(text, "\n \n"u8.ToArray());
        InvalidDataException error = Assert.Throws<InvalidDataException>(() => TextTraining.Prepare(texts, options, around));
        Assert.Contains("the held-out part has no line", error.Message, StringComparison.Ordinal);
        Assert.True(File.Exists(tokens));
        if (OperatingSystem.IsLinux()) Assert.DoesNotContain(_folder, File.ReadAllText("/proc/self/maps"), StringComparison.Ordinal);
        else File.Delete(tokens);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Parts_cut_at_line_ends_give_the_ids_of_the_whole_or_are_not_cut(bool defaultTokenizer)
    {
        byte[] text = Encoding.UTF8.GetBytes("\n\n  two  spaces \nGrüße 東京\n" + SampleCorpus.Generate(4, 20_000) + "\n no line end");
        var tokenizer = new Tokenizer(defaultTokenizer
            ? DefaultTokenizer.Train(text.AsMemory(), 500)
            : TokenizerTrainer.Train(new TrainerOptions { VocabSize = 200, HardVocabLimit = false }, SentenceReader.SplitLines(text)));
        int[] whole = TokenizedText.Stream(tokenizer, text);
        foreach (int size in (int[])[1, 17, 1000, 1 << 20])
        {
            Assert.Equal(whole, TokenizedText.StreamParts(tokenizer, text, threads: 2, size).SelectMany(part => part));
        }
    }

    [Fact]
    public void Lines_in_files_are_the_lines_that_were_written()
    {
        Prop.ForAll<int[][]>(values =>
        {
            int[][] lines = [[], .. values.SelectMany(line => Enumerable.Repeat((int[])[.. line.Select(id => id & 0xFFF)], 3))];
            string ids = Path.Combine(_folder, "ids"), lengths = Path.Combine(_folder, "lengths");
            TokenFile.Write(ids, 4096, s_one, s_two, [[1], .. lines]);
            TokenFile.Write(lengths, int.MaxValue, s_one, s_two, [[1], [.. lines.Select(line => line.Length)]]);
            using var read = new LinesInFile(
                TokenFile.Open(ids, 4096, s_one, s_two)!, TokenFile.Open(lengths, int.MaxValue, s_one, s_two)!);
            Assert.Equal(lines.Length + 1, read.Count);
            for (int i = 0; i < lines.Length; i++)
            {
                Assert.Equal(lines[i], read[i + 1]);
                Assert.Equal(lines[i].Length, read.LengthOf(i + 1));
            }
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void Files_that_do_not_belong_together_are_refused()
    {
        TokensInMemory ids = new(new int[9]), lengths = new(new int[] { 3, 4 });
        InvalidDataException error = Assert.Throws<InvalidDataException>(() => new LinesInFile(ids, lengths));
        Assert.Contains("do not belong together", error.Message, StringComparison.Ordinal);
    }
}
