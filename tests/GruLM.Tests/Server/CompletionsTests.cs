// /v1/completions on the wire: texts are those of the library, for one prompt or many, whole or streamed.

using System.Text.Json;

namespace GruLM.Tests;

public sealed class CompletionsTests : IAsyncLifetime
{
    private const string Address = "/v1/completions";

    private TestServer _server = null!;

    public async ValueTask InitializeAsync() => _server = await TestServer.Start();

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Fact]
    public async Task A_text_is_that_of_the_library_whole_and_streamed()
    {
        string expected = string.Concat(_server.Model.Generate("I am", Options(5, 40)));
        JsonElement answer = await _server.Ask(Address, """{"model":"tiny","prompt":"I am","max_tokens":40,"seed":5}""");
        Assert.Equal(expected, TextOf(answer, 0));
        Assert.Equal("text_completion", answer.GetProperty("object").GetString());
        List<string> events = await _server.Stream(
            Address, """{"model":"tiny","prompt":"I am","max_tokens":40,"seed":5,"stream":true,"stream_options":{"include_usage":true}}""");
        Assert.Equal("[DONE]", events[^1]);
        JsonElement[] parts = [.. events.SkipLast(1).Select(data => JsonElement.Parse(data))];
        Assert.Equal(expected, string.Concat(parts.SkipLast(1).Select(part => TextOf(part, 0))));
        string reason = answer.GetProperty("choices")[0].GetProperty("finish_reason").GetString()!;
        Assert.Equal(reason, parts[^2].GetProperty("choices")[0].GetProperty("finish_reason").GetString());
        Assert.All(
            parts.SkipLast(2),
            part => Assert.Equal(JsonValueKind.Null, part.GetProperty("choices")[0].GetProperty("finish_reason").ValueKind));
        Assert.Equal(answer.GetProperty("usage").GetRawText(), parts[^1].GetProperty("usage").GetRawText());
    }

    [Fact]
    public async Task Prompts_and_texts_come_in_order_and_each_is_what_it_is_alone()
    {
        JsonElement answer = await _server.Ask(Address, """{"prompt":["I am","How"],"n":3,"max_tokens":12,"seed":7}""");
        Assert.Equal(6, answer.GetProperty("choices").GetArrayLength());
        for (int i = 0; i < 6; i++)
        {
            string alone = string.Concat(_server.Model.Generate(i < 3 ? "I am" : "How", Options(7 + (ulong)(i % 3), 12)));
            Assert.Equal(alone, TextOf(answer, i));
            Assert.Equal(i, answer.GetProperty("choices")[i].GetProperty("index").GetInt32());
        }
    }

    [Fact]
    public async Task Many_at_once_are_what_each_is_alone()
    {
        string[] texts = await Task.WhenAll(Enumerable.Range(0, 100).Select(async i =>
        {
            string request = $$"""{"prompt":"The old clock","max_tokens":30,"seed":{{i}}}""";
            return TextOf(await _server.Ask(Address, request), 0);
        }));
        for (int i = 0; i < texts.Length; i++)
        {
            Assert.Equal(string.Concat(_server.Model.Generate("The old clock", Options((ulong)i, 30))), texts[i]);
        }
    }

    [Fact]
    public async Task Echoed_tokens_are_scored_as_evaluation_harnesses_need_it()
    {
        int[] ids = _server.Model.Tokenizer.Encode("How are you?");
        string prompt = JsonSerializer.Serialize(ids);
        JsonElement answer = await _server.Ask(
            Address, $$"""{"prompt":{{prompt}},"max_tokens":1,"echo":true,"logprobs":3,"temperature":0}""");
        JsonElement told = answer.GetProperty("choices")[0].GetProperty("logprobs");
        JsonElement[] scores = [.. told.GetProperty("token_logprobs").EnumerateArray()];
        Assert.Equal(JsonValueKind.Null, scores[0].ValueKind);
        Assert.Equal(JsonValueKind.Null, told.GetProperty("top_logprobs")[0].ValueKind);
        Assert.True(scores.Length >= ids.Length);
        for (int i = 1; i < ids.Length; i++)
        {
            TextSession session = _server.Model.StartText(new GenerationOptions { MaxTokens = 1, LogProbs = 320 });
            session.Read(_server.Model.Tokenizer.Decode(ids.AsSpan(0, i)));
            if (!_server.Model.Tokenizer.Encode(_server.Model.Tokenizer.Decode(ids.AsSpan(0, i))).SequenceEqual(ids.Take(i))) continue;
            foreach (string _ in session.Write()) break;
            float expected = session.Choices[0].Best.First(best => best.Id == ids[i]).LogProb;
            Assert.Equal(expected, scores[i].GetSingle(), 1e-5f);
        }

        Assert.StartsWith("How are you?", TextOf(answer, 0));
        int[] offsets = [.. told.GetProperty("text_offset").EnumerateArray().Select(offset => offset.GetInt32())];
        Assert.Equal(0, offsets[0]);
        Assert.Equal(offsets.Order(), offsets);
    }

    [Fact]
    public async Task The_likeliest_of_several_is_given()
    {
        JsonElement all = await _server.Ask(Address, """{"prompt":"I am","n":4,"max_tokens":10,"seed":3,"logprobs":0}""");
        JsonElement best = await _server.Ask(Address, """{"prompt":"I am","n":1,"best_of":4,"max_tokens":10,"seed":3}""");
        string likeliest = Enumerable.Range(0, 4).OrderByDescending(Likelihood).Select(i => TextOf(all, i)).First();
        Assert.Equal(likeliest, TextOf(best, 0));
        Assert.Equal(JsonValueKind.Null, best.GetProperty("choices")[0].GetProperty("logprobs").ValueKind);

        double Likelihood(int i) => all.GetProperty("choices")[i].GetProperty("logprobs").GetProperty("token_logprobs").EnumerateArray()
            .Average(score => score.GetDouble());
    }

    [Fact]
    public async Task A_state_goes_on_where_the_text_ended()
    {
        JsonElement first = await _server.Ask(
            Address, """{"prompt":"I am","max_tokens":10,"temperature":0,"return_state":true,"ignore_eos":true}""");
        string state = first.GetProperty("choices")[0].GetProperty("state").GetString()!;
        JsonElement second = await _server.Ask(
            Address, $$"""{"prompt":"","state":"{{state}}","max_tokens":10,"temperature":0,"ignore_eos":true}""");
        JsonElement whole = await _server.Ask(Address, """{"prompt":"I am","max_tokens":20,"temperature":0,"ignore_eos":true}""");
        Assert.Equal(TextOf(whole, 0), TextOf(first, 0) + TextOf(second, 0));
        Assert.InRange(state.Length, 100, 4000);
    }

    [Fact]
    public async Task A_constraint_holds()
    {
        JsonElement answer = await _server.Ask(Address, """{"prompt":"I am","regex":"[0-9]{3}-[a-c]+x","max_tokens":30}""");
        Assert.Matches("^[0-9]{3}-[a-c]+x$", TextOf(answer, 0));
    }

    [Fact]
    public async Task An_unknown_model_is_not_found()
    {
        (int status, JsonElement answer) = await _server.Post(Address, """{"model":"other","prompt":"I"}""");
        Assert.Equal(404, status);
        Assert.Equal("model_not_found", answer.GetProperty("error").GetProperty("code").GetString());
    }

    [Fact]
    public async Task A_million_tokens_may_be_asked_for() =>
        Assert.NotNull(TextOf(await _server.Ask(Address, """{"prompt":"I am","max_tokens":1000000,"stop":["a","e"," "]}"""), 0));

    private GenerationOptions Options(ulong seed, int tokens) =>
        new() { MaxTokens = tokens, Sampling = _server.Model.Defaults.ToSampling() with { Seed = seed } };

    private static string TextOf(JsonElement answer, int index) =>
        answer.GetProperty("choices")[index].GetProperty("text").GetString()!;
}
