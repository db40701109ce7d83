// grulm bench train and generate on another device than the processor. The processor's ceilings say nothing there, so times stand alone;
// BenchRun measures the processor beside them.

using GruLM.Cuda;
using GruLM.Generation;
using GruLM.Model;

namespace GruLM.Cli.Bench;

/// <summary>Measures models on a device.</summary>
internal sealed class DeviceBench : IDisposable
{
    private readonly IDevice _device;
    private readonly BenchReport _report;
    private readonly CancellationToken _cancel;

    public DeviceBench(BenchOptions options, TextWriter output, CancellationToken cancel)
    {
        _cancel = cancel;
        _device = Devices.Open(options.Device, new DeviceOptions(options.Threads, options.Precision));
        _report = new BenchReport(options.Json, BenchMachine.Of(options.Device, _device), output);
    }

    /// <summary>A whole training step.</summary>
    public int Train(BenchShape shape)
    {
        ModelWork.Check(shape);
        using ITrainableModel model = _device.CreateModel(shape.Config, new ModelOptions { Seed = 1 });
        BenchResult result = ModelWork.Train(model, shape, Time);
        _report.Write(_device is CudaDevice card ? result with { CardMegabytes = card.PeakBytes / (double)(1 << 20) } : result);
        return ExitCode.Done;
    }

    /// <summary>Decoding texts token by token, as everyone does it and, where there are many, with tokens that a card draws itself; and
    /// reading a prompt.</summary>
    public int Generate(BenchShape shape)
    {
        ModelWork.Check(shape);
        using var parameters = new GruParameters(shape.Config);
        ParameterInitializer.Fill(parameters, 1);
        using (IDecoder decoder = _device.CreateDecoder(parameters, shape.Weights))
        {
            _report.Write(ModelWork.Generate(decoder, shape, Time));
            if (shape.PromptTokens > 0) _report.Write(ModelWork.Prompt(decoder, shape, Time));
        }

        if (shape.Sessions == 1 || _device is not CudaDevice card) return ExitCode.Done;
        using CudaDecodingBatch batch = card.CreateBatch(parameters, shape.Sessions, temperature: 1, seed: 1);
        batch.Step(new int[shape.Sessions]);
        BenchResult drawn = ModelWork.Texts(shape, Time(shape.Steps, () => batch.Step([])));
        _report.Write(drawn with { Name = $"{drawn.Name}, drawn on the card" });
        return ExitCode.Done;
    }

    public void Dispose() => _device.Dispose();

    private Timing Time(int runs, Action work) => Timing.Of(null, runs, work, _cancel);
}
