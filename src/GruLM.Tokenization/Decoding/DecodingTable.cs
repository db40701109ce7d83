// What every piece of a model decodes to, prepared once so that decoding only copies.
// Source: SentencePiece's decoding, behaviour of 0.1.97 (the same in 0.2).
using System.Text;
using GruLM.Tokenization.Proto;

namespace GruLM.Tokenization;

/// <summary>What decoding needs to know of a model; shared and immutable.</summary>
internal sealed class DecodingTable
{
    private readonly byte[] _surfaces;
    private readonly int[] _offsets;
    private readonly bool[] _beginsWithSpace;

    /// <summary>Prepares every piece's surface.</summary>
    public DecodingTable(SentencePieceModel model)
    {
        Vocabulary = model.Vocabulary;
        StripsFirst = model.AddDummyPrefix || model.RemoveExtraWhitespaces;
        StripsAll = model.RemoveExtraWhitespaces;
        _offsets = new int[Vocabulary.Count + 1];
        _beginsWithSpace = new bool[Vocabulary.Count];
        var surfaces = new List<byte>();
        TrainerSpec trainer = model.Proto.TrainerSpec ?? SentencePieceModel.DefaultTrainerSpec;
        byte[] unknown = Encoding.UTF8.GetBytes(trainer.UnkSurface);
        for (int id = 0; id < Vocabulary.Count; id++)
        {
            switch (Vocabulary.Types[id])
            {
                case PieceType.Control:
                    break;
                case PieceType.Unknown:
                    surfaces.AddRange(unknown);
                    break;
                default:
                    ReadOnlySpan<byte> piece = Vocabulary.BytesOf(id);
                    _beginsWithSpace[id] = piece.StartsWith(Utf8Bytes.SpaceSymbol);
                    AddWithSpaces(piece, surfaces);
                    break;
            }

            _offsets[id + 1] = surfaces.Count;
        }

        _surfaces = [.. surfaces];
    }

    /// <summary>The pieces.</summary>
    public Vocabulary Vocabulary { get; }

    /// <summary>True where a leading space symbol is dropped at the start of the text.</summary>
    public bool StripsFirst { get; }

    /// <summary>True where every leading space symbol is dropped, not only the first.</summary>
    public bool StripsAll { get; }

    /// <summary>A piece's text with spaces.</summary>
    public ReadOnlySpan<byte> SurfaceOf(int id) => _surfaces.AsSpan(_offsets[id], _offsets[id + 1] - _offsets[id]);

    /// <summary>True for text pieces that begin with U+2581.</summary>
    public bool BeginsWithSpace(int id) => _beginsWithSpace[id];

    /// <summary>Appends a piece's bytes with every U+2581 as a space.</summary>
    public static void AddWithSpaces(ReadOnlySpan<byte> piece, List<byte> output)
    {
        for (int i = 0; i < piece.Length;)
        {
            if (piece[i..].StartsWith(Utf8Bytes.SpaceSymbol))
            {
                output.Add((byte)' ');
                i += 3;
            }
            else
            {
                output.Add(piece[i++]);
            }
        }
    }
}
