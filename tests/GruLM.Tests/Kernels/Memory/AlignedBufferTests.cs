// The memory that kernels read and write lives until it is disposed, and no longer.

using System.Reflection;
using System.Runtime.CompilerServices;
using GruLM.Kernels;

namespace GruLM.Tests.Kernels;

public unsafe class AlignedBufferTests
{
    [Fact]
    public void A_forgotten_buffer_is_not_freed_under_its_reader()
    {
        nint address = Forgotten();
        for (int i = 0; i < 3; i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }

        var numbers = new Span<int>((int*)address, 1000);
        Assert.Equal(1000, numbers.Count(7));

        // Memory that was freed often looks as it was: what frees it must not be there.
        const BindingFlags Own = BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.DeclaredOnly;
        Assert.Null(typeof(AlignedBuffer<int>).GetMethod("Finalize", Own));
    }

    [Fact]
    public void A_disposed_buffer_says_so()
    {
        var buffer = new AlignedBuffer<float>(10);
        buffer.Span[3] = 1;
        buffer.Dispose();
        buffer.Dispose();
        Assert.Throws<ObjectDisposedException>(() => _ = buffer.Pointer);
        Assert.Throws<ObjectDisposedException>(() => _ = buffer.Span.Length);
        Assert.Throws<ObjectDisposedException>(() => _ = buffer.Slice(0, 1).Length);
        Assert.Throws<ObjectDisposedException>(buffer.Clear);
    }

    [Fact]
    public void A_part_lies_within()
    {
        using var buffer = new AlignedBuffer<float>(10);
        Assert.Equal(3, buffer.Slice(7, 3).Length);
        Assert.Throws<ArgumentOutOfRangeException>(() => _ = buffer.Slice(8, 3).Length);
        Assert.Throws<ArgumentOutOfRangeException>(() => _ = buffer.Slice(-1, 3).Length);
        Assert.Throws<ArgumentOutOfRangeException>(() => _ = buffer.Slice(3, -1).Length);
        Assert.Throws<ArgumentOutOfRangeException>(() => _ = buffer.Slice(long.MaxValue, 1).Length);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static nint Forgotten()
    {
        var buffer = new AlignedBuffer<int>(1000);
        buffer.Span.Fill(7);
        return (nint)buffer.Pointer;
    }
}
