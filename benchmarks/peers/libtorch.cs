// usage: libtorch.cs VOCAB EMB HIDDEN LAYERS BATCH BPTT STEPS THREADS fp32|bf16: makes training steps (forward, cross-entropy, backward,
// clipping, AdamW) of a GRU language model in libtorch, tied where EMB is HIDDEN, and writes one line of JSON with the tokens a second of
// the median step. In bf16 parameters, activations and the optimizer's state are bfloat16, which is the fastest that libtorch has on a
// processor. A program of one file, outside the solution; libtorch.sh builds and runs it.
#:package TorchSharp-cpu@0.107.0
#:property PublishAot=false

using System.Diagnostics;
using System.Globalization;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

int[] sizes = [.. args[..8].Select(number => int.Parse(number, CultureInfo.InvariantCulture))];
(int vocab, int width, int hidden, int layers) = (sizes[0], sizes[1], sizes[2], sizes[3]);
(int batch, int bptt, int steps) = (sizes[4], sizes[5], sizes[6]);
set_num_threads(sizes[7]);
if (args[8] == "bf16") set_default_dtype(ScalarType.BFloat16);
Embedding embedding = nn.Embedding(vocab, width);
GRU gru = nn.GRU(width, hidden, layers, batchFirst: true);
Linear? output = width == hidden ? null : nn.Linear(hidden, vocab, hasBias: false);
Parameter[] parameters = [.. embedding.parameters(), .. gru.parameters(), .. output?.parameters() ?? []];
AdamW optimizer = optim.AdamW(parameters, lr: 3e-4);
Tensor ids = randint(0, vocab, [batch, bptt + 1]);
var times = new List<double>();
for (int step = -2; step < steps; step++)
{
    long start = Stopwatch.GetTimestamp();
    Step();
    if (step >= 0) times.Add(Stopwatch.GetElapsedTime(start).TotalSeconds);
}

double tokensPerSecond = batch * bptt / times.Order().ElementAt(steps / 2);
Console.WriteLine(string.Create(
    CultureInfo.InvariantCulture, $$"""{"peer": "libtorch {{__version__}}, {{args[8]}}", "tokens_per_s": {{tokensPerSecond:F1}}}"""));

void Step()
{
    using DisposeScope scope = NewDisposeScope();
    optimizer.zero_grad();
    (Tensor states, Tensor _) = gru.call(embedding.call(ids[.., ..bptt]));
    Tensor scores = output is null ? states.matmul(embedding.weight!.t()) : output.call(states);
    Tensor loss = nn.functional.cross_entropy(scores.reshape(-1, vocab).to(ScalarType.Float32), ids[.., 1..].reshape(-1));
    loss.backward();
    nn.utils.clip_grad_norm_(parameters, 1);
    optimizer.step();
    loss.item<float>();
}
