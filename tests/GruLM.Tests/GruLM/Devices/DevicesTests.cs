// Devices by name: the processor is there, others can be registered, what nobody registered is refused, and a card is taken by itself only
// where it helps.

using GruLM.Cuda;
using GruLM.Generation;
using GruLM.Kernels;
using GruLM.Model;
using GruLM.Tests.Cuda;

namespace GruLM.Tests;

[Collection(StandIn.Collection)]
public sealed class DevicesTests
{
    private static readonly GruConfig s_small = new() { VocabSize = 100, EmbeddingDim = 16, HiddenDim = 16, NumLayers = 1 };
    private static readonly GruConfig s_large = new() { VocabSize = 2000, EmbeddingDim = 256, HiddenDim = 256, NumLayers = 2 };

    [Fact]
    public void The_processor_is_there_and_computes_on_as_many_threads_as_it_is_told()
    {
        Assert.Contains(Devices.Cpu, Devices.Names);
        using IDevice device = Devices.Open(Devices.Cpu, new DeviceOptions(Threads: 2));
        Assert.Equal(2, device.Threads);
        Assert.StartsWith("2 threads, ", device.Description, StringComparison.Ordinal);
    }

    [Fact]
    public void Figures_and_texts_are_float32_whatever_training_is()
    {
        using IDevice exact = Devices.OpenExact(Devices.Cpu, 1, s_small, WeightFormat.Fp32);
        using IDevice own = Devices.Open(Devices.Cpu, new DeviceOptions(1));
        Assert.False(exact.UsesBf16);
        Assert.Equal(KernelChoice.UsesBf16(Precision.Auto), own.UsesBf16);
        using IDevice? beside = Devices.ExactBeside(own);
        Assert.Equal(own.UsesBf16, beside is not null);
        Assert.NotEqual(true, beside?.UsesBf16);
        Assert.Null(Devices.ExactBeside(exact));
    }

    [Fact]
    public void A_registered_device_is_opened_with_what_it_is_told()
    {
        CountingDevice.Counts counts = CountingDevice.Register();
        using IDevice device = Devices.Open(counts.Name, new DeviceOptions(Threads: 1));
        Assert.Equal((1, 1), (counts.Opened, counts.Options!.Threads));
        Assert.Contains(counts.Name, Devices.Names);
        Assert.Equal(counts.Name, Devices.Resolve(counts.Name, s_large));
        Assert.Throws<ArgumentException>(() => Devices.Register(Devices.Auto, options => new CpuDevice(options)));
    }

    [Fact]
    public void What_nobody_registered_is_refused_with_the_names_there_are()
    {
        ArgumentException error = Assert.Throws<ArgumentException>(() => Devices.Open("abacus"));
        Assert.StartsWith("there is no device 'abacus'; known are ", error.Message, StringComparison.Ordinal);
        Assert.All(Devices.Words, word => Assert.Contains(word, error.Message, StringComparison.Ordinal));
        Assert.Throws<ArgumentException>(() => Devices.Resolve("abacus"));
        string near = Assert.Throws<ArgumentException>(() => Devices.Open("cude")).Message;
        Assert.EndsWith("; did you mean cuda?", near, StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(() => Devices.Open(Devices.Cpu, new DeviceOptions(Threads: -1)));
    }

    [Fact]
    public void A_card_is_chosen_where_there_is_one_and_the_model_is_large()
    {
        Assert.True(GruParameters.CountFor(s_large) >= Devices.FewestParametersForCard);
        Assert.Equal(Devices.Cuda, Devices.Choose(s_large, () => true));
        Assert.Equal(Devices.Cuda, Devices.Choose(null, () => true));
        Assert.Equal(Devices.Cpu, Devices.Choose(s_large, () => false));
        Assert.Equal(Devices.Cpu, Devices.Choose(s_small, () => throw new InvalidOperationException("nobody needs to know")));
    }

    [Fact]
    public void On_a_machine_without_a_card_auto_is_the_processor_and_a_card_is_refused_in_a_line()
    {
        TestCard.Hide();
        Assert.SkipWhen(CudaDevice.IsAvailable(out string reason), "this machine has a card");
        Assert.NotEmpty(reason);
        Assert.Equal(Devices.Cpu, Devices.Resolve(Devices.Auto, s_large));
        using (IDevice device = Devices.Open(Devices.Auto, new DeviceOptions(1), s_large)) Assert.IsType<CpuDevice>(device);

        // Also where it was there a moment ago.
        using (IDevice device = Devices.OpenBest(new DeviceOptions(1), s_large, () => true)) Assert.IsType<CpuDevice>(device);
        string message = Assert.Throws<CudaException>(() => Devices.Open(Devices.Cuda)).Message;
        Assert.DoesNotContain("\n", message, StringComparison.Ordinal);
    }
}
