// One layer's recurrence on the card, forward and backward: in one launch over all steps where the layer fits the card (recurrence.h),
// else step by step, a product and the cell.

using GruLM.Model;

namespace GruLM.Cuda;

/// <summary>Carries layers over time. One thread at a time.</summary>
internal sealed class CardRecurrence
{
    private const int Threads = 256;
    private const int HopperThreads = 288;
    private readonly Card _card;
    private readonly CardParameters _parameters;
    private readonly CardProducts _products;
    private readonly CudaKernel _carry, _forwardCell, _backwardCell, _bias;
    private readonly Dictionary<(int Lanes, bool Backward), (RecurrencePlan? Plan, CudaKernel? Kernel)> _plans = [];

    /// <summary>Loads the kernels.</summary>
    public CardRecurrence(Card card, CardParameters parameters, CardProducts products)
    {
        (_card, _parameters, _products) = (card, parameters, products);
        _carry = card.Kernel("layers", "carry");
        _forwardCell = card.Kernel("layers", "forward_cell");
        _backwardCell = card.Kernel("layers", "backward_cell");
        _bias = card.Kernel("layers", "bias_gradients", hasPrecision: false);
    }

    private int Hidden => _parameters.Config.HiddenDim;

    private int Padded => _parameters.PaddedHidden;

    /// <summary>States of a layer for all steps from the carried ones and the projections in its gates; a backward pass needs
    /// <paramref name="keepsGates"/>.</summary>
    public void Forward(CardBatch batch, int layer, CardStates carried, bool keepsGates)
    {
        CardWorkspace w = batch.Workspace;
        int gatesOf = keepsGates ? layer : 0;
        var planes = PlaneRows.Of(w.StatePlanes[layer], _card.Planes, Padded);
        var carry = new CarryArguments
        {
            Carried = carried[layer],
            Fresh = batch.Fresh,
            States = w.States[layer].At(0),
            Planes = planes.First,
            Plane = planes.Plane,
            Lanes = batch.Lanes,
            Padded = Padded,
        };
        _card.ForEach(_carry, (long)batch.Lanes * Padded / 8, carry);
        (RecurrencePlan? plan, CudaKernel? kernel) = Plan(batch.Lanes, backward: false);
        if (plan is null)
        {
            ForwardSteps(batch, layer, gatesOf, planes);
        }
        else
        {
            RecurrenceArguments arguments = Arguments(batch, layer, gatesOf, plan, _parameters.State(layer), planes);
            arguments.KeepGates = keepsGates ? 1 : 0;
            arguments.Done = Done(w, layer, backward: false);
            Launch(plan, kernel!, arguments, planes, rows: (batch.Steps + 1) * batch.Lanes);
        }

        carried.Take(layer, w.States[layer], (long)batch.Tokens * Padded);
    }

    /// <summary>From the gradients of a layer's states, in DState, to those of its gates' sums, in DGates, and of its biases, which are
    /// added to <paramref name="gradients"/>.</summary>
    public void Backward(CardBatch batch, int layer, DeviceBuffer<float> gradients)
    {
        CardWorkspace w = batch.Workspace;
        var planes = PlaneRows.Of(w.DGates, _card.Planes, 4 * Padded);
        (RecurrencePlan? plan, CudaKernel? kernel) = Plan(batch.Lanes, backward: true);
        if (plan is null)
        {
            BackwardSteps(batch, layer, planes);
        }
        else
        {
            RecurrenceArguments arguments = Arguments(batch, layer, layer, plan, _parameters.StateTransposed(layer), planes);
            arguments.DStates = w.DState.At(0);
            arguments.DBias = w.DBias.At(0);
            arguments.Done = Done(w, layer, backward: true);
            Launch(plan, kernel!, arguments, planes, rows: batch.Tokens);
        }

        var bias = new BiasArguments
        {
            Parts = w.DBias.At(0),
            Input = _parameters.In(gradients, ParameterRole.InputBias, layer),
            State = _parameters.In(gradients, ParameterRole.RecurrentBias, layer),
            Tiles = plan?.LaneTiles ?? 1,
            Hidden = Hidden,
            Padded = Padded,
        };
        _card.ForEach(_bias, Hidden, bias, threads: 128);
    }

    private (RecurrencePlan? Plan, CudaKernel? Kernel) Plan(int lanes, bool backward)
    {
        if (_plans.TryGetValue((lanes, backward), out (RecurrencePlan? Plan, CudaKernel? Kernel) known)) return known;
        var plan = RecurrencePlan.Choose(_card, Hidden, lanes, backward);
        CudaKernel? kernel = plan is null ? null : Kernel(plan, backward ? "backward" : "forward");
        _plans[(lanes, backward)] = (plan, kernel);
        return (plan, kernel);
    }

    private CudaKernel Kernel(RecurrencePlan plan, string direction) =>
        plan.IsHopper
            ? _card.Recurrence("recurrence_hopper", direction, plan.Shape)
            : _card.Recurrence(_card.UsesBf16 ? "recurrence_bf16" : "recurrence_fp32", direction, plan.Shape);

    // planes: what the products read, of so many rows.
    private void Launch(RecurrencePlan plan, CudaKernel kernel, RecurrenceArguments a, PlaneRows planes, int rows)
    {
        var grid = new Grid(plan.Slices, plan.LaneTiles);
        if (!plan.IsHopper)
        {
            _card.Context.LaunchTogether(kernel, grid, Threads, plan.SharedBytes, a);
            return;
        }

        var arguments = new HopperRecurrenceArguments
        {
            Map = TileMaps.Create(planes, _card.Planes, alongK: true, rows, planes.Row, (plan.TileLanes, RecurrencePlan.HopperDepth)),
            Weights = a.Weights,
            WeightsPlane = a.WeightsPlane,
            InputBias = a.InputBias,
            Bias = a.Bias,
            Gates = a.Gates,
            Candidate = a.Candidate,
            States = a.States,
            Planes = a.Planes,
            Plane = a.Plane,
            DStates = a.DStates,
            DBias = a.DBias,
            Done = a.Done,
            Steps = a.Steps,
            Lanes = a.Lanes,
            Units = a.Units,
            Padded = a.Padded,
            KeepGates = a.KeepGates,
            Stages = plan.Stages,
        };
        _card.Context.LaunchTogether(kernel, grid, HopperThreads, plan.SharedBytes, arguments);
    }

    private RecurrenceArguments Arguments(
        CardBatch batch, int layer, int gatesOf, RecurrencePlan plan, PlaneRows weights, PlaneRows planes) => new()
        {
            Weights = weights.First,
            WeightsPlane = weights.Plane,
            InputBias = _parameters.Tensor(ParameterRole.InputBias, layer),
            Bias = _parameters.Tensor(ParameterRole.RecurrentBias, layer),
            Gates = batch.Workspace.Gates[gatesOf].At(0),
            Candidate = batch.Workspace.Candidates[gatesOf].At(0),
            States = batch.Workspace.States[layer].At(0),
            Planes = planes.First,
            Plane = planes.Plane,
            Steps = batch.Steps,
            Lanes = batch.Lanes,
            Units = Hidden,
            Padded = Padded,
            TileLanes = plan.TileLanes,
        };

    // Each recurrence of a step counts in a place of its own, all cleared together.
    private DevicePointer Done(CardWorkspace w, int layer, bool backward)
    {
        long each = w.Done.Length / (2 * _parameters.Config.NumLayers);
        return w.Done.At(((2 * layer) + (backward ? 1 : 0)) * each);
    }

    private CellArguments Cell(CardBatch batch, int layer, int gatesOf, int step, PlaneRows planes) => new()
    {
        Products = batch.Workspace.StepProducts.At(0),
        InputBias = _parameters.Tensor(ParameterRole.InputBias, layer),
        Bias = _parameters.Tensor(ParameterRole.RecurrentBias, layer),
        Gates = batch.Workspace.Gates[gatesOf].At((long)step * batch.Lanes * 3 * Padded),
        Candidate = batch.Workspace.Candidates[gatesOf].At((long)step * batch.Lanes * Padded),
        Before = batch.Workspace.States[layer].At((long)step * batch.Lanes * Padded),
        Planes = planes.First,
        Plane = planes.Plane,
        Lanes = batch.Lanes,
        Hidden = Hidden,
        Padded = Padded,
    };

    private void ForwardSteps(CardBatch batch, int layer, int gatesOf, PlaneRows planes)
    {
        CardWorkspace w = batch.Workspace;
        var target = new ProductTarget(w.StepProducts.At(0), 3 * Padded);
        for (int t = 0; t < batch.Steps; t++)
        {
            PlaneRows before = planes.At((long)t * batch.Lanes), after = planes.At((t + 1L) * batch.Lanes);
            _products.Multiply(ProductKind.RowsByRows, before, _parameters.State(layer), batch.Lanes, 3 * Padded, Padded, target);
            CellArguments cell = Cell(batch, layer, gatesOf, t, after);
            cell.After = w.States[layer].At((t + 1L) * batch.Lanes * Padded);
            _card.ForEach(_forwardCell, (long)batch.Lanes * Padded, cell);
        }
    }

    private void BackwardSteps(CardBatch batch, int layer, PlaneRows planes)
    {
        CardWorkspace w = batch.Workspace;
        _card.Context.Clear(w.Kept, 0, (long)batch.Lanes * Padded);
        _card.Context.Clear(w.DBias, 0, 4L * Padded);
        PlaneRows weights = _parameters.StateTransposed(layer);
        var target = new ProductTarget(w.StepProducts.At(0), Padded);
        for (int t = batch.Steps - 1; t >= 0; t--)
        {
            bool isLast = t == batch.Steps - 1;
            if (!isLast)
            {
                // dar and daz, then dq, which lies behind dan.
                PlaneRows after = planes.At((t + 1L) * batch.Lanes);
                _products.Multiply(ProductKind.RowsByRows, after, weights, batch.Lanes, Padded, 2 * Padded, target);
                _products.Multiply(
                    ProductKind.RowsByRows, after.At(0, 3 * Padded), weights.At(0, 2 * Padded), batch.Lanes, Padded, Padded,
                    target with { Add = true });
            }

            CellArguments cell = Cell(batch, layer, layer, t, planes.At((long)t * batch.Lanes));
            if (isLast) cell.Products = default;
            cell.DStates = w.DState.At((long)t * batch.Lanes * Padded);
            cell.Kept = w.Kept.At(0);
            cell.DBias = w.DBias.At(0);
            _card.ForEach(_backwardCell, Hidden, cell, threads: 64);
        }
    }
}
