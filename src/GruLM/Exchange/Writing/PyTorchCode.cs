// The program that is written beside a state_dict: model.py, with what tensors do not tell filled in.

using GruLM.Model;

namespace GruLM;

/// <summary>Gives the program. Safe for several threads.</summary>
internal static class PyTorchCode
{
    /// <summary>The program for a model, whose weights are in <paramref name="file"/>.</summary>
    public static string Of(GruConfig config, string file)
    {
        using Stream stream = typeof(PyTorchCode).Assembly.GetManifestResourceStream(ModelExport.CodeName)!;
        using var reader = new StreamReader(stream);
        string name = file.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal);
        return reader.ReadToEnd().ReplaceLineEndings("\n")
            .Replace("RESIDUAL = False", config.Residual ? "RESIDUAL = True" : "RESIDUAL = False", StringComparison.Ordinal)
            .Replace("FILE = \"model.pt\"", $"FILE = \"{name}\"", StringComparison.Ordinal);
    }
}
