// grulm tokenizer: the group of commands that learn and use tokenizers, each in a file of its own beside this one.

namespace GruLM.Cli.Commands;

internal static class TokenizerCommand
{
    public static GrulmCommand Create() => new(
        "tokenizer",
        "Learn and use tokenizers: SentencePiece models, to and from text.",
        [
            "grulm tokenizer train --input book.txt --model-prefix book --vocab-size 2048 --model-type bpe",
            "grulm tokenizer encode --model book.model < book.txt > book.ids",
        ],
        TokenizerTrainCommand.Create(), TokenizerEncodeCommand.Create(), TokenizerDecodeCommand.Create(),
        TokenizerNormalizeCommand.Create(), TokenizerShowCommand.Create());
}
