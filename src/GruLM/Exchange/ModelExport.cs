// From a model folder to what other programs open: a state_dict for PyTorch, one safetensors file, an ONNX graph, or a folder as Hugging
// Face has them. Every file is written whole or not at all.

using GruLM.Formats;
using GruLM.Formats.Proto;
using GruLM.Model;

namespace GruLM;

/// <summary>Exports models. Safe for several threads, which write different files.</summary>
public static class ModelExport
{
    /// <summary>The name of the program that <see cref="ExportSettings.WithCode"/> writes.</summary>
    public const string CodeName = "model.py";

    private const string Embedding = "embedding.weight", Output = "out.weight";

    // What Hugging Face's loaders ask for.
    private static readonly Dictionary<string, string> s_forPyTorch = new() { ["format"] = "pt" };

    /// <summary>Writes what <c>torch.load</c> opens, with <c>weights_only=True</c> too: the tensors by their names, <c>out.weight</c>
    /// also where it is the embedding, whose storage it shares then.</summary>
    /// <exception cref="IOException">The model is missing, or the file cannot be written.</exception>
    /// <exception cref="InvalidDataException">A file of the model is damaged.</exception>
    public static void ToPyTorch(ExportSettings settings)
    {
        ArgumentNullException.ThrowIfNull(settings);
        var parts = ModelParts.Read(settings.Model);
        using GruParameters parameters = parts.Parameters;
        string folder = Path.GetDirectoryName(Path.GetFullPath(settings.Out))!, code = Path.Combine(folder, CodeName);
        if (settings.WithCode && Path.GetFullPath(settings.Out) == code)
        {
            throw new ArgumentException($"{settings.Out}: is the name of the program that is written beside it; choose another 'Out'");
        }

        Dictionary<string, string> shared = [];
        if (parameters.Config.TieWeights) shared[Output] = Embedding;
        PyTorchWriter.Write(settings.Out, Tensors(parameters, TensorType.F32), shared);
        if (settings.WithCode) AtomicFile.WriteAllText(code, PyTorchCode.Of(parameters.Config, Path.GetFileName(settings.Out)));
    }

    /// <summary>Writes one safetensors file; an output layer that is the embedding is left out of it.</summary>
    /// <exception cref="ArgumentException">The type is none that models are stored in.</exception>
    /// <exception cref="IOException">The model is missing, or the file cannot be written.</exception>
    /// <exception cref="InvalidDataException">A file of the model is damaged, or a number does not fit into the type.</exception>
    public static void ToSafetensors(ExportSettings settings)
    {
        ArgumentNullException.ThrowIfNull(settings);
        var parts = ModelParts.Read(settings.Model);
        using GruParameters parameters = parts.Parameters;
        Safetensors.Write(settings.Out, Tensors(parameters, settings.Type), s_forPyTorch);
    }

    /// <summary>Writes an ONNX file in float32 (docs/exchange.md names what goes in and comes out). Such a file holds less than two
    /// gigabytes: the weights of a larger model go to a second one, <see cref="ExportSettings.Out"/> with <c>.data</c> behind it, which
    /// belongs in the same folder.</summary>
    /// <exception cref="IOException">The model is missing, or a file cannot be written.</exception>
    /// <exception cref="InvalidDataException">A file of the model is damaged.</exception>
    public static void ToOnnx(ExportSettings settings)
    {
        ArgumentNullException.ThrowIfNull(settings);
        var parts = ModelParts.Read(settings.Model);
        using GruParameters parameters = parts.Parameters;
        (ModelProto model, IReadOnlyList<NamedTensor> tensors) = OnnxGraph.Of(parts);
        OnnxWriter.Write(settings.Out, model, tensors);
    }

    /// <summary>Writes a folder as Hugging Face has them: configuration, defaults of generation, tokenizer, weights and a model card with
    /// the figures of the run, where there are any. It is a model folder too. Files of these names are replaced.</summary>
    /// <exception cref="ArgumentException">The type is none that models are stored in, or the folder is the model's own.</exception>
    /// <exception cref="IOException">The model is missing, or the folder holds something else, or cannot be written.</exception>
    /// <exception cref="InvalidDataException">A file of the model is damaged, or a number does not fit into the type.</exception>
    public static void ToHuggingFace(ExportSettings settings)
    {
        ArgumentNullException.ThrowIfNull(settings);
        string model = Path.GetFullPath(settings.Model), target = Path.TrimEndingDirectorySeparator(Path.GetFullPath(settings.Out));
        if (Path.TrimEndingDirectorySeparator(model) == target)
        {
            throw new ArgumentException($"'Out' is the model's own folder {settings.Out}; choose another one");
        }

        var parts = ModelParts.Read(settings.Model);
        using GruParameters parameters = parts.Parameters;
        byte[] tokenizer = File.ReadAllBytes(Path.Combine(settings.Model, ModelFolder.TokenizerName));
        string card = ModelCard.Of(parts, Path.GetFileName(target));
        NewFolder.Export(target, folder =>
        {
            ModelFile.SaveConfig(folder, parameters.Config, parts.Samples);
            Safetensors.Write(Path.Combine(folder, ModelFile.WeightsName), Tensors(parameters, settings.Type), s_forPyTorch);
            AtomicFile.WriteAllBytes(Path.Combine(folder, ModelFolder.TokenizerName), tokenizer);
            parts.Defaults.Save(folder);
            AtomicFile.WriteAllText(Path.Combine(folder, ModelCard.Name), card);
        });
    }

    private static NamedTensor[] Tensors(GruParameters parameters, TensorType type)
    {
        if (type is not (TensorType.F32 or TensorType.F16 or TensorType.BF16))
        {
            throw new ArgumentException($"'Type' is {type}; F32, F16 or BF16 was expected");
        }

        return [.. parameters.Views.Select(view => NarrowNumbers.Tensor(parameters, view, type))];
    }
}
