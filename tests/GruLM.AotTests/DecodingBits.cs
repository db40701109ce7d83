// Decoding in int8, which has the same bits on all machines: scores and drawn tokens of made-up models, a line a model. Within a process
// every kernel path, number of threads and number of texts at once must agree; that processes and processors do shows where their output
// is compared.
using System.Runtime.InteropServices;
using GruLM.Generation;
using GruLM.Kernels;
using GruLM.Model;

/// <summary>Models whose numbers come from whole ones, so that no library has a part in them.</summary>
internal static class DecodingBits
{
    private const int Tokens = 12;

    private static readonly (string Name, GruConfig Config)[] s_models =
    [
        ("plain", new() { VocabSize = 300, EmbeddingDim = 40, HiddenDim = 56, NumLayers = 2, TieWeights = false }),
        ("residual", new() { VocabSize = 129, EmbeddingDim = 24, HiddenDim = 50, NumLayers = 3, Residual = true }),
        ("layer norm", new() { VocabSize = 200, EmbeddingDim = 33, HiddenDim = 33, NumLayers = 3, LayerNorm = true, TieWeights = true }),
    ];

    private static readonly SamplingOptions[] s_samplers =
    [
        new() { Seed = 3, TopK = 0, TopP = 1, MinP = 0 },
        new() { Seed = 4, Temperature = 1.1, Typical = 0.9, RepeatPenalty = 1.2, PresencePenalty = 0.3, DryMultiplier = 0.5 },
        new() { Seed = 5, Mirostat = 2 },
    ];

    /// <summary>A line a model: a checksum of scores and states, and what was drawn.</summary>
    public static IEnumerable<string> Lines()
    {
        foreach ((string name, GruConfig config) in s_models)
        {
            using var parameters = new GruParameters(config);
            MakeUp(parameters);
            yield return $"int8, {name}: {Agreed(Everywhere(parameters))}";
        }
    }

    // What all ways of computing give, which must be one thing.
    private static string Agreed(IEnumerable<(string Way, string Result)> results)
    {
        (string Way, string Result)[] all = [.. results];
        foreach ((string way, string result) in all)
        {
            if (result != all[0].Result) throw new InvalidOperationException($"{way} gives {result}; {all[0].Way} gives {all[0].Result}");
        }

        return all[0].Result;
    }

    private static IEnumerable<(string Way, string Result)> Everywhere(GruParameters parameters)
    {
        foreach (KernelPath floats in KernelChoice.Available)
        {
            foreach (int threads in (int[])[1, 2, 3, 8])
            {
                using var compute = Compute.Create(threads, floats);
                foreach (Int8Path path in Int8Choice.Available)
                {
                    using var decoder = new Int8Decoder(parameters, compute, path);
                    foreach (int texts in (int[])[1, 2, 7, 64])
                    {
                        yield return ($"{floats}, {path}, {threads} threads, {texts} texts", Decode(decoder, floats, texts));
                    }
                }
            }
        }
    }

    // Each text draws by the sampler of its number; all texts with the same sampler must write the same.
    private static string Decode(Int8Decoder decoder, KernelPath floats, int texts)
    {
        int vocab = decoder.Config.VocabSize, kinds = s_samplers.Length, together = Math.Max(texts, kinds);
        IDecodingSession[] sessions = [.. Enumerable.Range(0, together).Select(_ => decoder.CreateSession())];
        Sampler[] samplers = [.. Enumerable.Range(0, together).Select(i => new Sampler(s_samplers[i % kinds], floats))];
        int[] ids = [.. Enumerable.Range(0, together).Select(i => i % kinds)];
        float[] logits = new float[together * vocab];
        var drawn = new List<int>();
        uint sum = 2166136261;
        for (int t = 0; t < Tokens; t++)
        {
            Step(decoder, sessions, ids, logits, atOnce: texts);
            foreach (byte part in MemoryMarshal.AsBytes(logits.AsSpan(0, kinds * vocab))) sum = (sum ^ part) * 16777619;
            for (int i = 0; i < together; i++)
            {
                ids[i] = samplers[i].Sample(logits.AsSpan(i * vocab, vocab));
                samplers[i].Accept(ids[i]);
                if (ids[i] != ids[i % kinds]) return $"text {i} is another than text {i % kinds}";
            }

            drawn.AddRange(ids[..kinds]);
        }

        foreach (IDecodingSession session in sessions[..kinds])
        {
            foreach (byte part in MemoryMarshal.AsBytes(session.SaveState().AsSpan())) sum = (sum ^ part) * 16777619;
        }

        return $"{sum:x8} {string.Join(' ', drawn)}";
    }

    private static void Step(Int8Decoder decoder, IDecodingSession[] sessions, int[] ids, float[] logits, int atOnce)
    {
        int vocab = decoder.Config.VocabSize;
        for (int first = 0; first < sessions.Length; first += atOnce)
        {
            int count = Math.Min(atOnce, sessions.Length - first);
            ReadOnlySpan<IDecodingSession> some = sessions.AsSpan(first, count);
            decoder.Read(some, ids.AsSpan(first, count));
            decoder.Logits(some, logits.AsSpan(first * vocab, count * vocab));
        }
    }

    // Weights from -0.5 to 0.5 in steps of a thousandth, in no order; scales of layer norm near one.
    internal static void MakeUp(GruParameters parameters)
    {
        uint next = 1;
        foreach (ParameterView view in parameters.Views)
        {
            float[] values = new float[view.Length];
            float middle = view.Role == ParameterRole.NormGain ? 1 : 0;
            for (int i = 0; i < values.Length; i++)
            {
                next = (next * 1664525) + 1013904223;
                values[i] = middle + (((int)((next >> 8) % 1001) - 500) / 1000f);
            }

            parameters.Write(view.Name, values);
        }
    }
}
