// A program that does elsewhere what grulm bench measures, such as benchmarks/peers/libtorch.sh: it is given what to measure as arguments,
// and the last line that it writes is one JSON object with its name in "peer" and its figures.

using System.ComponentModel;
using System.Diagnostics;
using System.Text.Json;

namespace GruLM.Cli.Bench;

/// <summary>Runs the program at <paramref name="path"/>; <paramref name="cancel"/> ends it.</summary>
internal sealed class PeerProgram(string path, CancellationToken cancel)
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(2);

    private string? _name;

    /// <summary>What it calls itself, once it has run.</summary>
    public string Name => _name ?? path;

    /// <summary>Runs it to its end and returns the figures with these names.</summary>
    /// <exception cref="InvalidDataException">It is not there, it failed, or it did not give them.</exception>
    public double[] Run(IEnumerable<string> arguments, params string[] figures)
    {
        string line = LastLine([.. arguments]);
        try
        {
            using var document = JsonDocument.Parse(line);
            if (document.RootElement.TryGetProperty("peer", out JsonElement name)) _name = name.GetString();
            return [.. figures.Select(figure => Positive(document.RootElement.GetProperty(figure).GetDouble()))];
        }
        catch (Exception error) when (error is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            string wanted = string.Join(", ", figures.Select(figure => $"\"{figure}\""));
            string found = line.Length == 0 ? "it wrote nothing" : $"its last line is {line[..Math.Min(line.Length, 80)]}";
            throw new InvalidDataException($"{path}: a line of JSON with numbers above 0 for {wanted} was expected; {found}");
        }
    }

    private static double Positive(double figure) => figure > 0 && double.IsFinite(figure) ? figure : throw new FormatException();

    // What it says on standard error, such as that it is being built, is the user's to read.
    private string LastLine(string[] arguments)
    {
        cancel.ThrowIfCancellationRequested();
        using Process process = Start(arguments);
        using CancellationTokenRegistration end = cancel.Register(() => End(process));
        process.StandardInput.Close();
        string last = "";
        StreamReader output = process.StandardOutput;
        var reading = new Thread(ReadAll) { IsBackground = true };
        reading.Start();
        process.WaitForExit();

        // What it left running may keep its output open for ever: of that no more is read.
        reading.Join(s_patience);
        cancel.ThrowIfCancellationRequested();
        if (process.ExitCode != 0) throw new InvalidDataException($"{path}: ended with exit code {process.ExitCode}");
        return last;

        void ReadAll()
        {
            while (output.ReadLine() is { } line) last = line.Length > 0 ? line : last;
        }
    }

    private Process Start(string[] arguments)
    {
        try
        {
            return Process.Start(new ProcessStartInfo(path, arguments)
            {
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
                UseShellExecute = false,
            })!;
        }
        catch (Win32Exception error)
        {
            throw new InvalidDataException($"--peer {path}: {error.Message}");
        }
    }

    private static void End(Process process)
    {
        try
        {
            process.Kill(entireProcessTree: true);
        }
        catch (Exception error) when (error is InvalidOperationException or Win32Exception or AggregateException)
        {
            // It has just ended by itself, or somebody else owns what it started.
        }
    }
}
