// What resuming needs beyond the parameters, in one safetensors file: the optimizer's state, the running average, the states that lanes
// carry.

using GruLM.Formats;

namespace GruLM.Model;

public sealed unsafe partial class GruLanguageModel
{
    // Behind the optimizer's name, in the metadata: how many updates it made.
    private const string StepsSuffix = ".steps";

    /// <inheritdoc/>
    public void SaveTrainingState(string path)
    {
        var tensors = new List<NamedTensor>();
        void Add(string prefix, GruParameters set, IReadOnlyList<ParameterView> views)
        {
            foreach (ParameterView v in views) tensors.Add(NamedTensor.FromFloats(prefix + v.Name, () => set.Span(v.Name), v.Shape));
        }

        foreach (OptimizerState part in Optimizer.State) Add($"{Optimizer.Name}.{part.Name}.", part.Values, part.Views);
        if (_average is not null) Add("average.", _average.Values, Parameters.Views);
        for (int part = 0; part < Math.Max(1, _trainingStates.Count); part++)
        {
            LaneStates state = TrainingState(part);
            tensors.Add(NamedTensor.FromFloats(StateName(part), () => state.Values, _layers.Length, state.Lanes, _layers[0].PaddedHidden));
        }

        Safetensors.Write(path, tensors, new Dictionary<string, string> { [Optimizer.Name + StepsSuffix] = Optimizer.Steps.ToString() });
    }

    /// <inheritdoc/>
    public void LoadTrainingState(string path)
    {
        using var file = SafetensorsFile.Open(path);
        void Fill(string prefix, GruParameters set, IReadOnlyList<ParameterView> views)
        {
            foreach (ParameterView v in views) file.Read(file.Find(prefix + v.Name), set.Span(v.Name));
        }

        if (!file.Metadata.TryGetValue(Optimizer.Name + StepsSuffix, out string? text) || !long.TryParse(text, out long steps))
        {
            throw new InvalidDataException(
                file.Metadata.Keys.FirstOrDefault(key => key.EndsWith(StepsSuffix, StringComparison.Ordinal)) is { } key && text is null
                ? $"{path}: was written by the optimizer {key[..^StepsSuffix.Length]}, and this run's is {Optimizer.Name}: go on with {key[..^StepsSuffix.Length]}, or begin a new run from the model there"
                : $"{path}: does not say how many updates were made ({Optimizer.Name}{StepsSuffix})");
        }

        foreach (OptimizerState part in Optimizer.State) Fill($"{Optimizer.Name}.{part.Name}.", part.Values, part.Views);
        Optimizer.Steps = steps;
        if (_optimizerOptions.AverageDecay > 0 && file.TryFind("average." + Parameters.Views[0].Name, out _))
        {
            _average ??= new ParameterAverage(Parameters, _optimizerOptions.AverageDecay);
            Fill("average.", _average.Values, Parameters.Views);
        }

        for (int part = 0; part == 0 || file.TryFind(StateName(part), out _); part++)
        {
            TensorEntry saved = file.Find(StateName(part));
            if (saved.Shape.Count != 3 || saved.Shape[0] != _layers.Length || saved.Shape[2] != _layers[0].PaddedHidden)
            {
                throw new InvalidDataException($"{path}: the carried state does not fit the model");
            }

            TrainingState(part).Prepare((int)saved.Shape[1], fresh: true);
            file.Read(saved, TrainingState(part).Values);
        }
    }

    private static string StateName(int part) => part == 0 ? "state" : $"state.{part}";

    private LaneStates TrainingState(int part)
    {
        while (_trainingStates.Count <= part) _trainingStates.Add(new LaneStates(_layers.Length, _layers[0].PaddedHidden));
        return _trainingStates[part];
    }
}
