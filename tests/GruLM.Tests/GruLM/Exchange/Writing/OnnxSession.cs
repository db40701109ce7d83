// An exported model in ONNX Runtime. Its native library is in the NuGet package; where it has none for the machine, tests are skipped.

using Microsoft.ML.OnnxRuntime;

namespace GruLM.Tests;

/// <summary>A model in ONNX Runtime, on one thread.</summary>
internal sealed class OnnxSession : IDisposable
{
    private static readonly Lazy<string?> s_obstacle = new(FindObstacle);
    private readonly InferenceSession _session;
    private readonly RunOptions _options = new();

    public OnnxSession(string path)
    {
        SkipWhereItCannotBeLoaded();
        using var options = new SessionOptions { IntraOpNumThreads = 1, InterOpNumThreads = 1 };
        _session = new InferenceSession(path, options);
    }

    public ModelMetadata Metadata => _session.ModelMetadata;

    public IReadOnlyDictionary<string, NodeMetadata> Inputs => _session.InputMetadata;

    public IReadOnlyDictionary<string, NodeMetadata> Outputs => _session.OutputMetadata;

    private int Layers => Inputs["state"].Dimensions[0];

    private int Units => Inputs["state"].Dimensions[2];

    public static void SkipWhereItCannotBeLoaded() => Assert.SkipWhen(s_obstacle.Value is not null, s_obstacle.Value ?? "");

    /// <summary>Reads ids [batch, time] from a state [layers, batch, units], or from zeros: logits [batch, time, V] and the
    /// state.</summary>
    public (float[] Logits, float[] State) Run(int[] ids, int batch, float[]? state = null)
    {
        long[] wide = [.. ids.Select(id => (long)id)];
        int time = ids.Length / batch;
        state ??= new float[Layers * batch * Units];
        using var read = OrtValue.CreateTensorValueFromMemory(wide, [batch, time]);
        using var before = OrtValue.CreateTensorValueFromMemory(state, [Layers, batch, Units]);
        using IDisposableReadOnlyCollection<OrtValue> found =
            _session.Run(_options, ["ids", "state"], [read, before], ["logits", "next_state"]);
        Assert.Equal([batch, time, Outputs["logits"].Dimensions[2]], found[0].GetTensorTypeAndShape().Shape);
        Assert.Equal([Layers, batch, Units], found[1].GetTensorTypeAndShape().Shape);
        return (found[0].GetTensorDataAsSpan<float>().ToArray(), found[1].GetTensorDataAsSpan<float>().ToArray());
    }

    public void Dispose()
    {
        _session.Dispose();
        _options.Dispose();
    }

    private static string? FindObstacle()
    {
        try
        {
            OrtEnv.Instance();
            return null;
        }
        catch (TypeInitializationException error) when (error.InnerException is DllNotFoundException or BadImageFormatException)
        {
            return $"needs ONNX Runtime, which cannot be loaded here: {error.InnerException.Message}";
        }
    }
}
