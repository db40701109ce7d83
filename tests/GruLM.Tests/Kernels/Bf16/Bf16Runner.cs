// Everything that can run a product in bfloat16 in tests.

using GruLM.Kernels;

namespace GruLM.Tests.Kernels;

/// <summary>Who runs the product, on either path.</summary>
public enum Bf16Runner
{
    TilesInterpreted,
    TilesInSoftware,
    PairsInterpreted,
    PairsInSoftware,

    /// <summary>The processor, on the path that it takes itself.</summary>
    Machine,
}

internal static class Bf16Runners
{
    /// <summary>Those of this machine.</summary>
    public static TheoryData<Bf16Runner> All => [.. Enum.GetValues<Bf16Runner>().Where(runner => !runner.IsReal() || Bf16Machine.IsReal)];

    public static bool IsReal(this Bf16Runner runner) => runner == Bf16Runner.Machine;

    public static bool IsSoftware(this Bf16Runner runner) => runner is Bf16Runner.TilesInSoftware or Bf16Runner.PairsInSoftware;

    public static bool IsInterpreted(this Bf16Runner runner) => runner is Bf16Runner.TilesInterpreted or Bf16Runner.PairsInterpreted;

    /// <summary>All that compute in the order of <paramref name="interpreted"/>, itself first.</summary>
    public static IEnumerable<Bf16Runner> SamePath(this Bf16Runner interpreted)
    {
        bool tiles = interpreted == Bf16Runner.TilesInterpreted;
        yield return interpreted;
        yield return tiles ? Bf16Runner.TilesInSoftware : Bf16Runner.PairsInSoftware;
        if (Bf16Machine.IsReal && tiles == (Bf16Machine.Description == "AMX tiles")) yield return Bf16Runner.Machine;
    }

    internal static Bf16Kernel Kernel(this Bf16Runner runner) => runner switch
    {
        Bf16Runner.TilesInterpreted => CodeEmulator.Tiles,
        Bf16Runner.TilesInSoftware => new Bf16Kernel(SoftwareTiles.Kernel),
        Bf16Runner.PairsInterpreted => CodeEmulator.Pairs,
        Bf16Runner.PairsInSoftware => new Bf16Kernel(SoftwarePairs.Kernel),
        _ => Bf16Machine.Kernel,
    };
}
