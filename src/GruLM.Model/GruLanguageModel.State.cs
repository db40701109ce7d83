// What resuming needs beyond the parameters, in one safetensors file: the optimizer's moments, the running average, the states that lanes carry.

using GruLM.Formats;

namespace GruLM.Model;

public sealed unsafe partial class GruLanguageModel
{
    /// <inheritdoc/>
    public void SaveTrainingState(string path)
    {
        var tensors = new List<NamedTensor>();
        void Add(string prefix, GruParameters set)
        {
            foreach (var v in set.Views) tensors.Add(NamedTensor.FromFloats(prefix + v.Name, () => set.Span(v.Name), v.Shape));
        }

        Add("adamw.m.", Optimizer.FirstMoment);
        Add("adamw.v.", Optimizer.SecondMoment);
        if (average is not null) Add("average.", average.Values);
        for (int part = 0; part < Math.Max(1, trainingStates.Count); part++)
        {
            var state = TrainingState(part);
            tensors.Add(NamedTensor.FromFloats(StateName(part), () => state.Values, layers.Length, state.Lanes, layers[0].PaddedHidden));
        }

        Safetensors.Write(path, tensors, new Dictionary<string, string> { ["adamw.steps"] = Optimizer.Steps.ToString() });
    }

    /// <inheritdoc/>
    public void LoadTrainingState(string path)
    {
        using var file = SafetensorsFile.Open(path);
        void Fill(string prefix, GruParameters set)
        {
            foreach (var v in set.Views) file.Read(file.Find(prefix + v.Name), set.Span(v.Name));
        }

        if (!file.Metadata.TryGetValue("adamw.steps", out var text) || !long.TryParse(text, out long steps))
            throw new InvalidDataException($"{path}: does not say how many updates were made (adamw.steps)");
        Fill("adamw.m.", Optimizer.FirstMoment);
        Fill("adamw.v.", Optimizer.SecondMoment);
        Optimizer.Steps = steps;
        if (optimizerOptions.AverageDecay > 0 && file.TryFind("average." + Parameters.Views[0].Name, out _))
        {
            average ??= new ParameterAverage(Parameters, optimizerOptions.AverageDecay);
            Fill("average.", average.Values);
        }

        for (int part = 0; part == 0 || file.TryFind(StateName(part), out _); part++)
        {
            var saved = file.Find(StateName(part));
            if (saved.Shape.Count != 3 || saved.Shape[0] != layers.Length || saved.Shape[2] != layers[0].PaddedHidden)
                throw new InvalidDataException($"{path}: the carried state does not fit the model");
            TrainingState(part).Prepare((int)saved.Shape[1], fresh: true);
            file.Read(saved, TrainingState(part).Values);
        }
    }

    private static string StateName(int part) => part == 0 ? "state" : $"state.{part}";

    private LaneStates TrainingState(int part)
    {
        while (trainingStates.Count <= part) trainingStates.Add(new LaneStates(layers.Length, layers[0].PaddedHidden));
        return trainingStates[part];
    }
}
