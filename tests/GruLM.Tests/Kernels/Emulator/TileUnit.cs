// The tiles of AMX, for the emulator.
// Source: Intel's manual, volume 2: LDTILECFG, TILELOADD, TILESTORED, TILEZERO, TDPBF16PS.

using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Iced.Intel;
using static GruLM.Tests.Kernels.EmulatedState;

namespace GruLM.Tests.Kernels;

/// <summary>Eight tiles and their configuration.</summary>
internal sealed unsafe class TileUnit
{
    private const int Tiles = 8, TileRows = 16, RowBytes = 64, TileBytes = TileRows * RowBytes;

    private readonly byte[] _data = new byte[Tiles * TileBytes];
    private readonly byte[] _rows = new byte[Tiles];
    private readonly ushort[] _bytes = new ushort[Tiles];

    public bool IsConfigured { get; private set; }

    /// <summary>Does an instruction when it is one of tiles; false: it is another one.</summary>
    public bool Run(EmulatedState s, in Instruction instruction)
    {
        switch (instruction.Mnemonic)
        {
            case Mnemonic.Ldtilecfg:
                Configure(new ReadOnlySpan<byte>(s.Memory(instruction, 64), 64), instruction);
                return true;
            case Mnemonic.Tilerelease:
                IsConfigured = false;
                Array.Clear(_data);
                return true;
            case Mnemonic.Tilezero:
                Clear(Tile(instruction, 0));
                return true;
            case Mnemonic.Tileloadd:
            case Mnemonic.Tileloaddt1:
                int loaded = Tile(instruction, 0);
                Clear(loaded);
                for (int row = 0; row < _rows[loaded]; row++)
                {
                    Unsafe.CopyBlockUnaligned(
                        ref _data[(loaded * TileBytes) + (row * RowBytes)], ref *(byte*)TileRow(s, instruction, loaded, row),
                        _bytes[loaded]);
                }

                return true;
            case Mnemonic.Tilestored:
                int stored = Tile(instruction, 1);
                for (int row = 0; row < _rows[stored]; row++)
                {
                    Unsafe.CopyBlockUnaligned(
                        ref *(byte*)TileRow(s, instruction, stored, row), ref _data[(stored * TileBytes) + (row * RowBytes)],
                        _bytes[stored]);
                }

                return true;
            case Mnemonic.Tdpbf16ps:
                Multiply(instruction);
                return true;
            default:
                return false;
        }
    }

    private Span<T> Row<T>(int tile, int row)
        where T : struct => MemoryMarshal.Cast<byte, T>(new Span<byte>(_data, (tile * TileBytes) + (row * RowBytes), RowBytes));

    private void Clear(int tile) => Array.Clear(_data, tile * TileBytes, TileBytes);

    private int Tile(in Instruction instruction, int operand)
    {
        int tile = instruction.GetOpRegister(operand) - Register.TMM0;
        if (!IsConfigured) throw Bad("no tiles are configured", instruction);
        if (_rows[tile] == 0) throw Bad("the tile is not configured", instruction);
        if (_bytes[tile] % 4 != 0) throw Bad("rows of tiles have to be whole pairs", instruction);
        return tile;
    }

    private void* TileRow(EmulatedState s, in Instruction instruction, int tile, int row)
    {
        if (instruction.MemoryIndex == Register.None) throw Bad("a tile's rows need an index register for their stride", instruction);
        ulong start = s.Registers[Number(instruction.MemoryBase)] + instruction.MemoryDisplacement64;
        ulong stride = s.Registers[Number(instruction.MemoryIndex)] * (ulong)instruction.MemoryIndexScale;
        return s.Memory(instruction, (nint)(start + ((ulong)row * stride)), _bytes[tile]);
    }

    // C[m, n] += over k of A[m, 2k]·B[k, 2n] + A[m, 2k + 1]·B[k, 2n + 1]: even and odd products are summed apart from zero, each by a fused
    // multiply-add, then added to each other and to C. Rounding is to nearest, ties to even.
    private void Multiply(in Instruction instruction)
    {
        int c = Tile(instruction, 0), a = Tile(instruction, 1), b = Tile(instruction, 2);
        if (c == a || c == b || a == b) throw Bad("the tiles of a product have to differ", instruction);
        if (((_bytes[a] | _bytes[b] | _bytes[c]) & 3) != 0) throw Bad("rows of tiles have to be whole pairs", instruction);
        if (_rows[c] != _rows[a] || _bytes[c] != _bytes[b] || _bytes[a] / 4 != _rows[b])
        {
            throw Bad("the shapes of the tiles do not agree", instruction);
        }

        int columns = _bytes[c] / 4, depth = _bytes[a] / 4;
        Span<float> even = stackalloc float[16], odd = stackalloc float[16];
        for (int m = 0; m < _rows[c]; m++)
        {
            even.Clear();
            odd.Clear();
            Span<uint> rowA = Row<uint>(a, m);
            for (int k = 0; k < depth; k++)
            {
                Span<uint> rowB = Row<uint>(b, k);
                (float a0, float a1) = Pair(rowA[k]);
                for (int n = 0; n < columns; n++)
                {
                    (float b0, float b1) = Pair(rowB[n]);
                    even[n] = Flush(MathF.FusedMultiplyAdd(a0, b0, even[n]));
                    odd[n] = Flush(MathF.FusedMultiplyAdd(a1, b1, odd[n]));
                }
            }

            Span<float> rowC = Row<float>(c, m);
            for (int n = 0; n < columns; n++) rowC[n] = Flush(Flush(rowC[n]) + Flush(even[n] + odd[n]));
        }
    }

    private void Configure(ReadOnlySpan<byte> config, in Instruction instruction)
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
            _bytes[t] = MemoryMarshal.Cast<byte, ushort>(config[16..32])[t];
            _rows[t] = config[48 + t];
            if (_rows[t] > TileRows || _bytes[t] > RowBytes || (_rows[t] == 0) != (_bytes[t] == 0))
            {
                throw Bad($"tile {t}: {_rows[t]} rows of {_bytes[t]} bytes", instruction);
            }
        }

        Array.Clear(_data);
        IsConfigured = true;
    }
}
