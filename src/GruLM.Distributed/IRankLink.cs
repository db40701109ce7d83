// How numbers and bytes pass between the processes of a group. MPI is one way (Mpi/); the tests have another, between threads.

using GruLM.Model;

namespace GruLM.Distributed;

/// <summary>Connects the processes of a group. One thread of each calls it, and all of them make the same calls in the same order; only
/// <see cref="Fail"/> comes from any thread at any time.</summary>
internal unsafe interface IRankLink : IDisposable
{
    /// <summary>Which process this is.</summary>
    int Rank { get; }

    /// <summary>How many there are.</summary>
    int Count { get; }

    /// <summary>The machine of each process, for what is said of one; empty until they are known.</summary>
    IReadOnlyList<string> Hosts { get; set; }

    /// <summary>Begins to bring parts of bytes to everyone: part r lies from <paramref name="starts"/>[r] up to the next start, and is
    /// filled by process r alone. The bytes belong to the transfer until it is done.</summary>
    /// <param name="all">All parts.</param>
    /// <param name="starts">Where they begin, and where the last one ends: one more than there are processes.</param>
    /// <param name="toFirst">Whether the first process alone gets them; of the bytes of the others only their own parts are used.</param>
    ITransfer BeginShare(void* all, long[] starts, bool toFirst = false);

    /// <summary>Begins to add up numbers of all processes, in the order of their ranks, into the place of each one's own. The same bits
    /// come out everywhere.</summary>
    /// <param name="values">The numbers; they belong to the transfer until it is done.</param>
    /// <param name="length">How many.</param>
    /// <param name="isBf16">Whether they travel in bfloat16; sums are float32 all the same, and what comes out is rounded.</param>
    ITransfer BeginSum(float* values, long length, bool isBf16);

    /// <summary>Whether this process has failed, or its connection.</summary>
    bool HasFailed { get; }

    /// <summary>Tells all others that this process goes no further, and why.</summary>
    void Fail(string reason);
}

/// <summary>Something on its way.</summary>
internal interface ITransfer
{
    /// <summary>Waits until it is done.</summary>
    /// <param name="atEase">Whether it may take long, and the processor is left to others meanwhile.</param>
    /// <exception cref="RankFailedException">It will never be.</exception>
    void Wait(bool atEase = false);
}
