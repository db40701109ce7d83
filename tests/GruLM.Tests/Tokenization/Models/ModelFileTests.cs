// Reading and writing model files: unknown fields survive, contradictions are refused in words, and no damage does worse than the
// documented exception.
using System.Text;
using Google.Protobuf;
using GruLM.Tokenization;
using GruLM.Tokenization.Proto;
using TypeInFile = GruLM.Tokenization.Proto.ModelProto.Types.SentencePiece.Types.Type;

namespace GruLM.Tests.Tokenization;

public class ModelFileTests
{
    [Fact]
    public void Unknown_fields_survive_a_round_trip()
    {
        byte[] plain = Small(ModelType.Bpe).ToBytes();
        // Field 250 of the model, a length-delimited one: what an extension looks like.
        byte[] extended = [.. plain, 0xD2, 0x0F, 0x03, 1, 2, 3];
        Assert.Equal(extended, SentencePieceModel.Parse(extended).ToBytes());
    }

    [Fact]
    public void A_saved_model_loads_and_is_the_same()
    {
        string path = Path.Combine(Path.GetTempPath(), $"grulm-{Guid.NewGuid():N}.model");
        try
        {
            SentencePieceModel model = Small(ModelType.Unigram);
            model.Save(path);
            Assert.Equal(model.ToBytes(), SentencePieceModel.Load(path).ToBytes());
            Assert.Equal(model.Pieces, Tokenizer.Load(path).Model.Pieces);
            File.WriteAllBytes(path, model.ToBytes()[..^7]);
            InvalidDataException error = Assert.Throws<InvalidDataException>(() => Tokenizer.Load(path));
            Assert.Contains(path, error.Message, StringComparison.Ordinal);
            IOException isFolder = Assert.ThrowsAny<IOException>(() => Tokenizer.Load(Path.GetTempPath()));
            Assert.Equal($"'{Path.GetTempPath()}' is a folder; name its tokenizer.model", isFolder.Message);
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public void A_folder_that_is_not_there_is_named()
    {
        string folder = Path.Combine(Path.GetTempPath(), "grulm-nowhere"), path = Path.Combine(folder, "a.model");
        IOException error = Assert.Throws<DirectoryNotFoundException>(() => Small(ModelType.Bpe).Save(path));
        Assert.Equal($"{path}: cannot be written, the folder {folder} does not exist", error.Message);
    }

    [Fact]
    public void A_model_behind_a_link_is_replaced_and_keeps_its_rights()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows lets only some users make links");
        string folder = Directory.CreateTempSubdirectory("grulm-tests-").FullName;
        try
        {
            string file = Path.Combine(folder, "file"), link = Path.Combine(folder, "link");
            File.WriteAllText(file, "old");
            File.CreateSymbolicLink(link, "file");
#pragma warning disable CA1416 // Skipped on Windows.
            File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite);
            SentencePieceModel model = Small(ModelType.Bpe);
            model.Save(link);
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
#pragma warning restore CA1416
            Assert.Equal(model.ToBytes(), File.ReadAllBytes(file));
            Assert.Equal("file", new FileInfo(link).LinkTarget);
            Assert.Equal(2, Directory.GetFileSystemEntries(folder).Length);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public void Contradictions_are_refused()
    {
        Refused(p => p.Pieces.Clear());
        Refused(p => p.Pieces[0].Type = TypeInFile.Normal);
        Refused(p => p.Pieces[1].Type = TypeInFile.Unknown);
        Refused(p => p.Pieces[5].Piece = p.Pieces[4].Piece);
        Refused(p => p.Pieces[5].Piece = ByteString.Empty);
        Refused(p => p.Pieces[5].Type = TypeInFile.Byte);
        Refused(p => p.TrainerSpec.ByteFallback = true);
        Refused(p => p.NormalizerSpec.PrecompiledCharsmap = ByteString.CopyFrom(255, 255, 0, 0, 1));
        var sample = new SelfTestData.Types.Sample
        {
            Input = ByteString.CopyFromUtf8("ab"),
            Expected = ByteString.CopyFromUtf8("wrong"),
        };
        Refused(p => p.SelfTestData = new SelfTestData { Samples = { sample } });
        Assert.Throws<InvalidDataException>(() => Tokenizer.Load(ReadOnlySpan<byte>.Empty));
        Assert.Throws<InvalidDataException>(() => Tokenizer.Load("not a model at all"u8));

        static void Refused(Action<ModelProto> damage)
        {
            ModelProto proto = ModelProto.Parser.ParseFrom(Small(ModelType.Bpe).ToBytes());
            damage(proto);
            InvalidDataException error = Assert.Throws<InvalidDataException>(() => Tokenizer.Load(proto.ToByteArray()));
            Assert.EndsWith(".", error.Message, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData(ModelType.Bpe)]
    [InlineData(ModelType.Unigram)]
    [InlineData(ModelType.Char)]
    [InlineData(ModelType.Word)]
    public void A_damaged_model_works_or_throws_what_is_documented(ModelType type)
    {
        byte[] whole = Small(type).ToBytes();
        var random = new System.Random(17);
        int rounds = Environment.GetEnvironmentVariable("GRULM_TESTS") == "full" ? 25_000 : 500;
        string[] texts = ["", " ab abra\u0301 <x> cad\u0000\u2581 猫", new string('a', 300)];
        long before = GC.GetTotalAllocatedBytes();
        for (int i = 0; i < rounds; i++)
        {
            byte[] damaged = Damage(whole, random);
            try
            {
                var tokenizer = Tokenizer.Load(damaged);
                foreach (string text in texts)
                {
                    int[] ids = tokenizer.Encode(text);
                    Assert.All(ids, id => Assert.InRange(id, 0, tokenizer.VocabSize - 1));
                    tokenizer.Decode(ids);
                    tokenizer.EncodePieces(text);
                }
            }
            catch (InvalidDataException)
            {
            }
        }

        Assert.InRange((GC.GetTotalAllocatedBytes() - before) / rounds, 0, 64 << 20);
    }

    [Fact]
    public void Pieces_that_are_not_text_survive()
    {
        ModelProto proto = ModelProto.Parser.ParseFrom(Small(ModelType.Bpe).ToBytes());
        proto.Pieces[5].Piece = ByteString.CopyFrom(0x61, 0xFF);
        Assert.Equal(proto.ToByteArray(), SentencePieceModel.Parse(proto.ToByteArray()).ToBytes());
    }

    [Theory]
    [InlineData(0f, "0")]
    [InlineData(-0f, "-0")]
    [InlineData(-1f, "-1")]
    [InlineData(-7999f, "-7999")]
    [InlineData(-3.25f, "-3.25")]
    [InlineData(-12.345678f, "-12.3457")]
    [InlineData(-0.00001234567f, "-1.23457e-05")]
    [InlineData(1234567f, "1.23457e+06")]
    [InlineData(-9.99999f, "-9.99999")]
    [InlineData(-9.999999f, "-10")]
    [InlineData(0.0001f, "0.0001")]
    public void Scores_are_written_as_c_plus_plus_writes_them(float score, string expected) =>
        Assert.Equal(expected, SentencePieceModel.FormatScore(score));

    [Fact]
    public void Settings_are_listed()
    {
        IReadOnlyList<KeyValuePair<string, string>> settings = Small(ModelType.Bpe).Settings;
        Assert.Contains(new("model_type", "bpe"), settings);
        Assert.Contains(new("vocab_size", "24"), settings);
        Assert.Contains(new("normalization_rule_name", "identity"), settings);
    }

    private static byte[] Damage(byte[] whole, System.Random random)
    {
        byte[] damaged = [.. whole];
        for (int n = random.Next(1, 4); n > 0; n--)
        {
            int at = random.Next(damaged.Length);
            switch (random.Next(4))
            {
                case 0:
                    damaged[at] ^= (byte)(1 << random.Next(8));
                    break;
                case 1:
                    damaged[at] = (byte)random.Next(256);
                    break;
                case 2:
                    damaged = damaged[..Math.Max(1, at)];
                    break;
                default:
                    damaged = [.. damaged[..at], .. damaged[Math.Min(damaged.Length, at + random.Next(1, 8))..]];
                    if (damaged.Length == 0) damaged = [0];
                    break;
            }
        }

        return damaged;
    }

    private static SentencePieceModel Small(ModelType type)
    {
        var options = new TrainerOptions
        {
            ModelType = type,
            VocabSize = type == ModelType.Unigram ? 16 : 24,
            HardVocabLimit = false,
            NormalizationRuleName = "identity",
            UserDefinedSymbols = { "<x>" },
            SelfTestSampleSize = 1,
        };
        string[] lines = ["abra cadabra", "abracadabra ab", "bar card cab", "a b r"];
        return TokenizerTrainer.Train(options, lines.Select(l => (ReadOnlyMemory<byte>)Encoding.UTF8.GetBytes(l)));
    }
}
