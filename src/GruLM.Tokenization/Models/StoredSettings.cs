// The settings inside a model file as names and values, for people to read. It walks the two specifications field by field by hand, because
// the runtime's reflection over messages does not survive trimming.
using System.Globalization;
using GruLM.Tokenization.Proto;

namespace GruLM.Tokenization;

/// <summary>Lists what a model says about its own training and normalisation.</summary>
internal sealed class StoredSettings
{
    private readonly List<KeyValuePair<string, string>> _list = [];

    private StoredSettings()
    {
    }

    /// <summary>Names are those of spm_train's flags; only settings the file holds are listed, in the order of the file format.</summary>
    public static IReadOnlyList<KeyValuePair<string, string>> List(ModelProto proto)
    {
        var settings = new StoredSettings();
        TrainerSpec trainer = proto.TrainerSpec ?? new TrainerSpec();
        settings.AddCorpus(trainer);
        settings.AddTraining(trainer);
        settings.AddPieces(trainer);
        settings.AddSpecialPieces(trainer);
        settings.AddRemaining(trainer);
        settings.AddNormalizer(proto.NormalizerSpec ?? new NormalizerSpec());
        if (proto.DenormalizerSpec is { } denormalizer)
        {
            settings.Add(true, "denormalization_rule_tsv", denormalizer.NormalizationRuleTsv);
        }

        return settings._list;
    }

    private void AddCorpus(TrainerSpec t)
    {
        AddAll("input", t.Input);
        Add(t.HasInputFormat, "input_format", t.InputFormat);
        Add(t.HasModelPrefix, "model_prefix", t.ModelPrefix);
        Add(true, "model_type", ((ModelType)t.ModelType).ToString().ToLowerInvariant());
        Add(t.HasVocabSize, "vocab_size", t.VocabSize);
        AddAll("accept_language", t.AcceptLanguage);
    }

    private void AddTraining(TrainerSpec t)
    {
        Add(t.HasSelfTestSampleSize, "self_test_sample_size", t.SelfTestSampleSize);
        Add(t.HasCharacterCoverage, "character_coverage", t.CharacterCoverage);
        Add(t.HasInputSentenceSize, "input_sentence_size", t.InputSentenceSize);
        Add(t.HasShuffleInputSentence, "shuffle_input_sentence", t.ShuffleInputSentence);
        Add(t.HasSeedSentencepieceSize, "seed_sentencepiece_size", t.SeedSentencepieceSize);
        Add(t.HasShrinkingFactor, "shrinking_factor", t.ShrinkingFactor);
        Add(t.HasNumThreads, "num_threads", t.NumThreads);
        Add(t.HasNumSubIterations, "num_sub_iterations", t.NumSubIterations);
        Add(t.HasMaxSentencepieceLength, "max_sentencepiece_length", t.MaxSentencepieceLength);
        Add(t.HasMaxSentenceLength, "max_sentence_length", t.MaxSentenceLength);
    }

    private void AddPieces(TrainerSpec t)
    {
        Add(t.HasSplitByUnicodeScript, "split_by_unicode_script", t.SplitByUnicodeScript);
        Add(t.HasSplitByNumber, "split_by_number", t.SplitByNumber);
        Add(t.HasSplitByWhitespace, "split_by_whitespace", t.SplitByWhitespace);
        Add(t.HasSplitDigits, "split_digits", t.SplitDigits);
        Add(t.HasPretokenizationDelimiter, "pretokenization_delimiter", t.PretokenizationDelimiter);
        Add(t.HasTreatWhitespaceAsSuffix, "treat_whitespace_as_suffix", t.TreatWhitespaceAsSuffix);
        Add(t.HasAllowWhitespaceOnlyPieces, "allow_whitespace_only_pieces", t.AllowWhitespaceOnlyPieces);
        AddAll("control_symbols", t.ControlSymbols);
        AddAll("user_defined_symbols", t.UserDefinedSymbols);
        Add(t.HasRequiredChars, "required_chars", t.RequiredChars);
        Add(t.HasByteFallback, "byte_fallback", t.ByteFallback);
        Add(t.HasVocabularyOutputPieceScore, "vocabulary_output_piece_score", t.VocabularyOutputPieceScore);
        Add(t.HasHardVocabLimit, "hard_vocab_limit", t.HardVocabLimit);
        Add(t.HasUseAllVocab, "use_all_vocab", t.UseAllVocab);
    }

    private void AddSpecialPieces(TrainerSpec t)
    {
        Add(t.HasUnkId, "unk_id", t.UnkId);
        Add(t.HasBosId, "bos_id", t.BosId);
        Add(t.HasEosId, "eos_id", t.EosId);
        Add(t.HasPadId, "pad_id", t.PadId);
        Add(t.HasUnkPiece, "unk_piece", t.UnkPiece);
        Add(t.HasBosPiece, "bos_piece", t.BosPiece);
        Add(t.HasEosPiece, "eos_piece", t.EosPiece);
        Add(t.HasPadPiece, "pad_piece", t.PadPiece);
        Add(t.HasUnkSurface, "unk_surface", t.UnkSurface);
    }

    private void AddRemaining(TrainerSpec t)
    {
        Add(t.HasTrainExtremelyLargeCorpus, "train_extremely_large_corpus", t.TrainExtremelyLargeCorpus);
        Add(t.HasSeedSentencepiecesFile, "seed_sentencepieces_file", t.SeedSentencepiecesFile);
        Add(t.HasEnableDifferentialPrivacy, "enable_differential_privacy", t.EnableDifferentialPrivacy);
        Add(t.HasDifferentialPrivacyNoiseLevel, "differential_privacy_noise_level", t.DifferentialPrivacyNoiseLevel);
        Add(t.HasDifferentialPrivacyClippingThreshold, "differential_privacy_clipping_threshold", t.DifferentialPrivacyClippingThreshold);
    }

    private void AddNormalizer(NormalizerSpec n)
    {
        Add(n.HasName, "normalization_rule_name", n.Name);
        Add(n.HasPrecompiledCharsmap, "precompiled_charsmap_bytes", n.PrecompiledCharsmap.Length);
        Add(n.HasAddDummyPrefix, "add_dummy_prefix", n.AddDummyPrefix);
        Add(n.HasRemoveExtraWhitespaces, "remove_extra_whitespaces", n.RemoveExtraWhitespaces);
        Add(n.HasEscapeWhitespaces, "escape_whitespaces", n.EscapeWhitespaces);
        Add(n.HasNormalizationRuleTsv && n.NormalizationRuleTsv.Length > 0, "normalization_rule_tsv", n.NormalizationRuleTsv);
    }

    private void AddAll(string name, IEnumerable<string> values)
    {
        foreach (string value in values)
        {
            Add(true, name, value);
        }
    }

    private void Add(bool present, string name, object value)
    {
        if (present)
        {
            string text = value is bool flag ? (flag ? "true" : "false") : Convert.ToString(value, CultureInfo.InvariantCulture) ?? "";
            _list.Add(new(name, text));
        }
    }
}
