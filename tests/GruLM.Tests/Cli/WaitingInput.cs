// Somebody who says one thing to a chat, and is waited for at the next until the chat is stopped, and longer.

using System.Text;

namespace GruLM.Tests.Cli;

/// <summary>Standard input that gives <paramref name="says"/>, then asks <paramref name="stop"/> to stop, and never ends by
/// itself.</summary>
internal sealed class WaitingInput(string says, CancellationTokenSource stop) : MemoryStream(Encoding.UTF8.GetBytes(says))
{
    private readonly ManualResetEventSlim _ended = new();

    public override int Read(byte[] buffer, int offset, int count)
    {
        int read = base.Read(buffer, offset, count);
        if (read > 0) return read;
        stop.CancelAfter(50);
        _ended.Wait();
        return 0;
    }

    protected override void Dispose(bool disposing)
    {
        _ended.Set();
        base.Dispose(disposing);
    }
}
