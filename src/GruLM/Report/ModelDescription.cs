// What a model folder holds, without what it takes to compute with it: sizes, tensors, tokenizer, checkpoints; as figures, and in words.

using System.Globalization;
using GruLM.Kernels;
using GruLM.Model;
using GruLM.Tokenization;
using GruLM.Training;

namespace GruLM.Report;

/// <summary>A model folder, described. Immutable and safe for several threads.</summary>
public sealed record ModelDescription
{
    /// <summary>The name of the fact that a run's page has elsewhere.</summary>
    internal const string BestFigure = "best figure";

    private ModelDescription()
    {
    }

    /// <summary>The folder, as it was given.</summary>
    public required string Folder { get; init; }

    /// <summary>The architecture.</summary>
    public required GruConfig Config { get; init; }

    /// <summary>What it was trained on.</summary>
    public required SampleKind Samples { get; init; }

    /// <summary>Every tensor with its name and shape, in file order.</summary>
    public required IReadOnlyList<ParameterView> Tensors { get; init; }

    /// <summary>Its tokenizer.</summary>
    public required Tokenizer Tokenizer { get; init; }

    /// <summary>The checkpoints of its training that are still there, newest first: the updates until then, and the folder.</summary>
    public required IReadOnlyList<(long Step, string Folder)> Checkpoints { get; init; }

    /// <summary>What computed when its training began, in words; null where that is not recorded.</summary>
    public string? Device { get; private init; }

    // The best figures on held-out text that the training has recorded, and their step; null where none are.
    private EvaluatedStep? Best { get; init; }

    /// <summary>Number of parameters.</summary>
    public long ParameterCount => Tensors.Sum(tensor => tensor.Length);

    /// <summary>Reads a model folder, its weights included, so that what is described is known to be whole.</summary>
    /// <exception cref="IOException">The folder or one of its files is missing or cannot be read.</exception>
    /// <exception cref="InvalidDataException">A file is damaged, or the files do not belong together.</exception>
    public static ModelDescription Read(string folder)
    {
        ArgumentNullException.ThrowIfNull(folder);
        FolderSwitch.Settle(folder);
        (GruParameters parameters, SampleKind samples) = ModelFile.Load(folder);
        using (parameters)
        {
            return new ModelDescription
            {
                Folder = folder,
                Config = parameters.Config,
                Samples = samples,
                Tensors = parameters.Views,
                Tokenizer = Tokenizer.Load(Path.Combine(folder, ModelFolder.TokenizerName)),
                Checkpoints = Checkpoint.Find(new RunLayout(folder).Training),
                Device = RecordedDevice(folder),
                Best = RunHistory.IsIn(folder) ? PageParts.Best(RunHistory.Read(folder)) : null,
            };
        }
    }

    /// <summary>What layers have besides the GRU, in words, each with a comma before it; empty for plain layers.</summary>
    public static string LayerExtras(GruConfig config)
    {
        ArgumentNullException.ThrowIfNull(config);
        string norm = config.LayerNorm ? ", layer-normalised" : "";
        string residual = config.Residual ? ", residual" : "";
        return norm + residual;
    }

    /// <summary>What a person wants to know first, in words, in the order in which it is shown. One of the facts is about this machine: the
    /// kernels that would be used here.</summary>
    public IReadOnlyList<(string Name, string Value)> Facts()
    {
        string kilobytes = Number(ParameterCount * sizeof(float) / 1024);
        List<(string Name, string Value)> facts =
        [
            ("architecture", Architecture()),
            ("parameters", $"{Number(ParameterCount)} ({kilobytes} KB as float32)"),
            ("dropout", Config.Dropout.ToString(CultureInfo.InvariantCulture)),
            ("trained on", Samples == SampleKind.Lines ? "lines" : "a stream"),
            ("tokenizer", TokenizerInWords()),
            ("kernels here", Kernels()),
        ];
        if (Device is not null) facts.Add(("begun on", Device));
        if (Checkpoints.Count > 0)
        {
            string names = string.Join(", ", Checkpoints.Select(checkpoint => Path.GetFileName(checkpoint.Folder)));
            facts.Add(("training", $"{Number(Checkpoints[0].Step)} steps; checkpoints: {names}"));
        }

        if (Best is { } best) facts.Add((BestFigure, Figure(best)));
        return facts;
    }

    private static string Figure(EvaluatedStep best) => string.Create(
        CultureInfo.InvariantCulture,
        $"{best.BitsPerByte:0.0000} bits/byte of held-out text, at step {best.Step:#,0} (perplexity {best.Perplexity:0.00})");

    // What a damaged record says is not needed for anything here.
    private static string? RecordedDevice(string folder)
    {
        try
        {
            return RunRecord.Read(new RunLayout(folder).Record)?.Device;
        }
        catch (InvalidDataException)
        {
            return null;
        }
    }

    // The path and the precision that training would take here unless another is named, and what else there is.
    private static string Kernels()
    {
        string path = KernelChoice.Default().ToString().ToLowerInvariant();
        if (KernelChoice.UsesBf16(Precision.Auto)) return $"{path}, bf16 on {Bf16Machine.Description}";
        return KernelChoice.UsesBf16(Precision.Bf16)
            ? $"{path}, fp32 (bf16 on {Bf16Machine.Description} where it is asked for)"
            : $"{path}, fp32 (no bf16: {KernelChoice.WhyNoBf16})";
    }

    private static string Number(long value) => value.ToString("#,0", CultureInfo.InvariantCulture);

    private string Architecture()
    {
        string tying = Config.TieWeights ? "tied to the embedding" : "untied";
        string vocabulary = Number(Config.VocabSize), extras = LayerExtras(Config);
        return $"embedding {Config.EmbeddingDim} → GRU {Config.NumLayers} x {Config.HiddenDim} → "
            + $"output {vocabulary} ({tying}{extras})";
    }

    private string TokenizerInWords()
    {
        string kind = Tokenizer.Model.ModelType.ToString().ToLowerInvariant(), pieces = Number(Tokenizer.VocabSize);
        string ids = $"unk {Tokenizer.UnkId}, bos {Tokenizer.BosId}, eos {Tokenizer.EosId}, pad {Tokenizer.PadId}";
        return $"{kind}, {pieces} pieces ({ids})";
    }
}
