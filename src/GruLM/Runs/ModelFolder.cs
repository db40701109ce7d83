// The names of the files in a model folder that no lower layer reads or writes. docs/model-folder.md describes all files of the folder.

using GruLM.Model;

namespace GruLM;

/// <summary>File names in a model folder.</summary>
public static class ModelFolder
{
    /// <summary>The SentencePiece model.</summary>
    public const string TokenizerName = "tokenizer.model";

    /// <summary>Default sampling, stop tokens and chat markers.</summary>
    public const string GenerationName = "generation_config.json";

    /// <summary>The tokenizer's path: <paramref name="path"/> itself, or the one inside it when it is a model folder.</summary>
    public static string TokenizerPath(string path)
    {
        if (!Directory.Exists(path)) return path;
        FolderSwitch.Settle(path);
        return Path.Combine(path, TokenizerName);
    }

    /// <summary>The architecture of the model in a folder, and what it was trained on.</summary>
    /// <exception cref="IOException">The folder or its configuration is missing or cannot be read.</exception>
    /// <exception cref="InvalidDataException">The configuration is damaged.</exception>
    public static (GruConfig Config, SampleKind Samples) ReadConfig(string folder)
    {
        FolderSwitch.Settle(folder);
        return ModelFile.LoadConfig(folder);
    }
}
