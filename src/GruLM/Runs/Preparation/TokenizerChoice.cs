// Which tokenizer a run uses: the one that it began with, that of a model or file, or one that is learned.

using GruLM.Corpus;
using GruLM.Tokenization;

namespace GruLM;

/// <summary>Chooses the tokenizer of a run.</summary>
internal sealed class TokenizerChoice(TrainingSettings settings, TextTrainingOptions options, RunSurroundings around)
{
    /// <summary>The tokenizer; <paramref name="kept"/> is the one that the run began with, null for a new run.</summary>
    public Tokenizer Choose(TrainingTexts texts, Tokenizer? kept)
    {
        CorpusText training = texts.Training;
        string? source = settings.InitFrom ?? settings.Tokenizer;
        Tokenizer? given = kept ?? (source is null ? null : Tokenizer.Load(ModelFolder.TokenizerPath(source)));
        TextTraining.Check(texts, options with { Tokenizer = given });
        if (options.MaskPrompt && TextTraining.SamplesWithoutAnswer(training) is > 0 and var count)
        {
            string marker = new ChatTemplate().Ai;
            around.Observer.OnNotice(
                $"{count} samples have no {marker}, so 'MaskPrompt' leaves nothing of them to learn; they are left out");
        }

        if (given is not null) return given;
        Tokenizer learned = TextTraining.LearnTokenizer(training, options, around.Observer, around.Cancel);
        bool isSizeGiven = settings.VocabSize is not null && settings.VocabSize != settings.VocabSizeOfRecipe;
        if (learned.VocabSize < options.VocabSize && isSizeGiven)
        {
            around.Observer.OnNotice(
                $"the text supports {learned.VocabSize} pieces, fewer than 'VocabSize' {options.VocabSize}; using {learned.VocabSize}");
        }

        return learned;
    }
}
