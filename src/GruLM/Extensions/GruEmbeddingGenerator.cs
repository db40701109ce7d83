// Texts as vectors, for Microsoft.Extensions.AI: the mean of the top layer's states over a text's tokens. A language model's states tell
// what comes next rather than what a text is about, so that texts of one kind or language lie near each other more than texts of one
// meaning.

using GruLM.Generation;
using Microsoft.Extensions.AI;

namespace GruLM;

/// <summary>Makes a vector of <see cref="Model.GruConfig.HiddenDim"/> numbers of each text. Safe for several threads: they take turns at
/// the model's. The model stays the caller's.</summary>
/// <remarks>A text is read from a zero state as a prompt is, behind what stands before texts in training; that is not part of the mean,
/// unless the text is empty. States are computed as figures are: in float32, unless the model was opened with weights in int8.</remarks>
public sealed class GruEmbeddingGenerator : IEmbeddingGenerator<string, Embedding<float>>
{
    private readonly LanguageModel _model;
    private readonly bool _normalize;
    private readonly EmbeddingGeneratorMetadata _metadata;

    /// <summary>A generator of <paramref name="model"/>; with <paramref name="normalize"/> every vector has the length 1, so that a product
    /// of two is their cosine.</summary>
    public GruEmbeddingGenerator(LanguageModel model, bool normalize = true)
    {
        ArgumentNullException.ThrowIfNull(model);
        (_model, _normalize) = (model, normalize);
        _metadata = new EmbeddingGeneratorMetadata(
            "grulm", defaultModelId: model.Folder, defaultModelDimensions: model.Config.HiddenDim);
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">Another number of dimensions is asked for than the model has.</exception>
    public Task<GeneratedEmbeddings<Embedding<float>>> GenerateAsync(
        IEnumerable<string> values, EmbeddingGenerationOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(values);
        int dimensions = _model.Config.HiddenDim;
        if (options?.Dimensions is { } asked && asked != dimensions)
        {
            throw new ArgumentException($"'Dimensions' is {asked}; this model's vectors have {dimensions}");
        }

        return Task.Run(() => Generate(values, cancellationToken), cancellationToken);
    }

    /// <inheritdoc/>
    public object? GetService(Type serviceType, object? serviceKey = null)
    {
        ArgumentNullException.ThrowIfNull(serviceType);
        if (serviceKey is not null) return null;
        if (serviceType == typeof(EmbeddingGeneratorMetadata)) return _metadata;
        if (serviceType == typeof(LanguageModel)) return _model;
        return serviceType.IsInstanceOfType(this) ? this : null;
    }

    /// <summary>Does nothing: the model is the caller's.</summary>
    public void Dispose()
    {
    }

    private GeneratedEmbeddings<Embedding<float>> Generate(IEnumerable<string> texts, CancellationToken cancel)
    {
        long tokens = 0;
        var embeddings = new List<Embedding<float>>();
        IDecodingSession session = _model.NewExactSession();
        try
        {
            foreach (string text in texts)
            {
                int[] ids = [.. _model.PromptIds(text)];
                tokens += ids.Length;
                embeddings.Add(new Embedding<float>(Mean(session, ids, cancel))
                {
                    CreatedAt = DateTimeOffset.UtcNow,
                    ModelId = _model.Folder,
                });
            }
        }
        finally
        {
            _model.EndSession(session);
        }

        var usage = new UsageDetails { InputTokenCount = tokens, TotalTokenCount = tokens };
        return new GeneratedEmbeddings<Embedding<float>>(embeddings) { Usage = usage };
    }

    private float[] Mean(IDecodingSession session, int[] ids, CancellationToken cancel)
    {
        int units = _model.Config.HiddenDim, first = ids.Length > 1 ? 1 : 0;
        double[] sum = new double[units];
        for (int i = 0; i < ids.Length; i++)
        {
            cancel.ThrowIfCancellationRequested();
            float[] state;
            using (_model.TakeTurn())
            {
                if (i == 0) session.Reset();
                session.Read(ids[i]);
                state = session.SaveState();
            }

            if (i < first) continue;
            ReadOnlySpan<float> top = state.AsSpan(state.Length - units);
            for (int j = 0; j < units; j++) sum[j] += top[j];
        }

        double length = _normalize ? Math.Sqrt(sum.Sum(number => number * number)) : ids.Length - first;
        return [.. sum.Select(number => length > 0 ? (float)(number / length) : 0)];
    }
}
