// generation_config.json: what the command and the library use where the caller says nothing.

using System.Text.Json;
using System.Text.Json.Serialization;
using GruLM.Formats;
using GruLM.Generation;
using GruLM.Model;

namespace GruLM;

/// <summary>A model's defaults for generation and chat. Safe for several threads while nobody changes them. The properties can be set, and
/// are not init-only, because the JSON source generator assigns all init-only properties: a key that the file leaves out would get null or
/// 0 instead of its default.</summary>
public sealed record GenerationConfig
{
    /// <summary>Sampling temperature.</summary>
    public double Temperature { get; set; } = 0.8;

    /// <summary>Candidates kept by likelihood.</summary>
    public int TopK { get; set; } = 40;

    /// <summary>Probability kept.</summary>
    public double TopP { get; set; } = 0.95;

    /// <summary>Least probability relative to the likeliest.</summary>
    public double MinP { get; set; } = 0.05;

    /// <summary>Pieces that end a text.</summary>
    public IReadOnlyList<string> StopTokens { get; set; } = [ChatTemplate.EndMarker, "</s>"];

    /// <summary>Pieces that end a reply in a chat, besides <see cref="StopTokens"/>.</summary>
    public IReadOnlyList<string> ChatStopTokens { get; set; } = [];

    /// <summary>The chat markers.</summary>
    public ChatTemplate Chat { get; set; } = new();

    // A file may say null where a text belongs.
    private bool HasAllTexts =>
        StopTokens is not null && ChatStopTokens is not null && StopTokens.Concat(ChatStopTokens).All(token => token is not null)
        && Chat is { Prompt: not null, Ai: not null } && Chat.TurnEnd?.Any(token => token is null) != true;

    /// <summary>The defaults for a model trained on <paramref name="samples"/> of text without marked ends. In a stream an exchange ends
    /// where its line does.</summary>
    public static GenerationConfig For(SampleKind samples) => new() { ChatStopTokens = samples == SampleKind.Stream ? ["\n"] : [] };

    /// <summary>The sampling part. Its seed is 0: the same prompt gives the same text each time unless another one is set.</summary>
    public SamplingOptions ToSampling() => new() { Temperature = Temperature, TopK = TopK, TopP = TopP, MinP = MinP };

    /// <summary>Throws <see cref="ArgumentException"/>, naming the property and what it may be, when one makes no sense.</summary>
    public void Validate()
    {
        ToSampling().Validate();
        if (HasAllTexts) return;
        throw new ArgumentException("'StopTokens', 'ChatStopTokens' and the markers of 'Chat' must be texts; null is none");
    }

    /// <summary>Writes the file into a model folder.</summary>
    /// <exception cref="ArgumentException">A property makes no sense.</exception>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public void Save(string folder)
    {
        Validate();
        string json = JsonSerializer.Serialize(this, GenerationJsonContext.Default.GenerationConfig);
        AtomicFile.WriteAllText(Path.Combine(folder, ModelFolder.GenerationName), json + "\n");
    }

    /// <summary>Reads the file; a folder without one gets the defaults.</summary>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="InvalidDataException">The file is damaged.</exception>
    public static GenerationConfig Load(string folder, SampleKind samples)
    {
        string path = Path.Combine(folder, ModelFolder.GenerationName);
        if (!File.Exists(path)) return For(samples);
        ReadOnlyMemory<byte> json = JsonBytes.Read(path);
        try
        {
            GenerationConfig config = JsonSerializer.Deserialize(json.Span, GenerationJsonContext.Default.GenerationConfig)
                ?? throw new InvalidDataException($"{path}: is empty");
            config.ToSampling().Validate();
            if (!config.HasAllTexts)
            {
                throw new InvalidDataException(
                    $"{path}: stop_tokens, chat_stop_tokens and chat's prompt, ai and turn_end must be texts; "
                    + "delete the file to get the defaults");
            }

            return TrainedExchanges.OfOlderRun(folder, samples, config);
        }
        catch (JsonException error)
        {
            throw new InvalidDataException($"{path}: {JsonBytes.Problem(json, error)}", error);
        }
        catch (ArgumentException error)
        {
            throw new InvalidDataException($"{path}: {InTheWordsOfTheFile(error.Message)}", error);
        }
    }

    // A file has names of its own for the properties that a message speaks of: top_k for 'TopK'.
    private static string InTheWordsOfTheFile(string message)
    {
        foreach (string property in (string[])[nameof(Temperature), nameof(TopK), nameof(TopP), nameof(MinP)])
        {
            message = message.Replace($"'{property}'", JsonNamingPolicy.SnakeCaseLower.ConvertName(property));
        }

        return message;
    }
}

[JsonSourceGenerationOptions(WriteIndented = true, PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(GenerationConfig))]
internal sealed partial class GenerationJsonContext : JsonSerializerContext;
