// What a call of machine code changes while the emulator runs it: registers, the zero flag, and the units beside them.

using GruLM.Kernels;
using Iced.Intel;

namespace GruLM.Tests.Kernels;

/// <summary>Registers, and the way to memory.</summary>
internal sealed unsafe class EmulatedState(EmulatedState.MemoryAccess access)
{
    public delegate void* MemoryAccess(EmulatedState state, nint address, int bytes, in Instruction instruction);

    public ulong[] Registers { get; } = new ulong[16];

    /// <summary>Null where an instruction left it undefined.</summary>
    public bool? Zero { get; set; }

    /// <summary>The struct that the code was given.</summary>
    public nint Argument { get; init; }
    public int ArgumentBytes { get; init; }

    public TileUnit Tiles { get; } = new();

    public VectorUnit Vectors { get; } = new();

    public static InvalidOperationException Bad(string what, in Instruction instruction) =>
        new($"{what}: {instruction} at {instruction.IP:x}");

    public static int Number(Register register) => register.GetFullRegister() - Register.RAX;

    /// <summary>Numbers near 1e-38 are zero to instructions for bfloat16, wherever they come or go.</summary>
    public static float Flush(float x) => MathF.Abs(x) < 1.17549435e-38f ? MathF.CopySign(0, x) : x;

    /// <summary>The lower and the upper number of a pair.</summary>
    public static (float Even, float Odd) Pair(uint pair) =>
        (Flush(Bf16.ToSingle((ushort)pair)), Flush(Bf16.ToSingle((ushort)(pair >> 16))));

    /// <summary>Where an instruction's memory operand lies.</summary>
    public nint Address(in Instruction instruction)
    {
        ulong address = Registers[Number(instruction.MemoryBase)] + instruction.MemoryDisplacement64;
        if (instruction.MemoryIndex != Register.None)
        {
            address += Registers[Number(instruction.MemoryIndex)] * (ulong)instruction.MemoryIndexScale;
        }

        return (nint)address;
    }

    /// <summary>That memory, when it may be used.</summary>
    public void* Memory(in Instruction instruction, int bytes) => access(this, Address(instruction), bytes, instruction);

    public void* Memory(in Instruction instruction, nint address, int bytes) => access(this, address, bytes, instruction);
}
