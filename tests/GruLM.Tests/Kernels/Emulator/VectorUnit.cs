// Vectors of 512 bits and their masks, for the emulator: as much of AVX-512 as the kernels use. Leaves out shorter vectors.
// Source: Intel's manual, volume 2: KMOVW, VMOVUPS, VMOVDQU32, VPXORD, VPADDD, VPBROADCASTD, VPDPBUSD, VDPBF16PS, VZEROUPPER.

using Iced.Intel;
using static GruLM.Tests.Kernels.EmulatedState;

namespace GruLM.Tests.Kernels;

/// <summary>Thirty-two vectors of sixteen numbers, and eight masks. What was never written may not be read.</summary>
internal sealed unsafe class VectorUnit
{
    private const int Lanes = 16, Bytes = 64, All = 0xFFFF;

    private readonly uint[]?[] _vectors = new uint[32][];
    private readonly int?[] _masks = new int?[8];

    /// <summary>Whether a vector was written since the upper halves were cleared.</summary>
    public bool IsDirty { get; private set; }

    /// <summary>Does an instruction when it is one of vectors; false: it is another one.</summary>
    public bool Run(EmulatedState s, in Instruction instruction)
    {
        bool moves = instruction.Mnemonic is Mnemonic.Vmovups or Mnemonic.Vmovdqu32;
        if (instruction.OpMask != Register.None && !(moves && HasMemory(instruction))) throw Bad("not known with a mask", instruction);
        bool isPlain = !instruction.IsBroadcast && instruction.RoundingControl == RoundingControl.None;
        if (!isPlain) throw Bad("not known in this form", instruction);
        switch (instruction.Mnemonic)
        {
            case Mnemonic.Kmovw:
                _masks[instruction.Op0Register - Register.K0] = *(ushort*)s.Memory(instruction, sizeof(ushort));
                return true;
            case Mnemonic.Vmovups:
            case Mnemonic.Vmovdqu32:
            case Mnemonic.Vmovdqa32:
                if (instruction.Mnemonic == Mnemonic.Vmovdqa32 && HasMemory(instruction)) throw Bad("only known of registers", instruction);
                if (instruction.Op0Kind == OpKind.Memory) Store(s, instruction);
                else Load(s, instruction);
                return true;
            case Mnemonic.Vpxord:
                if (instruction.Op1Register != instruction.Op2Register) throw Bad("only known for clearing a vector", instruction);
                Array.Clear(Written(instruction));
                return true;
            case Mnemonic.Vpaddd:
                uint[] left = Read(instruction, 1), right = Read(instruction, 2), sums = Written(instruction);
                for (int lane = 0; lane < Lanes; lane++) sums[lane] = left[lane] + right[lane];
                return true;
            case Mnemonic.Vpbroadcastd:
                Array.Fill(Written(instruction), *(uint*)s.Memory(instruction, sizeof(uint)));
                return true;
            case Mnemonic.Vpdpbusd:
            case Mnemonic.Vdpbf16ps:
                Multiply(s, instruction);
                return true;
            case Mnemonic.Vzeroupper:
                Array.Clear(_vectors);
                IsDirty = false;
                return true;
            default:
                return false;
        }
    }

    // Lanes outside the mask are not read, and are zero.
    private void Load(EmulatedState s, in Instruction instruction)
    {
        int mask = Mask(instruction);
        if (mask != All && !instruction.ZeroingMasking) throw Bad("only known with zeros outside the mask", instruction);
        if (instruction.Op1Kind == OpKind.Register)
        {
            Read(instruction, 1).CopyTo(Written(instruction), 0);
            return;
        }

        uint[] loaded = Written(instruction);
        for (int lane = 0; lane < Lanes; lane++) loaded[lane] = (mask >> lane & 1) != 0 ? *Lane(s, instruction, lane) : 0;
    }

    private void Store(EmulatedState s, in Instruction instruction)
    {
        uint[] stored = Read(instruction, 1);
        int mask = Mask(instruction);
        for (int lane = 0; lane < Lanes; lane++)
        {
            if ((mask >> lane & 1) != 0) *Lane(s, instruction, lane) = stored[lane];
        }
    }

    private void Multiply(EmulatedState s, in Instruction instruction)
    {
        uint[] sums = Read(instruction, 0), a = Read(instruction, 1);
        ReadOnlySpan<uint> b = instruction.Op2Kind == OpKind.Register
            ? Read(instruction, 2)
            : new ReadOnlySpan<uint>(s.Memory(instruction, Bytes), Lanes);
        bool fours = instruction.Mnemonic == Mnemonic.Vpdpbusd;
        for (int lane = 0; lane < Lanes; lane++)
        {
            sums[lane] = fours ? Fours(sums[lane], a[lane], b[lane]) : Pairs(sums[lane], a[lane], b[lane]);
        }
    }

    // Bytes without a sign times bytes with one, exact.
    private static uint Fours(uint sum, uint a, uint b)
    {
        for (int shift = 0; shift < 32; shift += 8) sum += (uint)((byte)(a >> shift) * (sbyte)(b >> shift));
        return sum;
    }

    // The upper product is added first, then the lower one, each by a fused multiply-add that rounds to nearest, ties to even.
    private static uint Pairs(uint sum, uint a, uint b)
    {
        (float a0, float a1) = Pair(a);
        (float b0, float b1) = Pair(b);
        float upper = Flush(MathF.FusedMultiplyAdd(a1, b1, Flush(BitConverter.UInt32BitsToSingle(sum))));
        return BitConverter.SingleToUInt32Bits(Flush(MathF.FusedMultiplyAdd(a0, b0, upper)));
    }

    private static bool HasMemory(in Instruction instruction) =>
        instruction.Op0Kind == OpKind.Memory || instruction.Op1Kind == OpKind.Memory;

    private static uint* Lane(EmulatedState s, in Instruction instruction, int lane) =>
        (uint*)s.Memory(instruction, s.Address(instruction) + (lane * sizeof(uint)), sizeof(uint));

    private static int Vector(in Instruction instruction, int operand)
    {
        int vector = instruction.GetOpRegister(operand) - Register.ZMM0;
        return vector is >= 0 and < 32 ? vector : throw Bad("not a vector of 512 bits", instruction);
    }

    private int Mask(in Instruction instruction)
    {
        if (instruction.OpMask == Register.None) return All;
        return _masks[instruction.OpMask - Register.K0] ?? throw Bad("the mask was never written", instruction);
    }

    private uint[] Read(in Instruction instruction, int operand) =>
        _vectors[Vector(instruction, operand)] ?? throw Bad("the vector was never written", instruction);

    private uint[] Written(in Instruction instruction)
    {
        IsDirty = true;
        return _vectors[Vector(instruction, 0)] ??= new uint[Lanes];
    }
}
