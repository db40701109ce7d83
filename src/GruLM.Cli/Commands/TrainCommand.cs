// grulm train. Its flags are in Flags/Training/, the work is in Runs/Training/TrainRun.cs.

using GruLM.Cli.Runs;

namespace GruLM.Cli.Commands;

internal static class TrainCommand
{
    public static GrulmCommand Create()
    {
        var train = new TrainFlags();
        return new GrulmCommand(
            "train",
            "Train a tokenizer and a GRU language model on text.",
            [
                "grulm train --data book.txt --out-dir model",
                "grulm train --resume model",
                "grulm train --data talks.txt --samples lines --hidden-dim 512 --epochs 20 --out-dir talker",
            ],
            train.Options,
            (flags, session) => TrainRun.Run(train.Read(flags), session));
    }
}
