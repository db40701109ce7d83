// What grulm train --minutes N trains when nobody says how: the largest preset that reads enough in that time. How fast it reads is
// measured here, on made-up tokens; how much is enough was found by experiment (SPEED.md). Left out on purpose: texts whose length nobody
// can tell beforehand (standard input).
using System.CommandLine;
using GruLM.Corpus;
using GruLM.Kernels;
using GruLM.Model;
using GruLM.Training;

namespace GruLM.Cli;

internal static class TimedPreset
{
    // Largest first; the last is for everyone else.
    private static readonly Candidate[] s_forPieces = [new("medium", 2048, 10e6, 2e6), new("small", 2048, 1.5e6, 0),
        new("tiny", 2048, 0, 0)];
    private static readonly Candidate[] s_forCharacters = [new("shakespeare-char", 96, 2e6, 0), new("shakespeare-char-quick", 96, 0, 0)];

    // Passes over a short text after which none of them gets better.
    private const double MostEpochs = 7;

    private const double BytesAPiece = 3.3;
    private const double UnpackedForPacked = 3;
    private const double SecondsToMeasure = 0.5;

    /// <summary>The preset for this command line; null where it is not wanted: something was said about sizes or learning, or about no
    /// time. Of presets that the command line names, <paramref name="named"/>, only the one for characters has a faster one beside it that
    /// learns more in little time.</summary>
    public static string? Choose(ParseResult flags, string? named)
    {
        if (named is not null && named != s_forCharacters[0].Preset) return null;
        if (flags.CommandResult.Command.Name != "train" || !Given("--minutes") || Given("--init-from")
            || flags.GetValue<double?>("--minutes") is not { } minutes)
        {
            return null;
        }

        bool characters = named is not null || flags.GetValue<string>("--model-type") == "char";
        Candidate[] candidates = characters ? s_forCharacters : s_forPieces;
        IEnumerable<string> ofPresets = s_forPieces.Concat(s_forCharacters).SelectMany(c => Preset.FlagsOf(c.Preset))
            .Where(f => f != "--model-type" && !Preset.SaysLength(f));
        if (ofPresets.Any(f => Given(f) || Given(ConfigFile.Opposite(f)))) return null;
        if (Bytes(flags.GetValue<string[]>("--data") ?? []) is not { } bytes) return null;
        double tokens = (1 - (Given("--val-data") ? 0 : flags.GetValue<double>("--val-fraction"))) * bytes / (characters ? 1 : BytesAPiece);
        using var compute = Compute.Create(flags.GetValue<int?>("--threads") ?? 0,
            Flags.PrecisionOf(flags.GetValue<string>("--precision")!));
        return candidates.First(
            c => c.Reads == 0
            || (tokens >= c.Text && 60 * minutes * TokensPerSecond(c, compute) >= Math.Min(c.Reads, MostEpochs * tokens))).Preset;

        bool Given(string name) => flags.CommandResult.Command.Options.FirstOrDefault(o => o.Name == name) is { } option
            && flags.Given(option);
    }

    private static double? Bytes(string[] names)
    {
        if (names.Length == 0 || names.Contains(CorpusFiles.StandardInput)) return null;
        try
        {
            return CorpusFiles.Find(names).Sum(file => new FileInfo(file).Length * (CorpusFiles.IsPacked(file) ? UnpackedForPacked : 1));
        }
        catch (Exception error) when (error is IOException or InvalidDataException or ArgumentException)
        {
            // Training says the same, and better.
            return null;
        }
    }

    private static double TokensPerSecond(Candidate candidate, Compute compute)
    {
        int Number(string name) => int.Parse(Preset.ValueOf(candidate.Preset, name), System.Globalization.CultureInfo.InvariantCulture);
        (int lanes, int steps, int hidden, int embedding) = (Number("--batch-size"), Number("--bptt"), Number("--hidden-dim"),
            Number("--emb-dim"));
        var config = new GruConfig
        {
            VocabSize = candidate.Vocabulary,
            EmbeddingDim = embedding,
            HiddenDim = hidden,
            NumLayers = Number("--num-layers"),
            TieWeights = embedding == hidden
        };
        OptimizerOptions optimizer = Preset.FlagsOf(candidate.Preset).Contains("--optimizer") ? new MuonOptions() : new AdamWOptions();
        return SpeedMeasurement.TokensPerSecond(config, optimizer, steps, lanes, compute, SecondsToMeasure);
    }

    // Worth its time from so many tokens read on, on texts of so many.
    private sealed record Candidate(string Preset, int Vocabulary, double Reads, double Text);
}
