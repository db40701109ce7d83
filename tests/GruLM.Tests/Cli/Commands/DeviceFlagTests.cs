// --device, as the commands have it: what is asked of a device when each of them is told one, and what is said where there is none.

using System.Text;
using System.Text.Json;
using GruLM.Cuda;
using GruLM.Kernels;
using GruLM.Tests.Cuda;

namespace GruLM.Tests.Cli;

[Collection(StandIn.Collection)]
public sealed class DeviceFlagTests(TrainedFolder trained) : IClassFixture<TrainedFolder>
{
    [Theory]
    [InlineData("eval --model {model} --data {text}", 1, 0)]
    [InlineData("eval --model {model} --repeats -n 20", 0, 1)]
    [InlineData("score --model {model} --data {text}", 1, 0)]
    [InlineData("generate --model {model} --prompt The -n 5 --seed 1", 0, 1)]
    [InlineData("chat --model {model} -n 5 --seed 1", 0, 1)]
    [InlineData("bench train --vocab-size 50 --hidden-dim 16 --batch-size 2 --bptt 4 --steps 2", 1, 0)]
    [InlineData("bench generate --vocab-size 50 --hidden-dim 16 --steps 2", 0, 1)]
    public void Commands_compute_on_the_device_that_they_are_told(string line, int models, int fewestSessions)
    {
        CountingDevice.Counts device = CountingDevice.Register();
        (int Code, string Output, string Error) told = Run($"{line} --threads 1 --device {device.Name}");
        Assert.True(told.Code == 0, told.Error);
        Assert.Equal((1, 1, models), (device.Opened, device.Disposed, device.Models));
        Assert.True(device.Sessions >= fewestSessions);
        Assert.Equal(1, device.Options!.Threads);

        // This one computes as the processor does.
        if (line.StartsWith("generate", StringComparison.Ordinal)) Assert.Equal(Run($"{line} --threads 1"), told);
    }

    [Fact]
    public void A_measurement_elsewhere_stands_without_the_processors_ceilings()
    {
        const string Line = "bench train --vocab-size 50 --hidden-dim 16 --batch-size 2 --bptt 4 --steps 2 --threads 1";
        CountingDevice.Counts device = CountingDevice.Register();
        string[] lines = Run($"{Line} --device {device.Name} --precision fp32").Output.TrimEnd('\n').Split('\n');
        Assert.EndsWith(" GFLOP/s of model arithmetic", lines[1], StringComparison.Ordinal);
        Assert.Equal("a counting device, Fp32", lines[2]);
        using (var json = JsonDocument.Parse(Run($"{Line} --device {device.Name} --json").Output))
        {
            Assert.Equal(
                (device.Name, "counting fp32", "bf16"), (Text(json, "device"), Text(json, "kernels"), Text(json, "precision")));
            Assert.DoesNotContain(json.RootElement.EnumerateObject(), p => p.Name.Contains("ceiling", StringComparison.Ordinal));
        }

        // A model so small is the processor's, whatever there is.
        using var own = JsonDocument.Parse(Run($"{Line} --device auto --json").Output);
        Assert.Equal("cpu", Text(own, "device"));
        Assert.Contains(own.RootElement.EnumerateObject(), p => p.Name == "fp32_ceiling_gflops");
    }

    [Theory]
    [InlineData("train --data {text} --out-dir {root}/x")]
    [InlineData("eval --model {model} --data {text}")]
    [InlineData("score --model {model} --data {text}")]
    [InlineData("generate --model {model}")]
    [InlineData("chat --model {model}")]
    [InlineData("bench train --steps 1")]
    [InlineData("bench generate --steps 1")]
    public void What_is_not_there_is_refused_in_a_line(string line)
    {
        (int code, string output, string error) = Run($"{line} --device cude");
        Assert.Equal((2, ""), (code, output));
        Assert.StartsWith("grulm: --device cude: one of cpu, cuda, auto", error, StringComparison.Ordinal);
        Assert.EndsWith(" was expected; did you mean cuda?\n", error, StringComparison.Ordinal);

        TestCard.Hide();
        if (CudaDevice.IsAvailable(out string _)) return;
        (code, output, error) = Run($"{line} --device cuda");
        Assert.Equal((1, ""), (code, output));
        string last = Assert.Single(error.TrimEnd('\n').Split('\n'));
        Assert.StartsWith("grulm: ", last, StringComparison.Ordinal);
        Assert.DoesNotContain("please report it", last, StringComparison.Ordinal);
        Assert.False(Directory.Exists(Path.Combine(trained.Root, "x")));
    }

    [Fact]
    public void Training_with_auto_is_the_processors_without_a_card_and_can_go_on()
    {
        string model = Path.Combine(trained.Root, "auto");
        (int code, string _, string error) = Run(
            $"train --data {trained.Text} --out-dir {model} --vocab-size 320 --hidden-dim 16 --emb-dim 16 --max-steps 3 --device auto");
        Assert.True(code == 0, error);
        Assert.Contains(KernelChoice.UsesBf16(Precision.Auto) ? " kernels, bf16 on " : " kernels, fp32", error, StringComparison.Ordinal);
        using var settings = JsonDocument.Parse(File.ReadAllText(Path.Combine(model, "training", "settings.json")));
        Assert.Equal("auto", Text(settings, "device"));
        Assert.Equal(0, Run($"train --resume {model} --max-steps 4 --device cpu").Code);
        Assert.Contains("begun on", Run($"show {model}").Output, StringComparison.Ordinal);
    }

    private (int Code, string Output, string Error) Run(string line) => CommandsTests.Run(
        Encoding.UTF8.GetBytes("How are you?\n"),
        line.Replace("{root}", trained.Root, StringComparison.Ordinal).Replace("{text}", trained.Text, StringComparison.Ordinal)
            .Replace("{model}", trained.Model, StringComparison.Ordinal).Split(' '));

    private static string Text(JsonDocument json, string name) => json.RootElement.GetProperty(name).GetString()!;
}
