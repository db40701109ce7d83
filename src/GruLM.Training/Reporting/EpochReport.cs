// What a trainer says of an epoch that has ended.

namespace GruLM.Training;

/// <summary>An epoch's averages, or those of the part of one with which the run ends.</summary>
/// <param name="Epoch">The epoch, from 1.</param>
/// <param name="Epochs">The epoch that the run ends in.</param>
/// <param name="Steps">Steps of it that were made.</param>
/// <param name="StepsInEpoch">Steps that it has.</param>
/// <param name="Train">Sums over the training tokens of these steps, dropout on.</param>
/// <param name="Seconds">Time that they took.</param>
public sealed record EpochReport(int Epoch, int Epochs, int Steps, int StepsInEpoch, Model.LossSums Train, double Seconds);
