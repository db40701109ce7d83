// generation_config.json: what the command and the library use where the caller says nothing.

using System.Text.Json;
using System.Text.Json.Serialization;
using GruLM.Formats;
using GruLM.Generation;
using GruLM.Model;

namespace GruLM;

/// <summary>A model's defaults for generation and chat. Settable, so that a key that the file leaves out keeps its default.</summary>
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

    /// <summary>The defaults for a model trained on <paramref name="samples"/>. In a stream an exchange ends where its line does.</summary>
    public static GenerationConfig For(SampleKind samples) => new() { ChatStopTokens = samples == SampleKind.Stream ? ["\n"] : [] };

    /// <summary>The sampling part.</summary>
    public SamplingOptions ToSampling() => new() { Temperature = Temperature, TopK = TopK, TopP = TopP, MinP = MinP };

    /// <summary>Writes the file into a model folder.</summary>
    public void Save(string folder) =>
        AtomicFile.WriteAllText(Path.Combine(folder, ModelFolder.GenerationName),
        JsonSerializer.Serialize(this, GenerationJsonContext.Default.GenerationConfig) + "\n");

    /// <summary>Reads the file; a folder without one gets the defaults. Throws <see cref="InvalidDataException"/> for a damaged
    /// one.</summary>
    public static GenerationConfig Load(string folder, SampleKind samples)
    {
        string path = Path.Combine(folder, ModelFolder.GenerationName);
        if (!File.Exists(path)) return For(samples);
        try
        {
            GenerationConfig config = JsonSerializer.Deserialize(File.ReadAllBytes(path), GenerationJsonContext.Default.GenerationConfig)
                ?? throw new InvalidDataException($"{path}: is empty");
            config.ToSampling().Validate();
            if (config.StopTokens is null || config.ChatStopTokens is null
                || config.StopTokens.Concat(config.ChatStopTokens).Any(s => s is null)
                || config.Chat is not { Prompt: not null, Ai: not null })
            {
                throw new InvalidDataException(
                    $"{path}: stop_tokens, chat_stop_tokens and chat's prompt and ai must be texts; delete the file to get the defaults");
            }

            return config;
        }
        catch (Exception error) when (error is JsonException or ArgumentException)
        {
            throw new InvalidDataException($"{path}: {error.Message.Split(". Path:")[0]}", error);
        }
    }
}

[JsonSourceGenerationOptions(WriteIndented = true, PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(GenerationConfig))]
internal sealed partial class GenerationJsonContext : JsonSerializerContext;
