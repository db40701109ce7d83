// The flags of grulm train on the tokenizer: one that is there already, or what is learned.

using System.CommandLine;
using GruLM.Model;
using GruLM.Tokenization;

namespace GruLM.Cli.Commands;

/// <summary><c>--tokenizer</c>, <c>--vocab-size</c> and <c>--model-type</c>.</summary>
internal sealed class TokenizerFlags
{
    private readonly Option<string?> _source = Flags.Text(
        "--tokenizer", "FILE|DIR", "a SentencePiece model or a model folder whose tokenizer to use; without it one is learned");
    private readonly Option<int> _vocabSize = Flags.Int(
        "--vocab-size", 1, GruConfig.MaxVocabSize, new TextTrainingOptions().VocabSize,
        "pieces of the tokenizer that is learned; when not given, more for a text of many characters");
    private readonly Option<string> _kind = Flags.OneOf(
        "--model-type", ["bpe", "char"], "bpe", "kind of the tokenizer that is learned");

    public IReadOnlyList<Option> Options => [_source, _vocabSize, _kind];

    /// <summary>The file or folder of a tokenizer; null to learn one.</summary>
    public string? Source(ParseResult flags) => flags.GetValue(_source);

    public TextTrainingOptions AddTo(TextTrainingOptions options, ParseResult flags) => options with
    {
        VocabSize = flags.GetValue(_vocabSize),
        GrowVocabulary = !flags.Given(_vocabSize),
        ModelType = flags.GetValue(_kind) == "char" ? ModelType.Char : ModelType.Bpe,
    };
}
