// A model on disk: config.json with the architecture and model.safetensors with the tensors, under PyTorch's names and layouts.
// A tied output layer is stored once. The other files of a model folder belong to other projects.

using System.Text.Json;
using System.Text.Json.Serialization;
using GruLM.Formats;

namespace GruLM.Model;

/// <summary>Reads and writes a model's configuration and tensors. Safe for several threads.</summary>
public static class ModelFile
{
    /// <summary>The configuration's file name.</summary>
    public const string ConfigName = "config.json";

    /// <summary>The tensors' file name.</summary>
    public const string WeightsName = "model.safetensors";

    /// <summary>The version of the format that this program writes; it reads this one and all before it.</summary>
    public const int FormatVersion = 1;

    private const string ModelType = "grulm";

    /// <summary>Writes both files into <paramref name="folder"/>, each whole or not at all.</summary>
    public static void Save(string folder, GruParameters parameters, SampleKind samples)
    {
        Directory.CreateDirectory(folder);
        WriteTensors(Path.Combine(folder, WeightsName), parameters);
        SaveConfig(folder, parameters.Config, samples);
    }

    /// <summary>Writes config.json alone into <paramref name="folder"/>, whole or not at all.</summary>
    internal static void SaveConfig(string folder, GruConfig config, SampleKind samples)
    {
        var json = new ConfigJson
        {
            ModelType = ModelType,
            FormatVersion = FormatVersion,
            VocabSize = config.VocabSize,
            EmbeddingDim = config.EmbeddingDim,
            HiddenDim = config.HiddenDim,
            NumLayers = config.NumLayers,
            Dropout = config.Dropout,
            TieWeights = config.TieWeights,
            LayerNorm = config.LayerNorm,
            Residual = config.Residual,
            Samples = samples == SampleKind.Lines ? "lines" : "stream",
            Opening = config.Opening ? null : false,
        };
        AtomicFile.WriteAllText(Path.Combine(folder, ConfigName),
            JsonSerializer.Serialize(json, ModelJsonContext.Default.ConfigJson) + "\n");
    }

    /// <summary>Reads config.json. Throws <see cref="FileNotFoundException"/> or <see cref="InvalidDataException"/> with the file and what
    /// is wrong.</summary>
    public static (GruConfig Config, SampleKind Samples) LoadConfig(string folder)
    {
        string path = Path.Combine(folder, ConfigName);
        if (File.Exists(folder)) throw new DirectoryNotFoundException($"{folder}: is a file; a model is a folder, as training writes them");
        if (!Directory.Exists(folder)) throw new DirectoryNotFoundException($"{folder}: no such model folder");
        if (!File.Exists(path))
        {
            throw new FileNotFoundException(
                $"{path}: not found; {folder} is not a model folder, as training writes them");
        }

        ConfigJson json;
        ReadOnlyMemory<byte> bytes = JsonBytes.Read(path);
        try
        {
            json = JsonSerializer.Deserialize(bytes.Span, ModelJsonContext.Default.ConfigJson)
                ?? throw new InvalidDataException($"{path}: is empty");
        }
        catch (JsonException error)
        {
            throw new InvalidDataException($"{path}: not a valid configuration: {JsonBytes.Problem(bytes, error)}", error);
        }

        if (json.ModelType != ModelType)
        {
            throw new InvalidDataException($"{path}: model_type is \"{json.ModelType}\"; this program reads \"{ModelType}\"");
        }

        if (json.FormatVersion is { } version and not FormatVersion)
        {
            throw new InvalidDataException(version > FormatVersion
                ? $"{path}: format_version is {version}, and this program reads up to {FormatVersion}; use a newer grulm"
                : $"{path}: format_version is {version}; it must be a number from 1 up");
        }

        var config = new GruConfig
        {
            VocabSize = json.VocabSize,
            EmbeddingDim = json.EmbeddingDim,
            HiddenDim = json.HiddenDim,
            NumLayers = json.NumLayers,
            Dropout = json.Dropout,
            TieWeights = json.TieWeights,
            LayerNorm = json.LayerNorm,
            Residual = json.Residual,
            Opening = json.Opening ?? true,
        };
        try
        {
            config.Validate();
        }
        catch (ArgumentException error)
        {
            throw new InvalidDataException($"{path}: {InTheWordsOfTheFile(error.Message)}", error);
        }

        return json.Samples switch
        {
            "stream" or null => (config, SampleKind.Stream),
            "lines" => (config, SampleKind.Lines),
            _ => throw new InvalidDataException($"{path}: samples is \"{json.Samples}\"; it must be \"stream\" or \"lines\""),
        };
    }

    /// <summary>Reads a whole model. Throws <see cref="InvalidDataException"/> when the tensors are damaged or disagree with
    /// config.json.</summary>
    public static (GruParameters Parameters, SampleKind Samples) Load(string folder)
    {
        (GruConfig? config, SampleKind samples) = LoadConfig(folder);
        return (ReadTensors(Path.Combine(folder, WeightsName), config), samples);
    }

    /// <summary>Writes every tensor of a parameter set, or of something laid out like one.</summary>
    public static void WriteTensors(string path, GruParameters parameters, IReadOnlyDictionary<string, string>? metadata = null) =>
        Safetensors.Write(path, [.. parameters.Views.Select(v => NamedTensor.FromFloats(v.Name, () => parameters.Span(v.Name), v.Shape))],
        metadata);

    /// <summary>Reads tensors laid out for <paramref name="config"/>, checking names, shapes and that all numbers are finite.</summary>
    public static GruParameters ReadTensors(string path, GruConfig config)
    {
        if (!File.Exists(path)) throw new FileNotFoundException($"{path}: not found; the model folder is incomplete");
        using var file = SafetensorsFile.Open(path);
        CheckTensors(path, file, config);
        var parameters = new GruParameters(config);
        try
        {
            foreach (ParameterView view in parameters.Views) FiniteNumbers.Read(file, file.Find(view.Name), parameters.Span(view.Name));
            return parameters;
        }
        catch
        {
            parameters.Dispose();
            throw;
        }
    }

    // A file has names of its own for the properties that a message speaks of: vocab_size for 'VocabSize'.
    private static string InTheWordsOfTheFile(string message)
    {
        string[] properties =
        [
            nameof(GruConfig.VocabSize), nameof(GruConfig.EmbeddingDim), nameof(GruConfig.HiddenDim), nameof(GruConfig.NumLayers),
            nameof(GruConfig.Dropout), nameof(GruConfig.TieWeights),
        ];
        foreach (string property in properties)
        {
            string name = JsonNamingPolicy.SnakeCaseLower.ConvertName(property);
            message = message.Replace($"'{property}'", name).Replace($"'{property} = false'", $"{name} to false");
        }

        return message;
    }

    private static void CheckTensors(string path, SafetensorsFile file, GruConfig config)
    {
        List<ParameterView> views = GruParameters.Layout(config);
        foreach (ParameterView view in views)
        {
            if (!file.TryFind(view.Name, out TensorEntry? entry))
            {
                string shape = string.Join(", ", view.Shape);
                throw new InvalidDataException($"{path}: tensor {view.Name} is missing, which {ConfigName} calls for with shape [{shape}]");
            }

            if (!entry.Shape.SequenceEqual(view.Shape))
            {
                string found = string.Join(", ", entry.Shape), expected = string.Join(", ", view.Shape);
                throw new InvalidDataException(
                    $"{path}: tensor {view.Name} has shape [{found}], but {ConfigName} calls for [{expected}]");
            }
        }

        if (file.Tensors.Count != views.Count)
        {
            TensorEntry extra = file.Tensors.First(t => views.All(v => v.Name != t.Name));
            string shape = string.Join(", ", extra.Shape);
            throw new InvalidDataException(
                $"{path}: tensor {extra.Name} has no place in the model that {ConfigName} describes; its shape is [{shape}]");
        }
    }
}

/// <summary>config.json.</summary>
internal sealed class ConfigJson
{
    public required string ModelType { get; init; }

    public int? FormatVersion { get; init; }

    public required int VocabSize { get; init; }

    public required int EmbeddingDim { get; init; }

    public required int HiddenDim { get; init; }

    public required int NumLayers { get; init; }

    public double Dropout { get; init; }

    public bool TieWeights { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool LayerNorm { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool Residual { get; init; }

    public string? Samples { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public bool? Opening { get; init; }
}

[JsonSourceGenerationOptions(WriteIndented = true, PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(ConfigJson))]
internal sealed partial class ModelJsonContext : JsonSerializerContext;
