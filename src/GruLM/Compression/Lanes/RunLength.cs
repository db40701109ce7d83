// How the length of a run of bytes is written: first how many binary digits it has.

namespace GruLM.Compression;

/// <summary>Numbers of the lengths of runs.</summary>
internal static class RunLength
{
    /// <summary>Numbers of digits behind the first: 0 to those of the longest run.</summary>
    public const ulong Kinds = 17;
}
