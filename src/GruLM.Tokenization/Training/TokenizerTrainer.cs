// The way into training: options and sentences in, a model out. It loads the corpus, runs the trainer of the model's kind, sets special
// pieces and learned ones in order of ids and checks the result as the reference does. Files are read here only when options name them.
// Source: SentencePiece's trainer interface.
using Google.Protobuf;
using GruLM.Tokenization.Proto;

namespace GruLM.Tokenization;

/// <summary>Trains SentencePiece models. Safe for several threads.</summary>
public static class TokenizerTrainer
{
    /// <summary>Trains on sentences given as UTF-8.</summary>
    /// <param name="options">The settings; <see cref="TrainerOptions.Input"/> is only recorded.</param>
    /// <param name="sentences">The sentences (with <c>tsv</c> the lines), read once.</param>
    /// <param name="progress">Called now and then from the calling thread.</param>
    /// <param name="cancellation">Ends the training early with <see cref="OperationCanceledException"/>.</param>
    /// <exception cref="ArgumentException">A setting is bad; the message says what to do.</exception>
    /// <exception cref="InvalidDataException">The corpus is empty or not in the form the options say.</exception>
    /// <exception cref="VocabularySizeException">The vocabulary size cannot be reached; the exception names what can.</exception>
    public static SentencePieceModel Train(
        TrainerOptions options, IEnumerable<ReadOnlyMemory<byte>> sentences, Action<TrainingProgress>? progress = null,
        CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(sentences);
        options.Validate();
        var job = new TrainingJob(options, new MetaPieces(options), progress, cancellation);
        NormalizerSpec normalizerSpec = NormalizationRules.SpecFor(options);
        NormalizerSpec? denormalizerSpec = NormalizationRules.DenormalizerSpecFor(options);
        var normalizer = new Normalizer(normalizerSpec, options.TreatWhitespaceAsSuffix, null);
        var corpus = TrainingCorpus.Load(job, normalizer, sentences);
        corpus.CheckVocabSize(job);
        List<(byte[] Text, float Score)> pieces = options.ModelType switch
        {
            ModelType.Bpe => BpeTrainer.Train(job, corpus),
            ModelType.Char => CharAndWordTrainers.TrainCharacters(job, corpus),
            ModelType.Word => CharAndWordTrainers.TrainWords(job, corpus),
            _ => UnigramTrainer.Train(job, corpus),
        };
        ModelProto proto = Assemble(job, pieces);
        proto.NormalizerSpec = normalizerSpec;
        if (denormalizerSpec is not null)
        {
            proto.DenormalizerSpec = denormalizerSpec;
        }

        SelfTest.Record(proto, corpus.SelfTestSamples);
        job.Report("done", proto.Pieces.Count, proto.Pieces.Count);
        return new SentencePieceModel(proto);
    }

    /// <summary>Trains on the files <see cref="TrainerOptions.Input"/> names, a sentence a line.</summary>
    /// <inheritdoc cref="Train(TrainerOptions, IEnumerable{ReadOnlyMemory{byte}}, Action{TrainingProgress}, CancellationToken)"/>
    /// <exception cref="IOException">A file cannot be read.</exception>
    public static SentencePieceModel Train(TrainerOptions options, Action<TrainingProgress>? progress = null,
        CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (options.Input.Count == 0)
        {
            throw new ArgumentException("No input is named; set Input to one or more text files, or hand the sentences over.");
        }

        return Train(options, SentenceReader.ReadFiles(options.Input, cancellation), progress, cancellation);
    }

    /// <summary>
    /// The smallest vocabulary these settings can have on these sentences: the special pieces and, for unigram and BPE, the characters that
    /// must be in it. <see cref="TrainerOptions.VocabSize"/> is not looked at.
    /// </summary>
    /// <exception cref="ArgumentException">A setting is bad.</exception>
    /// <exception cref="InvalidDataException">The corpus is empty or not in the form the options say.</exception>
    public static int MinimumVocabSize(TrainerOptions options, IEnumerable<ReadOnlyMemory<byte>> sentences,
        CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(sentences);
        // Special ids must fit whatever was asked for.
        TrainerOptions unbounded = options.WithVocabSize(int.MaxValue);
        unbounded.Validate();
        var meta = new MetaPieces(unbounded);
        if (unbounded.ModelType is ModelType.Char or ModelType.Word)
        {
            return meta.Count;
        }

        var normalizer = new Normalizer(NormalizationRules.SpecFor(unbounded), unbounded.TreatWhitespaceAsSuffix, null);
        var corpus = TrainingCorpus.Load(new TrainingJob(unbounded, meta, null, cancellation), normalizer, sentences);
        return meta.Count + corpus.RequiredChars.Count;
    }

    private static ModelProto Assemble(TrainingJob job, List<(byte[] Text, float Score)> pieces)
    {
        TrainerOptions options = job.Options;
        int available = pieces.Count + job.Meta.Count;
        int size = options.UseAllVocab ? available : options.VocabSize;
        var proto = new ModelProto { TrainerSpec = options.ToTrainerSpec() };
        AddPieces(proto, job.Meta, pieces, size);
        int count = proto.Pieces.Count;
        if (options.HardVocabLimit && options.ModelType != ModelType.Char && count != size)
        {
            throw new VocabularySizeException(
                $"A vocabulary of {size} is too large: the corpus supports {count} pieces at most under these settings: " +
                $"give 'VocabSize' {count} or less, or 'HardVocabLimit = false' to take what there is.", null, count);
        }

        proto.TrainerSpec.VocabSize = count;
        return proto;
    }

    /// <summary>Sets special pieces at their ids and learned ones, best first, at the ids between.</summary>
    private static void AddPieces(ModelProto proto, MetaPieces meta, List<(byte[] Text, float Score)> pieces, int size)
    {
        int taken = 0;
        var seen = new ByteStringMap(Math.Min(size, 1 << 20));
        for (int id = 0; id < size; id++)
        {
            ModelProto.Types.SentencePiece piece;
            if (meta.TryGet(id, out string text, out PieceType type))
            {
                if (proto.Pieces.Count != id)
                {
                    int available = pieces.Count + meta.Count;
                    throw new VocabularySizeException(
                        $"'{text}' is to have id {id}, but the corpus supports only {available} pieces, so ids would have a gap. " +
                        "Give it a smaller id or train on more text.", null, available);
                }

                piece = new() { Piece = ByteString.CopyFromUtf8(text), Score = 0, Type = (ModelProto.Types.SentencePiece.Types.Type)type };
            }
            else if (taken < pieces.Count)
            {
                piece = new() { Piece = ByteString.CopyFrom(pieces[taken].Text), Score = pieces[taken].Score };
                taken++;
            }
            else
            {
                continue;
            }

            if (!seen.TryAdd(piece.Piece.Span, id))
            {
                string name = piece.Piece.ToStringUtf8();
                throw new ArgumentException(
                    $"The piece '{name}' would be in the vocabulary twice; a symbol must not be equal to a learned piece.");
            }

            proto.Pieces.Add(piece);
        }
    }
}
