// How a text is encoded: on how many threads, who is told how far it is, and what ends it early.

namespace GruLM;

/// <summary>What the encoding of a text needs besides the text.</summary>
/// <param name="Threads">Threads that encode parts of the text side by side.</param>
/// <param name="Phase">Is told now and then how far it is; null: nobody is.</param>
/// <param name="Cancel">Ends it early.</param>
internal sealed record EncodingWork(int Threads, Action<string>? Phase, CancellationToken Cancel);
