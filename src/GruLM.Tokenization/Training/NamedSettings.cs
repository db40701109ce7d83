// Settings by their names as spm_train spells them, for command lines and scripts: a table of names and what each sets, no reflection, so
// that it survives trimming. What a setting means and which values it may have is TrainerOptions' work.
// Source: spm_train's flags.
using System.Globalization;
using System.Text;

namespace GruLM.Tokenization;

/// <summary>The settings of a training as names and texts.</summary>
internal static class NamedSettings
{
    /// <summary>Sets one setting from text; the name is as the user wrote it, for messages.</summary>
    private delegate void Setter(TrainerOptions options, string name, string value);

    private static readonly OrderedDictionary<string, Setter> s_setters = new(StringComparer.Ordinal)
    {
        ["input"] = static (o, _, value) => AddAll(o.Input, SplitList(value)),
        ["input_format"] = static (o, _, value) => o.InputFormat = value,
        ["model_prefix"] = static (o, _, value) => o.ModelPrefix = value,
        ["model_type"] = static (o, _, value) => o.ModelType = ModelTypeOf(value),
        ["vocab_size"] = static (o, name, value) => o.VocabSize = Integer(name, value),
        ["accept_language"] = static (o, _, value) => AddAll(o.AcceptLanguage, SplitList(value)),
        ["self_test_sample_size"] = static (o, name, value) => o.SelfTestSampleSize = Integer(name, value),
        ["character_coverage"] = static (o, name, value) => o.CharacterCoverage = Number(name, value),
        ["input_sentence_size"] = static (o, name, value) => o.InputSentenceSize = (ulong)Math.Max(0, Integer(name, value)),
        ["shuffle_input_sentence"] = static (o, name, value) => o.ShuffleInputSentence = Flag(name, value),
        ["seed_sentencepiece_size"] = static (o, name, value) => o.SeedSentencepieceSize = Integer(name, value),
        ["shrinking_factor"] = static (o, name, value) => o.ShrinkingFactor = Number(name, value),
        ["num_threads"] = static (o, name, value) => o.NumThreads = Integer(name, value),
        ["num_sub_iterations"] = static (o, name, value) => o.NumSubIterations = Integer(name, value),
        ["max_sentencepiece_length"] = static (o, name, value) => o.MaxSentencepieceLength = Integer(name, value),
        ["max_sentence_length"] = static (o, name, value) => o.MaxSentenceLength = Integer(name, value),
        ["split_by_unicode_script"] = static (o, name, value) => o.SplitByUnicodeScript = Flag(name, value),
        ["split_by_number"] = static (o, name, value) => o.SplitByNumber = Flag(name, value),
        ["split_by_whitespace"] = static (o, name, value) => o.SplitByWhitespace = Flag(name, value),
        ["split_digits"] = static (o, name, value) => o.SplitDigits = Flag(name, value),
        ["pretokenization_delimiter"] = static (o, _, value) => o.PretokenizationDelimiter = value,
        ["treat_whitespace_as_suffix"] = static (o, name, value) => o.TreatWhitespaceAsSuffix = Flag(name, value),
        ["allow_whitespace_only_pieces"] = static (o, name, value) => o.AllowWhitespaceOnlyPieces = Flag(name, value),
        ["control_symbols"] = static (o, _, value) => AddAll(o.ControlSymbols, SplitList(value)),
        ["control_symbols_file"] = static (o, _, value) => AddAll(o.ControlSymbols, LinesOf(value)),
        ["user_defined_symbols"] = static (o, _, value) => AddAll(o.UserDefinedSymbols, SplitList(value)),
        ["user_defined_symbols_file"] = static (o, _, value) => AddAll(o.UserDefinedSymbols, LinesOf(value)),
        ["required_chars"] = static (o, _, value) => o.RequiredChars = value,
        ["required_chars_file"] = static (o, _, value) => o.RequiredChars = string.Concat(LinesOf(value)),
        ["byte_fallback"] = static (o, name, value) => o.ByteFallback = Flag(name, value),
        ["vocabulary_output_piece_score"] = static (o, name, value) => o.VocabularyOutputPieceScore = Flag(name, value),
        ["normalization_rule_name"] = static (o, _, value) => o.NormalizationRuleName = value,
        ["normalization_rule_tsv"] = static (o, _, value) => o.NormalizationRuleTsv = value,
        ["denormalization_rule_tsv"] = static (o, _, value) => o.DenormalizationRuleTsv = value,
        ["add_dummy_prefix"] = static (o, name, value) => o.AddDummyPrefix = Flag(name, value),
        ["remove_extra_whitespaces"] = static (o, name, value) => o.RemoveExtraWhitespaces = Flag(name, value),
        ["hard_vocab_limit"] = static (o, name, value) => o.HardVocabLimit = Flag(name, value),
        ["use_all_vocab"] = static (o, name, value) => o.UseAllVocab = Flag(name, value),
        ["unk_id"] = static (o, name, value) => o.UnkId = Integer(name, value),
        ["bos_id"] = static (o, name, value) => o.BosId = Integer(name, value),
        ["eos_id"] = static (o, name, value) => o.EosId = Integer(name, value),
        ["pad_id"] = static (o, name, value) => o.PadId = Integer(name, value),
        ["unk_piece"] = static (o, _, value) => o.UnkPiece = value,
        ["bos_piece"] = static (o, _, value) => o.BosPiece = value,
        ["eos_piece"] = static (o, _, value) => o.EosPiece = value,
        ["pad_piece"] = static (o, _, value) => o.PadPiece = value,
        ["unk_surface"] = static (o, _, value) => o.UnkSurface = value,
        ["train_extremely_large_corpus"] = static (o, name, value) => o.TrainExtremelyLargeCorpus = Flag(name, value),
        ["seed_sentencepieces_file"] = static (o, _, value) => o.SeedSentencepiecesFile = value,
        ["random_seed"] = static (o, name, value) => o.SelfTestSeed = Seed(name, value),
        ["enable_differential_privacy"] = static (o, name, value) => RefusePrivacy(name, value),
        ["compat"] = static (o, _, value) => o.Compat = CompatibilityOf(value),
    };

    /// <summary>All names.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. s_setters.Keys];

    /// <summary>Sets one setting from text.</summary>
    /// <exception cref="ArgumentException">There is no such setting, or the text is not a value for it.</exception>
    /// <exception cref="IOException">A file that is named cannot be read.</exception>
    public static void Set(TrainerOptions options, string name, string value)
    {
        if (!s_setters.TryGetValue(name.Replace('-', '_'), out Setter? set))
        {
            throw new ArgumentException($"There is no training setting '{name}'; the names are spm_train's, such as vocab_size.");
        }

        set(options, name, value);
    }

    /// <summary>Splits a list at commas; a part in double quotes may hold commas, and two quotes in it stand for one.</summary>
    public static IReadOnlyList<string> SplitList(string text)
    {
        var parts = new List<string>();
        for (int i = 0; i < text.Length; i++)
        {
            var part = new StringBuilder();
            if (text[i] == '"')
            {
                for (i++; i < text.Length; i++)
                {
                    if (text[i] == '"' && (++i >= text.Length || text[i] != '"'))
                    {
                        break;
                    }

                    part.Append(text[i]);
                }

                int comma = i < text.Length ? text.IndexOf(',', i) : -1;
                i = comma < 0 ? text.Length : comma;
            }
            else
            {
                int comma = text.IndexOf(',', i);
                int end = comma < 0 ? text.Length : comma;
                part.Append(text, i, end - i);
                i = end;
            }

            parts.Add(part.ToString());
        }

        return parts;
    }

    private static ModelType ModelTypeOf(string value) => value.ToLowerInvariant() switch
    {
        "unigram" => ModelType.Unigram,
        "bpe" => ModelType.Bpe,
        "word" => ModelType.Word,
        "char" => ModelType.Char,
        _ => throw new ArgumentException($"model_type is '{value}'; expected unigram, bpe, word or char."),
    };

    private static Compatibility CompatibilityOf(string value) => value switch
    {
        "0.1" => Compatibility.V01,
        "0.2" => Compatibility.V02,
        _ => throw new ArgumentException($"compat is '{value}'; expected 0.1 or 0.2."),
    };

    private static void RefusePrivacy(string name, string value)
    {
        if (Flag(name, value))
        {
            throw new ArgumentException("Differential privacy is not offered; leave enable_differential_privacy off.");
        }
    }

    private static IEnumerable<string> LinesOf(string path) =>
        SentenceReader.ReadList(path).Where(line => !line.IsEmpty).Select(line => Encoding.UTF8.GetString(line.Span));

    private static void AddAll(IList<string> list, IEnumerable<string> values)
    {
        foreach (string value in values)
        {
            list.Add(value);
        }
    }

    private static int Integer(string name, string value) =>
        int.TryParse(value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int number)
        ? number : throw new ArgumentException($"{name} is '{value}'; expected a whole number.");

    // spm_train's seed has 32 bits; a negative one is taken for what its bits say.
    private static uint Seed(string name, string value) =>
        long.TryParse(value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long number)
        && number is >= int.MinValue and <= uint.MaxValue
            ? unchecked((uint)number)
            : throw new ArgumentException($"{name} is '{value}'; expected a whole number from 0 to {uint.MaxValue}.");

    // Through double, as spm_train reads it, so that the rounded value is the same.
    private static float Number(string name, string value) =>
        double.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out double number)
        ? (float)number : throw new ArgumentException($"{name} is '{value}'; expected a number.");

    private static bool Flag(string name, string value) => value.ToLowerInvariant() switch
    {
        "" or "1" or "t" or "true" or "y" or "yes" => true,
        "0" or "f" or "false" or "n" or "no" => false,
        _ => throw new ArgumentException($"{name} is '{value}'; expected true or false."),
    };
}
