// The whole model in plain loops: embedding, stacked GRU (with layer normalisation and residual connections where asked for), output layer,
// cross-entropy, and every gradient by hand. It is what GruLanguageModel computes, without dropout and without any trick: the oracle, and
// the text to learn from.

using System.Numerics;

namespace GruLM.Model;

/// <summary>A GRU language model in plain scalar code. Slow on purpose; use <see cref="GruLanguageModel"/> to train. Safe for several
/// threads as long as nobody changes the tensors.</summary>
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
        // The layers hold gradients of their own, which take the place of these at the end.
        var gradients = _parameters.ToDictionary(p => p.Key, p => new T[p.Value.Length]);
        GruLayer<T>[] layers = [.. Enumerable.Range(0, _config.NumLayers).Select(Layer)];
        PlainLayerNorm<T>?[] norms = [.. Enumerable.Range(0, _config.NumLayers).Select(l => Norm(l, gradients))];
        T counted = T.CreateChecked(batch.Targets.Count(t => t != TokenBatch.Ignored)), loss = T.Zero;
        for (int b = 0; b < batch.Lanes; b++)
        {
            int[] inputs = [.. Enumerable.Range(0, batch.Steps).Select(t => batch.Inputs[(t * batch.Lanes) + b])];
            int[] targets = [.. Enumerable.Range(0, batch.Steps).Select(t => batch.Targets[(t * batch.Lanes) + b])];
            Trace trace = Forward(inputs, layers, norms);
            loss += Loss(trace.Handed[^1], targets, counted, gradients, out T[][] d);
            Backward(trace, d, layers, norms);
            for (int t = 0; t < inputs.Length; t++) AddTo(gradients["embedding.weight"], inputs[t], d[t]);
        }

        for (int l = 0; l < layers.Length; l++)
        {
            gradients[$"gru.weight_ih_l{l}"] = layers[l].Gradients.WeightIh;
            gradients[$"gru.weight_hh_l{l}"] = layers[l].Gradients.WeightHh;
            gradients[$"gru.bias_ih_l{l}"] = layers[l].Gradients.BiasIh;
            gradients[$"gru.bias_hh_l{l}"] = layers[l].Gradients.BiasHh;
        }

        return (loss / counted, gradients);
    }

    // What the forward pass over one lane leaves for the backward pass: Handed[l][t] is what layer l is handed at step t (and Handed[L][t]
    // what the output layer reads), Inputs[l][t] the same after layer normalisation where there is one, States[l][t] the state before the
    // step, Gates[l][t] its gates.
    private sealed record Trace(T[][][] Handed, T[][][] Inputs, T[][][] States, T[][][] Gates);

    private Trace Forward(int[] ids, GruLayer<T>[] layers, PlainLayerNorm<T>?[] norms)
    {
        int e = _config.EmbeddingDim, steps = ids.Length;
        T[] embedding = _parameters["embedding.weight"];
        var trace = new Trace(new T[layers.Length + 1][][], new T[layers.Length][][], new T[layers.Length][][], new T[layers.Length][][]);
        trace.Handed[0] = [.. ids.Select(id => embedding.AsSpan(id * e, e).ToArray())];
        for (int l = 0; l < layers.Length; l++)
        {
            T[][] handed = trace.Handed[l], inputs = norms[l] is { } norm ? [.. handed.Select(norm.Forward)] : handed;
            T[][] states = new T[steps + 1][], gates = new T[steps][], outputs = new T[steps][];
            states[0] = new T[_config.HiddenDim];
            for (int t = 0; t < steps; t++)
            {
                (states[t + 1], gates[t]) = layers[l].Forward(inputs[t], states[t]);
                outputs[t] = _config.Residual && l > 0 ? Sum(states[t + 1], handed[t]) : states[t + 1];
            }

            (trace.Handed[l + 1], trace.Inputs[l], trace.States[l], trace.Gates[l]) = (outputs, inputs, states, gates);
        }

        return trace;
    }

    // Output layer and cross-entropy of one lane: the sum of its losses. d[t] becomes the gradient of the batch's mean loss for top[t],
    // what the output layer reads at step t.
    private T Loss(T[][] top, int[] targets, T counted, Dictionary<string, T[]> gradients, out T[][] d)
    {
        int h = _config.HiddenDim, v = _config.VocabSize;
        string name = _config.TieWeights ? "embedding.weight" : "out.weight";
        T[] output = _parameters[name], dOutput = gradients[name];
        T loss = T.Zero;
        d = [.. targets.Select(_ => new T[h])];
        for (int t = 0; t < targets.Length; t++)
        {
            if (targets[t] == TokenBatch.Ignored) continue;
            var logits = new T[v];
            for (int i = 0; i < v; i++)
            {
                for (int j = 0; j < h; j++) logits[i] += output[(i * h) + j] * top[t][j];
            }

            T max = logits.Max()!, sum = T.Zero;
            foreach (T x in logits) sum += T.Exp(x - max);
            loss += T.Log(sum) + max - logits[targets[t]];
            for (int i = 0; i < v; i++)
            {
                T dLogit = ((T.Exp(logits[i] - max) / sum) - (i == targets[t] ? T.One : T.Zero)) / counted;
                for (int j = 0; j < h; j++)
                {
                    dOutput[(i * h) + j] += dLogit * top[t][j];
                    d[t][j] += dLogit * output[(i * h) + j];
                }
            }
        }

        return loss;
    }

    // Backward through the layers, and through time inside each: from the gradient of what the last layer hands on to that of the
    // embeddings.
    private void Backward(Trace trace, T[][] d, GruLayer<T>[] layers, PlainLayerNorm<T>?[] norms)
    {
        for (int l = layers.Length - 1; l >= 0; l--)
        {
            var carried = new T[_config.HiddenDim];
            for (int t = d.Length - 1; t >= 0; t--)
            {
                T[] dState = Sum(carried, d[t]);
                (T[]? dInput, carried) = layers[l].Backward(trace.Inputs[l][t], trace.States[l][t], trace.Gates[l][t], dState);
                if (norms[l] is { } norm) dInput = norm.Backward(trace.Handed[l][t], dInput);
                d[t] = _config.Residual && l > 0 ? Sum(dInput, d[t]) : dInput;
            }
        }
    }

    private GruLayer<T> Layer(int l) => new(
        _config.InputDim(l), _config.HiddenDim, _parameters[$"gru.weight_ih_l{l}"], _parameters[$"gru.weight_hh_l{l}"],
        _parameters[$"gru.bias_ih_l{l}"], _parameters[$"gru.bias_hh_l{l}"]);

    // The normalisation of what layer l reads; null where there is none.
    private PlainLayerNorm<T>? Norm(int l, Dictionary<string, T[]> gradients) =>
        l == 0 || !_config.LayerNorm
            ? null
            : new PlainLayerNorm<T>(
                _parameters[$"norm.weight_l{l}"], _parameters[$"norm.bias_l{l}"],
                gradients[$"norm.weight_l{l}"], gradients[$"norm.bias_l{l}"]);

    private static void AddTo(T[] table, int row, T[] values)
    {
        for (int j = 0; j < values.Length; j++) table[(row * values.Length) + j] += values[j];
    }

    private static T[] Sum(T[] a, T[] b) => [.. a.Zip(b, (x, y) => x + y)];
}
