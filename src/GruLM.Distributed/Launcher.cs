// Whether this process was started by an MPI launcher, and as which one of how many: launchers say so in the environment. It is known
// before MPI is loaded, and where no launcher is, MPI never is.

using System.Globalization;

namespace GruLM.Distributed;

/// <summary>What the launcher says. Safe for several threads.</summary>
public static class Launcher
{
    // What srun says with and without MPI.
    private const string SlurmRank = "SLURM_PROCID";
    private const string SlurmCount = "SLURM_STEP_NUM_TASKS";

    // Open MPI's mpirun; MPICH's hydra, and srun with --mpi=pmi2; srun with --mpi=pmix.
    private static readonly string[] s_ranks = ["OMPI_COMM_WORLD_RANK", "PMI_RANK", "PMIX_RANK"];
    private static readonly string[] s_sizes = ["OMPI_COMM_WORLD_SIZE", "PMI_SIZE", SlurmCount];

    /// <summary>Which process this is, from 0; null where no launcher started it.</summary>
    public static int? Rank => First(s_ranks);

    /// <summary>How many were started together; null where the launcher does not say, which MPI then does.</summary>
    public static int? Count => Rank is null ? null : First(s_sizes);

    /// <summary>Whether several processes were started together.</summary>
    public static bool IsPresent => Rank is not null && Count is null or > 1;

    /// <summary>How many processes srun started without MPI, to the first of them: each works alone then, and none knows of the others.
    /// Null elsewhere.</summary>
    internal static int? CountApart => Rank is null && Number(SlurmRank) == 0 && Number(SlurmCount) is { } n and > 1 ? n : null;

    // MPICH's launchers know nothing of Open MPI's names.
    internal static bool IsMpich => Number(s_ranks[0]) is null && Number(s_ranks[1]) is not null;

    private static int? First(string[] names) => names.Select(Number).FirstOrDefault(number => number is not null);

    private static int? Number(string name) =>
        int.TryParse(Environment.GetEnvironmentVariable(name), NumberStyles.None, CultureInfo.InvariantCulture, out int n) ? n : null;
}
