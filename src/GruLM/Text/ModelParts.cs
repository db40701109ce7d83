// The files of a model folder that belong together, read together. A run may put its model in the place of an older one meanwhile; then
// they are read again, so that what comes out is the old model or the new one, never a mixture.

using GruLM.Model;
using GruLM.Tokenization;

namespace GruLM;

/// <summary>What a model folder holds.</summary>
internal sealed record ModelParts(
    string Folder, GruParameters Parameters, SampleKind Samples, Tokenizer Tokenizer, GenerationConfig Defaults)
{
    private const int MostTries = 20;

    /// <summary>Reads a model folder; the parameters are the caller's to dispose.</summary>
    /// <exception cref="IOException">The folder or one of its files is missing or cannot be read.</exception>
    /// <exception cref="InvalidDataException">A file is damaged, or the files do not belong together.</exception>
    public static ModelParts Read(string folder)
    {
        for (int tries = 1; ; tries++)
        {
            FolderSwitch.Settle(folder);
            string before = Stamp(folder);
            ModelParts? parts = null;
            try
            {
                parts = ReadOnce(folder);
                if (tries == MostTries || IsStill(folder, before)) return parts;
            }
            catch (Exception error) when (
                error is IOException or InvalidDataException && tries < MostTries && !IsStill(folder, before))
            {
                // It was another model's file.
            }

            parts?.Parameters.Dispose();
        }
    }

    private static ModelParts ReadOnce(string folder)
    {
        (GruParameters parameters, SampleKind samples) = ModelFile.Load(folder);
        try
        {
            Tokenizer tokenizer = LoadTokenizer(folder, parameters.Config);
            return new ModelParts(folder, parameters, samples, tokenizer, GenerationConfig.Load(folder, samples));
        }
        catch
        {
            parameters.Dispose();
            throw;
        }
    }

    private static Tokenizer LoadTokenizer(string folder, GruConfig config)
    {
        string path = Path.Combine(folder, ModelFolder.TokenizerName);
        if (!File.Exists(path)) throw new FileNotFoundException($"{path}: not found; the model folder is incomplete");
        var tokenizer = Tokenizer.Load(path);
        if (tokenizer.VocabSize == config.VocabSize) return tokenizer;
        throw new InvalidDataException(
            $"{path}: has {tokenizer.VocabSize} pieces, but {ModelFile.ConfigName} says vocab_size {config.VocabSize}");
    }

    private static bool IsStill(string folder, string stamp) => !FolderSwitch.IsPending(new RunLayout(folder)) && Stamp(folder) == stamp;

    // Which run's files these are. Its weights change while it is trained, and may.
    private static string Stamp(string folder)
    {
        var tokenizer = new FileInfo(new RunLayout(folder).Tokenizer);
        return tokenizer.Exists ? FormattableString.Invariant($"{tokenizer.LastWriteTimeUtc.Ticks} {tokenizer.Length}") : "";
    }
}
