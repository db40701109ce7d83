// What a compressed file says of the model that it was written with: a checksum of the weights, and one of all else that matters: sizes,
// kind of samples, and the bytes of the pieces.

using System.Buffers.Binary;
using GruLM.Formats;
using GruLM.Model;

namespace GruLM.Compression;

/// <summary>Names a model. Immutable.</summary>
/// <param name="Weights">The beginning of the SHA-256 of the weights.</param>
/// <param name="Pieces">The beginning of the SHA-256 of all else.</param>
internal readonly record struct CompressedModel(ulong Weights, uint Pieces)
{
    /// <summary>Names <paramref name="model"/>, whose tokens stand for <paramref name="pieces"/>.</summary>
    public static CompressedModel Of(LanguageModel model, PieceBytes pieces)
    {
        byte[] weights = Convert.FromHexString(model.Fingerprint);
        GruConfig config = model.Config;
        var sha = new Sha256();
        int[] facts =
        [
            config.VocabSize, config.EmbeddingDim, config.HiddenDim, config.NumLayers, config.TieWeights ? 1 : 0, config.LayerNorm ? 1 : 0,
            config.Residual ? 1 : 0, model.Ids.First, pieces.LineEnd,
        ];
        foreach (int fact in facts) Append(sha, fact);
        for (int id = 0; id < pieces.Count; id++)
        {
            Append(sha, pieces[id].Length);
            sha.Append(pieces[id]);
        }

        return new(BinaryPrimitives.ReadUInt64BigEndian(weights), BinaryPrimitives.ReadUInt32BigEndian(sha.Finish()));
    }

    private static void Append(Sha256 sha, int number)
    {
        Span<byte> bytes = stackalloc byte[sizeof(int)];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, number);
        sha.Append(bytes);
    }
}
