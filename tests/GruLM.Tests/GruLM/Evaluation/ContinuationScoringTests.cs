// How likely one text is after another: the figures are those that scoring and a plain batch give, and what a model has learned is likelier
// than what it has not.

using System.Text;
using GruLM.Kernels;
using GruLM.Model;
using GruLM.Tests.Cli;

namespace GruLM.Tests;

public sealed class ContinuationScoringTests(TrainedFolder trained) : IClassFixture<TrainedFolder>
{
    [Fact]
    public void The_figures_are_those_of_scoring_the_whole_text()
    {
        using var model = LanguageModel.Open(trained.Model, 1);
        string text = File.ReadAllText(trained.Text);
        for (int from = 0; from < 2000; from += 97)
        {
            // At the beginning of a word, where no token straddles.
            int seam = text.IndexOf(' ', from + 40);
            (string context, string continuation) = (text[from..seam], text[seam..(seam + 50)]);
            int[] ids = model.Tokenizer.Encode(context);
            Assert.Equal(ids, model.Tokenizer.Encode(context + continuation)[..ids.Length]);

            // In a stream a prompt stands after a new line.
            using var whole = new MemoryStream(Encoding.UTF8.GetBytes("\n" + context + continuation));
            double expected = model.Score(whole).Skip(ids.Length + 1).Sum(token => (double)token.LogProb!);
            Assert.Equal(expected, model.LogProb(context, continuation), 1e-3);
        }
    }

    [Theory]
    [InlineData(SampleKind.Lines)]
    [InlineData(SampleKind.Stream)]
    public void Where_a_token_straddles_the_rest_of_the_context_is_subtracted(SampleKind samples)
    {
        using var folder = new TinyModel(samples);
        using LanguageModel model = folder.Open();
        const string Context = "How are you? The gard", Continuation = "en is full";
        int[] before = folder.Tokenizer.Encode(Context), whole = folder.Tokenizer.Encode(Context + Continuation);
        Assert.NotEqual(before, whole[..before.Length]);
        int opening = samples == SampleKind.Lines ? folder.Tokenizer.BosId : folder.Tokenizer.IdOf("\n");
        double expected = LogProb(folder.Folder, [opening, .. whole]) - LogProb(folder.Folder, [opening, .. before]);
        Assert.Equal(expected, model.LogProb(Context, Continuation), 1e-3);
        Assert.Equal(LogProb(folder.Folder, [opening, .. whole]), model.LogProb("", Context + Continuation), 1e-3);

        // The chain rule.
        Assert.Equal(
            model.LogProb("", Context + Continuation), model.LogProb("", Context) + model.LogProb(Context, Continuation), 1e-6);
    }

    [Fact]
    public void What_the_model_has_read_is_likelier_than_what_it_has_not()
    {
        using var model = LanguageModel.Open(trained.Model, 1);
        string line = File.ReadLines(trained.Text).First(text => text.Length > 60);
        int seam = line.IndexOf(' ', 20);
        (string context, string right) = (line[..seam], line[seam..]);
        string turned = " " + string.Join(' ', right.Split(' ', StringSplitOptions.RemoveEmptyEntries).Reverse());
        double likely = model.LogProb(context, right), unlikely = model.LogProb(context, turned);
        Assert.True(likely > unlikely + 5, $"{likely} and {unlikely}");
        Assert.True(model.LogProb(context, " zzzz qqqq") < likely / right.Length * 10);
    }

    [Fact]
    public void Nothing_more_is_certain_and_null_is_refused()
    {
        using var folder = new TinyModel(SampleKind.Stream);
        using LanguageModel model = folder.Open();
        Assert.Equal(0, model.LogProb("How are", ""));
        Assert.Throws<ArgumentNullException>(() => model.LogProb(null!, "a"));
        Assert.Throws<ArgumentNullException>(() => model.LogProb("a", null!));
    }

    // The sum over all tokens but the first, by the model that trains.
    private static double LogProb(string folder, int[] ids)
    {
        using var compute = Compute.Create(1);
        using var model = GruLanguageModel.Load(folder, compute);
        var batch = new TokenBatch(ids.Length - 1, 1) { StartsFresh = true };
        ids[..^1].CopyTo(batch.Inputs, 0);
        ids[1..].CopyTo(batch.Targets, 0);
        float[] logProbs = new float[ids.Length - 1];
        model.Score(batch, logProbs);
        return logProbs.Sum(p => (double)p);
    }
}
