// Damaged and hostile files are imported as sound ones or refused with the documented exceptions, and nothing of them is ever run.

using System.IO.Compression;
using System.Text;
using GruLM.Formats;
using GruLM.Model;

namespace GruLM.Tests;

public sealed class DamagedWeightsTests : IDisposable
{
    private readonly ExchangeFixture _fixture = new();

    private static int Rounds => Environment.GetEnvironmentVariable("GRULM_TESTS") == "full" ? 100_000 : 2_000;

    public void Dispose() => _fixture.Dispose();

    [Fact]
    public void Mutated_checkpoints_are_read_or_refused()
    {
        string[] names = ["untied-1.pt", "strided-1.pt", "bf16-2.pt"];
        byte[][] sources = [.. names.Select(name => File.ReadAllBytes(ExchangeFixture.File(name)))];
        Mutate("x.pt", sources, path =>
        {
            using var file = PyTorchFile.Open(path);
            foreach (PyTorchTensor tensor in file.Tensors.Where(t => t.ElementCount <= 1 << 20))
            {
                file.Read(tensor, new float[tensor.ElementCount]);
            }
        });
    }

    [Fact]
    public void Mutated_safetensors_and_configurations_are_imported_or_refused()
    {
        ModelImport.Run(_fixture.Import(ExchangeFixture.File("untied-1.pt")), TestContext.Current.CancellationToken);
        string config = Path.Combine(_fixture.Model, ModelFile.ConfigName);
        Mutate(config, [File.ReadAllBytes(config)], _ => ModelFile.LoadConfig(_fixture.Model));
        string weights = Path.Combine(_fixture.Model, ModelFile.WeightsName);
        Mutate(weights, [File.ReadAllBytes(weights)], path =>
        {
            using var opened = ForeignWeights.Open(path);
            Dictionary<string, ForeignTensor> tensors = TensorNames.Find(opened, null);
            new ModelShape(path, tensors).Read(() => ForeignNumbers.IsTied(path, tensors));
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

    private void Mutate(string name, byte[][] sources, Action<string> read)
    {
        string path = Path.Combine(_fixture.Root, name);
        var random = new Random(1);
        for (int round = 0; round < Rounds; round++)
        {
            byte[] bytes = (byte[])sources[round % sources.Length].Clone();
            for (int change = random.Next(1, 6); change > 0; change--)
            {
                int at = random.Next(bytes.Length);
                bytes[at] = random.Next(3) switch
                {
                    0 => (byte)random.Next(256),
                    1 => (byte)(bytes[at] ^ (1 << random.Next(8))),
                    _ => bytes[random.Next(bytes.Length)],
                };
            }

            if (random.Next(8) == 0) bytes = bytes[..random.Next(bytes.Length)];
            File.WriteAllBytes(path, bytes);
            try
            {
                read(path);
            }
            catch (InvalidDataException error)
            {
                Assert.DoesNotContain('\n', error.Message);
            }
        }
    }

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
