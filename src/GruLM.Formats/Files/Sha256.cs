// SHA-256, written out in plain C#: .NET's own loads OpenSSL on Linux, and a native program would end where there is none. It tells
// whether a file is still as it was written, keeps no secret, and leaves out the instructions that some processors have for it.
// Source: FIPS 180-4, sections 4.1.2, 4.2.2 (K), 5.1.1 (padding), 5.3.3 (H) and 6.2.2 (rounds), whose names the variables bear.
using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using static System.Numerics.BitOperations;

namespace GruLM.Formats;

/// <summary>The SHA-256 of bytes that come in pieces. For one thread at a time.</summary>
public sealed class Sha256
{
    /// <summary>The number of bytes of a hash.</summary>
    public const int HashBytes = 32;

    private const int BlockBytes = 64;
    private const int Rounds = 64;
    private const int Lanes = 4;

    private static ReadOnlySpan<uint> K =>
    [
        0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
        0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
        0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
        0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
        0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
        0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
        0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
        0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
    ];

    private readonly uint[] _state =
    [
        0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
    ];

    // What came after the last whole block, and the number of bytes so far.
    private readonly byte[] _rest = new byte[BlockBytes];
    private ulong _length;

    /// <summary>The SHA-256 of some bytes.</summary>
    public static byte[] HashData(ReadOnlySpan<byte> bytes)
    {
        var hash = new Sha256();
        hash.Append(bytes);
        return hash.Finish();
    }

    /// <summary>The SHA-256 of what is left of a stream.</summary>
    /// <exception cref="IOException">The stream cannot be read.</exception>
    public static byte[] HashData(Stream stream)
    {
        ArgumentNullException.ThrowIfNull(stream);
        var hash = new Sha256();
        byte[] buffer = new byte[1 << 16];
        for (int read; (read = stream.Read(buffer)) > 0;)
        {
            hash.Append(buffer.AsSpan(0, read));
        }

        return hash.Finish();
    }

    /// <summary>Adds a piece.</summary>
    public void Append(ReadOnlySpan<byte> bytes)
    {
        int held = (int)(_length % BlockBytes);
        _length += (ulong)bytes.Length;
        if (held > 0)
        {
            int taken = Math.Min(bytes.Length, BlockBytes - held);
            bytes[..taken].CopyTo(_rest.AsSpan(held));
            if (held + taken < BlockBytes)
            {
                return;
            }

            Compress(_state, _rest);
            bytes = bytes[taken..];
        }

        int whole = bytes.Length - (bytes.Length % BlockBytes);
        Compress(_state, bytes[..whole]);
        bytes[whole..].CopyTo(_rest);
    }

    /// <summary>The hash of all pieces. Nothing can be added behind it.</summary>
    public byte[] Finish()
    {
        // A one bit, zeros up to eight bytes before a block's end, the length in bits.
        ulong bits = _length * 8;
        int held = (int)(_length % BlockBytes);
        Span<byte> padding = stackalloc byte[2 * BlockBytes];
        padding.Clear();
        padding[0] = 0x80;
        int end = (held < BlockBytes - sizeof(ulong) ? BlockBytes : 2 * BlockBytes) - held;
        BinaryPrimitives.WriteUInt64BigEndian(padding[(end - sizeof(ulong))..], bits);
        Append(padding[..end]);

        byte[] hash = new byte[HashBytes];
        for (int i = 0; i < _state.Length; i++)
        {
            BinaryPrimitives.WriteUInt32BigEndian(hash.AsSpan(i * sizeof(uint)), _state[i]);
        }

        return hash;
    }

    // Whole blocks, as many together as a vector has lanes. The eight working variables change places from round to round: after
    // eight rounds each is back in its own.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Compress(uint[] state, ReadOnlySpan<byte> blocks)
    {
        Span<Vector128<uint>> schedules = stackalloc Vector128<uint>[Rounds];
        Span<uint> words = MemoryMarshal.Cast<Vector128<uint>, uint>(schedules);
        uint a = state[0], b = state[1], c = state[2], d = state[3], e = state[4], f = state[5], g = state[6], h = state[7];
        while (blocks.Length >= BlockBytes)
        {
            int count = Math.Min(blocks.Length / BlockBytes, Lanes);
            Schedule(blocks[..(count * BlockBytes)], schedules, words);
            blocks = blocks[(count * BlockBytes)..];
            for (int lane = 0; lane < count; lane++)
            {
                for (int t = 0; t < Rounds; t += 8)
                {
                    ReadOnlySpan<uint> w = words.Slice((t * Lanes) + lane, (7 * Lanes) + 1);
                    Round(a, b, c, ref d, e, f, g, ref h, w[0]);
                    Round(h, a, b, ref c, d, e, f, ref g, w[Lanes]);
                    Round(g, h, a, ref b, c, d, e, ref f, w[2 * Lanes]);
                    Round(f, g, h, ref a, b, c, d, ref e, w[3 * Lanes]);
                    Round(e, f, g, ref h, a, b, c, ref d, w[4 * Lanes]);
                    Round(d, e, f, ref g, h, a, b, ref c, w[5 * Lanes]);
                    Round(c, d, e, ref f, g, h, a, ref b, w[6 * Lanes]);
                    Round(b, c, d, ref e, f, g, h, ref a, w[7 * Lanes]);
                }

                (a, b, c, d) = (state[0] += a, state[1] += b, state[2] += c, state[3] += d);
                (e, f, g, h) = (state[4] += e, state[5] += f, state[6] += g, state[7] += h);
            }
        }
    }

    // W(t) + K(t) for all rounds t of some blocks, a block a lane. Unlike the rounds, no block's schedule waits for another's.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Schedule(ReadOnlySpan<byte> blocks, Span<Vector128<uint>> schedules, Span<uint> words)
    {
        for (int i = 0; i < blocks.Length / sizeof(uint); i++)
        {
            words[(i % 16 * Lanes) + (i / 16)] = BinaryPrimitives.ReadUInt32BigEndian(blocks[(i * sizeof(uint))..]);
        }

        for (int t = 16; t < Rounds; t++)
        {
            Vector128<uint> x = schedules[t - 15], y = schedules[t - 2];
            Vector128<uint> sigma0 = ((x >>> 7) | (x << 25)) ^ ((x >>> 18) | (x << 14)) ^ (x >>> 3);
            Vector128<uint> sigma1 = ((y >>> 17) | (y << 15)) ^ ((y >>> 19) | (y << 13)) ^ (y >>> 10);
            schedules[t] = sigma1 + schedules[t - 7] + sigma0 + schedules[t - 16];
        }

        for (int t = 0; t < Rounds; t++)
        {
            schedules[t] += Vector128.Create(K[t]);
        }
    }

    // What was h is the next round's a, what was d its e; all others only change their names. The three rotations of a sum are nested,
    // which takes two variables fewer: all then stay in registers.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Round(uint a, uint b, uint c, ref uint d, uint e, uint f, uint g, ref uint h, uint wk)
    {
        // Sum 1 rotates e by 6, 11 and 25; sum 0 rotates a by 2, 13 and 22.
        uint sum1 = RotateRight(RotateRight(RotateRight(e, 14) ^ e, 5) ^ e, 6);
        uint choice = (e & f) | (~e & g);
        h += wk + choice + sum1;
        d += h;
        uint sum0 = RotateRight(RotateRight(RotateRight(a, 9) ^ a, 11) ^ a, 2);
        uint majority = (a & b) + (c & (a ^ b));
        h += sum0 + majority;
    }
}
