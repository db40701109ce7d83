// A SentencePiece model file in memory: the vocabulary, how the text is normalised, how it was trained. Reading checks everything that
// encoding later relies on; writing keeps fields this code does not know. It encodes nothing itself: that is Tokenizer's work.
// Source: the published field numbers of the format; the checks are the reference's.
using System.Globalization;
using System.Text;
using Google.Protobuf;
using GruLM.Formats;
using GruLM.Tokenization.Proto;

namespace GruLM.Tokenization;

/// <summary>A SentencePiece model: its pieces and its settings. Immutable, and so safe for several threads.</summary>
public sealed class SentencePieceModel
{
    private readonly Lazy<Piece[]> _pieces;

    internal SentencePieceModel(ModelProto proto, string? source = null)
    {
        Proto = proto;
        Vocabulary = new Vocabulary(proto, source);
        _pieces = new Lazy<Piece[]>(() => Enumerable.Range(0, Count).Select(i => this[i]).ToArray());
    }

    /// <summary>Reads a <c>.model</c> file.</summary>
    /// <exception cref="InvalidDataException">The file is not a SentencePiece model, is damaged or contradicts itself; the message names
    /// it.</exception>
    /// <exception cref="IOException">The file cannot be read, or is a folder.</exception>
    public static SentencePieceModel Load(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (Directory.Exists(path)) throw new IOException($"'{path}' is a folder; name its tokenizer.model");
        return Parse(File.ReadAllBytes(path), path);
    }

    /// <summary>Reads a model from the bytes of its file.</summary>
    /// <exception cref="InvalidDataException">The bytes are not a SentencePiece model, are damaged or contradict themselves.</exception>
    public static SentencePieceModel Parse(ReadOnlySpan<byte> bytes) => Parse(bytes, null);

    private static SentencePieceModel Parse(ReadOnlySpan<byte> bytes, string? source)
    {
        ModelProto proto;
        try
        {
            proto = ModelProto.Parser.ParseFrom(bytes);
        }
        catch (InvalidProtocolBufferException e)
        {
            throw new InvalidDataException(
                $"{Name(source)} is not a SentencePiece model, or is cut off; name another file, or take a whole copy of it.", e);
        }

        return new SentencePieceModel(proto, source);
    }

    /// <summary>The bytes of the <c>.model</c> file. Fields that were read but are not known here are written again.</summary>
    public byte[] ToBytes() => Proto.ToByteArray();

    /// <summary>Writes a <c>.model</c> file: under a temporary name first, then renamed, so that a crash leaves the old or the new file
    /// whole.</summary>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public void Save(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        WriteWhole(path, ToBytes());
    }

    /// <summary>Writes a <c>.vocab</c> file: a line a piece, its score after a TAB unless the model says otherwise.</summary>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public void SaveVocabulary(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        var lines = new MemoryStream();
        bool scores = Proto.TrainerSpec?.VocabularyOutputPieceScore ?? true;
        for (int id = 0; id < Count; id++)
        {
            lines.Write(Vocabulary.BytesOf(id));
            if (scores)
            {
                lines.Write(Encoding.UTF8.GetBytes("\t" + FormatScore(Vocabulary.Scores[id])));
            }

            lines.WriteByte((byte)'\n');
        }

        WriteWhole(path, lines.ToArray());
    }

    /// <summary>The number of pieces.</summary>
    public int Count => Vocabulary.Count;

    /// <summary>Piece number <paramref name="id"/>.</summary>
    public Piece this[int id] => new(Encoding.UTF8.GetString(Vocabulary.BytesOf(id)), Vocabulary.Scores[id], Vocabulary.Types[id]);

    /// <summary>All pieces in order of their numbers.</summary>
    public IReadOnlyList<Piece> Pieces => _pieces.Value;

    /// <summary>How the model cuts text.</summary>
    public ModelType ModelType => (ModelType)(Proto.TrainerSpec ?? DefaultTrainerSpec).ModelType;

    /// <summary>The name of the normalisation rules, such as <c>nmt_nfkc</c>.</summary>
    public string NormalizationRuleName => Proto.NormalizerSpec?.Name ?? "";

    /// <summary>The compiled normalisation rules; empty where there are none.</summary>
    public ReadOnlyMemory<byte> NormalizationTable => Proto.NormalizerSpec?.PrecompiledCharsmap.Memory ?? default;

    /// <summary>True where unknown text is spelled with byte pieces.</summary>
    public bool ByteFallback => Proto.TrainerSpec?.ByteFallback ?? false;

    /// <summary>True where a space is put before (or after) the text.</summary>
    public bool AddDummyPrefix => Proto.NormalizerSpec?.AddDummyPrefix ?? true;

    /// <summary>True where runs of spaces become one and spaces at both ends are dropped.</summary>
    public bool RemoveExtraWhitespaces => Proto.NormalizerSpec?.RemoveExtraWhitespaces ?? true;

    /// <summary>The specimen texts stored with the model and the pieces each must give, separated by spaces.</summary>
    public IReadOnlyList<(string Input, string Expected)> SelfTestSamples =>
        Proto.SelfTestData?.Samples.Select(s => (s.Input.ToStringUtf8(), s.Expected.ToStringUtf8())).ToArray() ?? [];

    /// <summary>The settings stored in the model, as name and value, in the order of the file format; repeated settings repeat.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Settings => StoredSettings.List(Proto);

    internal ModelProto Proto { get; }

    internal Vocabulary Vocabulary { get; }

    internal static readonly TrainerSpec DefaultTrainerSpec = new();

    internal static string Name(string? source) => source is null ? "The model" : $"'{source}'";

    /// <summary>A score as the reference prints it: six significant digits, as C's %g does.</summary>
    internal static string FormatScore(float score)
    {
        if (score == 0)
        {
            return float.IsNegative(score) ? "-0" : "0";
        }

        if (!float.IsFinite(score))
        {
            return float.IsNaN(score) ? "nan" : score > 0 ? "inf" : "-inf";
        }

        string scientific = ((double)score).ToString("E5", CultureInfo.InvariantCulture);
        int exponent = int.Parse(scientific[(scientific.IndexOf('E', StringComparison.Ordinal) + 1)..], CultureInfo.InvariantCulture);
        if (exponent is < -4 or >= 6)
        {
            string mantissa = scientific[..scientific.IndexOf('E', StringComparison.Ordinal)].TrimEnd('0').TrimEnd('.');
            char sign = exponent < 0 ? '-' : '+';
            int size = Math.Abs(exponent);
            return $"{mantissa}e{sign}{size:00}";
        }

        string plain = ((double)score).ToString("F" + (5 - exponent), CultureInfo.InvariantCulture);
        return plain.Contains('.', StringComparison.Ordinal) ? plain.TrimEnd('0').TrimEnd('.') : plain;
    }

    // A file is written under a temporary name first, then renamed, so that a crash leaves the old or the new file whole.
    private static void WriteWhole(string path, byte[] bytes)
    {
        string full = OutputPlace.FileOf(path);
        using (FileStream? device = OutputPlace.OpenDevice(path, full))
        {
            if (device is not null)
            {
                device.Write(bytes);
                return;
            }
        }

        string folder = Path.GetDirectoryName(full) ?? full;
        if (!Directory.Exists(folder))
        {
            throw new DirectoryNotFoundException($"{path}: cannot be written, the folder {folder} does not exist");
        }

        // A name that nobody else has.
        string temporary = $"{full}.{Guid.NewGuid():N}.tmp";
        try
        {
            using (var stream = new FileStream(temporary, OutputPlace.Creating(full)))
            {
                stream.Write(bytes);
                stream.Flush(flushToDisk: true);
            }

            OutputPlace.KeepRights(full, temporary);
            File.Move(temporary, full, overwrite: true);
        }
        catch
        {
            File.Delete(temporary);
            throw;
        }
    }
}
