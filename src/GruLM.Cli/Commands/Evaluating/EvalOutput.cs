// The figures of grulm eval, as lines and as JSON.

using System.Globalization;
using System.Text.Json;
using GruLM.Cli.Pipes;
using GruLM.Training;

namespace GruLM.Cli.Commands;

/// <summary>Writes figures.</summary>
internal static class EvalOutput
{
    public static void Write(EvaluationFigures figures, bool isJson, StreamWriter output)
    {
        if (isJson) JsonLine.Write(output, json => WriteFields(json, figures));
        else WriteText(figures, output);
    }

    public static void Write(ModelRepeats repeats, ulong seed, bool isJson, StreamWriter output)
    {
        if (isJson) JsonLine.Write(output, json => WriteFields(json, repeats, seed));
        else WriteText(repeats, output);
    }

    private static void WriteText(EvaluationFigures figures, StreamWriter output)
    {
        EvaluationResult plain = figures.Plain;
        string line = TrainingDisplay.Figures(plain);
        output.WriteLine($"{line}  ({plain.Sums.Tokens:#,0} tokens, {plain.Bytes:#,0} bytes, {figures.Seconds:0.0} s)");
        if (figures.Adapted is { } adapted) output.WriteLine("adapting as it reads: " + TrainingDisplay.Figures(adapted));
        if (figures.Answers is { } answers) output.WriteLine($"answers wholly right: {answers.Right} of {answers.Questions}");
    }

    private static void WriteFields(Utf8JsonWriter json, EvaluationFigures figures)
    {
        json.WriteNumber("tokens", figures.Plain.Sums.Tokens);
        json.WriteNumber("bytes", figures.Plain.Bytes);
        WriteFigures(json, "", figures.Plain);
        if (figures.Adapted is { } adapted)
        {
            json.WriteBoolean("dynamic", true);
            WriteFigures(json, "dynamic_", adapted);
        }

        if (figures.Answers is { } answers)
        {
            json.WriteNumber("answers", answers.Questions);
            json.WriteNumber("answers_right", answers.Right);
        }

        json.WriteNumber("seconds", Math.Round(figures.Seconds, 3));
    }

    private static void WriteFigures(Utf8JsonWriter json, string prefix, EvaluationResult result)
    {
        WriteFinite(json, prefix + "nll", result.Sums.MeanNll);
        WriteFinite(json, prefix + "perplexity", result.Sums.Perplexity);
        WriteFinite(json, prefix + "bits_per_byte", result.BitsPerByte);
        json.WriteNumber(prefix + "token_accuracy", result.Sums.Accuracy);
    }

    // JSON has no infinity and no NaN; a model gone astray can give both.
    private static void WriteFinite(Utf8JsonWriter json, string name, double value)
    {
        if (double.IsFinite(value)) json.WriteNumber(name, value);
        else json.WriteNull(name);
    }

    private static void WriteText(ModelRepeats repeats, StreamWriter output)
    {
        output.WriteLine(Line("generated", repeats.Generated));
        if (repeats.HeldOut is { } heldOut) output.WriteLine(Line("held out", heldOut));
        if (repeats.Generated.Longest > 0) output.WriteLine($"longest copy: {Quoted(repeats.Generated.LongestText)}");
    }

    private static string Line(string name, RepeatFigures figures) => string.Create(
        CultureInfo.InvariantCulture,
        $"{name,-10} {figures.Characters,9:#,0} characters  in copies of 50 or more: {100 * figures.Share50:0.0}%  "
        + $"of 100 or more: {100 * figures.Share100:0.0}%  longest copy: {figures.Longest:#,0}");

    private static string Quoted(string text)
    {
        string onOneLine = text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal);
        return $"\"{onOneLine}\"";
    }

    private static void WriteFields(Utf8JsonWriter json, ModelRepeats repeats, ulong seed)
    {
        json.WriteNumber("seed", seed);
        json.WriteNumber("training_bytes", repeats.TrainingBytes);
        WriteFigures(json, "", repeats.Generated);
        json.WriteString("longest_copy_text", repeats.Generated.LongestText);
        if (repeats.HeldOut is { } heldOut) WriteFigures(json, "held_out_", heldOut);
    }

    private static void WriteFigures(Utf8JsonWriter json, string prefix, RepeatFigures figures)
    {
        json.WriteNumber(prefix + "characters", figures.Characters);
        json.WriteNumber(prefix + "share_in_copies_50", figures.Share50);
        json.WriteNumber(prefix + "share_in_copies_100", figures.Share100);
        json.WriteNumber(prefix + "longest_copy", figures.Longest);
    }
}
