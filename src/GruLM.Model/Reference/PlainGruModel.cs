// The whole model in plain loops: embedding, stacked GRU (with layer normalisation and residual connections where asked for), output layer,
// cross-entropy, and every gradient by hand. It is what GruLanguageModel computes, without dropout and without any trick: the oracle, and
// the text to learn from.

using System.Numerics;

namespace GruLM.Model;

/// <summary>A GRU language model in plain scalar code. Slow on purpose; use <see cref="GruLanguageModel"/> to train.</summary>
/// <typeparam name="T">The number type computed with; double for gradient checks.</typeparam>
public sealed class PlainGruModel<T>
    where T : IFloatingPointIeee754<T>
{
    private readonly GruConfig _config;
    private readonly Dictionary<string, T[]> _parameters;

    /// <summary>A model over the tensors of <paramref name="parameters"/>, which it reads anew at each call.</summary>
    public PlainGruModel(GruConfig config, Dictionary<string, T[]> parameters)
    {
        config.Validate();
        _config = config;
        _parameters = parameters;
    }

    /// <summary>The values of a flat parameter set, tensor by tensor.</summary>
    public static Dictionary<string, T[]> Copy(GruParameters source) =>
        source.Views.ToDictionary(v => v.Name, v => source.Span(v.Name).ToArray().Select(x => T.CreateChecked(x)).ToArray());

    /// <summary>Mean nll over the batch's counted targets from a zero state, and its gradient for every tensor.</summary>
    public (T Loss, Dictionary<string, T[]> Gradients) LossAndGradients(TokenBatch batch)
    {
        int e = _config.EmbeddingDim, h = _config.HiddenDim, v = _config.VocabSize, layers = _config.NumLayers;
        T[] embedding = _parameters["embedding.weight"], output = _parameters[_config.TieWeights ? "embedding.weight" : "out.weight"];
        var gradients = _parameters.ToDictionary(p => p.Key, p => new T[p.Value.Length]);
        T[] dOutput = gradients[_config.TieWeights ? "embedding.weight" : "out.weight"];
        GruLayer<T>[] stack = Enumerable.Range(0, layers).Select(l => new GruLayer<T>(
            _config.InputDim(l), h, _parameters[$"gru.weight_ih_l{l}"], _parameters[$"gru.weight_hh_l{l}"],
            _parameters[$"gru.bias_ih_l{l}"], _parameters[$"gru.bias_hh_l{l}"])).ToArray();
        PlainLayerNorm<T>?[] norms = Enumerable.Range(0, layers).Select(l => l == 0 || !_config.LayerNorm ? null : new PlainLayerNorm<T>(
            _parameters[$"norm.weight_l{l}"], _parameters[$"norm.bias_l{l}"], gradients[$"norm.weight_l{l}"],
            gradients[$"norm.bias_l{l}"])).ToArray();
        T counted = T.CreateChecked(batch.Targets.Count(t => t != TokenBatch.Ignored)), loss = T.Zero;
        for (int b = 0; b < batch.Lanes; b++)
        {
            // Forward: handed[l][t] is what layer l is handed at step t, inputs[l][t] the same normalised, states[l][t] the state before
            // it.
            var handed = new T[layers + 1][][];
            var inputs = new T[layers][][];
            var states = new T[layers][][];
            var gates = new T[layers][][];
            handed[0] =
                [.. Enumerable.Range(0, batch.Steps).Select(t => embedding.AsSpan(batch.Inputs[(t * batch.Lanes) + b] * e, e).ToArray())];
            for (int l = 0; l < layers; l++)
            {
                (handed[l + 1], states[l], gates[l]) = (new T[batch.Steps][], new T[batch.Steps + 1][], new T[batch.Steps][]);
                inputs[l] = norms[l] is { } norm ? [.. handed[l].Select(norm.Forward)] : handed[l];
                states[l][0] = new T[h];
                for (int t = 0; t < batch.Steps; t++)
                {
                    (states[l][t + 1], gates[l][t]) = stack[l].Forward(inputs[l][t], states[l][t]);
                    handed[l + 1][t] = _config.Residual && l > 0 ? Sum(states[l][t + 1], handed[l][t]) : states[l][t + 1];
                }
            }

            // Output layer and cross-entropy: d holds dL/d(what the last layer hands on) for every step.
            var d = new T[batch.Steps][];
            for (int t = 0; t < batch.Steps; t++)
            {
                d[t] = new T[h];
                int target = batch.Targets[(t * batch.Lanes) + b];
                if (target == TokenBatch.Ignored) continue;
                T[] top = handed[layers][t];
                var logits = new T[v];
                for (int i = 0; i < v; i++)
                {
                    for (int j = 0; j < h; j++) logits[i] += output[(i * h) + j] * top[j];
                }

                T max = logits.Max()!, sum = T.Zero;
                foreach (T x in logits) sum += T.Exp(x - max);
                loss += T.Log(sum) + max - logits[target];
                for (int i = 0; i < v; i++)
                {
                    T dLogit = ((T.Exp(logits[i] - max) / sum) - (i == target ? T.One : T.Zero)) / counted;
                    for (int j = 0; j < h; j++)
                    {
                        dOutput[(i * h) + j] += dLogit * top[j];
                        d[t][j] += dLogit * output[(i * h) + j];
                    }
                }
            }

            // Backward through the layers, and through time inside each.
            for (int l = layers - 1; l >= 0; l--)
            {
                var carried = new T[h];
                for (int t = batch.Steps - 1; t >= 0; t--)
                {
                    (T[]? dInput, carried) = stack[l].Backward(inputs[l][t], states[l][t], gates[l][t], Sum(carried, d[t]));
                    if (norms[l] is { } norm) dInput = norm.Backward(handed[l][t], dInput);
                    d[t] = _config.Residual && l > 0 ? Sum(dInput, d[t]) : dInput;
                }
            }

            T[] dEmbedding = gradients["embedding.weight"];
            for (int t = 0; t < batch.Steps; t++)
            {
                int row = batch.Inputs[(t * batch.Lanes) + b] * e;
                for (int j = 0; j < e; j++) dEmbedding[row + j] += d[t][j];
            }
        }

        for (int l = 0; l < layers; l++)
        {
            gradients[$"gru.weight_ih_l{l}"] = stack[l].Gradients.WeightIh;
            gradients[$"gru.weight_hh_l{l}"] = stack[l].Gradients.WeightHh;
            gradients[$"gru.bias_ih_l{l}"] = stack[l].Gradients.BiasIh;
            gradients[$"gru.bias_hh_l{l}"] = stack[l].Gradients.BiasHh;
        }

        return (loss / counted, gradients);
    }

    private static T[] Sum(T[] a, T[] b) => [.. a.Zip(b, (x, y) => x + y)];
}
