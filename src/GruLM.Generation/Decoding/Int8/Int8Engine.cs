// Decoding in int8: a token of one text or of many at once, a stretch of one text, and the scores of what comes next. States are the
// caller's; here are the weights and memory to work in, one for all texts. The arithmetic is defined in docs/int8.md; however many texts,
// tokens or threads work together, each text gets the bits that it gets alone.

using System.Diagnostics;
using GruLM.Kernels;
using GruLM.Model;

namespace GruLM.Generation;

/// <summary>Advances states and scores them. Not thread-safe: one caller at a time.</summary>
internal sealed unsafe class Int8Engine : IDisposable
{
    /// <summary>Texts, or tokens of one text, that are worked on at once.</summary>
    public const int MostVectors = 64;

    // Products of fewer weights with activations than this are not worth a second thread.
    private const long FewestProducts = 100_000;

    private readonly Compute _compute;
    private readonly Int8Compute _products;
    private readonly Int8Weights _weights;
    private readonly Int8Workspace _work;
    private readonly Int8BestScores _best;

    /// <summary>A decoder for <paramref name="parameters"/>, which it copies; the compute stays the caller's.</summary>
    public Int8Engine(GruParameters parameters, Compute compute, Int8Path path)
    {
        _compute = compute;
        _products = Int8Compute.Create(path);
        _weights = new Int8Weights(parameters, _products);
        _work = new Int8Workspace(_weights);
        _best = new Int8BestScores(_weights, _products, compute);
    }

    /// <summary>The architecture.</summary>
    public GruConfig Config => _weights.Config;

    /// <summary>Numbers in a state: each layer's units, padded with zeros to a multiple of sixteen.</summary>
    public int StateLength => Config.NumLayers * _weights.PaddedUnits;

    /// <summary>Units of a layer in a state, with its padding.</summary>
    public int PaddedUnits => _weights.PaddedUnits;

    /// <summary>Scores of a text, with padding.</summary>
    public int PaddedScores => _weights.Output.PaddedRows;

    /// <summary>What computes the best scores alone.</summary>
    public Int8BestScores Best => _best;

    /// <summary>Each of <paramref name="texts"/> states reads a token of its own.</summary>
    public void Step(float** states, int* ids, int texts)
    {
        for (int first = 0; first < texts; first += MostVectors)
        {
            int count = Math.Min(MostVectors, texts - first);
            _work.Reserve(count);
            for (int m = 0; m < count; m++) _work.States[m] = states[first + m];
            for (int l = 0; l < Config.NumLayers; l++)
            {
                var job = new StepJob { Engine = this, Ids = ids + first, Layer = l, Texts = count };
                if (count == 1)
                {
                    Prepare(l, 0, ids[first]);
                }
                else
                {
                    job.IsPreparing = true;
                    _compute.Team.Run(ref job, count);
                    job.IsPreparing = false;
                }

                job.Parts = Parts((long)count * Int8Weights.GroupRows * _weights.Groups * (Config.InputDim(l) + Config.HiddenDim));
                _compute.Team.Run(ref job, job.Parts);
            }
        }
    }

    /// <summary>One state reads several tokens, one after another.</summary>
    public void Read(float* state, ReadOnlySpan<int> ids)
    {
        while (ids.Length > 1)
        {
            int count = Math.Min(MostVectors, ids.Length);
            Stretch(state, ids[..count]);
            ids = ids[count..];
        }

        if (ids.Length == 0) return;
        int id = ids[0];
        Step(&state, &id, 1);
    }

    /// <summary>The same, with the scores of what comes next after each token: [ids, V].</summary>
    public void ReadAndScore(float* state, ReadOnlySpan<int> ids, float* scores)
    {
        int last = Config.NumLayers;
        while (ids.Length > 0)
        {
            int count = Math.Min(MostVectors, ids.Length);
            Stretch(state, ids[..count]);
            for (int t = 0; t < count; t++) Hand(_work.Output(t), last, t);
            ScorePrepared(count, scores, Config.VocabSize);
            scores += (nint)count * Config.VocabSize;
            ids = ids[count..];
        }
    }

    /// <summary>Scores of what comes next after each of <paramref name="texts"/> states: V numbers each, <paramref name="stride"/> apart.
    /// </summary>
    public void Score(float** states, int texts, float* scores, nint stride)
    {
        for (int first = 0; first < texts; first += MostVectors)
        {
            int count = Math.Min(MostVectors, texts - first);
            _work.Reserve(count);
            for (int m = 0; m < count; m++) PrepareTop(states[first + m], m);
            ScorePrepared(count, scores + (first * stride), stride);
        }
    }

    /// <summary>The scores of one state as far as its best need them: see <see cref="Int8BestScores"/>. All, where that is faster.
    /// There is room for <see cref="PaddedScores"/>.</summary>
    public void ScoreBest(float* state, int best, float* scores)
    {
        bool isTimed = _best.MayScore(best);
        long began = Stopwatch.GetTimestamp();
        if (isTimed && _best.IsNext)
        {
            _work.Reserve(1);
            _work.ReserveScores(1);
            PrepareTop(state, 0);
            _best.Score(_work.InputBytes(0), _work.Scales[0], best, scores, _work.ScoreSums);
        }
        else
        {
            Score(&state, 1, scores, Config.VocabSize);
        }

        if (isTimed) _best.Took(Stopwatch.GetTimestamp() - began);
    }

    /// <summary>Does independent pieces of work on the threads that it computes with.</summary>
    public void Share(int count, Action<int> work) => SharedWork.Run(_compute.Team, count, work);

    /// <summary>Frees weights and memory.</summary>
    public void Dispose()
    {
        _best.Dispose();
        _weights.Dispose();
        _work.Dispose();
    }

    private void ScorePrepared(int count, float* scores, nint stride)
    {
        _work.ReserveScores(count);
        var job = new ScoreJob { Engine = this, Scores = scores, Stride = stride, Texts = count };
        job.Parts = Parts((long)count * Config.VocabSize * Config.HiddenDim);
        _compute.Team.Run(ref job, job.Parts);
    }

    private int Parts(long products) => products < FewestProducts ? 1 : _compute.Threads;

    // What layer l's products read for text m: its state and its input as bytes.
    private void Prepare(int l, int m, int id)
    {
        float* state = _work.States[m];
        StateBytes(state + (l * PaddedUnits), _work.StateBytes(m));
        if (l == 0)
        {
            Embed(id, m);
            return;
        }

        Hand(state + ((l - 1) * PaddedUnits), l, m);
    }

    private void Embed(int id, int m)
    {
        new ReadOnlySpan<byte>(_weights.Embedding(id), _weights.EmbeddingStride).CopyTo(_work.Input(m));
        _work.Scales[m] = _weights.EmbeddingScale(id);
    }

    // Makes bytes of what layer l − 1 hands to layer l: its state below, with residual connections the sum of all states up to it.
    private void Hand(float* below, int l, int m)
    {
        float* handed = below;
        if (Config.Residual) handed = Add(below, m, isFirst: l == 1);
        if (Config.LayerNorm && l < Config.NumLayers)
        {
            float* normal = _work.Normal(m);
            KernelDispatch.Run<Int8Activations.NormWork, int>(_compute.Path, new()
            {
                Numbers = handed,
                Gain = _weights.Gain(l),
                Shift = _weights.Shift(l),
                Result = normal,
                Units = Config.HiddenDim,
            });
            handed = normal;
        }

        bool isState = handed == below || (Config.Residual && l == 1 && handed == _work.Sum(m));
        if (isState)
        {
            StateBytes(handed, _work.InputBytes(m));
            _work.Scales[m] = Int8Rounding.StateScale;
            return;
        }

        _work.Scales[m] = KernelDispatch.Run<Int8Activations.AnyWork, float>(_compute.Path, new()
        {
            Numbers = handed,
            Units = Config.HiddenDim,
            Bias = _products.Bias,
            Bytes = _work.InputBytes(m),
        });
    }

    // The sum of text m's states so far.
    private float* Add(float* state, int m, bool isFirst)
    {
        float* sum = _work.Sum(m);
        if (isFirst)
        {
            new ReadOnlySpan<float>(state, PaddedUnits).CopyTo(new Span<float>(sum, PaddedUnits));
            return sum;
        }

        KernelDispatch.Run<Int8Activations.AddWork, int>(_compute.Path, new() { Numbers = state, Sum = sum, Units = PaddedUnits });
        return sum;
    }

    private void PrepareTop(float* state, int m)
    {
        int last = Config.NumLayers;
        for (int l = 1; l < last && Config.Residual; l++) Add(state + ((l - 1) * PaddedUnits), m, isFirst: l == 1);
        Hand(state + ((last - 1) * PaddedUnits), last, m);
    }

    private void StateBytes(float* state, byte* bytes) => KernelDispatch.Run<Int8Activations.StateWork, int>(_compute.Path, new()
    {
        Numbers = state,
        Units = Config.HiddenDim,
        Bias = _products.Bias,
        Bytes = bytes,
    });

    // Part number part of a layer's groups, for texts that have been prepared.
    private void Layer(int l, int texts, int part, int parts)
    {
        (int first, int groups) = Share(_weights.Groups, part, parts);
        if (groups == 0) return;
        int row = first * Int8Weights.GroupRows, rows = groups * Int8Weights.GroupRows;
        int* inputSums = _work.InputSums + row, stateSums = _work.StateSums + row;
        _products.Multiply(
            _weights.Input(l), row, rows, _work.InputBytes(0), _work.BytesStride, texts, inputSums, _work.SumStride);
        _products.Multiply(
            _weights.Recurrent(l), row, rows, _work.StateBytes(0), _work.BytesStride, texts, stateSums, _work.SumStride);
        for (int m = 0; m < texts; m++)
        {
            Gates(l, first, groups, inputSums + (m * _work.SumStride), stateSums + (m * _work.SumStride), _work.Scales[m],
                _work.States[m] + (l * PaddedUnits));
        }
    }

    private void Gates(int l, int first, int groups, int* inputSums, int* stateSums, float inputScale, float* state)
    {
        int row = first * Int8Weights.GroupRows, unit = first * Int8Weights.GroupUnits;
        KernelDispatch.Run<Int8Cell.GatesWork, int>(_compute.Path, new()
        {
            InputSums = inputSums,
            StateSums = stateSums,
            InputScales = _weights.Input(l).Scales + row,
            StateScales = _weights.Recurrent(l).Scales + row,
            InputScale = inputScale,
            Biases = _weights.Biases(l) + (4 * unit),
            State = state + unit,
            Groups = groups,
        });
    }

    // Several tokens of one text: the products of all inputs of a layer at once, then the state from token to token.
    private void Stretch(float* state, ReadOnlySpan<int> ids)
    {
        _work.Reserve(ids.Length);
        for (int t = 0; t < ids.Length; t++) Embed(ids[t], t);
        for (int l = 0; l < Config.NumLayers; l++)
        {
            float* own = state + (l * PaddedUnits);
            if (l > 0)
            {
                for (int t = 0; t < ids.Length; t++) Hand(_work.Output(t), l, t);
            }

            var inputs = new InputsJob { Engine = this, Layer = l, Tokens = ids.Length, Parts = _compute.Threads };
            _compute.Team.Run(ref inputs, inputs.Parts);
            var job = new RecurrentJob { Engine = this, Layer = l, State = own };
            job.Parts = Parts((long)Int8Weights.GroupRows * _weights.Groups * Config.HiddenDim);
            for (int t = 0; t < ids.Length; t++)
            {
                StateBytes(own, _work.StateBytes(0));
                job.Token = t;
                _compute.Team.Run(ref job, job.Parts);
                new ReadOnlySpan<float>(own, PaddedUnits).CopyTo(new Span<float>(_work.Output(t), PaddedUnits));
            }
        }
    }

    private void Inputs(int l, int tokens, int part, int parts)
    {
        (int first, int groups) = Share(_weights.Groups, part, parts);
        if (groups == 0) return;
        int row = first * Int8Weights.GroupRows, rows = groups * Int8Weights.GroupRows;
        _products.Multiply(
            _weights.Input(l), row, rows, _work.InputBytes(0), _work.BytesStride, tokens, _work.InputSums + row, _work.SumStride);
    }

    private void Recur(int l, int token, float* state, int part, int parts)
    {
        (int first, int groups) = Share(_weights.Groups, part, parts);
        if (groups == 0) return;
        int row = first * Int8Weights.GroupRows, rows = groups * Int8Weights.GroupRows;
        int* stateSums = _work.StateSums + row;
        _products.Multiply(
            _weights.Recurrent(l), row, rows, _work.StateBytes(0), _work.BytesStride, 1, stateSums, _work.SumStride);
        Gates(l, first, groups, _work.InputSums + (token * _work.SumStride) + row, stateSums, _work.Scales[token], state);
    }

    private void Scores(int texts, float* scores, nint stride, int part, int parts)
    {
        (int first, int blocks) = Share(_weights.Output.PaddedRows / Int8Matrix.RowStep, part, parts);
        int row = first * Int8Matrix.RowStep, rows = blocks * Int8Matrix.RowStep;
        if (rows == 0) return;
        int* sums = _work.ScoreSums + row;
        _products.Multiply(
            _weights.Output, row, rows, _work.InputBytes(0), _work.BytesStride, texts, sums, _weights.Output.PaddedRows);
        for (int m = 0; m < texts; m++)
        {
            KernelDispatch.Run<Int8Cell.ScoresWork, int>(_compute.Path, new()
            {
                Sums = sums + (m * (nint)_weights.Output.PaddedRows),
                Scales = _weights.Output.Scales + row,
                Scores = scores + (m * stride) + row,
                Scale = _work.Scales[m],
                Rows = Math.Min(rows, Config.VocabSize - row),
            });
        }
    }

    // Part number part of so many things, shared out evenly: the first, and how many.
    private static (int First, int Count) Share(int things, int part, int parts)
    {
        int first = (int)((long)things * part / parts), end = (int)((long)things * (part + 1) / parts);
        return (first, end - first);
    }

    private struct StepJob : IParallelJob
    {
        public Int8Engine Engine;
        public int* Ids;
        public int Layer, Texts, Parts;
        public bool IsPreparing;

        public readonly void Execute(int item, int thread)
        {
            if (IsPreparing) Engine.Prepare(Layer, item, Ids[item]);
            else Engine.Layer(Layer, Texts, item, Parts);
        }
    }

    private struct InputsJob : IParallelJob
    {
        public Int8Engine Engine;
        public int Layer, Tokens, Parts;

        public readonly void Execute(int item, int thread) => Engine.Inputs(Layer, Tokens, item, Parts);
    }

    private struct RecurrentJob : IParallelJob
    {
        public Int8Engine Engine;
        public float* State;
        public int Layer, Token, Parts;

        public readonly void Execute(int item, int thread) => Engine.Recur(Layer, Token, State, item, Parts);
    }

    private struct ScoreJob : IParallelJob
    {
        public Int8Engine Engine;
        public float* Scores;
        public nint Stride;
        public int Texts, Parts;

        public readonly void Execute(int item, int thread) => Engine.Scores(Texts, Scores, Stride, item, Parts);
    }
}
