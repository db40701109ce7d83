// Runs that are ended before each single step in which they change the disk, as a killed process is: before every writing, renaming and
// deleting, with and without an older model in the way, under relative and absolute paths. At every instant the folder opens as the old
// model or the new one, and the run goes on to the model of one that was never ended, bit for bit.

using System.Text;
using GruLM.Cli.Demo;
using GruLM.Formats;
using GruLM.Model;
using GruLM.Training;

namespace GruLM.Tests;

[Collection(nameof(CurrentFolder))]
public sealed class StepByStepTests : IDisposable
{
    private static readonly TrainingSettings s_settings = new()
    {
        VocabSize = 320,
        EmbeddingDim = 4,
        HiddenDim = 4,
        NumLayers = 1,
        BatchSize = 2,
        Bptt = 8,
        MaxSteps = 6,
        EvalInterval = 2,
        EvalTokens = 30,
        SaveInterval = 3,
        SampleEvery = 4,
        LogInterval = 2,
        Schedule = ScheduleKind.Constant,
        WarmupSteps = 0,
        Threads = 1,
    };

    // A folder in memory, where there is one: each of some hundred runs waits for its disk many times.
    private const string InMemory = "/dev/shm";

    private readonly string _root = Directory.Exists(InMemory)
        ? Directory.CreateDirectory(Path.Combine(InMemory, "grulm-steps-" + Guid.NewGuid().ToString("N"))).FullName
        : Directory.CreateTempSubdirectory("grulm-steps-").FullName;
    private readonly string _before = Directory.GetCurrentDirectory();
    private readonly byte[] _text = Encoding.UTF8.GetBytes(SampleCorpus.Generate(5, 1_500));

    public void Dispose()
    {
        Directory.SetCurrentDirectory(_before);
        Directory.Delete(_root, recursive: true);
    }

    [Theory]
    [InlineData(false, false, false)]
    [InlineData(true, false, false)]
    [InlineData(true, true, false)]
    [InlineData(true, true, true)]
    public void Ended_before_any_step_a_folder_opens_and_its_run_goes_on(bool overwrites, bool isRelative, bool fromStandardInput)
    {
        Directory.SetCurrentDirectory(_root);
        string textFile = Path.Combine(_root, "text.txt");
        File.WriteAllBytes(textFile, _text);
        TrainingSettings told = s_settings with { Data = [fromStandardInput ? "-" : textFile], Overwrite = overwrites };
        string old = Path.Combine(_root, "old"), whole = Path.Combine(_root, "whole");
        Train(told with { OutDir = whole, Overwrite = false });
        Train(s_settings with { Data = [textFile], OutDir = old, HiddenDim = 6, EmbeddingDim = 6, Seed = 9 });
        byte[] oldModel = Weights(old), newModel = Weights(whole);

        int steps = 0;
        while (true)
        {
            string name = $"m{steps}", folder = isRelative ? name : Path.Combine(_root, name);
            if (overwrites) Copy(old, folder);
            if (!Ended(steps, () => Train(told with { OutDir = folder }))) break;
            steps++;

            // Whoever opens it or goes on with it may be ended as well.
            Ended(steps % 5, () => AssertOpens(folder, overwrites ? oldModel : null));
            AssertOpens(folder, overwrites ? oldModel : null);
            Ended(steps % 11, () => GoOn(folder, told with { OutDir = folder }));
            AssertOpens(folder, overwrites ? oldModel : null);
            GoOn(folder, told with { OutDir = folder });
            Assert.Equal(newModel, Weights(folder));
            Assert.Empty(Directory.EnumerateDirectories(folder, "next-model*"));
            Directory.Delete(folder, recursive: true);
        }

        Assert.InRange(steps, 30, 1000);
    }

    // Works until so many steps were made on the disk, and lets none be made from then on. Whether it was ended so.
    private static bool Ended(int steps, Action work)
    {
        int made = 0;
        bool isDead = false;
        DiskStep.Watcher = _ =>
        {
            if (!isDead && made++ < steps) return;
            isDead = true;
            throw new ProcessEndedException();
        };
        try
        {
            work();
        }
        catch (ProcessEndedException)
        {
        }
        finally
        {
            DiskStep.Watcher = null;
        }

        return isDead;
    }

    // What is there is the old model, or one that is whole; without an old one, there may be none yet.
    private static void AssertOpens(string folder, byte[]? oldModel)
    {
        if (oldModel is null && !File.Exists(Path.Combine(folder, ModelFile.ConfigName))) return;
        using (var model = LanguageModel.Open(folder, threads: 1))
        {
            Assert.NotEmpty(string.Concat(model.Generate("The", new GenerationOptions { MaxTokens = 8, IgnoreEos = true })));
            if (model.Config.HiddenDim == 6) Assert.Equal(oldModel, Weights(folder));
            else Assert.Equal(4, model.Config.HiddenDim);
        }

        ModelEvaluation.Run(folder);
    }

    private void GoOn(string folder, TrainingSettings settings)
    {
        // Before the new run has written down what it is, there is only the old one to go on with.
        bool isThere = File.Exists(Path.Combine(folder, "next-model", "training", "settings.json"))
            || (File.Exists(Path.Combine(folder, "training", "settings.json")) && SettingsOf(folder).HiddenDim == 4);
        if (!isThere)
        {
            Train(settings with { Overwrite = true });
            return;
        }

        using var run = TrainingRun.Resume(folder, standardInput: new MemoryStream(_text));
        Assert.True(run.Run().IsFinished);
    }

    private static TrainingSettings SettingsOf(string folder) => SettingsFile.Read(Path.Combine(folder, "training", "settings.json"));

    private void Train(TrainingSettings settings)
    {
        using var run = TrainingRun.Start(settings, standardInput: new MemoryStream(_text));
        run.Run();
    }

    private static byte[] Weights(string folder) => File.ReadAllBytes(Path.Combine(folder, ModelFile.WeightsName));

    private static void Copy(string from, string to)
    {
        foreach (string file in Directory.EnumerateFiles(from, "*", SearchOption.AllDirectories))
        {
            string target = Path.Combine(to, Path.GetRelativePath(from, file));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(file, target);
        }
    }

    /// <summary>Stands for the end of the process.</summary>
    private sealed class ProcessEndedException : Exception;
}

/// <summary>Tests that change the process's current folder: none runs beside any other test.</summary>
[CollectionDefinition(nameof(CurrentFolder), DisableParallelization = true)]
public sealed class CurrentFolder;
