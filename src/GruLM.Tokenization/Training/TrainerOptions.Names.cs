// Settings by their names as spm_train spells them, for command lines and scripts: one switch, no reflection, so that it survives trimming.
// Source: spm_train's flags.
using System.Globalization;
using System.Text;

namespace GruLM.Tokenization;

public sealed partial class TrainerOptions
{
    /// <summary>The names <see cref="Set"/> knows.</summary>
    public static IReadOnlyList<string> Names { get; } =
    [
        "input", "input_format", "model_prefix", "model_type", "vocab_size", "accept_language", "self_test_sample_size",
        "character_coverage", "input_sentence_size", "shuffle_input_sentence", "seed_sentencepiece_size", "shrinking_factor", "num_threads",
        "num_sub_iterations", "max_sentencepiece_length", "max_sentence_length", "split_by_unicode_script", "split_by_number",
        "split_by_whitespace", "split_digits", "pretokenization_delimiter", "treat_whitespace_as_suffix", "allow_whitespace_only_pieces",
        "control_symbols", "control_symbols_file", "user_defined_symbols", "user_defined_symbols_file", "required_chars",
        "required_chars_file", "byte_fallback", "vocabulary_output_piece_score", "normalization_rule_name", "normalization_rule_tsv",
        "denormalization_rule_tsv", "add_dummy_prefix", "remove_extra_whitespaces", "hard_vocab_limit", "use_all_vocab", "unk_id", "bos_id",
        "eos_id", "pad_id", "unk_piece", "bos_piece", "eos_piece", "pad_piece", "unk_surface", "train_extremely_large_corpus",
        "seed_sentencepieces_file", "random_seed", "enable_differential_privacy", "compat",
    ];

    /// <summary>Sets one setting from text. Lists are parted by commas and added; a name may be written with - for _.</summary>
    /// <exception cref="ArgumentException">There is no such setting, or the text is not a value for it.</exception>
    /// <exception cref="IOException">A file that is named cannot be read.</exception>
    public void Set(string name, string value)
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(value);
        switch (name.Replace('-', '_'))
        {
            case "input":
                AddAll(Input, SplitList(value));
                break;
            case "input_format":
                InputFormat = value;
                break;
            case "model_prefix":
                ModelPrefix = value;
                break;
            case "model_type":
                ModelType = value.ToLowerInvariant() switch
                {
                    "unigram" => ModelType.Unigram,
                    "bpe" => ModelType.Bpe,
                    "word" => ModelType.Word,
                    "char" => ModelType.Char,
                    _ => throw new ArgumentException($"model_type is '{value}'; expected unigram, bpe, word or char."),
                };
                break;
            case "vocab_size":
                VocabSize = Integer(name, value);
                break;
            case "accept_language":
                AddAll(AcceptLanguage, SplitList(value));
                break;
            case "self_test_sample_size":
                SelfTestSampleSize = Integer(name, value);
                break;
            case "character_coverage":
                CharacterCoverage = Number(name, value);
                break;
            case "input_sentence_size":
                InputSentenceSize = (ulong)Math.Max(0, Integer(name, value));
                break;
            case "shuffle_input_sentence":
                ShuffleInputSentence = Flag(name, value);
                break;
            case "seed_sentencepiece_size":
                SeedSentencepieceSize = Integer(name, value);
                break;
            case "shrinking_factor":
                ShrinkingFactor = Number(name, value);
                break;
            case "num_threads":
                NumThreads = Integer(name, value);
                break;
            case "num_sub_iterations":
                NumSubIterations = Integer(name, value);
                break;
            case "max_sentencepiece_length":
                MaxSentencepieceLength = Integer(name, value);
                break;
            case "max_sentence_length":
                MaxSentenceLength = Integer(name, value);
                break;
            case "split_by_unicode_script":
                SplitByUnicodeScript = Flag(name, value);
                break;
            case "split_by_number":
                SplitByNumber = Flag(name, value);
                break;
            case "split_by_whitespace":
                SplitByWhitespace = Flag(name, value);
                break;
            case "split_digits":
                SplitDigits = Flag(name, value);
                break;
            case "pretokenization_delimiter":
                PretokenizationDelimiter = value;
                break;
            case "treat_whitespace_as_suffix":
                TreatWhitespaceAsSuffix = Flag(name, value);
                break;
            case "allow_whitespace_only_pieces":
                AllowWhitespaceOnlyPieces = Flag(name, value);
                break;
            case "control_symbols":
                AddAll(ControlSymbols, SplitList(value));
                break;
            case "control_symbols_file":
                AddAll(ControlSymbols, LinesOf(value));
                break;
            case "user_defined_symbols":
                AddAll(UserDefinedSymbols, SplitList(value));
                break;
            case "user_defined_symbols_file":
                AddAll(UserDefinedSymbols, LinesOf(value));
                break;
            case "required_chars":
                RequiredChars = value;
                break;
            case "required_chars_file":
                RequiredChars = string.Concat(LinesOf(value));
                break;
            case "byte_fallback":
                ByteFallback = Flag(name, value);
                break;
            case "vocabulary_output_piece_score":
                VocabularyOutputPieceScore = Flag(name, value);
                break;
            case "normalization_rule_name":
                NormalizationRuleName = value;
                break;
            case "normalization_rule_tsv":
                NormalizationRuleTsv = value;
                break;
            case "denormalization_rule_tsv":
                DenormalizationRuleTsv = value;
                break;
            case "add_dummy_prefix":
                AddDummyPrefix = Flag(name, value);
                break;
            case "remove_extra_whitespaces":
                RemoveExtraWhitespaces = Flag(name, value);
                break;
            case "hard_vocab_limit":
                HardVocabLimit = Flag(name, value);
                break;
            case "use_all_vocab":
                UseAllVocab = Flag(name, value);
                break;
            case "unk_id":
                UnkId = Integer(name, value);
                break;
            case "bos_id":
                BosId = Integer(name, value);
                break;
            case "eos_id":
                EosId = Integer(name, value);
                break;
            case "pad_id":
                PadId = Integer(name, value);
                break;
            case "unk_piece":
                UnkPiece = value;
                break;
            case "bos_piece":
                BosPiece = value;
                break;
            case "eos_piece":
                EosPiece = value;
                break;
            case "pad_piece":
                PadPiece = value;
                break;
            case "unk_surface":
                UnkSurface = value;
                break;
            case "train_extremely_large_corpus":
                TrainExtremelyLargeCorpus = Flag(name, value);
                break;
            case "seed_sentencepieces_file":
                SeedSentencepiecesFile = value;
                break;
            case "random_seed":
                SelfTestSeed = (uint)Integer(name, value);
                break;
            case "enable_differential_privacy":
                if (Flag(name, value))
                {
                    throw new ArgumentException("Differential privacy is not offered; leave enable_differential_privacy off.");
                }

                break;
            case "compat":
                Compat = value switch
                {
                    "0.1" => Compatibility.V01,
                    "0.2" => Compatibility.V02,
                    _ => throw new ArgumentException($"compat is '{value}'; expected 0.1 or 0.2."),
                };
                break;
            default:
                throw new ArgumentException($"There is no training setting '{name}'; the names are spm_train's, such as vocab_size.");
        }
    }

    /// <summary>Splits a list at commas; a part in double quotes may hold commas, and two quotes in it stand for one.</summary>
    public static IReadOnlyList<string> SplitList(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
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

    private static IEnumerable<string> LinesOf(string path) =>
        SentenceReader.ReadFiles([path]).Select(line => Encoding.UTF8.GetString(line.Span));

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
