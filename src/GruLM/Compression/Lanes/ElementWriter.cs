// Writes the elements of a frame.

using System.Numerics;
using GruLM.Generation;

namespace GruLM.Compression;

/// <summary>Writes what <paramref name="text"/> has, in lanes, to <paramref name="code"/>. For one frame.</summary>
internal sealed class ElementWriter(CutText text, LaneShares shares, RangeEncoder code) : ElementCoder
{
    private readonly int[] _next = [.. Enumerable.Range(0, shares.Lanes).Select(shares.First)];

    /// <inheritdoc/>
    public override bool IsRun(int lane, RunShare share)
    {
        bool isRun = text[_next[lane]] < 0;
        code.Encode(isRun ? share.Tokens : 0, isRun ? share.Runs : share.Tokens, share.Total);
        return isRun;
    }

    /// <inheritdoc/>
    public override void Run(int lane)
    {
        ReadOnlySpan<byte> bytes = text.Run(_next[lane]++);

        // The number of binary digits of the length, then those behind the first.
        uint length = (uint)bytes.Length;
        int digits = BitOperations.Log2(length);
        code.EncodeUniform((ulong)digits, RunLength.Kinds);
        code.EncodeUniform(length - (1u << digits), 1u << digits);
        foreach (byte value in bytes) code.EncodeUniform(value, 256);
    }

    /// <inheritdoc/>
    public override int Token(int lane, TokenFrequencies next)
    {
        int id = text[_next[lane]++];
        code.Encode(next.Before(id), next.Of(id), next.Total);
        return id;
    }

    /// <inheritdoc/>
    public override int Token(int lane, TokenMixture next)
    {
        int id = text[_next[lane]++];
        code.Encode(next.Before(id), next.Of(id), next.Total);
        return id;
    }
}
