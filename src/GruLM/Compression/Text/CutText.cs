// Content as what is coded one after another: tokens, and runs of bytes that no tokens give back exactly.

namespace GruLM.Compression;

/// <summary>A stretch of content, cut. Filled by one thread.</summary>
internal sealed class CutText
{
    /// <summary>The longest run of bytes.</summary>
    public const int MostRun = 1 << 16;

    private readonly List<int> _elements = [];
    private readonly List<(int Start, int Length)> _runs = [];

    /// <summary>The content.</summary>
    public ReadOnlyMemory<byte> Content { get; private set; }

    /// <summary>Tokens and runs.</summary>
    public int Count => _elements.Count;

    /// <summary>The token at a place; negative for a run.</summary>
    public int this[int place] => _elements[place];

    /// <summary>The bytes of the run at a place.</summary>
    public ReadOnlySpan<byte> Run(int place)
    {
        (int start, int length) = _runs[~_elements[place]];
        return Content.Span.Slice(start, length);
    }

    /// <summary>Begins with nothing of <paramref name="content"/>.</summary>
    public void Clear(ReadOnlyMemory<byte> content)
    {
        Content = content;
        _elements.Clear();
        _runs.Clear();
    }

    /// <summary>Adds tokens.</summary>
    public void Add(ReadOnlySpan<int> ids) => _elements.AddRange(ids);

    /// <summary>Adds bytes of the content, as one run or as many as it takes.</summary>
    public void AddBytes(int start, int length)
    {
        for (int taken; length > 0; (start, length) = (start + taken, length - taken))
        {
            taken = Math.Min(length, MostRun);
            _elements.Add(~_runs.Count);
            _runs.Add((start, taken));
        }
    }
}
