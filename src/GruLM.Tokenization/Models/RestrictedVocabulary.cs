// Restricts a model to part of its vocabulary, as is done where pieces that a text hardly holds shall not be output for it.
// Source: SentencePiece's vocabulary restriction, 0.1.97.
using System.Text;
using GruLM.Tokenization.Proto;

namespace GruLM.Tokenization;

/// <summary>Models with some pieces unused.</summary>
internal static class RestrictedVocabulary
{
    /// <summary>The model with all ordinary pieces unused but those allowed and single characters.</summary>
    /// <exception cref="InvalidOperationException">The model is a char or word model.</exception>
    public static SentencePieceModel Restrict(SentencePieceModel model, IEnumerable<string> pieces)
    {
        if (model.ModelType is not (ModelType.Unigram or ModelType.Bpe))
        {
            throw new InvalidOperationException(
                $"A vocabulary can be restricted in unigram and BPE models only; this is a {model.ModelType} model.");
        }

        var allowed = new HashSet<string>(pieces, StringComparer.Ordinal);
        Vocabulary vocabulary = model.Vocabulary;
        ModelProto proto = model.Proto.Clone();
        for (int id = 0; id < vocabulary.Count; id++)
        {
            if (vocabulary.Types[id] is PieceType.Control or PieceType.Unknown or PieceType.UserDefined or PieceType.Byte)
            {
                continue;
            }

            ReadOnlySpan<byte> text = vocabulary.BytesOf(id);
            bool keep = Utf8Bytes.LengthByLead(text[0]) == text.Length || allowed.Contains(Encoding.UTF8.GetString(text));
            proto.Pieces[id].Type = keep
                ? ModelProto.Types.SentencePiece.Types.Type.Normal
                : ModelProto.Types.SentencePiece.Types.Type.Unused;
        }

        // Specimens describe the whole vocabulary.
        proto.SelfTestData = null;
        return new SentencePieceModel(proto);
    }

    /// <summary>Reads a vocabulary: a piece a line, optionally a TAB and its count; pieces rarer than the threshold are left
    /// out.</summary>
    /// <exception cref="InvalidDataException">A line is empty or its count is not a number.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static IReadOnlyList<string> Read(string path, int threshold)
    {
        var pieces = new List<string>();
        int number = 0;
        foreach (ReadOnlyMemory<byte> line in SentenceReader.ReadList(path))
        {
            number++;
            string[] fields = Encoding.UTF8.GetString(line.Span).Split('\t');
            int count = 1;
            if (fields[0].Length == 0 || (fields.Length > 1 && !int.TryParse(fields[1], out count)))
            {
                throw new InvalidDataException($"Line {number} of '{path}' is not a piece, optionally with a TAB and a count.");
            }

            if (count >= threshold)
            {
                pieces.Add(fields[0]);
            }
        }

        return pieces;
    }
}
