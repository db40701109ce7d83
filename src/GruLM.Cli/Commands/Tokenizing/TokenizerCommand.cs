// grulm tokenizer: the group of commands that learn and use tokenizers, each in a file of its own beside this one.

using GruLM.Tokenization;

namespace GruLM.Cli.Commands;

internal static class TokenizerCommand
{
    /// <summary>Its name.</summary>
    public const string Name = "tokenizer";

    public static GrulmCommand Create() => new(
        Name,
        "Learn and use tokenizers: SentencePiece models, to and from text.",
        [
            "grulm tokenizer train --input book.txt --model-prefix book --vocab-size 2048 --model-type bpe",
            "grulm tokenizer encode --model book.model < book.txt > book.ids",
        ],
        TokenizerTrainCommand.Create(), TokenizerEncodeCommand.Create(), TokenizerDecodeCommand.Create(),
        TokenizerNormalizeCommand.Create(), TokenizerShowCommand.Create());

    /// <summary>The tokenizer of a .model file or a model folder.</summary>
    /// <exception cref="IOException">There is none.</exception>
    internal static Tokenizer Load(string place)
    {
        string path = ModelFolder.TokenizerPath(place);
        if (File.Exists(path)) return Tokenizer.Load(path);
        throw new FileNotFoundException(Directory.Exists(place)
            ? $"{place}: there is no {ModelFolder.TokenizerName} in this folder"
            : $"{place}: there is no such file or folder");
    }
}
