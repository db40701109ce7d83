// HMAC (RFC 2104) over the project's own SHA-256: signing needs no OpenSSL on the machine.

using GruLM.Formats;

namespace GruLM.Server;

/// <summary>Signs bytes. Safe for several threads.</summary>
internal static class HmacSha256
{
    private const int BlockBytes = 64;

    /// <summary>The signature of <paramref name="bytes"/> by a key of at most 64 bytes.</summary>
    public static byte[] Of(ReadOnlySpan<byte> key, ReadOnlySpan<byte> bytes)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(key.Length, BlockBytes);
        return Hash(key, 0x5c, Hash(key, 0x36, bytes));
    }

    private static byte[] Hash(ReadOnlySpan<byte> key, byte mask, ReadOnlySpan<byte> bytes)
    {
        Span<byte> block = stackalloc byte[BlockBytes];
        block.Fill(mask);
        for (int i = 0; i < key.Length; i++) block[i] ^= key[i];
        var sha = new Sha256();
        sha.Append(block);
        sha.Append(bytes);
        return sha.Finish();
    }
}
