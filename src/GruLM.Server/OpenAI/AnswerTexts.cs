// Writes the texts of an answer at the same time, and gives them as a whole or as they come.

using Microsoft.AspNetCore.Http;

namespace GruLM.Server;

/// <summary>Answers with texts. Safe for several threads, each with a response of its own.</summary>
internal static class AnswerTexts
{
    /// <summary>Answers with the likeliest <paramref name="count"/> texts of each prompt, once all are written.</summary>
    public static async Task Whole(
        HttpResponse response, OpenAIAnswer answer, IReadOnlyList<IReadOnlyList<TextOrder>> orders, int count)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(response.HttpContext.RequestAborted);
        var use = RequestUse.Of(response.HttpContext);
        use.TokensRead = answer.Tokens;
        Task<WrittenText>[][] tasks =
            [.. orders.Select(each => each.Select(order => WrittenText.Write(use, order, stop.Token)).ToArray())];
        try
        {
            await Together([.. tasks.SelectMany(each => each)], stop).ConfigureAwait(false);
            var texts = new List<WrittenText>();
            int written = 0;
            foreach (Task<WrittenText>[] each in tasks)
            {
                WrittenText[] done = await Task.WhenAll(each).ConfigureAwait(false);
                written += done.Sum(text => text.End.TokensWritten);
                texts.AddRange(done.Length > count ? done.OrderByDescending(Likelihood).Take(count) : done);
            }

            await JsonAnswer.Write(response, json => answer.WriteWhole(json, texts, written)).ConfigureAwait(false);
        }
        finally
        {
            await stop.CancelAsync().ConfigureAwait(false);
        }
    }

    /// <summary>Answers with all texts as they come.</summary>
    public static async Task Stream(HttpResponse response, OpenAIAnswer answer, IReadOnlyList<TextOrder> orders)
    {
        var events = new EventStream(response);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(response.HttpContext.RequestAborted);
        var use = RequestUse.Of(response.HttpContext);
        use.TokensRead = answer.Tokens;
        int written = 0;
        await events.Write(json => answer.WriteFirstPart(json, orders.Count)).ConfigureAwait(false);
        try
        {
            IEnumerable<Task> tasks = orders.Select((order, index) => events.Pump(
                use.Write(order, stop.Token),
                part =>
                {
                    Interlocked.Add(ref written, part.End?.TokensWritten ?? 0);
                    return events.Write(json => answer.WritePart(json, index, part));
                }));
            await Together([.. tasks], stop).ConfigureAwait(false);
        }
        finally
        {
            await stop.CancelAsync().ConfigureAwait(false);
        }

        if (answer.IncludeUsage) await events.Write(json => answer.WriteUsagePart(json, written)).ConfigureAwait(false);
        await events.Done().ConfigureAwait(false);
    }

    // Where one fails the others need not go on, and what failed it is told, not that they were stopped.
    private static async Task Together(Task[] tasks, CancellationTokenSource stop)
    {
        await foreach (Task done in Task.WhenEach(tasks).ConfigureAwait(false))
        {
            if (done.IsCompletedSuccessfully) continue;
            await stop.CancelAsync().ConfigureAwait(false);
            await Task.WhenAll(tasks).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await done.ConfigureAwait(false);
        }
    }

    // By token, so that short texts are not the likeliest for their shortness alone.
    private static double Likelihood(WrittenText text) =>
        text.Choices.Count == 0 ? double.NegativeInfinity : text.Choices.Average(choice => choice.LogProb);
}
