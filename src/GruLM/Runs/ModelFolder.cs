// The names of the files in a model folder that no lower layer reads or writes. docs/model-folder.md describes all files of the folder.

namespace GruLM;

/// <summary>File names in a model folder.</summary>
public static class ModelFolder
{
    /// <summary>The SentencePiece model.</summary>
    public const string TokenizerName = "tokenizer.model";

    /// <summary>Default sampling, stop tokens and chat markers.</summary>
    public const string GenerationName = "generation_config.json";

    /// <summary>The tokenizer's path: <paramref name="path"/> itself, or the one inside it when it is a model folder.</summary>
    public static string TokenizerPath(string path) => Directory.Exists(path) ? Path.Combine(path, TokenizerName) : path;
}
