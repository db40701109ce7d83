// What the training loop needs of a model, and nothing more. It stands between the loop and the arithmetic so that a model
// whose parameters live elsewhere (on a GPU, on several machines) trains under the same loop: gradients stay with
// the model, and a reduction over machines can stand between ForwardBackward and Update.

namespace GruLM.Model;

/// <summary>A model as the training loop sees it. Not thread-safe.</summary>
public interface ITrainableModel : IScoringModel
{
    /// <summary>The parameters as they are now, in this machine's memory.</summary>
    GruParameters Parameters { get; }

    /// <summary>Loss of a batch (dropout on), adding the gradient of loss / <paramref name="counted"/> to the gradients.
    /// <paramref name="counted"/> is the number of predicted tokens in the whole step, over all its batches.
    /// <paramref name="step"/> names the random numbers of dropout. The state carries over unless the batch starts fresh.</summary>
    LossSums ForwardBackward(TokenBatch batch, long counted, long step);

    /// <summary>The global norm of the gradients.</summary>
    double GradientNorm();

    /// <summary>One optimizer update with the gradients times <paramref name="gradientScale"/>, which are zero afterwards.</summary>
    void Update(double learningRate, double gradientScale);

    /// <summary>Sets the gradients to zero without an update.</summary>
    void DiscardGradients();

    /// <summary>Exchanges the parameters and their running average, where one is kept: between two calls the model is the averaged one, for
    /// evaluating and saving. Otherwise does nothing.</summary>
    void SwapAverage();

    /// <summary>Writes the parameters, as config.json and model.safetensors, into <paramref name="folder"/>.</summary>
    void Save(string folder);

    /// <summary>Writes what resuming needs beyond the parameters (optimizer moments, carried state) to <paramref name="path"/>.</summary>
    void SaveTrainingState(string path);

    /// <summary>Reads what <see cref="SaveTrainingState"/> wrote.</summary>
    void LoadTrainingState(string path);
}
