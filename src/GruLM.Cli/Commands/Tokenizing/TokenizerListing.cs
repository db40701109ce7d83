// What a .model file holds, as lines and as JSON.
using System.Globalization;
using System.Text;
using System.Text.Json;
using GruLM.Cli.Pipes;
using GruLM.Tokenization;

namespace GruLM.Cli.Commands;

/// <summary>Shows tokenizers.</summary>
internal static class TokenizerListing
{
    private const int NameWidth = 32;

    /// <summary>Describes the tokenizer at a place, or lists its <paramref name="pieces"/>.</summary>
    public static void Write(string place, bool pieces, bool json, TextWriter output)
    {
        Tokenizer tokenizer = TokenizerCommand.Load(place);
        string path = ModelFolder.TokenizerPath(place);
        if (json) WriteJson(path, tokenizer, pieces, output);
        else if (pieces) WritePieces(tokenizer.Model, output);
        else WriteText(path, tokenizer, output);
    }

    private static void WriteText(string path, Tokenizer tokenizer, TextWriter output)
    {
        SentencePieceModel model = tokenizer.Model;
        string kinds = string.Join(", ", Kinds(model).Select(kind => $"{kind.Count} {kind.Kind}"));
        WriteLine("file", path);
        WriteLine("pieces", string.Create(CultureInfo.InvariantCulture, $"{model.Count:#,0}, of them {kinds}"));
        WriteLine("unk, bos, eos, pad", $"{tokenizer.UnkId}, {tokenizer.BosId}, {tokenizer.EosId}, {tokenizer.PadId}");
        output.WriteLine();
        foreach ((string name, string value) in model.Settings) WriteLine(name, Visible(value));
        if (model.SelfTestSamples.Count > 0) output.WriteLine();
        foreach ((string input, string expected) in model.SelfTestSamples)
        {
            output.WriteLine("sample  " + Visible(input));
            output.WriteLine("     →  " + Visible(expected));
        }

        void WriteLine(string name, string value) => output.WriteLine(name.PadRight(NameWidth) + value);
    }

    private static void WritePieces(SentencePieceModel model, TextWriter output)
    {
        for (int id = 0; id < model.Count; id++)
        {
            Piece piece = model[id];
            output.WriteLine(string.Create(
                CultureInfo.InvariantCulture, $"{id}\t{Visible(piece.Text)}\t{piece.Score}\t{Kind(piece.Type)}"));
        }
    }

    private static void WriteJson(string path, Tokenizer tokenizer, bool pieces, TextWriter output) => JsonLine.Write(output, json =>
    {
        SentencePieceModel model = tokenizer.Model;
        json.WriteString("file", path);
        json.WriteString("model_type", model.ModelType.ToString().ToLowerInvariant());
        json.WriteNumber("vocab_size", model.Count);
        json.WriteNumber("unk_id", tokenizer.UnkId);
        json.WriteNumber("bos_id", tokenizer.BosId);
        json.WriteNumber("eos_id", tokenizer.EosId);
        json.WriteNumber("pad_id", tokenizer.PadId);
        WriteSettings(json, model);
        WriteSamples(json, model);
        if (pieces) WritePieces(json, model);
    });

    // A setting that stands there several times has an array of its values.
    private static void WriteSettings(Utf8JsonWriter json, SentencePieceModel model)
    {
        json.WriteStartObject("settings");
        foreach (IGrouping<string, KeyValuePair<string, string>> group in model.Settings.GroupBy(setting => setting.Key))
        {
            if (group.Count() == 1)
            {
                json.WriteString(group.Key, group.First().Value);
                continue;
            }

            json.WriteStartArray(group.Key);
            foreach (KeyValuePair<string, string> setting in group) json.WriteStringValue(setting.Value);
            json.WriteEndArray();
        }

        json.WriteEndObject();
    }

    private static void WriteSamples(Utf8JsonWriter json, SentencePieceModel model)
    {
        json.WriteStartArray("samples");
        foreach ((string input, string expected) in model.SelfTestSamples)
        {
            json.WriteStartObject();
            json.WriteString("input", input);
            json.WriteString("pieces", expected);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WritePieces(Utf8JsonWriter json, SentencePieceModel model)
    {
        json.WriteStartArray("pieces");
        foreach (Piece piece in model.Pieces)
        {
            json.WriteStartObject();
            json.WriteString("piece", piece.Text);
            json.WriteNumber("score", piece.Score);
            json.WriteString("type", Kind(piece.Type));
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static IEnumerable<(int Count, string Kind)> Kinds(SentencePieceModel model) =>
        model.Pieces.GroupBy(piece => piece.Type).OrderBy(group => group.Key).Select(group => (group.Count(), Kind(group.Key)));

    private static string Kind(PieceType type) =>
        type == PieceType.UserDefined ? "user-defined" : type.ToString().ToLowerInvariant();

    // Line ends and other control characters would break the listing.
    private static string Visible(string text)
    {
        if (!text.Any(char.IsControl)) return text;
        var shown = new StringBuilder();
        foreach (char c in text)
        {
            _ = c switch
            {
                '\n' => shown.Append("\\n"),
                '\r' => shown.Append("\\r"),
                '\t' => shown.Append("\\t"),
                _ when char.IsControl(c) => shown.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}"),
                _ => shown.Append(c),
            };
        }

        return shown.ToString();
    }
}
