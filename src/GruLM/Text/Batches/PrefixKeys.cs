// Names for the beginnings of prompts: each is the SHA-256 of the one before it and the tokens of a part, so that equal names mean equal
// tokens read from an equal state.

using System.Runtime.InteropServices;
using GruLM.Formats;

namespace GruLM;

/// <summary>Names beginnings. Safe for several threads.</summary>
internal static class PrefixKeys
{
    /// <summary>The name of what an order reads up to the end of each part; empty where nothing is kept.</summary>
    public static UInt128[] Of(TextOrder order)
    {
        if (order.Kept is null) return [];
        var keys = new UInt128[order.Read.Count];
        byte[] before = order.Behind is { } state ? Sha256.HashData(MemoryMarshal.AsBytes<float>(state.State)) : [];
        for (int i = 0; i < keys.Length; i++)
        {
            var sha = new Sha256();
            sha.Append(before);
            if (i == 0 && order.Behind is { } behind) sha.Append(MemoryMarshal.AsBytes<int>(behind.Recent));
            sha.Append(MemoryMarshal.AsBytes<int>(order.Read[i]));
            before = sha.Finish();
            keys[i] = MemoryMarshal.Read<UInt128>(before);
        }

        return keys;
    }
}
