// The flags of grulm train that keep a model from learning its text by heart: dropout in several places, and penalties on its outputs.

using System.CommandLine;
using GruLM.Model;

namespace GruLM.Cli.Commands;

/// <summary>From <c>--dropout</c> to <c>--tar</c>.</summary>
internal sealed class RegularisationFlags
{
    private const double MaxDropout = 0.99;
    private const double MaxPenalty = 1e6;

    private readonly Option<double> _dropout = Flags.Number(
        "--dropout", 0, MaxDropout, new TextTrainingOptions().Dropout, "share of each layer's outputs dropped on their way to the next");
    private readonly Option<bool> _locked = Flags.Switch(
        "--locked-dropout", "--dropout drops the same outputs in all steps of a window");
    private readonly Option<double> _input = Flags.Number(
        "--input-dropout", 0, MaxDropout, 0, "share of the embeddings' outputs dropped, the same ones in all steps of a window");
    private readonly Option<double> _output = Flags.Number(
        "--output-dropout", 0, MaxDropout, 0, "share of the last layer's outputs dropped, the same ones in all steps of a window");
    private readonly Option<double> _embedding = Flags.Number(
        "--embedding-dropout", 0, MaxDropout, 0, "share of the vocabulary whose embeddings are zero for a step");
    private readonly Option<double> _recurrent = Flags.Number(
        "--recurrent-dropout", 0, MaxDropout, 0, "share of the recurrent weights that are zero for a step");
    private readonly Option<double> _activationPenalty = Flags.Number(
        "--ar", 0, MaxPenalty, 0, "penalty on the size of the last layer's outputs (activation regularisation)");
    private readonly Option<double> _slownessPenalty = Flags.Number(
        "--tar", 0, MaxPenalty, 0, "penalty on their change from step to step (temporal activation regularisation)");

    public IReadOnlyList<Option> Options =>
        [_dropout, _locked, _input, _output, _embedding, _recurrent, _activationPenalty, _slownessPenalty];

    public TextTrainingOptions AddTo(TextTrainingOptions options, ParseResult flags) => options with
    {
        Dropout = flags.GetValue(_dropout),
        Regularisation = new Regularisation
        {
            LockedDropout = flags.GetValue(_locked),
            InputDropout = flags.GetValue(_input),
            OutputDropout = flags.GetValue(_output),
            EmbeddingDropout = flags.GetValue(_embedding),
            RecurrentDropout = flags.GetValue(_recurrent),
            ActivationPenalty = flags.GetValue(_activationPenalty),
            SlownessPenalty = flags.GetValue(_slownessPenalty),
        },
    };
}
