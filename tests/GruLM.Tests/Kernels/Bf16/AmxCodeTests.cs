// The machine code of the product on tiles, byte by byte as the manual writes it, and what the emulator that interprets it refuses.

using GruLM.Kernels;
using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace GruLM.Tests.Kernels;

[Collection(nameof(CodeEmulator))]
public sealed unsafe class AmxCodeTests : IDisposable
{
    private readonly CodeEmulator _emulator = CodeEmulator.Open();

    public void Dispose() => _emulator.Dispose();

    [Fact]
    public void Every_AMX_instruction_has_the_bytes_of_the_manual()
    {
        byte[] code = AmxAssembler.Assemble();
        int found = 0;
        foreach (Instruction instruction in _emulator.CodeOfTiles)
        {
            // VEX prefix (W = 0, L = 0), map 0F38, opcode; pp: 0 none, 1 66, 2 F3, 3 F2.
            (int Opcode, int Prefix)? form = instruction.Mnemonic switch
            {
                Mnemonic.Ldtilecfg or Mnemonic.Tilerelease => (0x49, 0),
                Mnemonic.Tilezero => (0x49, 3),
                Mnemonic.Tileloadd => (0x4B, 3),
                Mnemonic.Tilestored => (0x4B, 2),
                Mnemonic.Tdpbf16ps => (0x5C, 2),
                _ => null,
            };
            if (form is not { } f)
            {
                Assert.DoesNotContain("tile", instruction.Mnemonic.ToString(), StringComparison.OrdinalIgnoreCase);
                continue;
            }

            int Tmm(int operand) => instruction.GetOpRegister(operand) - Register.TMM0;
            bool load = instruction.Mnemonic == Mnemonic.Tileloadd, store = instruction.Mnemonic == Mnemonic.Tilestored;
            bool memory = load || store || instruction.Mnemonic == Mnemonic.Ldtilecfg;
            int at = memory ? instruction.MemoryBase - Register.RAX : 0;
            int index = load || store ? instruction.MemoryIndex - Register.RAX : 0;
            int vvvv = instruction.Mnemonic == Mnemonic.Tdpbf16ps ? Tmm(2) : 0;
            int reg = load || instruction.Mnemonic is Mnemonic.Tilezero or Mnemonic.Tdpbf16ps ? Tmm(0) : store ? Tmm(1) : 0;
            int rm = load || store ? 4 : memory ? at : instruction.Mnemonic == Mnemonic.Tdpbf16ps ? Tmm(1) : 0;
            int displacement = (int)instruction.MemoryDisplacement64;
            Assert.InRange(displacement, 0, 128);
            int mod = !memory ? 3 : displacement == 0 ? 0 : displacement < 128 ? 1 : 2;
            List<byte> expected =
            [
                0xC4,
                (byte)(0x82 | (index < 8 ? 0x40 : 0) | (at < 8 ? 0x20 : 0)),
                (byte)(((~vvvv & 15) << 3) | f.Prefix),
                (byte)f.Opcode,
                (byte)((mod << 6) | (reg << 3) | rm),
            ];
            if (load || store) expected.Add((byte)(((index & 7) << 3) | (at & 7)));
            if (mod is 1 or 2) expected.Add((byte)displacement);
            if (mod == 2) expected.AddRange([0, 0, 0]);
            Assert.Equal(expected, code.AsSpan((int)instruction.IP, instruction.Length).ToArray());
            found++;
        }

        Assert.True(found > 100);
        Assert.Equal([0xC4, 0xE2, 0x78, 0x49, 0x07], code[..5]);
    }

    [Fact]
    public void The_emulator_refuses_what_the_processor_would()
    {
        Refused("palette", (c, _) => c.ldtilecfg(__[rdi]), config => config[0] = 2);
        Refused("reserved", (c, _) => c.ldtilecfg(__[rdi]), config => config[40] = 1);
        Refused("tile 3", (c, _) => c.ldtilecfg(__[rdi]), config => config[48 + 3] = 17);
        Refused("not released", (c, _) => c.ldtilecfg(__[rdi]), _ => { });
        Refused("no tiles", (c, _) => c.tilezero(tmm0), _ => { });
        Refused("shapes", (c, _) => Product(c), config => config[48] = 5);
        Refused("shapes", (c, _) => Product(c), config => config[16] = 32);
        Refused("outside", (c, _) => Load(c, 0), _ => { });
        Refused("index register", (c, _) => Load(c, -1), _ => { });
        Refused("not kept", (c, _) => c.mov(rbx, 1), _ => { });
        Refused("never written", (c, _) => c.vdpbf16ps(zmm0, zmm1, zmm2), _ => { });
        Refused("not cleared", (c, _) => c.vpxord(zmm0, zmm0, zmm0), _ => { });
        Refused("mask was never", (c, _) => c.vmovups(zmm0.k1.z, __[rdi]), _ => { });
        Refused("zeros outside", (c, _) => Masked(c), _ => { });
        Refused("512 bits", (c, _) => c.vpxord(ymm0, ymm0, ymm0), _ => { });
        Refused("unknown instruction", (c, _) => c.nop(), _ => { });

        static void Masked(Assembler c)
        {
            c.kmovw(k1, __word_ptr[rdi]);
            c.vmovups(zmm0.k1, __[rdi]);
        }

        static void Product(Assembler c)
        {
            c.ldtilecfg(__[rdi]);
            c.tdpbf16ps(tmm0, tmm1, tmm2);
        }

        static void Load(Assembler c, int stride)
        {
            c.ldtilecfg(__[rdi]);
            c.mov(rax, stride);
            if (stride < 0) c.tileloadd(tmm0, __[rdi]);
            else c.tileloadd(tmm0, __[rdi + (rax * 1) + 100]);
        }
    }

    private void Refused(string why, Action<Assembler, byte> write, Action<byte[]> spoil)
    {
        var assembler = new Assembler(64);
        write(assembler, 0);
        assembler.ret();
        byte[] config = new byte[128];
        config[0] = 1;
        for (int t = 0; t < 8; t++) (config[16 + (2 * t)], config[48 + t]) = (64, 16);
        spoil(config);
        fixed (byte* p = config)
        {
            nint address = (nint)p;
            InvalidOperationException error = Assert.Throws<InvalidOperationException>(
                () => _emulator.Run(CodeEmulator.Decode(MachineCode.Bytes(assembler)), (void*)address, 128));
            Assert.Contains(why, error.Message, StringComparison.Ordinal);
        }
    }
}
