// The machine code of the product on vectors of pairs: byte by byte as the manual writes it, and no more loads than it needs.

using GruLM.Kernels;
using Iced.Intel;

namespace GruLM.Tests.Kernels;

[Collection(nameof(CodeEmulator))]
public sealed class Avx512Bf16CodeTests : IDisposable
{
    private readonly CodeEmulator _emulator = CodeEmulator.Open();

    public void Dispose() => _emulator.Dispose();

    [Fact]
    public void Every_product_has_the_bytes_of_the_manual()
    {
        // EVEX.512.F3.0F38.W0 52 /r on registers alone, without a mask.
        byte[] code = Avx512Bf16Assembler.Assemble();
        int found = 0;
        foreach (Instruction instruction in _emulator.CodeOfPairs.Where(i => i.Mnemonic == Mnemonic.Vdpbf16ps))
        {
            int Zmm(int operand) => instruction.GetOpRegister(operand) - Register.ZMM0;
            int sum = Zmm(0), a = Zmm(1), b = Zmm(2);
            static int Bit(int register, int bit) => register >> bit & 1;
            byte[] expected =
            [
                0x62,
                (byte)(((Bit(sum, 3) ^ 1) << 7) | ((Bit(b, 4) ^ 1) << 6) | ((Bit(b, 3) ^ 1) << 5) | ((Bit(sum, 4) ^ 1) << 4) | 2),
                (byte)(((~a & 15) << 3) | 0b110),
                (byte)(0b0100_0000 | ((Bit(a, 4) ^ 1) << 3)),
                0x52,
                (byte)(0xC0 | ((sum & 7) << 3) | (b & 7)),
            ];
            Assert.Equal(expected, code.AsSpan((int)instruction.IP, instruction.Length).ToArray());
            found++;
        }

        // Every shape has four pairs a turn, and the ceiling 24 products.
        int products = Enumerable.Range(1, 8).Sum(rows => Enumerable.Range(1, 3).Sum(vectors => 4 * rows * vectors));
        Assert.Equal(products + Avx512Bf16Assembler.CeilingProducts, found);
    }

    // Worked out by hand from the manual: displacements count in vectors, z and the mask stand in the last byte of the prefix.
    [Theory]
    [InlineData(Mnemonic.Kmovw, "C5F8904F48")]
    [InlineData(Mnemonic.Vmovups, "62D17CC9105202")]
    [InlineData(Mnemonic.Vmovups, "62D17C49115202")]
    [InlineData(Mnemonic.Vpbroadcastd, "62627D485818")]
    public void What_moves_numbers_has_the_bytes_of_the_manual(Mnemonic mnemonic, string bytes)
    {
        byte[] code = Avx512Bf16Assembler.Assemble();
        Assert.Contains(bytes, _emulator.CodeOfPairs.Where(instruction => instruction.Mnemonic == mnemonic)
            .Select(instruction => Convert.ToHexString(code.AsSpan((int)instruction.IP, instruction.Length))));
    }

    [Fact]
    public void A_turn_of_the_largest_block_loads_each_number_once()
    {
        // It is the last one that is written, but for the ceiling's, which has no third register of A.
        Instruction[] code = [.. _emulator.CodeOfPairs];
        int last = Array.FindLastIndex(code, i => i.Mnemonic == Mnemonic.Vpbroadcastd && i.Op0Register == Register.ZMM29);
        int end = Array.FindIndex(code, last, i => i.Mnemonic == Mnemonic.Jne);
        ulong start = code[end].NearBranchTarget;
        Instruction[] turn = [.. code.Where(i => i.IP >= start && i.IP <= code[end].IP)];
        Assert.Equal(4 * 24, turn.Count(i => i.Mnemonic == Mnemonic.Vdpbf16ps));
        Assert.Equal(4 * 8, turn.Count(i => i.Mnemonic == Mnemonic.Vpbroadcastd));
        Assert.Equal(4 * 3, turn.Count(i => i.Mnemonic == Mnemonic.Vmovups));
        Assert.Equal(4 * 35 + 6, turn.Length);
    }
}
