// The system's MPI library, called through its C interface (MPI 3.1). Nothing but the library itself is needed to build or to run. The two
// families of libraries differ in what a handle is: a pointer to an object that the library exports (Open MPI 4 and 5), or a number (MPICH
// 4 and what is built on it, such as Intel's and Cray's). Both fit into a machine word; which it is, is told by what is exported.

using System.Runtime.InteropServices;
using System.Text;

namespace GruLM.Distributed;

/// <summary>The functions and handles of MPI that are used here. All calls come from one thread.</summary>
internal sealed unsafe partial class MpiLibrary
{
    /// <summary>Names a library that is to be taken instead of those that are looked for.</summary>
    public const string PathVariable = "GRULM_MPI";

    // What Open MPI and MPICH install, in this order: the one whose launcher started the process comes first (Names).
    private static readonly string[] s_openMpi = ["libmpi.so.40", "libmpi.so", "libmpi.40.dylib", "libmpi.dylib"];
    private static readonly string[] s_mpich = ["libmpich.so.12", "libmpi.so.12", "libmpich.so", "libmpi.12.dylib", "libmpich.dylib"];

    // Open MPI asks before it sends more than 64 KB over TCP, and then sends in small pieces: that costs a third of the rate of a gigabit
    // network. The largest message of a sum is smaller than this.
    private const string SendUnasked = "4194304";
    private static readonly string[] s_limits = ["OMPI_MCA_btl_tcp_eager_limit", "OMPI_MCA_btl_tcp_rndv_eager_limit"];

    // MPI_THREAD_FUNNELED, in both families.
    private const int Funneled = 1;
    private const int LongestError = 512;

    private readonly delegate* unmanaged<int*, byte***, int, int*, int> _initThread;
    private readonly delegate* unmanaged<int> _finalize;
    private readonly delegate* unmanaged<nint, nint*, int> _duplicate;
    private readonly delegate* unmanaged<nint, int*, int> _rank;
    private readonly delegate* unmanaged<nint, int*, int> _size;
    private readonly delegate* unmanaged<nint, nint, int> _setErrorHandler;
    private readonly delegate* unmanaged<void*, int, nint, int, int, nint, nint*, int> _send;
    private readonly delegate* unmanaged<void*, int, nint, int, int, nint, nint*, int> _receive;
    private readonly delegate* unmanaged<nint*, int*, nint, int> _test;
    private readonly delegate* unmanaged<int, byte*, int*, int> _errorString;
    private readonly nint _world, _byte, _errorsReturn, _ignoreStatus;

    private MpiLibrary(nint library)
    {
        nint Of(string name) => NativeLibrary.GetExport(library, name);
        _initThread = (delegate* unmanaged<int*, byte***, int, int*, int>)Of("MPI_Init_thread");
        _finalize = (delegate* unmanaged<int>)Of("MPI_Finalize");
        _duplicate = (delegate* unmanaged<nint, nint*, int>)Of("MPI_Comm_dup");
        _rank = (delegate* unmanaged<nint, int*, int>)Of("MPI_Comm_rank");
        _size = (delegate* unmanaged<nint, int*, int>)Of("MPI_Comm_size");
        _setErrorHandler = (delegate* unmanaged<nint, nint, int>)Of("MPI_Comm_set_errhandler");
        _send = (delegate* unmanaged<void*, int, nint, int, int, nint, nint*, int>)Of("MPI_Isend");
        _receive = (delegate* unmanaged<void*, int, nint, int, int, nint, nint*, int>)Of("MPI_Irecv");
        _test = (delegate* unmanaged<nint*, int*, nint, int>)Of("MPI_Test");
        _errorString = (delegate* unmanaged<int, byte*, int*, int>)Of("MPI_Error_string");
        if (NativeLibrary.TryGetExport(library, "ompi_mpi_comm_world", out _world))
        {
            (_byte, _errorsReturn, _ignoreStatus) = (Of("ompi_mpi_byte"), Of("ompi_mpi_errors_return"), 0);
        }
        else
        {
            (_world, _byte, _errorsReturn, _ignoreStatus) = (0x44000000, 0x4c00010d, 0x54000001, 1);
        }
    }

    /// <summary>Loads the library.</summary>
    /// <exception cref="IOException">There is none, or it lacks a function.</exception>
    public static MpiLibrary Load(bool isMpich)
    {
        string? given = Environment.GetEnvironmentVariable(PathVariable);
        string[] names = given is { Length: > 0 } ? [given] : isMpich ? [.. s_mpich, .. s_openMpi] : [.. s_openMpi, .. s_mpich];
        foreach (string name in names)
        {
            if (!NativeLibrary.TryLoad(name, out nint library)) continue;
            try
            {
                return new MpiLibrary(library);
            }
            catch (EntryPointNotFoundException error)
            {
                throw new IOException($"{name}: is not a library of MPI 3 ({error.Message})", error);
            }
        }

        string looked = given is { Length: > 0 } ? given : string.Join(", ", names.Take(2));
        throw new IOException(
            $"this process was started by an MPI launcher, and the MPI library was not found (looked for {looked}): "
            + $"install the one that the launcher belongs to, or name its file in {PathVariable}");
    }

    /// <summary>Begins MPI for this thread and returns a communicator of all processes that is nobody else's.</summary>
    /// <exception cref="IOException">It cannot begin.</exception>
    public nint Begin()
    {
        // For the library, which reads the environment itself; who has set it otherwise knows why.
        foreach (string limit in s_limits) _ = SetVariable(limit, SendUnasked, overwrite: 0);
        int provided;
        Check(_initThread(null, null, Funneled, &provided), "MPI_Init_thread");
        nint own;
        Check(_duplicate(_world, &own), "MPI_Comm_dup");
        Check(_setErrorHandler(own, _errorsReturn), "MPI_Comm_set_errhandler");
        return own;
    }

    /// <summary>Ends MPI, once every process has come here.</summary>
    public void End() => _ = _finalize();

    public int Rank(nint communicator)
    {
        int rank;
        Check(_rank(communicator, &rank), "MPI_Comm_rank");
        return rank;
    }

    public int Size(nint communicator)
    {
        int size;
        Check(_size(communicator, &size), "MPI_Comm_size");
        return size;
    }

    /// <summary>Begins to send bytes, which stay as they are until <see cref="Test"/> says that they were sent.</summary>
    public nint Send(void* bytes, int count, int to, int tag, nint communicator)
    {
        nint request = 0;
        Check(_send(bytes, count, _byte, to, tag, communicator, &request), "MPI_Isend");
        return request;
    }

    /// <summary>Begins to receive at most so many bytes, which are there when <see cref="Test"/> says so.</summary>
    public nint Receive(void* bytes, int count, int from, int tag, nint communicator)
    {
        nint request = 0;
        Check(_receive(bytes, count, _byte, from, tag, communicator, &request), "MPI_Irecv");
        return request;
    }

    /// <summary>Moves everything on, and says whether this has come to its end; then the request is no more.</summary>
    public bool Test(ref nint request)
    {
        int done;
        fixed (nint* place = &request) Check(_test(place, &done, _ignoreStatus), "MPI_Test");
        return done != 0;
    }

    [LibraryImport("libc", EntryPoint = "setenv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int SetVariable(string name, string value, int overwrite);

    private void Check(int code, string function)
    {
        if (code == 0) return;
        byte* text = stackalloc byte[LongestError + 1];
        int length;
        bool isKnown = _errorString(code, text, &length) == 0;
        throw new IOException($"{function}: {(isKnown ? Encoding.UTF8.GetString(text, Math.Min(length, LongestError)) : $"code {code}")}");
    }
}
