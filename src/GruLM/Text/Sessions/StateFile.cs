// A text's state in a file: what --state FILE writes and goes on from. A line that says what it is, a line of JSON, the numbers as they are
// in memory (float32, little end first), the weights that a chat has learned, and the SHA-256 of all that. It belongs to one model and one
// format of weights.

using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Serialization;
using GruLM.Formats;
using GruLM.Generation;
using GruLM.Model;

namespace GruLM;

/// <summary>Writes and reads states. Safe for several threads, each with a file of its own.</summary>
internal static class StateFile
{
    // The largest that is read: more than any model's state and the tokens beside it take.
    private const long MostBytes = 64L << 20;

    private static readonly byte[] s_begin = "grulm state 1\n"u8.ToArray();

    /// <summary>Writes <paramref name="state"/> of a text of <paramref name="model"/>; the file is replaced as a whole.</summary>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public static void Write(string path, WriterState state, LanguageModel model, TalkLearner? learned = null)
    {
        GruConfig config = model.Config;
        var header = new StateHeader
        {
            Model = model.Fingerprint,
            Weights = WeightsName(model, learned),
            NumLayers = config.NumLayers,
            HiddenDim = config.HiddenDim,
            Drawn = state.Drawn,
            Recent = state.Recent,
            Decoded = state.Decoded,
            MirostatBound = state.MirostatBound,
            Constraint = state.Constrained?.Constraint,
            Constrained = state.Constrained?.Given,
            LearnedSteps = learned?.Steps,
        };
        byte[] json = JsonSerializer.SerializeToUtf8Bytes(header, StateJsonContext.Default.StateHeader);
        AtomicFile.Write(path, file =>
        {
            var sha = new Sha256();
            Append(s_begin);
            Append(json);
            Append("\n"u8);
            Append(MemoryMarshal.AsBytes<float>(state.State));
            if (learned is not null)
            {
                foreach (Memory<float> part in learned.Numbers()) Append(MemoryMarshal.AsBytes(part.Span));
            }

            file.Write(sha.Finish());

            void Append(ReadOnlySpan<byte> bytes)
            {
                sha.Append(bytes);
                file.Write(bytes);
            }
        });
    }

    /// <summary>Reads what was written for <paramref name="model"/>, and gives <paramref name="learner"/> what was learned: where that is
    /// nothing, it forgets.</summary>
    /// <exception cref="IOException">The file is missing or cannot be read.</exception>
    /// <exception cref="InvalidDataException">It is damaged or no such file, or was written for another model or other weights.</exception>
    public static WriterState Read(string path, LanguageModel model, TalkLearner? learner = null)
    {
        byte[] bytes = ReadBytes(path, MostBytes + (learner?.NumberBytes ?? 0));
        if (!bytes.AsSpan().StartsWith(s_begin))
        {
            throw new InvalidDataException($"{path}: is no saved state; name a file that 'Save' has written");
        }

        int end = bytes.Length - Sha256.HashBytes;
        if (end < s_begin.Length || !Sha256.HashData(bytes.AsSpan(0, end)).AsSpan().SequenceEqual(bytes.AsSpan(end))) throw Damaged(path);
        ReadOnlySpan<byte> rest = bytes.AsSpan(s_begin.Length, end - s_begin.Length);
        int line = rest.IndexOf((byte)'\n');
        if (line < 0) throw Damaged(path);
        StateHeader header = Header(path, rest[..line]);
        Check(path, header, model, learner);
        int vocab = model.Config.VocabSize, length = model.Config.NumLayers * model.Config.HiddenDim;
        ReadOnlySpan<byte> numbers = rest[(line + 1)..];
        long learned = header.LearnedSteps is null ? 0 : learner!.NumberBytes;
        if (numbers.Length != (length * (long)sizeof(float)) + learned) throw Damaged(path);
        float[] state = MemoryMarshal.Cast<byte, float>(numbers[..(length * sizeof(float))]).ToArray();
        bool isWhole = FiniteNumbers.AreAll(state) && header.Decoded >= 0 && header.LearnedSteps is null or >= 0
            && header.Recent.All(id => (uint)id < (uint)vocab);
        if (!isWhole) throw Damaged(path);
        if (header.LearnedSteps is { } steps) learner!.Restore(steps, MemoryMarshal.Cast<byte, float>(numbers[(length * sizeof(float))..]));
        else learner?.Forget();
        PartOfConstrained? part = header.Constraint is { } constraint ? new(constraint, header.Constrained ?? []) : null;
        return new WriterState(state, header.Recent, header.Drawn, header.Decoded, header.MirostatBound, part);
    }

    private static byte[] ReadBytes(string path, long most)
    {
        if (Directory.Exists(path)) throw new IOException($"{path}: is a folder; name a file that 'Save' has written");
        using FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.Read);
        if (file.Length > Math.Min(most, Array.MaxLength))
        {
            throw new InvalidDataException($"{path}: is no saved state that this talk can go on from; it is too large for one");
        }

        byte[] bytes = new byte[file.Length];
        file.ReadExactly(bytes);
        return bytes;
    }

    private static StateHeader Header(string path, ReadOnlySpan<byte> json)
    {
        try
        {
            StateHeader? header = JsonSerializer.Deserialize(json, StateJsonContext.Default.StateHeader);
            return header is { Recent: not null } ? header : throw Damaged(path);
        }
        catch (JsonException error)
        {
            throw new InvalidDataException(Damaged(path).Message, error);
        }
    }

    private static void Check(string path, StateHeader header, LanguageModel model, TalkLearner? learner)
    {
        string folder = model.Folder.Length > 0 ? model.Folder : "this one";
        if (header.NumLayers != model.Config.NumLayers || header.HiddenDim != model.Config.HiddenDim || header.Model != model.Fingerprint)
        {
            throw new InvalidDataException(
                $"{path}: was saved for another model ({header.NumLayers} x {header.HiddenDim}, {header.Model}) than {folder} "
                + $"({model.Config.NumLayers} x {model.Config.HiddenDim}, {model.Fingerprint}); use that one, or name another file");
        }

        if (header.LearnedSteps is not null && learner is null)
        {
            throw new InvalidDataException(
                $"{path}: was saved by a chat that learns, with what it has learned; only a chat with 'Learn' goes on from it");
        }

        string own = WeightsName(model, learner);
        if (header.Weights == own) return;
        if (learner is not null)
        {
            throw new InvalidDataException(
                $"{path}: was saved with {header.Weights} weights, and a chat that learns has fp32; leave 'Learn' out, "
                + "or name another file");
        }

        string format = header.Weights == "int8" ? "Int8" : "Fp32";
        throw new InvalidDataException(
            $"{path}: was saved with {header.Weights} weights, and these are {own}; say 'Weights = {format}', or name another file");
    }

    private static string WeightsName(LanguageModel model, TalkLearner? learner) =>
        learner is null && model.WeightsOfTexts == WeightFormat.Int8 ? "int8" : "fp32";

    private static InvalidDataException Damaged(string path) =>
        new($"{path}: is damaged, its checksum does not fit; take an earlier copy of it, or delete it to begin anew");
}

/// <summary>The line of JSON in a state file.</summary>
internal sealed record StateHeader
{
    /// <summary>The model's fingerprint.</summary>
    public required string Model { get; init; }

    /// <summary>int8 or fp32.</summary>
    public required string Weights { get; init; }

    /// <summary>Layers.</summary>
    public required int NumLayers { get; init; }

    /// <summary>Units of a layer.</summary>
    public required int HiddenDim { get; init; }

    /// <summary>Draws made.</summary>
    public required ulong Drawn { get; init; }

    /// <summary>The last tokens.</summary>
    public required int[] Recent { get; init; }

    /// <summary>Tokens that the text which is not ended has.</summary>
    public required int Decoded { get; init; }

    /// <summary>The bound of mirostat; null where it is off.</summary>
    public float? MirostatBound { get; init; }

    /// <summary>The fingerprint of the constraint of a text that is not whole yet; null where there is none.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Constraint { get; init; }

    /// <summary>That text so far, in UTF-8.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public byte[]? Constrained { get; init; }

    /// <summary>Updates of the weights that were learned, which follow the state; null where there are none.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public long? LearnedSteps { get; init; }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(StateHeader))]
internal sealed partial class StateJsonContext : JsonSerializerContext;
