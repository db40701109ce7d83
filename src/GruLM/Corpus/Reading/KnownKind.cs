// Files that are no text and say so in their first bytes: archives, packed files, documents, pictures, sounds, data bases. Each with what
// it is and what a person can do to get the text out of it. What has no such bytes, TextSource.cs tells by the share of control characters.

namespace GruLM.Corpus;

/// <summary>What a file is that is no text.</summary>
/// <param name="Is">What it is: "a PDF".</param>
/// <param name="Advice">What can be done; NAME stands for the file.</param>
internal sealed record KnownKind(string Is, string Advice)
{
    private const string Expected = "text was expected";

    // How far into a zip archive the names of its first files are looked for.
    private const int NamesWithin = 4096;

    private static readonly KnownKind s_zip = new("a zip archive", "unpack it and name the files in it: unzip NAME");
    private static readonly KnownKind s_tar = new("a tar archive", "unpack it and name the files in it: tar -xf NAME");

    // No text begins so.
    private static readonly (int At, byte[] Magic, KnownKind Kind)[] s_sure =
    [
        (0, [0x1F, 0x8B], new("another gzip file", Expected)),
        (0, [0x28, 0xB5, 0x2F, 0xFD], new("another zstd file", Expected)),
        (0, [.. "%PDF-"u8], new("a PDF", "take the text out of it: pdftotext NAME text.txt")),
        (0, [.. "{\\rtf1"u8], new("a document in RTF", "save it as plain text")),
        (0, [0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1], new("an Office document", "save it as plain text")),
        (4, [.. "1AY&SY"u8], new("packed with bzip2", "unpack it: bzip2 -dc NAME > text.txt")),
        (0, [0xFD, .. "7zXZ"u8, 0], new("packed with xz", "unpack it: xz -dc NAME > text.txt")),
        (0, [0x04, 0x22, 0x4D, 0x18], new("packed with lz4", "unpack it: lz4 -dc NAME > text.txt")),
        (0, [0x1F, 0x9D], new("packed with compress", "unpack it: gunzip < NAME > text.txt")),
        (0, [.. "7z"u8, 0xBC, 0xAF, 0x27, 0x1C], new("a 7z archive", "unpack it and name the files in it")),
        (0, [.. "Rar!"u8, 0x1A, 0x07], new("a RAR archive", "unpack it and name the files in it")),
        (257, [.. "ustar"u8], s_tar),
        (0, [0x89, .. "PNG\r\n"u8], new("a picture (PNG)", Expected)),
        (0, [0xFF, 0xD8, 0xFF], new("a picture (JPEG)", Expected)),
        (0, [.. "II*"u8, 0], new("a picture (TIFF)", Expected)),
        (0, [.. "SQLite format 3"u8, 0], new("an SQLite data base", "write its texts to a file of JSON lines or CSV")),
        (0, [.. "ARROW1"u8, 0], new("an Arrow table", "turn it into JSON lines or CSV")),
        (0, [.. "Obj"u8, 1], new("an Avro file", "turn it into JSON lines or CSV")),
        (0, [0x89, .. "HDF\r\n"u8], new("an HDF5 file", Expected)),
        (0, [0x93, .. "NUMPY"u8], new("an array of NumPy", Expected)),
        (0, [0x7F, .. "ELF"u8], new("a program or a library", Expected)),
    ];

    // A text may begin so; it has no NULs.
    private static readonly (int At, byte[] Magic, KnownKind Kind)[] s_withNuls =
    [
        (0, [.. "LZIP"u8], new("packed with lzip", "unpack it: lzip -dc NAME > text.txt")),
        (0, [.. "GIF8"u8], new("a picture (GIF)", Expected)),
        (0, [.. "RIFF"u8], new("a sound, a picture or a film (RIFF)", Expected)),
        (0, [.. "OggS"u8], new("a sound or a film (Ogg)", Expected)),
        (0, [.. "fLaC"u8], new("a sound (FLAC)", Expected)),
        (0, [.. "ID3"u8], new("a sound (MP3)", Expected)),
        (4, [.. "ftyp"u8], new("a film or a sound (MP4)", Expected)),
        (0, [.. "PAR1"u8], new("a Parquet table", "GruLM.Parquet reads files named *.parquet; else turn it into JSON lines or CSV")),
        (0, [.. "GGUF"u8], new("a model (GGUF)", Expected)),
    ];

    // Zip archives that are something else to a person, by the name of a file in them.
    private static readonly (byte[] Name, KnownKind Kind)[] s_zipped =
    [
        ([.. "word/"u8], new("a Word document (docx)", "save it as plain text")),
        ([.. "xl/"u8], new("an Excel table (xlsx)", "save it as CSV")),
        ([.. "ppt/"u8], new("a presentation (pptx)", "save it as plain text")),
        ([.. "application/epub+zip"u8], new("an e-book (EPUB)", "turn it into plain text")),
        ([.. "opendocument"u8], new("an OpenDocument file (odt, ods, odp)", "save it as plain text or CSV")),
    ];

    /// <summary>What a file that begins so is; null when that does not tell.</summary>
    public static KnownKind? Of(ReadOnlySpan<byte> head)
    {
        if (head is [(byte)'P', (byte)'K', 3, 4, ..] or [(byte)'P', (byte)'K', 5, 6, ..])
        {
            return Zipped(head[..Math.Min(NamesWithin, head.Length)]);
        }

        return Find(s_sure, head) ?? (head.Contains((byte)0) ? Find(s_withNuls, head) : null);
    }

    /// <summary>What is said of a file that is this.</summary>
    public InvalidDataException Refusal(string name, Packing? packing)
    {
        string inside = packing is null ? "is " : $"holds, packed with {packing.Name}, ";
        bool isInside = packing is not null && this != s_tar;
        string advice = isInside ? Expected : Advice.Replace("NAME", CorpusFiles.TypedName(name), StringComparison.Ordinal);
        return new InvalidDataException($"{name}: {inside}{Is}; {advice}");
    }

    private static KnownKind? Find((int At, byte[] Magic, KnownKind Kind)[] kinds, ReadOnlySpan<byte> head)
    {
        foreach ((int at, byte[] magic, KnownKind kind) in kinds)
        {
            if (head.Length >= at && head[at..].StartsWith(magic)) return kind;
        }

        return null;
    }

    private static KnownKind Zipped(ReadOnlySpan<byte> head)
    {
        foreach ((byte[] name, KnownKind kind) in s_zipped)
        {
            if (head.IndexOf(name) >= 0) return kind;
        }

        return s_zip;
    }
}
