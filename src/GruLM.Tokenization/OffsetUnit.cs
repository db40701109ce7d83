// What offsets into a text count: bytes of UTF-8 or chars of UTF-16.

namespace GruLM.Tokenization;

/// <summary>What offsets count.</summary>
public enum OffsetUnit
{
    /// <summary>Bytes of the UTF-8 text.</summary>
    Utf8Bytes,
    /// <summary>Unicode code points, as Python counts.</summary>
    CodePoints,
    /// <summary>UTF-16 units, as .NET strings count.</summary>
    Utf16,
}
