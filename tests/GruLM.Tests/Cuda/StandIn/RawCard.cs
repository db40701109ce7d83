// The stand-in's card as its own tests use it: the driver's functions called by address, without the layers of src/GruLM.Cuda.
using System.Text;

namespace GruLM.Tests.Cuda;

internal sealed unsafe class RawCard
{
    private const string Head = ".version 7.0\n.target sm_80\n.address_size 64\n";

    private static readonly string[] s_kernels =
        ["test_sum", "test_matrices", "test_pipeline", "test_relay", "test_rounding", "test_mistakes", "test_hopper"];

    public RawCard(ulong seed = 0)
    {
        StandIn.Start(seed);
        Check(((delegate* unmanaged<uint, int>)StandIn.Export("cuInit"))(0));
        StandIn.SetSeed(seed);
        ulong context, stream;
        Check(((delegate* unmanaged<ulong*, int, int>)StandIn.Export("cuDevicePrimaryCtxRetain"))(&context, 0));
        Check(Call("cuCtxSetCurrent", context));
        Check(((delegate* unmanaged<ulong*, uint, int>)StandIn.Export("cuStreamCreate"))(&stream, 1));
        (Context, Stream) = (context, stream);
        Check(Load(Head + string.Concat(s_kernels.Select(name => $".visible .entry {name}() {{ }}\n")), out ulong module));
        Module = module;
    }

    public ulong Context { get; }

    public ulong Stream { get; }

    public ulong Module { get; }

    public static void Check(int error) => Assert.True(error == 0, $"{error}: {StandIn.LastError}");

    public static int Call(string function, ulong handle) => ((delegate* unmanaged<ulong, int>)StandIn.Export(function))(handle);

    public static int Load(string ptx, out ulong module)
    {
        fixed (byte* text = Encoding.UTF8.GetBytes(ptx + '\0'))
        fixed (ulong* made = &module)
        {
            *made = 0;
            return ((delegate* unmanaged<ulong*, byte*, int>)StandIn.Export("cuModuleLoadData"))(made, text);
        }
    }

    public static int Function(ulong module, string name, out ulong function)
    {
        fixed (byte* text = Encoding.UTF8.GetBytes(name + '\0'))
        fixed (ulong* found = &function)
        {
            *found = 0;
            return ((delegate* unmanaged<ulong*, ulong, byte*, int>)StandIn.Export("cuModuleGetFunction"))(found, module, text);
        }
    }

    public static int Allocate(nuint bytes, out ulong pointer, bool pinned = false)
    {
        fixed (ulong* made = &pointer)
        {
            *made = 0;
            return ((delegate* unmanaged<ulong*, nuint, int>)StandIn.Export(pinned ? "cuMemAllocHost_v2" : "cuMemAlloc_v2"))(made, bytes);
        }
    }

    public static ulong Allocate<T>(int length)
        where T : unmanaged
    {
        Check(Allocate((nuint)(length * sizeof(T)), out ulong pointer));
        return pointer;
    }

    public static int Upload<T>(ulong to, params ReadOnlySpan<T> values)
        where T : unmanaged
    {
        fixed (T* from = values)
        {
            nuint bytes = (nuint)(values.Length * sizeof(T));
            return ((delegate* unmanaged<ulong, void*, nuint, int>)StandIn.Export("cuMemcpyHtoD_v2"))(to, from, bytes);
        }
    }

    public static ulong Put<T>(params ReadOnlySpan<T> values)
        where T : unmanaged
    {
        ulong pointer = Allocate<T>(values.Length);
        Check(Upload(pointer, values));
        return pointer;
    }

    public static T[] Download<T>(ulong from, int length)
        where T : unmanaged
    {
        var values = new T[length];
        fixed (T* to = values)
        {
            nuint bytes = (nuint)(length * sizeof(T));
            Check(((delegate* unmanaged<void*, ulong, nuint, int>)StandIn.Export("cuMemcpyDtoH_v2"))(to, from, bytes));
        }

        return values;
    }

    public int DownloadLater(ulong pinned, ulong from, nuint bytes) =>
        ((delegate* unmanaged<ulong, ulong, nuint, ulong, int>)StandIn.Export("cuMemcpyDtoHAsync_v2"))(pinned, from, bytes, Stream);

    public int Launch<T>(string kernel, uint blocks, uint threads, uint sharedBytes, T arguments, bool together = false)
        where T : unmanaged
    {
        Check(Function(Module, kernel, out ulong function));
        return Launch(function, blocks, threads, sharedBytes, arguments, together);
    }

    public int Launch<T>(ulong function, uint blocks, uint threads, uint sharedBytes, T arguments, bool together = false)
        where T : unmanaged
    {
        void* parameter = &arguments;
        if (together)
        {
            return ((delegate* unmanaged<ulong, uint, uint, uint, uint, uint, uint, uint, ulong, void**, int>)
                StandIn.Export("cuLaunchCooperativeKernel"))(function, blocks, 1, 1, threads, 1, 1, sharedBytes, Stream, &parameter);
        }

        return ((delegate* unmanaged<ulong, uint, uint, uint, uint, uint, uint, uint, ulong, void**, void**, int>)
            StandIn.Export("cuLaunchKernel"))(function, blocks, 1, 1, threads, 1, 1, sharedBytes, Stream, &parameter, null);
    }

    public int Synchronize() => Call("cuStreamSynchronize", Stream);

    public int BeginCapture(int mode = 0) =>
        ((delegate* unmanaged<ulong, int, int>)StandIn.Export("cuStreamBeginCapture_v2"))(Stream, mode);

    public int EndCapture(out ulong graph)
    {
        fixed (ulong* made = &graph) return ((delegate* unmanaged<ulong, ulong*, int>)StandIn.Export("cuStreamEndCapture"))(Stream, made);
    }

    public static int Instantiate(ulong graph, out ulong executable)
    {
        fixed (ulong* made = &executable)
        {
            *made = 0;
            return ((delegate* unmanaged<ulong*, ulong, ulong, int>)StandIn.Export("cuGraphInstantiateWithFlags"))(made, graph, 0);
        }
    }

    public int LaunchGraph(ulong executable) =>
        ((delegate* unmanaged<ulong, ulong, int>)StandIn.Export("cuGraphLaunch"))(executable, Stream);
}
