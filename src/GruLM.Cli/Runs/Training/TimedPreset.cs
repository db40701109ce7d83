// What grulm train --minutes N trains when no flag says how: the largest preset that reads enough in that time. How fast it reads is
// measured here, on made-up tokens; how much is enough was found by experiment (SPEED.md). Left out on purpose: texts whose length nobody
// can tell beforehand (standard input).
using System.CommandLine;
using System.Globalization;
using GruLM.Corpus;
using GruLM.Kernels;
using GruLM.Model;
using GruLM.Training;

namespace GruLM.Cli;

internal static class TimedPreset
{
    // Largest first; the last is for everyone else.
    private static readonly Candidate[] s_forPieces =
    [
        new("medium", VocabSize: 2048, MinTokensRead: 10e6, MinTokensOfText: 2e6),
        new("small", VocabSize: 2048, MinTokensRead: 1.5e6, MinTokensOfText: 0),
        new("tiny", VocabSize: 2048, MinTokensRead: 0, MinTokensOfText: 0),
    ];
    private static readonly Candidate[] s_forCharacters =
    [
        new("shakespeare-char", VocabSize: 96, MinTokensRead: 2e6, MinTokensOfText: 0),
        new("shakespeare-char-quick", VocabSize: 96, MinTokensRead: 0, MinTokensOfText: 0),
    ];

    // Passes over a short text after which none of them gets better.
    private const double MaxEpochs = 7;

    private const double BytesPerPiece = 3.3;
    private const double UnpackedBytesPerPacked = 3;
    private const double SecondsToMeasure = 0.5;

    /// <summary>The preset for this command line; null where none is wanted: flags set sizes or learning, or no time was given. Of presets
    /// that the command line names, <paramref name="named"/>, only the one for characters has a faster one beside it that learns more in
    /// little time.</summary>
    public static string? Choose(ParseResult flags, string? named)
    {
        if (named is not null && named != s_forCharacters[0].Preset) return null;
        if (flags.CommandResult.Command.Name != "train" || !flags.Given("--minutes") || flags.Given("--init-from")) return null;
        if (flags.GetValue<double?>("--minutes") is not { } minutes || SetsWhatPresetsSet(flags)) return null;
        if (TextBytes(flags.GetValue<string[]>("--data") ?? []) is not { } bytes) return null;
        bool characters = named is not null || flags.GetValue<string>("--model-type") == "char";
        double heldOut = flags.Given("--val-data") ? 0 : flags.GetValue<double>("--val-fraction");
        double tokens = (1 - heldOut) * bytes / (characters ? 1 : BytesPerPiece);
        Precision precision = Flags.PrecisionOf(flags.GetValue<string>("--precision")!);
        using var compute = Compute.Create(flags.GetValue<int?>("--threads") ?? 0, precision);
        Candidate[] candidates = characters ? s_forCharacters : s_forPieces;
        return candidates.First(candidate => ReadsEnough(candidate, tokens, 60 * minutes, compute)).Preset;
    }

    private static bool ReadsEnough(Candidate candidate, double tokens, double seconds, Compute compute) =>
        candidate.MinTokensRead == 0
        || (tokens >= candidate.MinTokensOfText
            && seconds * TokensPerSecond(candidate, compute) >= Math.Min(candidate.MinTokensRead, MaxEpochs * tokens));

    // Whether the command line sets sizes or learning itself. The kind of tokenizer chooses among presets, and length is no such setting.
    private static bool SetsWhatPresetsSet(ParseResult flags) => s_forPieces.Concat(s_forCharacters)
        .SelectMany(candidate => Preset.FlagsOf(candidate.Preset))
        .Where(flag => flag != "--model-type" && !Preset.IsLengthFlag(flag))
        .Any(flags.GivenEitherWay);

    private static double? TextBytes(string[] names)
    {
        if (names.Length == 0 || names.Contains(CorpusFiles.StandardInput)) return null;
        try
        {
            return CorpusFiles.Find(names).Sum(BytesOf);
        }
        catch (Exception error) when (error is IOException or InvalidDataException or ArgumentException)
        {
            // Training reports the same, and better.
            return null;
        }
    }

    private static double BytesOf(string file) =>
        new FileInfo(file).Length * (CorpusFiles.IsPacked(file) ? UnpackedBytesPerPacked : 1);

    private static double TokensPerSecond(Candidate candidate, Compute compute)
    {
        int embedding = Number("--emb-dim"), hidden = Number("--hidden-dim");
        var config = new GruConfig
        {
            VocabSize = candidate.VocabSize,
            EmbeddingDim = embedding,
            HiddenDim = hidden,
            NumLayers = Number("--num-layers"),
            TieWeights = embedding == hidden,
        };
        OptimizerOptions optimizer = Preset.FlagsOf(candidate.Preset).Contains("--optimizer") ? new MuonOptions() : new AdamWOptions();
        return SpeedMeasurement.TokensPerSecond(
            config, optimizer, Number("--bptt"), Number("--batch-size"), compute, SecondsToMeasure);

        int Number(string flag) => int.Parse(Preset.ValueOf(candidate.Preset, flag), CultureInfo.InvariantCulture);
    }

    /// <summary>A preset and when it is worth its time.</summary>
    /// <param name="Preset">Its name.</param>
    /// <param name="VocabSize">The vocabulary that its speed is measured with.</param>
    /// <param name="MinTokensRead">How many tokens it must get to read in the time.</param>
    /// <param name="MinTokensOfText">How many tokens the text must have.</param>
    private sealed record Candidate(string Preset, int VocabSize, double MinTokensRead, double MinTokensOfText);
}
