// A model as one HTML file: weights in int8, tokenizer and program in it, so that a browser opens it from a disk with no server and no
// network. The program is the modules of Page/, as they are; PageScript puts them together, and page.html says where everything stands.

using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using GruLM.Formats;
using GruLM.Generation;
using GruLM.Model;
using GruLM.Report;

namespace GruLM;

/// <summary>Writes models as pages. Safe for several threads, which write different files.</summary>
public static partial class HtmlExport
{
    /// <summary>Writes a model folder as a page that writes text as <c>generate</c> does with the weights in int8: the same tokens for the
    /// same prompt, settings and seed (docs/html-page.md). A file that is there already is replaced, as a whole or not at all.</summary>
    /// <param name="folder">The model folder; the page tells its name alone, not where it is.</param>
    /// <param name="path">The page, usually with the extension html.</param>
    /// <param name="cancel">Ends the writing with an <see cref="OperationCanceledException"/>; the old file stays.</param>
    /// <exception cref="IOException">The folder or one of its files is missing or cannot be read, or the page cannot be
    /// written.</exception>
    /// <exception cref="InvalidDataException">A file is damaged, the files do not belong together, or the tokenizer does something that the
    /// page does not do.</exception>
    public static void Write(string folder, string path, CancellationToken cancel = default)
    {
        ArgumentNullException.ThrowIfNull(path);
        WriteTo(folder, write => AtomicFile.Write(path, write), cancel);
    }

    /// <summary>Writes the same page to a stream, for a server to hand out.</summary>
    /// <param name="folder">The model folder; the page tells its name alone, not where it is.</param>
    /// <param name="page">Where it goes, in UTF-8; it stays open. Nothing is written before the folder has been read.</param>
    /// <param name="cancel">Ends the writing with an <see cref="OperationCanceledException"/>.</param>
    /// <exception cref="IOException">The folder or one of its files is missing or cannot be read, or the page cannot be
    /// written.</exception>
    /// <exception cref="InvalidDataException">A file is damaged, the files do not belong together, or the tokenizer does something that the
    /// page does not do.</exception>
    public static void Write(string folder, Stream page, CancellationToken cancel = default)
    {
        ArgumentNullException.ThrowIfNull(page);
        WriteTo(folder, write => write(page), cancel);
    }

    private static void WriteTo(string folder, Action<Action<Stream>> open, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(folder);
        var parts = ModelParts.Read(folder);
        using GruParameters parameters = parts.Parameters;
        PageTokenizer.Check(parts.Tokenizer.Model, Path.Combine(folder, ModelFolder.TokenizerName));
        var ids = SpecialIds.Of(parts);
        open(page => WritePage(page, parts, ids, cancel));
    }

    private static void WritePage(Stream page, ModelParts parts, SpecialIds ids, CancellationToken cancel)
    {
        string style = PageScript.Style(), script = PageScript.Join();
        string name = Markup.Text(Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(parts.Folder))));

        // Every second part is the name of what stands in its place.
        string[] template = Placeholder().Split(PageScript.Resource("page/page.html"));
        for (int i = 0; i < template.Length; i++)
        {
            switch (i % 2 == 0 ? "" : template[i])
            {
                case "":
                    Add(template[i]);
                    break;
                case "NAME":
                    Add(name);
                    break;
                case "SUMMARY":
                    Add(Summary(parts));
                    break;
                case "VERSION":
                    Add(Markup.Text(GrulmVersion.Text));
                    break;
                case "POLICY":
                    Add(Policy(style, script));
                    break;
                case "STYLE":
                    Add(style);
                    break;
                case "SCRIPT":
                    Add(script);
                    break;
                case "ABOUT":
                    WriteAbout(page, parts, ids);
                    break;
                case "TOKENIZER":
                    AddBytes(parts.Tokenizer.Model.ToBytes());
                    break;
                case "KERNEL":
                    AddBytes(PageScript.Bytes("engine/kernel.wasm"));
                    break;
                case "WEIGHTS":
                    using (var base64 = new Base64Text(page)) PageWeights.Write(parts.Parameters, base64, cancel);
                    break;
                default:
                    throw new InvalidDataException($"page.html names {template[i]}, which nothing stands for");
            }
        }

        void Add(string text) => page.Write(Encoding.UTF8.GetBytes(text));

        void AddBytes(byte[] bytes)
        {
            using var base64 = new Base64Text(page);
            base64.Write(bytes);
        }
    }

    // Nothing but this style and this script, and no address at all: the page cannot ask for anything, whatever a model writes.
    private static string Policy(string style, string script) =>
        $"default-src 'none'; script-src {Source(script)} 'wasm-unsafe-eval'; style-src {Source(style)}; "
        + "base-uri 'none'; form-action 'none'";

    private static string Source(string text) => $"'sha256-{Convert.ToBase64String(Sha256.HashData(Encoding.UTF8.GetBytes(text)))}'";

    private static string Summary(ModelParts parts)
    {
        GruConfig config = parts.Parameters.Config;
        string layers = config.NumLayers == 1 ? "one layer" : $"{config.NumLayers} layers";
        return string.Create(
            CultureInfo.InvariantCulture,
            $"A language model of {parts.Parameters.Count:#,0} parameters: a GRU with {layers} of {config.HiddenDim} units and "
            + $"{config.VocabSize:#,0} pieces. It runs here, in this page.");
    }

    private static void WriteAbout(Stream page, ModelParts parts, SpecialIds ids)
    {
        GruConfig config = parts.Parameters.Config;
        using var json = new Utf8JsonWriter(page);
        json.WriteStartObject();
        json.WriteStartObject("config");
        json.WriteNumber("vocab_size", config.VocabSize);
        json.WriteNumber("embedding_dim", config.EmbeddingDim);
        json.WriteNumber("hidden_dim", config.HiddenDim);
        json.WriteNumber("num_layers", config.NumLayers);
        json.WriteBoolean("tie_weights", config.TieWeights);
        json.WriteBoolean("layer_norm", config.LayerNorm);
        json.WriteBoolean("residual", config.Residual);
        json.WriteEndObject();
        SamplingOptions sampling = parts.Defaults.ToSampling();
        json.WriteNumber("opening", ids.Opening);
        json.WriteNumber("first", ids.First);
        json.WriteNumber("recent", sampling.RepeatLastN);
        WriteIds(json, "stops", ids.Stops);
        WriteIds(json, "never", ids.Never);
        json.WriteStartObject("defaults");
        json.WriteNumber("temperature", sampling.Temperature);
        json.WriteNumber("top-k", sampling.TopK);
        json.WriteNumber("top-p", sampling.TopP);
        json.WriteNumber("min-p", sampling.MinP);
        json.WriteNumber("repeat-penalty", sampling.RepeatPenalty);
        json.WriteEndObject();
        PageHistory.Write(json, parts.Folder);
        json.WriteEndObject();
    }

    private static void WriteIds(Utf8JsonWriter json, string name, int[] ids)
    {
        json.WriteStartArray(name);
        foreach (int id in ids) json.WriteNumberValue(id);
        json.WriteEndArray();
    }

    [GeneratedRegex("%([A-Z]+)%")]
    private static partial Regex Placeholder();
}
