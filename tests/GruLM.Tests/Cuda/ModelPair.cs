// A model on a card beside the same one on the processor: each is given what the other is given, and what comes out is compared.

using GruLM.Cuda;
using GruLM.Kernels;
using GruLM.Model;

namespace GruLM.Tests.Cuda;

/// <summary>How much of a figure may differ: of a loss, of a tensor of gradients (by the size of the difference).</summary>
internal sealed record Tolerance(double Loss, double Norm, double Gradients)
{
    /// <summary>Products in three planes are as exact as float32's; sums have another order.</summary>
    public static Tolerance Fp32 { get; } = new(2e-6, 2e-5, 3e-5);

    /// <summary>bfloat16 has eight bits, so each factor is off by up to 2^-9 of itself, and errors go on from step to step and layer to
    /// layer. On the stand-in the worst loss of all models here is off by 1e-4, norm by 2e-3, gradient by 8e-3.</summary>
    public static Tolerance Bf16 { get; } = new(5e-4, 5e-3, 2e-2);

    /// <summary>That of a card.</summary>
    public static Tolerance Of(Card card) => card.UsesBf16 ? Bf16 : Fp32;
}

/// <summary>Two models with the same parameters.</summary>
internal sealed class ModelPair : IDisposable
{
    private readonly Compute _compute = Compute.Create(1, Precision.Fp32);
    private readonly Tolerance _tolerance;

    public ModelPair(Card card, GruConfig config, ModelOptions? options = null)
    {
        options ??= new ModelOptions { Seed = 3 };
        _tolerance = Tolerance.Of(card);
        Plain = GruLanguageModel.Create(config, _compute, options);
        OnCard = new CudaGruModel(card, Plain.Parameters.Copy(config), options);
    }

    public GruLanguageModel Plain { get; }

    public CudaGruModel OnCard { get; }

    private GruConfig Config => Plain.Config;

    /// <summary>Loss, norm and gradients of a batch, added to what is there.</summary>
    public void Step(TokenBatch batch, long step, string what)
    {
        long counted = Math.Max(1, batch.Targets.Count(target => target != TokenBatch.Ignored));
        LossSums expected = Plain.ForwardBackward(batch, counted, step), actual = OnCard.ForwardBackward(batch, counted, step);
        Same(expected, actual, what);
        Close(Plain.GradientNorm(), OnCard.GradientNorm(), _tolerance.Norm, $"{what}: norm");
        using GruParameters gradients = OnCard.CopyGradients();
        Equal(Plain.Gradients, gradients, _tolerance.Gradients, $"{what}: gradients");
    }

    /// <summary>Losses of a text's tokens, of which each may be off by five times what their sum may.</summary>
    public void Score(TokenBatch text, string what)
    {
        float[] expected = new float[text.Targets.Length], actual = new float[text.Targets.Length];
        Same(Plain.Score(text, expected), OnCard.Score(text, actual), what);
        double allowed = 5 * _tolerance.Loss;
        for (int i = 0; i < actual.Length; i++) Close(expected[i], actual[i], allowed, $"{what}: token {i}");
    }

    /// <summary>Both make an update; the card's parameters are then the processor's, so that roundings do not add up.</summary>
    public void Update(double rate)
    {
        Plain.Update(rate, 0.9);
        OnCard.Update(rate, 0.9);
        GruParameters parameters = OnCard.Parameters;
        foreach (ParameterView view in parameters.Views) parameters.Write(view.Name, Plain.Parameters.Read(view.Name));
        OnCard.ParametersChanged();
    }

    public void DiscardGradients()
    {
        Plain.DiscardGradients();
        OnCard.DiscardGradients();
    }

    public void Dispose()
    {
        OnCard.Dispose();
        Plain.Dispose();
        _compute.Dispose();
    }

    /// <summary>A batch of a model's ids, some of them often, some targets not counted.</summary>
    public static TokenBatch Batch(GruConfig config, int steps, int lanes, int seed)
    {
        var batch = new TokenBatch(steps, lanes);
        var random = new Random(seed);
        for (int i = 0; i < batch.Inputs.Length; i++)
        {
            batch.Inputs[i] = random.Next(4) == 0 ? 1 : random.Next(config.VocabSize);
            batch.Targets[i] = random.Next(5) == 0 ? TokenBatch.Ignored : random.Next(config.VocabSize);
        }

        return batch;
    }

    public TokenBatch Batch(int steps, int lanes, int seed) => Batch(Config, steps, lanes, seed);

    public static void Close(double expected, double actual, double tolerance, string what) =>
        Assert.True(Math.Abs(expected - actual) <= tolerance * Math.Max(1, Math.Abs(expected)), $"{what}: {actual} for {expected}");

    /// <summary>Each tensor by the size of its difference against the size of itself.</summary>
    public static void Equal(GruParameters expected, GruParameters actual, double tolerance, string what)
    {
        var wrong = new List<string>();
        foreach (ParameterView view in expected.Views)
        {
            float[] x = expected.Read(view.Name), y = actual.Read(view.Name);
            double difference = Math.Sqrt(x.Zip(y, (a, b) => Math.Pow(a - (double)b, 2)).Sum());
            double size = Math.Sqrt(x.Sum(a => a * (double)a));
            if (!(difference <= tolerance * size + 1e-7)) wrong.Add($"{view.Name}: {difference} of {size}");
        }

        Assert.True(wrong.Count == 0, $"{what}: {string.Join("; ", wrong)}");
    }

    private void Same(LossSums expected, LossSums actual, string what)
    {
        Assert.Equal(expected.Tokens, actual.Tokens);
        Close(expected.Nll, actual.Nll, _tolerance.Loss, $"{what}: loss");
    }
}
