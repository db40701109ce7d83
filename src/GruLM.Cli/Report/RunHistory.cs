// What a run left in training/: its figures from metrics.jsonl, its samples from samples.jsonl, its settings and its record. The run may
// still be at work, or may have been killed while it wrote: lines that cannot be read are counted and left out, and any file may be
// missing.

using System.Text;
using System.Text.Json;
using GruLM.Cli.Runs;
using GruLM.Training;

namespace GruLM.Cli.Report;

/// <summary>A held-out evaluation of a run.</summary>
internal readonly record struct EvaluatedStep(double Step, double Nll, double Perplexity, double BitsPerByte, double TokenAccuracy);

/// <summary>A sample of what the model wrote in training.</summary>
internal sealed record RunSample(long Step, string Prompt, string Text);

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

    /// <summary>The settings under the names of their flags, files and folders by their names alone.</summary>
    public List<(string Name, string Value)> Settings { get; } = [];

    /// <summary>What the run found when it began, in words.</summary>
    public List<(string Name, string Value)> Found { get; } = [];

    /// <summary>What could not be read, a sentence each.</summary>
    public List<string> Problems { get; } = [];

    /// <summary>The last step that was logged; 0 for none.</summary>
    public long Steps { get; private set; }

    /// <summary>Tokens trained on by then.</summary>
    public double Tokens { get; private set; }

    /// <summary>Seconds that it took.</summary>
    public double Seconds { get; private set; }

    /// <summary>Reads what is there.</summary>
    public static RunHistory Read(string modelFolder)
    {
        var history = new RunHistory();
        string training = Checkpoint.TrainingFolder(modelFolder);
        history.ReadLines(Path.Combine(training, MetricsFile.Name), history.AddMetrics);
        history.ReadLines(Path.Combine(training, TrainingSamples.Name), history.AddSample);
        history.ReadSettings(SettingsFile.PathIn(modelFolder));
        history.ReadRecord(modelFolder);
        return history;
    }

    /// <summary>A figure of metrics.jsonl by step, under its name there.</summary>
    public IReadOnlyList<(double Step, double Figure)> Figures(string name) =>
        _figures.TryGetValue(name, out List<(double Step, double Figure)>? points) ? points : [];

    private void ReadLines(string path, Action<JsonElement> add)
    {
        if (!File.Exists(path)) return;
        int damaged = 0;
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        using var reader = new StreamReader(file, Encoding.UTF8);
        bool cut = false;
        while (reader.ReadLine() is { } line)
        {
            cut = false;
            if (line.Length == 0) continue;
            try
            {
                using var json = JsonDocument.Parse(line);
                add(json.RootElement);
            }
            catch (Exception error) when (error is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
            {
                damaged++;
                cut = true;
            }
        }

        // The end of a last line that is being written is yet to come.
        if (cut && file.Length > 0)
        {
            file.Position = file.Length - 1;
            if (file.ReadByte() != '\n') damaged--;
        }

        if (damaged > 0)
        {
            Problems.Add($"{Path.GetFileName(path)}: {(damaged == 1 ? "a damaged line was" : $"{damaged} damaged lines were")} left out");
        }
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
            if (member.Name is "step") continue;
            if (member.Name is "tokens")
            {
                Tokens = Number(member.Value);
            }
            else if (member.Name is "seconds")
            {
                Seconds = Number(member.Value);
            }
            else if (_figures.TryGetValue(member.Name, out List<(double Step, double Figure)>? points))
            {
                points.Add((step, Number(member.Value)));
            }
            else
            {
                _figures[member.Name] = [(step, Number(member.Value))];
            }
        }

        double Of(string name) => line.TryGetProperty(name, out JsonElement value) ? Number(value) : double.NaN;
        if (line.TryGetProperty("val_nll", out _))
        {
            Evaluations.Add(
                new EvaluatedStep(step, Of("val_nll"), Of("val_perplexity"), Of("val_bits_per_byte"), Of("val_token_accuracy")));
        }
    }

    private void AddSample(JsonElement line) =>
        Samples.Add(
        new RunSample(line.GetProperty("step").GetInt64(), line.GetProperty("prompt").GetString() ?? "",
        line.GetProperty("text").GetString() ?? ""));

    private void ReadSettings(string path)
    {
        if (!File.Exists(path)) return;
        try
        {
            using var json = JsonDocument.Parse(File.ReadAllBytes(path));
            foreach (JsonProperty setting in json.RootElement.EnumerateObject())
            {
                Func<string, string> shown = SettingsFile.Paths.Contains(setting.Name)
                    ? RunReport.NameOf
                    : text => text.Replace("\n", "⏎", StringComparison.Ordinal);
                string value = setting.Value.ValueKind switch
                {
                    JsonValueKind.Array => string.Join(", ", setting.Value.EnumerateArray().Select(element => shown(element.ToString()))),
                    JsonValueKind.String => shown(setting.Value.GetString()!),
                    JsonValueKind.True => "yes",
                    JsonValueKind.False => "no",
                    _ => setting.Value.GetRawText(),
                };
                Settings.Add((setting.Name, value));
            }
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            Problems.Add($"{Path.GetFileName(path)} is damaged");
        }
    }

    private void ReadRecord(string modelFolder)
    {
        try
        {
            if (RunRecord.Read(modelFolder) is not { } record) return;
            Found.Add(("training text", FormattableString.Invariant($"{record.Training.Bytes:#,0} bytes")));
            Found.Add(
                ("held-out text", record.HeldOut.Bytes == 0 ? "none" : FormattableString.Invariant($"{record.HeldOut.Bytes:#,0} bytes")));
            Found.Add(("trained with", $"grulm {record.Version}, {record.Kernels}"));
        }
        catch (InvalidDataException)
        {
            Problems.Add("run.json is damaged");
        }
    }

    // A figure that was not finite stands as null.
    private static double Number(JsonElement value) => value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out double number)
        ? number
        : double.NaN;
}
