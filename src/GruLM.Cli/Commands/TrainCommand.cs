// The flags of grulm train. The work is in Runs/TrainRun.cs.

using System.CommandLine;
using GruLM.Cli.Runs;
using GruLM.Model;
using GruLM.Tokenization;
using GruLM.Training;

namespace GruLM.Cli.Commands;

internal static class TrainCommand
{
    private const int MaxCount = int.MaxValue;

    public static GrulmCommand Create()
    {
        (TextTrainingOptions? defaults, TrainingOptions? loop, OptimizerFlags? optimizer) =
            (new TextTrainingOptions(), new TrainingOptions(), new OptimizerFlags());
        Option<string[]> data = Flags.Texts("--data", "FILE|DIR|-",
            "text to train on: plain text, JSON lines (.jsonl) or tables (.csv), each also as .gz; files, folders of them, or - for standard input", required: true);
        Option<string> outDir = Flags.RequiredText("--out-dir", "DIR", "the folder to write the model to", "-o");
        Option<string?> resume = ResumeFlag.Flag();
        Option<string?> initFrom = Flags.Text("--init-from", "DIR",
            "a model folder whose weights, sizes and tokenizer to start from (fine-tuning)");
        Option<string?> tokenizer = Flags.Text("--tokenizer", "FILE|DIR",
            "a SentencePiece model or a model folder whose tokenizer to use; without it one is learned");
        Option<int> vocab = Flags.Int("--vocab-size", 1, GruConfig.MaxVocabSize, defaults.VocabSize,
            "pieces of the tokenizer that is learned; when not given, more for a text of many characters");
        Option<string> kind = Flags.OneOf("--model-type", ["bpe", "char"], "bpe", "kind of the tokenizer that is learned");
        Option<string> samples = Flags.OneOf("--samples", ["stream", "lines"], "stream",
            "one long text, or each line a sample of its own that ends with <end>");
        Option<bool> mask =
            Flags.Switch(
            "--mask-prompt", "with lines: only answers count in loss and figures, what stands after <ai> up to and including <end>");
        var form = new DataFlags();
        Option<string?> valData = Flags.Text("--val-data", "FILE", "text to evaluate on while training");
        Option<double> valFraction = Flags.Number("--val-fraction", 0, 0.9, 0.1,
            "share of the text, at its end, that is held out when there is no --val-data; 0 holds out nothing");
        Option<int> epochs = Flags.Int("--epochs", 1, 1_000_000, loop.Epochs, "passes over the training text");
        Option<int> maxSteps = Flags.Int("--max-steps", 0, MaxCount, 0, "ends training after so many steps; 0: no limit");
        Option<double?> minutes = Flags.OptionalNumber("--minutes", 0, 1e6,
            "time to train for, all told: the number of steps follows the speed, so that the run and its schedule end on time",
            above: true);
        Option<IReadOnlyList<PlannedSteps>?> plan = Flags.Optional(
            "--step-plan", "STEP:TOTAL,…",
            "from which step on the run was laid out for how many, as settings.json of a run of --minutes tells it: to repeat that run",
            StepPlan.Parse);
        Option<int> batch = Flags.Int("--batch-size", 1, 1 << 16, loop.BatchSize, "lanes of text side by side");
        Option<int> accum = Flags.Int("--grad-accum", 1, 1 << 10, loop.GradAccum,
            "batches whose gradients make one update; the memory of one, the update of a batch so many times as large");
        Option<int> bptt = Flags.Int("--bptt", 1, 1 << 16, loop.Bptt, "tokens that a gradient reaches back");
        Option<bool> randomBptt = Flags.Switch("--random-bptt",
            "with stream: the lengths of windows vary at random around --bptt, a twentieth of them around half of it, and each step's learning rate with them");
        Option<int> freshEvery = Flags.Int("--fresh-every", 0, MaxCount, loop.FreshEvery,
            "with stream: one window in so many starts from a zero state, as every prompt does; 0: none");
        Option<int> embedding = Flags.Int("--emb-dim", 1, GruConfig.MaxWidth, defaults.EmbeddingDim, "length of an embedding");
        Option<int> hidden = Flags.Int("--hidden-dim", 1, GruConfig.MaxWidth, defaults.HiddenDim, "units in each GRU layer");
        Option<int> layers = Flags.Int("--num-layers", 1, GruConfig.MaxLayers, defaults.NumLayers, "GRU layers");
        Option<double> dropout = Flags.Number("--dropout", 0, 0.99, defaults.Dropout,
            "share of each layer's outputs dropped on their way to the next");
        Option<bool> locked = Flags.Switch("--locked-dropout", "--dropout drops the same outputs in all steps of a window");
        Option<double> inputDropout = Flags.Number("--input-dropout", 0, 0.99, 0,
            "share of the embeddings' outputs dropped, the same ones in all steps of a window");
        Option<double> outputDropout = Flags.Number("--output-dropout", 0, 0.99, 0,
            "share of the last layer's outputs dropped, the same ones in all steps of a window");
        Option<double> embeddingDropout = Flags.Number("--embedding-dropout", 0, 0.99, 0,
            "share of the vocabulary whose embeddings are zero for a step");
        Option<double> recurrentDropout = Flags.Number("--recurrent-dropout", 0, 0.99, 0,
            "share of the recurrent weights that are zero for a step");
        Option<double> ar = Flags.Number("--ar", 0, 1e6, 0, "penalty on the size of the last layer's outputs (activation regularisation)");
        Option<double> tar = Flags.Number("--tar", 0, 1e6, 0,
            "penalty on their change from step to step (temporal activation regularisation)");
        var tie = new OnOffFlag("tie-weights", defaults.TieWeights, "share the embedding's weights with the output layer");
        Option<bool> layerNorm = Flags.Switch("--layer-norm",
            "normalises what each layer above the first reads: for three layers and more");
        Option<bool> residual =
            Flags.Switch("--residual", "each layer above the first adds its states to what it was handed: two layers learn sooner so, too");
        Option<double?> minRate = Flags.OptionalNumber("--min-lr", 0, 100,
            "learning rate at the end, or below which it is not cut (default: a hundredth of --lr)");
        Option<int> warmup = Flags.Int("--warmup-steps", 0, MaxCount, (int)loop.WarmupSteps, "steps over which the learning rate rises");
        Option<string> schedule = Flags.OneOf("--schedule", ["cosine", "linear", "wsd", "constant", "plateau"], "cosine",
            "how the learning rate falls; plateau: it is cut whenever the held-out figure stands still");
        Option<int> plateauPatience = Flags.Int("--plateau-patience", 1, MaxCount, loop.PlateauPatience,
            "with --schedule plateau: evaluations in a row without a better figure after which the rate is cut");
        Option<double> plateauFactor = Flags.Number("--plateau-factor", 0, 0.99999, loop.PlateauFactor,
            "what such a cut multiplies the rate by, down to --min-lr", above: true);
        Option<double> clip = Flags.Number("--grad-clip", 0, 1e9, loop.GradClip, "largest gradient norm; 0: no clipping");
        Option<int> evalInterval = Flags.Int("--eval-interval", 0, MaxCount, 0,
            "steps between evaluations besides those at the end of each epoch; 0: none");
        Option<int> evalTokens = Flags.Int("--eval-tokens", 0, MaxCount, 0, "held-out tokens an evaluation reads at most; 0: all");
        Option<int> patience = Flags.Int("--patience", 0, MaxCount, 0,
            "ends training after so many evaluations in a row without a better figure; 0: never");
        Option<int> sampleEvery = Flags.Int("--sample-every", 0, MaxCount, 0,
            "steps between short texts by the model, shown while it trains; 0: none");
        Option<string?> samplePrompt = Flags.Text("--sample-prompt", "TEXT",
            "what those begin with (default: a new line; nothing for lines)");
        Option<int> logInterval = Flags.Int("--log-interval", 1, MaxCount, (int)loop.LogInterval, "steps between progress reports");
        Option<int> saveInterval = Flags.Int("--save-interval", 0, MaxCount, 0,
            "steps between checkpoints besides those at the end of each epoch and after ten minutes; 0: none");
        Option<int> keep = Flags.Int("--keep", 1, MaxCount, loop.Keep, "checkpoints kept");
        Option<ulong> seed = Flags.Seed("--seed", loop.Seed, "decides starting values, order of lines and dropout");
        Option<string> precision = Flags.Precision();
        Option<int?> threads = Flags.Threads();
        Option<bool> dryRun =
            Flags.Switch(
            "--dry-run",
            "everything but training: figures of text and model, memory, and an estimate of the time from a few measured steps");
        Option<bool> overwrite = Flags.Switch("--overwrite", "replace a model that is in --out-dir already");
        Option<string?> preset = Preset.Flag();
        Option<string?> config = ConfigFile.Flag();
        return new GrulmCommand(
            "train",
            "Train a tokenizer and a GRU language model on text.",
            ["grulm train --data book.txt --out-dir model", "grulm train --resume model",
            "grulm train --data talks.txt --samples lines --hidden-dim 512 --epochs 20 --out-dir talker"],
            [
                data, outDir, resume, initFrom, tokenizer, vocab, kind, samples, mask, form.Format, form.Column, valData, valFraction,
                epochs, maxSteps, minutes, plan, batch, accum, bptt, randomBptt, freshEvery, embedding, hidden, layers, dropout, locked,
                inputDropout, outputDropout, embeddingDropout, recurrentDropout, ar, tar, tie.On, tie.Off, layerNorm, residual,
                .. optimizer.All, minRate, warmup, schedule, plateauPatience, plateauFactor, clip, evalInterval, evalTokens, patience,
                sampleEvery, samplePrompt, logInterval, saveInterval, keep, seed, precision, threads, dryRun, overwrite, preset, config, ],
            (flags, session) =>
            {
                if (flags.GetValue(initFrom) is { } source
                    && new Option[] { tokenizer, vocab, kind, embedding, hidden, layers, tie.On, tie.Off }.FirstOrDefault(
                    flags.Given) is { } other)
                {
                    throw new UsageException(
                        $"{other.Name} cannot be given beside --init-from: sizes and tokenizer are those of the model in {source}");
                }

                if (flags.GetValue(schedule) != "plateau" && new Option[] { plateauPatience, plateauFactor }.FirstOrDefault(
                    flags.Given) is { } cut)
                {
                    throw new UsageException(
                        $"{cut.Name} is for --schedule plateau, and this run's is {flags.GetValue(schedule)}: leave it out or choose that one");
                }

                return TrainRun.Run(Settings(flags), session.Input, session.Error, session.ErrorIsTerminal, session.Stop);
            });

        TrainSettings Settings(ParseResult flags) => new()
        {
            Data = flags.GetValue(data)!,
            OutDir = flags.GetValue(outDir)!,
            Resume = flags.Given(resume),
            SamplesGiven = flags.Given(samples),
            Tokenizer = flags.GetValue(tokenizer),
            Form = form.Value(flags),
            ValData = flags.GetValue(valData),
            ValFraction = flags.GetValue(valFraction),
            Minutes = flags.GetValue(minutes) ?? 0,
            EpochsGiven = flags.Given(epochs),
            SamplePrompt = flags.GetValue(samplePrompt),
            DryRun = flags.GetValue(dryRun),
            Overwrite = flags.GetValue(overwrite),
            Threads = flags.GetValue(threads) ?? 0,
            Precision = Flags.PrecisionOf(flags.GetValue(precision)!),
            Options = new TextTrainingOptions
            {
                VocabSize = flags.GetValue(vocab),
                GrowVocabulary = !flags.Given(vocab),
                ModelType = flags.GetValue(kind) == "char" ? ModelType.Char : ModelType.Bpe,
                Samples = flags.GetValue(samples) == "lines" ? SampleKind.Lines : SampleKind.Stream,
                MaskPrompt = flags.GetValue(mask),
                EmbeddingDim = flags.GetValue(embedding),
                HiddenDim = flags.GetValue(hidden),
                NumLayers = flags.GetValue(layers),
                Dropout = flags.GetValue(dropout),
                TieWeights = tie.Value(flags),
                LayerNorm = flags.GetValue(layerNorm),
                Residual = flags.GetValue(residual),
                InitFrom = flags.GetValue(initFrom),
                Optimizer = optimizer.Read(flags),
                Regularisation = new Regularisation
                {
                    LockedDropout = flags.GetValue(locked),
                    InputDropout = flags.GetValue(inputDropout),
                    OutputDropout = flags.GetValue(outputDropout),
                    EmbeddingDropout = flags.GetValue(embeddingDropout),
                    RecurrentDropout = flags.GetValue(recurrentDropout),
                    ActivationPenalty = flags.GetValue(ar),
                    SlownessPenalty = flags.GetValue(tar),
                },
                Training = new TrainingOptions
                {
                    Epochs = flags.GetValue(epochs),
                    MaxSteps = flags.GetValue(maxSteps),
                    Plan = flags.GetValue(minutes) is null ? flags.GetValue(plan) ?? [] : [],
                    BatchSize = flags.GetValue(batch),
                    GradAccum = flags.GetValue(accum),
                    Bptt = flags.GetValue(bptt),
                    RandomBptt = flags.GetValue(randomBptt),
                    FreshEvery = flags.GetValue(freshEvery),
                    LearningRate = optimizer.Rate(flags),
                    MinLearningRate = Math.Min(flags.GetValue(minRate) ?? optimizer.Rate(flags) / 100, optimizer.Rate(flags)),
                    WarmupSteps = flags.GetValue(warmup),
                    Schedule = Enum.Parse<ScheduleKind>(flags.GetValue(schedule)!, ignoreCase: true),
                    PlateauPatience = flags.GetValue(plateauPatience),
                    PlateauFactor = flags.GetValue(plateauFactor),
                    GradClip = flags.GetValue(clip),
                    EvalInterval = flags.GetValue(evalInterval),
                    EvalTokens = flags.GetValue(evalTokens),
                    Patience = flags.GetValue(patience),
                    SampleEvery = flags.GetValue(sampleEvery),
                    LogInterval = flags.GetValue(logInterval),
                    SaveInterval = flags.GetValue(saveInterval),
                    Keep = flags.GetValue(keep),
                    Seed = flags.GetValue(seed),
                },
            },
        };
    }
}
