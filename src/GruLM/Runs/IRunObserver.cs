// Who is told of a training run: what is prepared, how the training goes, what the model writes.

using GruLM.Training;

namespace GruLM;

/// <summary>Is told of a run, on the thread that runs it. Whoever needs only some of it leaves the rest out.</summary>
public interface IRunObserver : IProgressObserver, ITrainingObserver
{
    /// <summary>Text, tokenizer and model are ready; the number of steps may still follow from the time that there is.</summary>
    void OnPrepared(RunPlan plan)
    {
    }

    /// <summary>The number of steps is known, as well as it can be, and the run is about to begin.</summary>
    void OnPlanned(RunPlan plan)
    {
    }

    /// <summary>A short text by the model in training (<see cref="TrainingSettings.SampleEvery"/>).</summary>
    void OnSample(TrainingSample sample)
    {
    }
}
