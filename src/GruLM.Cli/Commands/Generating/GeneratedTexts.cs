// What grulm generate writes behind a prompt: one text as it comes, or several, or the likeliest, as text or as lines of JSON.

using System.Text.Json;
using GruLM.Cli.Pipes;

namespace GruLM.Cli.Commands;

/// <summary>Writes the texts of a call.</summary>
internal sealed class GeneratedTexts(LanguageModel model, GenerationOptions options, GenerateCall call, Session session)
{
    // How many known texts are passed over for each new one that is asked for, before it is taken that there are no more.
    private const int MostTries = 50, FewestTries = 1000;

    private readonly KeptState _kept = new(call.State, session);
    private TrainingLines? _known;

    /// <summary>Writes what belongs to a prompt, until it is done or told to stop.</summary>
    public void Write(string prompt, CancellationToken stop)
    {
        if (call.Beam is { } width)
        {
            foreach (Completion text in model.Search(prompt, width, options, stop).Take(call.Completions ?? 1)) Show(prompt, text);
        }
        else if (call.Completions is not null || call.OnlyNew)
        {
            foreach (Completion text in Draw(prompt, call.Completions ?? 1, stop)) Show(prompt, text);
        }
        else
        {
            WriteOne(prompt, stop);
        }
    }

    // One text, shown as it comes.
    private void WriteOne(string prompt, CancellationToken stop)
    {
        using TextSession text = model.StartText(options);
        bool goesOn = _kept.Load(text.Load);
        if ((prompt.Length > 0 || !goesOn) && !text.TryRead(prompt, stop))
        {
            if (call.State is null) throw new OperationCanceledException(stop);
            _kept.TellOfNothing();
            return;
        }

        string written = "";
        if (!call.Json) session.WriteModelText(prompt);
        foreach (string part in text.Write(stop))
        {
            if (call.Json) written += part;
            else session.WriteModelText(part);
        }

        if (call.Json) WriteJson(prompt, new Completion(written, text.FinishReason, text.TokensWritten) { Choices = text.Choices });
        else session.Output.WriteLine();
        session.Output.Flush();
        _kept.Save(text.Save);
    }

    private IEnumerable<Completion> Draw(string prompt, int count, CancellationToken stop)
    {
        if (!call.OnlyNew) return model.Complete(prompt, count, options, stop);
        _known ??= TrainingLines.Read(model, cancel: stop);
        return DrawNew(prompt, count, _known, stop);
    }

    private IEnumerable<Completion> DrawNew(string prompt, int count, TrainingLines known, CancellationToken stop)
    {
        int tries = (int)Math.Max(FewestTries, Math.Min((long)MostTries * count, int.MaxValue)), found = 0;
        HashSet<string> before = [];
        foreach (Completion text in model.Complete(prompt, tries, options, stop))
        {
            string whole = prompt + text.Text;
            if (string.IsNullOrWhiteSpace(whole) || known.Contain(whole) || !before.Add(whole.Trim())) continue;
            yield return text;
            if (++found == count) yield break;
        }

        if (stop.IsCancellationRequested) yield break;
        session.Error.WriteLine(
            $"note: {found} new of {count} that were asked for: of {tries} texts the others are known; "
            + "a higher --temperature gives others");
    }

    private void Show(string prompt, Completion text)
    {
        if (call.Json)
        {
            WriteJson(prompt, text);
        }
        else
        {
            session.WriteModelText(prompt);
            session.WriteModelText(text.Text);
            session.Output.WriteLine();
        }

        session.Output.Flush();
    }

    private void WriteJson(string prompt, Completion text) => JsonLine.Write(session.Output, json =>
    {
        json.WriteString("prompt", prompt);
        json.WriteString("text", text.Text);
        json.WriteString("finish_reason", JsonNamingPolicy.SnakeCaseLower.ConvertName(text.FinishReason.ToString()));
        json.WriteNumber("tokens", text.Tokens);
        if (text.LogProb is { } logProb) json.WriteNumber("logprob", Math.Round(logProb, 4));
        if (options.LogProbs is null) return;
        json.WriteStartArray("logprobs");
        foreach (TokenChoice choice in text.Choices)
        {
            json.WriteStartObject();
            WriteToken(json, choice.Id, choice.LogProb);
            json.WriteStartArray("best");
            foreach ((int id, float ofId) in choice.Best)
            {
                json.WriteStartObject();
                WriteToken(json, id, ofId);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        json.WriteEndArray();
    });

    // JSON has no infinity: of what is impossible the logarithm is null.
    private void WriteToken(Utf8JsonWriter json, int id, float logProb)
    {
        json.WriteNumber("id", id);
        json.WriteString("piece", model.Tokenizer.PieceOf(id));
        if (float.IsFinite(logProb)) json.WriteNumber("logprob", MathF.Round(logProb, 5));
        else json.WriteNull("logprob");
    }
}
