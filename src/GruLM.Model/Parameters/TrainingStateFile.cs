// What resuming needs beyond the parameters, in one safetensors file: the optimizer's state, the running average, the states that lanes
// carry. Where a run stands is not here but in the checkpoint's position.json.

using GruLM.Formats;

namespace GruLM.Model;

/// <summary>training.safetensors of a checkpoint.</summary>
internal sealed class TrainingStateFile : IDisposable
{
    // Behind the optimizer's name, in the metadata: how many updates it made.
    private const string StepsSuffix = ".steps";
    private const string AveragePrefix = "average.";

    private readonly string _path;
    private readonly SafetensorsFile _file;

    private TrainingStateFile(string path)
    {
        _path = path;
        _file = SafetensorsFile.Open(path);
    }

    /// <summary>Writes all of it, whole or not at all. There is no <paramref name="average"/> where none is kept.</summary>
    public static void Write(string path, Optimizer optimizer, ParameterAverage? average, IReadOnlyList<LaneStates> states)
    {
        var tensors = new List<NamedTensor>();
        foreach (OptimizerState part in optimizer.State) tensors.AddRange(Tensors(Prefix(optimizer, part), part.Values, part.Views));
        if (average is not null) tensors.AddRange(Tensors(AveragePrefix, average.Values, average.Values.Views));
        for (int part = 0; part < states.Count; part++)
        {
            LaneStates state = states[part];
            tensors.Add(NamedTensor.FromFloats(StateName(part), () => state.Values, state.Layers, state.Lanes, state.PaddedHidden));
        }

        Safetensors.Write(path, tensors, new Dictionary<string, string> { [optimizer.Name + StepsSuffix] = optimizer.Steps.ToString() });
    }

    /// <summary>Opens a file. Throws what <see cref="SafetensorsFile.Open"/> throws.</summary>
    public static TrainingStateFile Open(string path) => new(path);

    /// <summary>Whether a running average was kept.</summary>
    public bool HasAverage(GruParameters parameters) => _file.TryFind(AveragePrefix + parameters.Views[0].Name, out _);

    /// <summary>Whether there are states of part <paramref name="part"/> of a batch.</summary>
    public bool HasState(int part) => _file.TryFind(StateName(part), out _);

    /// <summary>Reads an optimizer's state. Throws <see cref="InvalidDataException"/> when another kind of optimizer wrote it.</summary>
    public void Read(Optimizer optimizer)
    {
        if (!_file.Metadata.TryGetValue(optimizer.Name + StepsSuffix, out string? text) || !long.TryParse(text, out long steps))
        {
            throw NotWrittenBy(optimizer, text);
        }

        foreach (OptimizerState part in optimizer.State) Fill(Prefix(optimizer, part), part.Values, part.Views);
        optimizer.Steps = steps;
    }

    /// <summary>Reads the running average.</summary>
    public void Read(ParameterAverage average) => Fill(AveragePrefix, average.Values, average.Values.Views);

    /// <summary>Reads the states of one part of a batch. Throws <see cref="InvalidDataException"/> when they are another model's.</summary>
    public void Read(int part, LaneStates state)
    {
        TensorEntry saved = _file.Find(StateName(part));
        if (saved.Shape.Count != 3 || saved.Shape[0] != state.Layers || saved.Shape[2] != state.PaddedHidden)
        {
            throw new InvalidDataException($"{_path}: the carried state does not fit the model");
        }

        state.Prepare((int)saved.Shape[1], fresh: true);
        FiniteNumbers.Read(_file, saved, state.Values);
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();

    private static IEnumerable<NamedTensor> Tensors(string prefix, GruParameters set, IReadOnlyList<ParameterView> views) =>
        views.Select(v => NamedTensor.FromFloats(prefix + v.Name, () => set.Span(v.Name), v.Shape));

    private static string Prefix(Optimizer optimizer, OptimizerState part) => $"{optimizer.Name}.{part.Name}.";

    private static string StateName(int part) => part == 0 ? "state" : $"state.{part}";

    private void Fill(string prefix, GruParameters set, IReadOnlyList<ParameterView> views)
    {
        foreach (ParameterView view in views) FiniteNumbers.Read(_file, _file.Find(prefix + view.Name), set.Span(view.Name));
    }

    private InvalidDataException NotWrittenBy(Optimizer optimizer, string? steps)
    {
        string? key = _file.Metadata.Keys.FirstOrDefault(key => key.EndsWith(StepsSuffix, StringComparison.Ordinal));
        if (key is null || steps is not null)
        {
            return new InvalidDataException($"{_path}: does not say how many updates were made ({optimizer.Name}{StepsSuffix})");
        }

        string writer = key[..^StepsSuffix.Length];
        return new InvalidDataException(
            $"{_path}: was written by the optimizer {writer}, and this run's is {optimizer.Name}: go on with {writer}, "
            + "or begin a new run from the model there");
    }
}
