// Runs on a device that they are told by name: it is the one that trains, measures and writes, what it is stands beside the model, and a
// run may go on on another one.

using System.Text.Json;
using GruLM.Cli.Demo;
using GruLM.Kernels;
using GruLM.Report;
using GruLM.Tests.Cli;
using GruLM.Training;

namespace GruLM.Tests;

public sealed class DeviceRunTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("grulm-device-").FullName;
    private readonly CountingDevice.Counts _device = CountingDevice.Register();
    private readonly TrainingSettings _settings;

    public DeviceRunTests()
    {
        string text = Path.Combine(_root, "text.txt");
        File.WriteAllText(text, SampleCorpus.Generate(5, 8_000));
        _settings = new TrainingSettings
        {
            Data = [text],
            VocabSize = 320,
            EmbeddingDim = 16,
            HiddenDim = 16,
            NumLayers = 1,
            BatchSize = 4,
            Bptt = 16,
            MaxSteps = 6,
            WarmupSteps = 0,
            Schedule = ScheduleKind.Constant,
            Threads = 1,
        };
    }

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public void A_run_trains_and_writes_on_the_device_that_it_is_told()
    {
        string model = Train("model", _settings with { Device = _device.Name, SampleEvery = 3 });
        Assert.Equal((1, 1, 1), (_device.Opened, _device.Disposed, _device.Models));
        Assert.Equal(2, _device.Sessions);
        Assert.Equal((1, Precision.Auto), (_device.Options!.Threads, _device.Options.Precision));

        // What auto came to on the device is written down, and so is the device.
        TrainingSettings recorded = SettingsFile.Read(Path.Combine(model, "training", "settings.json"));
        Assert.Equal((_device.Name, Precision.Bf16), (recorded.Device, recorded.Precision));
        using var record = JsonDocument.Parse(File.ReadAllText(Path.Combine(model, "training", "run.json")));
        Assert.Equal("counting fp32", record.RootElement.GetProperty("kernels").GetString());
        Assert.Equal("a counting device, Auto", ModelDescription.Read(model).Device);
        Assert.Contains(("begun on", "a counting device, Auto"), ModelDescription.Read(model).Facts());
        (int _, string output, string _) = CommandsTests.Run("show", model, "--json");
        Assert.Contains("\"begun_on\": \"a counting device, Auto\"", output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(Precision.Fp32)]
    [InlineData(Precision.Bf16)]
    public void The_precision_is_passed_on(Precision precision)
    {
        Train("model", _settings with { Device = _device.Name, Precision = precision });
        Assert.Equal(precision, _device.Options!.Precision);
    }

    [Fact]
    public void A_run_goes_on_on_another_device_and_says_that_figures_differ()
    {
        string whole = Train("whole", _settings with { MaxSteps = 12 }), moved = Train("moved", _settings);
        var messages = new Notices();
        Precision first = KernelChoice.UsesBf16(Precision.Auto) ? Precision.Bf16 : Precision.Fp32;
        using (var run = TrainingRun.Resume(moved, settings => settings with { Device = _device.Name, MaxSteps = 12 }, messages))
        {
            Assert.Equal($"a counting device, {first}", run.Plan.Kernels);
            Assert.True(run.Run(TestContext.Current.CancellationToken).IsFinished);
        }

        Assert.Equal(1, _device.Models);
        string notice = Assert.Single(messages.All), where = first == Precision.Fp32 ? " in the last digits" : "";
        Assert.EndsWith(
            $" kernels and goes on with counting fp32: its figures will differ{where} from those of one machine", notice,
            StringComparison.Ordinal);
        Assert.Equal(_device.Name, SettingsFile.Read(Path.Combine(moved, "training", "settings.json")).Device);

        // This device computes as the processor does.
        ResumeTests.AssertSame(whole, moved);
        using (var back = TrainingRun.Resume(moved, settings => settings with { Device = Devices.Cpu, MaxSteps = 14 }))
        {
            back.Run(TestContext.Current.CancellationToken);
        }

        Assert.Equal(1, _device.Opened);
    }

    [Fact]
    public void Time_is_planned_by_the_speed_of_the_device()
    {
        TrainingSettings settings = _settings with { Device = _device.Name, OutDir = Path.Combine(_root, "model"), Minutes = 0.02 };
        using (var run = TrainingRun.Start(settings)) Assert.Equal(0.02, run.Plan.Minutes);
        Assert.Equal((1, 2), (_device.Opened, _device.Models));
        using (var run = TrainingRun.Start(settings with { ChooseRecipe = true, Overwrite = true })) Assert.NotNull(run.Plan.Recipe);
        Assert.True(_device.Models > 4);
        Assert.Equal(_device.Opened, _device.Disposed);
    }

    [Fact]
    public void A_device_that_nobody_knows_is_refused_before_anything_is_read()
    {
        TrainingSettings wrong = _settings with { OutDir = Path.Combine(_root, "model"), Device = "abacus", Data = ["nowhere"] };
        ArgumentException error = Assert.Throws<ArgumentException>(() => TrainingRun.Start(wrong));
        Assert.StartsWith("'Device' is abacus; one of ", error.Message, StringComparison.Ordinal);
        Assert.Contains("cpu, cuda", error.Message, StringComparison.Ordinal);
        Devices.Register("lost-card", _ => throw new IOException("the card is gone"));
        Assert.Equal(
            "the card is gone", Assert.Throws<IOException>(() => TrainingRun.Start(wrong with { Device = "lost-card" })).Message);
        Assert.False(Directory.Exists(wrong.OutDir));
    }

    private string Train(string name, TrainingSettings settings)
    {
        string model = Path.Combine(_root, name);
        using var run = TrainingRun.Start(settings with { OutDir = model });
        run.Run(TestContext.Current.CancellationToken);
        return model;
    }

    private sealed class Notices : IRunObserver
    {
        public List<string> All { get; } = [];

        public void OnNotice(string notice) => All.Add(notice);
    }
}
