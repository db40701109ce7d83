// A token of many texts at once, or many tokens of one: each is a column of the products, which read the weights once for sixteen columns
// (columns.cu). What a text gets is to the bit what it would get alone. What the tokens of one text give the gates is made for all of them
// at once; then its state goes from token to token, each of which reads the recurrent weights.

using System.Numerics;
using GruLM.Model;

namespace GruLM.Cuda;

/// <summary>Reads texts in columns, over parameters that stay the caller's. One thread at a time.</summary>
internal sealed class CardColumns : IDisposable
{
    /// <summary>Texts at once.</summary>
    public const int Most = 128;

    private const int Threads = 128;
    private const int WarpsOfBlock = Threads / 32;

    // As in columns.cu: what a warp works on.
    private const int TileColumns = 16, TileRows = 8, TileUnits = 32 / TileColumns;

    // Tokens of a text at once: each adds launches to a recording.
    private const int LongestStretch = 64;

    // Parts of recordings.
    private const int Step = 0, Stretch = 1, ScoredStretch = 2, Scores = 3;

    private readonly Card _card;
    private readonly Recordings _recordings;
    private ColumnKernels? _kernels;
    private ColumnsWorkspace? _workspace;

    /// <summary>Kernels are loaded, and memory is taken, when they are needed.</summary>
    public CardColumns(Card card, CardParameters parameters)
    {
        (_card, Parameters) = (card, parameters);
        _recordings = new Recordings(card.Context);
    }

    /// <summary>The model's parameters.</summary>
    public CardParameters Parameters { get; }

    private GruConfig Config => Parameters.Config;

    private ColumnKernels Kernels => _kernels!;

    private ColumnsWorkspace Room => _workspace!;

    /// <summary>Each text, of which there are no more than <see cref="Most"/>, reads a token.</summary>
    public void Read(ReadOnlySpan<CudaDecodingSession> texts, ReadOnlySpan<int> ids)
    {
        int columns = Prepare(texts.Length, texts, ids);
        _recordings.Run(new RecordedShape(1, columns, Step, Training: false), () => AdvanceTexts(columns));
    }

    /// <summary>A text reads tokens, one after another, and gives the scores that follow each of them, [ids, V], where there is room for
    /// them.</summary>
    public void Read(CudaDecodingSession text, ReadOnlySpan<int> ids, Span<float> scores)
    {
        bool hasScores = !scores.IsEmpty;
        while (!ids.IsEmpty)
        {
            // Few lengths, so that each is recorded once.
            int tokens = 1 << BitOperations.Log2((uint)Math.Min(ids.Length, LongestStretch));
            Prepare(tokens, [text], ids[..tokens]);
            if (hasScores) Room.NeedScores();
            var shape = new RecordedShape(tokens, 1, hasScores ? ScoredStretch : Stretch, Training: false);
            _recordings.Run(shape, () => AdvanceText(tokens, hasScores));
            ids = ids[tokens..];
            if (hasScores) scores = Download(scores, tokens);
        }
    }

    /// <summary>Scores of each text's next token, [texts, V]; of no more than <see cref="Most"/> texts.</summary>
    public void Score(ReadOnlySpan<CudaDecodingSession> texts, Span<float> scores)
    {
        int columns = Prepare(texts.Length, texts, []);
        Room.NeedScores();
        _recordings.Run(new RecordedShape(1, columns, Scores, Training: false), () => ScoreTexts(columns));
        Download(scores, texts.Length);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _recordings.Dispose();
        _workspace?.Dispose();
    }

    // Has what the columns are on its way; returns their number with those that fill up the last tile.
    private int Prepare(int columns, ReadOnlySpan<CudaDecodingSession> texts, ReadOnlySpan<int> ids)
    {
        _card.Context.Enter();
        _kernels ??= new ColumnKernels(_card);
        _workspace ??= new ColumnsWorkspace(_card.Context, Config, Most);

        // What was staged before may still be on its way.
        _card.Context.Synchronize();
        Room.Stage(texts, ids);
        return (columns + TileColumns - 1) / TileColumns * TileColumns;
    }

    private void AdvanceTexts(int columns)
    {
        Begin(columns, columns);
        for (int l = 0; l < Config.NumLayers; l++)
        {
            Project(l, columns);
            var grid = new Grid(Blocks(Config.HiddenDim, TileUnits), columns / TileColumns);
            _card.Context.Launch(Kernels.Step, grid, Threads, 0, StepOf(l, Room.Before(l), column: 0, columns));
        }

        End(columns, lastColumn: 0);
    }

    private void AdvanceText(int tokens, bool hasScores)
    {
        Begin(tokens, texts: 1);
        for (int l = 0; l < Config.NumLayers; l++)
        {
            Project(l, tokens);
            for (int t = 0; t < tokens; t++)
            {
                StepColumnsArguments step = StepOf(l, t == 0 ? Room.Before(l) : Room.After(l, t - 1), t, columns: 1);
                _card.Context.Launch(Kernels.StepAlone, new Grid(Blocks(Config.HiddenDim, 1)), Threads, 0, step);
            }
        }

        End(texts: 1, lastColumn: tokens - 1);
        if (hasScores) MultiplyScores(Room.Handed(Config.NumLayers - 1), tokens);
    }

    private void ScoreTexts(int columns)
    {
        Room.Upload();
        bool isHanded = Config.Residual && Config.NumLayers > 1;
        int top = Config.NumLayers - 1 + (isHanded ? Config.NumLayers : 0);
        Carry(Kernels.Gather, Room.Before(0), top * Config.HiddenDim, columns, layers: 1);
        MultiplyScores(Room.Before(0), columns);
    }

    // The tokens' embeddings, and the states of the texts.
    private void Begin(int tokens, int texts)
    {
        Room.Upload();
        var embed = new EmbedColumnsArguments
        {
            Table = Parameters.Tensor(ParameterRole.Embedding, 0),
            Ids = Room.Ids,
            Columns = Room.Embedded.At(0),
            Inputs = Config.EmbeddingDim,
            Row = Room.EmbeddedRow,
        };
        _card.Context.Launch(Kernels.Embed, new Grid(tokens), Threads, 0, embed);
        Carry(Kernels.Gather, Room.Before(0), first: 0, texts, Config.NumLayers);
    }

    private void End(int texts, int lastColumn) =>
        Carry(Kernels.Return, Room.After(0, lastColumn), first: 0, texts, Config.NumLayers * (Config.Residual ? 2 : 1));

    // Numbers of texts to columns, or back.
    private void Carry(CudaKernel kernel, DevicePointer columns, int first, int texts, int layers)
    {
        var arguments = new CarryColumnsArguments
        {
            Texts = Room.Texts,
            Columns = columns,
            Layer = Room.Layer,
            First = first,
            Units = Config.HiddenDim,
            Row = Room.Row,
        };
        _card.Context.Launch(kernel, new Grid(texts, layers), Threads, 0, arguments);
    }

    // What a layer's input gives its gates, normalised before where the model does so.
    private void Project(int l, int tokens)
    {
        PlaneRows planes = Parameters.Input(l);
        bool isBf16 = _card.UsesBf16;
        int inputs = Config.InputDim(l), units = Config.HiddenDim;
        var arguments = new MultiplyColumnsArguments
        {
            Weights = isBf16 ? planes.First : Parameters.Tensor(ParameterRole.InputWeights, l),
            Bias = Parameters.Tensor(ParameterRole.InputBias, l),
            Columns = l == 0 ? Room.Embedded.At(0) : Config.LayerNorm ? Normalise(l, tokens) : Room.Handed(l - 1),
            Products = Room.Input.At(0),
            Rows = 3 * units,
            Length = isBf16 ? planes.Row : inputs,
            WeightRow = isBf16 ? planes.Row : inputs,
            Group = units,
            Gate = isBf16 ? Parameters.PaddedHidden : units,
            Count = tokens,
            ColumnRow = l == 0 ? Room.EmbeddedRow : Room.Row,
            ProductRow = 3 * units,
        };
        Multiply(arguments);
    }

    private DevicePointer Normalise(int l, int tokens)
    {
        var arguments = new NormaliseColumnsArguments
        {
            Columns = Room.Handed(l - 1),
            Normalised = Room.Normalised.At(0),
            Gain = Parameters.Tensor(ParameterRole.NormGain, l),
            Shift = Parameters.Tensor(ParameterRole.NormBias, l),
            Units = Config.HiddenDim,
            Row = Room.Row,
        };
        _card.Context.Launch(Kernels.Normalise, new Grid(tokens), Threads, 33 * sizeof(float), arguments);
        return arguments.Normalised;
    }

    // A step of layer l for some columns from one on.
    private StepColumnsArguments StepOf(int l, DevicePointer before, int column, int columns)
    {
        PlaneRows planes = Parameters.State(l);
        bool isBf16 = _card.UsesBf16, adds = Config.Residual && l > 0;
        return new StepColumnsArguments
        {
            Weights = isBf16 ? planes.First : Parameters.Tensor(ParameterRole.RecurrentWeights, l),
            Bias = Parameters.Tensor(ParameterRole.RecurrentBias, l),
            Input = Room.Input.At(3L * column * Config.HiddenDim),
            Before = before,
            After = Room.After(l, column),
            Below = adds ? Room.Handed(l - 1, column) : default,
            Handed = adds ? Room.Handed(l, column) : default,
            Units = Config.HiddenDim,
            Length = isBf16 ? planes.Row : Config.HiddenDim,
            WeightRow = isBf16 ? planes.Row : Config.HiddenDim,
            Gate = isBf16 ? Parameters.PaddedHidden : Config.HiddenDim,
            Count = columns,
            Row = Room.Row,
        };
    }

    private void MultiplyScores(DevicePointer columns, int count)
    {
        ParameterRole role = Config.TieWeights ? ParameterRole.Embedding : ParameterRole.Output;
        bool isBf16 = _card.UsesBf16;
        int row = isBf16 ? Parameters.Output.Row : Config.HiddenDim;
        var arguments = new MultiplyColumnsArguments
        {
            Weights = isBf16 ? Parameters.Output.First : Parameters.Tensor(role, 0),
            Columns = columns,
            Products = Room.Scores.At(0),
            Rows = Config.VocabSize,
            Length = row,
            WeightRow = row,
            Group = Config.VocabSize,
            Count = count,
            ColumnRow = Room.Row,
            ProductRow = Config.VocabSize,
        };
        Multiply(arguments);
    }

    private void Multiply(MultiplyColumnsArguments arguments)
    {
        var grid = new Grid(Blocks(arguments.Rows, TileRows), (arguments.Count + TileColumns - 1) / TileColumns);
        _card.Context.Launch(Kernels.Multiply, grid, Threads, 0, arguments);
    }

    // The first rows of the scores; returns what is left of the room for them.
    private Span<float> Download(Span<float> scores, int rows)
    {
        int length = rows * Config.VocabSize;
        _card.Context.Download(Room.Scores, 0, scores[..length]);
        return scores[length..];
    }

    // Blocks whose warps have so many rows each.
    private static int Blocks(int rows, int each) => (rows + (each * WarpsOfBlock) - 1) / (each * WarpsOfBlock);
}
