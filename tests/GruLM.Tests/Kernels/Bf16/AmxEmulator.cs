// An interpreter for the machine code of AmxAssembler, so that the bytes themselves are tested on machines without AMX: it decodes them
// and does what the manual says, on the real memory of the process. An instruction that it does not know, a broken rule of the tiles and
// an access outside the memory that it was told of are exceptions. Leaves out the rest of the processor.
// Source: Intel 64 and IA-32 Architectures Software Developer's Manual, volume 2: LDTILECFG, TILELOADD, TILESTORED, TILEZERO, TDPBF16PS.

using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using GruLM.Kernels;
using Iced.Intel;

namespace GruLM.Tests.Kernels;

/// <summary>Runs machine code with AMX tiles. <see cref="Open"/> makes one the target of <see cref="Kernel"/>; only one is open at a
/// time.</summary>
internal sealed unsafe class AmxEmulator : IDisposable
{
    private const int Tiles = 8, TileRows = 16, RowBytes = 64, TileBytes = TileRows * RowBytes;

    // The registers that a callee leaves as they were.
    private static readonly Register[] s_kept =
        [Register.RBX, Register.RBP, Register.RSP, Register.R12, Register.R13, Register.R14, Register.R15];
    private static AmxEmulator? s_current;
    private readonly Dictionary<ulong, Instruction> _program = [];
    private readonly List<Func<(nint Start, long Bytes)>> _regions = [];
    private Exception? _failure;

    public AmxEmulator(byte[] code)
    {
        var decoder = Iced.Intel.Decoder.Create(64, new ByteArrayCodeReader(code));
        while (decoder.IP < (ulong)code.Length)
        {
            decoder.Decode(out Instruction instruction);
            _program.Add(instruction.IP, instruction);
        }
    }

    public IEnumerable<Instruction> Program => _program.Values;

    /// <summary>The product, interpreted by the emulator that is open.</summary>
    public static AmxKernel Kernel => new(&Enter);

    /// <summary>Instructions run since the emulator was made.</summary>
    public long Count;

    public static AmxEmulator Open() => s_current = new AmxEmulator(AmxAssembler.Assemble());

    /// <summary>Memory that may be read and written.</summary>
    public void Allow(void* start, long bytes)
    {
        nint address = (nint)start;
        _regions.Add(() => (address, bytes));
    }

    /// <summary>The same for memory that may move between calls.</summary>
    public void Allow(Func<(nint Start, long Bytes)> region) => _regions.Add(region);

    /// <summary>Takes every permission back.</summary>
    public void Forget() => _regions.Clear();

    /// <summary>Throws what went wrong in a call, which could not be thrown through it.</summary>
    public void Check()
    {
        if (_failure is { } error) throw new InvalidOperationException(error.Message, error);
    }

    public void Dispose() => s_current = null;

    // Nothing may be thrown through an unmanaged call.
    [UnmanagedCallersOnly]
    private static void Enter(AmxArguments* arguments)
    {
        AmxEmulator emulator = s_current!;
        try
        {
            emulator.Run(arguments, sizeof(AmxArguments));
        }
        catch (Exception error)
        {
            Interlocked.CompareExchange(ref emulator._failure, error, null);
        }
    }

    /// <summary>Calls the code at 0 with one argument, a struct that it may read and write.</summary>
    public void Run(void* argument, int argumentBytes)
    {
        var state = new State { Argument = (nint)argument, ArgumentBytes = argumentBytes };

        // Registers that a callee finds undefined hold rubbish, so that reading one shows.
        for (int i = 0; i < 16; i++) state.Registers[i] = 0xDEAD_0000_0000_0000 + (ulong)i;
        state.Registers[Number(Register.RDI)] = (ulong)argument;
        ulong[] before = [.. state.Registers];
        ulong ip = 0;
        while (true)
        {
            if (!_program.TryGetValue(ip, out Instruction instruction)) throw Bad("jump into nowhere", default);
            Interlocked.Increment(ref Count);
            ip = instruction.NextIP;
            if (instruction.Mnemonic == Mnemonic.Ret) break;
            Execute(state, instruction, ref ip);
        }

        foreach (Register kept in s_kept)
        {
            if (state.Registers[Number(kept)] != before[Number(kept)]) throw new InvalidOperationException($"{kept} was not kept");
        }

        if (state.Configured) throw new InvalidOperationException("the tiles were not released");
    }

    private static InvalidOperationException Bad(string what, in Instruction instruction) =>
        new($"{what}: {instruction} at {instruction.IP:x}");

    private static int Number(Register register) => register.GetFullRegister() - Register.RAX;

    private void Execute(State s, in Instruction instruction, ref ulong ip)
    {
        switch (instruction.Mnemonic)
        {
            case Mnemonic.Mov:
                Write(s, instruction, Read(s, instruction, 1));
                break;
            case Mnemonic.Add:
                Result(s, instruction, Read(s, instruction, 0) + Read(s, instruction, 1), write: true);
                break;
            case Mnemonic.Dec:
                Result(s, instruction, Read(s, instruction, 0) - 1, write: true);
                break;
            case Mnemonic.Cmp:
                Result(s, instruction, Read(s, instruction, 0) - Read(s, instruction, 1), write: false);
                break;
            case Mnemonic.Jmp:
                ip = instruction.NearBranchTarget;
                break;
            case Mnemonic.Je:
            case Mnemonic.Jne:
                bool zero = s.Zero ?? throw Bad("the zero flag is undefined", instruction);
                if (zero == (instruction.Mnemonic == Mnemonic.Je)) ip = instruction.NearBranchTarget;
                break;
            case Mnemonic.Ldtilecfg:
                s.Configure(new ReadOnlySpan<byte>(Access(s, Address(s, instruction), 64, instruction), 64), instruction);
                break;
            case Mnemonic.Tilerelease:
                s.Release();
                break;
            case Mnemonic.Tilezero:
                s.Clear(s.Tile(instruction, 0));
                break;
            case Mnemonic.Tileloadd:
            case Mnemonic.Tileloaddt1:
                int loaded = s.Tile(instruction, 0);
                s.Clear(loaded);
                for (int row = 0; row < s.Rows[loaded]; row++)
                {
                    Unsafe.CopyBlockUnaligned(
                        ref s.Data[(loaded * TileBytes) + (row * RowBytes)],
                        ref *(byte*)TileRow(s, instruction, loaded, row), s.Bytes[loaded]);
                }

                break;
            case Mnemonic.Tilestored:
                int stored = s.Tile(instruction, 1);
                for (int row = 0; row < s.Rows[stored]; row++)
                {
                    Unsafe.CopyBlockUnaligned(
                        ref *(byte*)TileRow(s, instruction, stored, row),
                        ref s.Data[(stored * TileBytes) + (row * RowBytes)], s.Bytes[stored]);
                }

                break;
            case Mnemonic.Tdpbf16ps:
                Multiply(s, instruction);
                break;
            default:
                throw Bad("unknown instruction", instruction);
        }
    }

    // C[m, n] += over k of A[m, 2k]·B[k, 2n] + A[m, 2k + 1]·B[k, 2n + 1]: even and odd products are summed apart from zero, each by a fused
    // multiply-add, then added to each other and to C. Denormals are zero wherever they come or go; rounding is to nearest, ties to even.
    private static void Multiply(State s, in Instruction instruction)
    {
        int c = s.Tile(instruction, 0), a = s.Tile(instruction, 1), b = s.Tile(instruction, 2);
        if (c == a || c == b || a == b) throw Bad("the tiles of a product have to differ", instruction);
        if (((s.Bytes[a] | s.Bytes[b] | s.Bytes[c]) & 3) != 0) throw Bad("rows of tiles have to be whole pairs", instruction);
        if (s.Rows[c] != s.Rows[a] || s.Bytes[c] != s.Bytes[b] || s.Bytes[a] / 4 != s.Rows[b])
        {
            throw Bad("the shapes of the tiles do not agree", instruction);
        }

        int columns = s.Bytes[c] / 4, depth = s.Bytes[a] / 4;
        Span<float> even = stackalloc float[16], odd = stackalloc float[16];
        for (int m = 0; m < s.Rows[c]; m++)
        {
            even.Clear();
            odd.Clear();
            Span<ushort> rowA = MemoryMarshal.Cast<byte, ushort>(s.Row(a, m));
            for (int k = 0; k < depth; k++)
            {
                Span<ushort> rowB = MemoryMarshal.Cast<byte, ushort>(s.Row(b, k));
                float a0 = Flush(Bf16.ToSingle(rowA[2 * k])), a1 = Flush(Bf16.ToSingle(rowA[(2 * k) + 1]));
                for (int n = 0; n < columns; n++)
                {
                    even[n] = Flush(MathF.FusedMultiplyAdd(a0, Flush(Bf16.ToSingle(rowB[2 * n])), even[n]));
                    odd[n] = Flush(MathF.FusedMultiplyAdd(a1, Flush(Bf16.ToSingle(rowB[(2 * n) + 1])), odd[n]));
                }
            }

            Span<float> rowC = MemoryMarshal.Cast<byte, float>(s.Row(c, m));
            for (int n = 0; n < columns; n++) rowC[n] = Flush(Flush(rowC[n]) + Flush(even[n] + odd[n]));
        }
    }

    private static float Flush(float x) => MathF.Abs(x) < 1.17549435e-38f ? MathF.CopySign(0, x) : x;

    private void* TileRow(State s, in Instruction instruction, int tile, int row)
    {
        if (instruction.MemoryIndex == Register.None) throw Bad("a tile's rows need an index register for their stride", instruction);
        ulong start = s.Registers[Number(instruction.MemoryBase)] + instruction.MemoryDisplacement64;
        ulong stride = s.Registers[Number(instruction.MemoryIndex)] * (ulong)instruction.MemoryIndexScale;
        return Access(s, (nint)(start + ((ulong)row * stride)), s.Bytes[tile], instruction);
    }

    private static nint Address(State s, in Instruction instruction)
    {
        ulong address = s.Registers[Number(instruction.MemoryBase)] + instruction.MemoryDisplacement64;
        if (instruction.MemoryIndex != Register.None)
        {
            address += s.Registers[Number(instruction.MemoryIndex)] * (ulong)instruction.MemoryIndexScale;
        }

        return (nint)address;
    }

    private void* Access(State s, nint address, int bytes, in Instruction instruction)
    {
        if (address >= s.Argument && address + bytes <= s.Argument + s.ArgumentBytes) return (void*)address;
        foreach (Func<(nint Start, long Bytes)> region in _regions)
        {
            (nint start, long length) = region();
            if (address >= start && address + bytes <= start + length) return (void*)address;
        }

        throw Bad($"access to {bytes} bytes outside of every buffer", instruction);
    }

    private ulong Read(State s, in Instruction instruction, int operand)
    {
        switch (instruction.GetOpKind(operand))
        {
            case OpKind.Register:
                Register register = instruction.GetOpRegister(operand);
                return register.GetSize() switch
                {
                    8 => s.Registers[Number(register)],
                    4 => (uint)s.Registers[Number(register)],
                    _ => throw Bad("unknown register", instruction),
                };
            case OpKind.Memory:
                return instruction.MemorySize.GetSize() switch
                {
                    8 => *(ulong*)Access(s, Address(s, instruction), 8, instruction),
                    4 => *(uint*)Access(s, Address(s, instruction), 4, instruction),
                    _ => throw Bad("unknown size", instruction),
                };
            default:
                return instruction.GetImmediate(operand);
        }
    }

    private void Result(State s, in Instruction instruction, ulong value, bool write)
    {
        int size = instruction.Op0Kind == OpKind.Register ? instruction.Op0Register.GetSize() : instruction.MemorySize.GetSize();
        bool wide = size == 8;
        s.Zero = wide ? value == 0 : (uint)value == 0;
        if (write) Write(s, instruction, value);
    }

    private void Write(State s, in Instruction instruction, ulong value)
    {
        if (instruction.Op0Kind == OpKind.Register)
        {
            // A 32-bit result clears the upper half.
            s.Registers[Number(instruction.Op0Register)] = instruction.Op0Register.GetSize() == 8 ? value : (uint)value;
            return;
        }

        if (instruction.MemorySize.GetSize() != 8) throw Bad("unknown size", instruction);
        *(ulong*)Access(s, Address(s, instruction), 8, instruction) = value;
    }

    private sealed class State
    {
        public readonly ulong[] Registers = new ulong[16];
        public readonly byte[] Data = new byte[Tiles * TileBytes];
        public readonly byte[] Rows = new byte[Tiles];
        public readonly ushort[] Bytes = new ushort[Tiles];
        public nint Argument;
        public int ArgumentBytes;
        public bool Configured;
        public bool? Zero;

        public Span<byte> Row(int tile, int row) => new(Data, (tile * TileBytes) + (row * RowBytes), RowBytes);

        public void Clear(int tile) => Array.Clear(Data, tile * TileBytes, TileBytes);

        public int Tile(in Instruction instruction, int operand)
        {
            int tile = instruction.GetOpRegister(operand) - Register.TMM0;
            if (!Configured) throw Bad("no tiles are configured", instruction);
            if (Rows[tile] == 0) throw Bad("the tile is not configured", instruction);
            if (Bytes[tile] % 4 != 0) throw Bad("rows of tiles have to be whole pairs", instruction);
            return tile;
        }

        public void Release()
        {
            Configured = false;
            Array.Clear(Data);
        }

        public void Configure(ReadOnlySpan<byte> config, in Instruction instruction)
        {
            if (config[0] != 1) throw Bad($"palette {config[0]}", instruction);
            if (config[1] != 0) throw Bad("a start row means a load that was interrupted", instruction);
            if (config[2..16].ContainsAnyExcept((byte)0)
                || config[32..48].ContainsAnyExcept((byte)0)
                || config[56..].ContainsAnyExcept((byte)0))
            {
                throw Bad("reserved bytes are not zero", instruction);
            }

            for (int t = 0; t < Tiles; t++)
            {
                Bytes[t] = MemoryMarshal.Cast<byte, ushort>(config[16..32])[t];
                Rows[t] = config[48 + t];
                if (Rows[t] > TileRows || Bytes[t] > RowBytes || (Rows[t] == 0) != (Bytes[t] == 0))
                {
                    throw Bad($"tile {t}: {Rows[t]} rows of {Bytes[t]} bytes", instruction);
                }
            }

            Array.Clear(Data);
            Configured = true;
        }
    }
}
