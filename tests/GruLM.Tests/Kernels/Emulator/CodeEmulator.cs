// An interpreter for the machine code that kernels are assembled to, so that the bytes themselves are tested on machines without the
// instructions: it decodes them and does what the manual says, on the real memory of the process. An instruction that it does not know, a
// broken rule and an access outside the memory that it was told of are exceptions. Here are the plain instructions; those of AMX are in
// TileUnit, those of vectors in VectorUnit. Leaves out the rest of the processor.
// Source: Intel 64 and IA-32 Architectures Software Developer's Manual, volume 2.

using System.Runtime.InteropServices;
using GruLM.Kernels;
using Iced.Intel;

namespace GruLM.Tests.Kernels;

/// <summary>Runs machine code. <see cref="Open"/> makes one the target of <see cref="Tiles"/> and <see cref="Pairs"/>; only one is open
/// at a time.</summary>
internal sealed unsafe class CodeEmulator : IDisposable
{
    // The registers that a callee leaves as they were.
    private static readonly Register[] s_kept =
        [Register.RBX, Register.RBP, Register.RSP, Register.R12, Register.R13, Register.R14, Register.R15];
    private static CodeEmulator? s_current;
    private readonly Dictionary<ulong, Instruction> _tiles = Decode(AmxAssembler.Assemble());
    private readonly Dictionary<ulong, Instruction> _pairs = Decode(Avx512Bf16Assembler.Assemble());
    private readonly List<Func<(nint Start, long Bytes)>> _regions = [];
    private Exception? _failure;

    /// <summary>The instructions of the product on tiles, and of the one on vectors of pairs.</summary>
    public IEnumerable<Instruction> CodeOfTiles => _tiles.Values;
    public IEnumerable<Instruction> CodeOfPairs => _pairs.Values;

    /// <summary>The products, interpreted by the emulator that is open.</summary>
    public static Bf16Kernel Tiles => new(new AmxKernel(&EnterTiles));
    public static Bf16Kernel Pairs => new(new Avx512Bf16Kernel(&EnterPairs));

    /// <summary>Instructions run since the emulator was made.</summary>
    public long Count;

    public static CodeEmulator Open() => s_current = new CodeEmulator();

    /// <summary>The instructions of some code, by their addresses in it.</summary>
    public static Dictionary<ulong, Instruction> Decode(byte[] code)
    {
        var program = new Dictionary<ulong, Instruction>();
        var decoder = Iced.Intel.Decoder.Create(64, new ByteArrayCodeReader(code));
        while (decoder.IP < (ulong)code.Length)
        {
            decoder.Decode(out Instruction instruction);
            program.Add(instruction.IP, instruction);
        }

        return program;
    }

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
    private static void EnterTiles(AmxArguments* arguments) => s_current!.Enter(s_current._tiles, arguments, sizeof(AmxArguments));

    [UnmanagedCallersOnly]
    private static void EnterPairs(Avx512Bf16Arguments* arguments) =>
        s_current!.Enter(s_current._pairs, arguments, sizeof(Avx512Bf16Arguments));

    private void Enter(Dictionary<ulong, Instruction> program, void* argument, int argumentBytes)
    {
        try
        {
            Run(program, argument, argumentBytes);
        }
        catch (Exception error)
        {
            Interlocked.CompareExchange(ref _failure, error, null);
        }
    }

    /// <summary>Calls the code at 0 with one argument, a struct that it may read and write.</summary>
    public void Run(Dictionary<ulong, Instruction> program, void* argument, int argumentBytes)
    {
        var state = new EmulatedState(Access) { Argument = (nint)argument, ArgumentBytes = argumentBytes };

        // Registers that a callee finds undefined hold rubbish, so that reading one shows.
        for (int i = 0; i < 16; i++) state.Registers[i] = 0xDEAD_0000_0000_0000 + (ulong)i;
        state.Registers[Number(Register.RDI)] = (ulong)argument;
        ulong[] before = [.. state.Registers];
        ulong ip = 0;
        while (true)
        {
            if (!program.TryGetValue(ip, out Instruction instruction)) throw EmulatedState.Bad("jump into nowhere", default);
            Interlocked.Increment(ref Count);
            ip = instruction.NextIP;
            if (instruction.Mnemonic == Mnemonic.Ret) break;
            if (state.Tiles.Run(state, instruction) || state.Vectors.Run(state, instruction)) continue;
            Execute(state, instruction, ref ip);
        }

        foreach (Register kept in s_kept)
        {
            if (state.Registers[Number(kept)] != before[Number(kept)]) throw new InvalidOperationException($"{kept} was not kept");
        }

        if (state.Tiles.IsConfigured) throw new InvalidOperationException("the tiles were not released");
        if (state.Vectors.IsDirty) throw new InvalidOperationException("the upper halves of the vectors were not cleared");
    }

    private static int Number(Register register) => EmulatedState.Number(register);

    private static void Execute(EmulatedState s, in Instruction instruction, ref ulong ip)
    {
        switch (instruction.Mnemonic)
        {
            case Mnemonic.Mov:
                Write(s, instruction, Read(s, instruction, 1));
                break;
            case Mnemonic.Add:
                Result(s, instruction, Read(s, instruction, 0) + Read(s, instruction, 1), write: true);
                break;
            case Mnemonic.Lea:
                Write(s, instruction, (ulong)s.Address(instruction));
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
                bool zero = s.Zero ?? throw EmulatedState.Bad("the zero flag is undefined", instruction);
                if (zero == (instruction.Mnemonic == Mnemonic.Je)) ip = instruction.NearBranchTarget;
                break;
            default:
                throw EmulatedState.Bad("unknown instruction", instruction);
        }
    }

    private void* Access(EmulatedState s, nint address, int bytes, in Instruction instruction)
    {
        if (address >= s.Argument && address + bytes <= s.Argument + s.ArgumentBytes) return (void*)address;
        foreach (Func<(nint Start, long Bytes)> region in _regions)
        {
            (nint start, long length) = region();
            if (address >= start && address + bytes <= start + length) return (void*)address;
        }

        throw EmulatedState.Bad($"access to {bytes} bytes outside of every buffer", instruction);
    }

    private static ulong Read(EmulatedState s, in Instruction instruction, int operand)
    {
        switch (instruction.GetOpKind(operand))
        {
            case OpKind.Register:
                Register register = instruction.GetOpRegister(operand);
                return register.GetSize() switch
                {
                    8 => s.Registers[Number(register)],
                    4 => (uint)s.Registers[Number(register)],
                    _ => throw EmulatedState.Bad("unknown register", instruction),
                };
            case OpKind.Memory:
                return instruction.MemorySize.GetSize() switch
                {
                    8 => *(ulong*)s.Memory(instruction, 8),
                    4 => *(uint*)s.Memory(instruction, 4),
                    _ => throw EmulatedState.Bad("unknown size", instruction),
                };
            default:
                return instruction.GetImmediate(operand);
        }
    }

    private static void Result(EmulatedState s, in Instruction instruction, ulong value, bool write)
    {
        int size = instruction.Op0Kind == OpKind.Register ? instruction.Op0Register.GetSize() : instruction.MemorySize.GetSize();
        bool wide = size == 8;
        s.Zero = wide ? value == 0 : (uint)value == 0;
        if (write) Write(s, instruction, value);
    }

    private static void Write(EmulatedState s, in Instruction instruction, ulong value)
    {
        if (instruction.Op0Kind == OpKind.Register)
        {
            // A 32-bit result clears the upper half.
            s.Registers[Number(instruction.Op0Register)] = instruction.Op0Register.GetSize() == 8 ? value : (uint)value;
            return;
        }

        if (instruction.MemorySize.GetSize() != 8) throw EmulatedState.Bad("unknown size", instruction);
        *(ulong*)s.Memory(instruction, 8) = value;
    }
}
