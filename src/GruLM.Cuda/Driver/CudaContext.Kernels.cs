// Kernels: loading them from this assembly's modules, launching them, and capturing what is asked of the stream as a graph that is launched
// in one call. The driver compiles a module for the card when it is first loaded, and keeps the result in its own cache on disk.

using System.Text;

namespace GruLM.Cuda;

internal sealed unsafe partial class CudaContext
{
    private const int ErrorLogBuffer = 5;
    private const int ErrorLogBytes = 6;

    // Only this thread's unsafe calls break a capture, allocations and loads for example; another thread's have nothing to do with it.
    private const int ThreadLocalCapture = 1;

    private readonly Dictionary<string, nint> _modules = [];
    private readonly Dictionary<(string Module, string Name), CudaKernel> _kernels = [];
    private readonly HashSet<nint> _executables = [];
    private bool _capturing;

    /// <summary>A kernel of a module of this assembly ("products" is Kernels/products.cu), loaded when first asked for.</summary>
    /// <exception cref="CudaException">The driver cannot compile the module, or has not found the kernel in it.</exception>
    public CudaKernel Kernel(string module, string name)
    {
        if (_kernels.TryGetValue((module, name), out CudaKernel? kernel)) return kernel;
        RequireNoCapture();
        Enter();
        if (!_modules.TryGetValue(module, out nint loaded))
        {
            loaded = Load(module);
            _modules.Add(module, loaded);
        }

        byte[] zeroEnded = Encoding.UTF8.GetBytes(name + '\0');
        fixed (byte* text = zeroEnded)
        {
            CudaDriver.Check(CudaDriver.Function(out nint function, loaded, text), $"find the kernel {name} in the module {module}");
            kernel = new CudaKernel(name, function);
        }

        _kernels.Add((module, name), kernel);
        return kernel;
    }

    /// <summary>Launches a kernel, asynchronously: its only parameter is a copy of <paramref name="arguments"/>, which must be laid out as
    /// the kernel's struct. Blocks have <paramref name="threads"/> threads and so many bytes of dynamic shared memory.</summary>
    public void Launch<TArguments>(CudaKernel kernel, Grid grid, int threads, int sharedBytes, in TArguments arguments)
        where TArguments : unmanaged
    {
        kernel.Allow(sharedBytes);
        fixed (TArguments* pointer = &arguments)
        {
            void* parameters = pointer;
            int result = CudaDriver.Launch(
                kernel.Function, (uint)grid.X, (uint)grid.Y, (uint)grid.Z, (uint)threads, 1, 1, (uint)sharedBytes, Stream,
                &parameters, null);
            if (result != 0) throw CudaDriver.Failure(result, $"launch {kernel.Name}");
        }
    }

    /// <summary>As <see cref="Launch"/>, with all blocks on the card at the same time, so that they can wait for each other; the driver
    /// refuses more blocks than have room.</summary>
    public void LaunchTogether<TArguments>(CudaKernel kernel, Grid grid, int threads, int sharedBytes, in TArguments arguments)
        where TArguments : unmanaged
    {
        kernel.Allow(sharedBytes);
        fixed (TArguments* pointer = &arguments)
        {
            void* parameters = pointer;
            int result = CudaDriver.LaunchTogether(
                kernel.Function, (uint)grid.X, (uint)grid.Y, (uint)grid.Z, (uint)threads, 1, 1, (uint)sharedBytes, Stream, &parameters);
            if (result != 0) throw CudaDriver.Failure(result, $"launch {kernel.Name} with all its blocks at once");
        }
    }

    /// <summary>From here to <see cref="EndCapture"/> what is asked of the stream is written down and not done. Nothing may be allocated,
    /// loaded, freed or waited for meanwhile.</summary>
    public void BeginCapture()
    {
        RequireNoCapture();
        Enter();
        CudaDriver.Check(CudaDriver.BeginCapture(Stream, ThreadLocalCapture), "begin a capture");
        _capturing = true;
    }

    /// <summary>What was captured, ready to be launched. When this throws, the capture is over all the same.</summary>
    public CudaGraph EndCapture()
    {
        if (!_capturing) throw new InvalidOperationException("no capture was begun");
        _capturing = false;
        CudaDriver.Check(CudaDriver.EndCapture(Stream, out nint graph), "end a capture");
        int result = CudaDriver.Instantiate(out nint executable, graph, 0);
        _ = CudaDriver.DestroyGraph(graph);
        CudaDriver.Check(result, "make a graph of a capture");
        _executables.Add(executable);
        return new CudaGraph(this, executable);
    }

    /// <summary>Forgets a capture in which something went wrong; nothing when none was begun.</summary>
    public void AbandonCapture()
    {
        if (!_capturing) return;
        _capturing = false;
        if (CudaDriver.EndCapture(Stream, out nint graph) == 0 && graph != 0) _ = CudaDriver.DestroyGraph(graph);
    }

    /// <summary>Frees a graph; a launch under way still ends. Nothing when the context is gone.</summary>
    internal void DestroyGraph(nint executable)
    {
        if (IsDisposed || !_executables.Remove(executable)) return;
        _ = CudaDriver.SetCurrent(_context);
        s_current = this;
        _ = CudaDriver.DestroyExecutable(executable);
    }

    private static nint Load(string module)
    {
        const int LogBytes = 4096;
        byte* log = stackalloc byte[LogBytes];
        int* options = stackalloc int[] { ErrorLogBuffer, ErrorLogBytes };
        void** values = stackalloc void*[] { log, (void*)LogBytes };
        log[0] = 0;
        fixed (byte* image = CudaDriver.ReadModule(module))
        {
            int result = CudaDriver.LoadModule(out nint loaded, image, 2, options, values);
            if (result == 0) return loaded;
            string said = CudaDriver.Text(new ReadOnlySpan<byte>(log, LogBytes));
            string described = CudaDriver.Describe(result, $"load the module {module}");
            throw new CudaException(said.Length == 0 ? described : $"{described}; its log: {said}");
        }
    }

    private void RequireNoCapture()
    {
        if (_capturing) throw new InvalidOperationException("a capture was begun: end or abandon it first");
    }

    private void UnloadModules()
    {
        foreach (nint executable in _executables) _ = CudaDriver.DestroyExecutable(executable);
        _executables.Clear();
        foreach (nint module in _modules.Values) _ = CudaDriver.UnloadModule(module);
        _modules.Clear();
        _kernels.Clear();
    }
}
