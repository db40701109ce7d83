// What models are trained and decoded on: this machine's processor, a graphics card, or whatever another project brings. It stands here,
// beside the sessions, so that such a project refers to models and sessions alone. Runs, evaluations and opened models know no more of a
// device than this; they get theirs by name (Devices.cs in GruLM).

using GruLM.Model;

namespace GruLM.Generation;

/// <summary>Computes models. One thread at a time uses a device and what it has made, and not always the same thread.</summary>
public interface IDevice : IDisposable
{
    /// <summary>What it computes with, in a few words, such as its kernels and precision.</summary>
    string Description { get; }

    /// <summary>What decides the last bits of its figures, in a word or two; stands in run.json.</summary>
    string Kernels { get; }

    /// <summary>Threads of this machine that it uses.</summary>
    int Threads { get; }

    /// <summary>Whether matrices are multiplied in bfloat16.</summary>
    bool UsesBf16 { get; }

    /// <summary>Whether it decodes in int8.</summary>
    bool HasInt8 => false;

    /// <summary>A new model with starting values that depend on the seed alone, and are the same on every device.</summary>
    /// <exception cref="ArgumentException">Sizes or options make no sense.</exception>
    ITrainableModel CreateModel(GruConfig config, ModelOptions options);

    /// <summary>A model over <paramref name="parameters"/>, which it owns from now on; sessions may be made of them, too, until it is
    /// disposed.</summary>
    /// <exception cref="ArgumentException">Options make no sense.</exception>
    ITrainableModel CreateModel(GruParameters parameters, ModelOptions options);

    /// <summary>What reads and writes texts with a model; the parameters stay the caller's, and are read in place where
    /// <paramref name="weights"/> are float32, so that they may change between two tokens.</summary>
    /// <param name="parameters">The model.</param>
    /// <param name="weights">The numbers to read them as; <see cref="WeightFormat.Auto"/> is float32 here.</param>
    /// <exception cref="ArgumentException">This device has no such numbers.</exception>
    IDecoder CreateDecoder(GruParameters parameters, WeightFormat weights);
}
