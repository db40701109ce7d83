// What pages of docs/ (library, structured-output, getting-started, exchange, tokenizers) show of models and tokenizers, a method for each
// block of code: the lines there are these, and ReadmeTests compares them. Each runs in a folder that holds book.txt, other.txt and the
// model "book".

using System.ComponentModel.DataAnnotations;
using System.Numerics.Tensors;
using System.Reflection;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using GruLM.Corpus;
using GruLM.Formats;
using GruLM.Generation;
using GruLM.Model;
using GruLM.Report;
using GruLM.Tokenization;
using GruLM.Training;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.ML.OnnxRuntime;

namespace GruLM.Tests.Samples;

internal static class ModelExamples
{
    public static void FineTuned()
    {
        var settings = new TrainingSettings { InitFrom = "book", Data = ["other.txt"], OutDir = "tuned", LearningRate = 0.001, Epochs = 3 };
        using var run = TrainingRun.Start(settings);
        run.Run();
    }

    public static void Repeated()
    {
        TrainingSettings settings = SettingsFile.Read("book/training/settings.json") with { OutDir = "again", Seed = 2 };
        using var run = TrainingRun.Start(settings);
        run.Run();
    }

    public static void Begun()
    {
        using var model = LanguageModel.Open("book");
        Console.WriteLine(string.Concat(model.Generate("ROMEO:", new GenerationOptions { MaxTokens = 60 })));
        Console.WriteLine(model.LogProb("ROMEO:", "\nI love thee."));
        Console.WriteLine(model.LogProb("ROMEO:", "\nthee love I."));
    }

    public static void Generated()
    {
        using var model = LanguageModel.Open("book");
        foreach (string text in model.Generate("ROMEO:", new GenerationOptions { MaxTokens = 60 }))
        {
            Console.Write(text);
        }
    }

    public static async Task AmongServices()
    {
        LanguageModel model;
        WebApplicationBuilder builder = WebApplication.CreateBuilder();
        builder.Services.AddSingleton(_ => LanguageModel.Open("book"));
        builder.Services.AddSingleton<IChatClient>(services => new GruChatClient(services.GetRequiredService<LanguageModel>()));
        await using (WebApplication app = builder.Build())
        {
            IChatClient client = app.Services.GetRequiredService<IChatClient>();
            Assert.Same(client, app.Services.GetRequiredService<IChatClient>());
            model = app.Services.GetRequiredService<LanguageModel>();
            await client.GetResponseAsync("Hello.", new ChatOptions { MaxOutputTokens = 3 });
        }

        Assert.Throws<ObjectDisposedException>(() => model.LogProb("a", "b"));
    }

    public static void OpenedInOtherWays()
    {
        using var model = LanguageModel.Open("book", threads: 1, weights: WeightFormat.Fp32);
        Assert.Equal(SampleKind.Stream, model.Samples);
    }

    public static void OpenedFromTheProgram()
    {
        var program = Assembly.GetExecutingAssembly();
        using var model = LanguageModel.Open(name => program.GetManifestResourceStream("book/" + name));
        Assert.NotEmpty(string.Concat(model.Generate("The", new GenerationOptions { MaxTokens = 10, IgnoreEos = true })));
    }

    public static void Varied()
    {
        using var model = LanguageModel.Open("book");
        var options = new GenerationOptions
        {
            MaxTokens = 60,
            Stop = ["\n\n"],
            Sampling = model.Defaults.ToSampling() with { Seed = (ulong)Random.Shared.NextInt64() },
        };
        string story = string.Concat(model.Generate("ROMEO:", options));
        Console.WriteLine(story);
    }

    public static void InParts()
    {
        using var model = LanguageModel.Open("book");
        using TextSession text = model.StartText(new GenerationOptions { MaxTokens = 40 });
        text.Read("ROMEO:");
        string first = string.Concat(text.Write());
        using TextSession other = text.Fork();
        text.Save("romeo.state");
        Assert.Equal(string.Concat(text.Write()), string.Concat(other.Write()));
        Assert.NotEmpty(first);
        other.Load("romeo.state");
        Assert.Equal(20, model.Complete("ROMEO:", 20).Count());
        Assert.Equal(8, model.Search("ROMEO:", width: 8).Count);
    }

    public static void Constrained()
    {
        using var model = LanguageModel.Open("book");
        var options = new GenerationOptions { Constraint = TextConstraint.Regex("(yes|no), because [a-z ]{10,60}\\."), MaxTokens = 80 };
        string answer = string.Concat(model.Generate("ROMEO:", options));
        Console.WriteLine(answer);
    }

    public static void ConstrainedByARecord()
    {
        using var model = LanguageModel.Open("book");
        string schema = AIJsonUtilities.CreateJsonSchema(typeof(Person)).GetRawText();
        var options = new GenerationOptions { Constraint = TextConstraint.JsonSchema(schema), MaxTokens = 300 };
        string json = string.Concat(model.Generate("ROMEO:", options));
        Person person = JsonSerializer.Deserialize<Person>(json, AIJsonUtilities.DefaultOptions)!;
        Assert.InRange(person.Age, 0, 120);
        Assert.NotNull(person.Hobbies);
    }

    public static void Bounded()
    {
        var bounded = new AIJsonSchemaCreateOptions
        {
            TransformSchemaNode = (context, node) =>
            {
                if (context.TypeInfo.Type == typeof(int) && node is JsonObject of) of["format"] = "int32";
                return node;
            },
        };
        string schema = AIJsonUtilities.CreateJsonSchema(typeof(Person), inferenceOptions: bounded).GetRawText();
        Assert.Contains("int32", TextConstraint.JsonSchema(schema).Source, StringComparison.Ordinal);
    }

    public static async Task GeneratedAsynchronously()
    {
        using var model = LanguageModel.Open("book");
        using var stop = new CancellationTokenSource(TimeSpan.FromSeconds(5));
        try
        {
            await foreach (string text in model.GenerateAsync("ROMEO:", cancel: stop.Token)) Console.Write(text);
        }
        catch (OperationCanceledException)
        {
            Console.WriteLine(" (that is all in five seconds)");
        }
    }

    public static void Talked()
    {
        using var model = LanguageModel.Open("book");
        using ChatSession chat = model.StartChat();
        string answer = string.Concat(chat.Say("Hello, my name is Anna and I like tarts."));
        string name = string.Concat(chat.Say("What is my name?"));
        chat.Reset();                                         // forgets the talk so far
        Console.WriteLine(answer + name);
    }

    public static async Task TalkedAsynchronously()
    {
        using var model = LanguageModel.Open("book");
        using ChatSession chat = model.StartChat();
        await foreach (string text in chat.SayAsync("What is my name?")) Console.Write(text);
        Console.WriteLine();
    }

    public static long Compressed()
    {
        using var model = LanguageModel.Open("book");
        using FileStream content = File.OpenRead("text.txt"), compressed = File.Create("text.grz");
        CompressionFigures figures = TextCompression.Compress(content, compressed, model);
        return figures.CompressedBytes;
    }

    public static void SentAndBrought()
    {
        ModelExport.ToSafetensors(new ExportSettings { Model = "book", Out = "half.safetensors", Type = TensorType.BF16 });
        ModelImport.Run(new ImportSettings { Weights = "half.safetensors", Tokenizer = "book/tokenizer.model", OutDir = "half" });
        using var model = LanguageModel.Open("half");
        Assert.True(model.LogProb("ROMEO:", "\nI love thee.") < 0);
    }

    public static void SteppedInOnnxRuntime()
    {
        OnnxSession.SkipWhereItCannotBeLoaded();
        ModelExport.ToOnnx(new ExportSettings { Model = "book", Out = "book.onnx" });
        using var session = new InferenceSession("book.onnx");
        using var options = new RunOptions();
        var tokenizer = Tokenizer.Load("book/tokenizer.model");
        int[] sizes = session.InputMetadata["state"].Dimensions;
        float[] state = new float[sizes[0] * sizes[2]];
        long[] ids = [.. tokenizer.Encode("ROMEO:")];
        var text = new List<int>();
        while (text.Count < 60)
        {
            using var read = OrtValue.CreateTensorValueFromMemory(ids, [1, ids.Length]);
            using var before = OrtValue.CreateTensorValueFromMemory(state, [sizes[0], 1, sizes[2]]);
            using IDisposableReadOnlyCollection<OrtValue> found =
                session.Run(options, ["ids", "state"], [read, before], ["logits", "next_state"]);
            ReadOnlySpan<float> scores = found[0].GetTensorDataAsSpan<float>()[^tokenizer.VocabSize..];
            text.Add(TensorPrimitives.IndexOfMax(scores));
            ids = [text[^1]];
            state = found[1].GetTensorDataAsSpan<float>().ToArray();
        }

        Console.WriteLine(tokenizer.Decode(text.ToArray()));
    }

    public static void Evaluated()
    {
        EvaluationFigures figures = ModelEvaluation.Run("book");
        Console.WriteLine($"{figures.Plain.BitsPerByte:F3} bits a byte of held-out text");

        var settings = new EvaluationSettings { Model = "book", Data = ["other.txt"], Dynamic = new DynamicOptions() };
        figures = ModelEvaluation.Run(settings);
        Console.WriteLine($"{figures.Plain.BitsPerByte:F3} of another, and {figures.Adapted?.BitsPerByte:F3} learning while it reads");
    }

    public static void Scored()
    {
        using var model = LanguageModel.Open("book");
        using FileStream file = File.OpenRead("other.txt");
        foreach (ScoredToken token in model.Score(file))
        {
            Console.WriteLine($"{token.Piece} {token.LogProb} {token.End}");
        }
    }

    public static void ScoredManyDocuments()
    {
        using var model = LanguageModel.Open("book");
        foreach (DocumentScore score in DocumentScoring.Score(model, TextCorpus.Documents("other.txt")))
        {
            Console.WriteLine($"{score.BitsPerByte:F2} {Encoding.UTF8.GetString(score.Document.Utf8.Span)}");
        }
    }

    public static async Task TalkedAsAnyChatClient()
    {
        using var model = LanguageModel.Open("book");
        using IChatClient client = new GruChatClient(model);
        var options = new ChatOptions { MaxOutputTokens = 100, Temperature = 0.5f, Seed = 1 };
        ChatResponse reply = await client.GetResponseAsync("Hello, my name is Anna and I like tarts.", options);
        options.ConversationId = reply.ConversationId;        // from here on only what is new is sent
        await foreach (ChatResponseUpdate update in client.GetStreamingResponseAsync("What is my name?", options)) Console.Write(update);
    }

    public static async Task Embedded()
    {
        using var model = LanguageModel.Open("book");
        using var generator = new GruEmbeddingGenerator(model);
        GeneratedEmbeddings<Embedding<float>> vectors = await generator.GenerateAsync(["Where is the cat?", "Where is the dog?"]);
        float cosine = vectors[0].Vector.ToArray().Zip(vectors[1].Vector.ToArray(), (a, b) => a * b).Sum();
        Console.WriteLine(cosine);
    }

    public static void Compared()
    {
        using var model = LanguageModel.Open("book");
        string[] answers = [" Paris", " London"];
        string? likeliest = answers.MaxBy(answer => model.LogProb("The capital of France is", answer));
        Console.WriteLine(likeliest);
    }

    public static void LookedForCopies()
    {
        var repeats = ModelRepeats.Find(new RepeatsSettings { Model = "book" });
        Console.WriteLine($"{repeats.Generated.Share50:P1} is copied, and of the held-out text {repeats.HeldOut?.Share50:P1}");
    }

    public static void Reported()
    {
        ReadmeTests.Train("other.txt", "tuned");
        RunReport.Write("book", "book.html");
        RunReport.WriteComparison("book", "tuned", "both.html");
        foreach ((string fact, string value) in ModelDescription.Read("book").Facts()) Console.WriteLine($"{fact}: {value}");
    }

    public static void Tokenised()
    {
        var options = new TrainerOptions { ModelType = ModelType.Bpe, VocabSize = 400 };
        SentencePieceModel trained = TokenizerTrainer.Train(options, SentenceReader.ReadFiles(["book.txt"]));
        var tokenizer = new Tokenizer(trained);
        tokenizer.Save("book.model");

        var loaded = Tokenizer.Load("book.model");
        int[] ids = loaded.Encode("Hello, world");
        Console.WriteLine(loaded.Decode(ids));
        foreach (EncodedPiece piece in loaded.EncodePieces("Hello, world", OffsetUnit.Utf16))
        {
            Console.WriteLine($"{piece.Id} {piece.Text} {piece.Begin}..{piece.End}");
        }
    }

    internal sealed record Person(
        [property: StringLength(30)] string Name, [property: Range(0, 120)] int Age, DateOnly Born, string[] Hobbies);
}
