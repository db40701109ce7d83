// grulm tokenizer show: what a .model file holds.
using System.Globalization;
using System.Text;
using GruLM.Cli.Pipes;
using GruLM.Tokenization;

namespace GruLM.Cli.Runs;

/// <summary>Runs <c>grulm tokenizer show</c>.</summary>
internal static class TokenizerShowRun
{
    private const int Column = 32;

    public static int Run(string place, bool pieces, bool json, TextWriter output)
    {
        Tokenizer tokenizer = TokenizerRun.Load(place);
        string path = ModelFolder.TokenizerPath(place);
        if (json)
        {
            WriteJson(path, tokenizer, pieces, output);
        }
        else if (pieces)
        {
            WritePieces(tokenizer.Model, output);
        }
        else
        {
            WriteText(path, tokenizer, output);
        }

        return ExitCode.Done;
    }

    private static void WriteText(string path, Tokenizer tokenizer, TextWriter output)
    {
        SentencePieceModel model = tokenizer.Model;
        void Line(string name, string value) => output.WriteLine($"{name.PadRight(Column)}{value}");
        Line("file", path);
        Line("pieces",
            string.Create(
            CultureInfo.InvariantCulture,
            $"{model.Count:#,0}, of them {string.Join(", ", Kinds(model).Select(k => $"{k.Count} {k.Kind}"))}"));
        Line("unk, bos, eos, pad", $"{tokenizer.UnkId}, {tokenizer.BosId}, {tokenizer.EosId}, {tokenizer.PadId}");
        output.WriteLine();
        foreach ((string? name, string? value) in model.Settings)
        {
            Line(name, Visible(value));
        }

        if (model.SelfTestSamples.Count > 0)
        {
            output.WriteLine();
        }

        foreach ((string? input, string? expected) in model.SelfTestSamples)
        {
            output.WriteLine("sample  " + Visible(input));
            output.WriteLine("     →  " + Visible(expected));
        }
    }

    private static void WritePieces(SentencePieceModel model, TextWriter output)
    {
        for (int id = 0; id < model.Count; id++)
        {
            output.WriteLine(
                string.Create(CultureInfo.InvariantCulture, $"{id}\t{Visible(model[id].Text)}\t{model[id].Score}\t{Kind(model[id].Type)}"));
        }
    }

    private static void WriteJson(string path, Tokenizer tokenizer, bool pieces, TextWriter output) => JsonLine.Write(output, w =>
    {
        SentencePieceModel model = tokenizer.Model;
        w.WriteString("file", path);
        w.WriteString("model_type", model.ModelType.ToString().ToLowerInvariant());
        w.WriteNumber("vocab_size", model.Count);
        w.WriteNumber("unk_id", tokenizer.UnkId);
        w.WriteNumber("bos_id", tokenizer.BosId);
        w.WriteNumber("eos_id", tokenizer.EosId);
        w.WriteNumber("pad_id", tokenizer.PadId);
        w.WriteStartObject("settings");
        foreach (IGrouping<string, KeyValuePair<string, string>> group in model.Settings.GroupBy(setting => setting.Key))
        {
            if (group.Count() == 1)
            {
                w.WriteString(group.Key, group.First().Value);
            }
            else
            {
                w.WriteStartArray(group.Key);
                foreach (KeyValuePair<string, string> setting in group)
                {
                    w.WriteStringValue(setting.Value);
                }

                w.WriteEndArray();
            }
        }

        w.WriteEndObject();
        w.WriteStartArray("samples");
        foreach ((string? input, string? expected) in model.SelfTestSamples)
        {
            w.WriteStartObject();
            w.WriteString("input", input);
            w.WriteString("pieces", expected);
            w.WriteEndObject();
        }

        w.WriteEndArray();
        if (!pieces)
        {
            return;
        }

        w.WriteStartArray("pieces");
        foreach (Piece piece in model.Pieces)
        {
            w.WriteStartObject();
            w.WriteString("piece", piece.Text);
            w.WriteNumber("score", piece.Score);
            w.WriteString("type", Kind(piece.Type));
            w.WriteEndObject();
        }

        w.WriteEndArray();
    });

    private static IEnumerable<(int Count, string Kind)> Kinds(SentencePieceModel model) =>
        model.Pieces.GroupBy(piece => piece.Type).OrderBy(group => group.Key).Select(group => (group.Count(), Kind(group.Key)));

    private static string Kind(PieceType type) => type switch
    {
        PieceType.UserDefined => "user-defined",
        _ => type.ToString().ToLowerInvariant(),
    };

    // Line ends and other controls would tear the page apart.
    private static string Visible(string text)
    {
        if (!text.Any(char.IsControl))
        {
            return text;
        }

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
