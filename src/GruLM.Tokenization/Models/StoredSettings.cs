// The settings inside a model file as names and values, for people to read. It walks the two specifications field by field by hand, because
// the runtime's reflection over messages does not survive trimming.
using System.Globalization;
using GruLM.Tokenization.Proto;

namespace GruLM.Tokenization;

/// <summary>Lists what a model says about its own training and normalisation.</summary>
internal static class StoredSettings
{
    /// <summary>Names are those of spm_train's flags; only settings the file holds are listed.</summary>
    public static IReadOnlyList<KeyValuePair<string, string>> List(ModelProto proto)
    {
        var list = new List<KeyValuePair<string, string>>();
        void Add(bool present, string name, object value)
        {
            if (present)
            {
                list.Add(new(name, value is bool b ? (b ? "true" : "false") : Convert.ToString(value, CultureInfo.InvariantCulture) ?? ""));
            }
        }

        TrainerSpec t = proto.TrainerSpec ?? new TrainerSpec();
        foreach (string input in t.Input)
        {
            Add(true, "input", input);
        }

        Add(t.HasInputFormat, "input_format", t.InputFormat);
        Add(t.HasModelPrefix, "model_prefix", t.ModelPrefix);
        Add(true, "model_type", ((ModelType)t.ModelType).ToString().ToLowerInvariant());
        Add(t.HasVocabSize, "vocab_size", t.VocabSize);
        foreach (string language in t.AcceptLanguage)
        {
            Add(true, "accept_language", language);
        }

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
        Add(t.HasSplitByUnicodeScript, "split_by_unicode_script", t.SplitByUnicodeScript);
        Add(t.HasSplitByNumber, "split_by_number", t.SplitByNumber);
        Add(t.HasSplitByWhitespace, "split_by_whitespace", t.SplitByWhitespace);
        Add(t.HasSplitDigits, "split_digits", t.SplitDigits);
        Add(t.HasPretokenizationDelimiter, "pretokenization_delimiter", t.PretokenizationDelimiter);
        Add(t.HasTreatWhitespaceAsSuffix, "treat_whitespace_as_suffix", t.TreatWhitespaceAsSuffix);
        Add(t.HasAllowWhitespaceOnlyPieces, "allow_whitespace_only_pieces", t.AllowWhitespaceOnlyPieces);
        foreach (string symbol in t.ControlSymbols)
        {
            Add(true, "control_symbols", symbol);
        }

        foreach (string symbol in t.UserDefinedSymbols)
        {
            Add(true, "user_defined_symbols", symbol);
        }

        Add(t.HasRequiredChars, "required_chars", t.RequiredChars);
        Add(t.HasByteFallback, "byte_fallback", t.ByteFallback);
        Add(t.HasVocabularyOutputPieceScore, "vocabulary_output_piece_score", t.VocabularyOutputPieceScore);
        Add(t.HasHardVocabLimit, "hard_vocab_limit", t.HardVocabLimit);
        Add(t.HasUseAllVocab, "use_all_vocab", t.UseAllVocab);
        Add(t.HasUnkId, "unk_id", t.UnkId);
        Add(t.HasBosId, "bos_id", t.BosId);
        Add(t.HasEosId, "eos_id", t.EosId);
        Add(t.HasPadId, "pad_id", t.PadId);
        Add(t.HasUnkPiece, "unk_piece", t.UnkPiece);
        Add(t.HasBosPiece, "bos_piece", t.BosPiece);
        Add(t.HasEosPiece, "eos_piece", t.EosPiece);
        Add(t.HasPadPiece, "pad_piece", t.PadPiece);
        Add(t.HasUnkSurface, "unk_surface", t.UnkSurface);
        Add(t.HasTrainExtremelyLargeCorpus, "train_extremely_large_corpus", t.TrainExtremelyLargeCorpus);
        Add(t.HasSeedSentencepiecesFile, "seed_sentencepieces_file", t.SeedSentencepiecesFile);
        Add(t.HasEnableDifferentialPrivacy, "enable_differential_privacy", t.EnableDifferentialPrivacy);
        Add(t.HasDifferentialPrivacyNoiseLevel, "differential_privacy_noise_level", t.DifferentialPrivacyNoiseLevel);
        Add(t.HasDifferentialPrivacyClippingThreshold, "differential_privacy_clipping_threshold", t.DifferentialPrivacyClippingThreshold);

        NormalizerSpec n = proto.NormalizerSpec ?? new NormalizerSpec();
        Add(n.HasName, "normalization_rule_name", n.Name);
        Add(n.HasPrecompiledCharsmap, "precompiled_charsmap_bytes", n.PrecompiledCharsmap.Length);
        Add(n.HasAddDummyPrefix, "add_dummy_prefix", n.AddDummyPrefix);
        Add(n.HasRemoveExtraWhitespaces, "remove_extra_whitespaces", n.RemoveExtraWhitespaces);
        Add(n.HasEscapeWhitespaces, "escape_whitespaces", n.EscapeWhitespaces);
        Add(n.HasNormalizationRuleTsv && n.NormalizationRuleTsv.Length > 0, "normalization_rule_tsv", n.NormalizationRuleTsv);
        if (proto.DenormalizerSpec is { } d)
        {
            Add(true, "denormalization_rule_tsv", d.NormalizationRuleTsv);
        }

        return list;
    }
}
