// A model whose files lie elsewhere than in a folder of their own: in the resources of a program, in an archive. They are laid down in a
// temporary folder while they are read, since weights are read at their places in a file.

using GruLM.Model;

namespace GruLM;

/// <summary>Reads a model from files that somebody opens by their names.</summary>
internal static class ModelFiles
{
    private static readonly string[] s_needed = [ModelFile.ConfigName, ModelFile.WeightsName, ModelFolder.TokenizerName];

    /// <summary>The parts of a model; the parameters are the caller's to dispose. The streams are disposed of.</summary>
    /// <exception cref="IOException">A file is not there or cannot be read.</exception>
    /// <exception cref="InvalidDataException">A file is damaged, or the files do not belong together.</exception>
    public static ModelParts Read(Func<string, Stream?> open)
    {
        string folder = NewFolder();
        try
        {
            foreach (string name in s_needed)
            {
                if (!Copy(name)) throw new FileNotFoundException($"{name}: the model has no such file where it was looked for");
            }

            Copy(ModelFolder.GenerationName);
            return ModelParts.Read(folder) with { Folder = "" };
        }
        catch (InvalidDataException error)
        {
            // The folder is nobody's.
            throw new InvalidDataException(error.Message.Replace(folder + Path.DirectorySeparatorChar, ""), error);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }

        bool Copy(string name)
        {
            using Stream? from = open(name);
            if (from is null) return false;
            using FileStream to = File.Create(Path.Combine(folder, name));
            from.CopyTo(to);
            return true;
        }
    }

    private static string NewFolder()
    {
        try
        {
            return Directory.CreateTempSubdirectory("grulm-model-").FullName;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new IOException(
                $"{Path.GetTempPath()}: no folder can be made there, in which a model's files lie while they are read; "
                + "name another place with TMPDIR (TMP on Windows)",
                error);
        }
    }
}
