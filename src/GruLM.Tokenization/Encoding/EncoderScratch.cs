// One encoding's working memory, pooled by the tokenizer so that encoding allocates nothing once warm, and private to one call at a time so
// that nothing needs a lock. It holds a cache of short words; the cache is plain memory of results and can be dropped at any time.
using System.Runtime.CompilerServices;

namespace GruLM.Tokenization;

/// <summary>The reusable working memory of one encoding call.</summary>
internal sealed class EncoderScratch
{
    /// <summary>The window of normalised text.</summary>
    public readonly NormalizedText Window = new();
    /// <summary>Where pieces go.</summary>
    public readonly PieceSink Sink = new();
    /// <summary>The ids of a text that are given out as an array.</summary>
    public readonly List<int> Ids = [];
    /// <summary>Known words.</summary>
    public readonly WordCache Cache = new();

    /// <summary>Of the words being looked up: where they end in the window, and where the cache has them.</summary>
    public readonly int[] WordEnds = new int[WordwiseEncoder.Batch], WordPlaces = new int[WordwiseEncoder.Batch];

    /// <summary>While set, encoders note each piece in <see cref="Recorded"/> as the cache keeps it.</summary>
    public bool Recording;
    /// <summary>The pieces of the word in hand.</summary>
    public readonly List<int> Recorded = [];

    /// <summary>Input bytes that were transcoded from UTF-16.</summary>
    public byte[] Input = [];

    /// <summary>Symbols of a stretch of text: what each is, where it begins, how long it is; links for merging.</summary>
    public int[] Symbols = new int[64], Begins = new int[64], Lengths = new int[64], Next = new int[64], Previous = new int[64],
        Ranks = new int[64];
    /// <summary>Symbols that may not merge.</summary>
    public bool[] Frozen = new bool[64];
    /// <summary>The merge agenda of a long stretch.</summary>
    public readonly MergeHeap Heap = new();

    /// <summary>The pool it belongs to; its cache of words holds that tokenizer's pieces.</summary>
    public WeakReference<EncoderPool>? Owner { get; init; }

    /// <summary>Set during a call.</summary>
    public bool InUse { get; set; }

    /// <summary>Set while it is the one that a thread keeps.</summary>
    public bool KeptByThread { get; set; }

    /// <summary>Ends a call that takes long.</summary>
    public CancellationToken Stop { get; set; }

    /// <summary>The unigram model's best paths, by byte.</summary>
    public LatticeCell[] Cells = [];
    /// <summary>The unigram model's score of what has been encoded of this text so far.</summary>
    public float Score;

    /// <summary>Makes room for the best paths of a stretch.</summary>
    public void ReserveLattice(int length)
    {
        if (Cells.Length <= length)
        {
            Cells = new LatticeCell[Math.Max(length + 1, Cells.Length * 2)];
        }
    }

    /// <summary>Makes room for more symbols.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public void GrowSymbols()
    {
        int size = Symbols.Length * 2;
        Array.Resize(ref Symbols, size);
        Array.Resize(ref Begins, size);
        Array.Resize(ref Lengths, size);
        Array.Resize(ref Next, size);
        Array.Resize(ref Previous, size);
        Array.Resize(ref Ranks, size);
        Array.Resize(ref Frozen, size);
    }

    /// <summary>Gives the memory of an unusually large text back.</summary>
    public void Trim()
    {
        Window.Trim();
        if (Symbols.Length > 1 << 18)
        {
            Symbols = new int[64];
            Begins = new int[64];
            Lengths = new int[64];
            Next = new int[64];
            Previous = new int[64];
            Ranks = new int[64];
            Frozen = new bool[64];
        }

        if (Cells.Length > 1 << 18)
        {
            Cells = [];
        }

        if (Ids.Capacity > 1 << 18)
        {
            Ids.Clear();
            Ids.TrimExcess();
        }

        if (Input.Length > 1 << 20)
        {
            Input = [];
        }

        Heap.Trim();
    }
}
