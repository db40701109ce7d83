// Damaged and hostile files are imported as sound ones or refused with the documented exceptions, and nothing of them is ever run.

using System.IO.Compression;
using System.Text;
using GruLM.Formats;
using GruLM.Model;

namespace GruLM.Tests;

public sealed class DamagedWeightsTests : IDisposable
{
    private readonly ExchangeFixture _fixture = new();

    public void Dispose() => _fixture.Dispose();

    [Fact]
    public void Mutated_checkpoints_are_read_or_refused()
    {
        // Beside checkpoints, one whose pickle is compressed to a thousandth of its length, and one that calls what it must not.
        byte[] bomb = File.ReadAllBytes(Archive(new byte[8 << 20], CompressionLevel.Optimal));
        byte[] calls = File.ReadAllBytes(Archive("cos\nsystem\n(S'echo hello'\ntR."u8.ToArray(), CompressionLevel.NoCompression));
        string[] names = ["untied-1.pt", "strided-1.pt", "bf16-2.pt", "original.pt"];
        byte[][] sources = [.. names.Select(name => File.ReadAllBytes(ExchangeFixture.File(name))), bomb, calls];
        new Damage(seed: 1).Read(_fixture.In("x.pt"), sources, MostForCheckpoint, path =>
        {
            using var file = PyTorchFile.Open(path);
            long length = new FileInfo(path).Length;
            foreach (PyTorchTensor tensor in file.Tensors)
            {
                Assert.InRange(tensor.ElementCount, 0, length);
                file.Read(tensor, new float[tensor.ElementCount]);
            }
        });
    }

    [Fact]
    public void Mutated_safetensors_are_imported_or_refused()
    {
        ModelImport.Run(_fixture.Import(ExchangeFixture.File("tied-2.pt")), TestContext.Current.CancellationToken);
        string path = Path.Combine(_fixture.Model, ModelFile.WeightsName);
        byte[] whole = File.ReadAllBytes(path);
        new Damage(seed: 2).Read(path, [whole], MostForModel, _ => ModelFile.Load(_fixture.Model).Parameters.Dispose());
        new Damage(seed: 3).Read(path, [whole], MostForModel, _ =>
        {
            using var opened = ForeignWeights.Open(path);
            Dictionary<string, ForeignTensor> tensors = TensorNames.Find(opened, null);
            new ModelShape(path, tensors).Read(() => ForeignNumbers.IsTied(path, tensors));
        });
    }

    [Fact]
    public void Mutated_configurations_are_read_or_refused()
    {
        ModelImport.Run(_fixture.Import(ExchangeFixture.File("untied-1.pt")), TestContext.Current.CancellationToken);
        string config = Path.Combine(_fixture.Model, ModelFile.ConfigName);
        new Damage(seed: 4).Read(config, [File.ReadAllBytes(config)], MostForText, _ => ModelFile.LoadConfig(_fixture.Model));
        string generation = Path.Combine(_fixture.Model, ModelFolder.GenerationName);
        new Damage(seed: 5).Read(
            generation, [File.ReadAllBytes(generation)], MostForText, _ => GenerationConfig.Load(_fixture.Model, SampleKind.Lines));
        byte[] index = """{"metadata": {"total_size": 5}, "weight_map": {"a.b": "model-1.safetensors", "b": "model-2.safetensors"}}"""u8
            .ToArray();
        new Damage(seed: 6).Read(_fixture.In("model.safetensors.index.json"), [index], MostForText, path =>
        {
            try
            {
                ForeignWeights.Open(path).Dispose();
            }
            catch (FileNotFoundException)
            {
                // The parts that it names are none.
            }
        });
    }

    [Theory]
    [InlineData("cos\nsystem\n(S'echo hello'\ntR.", "os")]
    [InlineData("c__builtin__\neval\n(S'1'\ntR.", "")]
    [InlineData("\u0080\u0002cbuiltins\neval\nX\u0001\u0000\u0000\u00001\u0085R.", "builtins")]
    public void Pickles_that_call_things_are_refused(string pickle, string expected)
    {
        string path = Archive(Encoding.Latin1.GetBytes(pickle), CompressionLevel.NoCompression);

        InvalidDataException error = Assert.Throws<InvalidDataException>(() => PyTorchFile.Open(path));

        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Compressed_entries_and_other_byte_orders_are_refused()
    {
        byte[] zeros = new byte[8 << 20];
        Assert.Contains(
            "compresses nothing",
            Assert.Throws<InvalidDataException>(() => PyTorchFile.Open(Archive(zeros, CompressionLevel.Optimal))).Message,
            StringComparison.Ordinal);
        string big = Archive([0x80, 2, (byte)'}', (byte)'.'], CompressionLevel.NoCompression, "big");
        Assert.Contains(
            "big-endian", Assert.Throws<InvalidDataException>(() => PyTorchFile.Open(big)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("PK")]
    [InlineData("PK\u0003\u0004 and nothing more")]
    [InlineData("just a text that is no checkpoint of any kind at all")]
    public void Other_files_are_refused(string content)
    {
        string path = _fixture.In("x.pt");
        File.WriteAllText(path, content, Encoding.Latin1);
        InvalidDataException error = Assert.Throws<InvalidDataException>(() => ModelImport.Run(_fixture.Import(path)));
        Assert.StartsWith(path, error.Message, StringComparison.Ordinal);
    }

    // The bounds of docs/exchange.md, with room for exceptions and what else .NET allocates meanwhile.
    private static long MostForCheckpoint(long bytes) => (1 << 20) + (300 * bytes);

    private static long MostForModel(long bytes) => (1 << 20) + (40 * bytes);

    private static long MostForText(long bytes) => (1 << 20) + (40 * bytes);

    private string Archive(byte[] pickle, CompressionLevel level, string? order = null)
    {
        string path = _fixture.In(Guid.NewGuid() + ".pt");
        using var stream = new FileStream(path, FileMode.CreateNew);
        using var zip = new ZipArchive(stream, ZipArchiveMode.Create);
        using (Stream entry = zip.CreateEntry("archive/data.pkl", level).Open()) entry.Write(pickle);
        if (order is not null)
        {
            using Stream entry = zip.CreateEntry("archive/byteorder", level).Open();
            entry.Write(Encoding.ASCII.GetBytes(order));
        }

        return path;
    }
}
