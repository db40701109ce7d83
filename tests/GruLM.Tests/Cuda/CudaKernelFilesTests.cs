// What C# says of the kernels beside what their sources say: the sizes of their arguments, and the committed PTX, which clang makes again
// where it is there.

using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.RegularExpressions;
using GruLM.Cuda;

namespace GruLM.Tests.Cuda;

[Collection(StandIn.Collection)]
public sealed partial class CudaKernelFilesTests : IDisposable
{
    private const string Hopper = "hopper";
    private static readonly string s_folder = Path.Combine(StyleTests.Root(), "src", "GruLM.Cuda", "Kernels");
    private readonly string _made = Directory.CreateTempSubdirectory("grulm-ptx-").FullName;

    // By the beginning of a kernel's name; the longest that fits counts.
    private static readonly Dictionary<string, int> s_sizes = new()
    {
        ["adamw"] = Marshal.SizeOf<UpdateArguments>(),
        ["sgd"] = Marshal.SizeOf<UpdateArguments>(),
        ["momentum"] = Marshal.SizeOf<UpdateArguments>(),
        ["orthogonal_step"] = Marshal.SizeOf<UpdateArguments>(),
        ["add"] = Marshal.SizeOf<AddArguments>(),
        ["average"] = Marshal.SizeOf<BlendArguments>(),
        ["exchange"] = Marshal.SizeOf<BlendArguments>(),
        ["forward_"] = Marshal.SizeOf<RecurrenceArguments>(),
        ["backward_"] = Marshal.SizeOf<RecurrenceArguments>(),
        ["forward_cell"] = Marshal.SizeOf<CellArguments>(),
        ["backward_cell"] = Marshal.SizeOf<CellArguments>(),
        ["between_bf16"] = Marshal.SizeOf<BetweenArguments>(),
        ["between_fp32"] = Marshal.SizeOf<BetweenArguments>(),
        ["between_backward"] = Marshal.SizeOf<BetweenBackwardArguments>(),
        ["between_mask"] = Marshal.SizeOf<BetweenBackwardArguments>(),
        ["bias_gradients"] = Marshal.SizeOf<BiasArguments>(),
        ["carry"] = Marshal.SizeOf<CarryArguments>(),
        ["decode_layer"] = Marshal.SizeOf<DecodeLayerArguments>(),
        ["embed"] = Marshal.SizeOf<EmbeddingArguments>(),
        ["embed_columns"] = Marshal.SizeOf<EmbedColumnsArguments>(),
        ["gather_columns"] = Marshal.SizeOf<CarryColumnsArguments>(),
        [Hopper + "product"] = Marshal.SizeOf<HopperProductArguments>(),
        [Hopper + "forward"] = Marshal.SizeOf<HopperRecurrenceArguments>(),
        [Hopper + "backward"] = Marshal.SizeOf<HopperRecurrenceArguments>(),
        ["loss"] = Marshal.SizeOf<LossArguments>(),
        ["loss_sums"] = Marshal.SizeOf<LossSumArguments>(),
        ["mask_gradients"] = Marshal.SizeOf<MaskGradientArguments>(),
        ["matrix"] = Marshal.SizeOf<MatrixArguments>(),
        ["multiply"] = Marshal.SizeOf<MultiplyColumnsArguments>(),
        ["norm"] = Marshal.SizeOf<NormGradientArguments>(),
        ["normalise_columns"] = Marshal.SizeOf<NormaliseColumnsArguments>(),
        ["product"] = Marshal.SizeOf<ProductArguments>(),
        ["return_columns"] = Marshal.SizeOf<CarryColumnsArguments>(),
        ["sample"] = Marshal.SizeOf<SampleArguments>(),
        ["scatter"] = Marshal.SizeOf<ScatterArguments>(),
        ["scores"] = Marshal.SizeOf<ScoreArguments>(),
        ["squares"] = Marshal.SizeOf<SquaresArguments>(),
        ["step"] = Marshal.SizeOf<StepColumnsArguments>(),
        ["sum_parts"] = Marshal.SizeOf<PartsArguments>(),
        ["top_backward"] = Marshal.SizeOf<TopArguments>(),
        ["weight_planes"] = Marshal.SizeOf<PlanesArguments>(),
    };

    public void Dispose() => Directory.Delete(_made, recursive: true);

    [Fact]
    public void Arguments_are_as_long_as_the_kernels_think()
    {
        TestCard.RequireStandIn();
        StandIn.Start();
        int found = 0;
        foreach (string file in Directory.EnumerateFiles(s_folder, "*.ptx"))
        {
            string module = Path.GetFileNameWithoutExtension(file);
            foreach (Match entry in Entry().Matches(File.ReadAllText(file)))
            {
                (string kernel, int bytes) = (entry.Groups[1].Value, int.Parse(entry.Groups[2].Value, CultureInfo.InvariantCulture));
                string name = $"{(module.Contains(Hopper, StringComparison.Ordinal) ? Hopper : "")}{kernel}";
                string? known = s_sizes.Keys.Where(key => name.StartsWith(key, StringComparison.Ordinal)).MaxBy(key => key.Length);
                Assert.True(known is not null, $"{kernel} of {module}: its arguments are missing in this test");
                int here = s_sizes[known];
                Assert.True(bytes == here, $"{kernel} of {module} takes {bytes} bytes, and its struct has {here}");
                Assert.Equal(here, StandIn.ArgumentBytes(kernel));
                found++;
            }
        }

        Assert.True(found > 60);
    }

    [Fact]
    public void The_committed_ptx_is_what_clang_makes()
    {
        const string Clang = "clang++-14";
        string[] folders = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':', StringSplitOptions.RemoveEmptyEntries);
        bool isThere = folders.Any(folder => File.Exists(Path.Combine(folder, Clang)));
        Assert.SkipUnless(isThere, $"needs {Clang}, which makes the PTX of kernels");
        var start = new ProcessStartInfo("bash", [Path.Combine(s_folder, "build.sh"), _made]) { RedirectStandardError = true };
        using Process process = Process.Start(start)!;
        string said = process.StandardError.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, said);
        string[] made = Names(_made);
        Assert.Equal(Names(s_folder), made);
        Assert.NotEmpty(made);
        foreach (string name in made)
        {
            bool isSame = File.ReadAllText(Path.Combine(_made, name)) == File.ReadAllText(Path.Combine(s_folder, name));
            Assert.True(isSame, $"src/GruLM.Cuda/Kernels/{name} is not what {Clang} makes of its source: run build.sh there");
        }

        static string[] Names(string folder) =>
            [.. Directory.EnumerateFiles(folder, "*.ptx").Select(file => Path.GetFileName(file)).Order(StringComparer.Ordinal)];
    }

    [GeneratedRegex(@"\.entry (\w+)\(\s*\.param \.align \d+ \.b8 \w+\[(\d+)\]")]
    private static partial Regex Entry();
}
