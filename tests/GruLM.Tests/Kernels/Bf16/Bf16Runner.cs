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

    /// <summary>The processor's own instructions.</summary>
    TilesOnMachine,
    PairsOnMachine,
}

internal static class Bf16Runners
{
    private static readonly Bf16Kernel? s_tiles = Bf16Machine.OpenTiles().Kernel, s_pairs = Bf16Machine.OpenPairs().Kernel;

    /// <summary>Those of this machine.</summary>
    public static TheoryData<Bf16Runner> All => [.. Enum.GetValues<Bf16Runner>().Where(IsHere)];

    public static bool IsReal(this Bf16Runner runner) => runner is Bf16Runner.TilesOnMachine or Bf16Runner.PairsOnMachine;

    public static bool IsSoftware(this Bf16Runner runner) => runner is Bf16Runner.TilesInSoftware or Bf16Runner.PairsInSoftware;

    public static bool IsInterpreted(this Bf16Runner runner) => runner is Bf16Runner.TilesInterpreted or Bf16Runner.PairsInterpreted;

    /// <summary>All that compute in the order of <paramref name="interpreted"/>, itself first.</summary>
    public static IEnumerable<Bf16Runner> SamePath(this Bf16Runner interpreted)
    {
        bool tiles = interpreted == Bf16Runner.TilesInterpreted;
        Bf16Runner real = tiles ? Bf16Runner.TilesOnMachine : Bf16Runner.PairsOnMachine;
        yield return interpreted;
        yield return tiles ? Bf16Runner.TilesInSoftware : Bf16Runner.PairsInSoftware;
        if (IsHere(real)) yield return real;
    }

    internal static Bf16Kernel Kernel(this Bf16Runner runner) => runner switch
    {
        Bf16Runner.TilesInterpreted => CodeEmulator.Tiles,
        Bf16Runner.TilesInSoftware => new Bf16Kernel(SoftwareTiles.Kernel),
        Bf16Runner.PairsInterpreted => CodeEmulator.Pairs,
        Bf16Runner.PairsInSoftware => new Bf16Kernel(SoftwarePairs.Kernel),
        Bf16Runner.TilesOnMachine => s_tiles!.Value,
        _ => s_pairs!.Value,
    };

    private static bool IsHere(Bf16Runner runner) =>
        !runner.IsReal() || (runner == Bf16Runner.TilesOnMachine ? s_tiles : s_pairs) is not null;
}
