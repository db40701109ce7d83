// The tensors of a file or folder that is to be imported: a file of torch.save, a safetensors file, or a folder with one, in one piece or
// in several that model.safetensors.index.json lists. Which it is, the first bytes tell, not the name.

using System.Text.Json;
using GruLM.Formats;
using GruLM.Model;

namespace GruLM;

/// <summary>Opened weights. Not thread-safe.</summary>
internal sealed class ForeignWeights : IDisposable
{
    private const string IndexName = ModelFile.WeightsName + ".index.json";

    private readonly List<IDisposable> _files = [];

    private ForeignWeights(string path) => Path = path;

    /// <summary>The file or folder, as it was given.</summary>
    public string Path { get; }

    /// <summary>The folder that holds what may stand beside: config.json, tokenizer.model.</summary>
    public string Folder => Directory.Exists(Path) ? Path : System.IO.Path.GetDirectoryName(System.IO.Path.GetFullPath(Path))!;

    /// <summary>All tensors.</summary>
    public List<ForeignTensor> Tensors { get; } = [];

    /// <summary>Opens weights and reads what their tensors are.</summary>
    /// <exception cref="IOException">Something is missing or cannot be read.</exception>
    /// <exception cref="InvalidDataException">Something is damaged or of another kind.</exception>
    public static ForeignWeights Open(string path)
    {
        var weights = new ForeignWeights(path);
        try
        {
            if (Directory.Exists(path)) weights.AddFolder();
            else if (path.EndsWith(".index.json", StringComparison.Ordinal)) weights.AddShards(path);
            else weights.AddFile(path);
            return weights;
        }
        catch
        {
            weights.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (IDisposable file in _files) file.Dispose();
    }

    private void AddFolder()
    {
        string whole = System.IO.Path.Combine(Path, ModelFile.WeightsName), index = System.IO.Path.Combine(Path, IndexName);
        if (File.Exists(whole)) AddFile(whole);
        else if (File.Exists(index)) AddShards(index);
        else throw new FileNotFoundException($"{Path}: holds neither {ModelFile.WeightsName} nor {IndexName}; name the weights' file");
    }

    private void AddFile(string path)
    {
        if (!File.Exists(path)) throw new FileNotFoundException($"{path}: there is no such file or folder");
        if (PyTorchFile.LooksLikeOne(path))
        {
            var file = PyTorchFile.Open(path);
            _files.Add(file);
            Tensors.AddRange(file.Tensors.Select(t => new ForeignTensor(t.Name, t.Shape, numbers => file.Read(t, numbers))));
        }
        else
        {
            AddSafetensors(path);
        }
    }

    private void AddSafetensors(string path)
    {
        var file = SafetensorsFile.Open(path);
        _files.Add(file);
        Tensors.AddRange(file.Tensors.Select(t => new ForeignTensor(t.Name, t.Shape, numbers => file.Read(t, numbers))));
    }

    private void AddShards(string index)
    {
        string folder = System.IO.Path.GetDirectoryName(System.IO.Path.GetFullPath(index))!;
        Dictionary<string, string> places = ReadIndex(index);
        foreach (string shard in places.Values.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal))
        {
            // The parts lie beside the index; nothing else is opened in its name.
            if (shard.Length == 0 || System.IO.Path.GetFileName(shard) != shard || shard.Contains('\0') || shard is "." or "..")
            {
                throw new InvalidDataException($"{index}: names the part {ForeignTensor.Shorten(shard)}; a file name alone was expected");
            }

            AddSafetensors(System.IO.Path.Combine(folder, shard));
        }

        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (ForeignTensor tensor in Tensors)
        {
            if (!names.Add(tensor.Name)) throw new InvalidDataException($"{index}: two of its parts hold a tensor {tensor.Shown}");
        }

        if (places.Keys.FirstOrDefault(name => !names.Contains(name)) is { } missing)
        {
            throw new InvalidDataException($"{index}: tensor {ForeignTensor.Shorten(missing)} is in none of its parts");
        }
    }

    private static Dictionary<string, string> ReadIndex(string path)
    {
        if (!File.Exists(path)) throw new FileNotFoundException($"{path}: there is no such file or folder");
        return NameTable.Parse(path, JsonBytes.Read(path), json => json.TryGetProperty("weight_map"u8, out JsonElement map)
            ? map
            : throw new InvalidDataException($"{path}: has no weight_map"));
    }
}
