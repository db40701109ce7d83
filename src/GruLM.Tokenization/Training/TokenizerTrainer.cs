// The way into training: options and sentences in, a model out. It loads the corpus, runs the trainer of the model's kind, sets special
// pieces and learned ones in order of ids and checks the result as the reference does. Files are read here only when options name them.
// Source: SentencePiece's trainer interface.
using Google.Protobuf;
using GruLM.Tokenization.Proto;

namespace GruLM.Tokenization;

/// <summary>Trains SentencePiece models.</summary>
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
        var meta = new MetaPieces(options);
        NormalizerSpec normalizerSpec = NormalizationRules.SpecFor(options);
        NormalizerSpec? denormalizerSpec = NormalizationRules.DenormalizerSpecFor(options);
        var normalizer = new Normalizer(normalizerSpec, options.TreatWhitespaceAsSuffix, null);
        var corpus = TrainingCorpus.Load(options, meta, normalizer, sentences, progress, cancellation);
        List<(byte[] Text, float Score)> pieces = options.ModelType switch
        {
            ModelType.Bpe => BpeTrainer.Train(options, corpus, meta.Count, progress, cancellation),
            ModelType.Char => CharAndWordTrainers.TrainCharacters(options, corpus, meta.Count),
            ModelType.Word => CharAndWordTrainers.TrainWords(options, corpus, meta.Count),
            _ => UnigramTrainer.Train(options, corpus, meta.Count, progress, cancellation),
        };
        ModelProto proto = Assemble(options, meta, pieces);
        proto.NormalizerSpec = normalizerSpec;
        if (denormalizerSpec is not null)
        {
            proto.DenormalizerSpec = denormalizerSpec;
        }

        AddSamples(proto, corpus);
        progress?.Invoke(new TrainingProgress("done", proto.Pieces.Count, proto.Pieces.Count));
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

        return Train(options, SentenceReader.ReadFiles(options.Input), progress, cancellation);
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
        var corpus = TrainingCorpus.Load(unbounded, meta, normalizer, sentences, null, cancellation, checkSize: false);
        return meta.Count + corpus.RequiredChars.Count;
    }

    private static ModelProto Assemble(TrainerOptions options, MetaPieces meta, List<(byte[] Text, float Score)> pieces)
    {
        var proto = new ModelProto { TrainerSpec = options.ToTrainerSpec() };
        int size = options.UseAllVocab ? pieces.Count + meta.Count : options.VocabSize;
        proto.TrainerSpec.VocabSize = size;
        int taken = 0;
        var seen = new ByteStringMap(size < 1 << 20 ? size : 1 << 20);
        for (int id = 0; id < size; id++)
        {
            ModelProto.Types.SentencePiece piece;
            if (meta.TryGet(id, out string text, out PieceType type))
            {
                if (proto.Pieces.Count != id)
                {
                    throw new VocabularySizeException(
                        $"'{text}' is to have id {id}, but the corpus supports only {pieces.Count + meta.Count} pieces, so ids would have a gap. " +
                        "Give it a smaller id or train on more text.", null, pieces.Count + meta.Count);
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
                throw new ArgumentException(
                    $"The piece '{piece.Piece.ToStringUtf8()}' would be in the vocabulary twice; a symbol must not be equal to a learned piece.");
            }

            proto.Pieces.Add(piece);
        }

        int count = proto.Pieces.Count;
        if (!options.HardVocabLimit || options.ModelType == ModelType.Char)
        {
            proto.TrainerSpec.VocabSize = count;
        }
        else if (count != size)
        {
            throw new VocabularySizeException(
                $"A vocabulary of {size} is too large: the corpus supports {count} pieces at most under these settings. " +
                $"Ask for {count} or fewer, or switch hard_vocab_limit off to take what there is.", null, count);
        }

        return proto;
    }

    private static void AddSamples(ModelProto proto, TrainingCorpus corpus)
    {
        if (corpus.SelfTestSamples.Count == 0)
        {
            return;
        }

        var tokenizer = new Tokenizer(new SentencePieceModel(proto));
        proto.SelfTestData = new SelfTestData();
        foreach (byte[] sample in corpus.SelfTestSamples)
        {
            string expected = string.Join(' ', tokenizer.EncodePieces(sample.AsSpan()).Select(p => p.Text));
            proto.SelfTestData.Samples.Add(new SelfTestData.Types.Sample
            {
                Input = ByteString.CopyFrom(sample),
                Expected = ByteString.CopyFromUtf8(expected),
            });
        }
    }
}
