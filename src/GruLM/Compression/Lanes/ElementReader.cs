// Reads the elements of a frame, and puts the bytes of each lane together.

using System.Buffers;
using GruLM.Generation;

namespace GruLM.Compression;

/// <summary>Reads lanes from <paramref name="code"/>. For one frame.</summary>
/// <param name="pieces">The bytes of tokens.</param>
/// <param name="lanes">Lanes.</param>
/// <param name="mostBytes">The bytes that the frame has in all.</param>
/// <param name="code">The code.</param>
internal sealed class ElementReader(PieceBytes pieces, int lanes, int mostBytes, RangeDecoder code) : ElementCoder
{
    private readonly ArrayBufferWriter<byte>[] _bytes = [.. Enumerable.Range(0, lanes).Select(_ => new ArrayBufferWriter<byte>())];
    private int _left = mostBytes;

    /// <inheritdoc/>
    public override bool IsDamaged => _left < 0;

    /// <summary>The frame's content; null where it has not as many bytes as it should.</summary>
    public byte[]? Content() => _left == 0 ? [.. _bytes.SelectMany(lane => lane.WrittenSpan.ToArray())] : null;

    /// <inheritdoc/>
    public override bool IsRun(int lane, RunShare share)
    {
        bool isRun = code.Find(share.Total) >= share.Tokens;
        code.Remove(isRun ? share.Tokens : 0, isRun ? share.Runs : share.Tokens, share.Total);
        return isRun;
    }

    /// <inheritdoc/>
    public override void Run(int lane)
    {
        int digits = (int)code.DecodeUniform(RunLength.Kinds);
        int length = (1 << digits) + (int)code.DecodeUniform(1u << digits);
        if (!Take(length)) return;
        Span<byte> bytes = _bytes[lane].GetSpan(length)[..length];
        foreach (ref byte value in bytes) value = (byte)code.DecodeUniform(256);
        _bytes[lane].Advance(length);
    }

    /// <inheritdoc/>
    public override int Token(int lane, TokenFrequencies next)
    {
        int id = next.Find(code.Find(next.Total), out ulong before);
        code.Remove(before, next.Of(id), next.Total);
        return Write(lane, id);
    }

    /// <inheritdoc/>
    public override int Token(int lane, TokenMixture next)
    {
        int id = next.Find(code.Find(next.Total), out ulong before);
        code.Remove(before, next.Of(id), next.Total);
        return Write(lane, id);
    }

    private int Write(int lane, int id)
    {
        ReadOnlySpan<byte> bytes = pieces[id];

        // None stands for no bytes in what was written.
        if (Take(bytes.IsEmpty ? int.MaxValue : bytes.Length)) _bytes[lane].Write(bytes);
        return id;
    }

    private bool Take(int length)
    {
        _left = length > _left ? -1 : _left - length;
        return _left >= 0;
    }
}
