// What every measurement of grulm bench is told, but for the tokenizers'.

using GruLM.Kernels;

namespace GruLM.Cli.Bench;

/// <summary>How to measure and report.</summary>
internal sealed record BenchOptions(int Threads, Precision Precision, bool Json, string Device = Devices.Cpu);
