// What a run left in training/: its figures from metrics.jsonl, its samples from samples.jsonl, its settings and its record. The run may
// still be at work, or may have been killed while it wrote: lines that cannot be read are counted and left out, and any file may be
// missing.

using System.Globalization;
using System.Text;
using System.Text.Json;
using GruLM.Formats;

namespace GruLM.Report;

/// <summary>The history of a run.</summary>
internal sealed class RunHistory
{
    private readonly Dictionary<string, List<(double Step, double Figure)>> _figures = [];

    private RunHistory()
    {
    }

    /// <summary>Evaluations in the order of their steps.</summary>
    public List<EvaluatedStep> Evaluations { get; } = [];

    /// <summary>Samples in the order of their steps.</summary>
    public List<RunSample> Samples { get; } = [];

    /// <summary>Notices, such as skipped steps.</summary>
    public List<(long Step, string Text)> Notices { get; } = [];

    /// <summary>Held-out tokens that an evaluation in training read at most; 0: all.</summary>
    public long EvalTokens { get; private set; }

    /// <summary>The settings under the names that settings.json has, files and folders by their names alone.</summary>
    public List<(string Name, string Value)> Settings { get; } = [];

    /// <summary>What the run found when it began, in words.</summary>
    public List<(string Name, string Value)> Facts { get; } = [];

    /// <summary>What could not be read, a sentence each.</summary>
    public List<string> Problems { get; } = [];

    /// <summary>The last step that was logged; 0 for none.</summary>
    public long Steps { get; private set; }

    /// <summary>Tokens trained on by then.</summary>
    public double Tokens { get; private set; }

    /// <summary>Seconds that it took.</summary>
    public double Seconds { get; private set; }

    /// <summary>Whether a run has begun in this folder.</summary>
    public static bool IsIn(string modelFolder) => File.Exists(new RunLayout(modelFolder).Settings);

    /// <summary>Reads what is there.</summary>
    public static RunHistory Read(string modelFolder)
    {
        var history = new RunHistory();
        var layout = new RunLayout(modelFolder);
        history.ReadLines(layout.Metrics, history.AddMetrics);
        history.ReadLines(layout.Samples, history.AddSample);
        history.ReadSettings(layout.Settings);
        history.ReadRecord(layout.Record);
        return history;
    }

    /// <summary>A figure of metrics.jsonl by step, under its name there.</summary>
    public IReadOnlyList<(double Step, double Figure)> Figures(string name) =>
        _figures.TryGetValue(name, out List<(double Step, double Figure)>? points) ? points : [];

    private void ReadLines(string path, Action<JsonElement> add)
    {
        if (!File.Exists(path)) return;
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        using var reader = new StreamReader(file, Encoding.UTF8);
        int damaged = 0;
        bool lastIsDamaged = false;
        while (reader.ReadLine() is { } line)
        {
            lastIsDamaged = line.Length > 0 && !TryAdd(line, add);
            if (lastIsDamaged) damaged++;
        }

        // The end of a last line that is being written is yet to come.
        if (lastIsDamaged && !EndsWithLineEnd(file)) damaged--;
        if (damaged == 0) return;
        string lines = damaged == 1 ? "a damaged line was" : $"{damaged} damaged lines were";
        Problems.Add($"{Path.GetFileName(path)}: {lines} left out");
    }

    private static bool TryAdd(string line, Action<JsonElement> add)
    {
        try
        {
            using var json = JsonDocument.Parse(line);
            add(json.RootElement);
            return true;
        }
        catch (Exception error) when (error is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            return false;
        }
    }

    private static bool EndsWithLineEnd(FileStream file)
    {
        if (file.Length == 0) return true;
        file.Position = file.Length - 1;
        return file.ReadByte() == '\n';
    }

    private void AddMetrics(JsonElement line)
    {
        long step = line.GetProperty("step").GetInt64();
        if (line.TryGetProperty("notice", out JsonElement notice))
        {
            Notices.Add((step, notice.GetString() ?? ""));
            return;
        }

        Steps = Math.Max(Steps, step);
        foreach (JsonProperty member in line.EnumerateObject())
        {
            switch (member.Name)
            {
                case "step":
                    break;
                case "tokens":
                    Tokens = Number(member.Value);
                    break;
                case "seconds":
                    Seconds = Number(member.Value);
                    break;
                default:
                    AddFigure(member.Name, step, Number(member.Value));
                    break;
            }
        }

        if (line.TryGetProperty("val_nll", out _)) Evaluations.Add(Evaluation(step, line));
    }

    private void AddFigure(string name, long step, double figure)
    {
        if (_figures.TryGetValue(name, out List<(double Step, double Figure)>? points)) points.Add((step, figure));
        else _figures[name] = [(step, figure)];
    }

    private static EvaluatedStep Evaluation(long step, JsonElement line)
    {
        return new EvaluatedStep(
            step, Figure("val_nll"), Figure("val_perplexity"), Figure("val_bits_per_byte"), Figure("val_token_accuracy"));

        double Figure(string name) => line.TryGetProperty(name, out JsonElement value) ? Number(value) : double.NaN;
    }

    private void AddSample(JsonElement line) => Samples.Add(new RunSample(
        line.GetProperty("step").GetInt64(), line.GetProperty("prompt").GetString() ?? "", line.GetProperty("text").GetString() ?? ""));

    private void ReadSettings(string path)
    {
        if (!File.Exists(path)) return;
        try
        {
            using var json = JsonDocument.Parse(JsonBytes.Read(path));
            List<(string Name, string Value)> read = [.. json.RootElement.EnumerateObject().Select(one => (one.Name, InWords(one)))];
            EvalTokens = read.Where(one => one.Name == "eval-tokens").Select(one => one.Value).FirstOrDefault() is { } text
                && long.TryParse(text, CultureInfo.InvariantCulture, out long tokens) ? tokens : 0;
            Settings.AddRange(SettingsInWords.Of(read));
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            Problems.Add($"{Path.GetFileName(path)} is damaged");
        }
    }

    private static string InWords(JsonProperty setting)
    {
        bool isPath = SettingsTable.Named(setting.Name)?.IsPath == true;
        JsonElement value = setting.Value;
        return value.ValueKind switch
        {
            JsonValueKind.Array => string.Join(", ", value.EnumerateArray().Select(element => Text(element.ToString()))),
            JsonValueKind.String => Text(value.GetString()!),
            JsonValueKind.True => "yes",
            JsonValueKind.False => "no",
            _ => value.GetRawText(),
        };

        string Text(string text) => isPath ? PageParts.NameOf(text) : text.Replace("\n", "⏎", StringComparison.Ordinal);
    }

    private void ReadRecord(string path)
    {
        try
        {
            if (RunRecord.Read(path) is not { } record) return;
            Facts.Add(("training text", Bytes(record.Training)));
            Facts.Add(("held-out text", record.HeldOut.Bytes == 0 ? "none" : Bytes(record.HeldOut)));
            Facts.Add(("trained with", $"grulm {record.Version}, {record.Kernels}"));
        }
        catch (InvalidDataException)
        {
            Problems.Add($"{Path.GetFileName(path)} is damaged");
        }

        static string Bytes(TextRecord text) => $"{PageParts.Number(text.Bytes)} bytes";
    }

    // A figure that was not finite stands as null.
    private static double Number(JsonElement value) =>
        value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out double number) ? number : double.NaN;
}
