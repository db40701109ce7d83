// Reading and writing safetensors: the fixture is made by Fixtures/make_safetensors.py from the format's description.
// A damaged file may read as another sound file or give InvalidDataException, never anything else.
using System.Runtime.InteropServices;
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using GruLM.Formats;

namespace GruLM.Tests.Formats;

public sealed class SafetensorsTests : IDisposable
{
    private static readonly string s_fixture =
        Path.Combine(AppContext.BaseDirectory, "Formats", "Safetensors", "Fixtures", "tiny.safetensors");

    private readonly string _folder = Directory.CreateTempSubdirectory("grulm-tests-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Fixture_reads_with_types_shapes_values_and_metadata()
    {
        using var file = SafetensorsFile.Open(s_fixture);
        Assert.Equal(["count", "bias", "empty", "gru.weight_ih_l0", "short", "half"], file.Tensors.Select(t => t.Name));
        Assert.Equal("pt", file.Metadata["format"]);
        Assert.Equal("größe \"1\"", file.Metadata["note"]);
        Assert.Equal([2L, 2], file.Find("gru.weight_ih_l0").Shape);
        Assert.Equal([1f, 2, 3, 4], Floats(file, "gru.weight_ih_l0"));
        Assert.Equal([0.5f, -1.25f, 3], Floats(file, "bias"));
        Assert.Equal([1f, -2.5f], Floats(file, "short"));
        Assert.Equal([0.25f, -65504], Floats(file, "half"));
        Assert.Empty(Floats(file, "empty"));

        byte[] bytes = new byte[8];
        file.ReadBytes(file.Find("count"), bytes);
        Assert.Equal(-7, BitConverter.ToInt64(bytes));
        Assert.Contains("I64", Assert.Throws<InvalidDataException>(() => Floats(file, "count")).Message, StringComparison.Ordinal);
        Assert.Contains("bias", Assert.Throws<InvalidDataException>(() => file.Find("weight")).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => file.Read(file.Find("bias"), new float[2]));
    }

    [Fact]
    public void Writing_the_fixtures_tensors_gives_the_fixtures_bytes()
    {
        string path = Path.Combine(_folder, "tiny.safetensors");
        Safetensors.Write(
            path,
            [
                NamedTensor.FromBytes("half", TensorType.F16, new byte[] { 0x00, 0x34, 0xFF, 0xFB }, 2),
                NamedTensor.FromBytes("short", TensorType.BF16, new byte[] { 0x80, 0x3F, 0x20, 0xC0 }, 2),
                NamedTensor.FromFloats("gru.weight_ih_l0", new float[] { 1, 2, 3, 4 }, 2, 2),
                NamedTensor.FromFloats("empty", Array.Empty<float>(), 0, 4),
                NamedTensor.FromBytes("count", TensorType.I64, BitConverter.GetBytes(-7L)),
                NamedTensor.FromFloats("bias", () => [0.5f, -1.25f, 3], 3),
            ],
            new Dictionary<string, string> { ["note"] = "größe \"1\"", ["format"] = "pt" });
        byte[] expected = File.ReadAllBytes(s_fixture);
        Assert.Equal(Encoding.UTF8.GetString(expected), Encoding.UTF8.GetString(File.ReadAllBytes(path)));
        Assert.Equal(expected, File.ReadAllBytes(path));
        Assert.Equal(["tiny.safetensors"], Directory.GetFileSystemEntries(_folder).Select(Path.GetFileName));
    }

    [Fact]
    public void What_is_written_is_read_back()
    {
        string path = Path.Combine(_folder, "any.safetensors");
        Prop.ForAll<Dictionary<NonEmptyString, float[]>>(values =>
        {
            var tensors = values
                .Where(pair => IsText(pair.Key.Get) && pair.Key.Get != "__metadata__")
                .ToDictionary(pair => pair.Key.Get, pair => pair.Value ?? []);
            Safetensors.Write(path, [.. tensors.Select(pair => NamedTensor.FromFloats(pair.Key, pair.Value, pair.Value.Length))]);
            using var file = SafetensorsFile.Open(path);
            return file.Tensors.Count == tensors.Count
                && file.Tensors.All(entry => entry.Start % sizeof(float) == 0)
                && tensors.All(pair => Floats(file, pair.Key).AsSpan().SequenceEqual(pair.Value));
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void A_tensor_longer_than_a_portion_is_read_back()
    {
        string path = Path.Combine(_folder, "long.safetensors");
        float[] values = Enumerable.Range(0, (1 << 20) + 12345).Select(i => i * 0.5f).ToArray();
        ushort[] upper = values.Select(v => (ushort)(BitConverter.SingleToUInt32Bits(v) >> 16)).ToArray();
        byte[] bytes = MemoryMarshal.AsBytes<ushort>(upper).ToArray();
        Safetensors.Write(
            path,
            [
                NamedTensor.FromFloats("f", values, values.Length),
                NamedTensor.FromBytes("b", TensorType.BF16, bytes, upper.Length),
            ]);
        using var file = SafetensorsFile.Open(path);
        Assert.True(Floats(file, "f").AsSpan().SequenceEqual(values));
        Assert.True(Floats(file, "b").Zip(upper).All(p => BitConverter.SingleToUInt32Bits(p.First) == (uint)p.Second << 16));
    }

    [Fact]
    public void Every_truncation_is_refused_with_one_line_that_names_the_file()
    {
        byte[] whole = File.ReadAllBytes(s_fixture);
        string path = Path.Combine(_folder, "cut.safetensors");
        for (int length = 0; length < whole.Length; length++)
        {
            File.WriteAllBytes(path, whole[..length]);
            InvalidDataException error = Assert.Throws<InvalidDataException>(() => SafetensorsFile.Open(path));
            Assert.StartsWith(path, error.Message, StringComparison.Ordinal);
            Assert.DoesNotContain('\n', error.Message);
        }

        File.WriteAllBytes(path, [.. whole, 0]);
        InvalidDataException longer = Assert.Throws<InvalidDataException>(() => SafetensorsFile.Open(path));
        Assert.Contains("appended", longer.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Mutations_never_give_anything_but_InvalidDataException()
    {
        byte[] whole = File.ReadAllBytes(s_fixture);
        int headerEnd = 8 + BitConverter.ToInt32(whole);
        var random = new Random(1);
        int rounds = Environment.GetEnvironmentVariable("GRULM_TESTS") == "full" ? 100_000 : 2_000;
        for (int round = 0; round < rounds; round++)
        {
            byte[] bytes = (byte[])whole.Clone();
            for (int change = random.Next(1, 4); change > 0; change--)
            {
                bytes[random.Next(headerEnd)] = random.Next(3) == 0 ? (byte)random.Next(256) : whole[random.Next(8, headerEnd)];
            }

            AssertSoundOrRefused(bytes);
        }
    }

    [Theory]
    [InlineData(
        """{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[1],"data_offsets":[8,12]}}""", 12, "hole")]
    [InlineData(
        """{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[1],"data_offsets":[2,6]}}""", 6, "under")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}""", 8, "hole")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}""", 4, "shape takes 8")]
    [InlineData(
        """{"a":{"dtype":"F32","shape":[4611686018427387904,4611686018427387904],"data_offsets":[0,0]}}""", 0,
        "more than any file holds")]
    [InlineData("""{"a":{"dtype":"F32","shape":[0,9223372036854775807],"data_offsets":[0,0]}}""", 0, null)]
    [InlineData("""{"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}}""", 4, "shape that is no list")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1.0],"data_offsets":[0,4]}}""", 4, "shape that is no list")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}}""", 4, "not before it")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4,4]}}""", 4, "not before it")]
    [InlineData("""{"a":{"dtype":"F4","shape":[1],"data_offsets":[0,4]}}""", 4, "'F4'")]
    [InlineData("""{"a":{"dtype":"F32","dtype":"F32","shape":[1],"data_offsets":[0,4]}}""", 4, "second time")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1]}}""", 4, "without its data_offsets")]
    [InlineData(
        """{"a":{"dtype":"F32","shape":[0],"data_offsets":[0,0]},"a":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}}""", 0, "twice")]
    [InlineData("""{"a":7}""", 0, "something other than an object")]
    [InlineData("""{"__metadata__":{"a":1}}""", 0, "no string")]
    [InlineData("""{"__metadata__":{"a":"1","a":"2"}}""", 0, "twice")]
    [InlineData("""{"__metadata__":[]}""", 0, "no object")]
    [InlineData("""{"a\ud800":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}}""", 0, "no valid text")]
    [InlineData("""{} {}""", 0, "JSON")]
    [InlineData("""[]""", 0, "'{'")]
    [InlineData("""{"a":{""", 0, "JSON")]
    [InlineData("""{}""", 0, null)]
    public void A_lying_header_is_refused(string header, int dataBytes, string? expected)
    {
        byte[] text = Encoding.UTF8.GetBytes(header);
        byte[] bytes = [.. BitConverter.GetBytes((ulong)text.Length), .. text, .. new byte[dataBytes]];
        InvalidDataException? error = AssertSoundOrRefused(bytes);
        if (expected is null)
        {
            Assert.Null(error);
        }
        else
        {
            Assert.Contains(expected, error!.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_header_length_beyond_reason_allocates_nothing()
    {
        foreach (ulong length in new ulong[] { 0, 1, 100_000_001, long.MaxValue, ulong.MaxValue })
        {
            Assert.NotNull(AssertSoundOrRefused([.. BitConverter.GetBytes(length), (byte)'{', (byte)'}']));
        }
    }

    [Fact]
    public void Missing_files_and_folders_are_said_to_be_so()
    {
        Assert.Throws<FileNotFoundException>(() => SafetensorsFile.Open(Path.Combine(_folder, "none")));
        FileNotFoundException folder = Assert.Throws<FileNotFoundException>(() => SafetensorsFile.Open(_folder));
        Assert.Contains("is a folder", folder.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Names_and_sizes_are_checked_before_anything_is_written()
    {
        string path = Path.Combine(_folder, "bad.safetensors");
        var one = NamedTensor.FromFloats("a", new float[1], 1);
        Assert.Throws<ArgumentException>(() => Safetensors.Write(path, [one, one]));
        Assert.Throws<ArgumentException>(() => Safetensors.Write(path, [NamedTensor.FromFloats("__metadata__", new float[1], 1)]));
        Assert.Throws<ArgumentException>(() => NamedTensor.FromFloats("a", new float[3], 2));
        Assert.Throws<ArgumentException>(() => Safetensors.Write(path, [NamedTensor.FromFloats("a", () => [1], 2)]));
        Assert.Empty(Directory.GetFileSystemEntries(_folder));
    }

    private InvalidDataException? AssertSoundOrRefused(byte[] bytes)
    {
        string path = Path.Combine(_folder, "changed.safetensors");
        File.WriteAllBytes(path, bytes);
        try
        {
            using var file = SafetensorsFile.Open(path);
            foreach (TensorEntry entry in file.Tensors)
            {
                file.ReadBytes(entry, new byte[entry.ByteCount]);
            }

            return null;
        }
        catch (InvalidDataException e)
        {
            Assert.DoesNotContain('\n', e.Message);
            return e;
        }
    }

    private static float[] Floats(SafetensorsFile file, string name)
    {
        TensorEntry entry = file.Find(name);
        float[] values = new float[entry.ElementCount];
        file.Read(entry, values);
        return values;
    }

    /// <summary>Whether the string survives UTF-8: it holds no half of a surrogate pair.</summary>
    private static bool IsText(string text) => Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text)) == text;
}
