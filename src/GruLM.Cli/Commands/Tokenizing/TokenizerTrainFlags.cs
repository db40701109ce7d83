// The flags of grulm tokenizer train: spm_train's, under its names with - or _ and with its defaults. Their values are read by
// TrainerOptions.Set, so that the command and the library cannot disagree.
using System.CommandLine;
using GruLM.Tokenization;

namespace GruLM.Cli.Commands;

/// <summary>The flags of <c>grulm tokenizer train</c> that are settings of the trainer.</summary>
internal sealed class TokenizerTrainFlags
{
    // Name in spm_train's spelling, what stands for its value in help ("" for a switch, which may still be given =true or =false), help.
    private static readonly (string Name, string Value, string Help)[] s_settings =
    [
        ("input", "FILE,…", "text files, one sentence a line; - reads standard input"),
        ("model_prefix", "PATH", "writes PATH.model and PATH.vocab"),
        ("vocab_size", "N", "pieces (default 8000)"),
        ("model_type", "unigram|bpe|char|word", "kind of model (default unigram)"),
        ("input_format", "text|tsv", "tsv: text, TAB, count (default text)"),
        ("character_coverage", "X", "share of the text's characters that the vocabulary covers, 0.98 to 1 (default 0.9995)"),
        ("input_sentence_size", "N", "trains on so many sentences at most; 0: all (default 0)"),
        ("shuffle_input_sentence", "", "draws those sentences at random rather than taking the first (default true)"),
        ("max_sentence_length", "BYTES", "skips longer sentences (default 4192)"),
        ("max_sentencepiece_length", "N", "longest piece in characters (default 16)"),
        ("split_by_unicode_script", "", "pieces do not mix scripts (default true)"),
        ("split_by_number", "", "digits do not join letters (default true)"),
        ("split_by_whitespace", "", "pieces do not cross spaces (default true)"),
        ("split_digits", "", "every digit is a piece of its own (default false)"),
        ("treat_whitespace_as_suffix", "", "a space belongs to the word before it (default false)"),
        ("allow_whitespace_only_pieces", "", "pieces may be runs of spaces (default false)"),
        ("control_symbols", "TEXT,…", "symbols that text never produces"),
        ("control_symbols_file", "FILE", "the same, one a line"),
        ("user_defined_symbols", "TEXT,…", "symbols that are always one piece"),
        ("user_defined_symbols_file", "FILE", "the same, one a line"),
        ("required_chars", "TEXT", "characters that are in the vocabulary whatever the coverage"),
        ("required_chars_file", "FILE", "the same, from a file"),
        ("byte_fallback", "", "spells unknown text in bytes (default false)"),
        ("normalization_rule_name", "NAME", "nmt_nfkc, nfkc, nmt_nfkc_cf, nfkc_cf or identity (default nmt_nfkc)"),
        ("normalization_rule_tsv", "FILE", "rules of your own instead"),
        ("denormalization_rule_tsv", "FILE", "rules applied to decoded text"),
        ("add_dummy_prefix", "", "puts a space before every text (default true)"),
        ("remove_extra_whitespaces", "", "makes runs of spaces one and drops those at the ends (default true)"),
        ("hard_vocab_limit", "", "fails where the text does not support --vocab-size; false takes what there is (default true)"),
        ("use_all_vocab", "", "takes every word or character (word and char; default false)"),
        ("unk_id", "N", "number of the unknown piece (default 0)"),
        ("bos_id", "N", "number of the piece that begins a text; -1: none (default 1)"),
        ("eos_id", "N", "number of the piece that ends a text; -1: none (default 2)"),
        ("pad_id", "N", "number of the padding piece; -1: none (default -1)"),
        ("unk_piece", "TEXT", "name of the unknown piece (default <unk>)"),
        ("bos_piece", "TEXT", "name of the piece that begins a text (default <s>)"),
        ("eos_piece", "TEXT", "name of the piece that ends a text (default </s>)"),
        ("pad_piece", "TEXT", "name of the padding piece (default <pad>)"),
        ("unk_surface", "TEXT", "what the unknown piece decodes to (default \" \u2047 \")"),
        ("seed_sentencepiece_size", "N", "candidates a unigram training begins with (default 1000000)"),
        ("seed_sentencepieces_file", "FILE", "those candidates, with counts after a TAB (compat 0.2)"),
        ("shrinking_factor", "X", "share of pieces a unigram training keeps a round (default 0.75)"),
        ("num_sub_iterations", "N", "rounds of estimating between two prunings (default 2)"),
        ("num_threads", "N", "parts in which a unigram training's sums are formed; part of its result (default 16)"),
        ("pretokenization_delimiter", "TEXT", "pieces do not cross this text (compat 0.2)"),
        ("accept_language", "CODE,…", "recorded in the model"),
        ("self_test_sample_size", "N", "specimen texts stored with the model (default 0)"),
        ("random_seed", "N", "decides which specimen texts"),
        ("vocabulary_output_piece_score", "", "writes scores into the .vocab file (default true)"),
        ("train_extremely_large_corpus", "", "recorded in the model; memory is handled the same either way (default false)"),
        ("enable_differential_privacy", "", "not offered: only false is taken (default false)"),
        ("compat", "0.1|0.2", "the SentencePiece release to follow where they differ (default 0.2)"),
    ];

    private readonly Option<string[]>[] _options = [.. s_settings.Select(Make)];

    public IReadOnlyList<Option> Options => _options;

    /// <summary>Every setting that the command takes, in spm_train's spelling.</summary>
    internal static IEnumerable<string> Names => s_settings.Select(setting => setting.Name);

    /// <summary>The lists of files as they were typed.</summary>
    public IReadOnlyList<string> Inputs(ParseResult flags) => flags.GetValue(_options[0]) ?? [];

    /// <summary>What a command line says.</summary>
    /// <exception cref="ArgumentException">A value is none that its setting can have.</exception>
    public TrainerOptions Read(ParseResult flags)
    {
        var settings = new TrainerOptions();
        foreach (Option<string[]> option in _options)
        {
            foreach (string value in flags.GetValue(option) ?? []) settings.Set(NameOf(option), value);
            bool alone = flags.Given(option) && flags.GetResult(option)!.Tokens.Count == 0;
            if (alone) settings.Set(NameOf(option), "");
        }

        return settings;
    }

    private static string NameOf(Option option) => option.Name[2..];

    private static Option<string[]> Make((string Name, string Value, string Help) setting)
    {
        bool isSwitch = setting.Value.Length == 0;
        var option = new Option<string[]>("--" + setting.Name.Replace('_', '-'))
        {
            Description = setting.Help,
            HelpName = isSwitch ? "[true|false]" : setting.Value,
            Arity = isSwitch ? new ArgumentArity(0, 100) : new ArgumentArity(1, 100),
            Required = setting.Name is "input" or "model_prefix",
        };
        return option.WithUnderscores();
    }
}
