// /v1/responses: replies are those of a chat, ids and states go on from them, events put together give the whole, and what cannot be is
// said.

using System.Text;
using System.Text.Json;
using GruLM.Server;

namespace GruLM.Tests;

public sealed class ResponsesTests
{
    private const string Address = "/v1/responses";

    private static readonly string[] s_beginning =
        ["response.created", "response.in_progress", "response.output_item.added", "response.content_part.added"];

    private static readonly string[] s_end = ["response.output_text.done", "response.content_part.done", "response.output_item.done"];

    [Fact]
    public async Task A_response_is_the_reply_of_a_chat()
    {
        await using TestServer server = await TestServer.Start();
        using ChatSession chat = server.Model.StartChat(Options(server, seed: 5));
        string expected = string.Concat(chat.Say("How are you?"));
        JsonElement response = await server.Ask(Address, """{"input":"How are you?","max_output_tokens":12,"seed":5}""");
        Assert.Equal(expected, TextOf(response));
        bool isCut = chat.FinishReason == FinishReason.Length;
        Assert.Equal(isCut ? "incomplete" : "completed", response.GetProperty("status").GetString());
        Assert.Equal("response", response.GetProperty("object").GetString());
        Assert.StartsWith("resp_", response.GetProperty("id").GetString());
        JsonElement usage = response.GetProperty("usage");
        int read = usage.GetProperty("input_tokens").GetInt32(), written = usage.GetProperty("output_tokens").GetInt32();
        Assert.Equal(chat.TokensWritten, written);
        Assert.Equal(read + written, usage.GetProperty("total_tokens").GetInt32());
        Assert.Equal(0, usage.GetProperty("output_tokens_details").GetProperty("reasoning_tokens").GetInt32());
        Assert.Equal(
            isCut ? """{"reason":"max_output_tokens"}""" : "null", response.GetProperty("incomplete_details").GetRawText());
    }

    [Fact]
    public async Task Messages_and_instructions_are_read_as_a_talk_is()
    {
        await using TestServer server = await TestServer.Start();
        JsonElement chat = await server.Ask("/v1/chat/completions", """
            {"messages":[{"role":"system","content":"Be well."},{"role":"user","content":"Who?"},{"role":"assistant","content":"I am."},
            {"role":"user","content":"Where?"}],"max_tokens":10,"seed":3}
            """);
        JsonElement response = await server.Ask(Address, """
            {"instructions":"Be well.","input":[{"type":"message","role":"user","content":[{"type":"input_text","text":"Who?"}]},
            {"type":"message","role":"assistant","id":"msg_1","status":"completed","content":[{"type":"output_text","text":"I am.",
            "annotations":[]}]},{"role":"user","content":"Where?"}],"max_output_tokens":10,"seed":3}
            """);
        string? expected = chat.GetProperty("choices")[0].GetProperty("message").GetProperty("content").GetString();
        Assert.Equal(expected, TextOf(response));
        Assert.Equal("Be well.", response.GetProperty("instructions").GetString());
        Assert.True(response.GetProperty("usage").GetProperty("input_tokens_details").GetProperty("cached_tokens").GetInt32() > 0);
    }

    [Fact]
    public async Task Events_come_in_order_and_make_up_the_response()
    {
        await using TestServer server = await TestServer.Start();
        const string request = """{"input":"How are you?","max_output_tokens":12,"seed":5,"metadata":{"a":"b"}""";
        JsonElement whole = await server.Ask(Address, request + "}");
        string raw = await Raw(server, request + ""","stream":true}""");
        string[] blocks = raw.Split("\n\n", StringSplitOptions.RemoveEmptyEntries);
        List<JsonElement> events = [];
        foreach (string block in blocks)
        {
            string[] lines = block.Split('\n');
            Assert.Equal(2, lines.Length);
            var data = JsonElement.Parse(lines[1]["data: ".Length..]);
            Assert.Equal($"event: {data.GetProperty("type").GetString()}", lines[0]);
            Assert.Equal(events.Count, data.GetProperty("sequence_number").GetInt32());
            events.Add(data);
        }

        string last = $"response.{whole.GetProperty("status").GetString()}";
        int deltas = events.Count - s_beginning.Length - s_end.Length - 1;
        Assert.True(deltas > 1);
        string[] expected = [.. s_beginning, .. Enumerable.Repeat("response.output_text.delta", deltas), .. s_end, last];
        Assert.Equal(expected, events.Select(each => each.GetProperty("type").GetString()));
        Assert.Equal(TextOf(whole), string.Concat(events.Where(IsDelta).Select(each => each.GetProperty("delta").GetString())));
        Assert.Equal(TextOf(whole), events[^4].GetProperty("text").GetString());
        JsonElement begun = events[0].GetProperty("response"), ended = events[^1].GetProperty("response");
        Assert.Equal("in_progress", begun.GetProperty("status").GetString());
        Assert.Equal(0, begun.GetProperty("output").GetArrayLength());
        Assert.Equal(Plain(whole), Plain(ended));
        string item = events[2].GetProperty("item").GetProperty("id").GetString()!;
        JsonElement first = events[s_beginning.Length];
        Assert.Equal(
            $$"""{"type":"response.output_text.delta","sequence_number":4,"item_id":"{{item}}","output_index":0,"content_index":0,"""
                + $"\"delta\":{first.GetProperty("delta").GetRawText()},\"logprobs\":[]}}",
            first.GetRawText());
    }

    [Fact]
    public async Task An_id_and_a_state_go_on_from_their_reply()
    {
        await using TestServer server = await TestServer.Start();
        using ChatSession chat = server.Model.StartChat(Options(server, seed: 1));
        string first = string.Concat(chat.Say("How are you?")), second = string.Concat(chat.Say("And the garden?"));
        const string rest = """ "max_output_tokens":12,"seed":1,"return_state":true}""";
        JsonElement begun = await server.Ask(Address, """{"input":"How are you?",""" + rest);
        Assert.Equal(first, TextOf(begun));
        (string id, string state) = (begun.GetProperty("id").GetString()!, begun.GetProperty("state").GetString()!);
        JsonElement byId = await server.Ask(Address, $$"""{"input":"And the garden?","previous_response_id":"{{id}}",""" + rest);
        JsonElement byState = await server.Ask(Address, $$"""{"input":"And the garden?","state":"{{state}}",""" + rest);
        JsonElement again = await server.Ask(Address, $$"""{"input":"And the garden?","previous_response_id":"{{id}}",""" + rest);
        Assert.All([byId, byState, again], response => Assert.Equal(second, TextOf(response)));
        Assert.Equal(id, byId.GetProperty("previous_response_id").GetString());
        int all = server.Model.Tokenizer.Encode(server.Model.Defaults.Chat.Turn("And the garden?")).Length;
        Assert.Equal(all, byId.GetProperty("usage").GetProperty("input_tokens").GetInt32());
    }

    [Fact]
    public async Task Only_the_last_ids_are_known_and_only_stored_ones()
    {
        await using TestServer server = await TestServer.Start(new ServerOptions { KeptResponses = 2 });
        List<string> ids = [];
        for (int i = 0; i < 3; i++) ids.Add(await Begin(server, ""));
        string unstored = await Begin(server, ""","store":false""");
        int[] statuses = await Task.WhenAll(ids.Append(unstored).Select(id => GoOn(server, id)));
        Assert.Equal([404, 200, 200, 404], statuses);
        (int status, JsonElement answer) = await server.Post(Address, """{"input":"Hi","previous_response_id":"resp_0"}""");
        Assert.Equal(404, status);
        JsonElement error = answer.GetProperty("error");
        Assert.Equal("previous_response_not_found", error.GetProperty("code").GetString());
        Assert.Equal("previous_response_id", error.GetProperty("param").GetString());
    }

    [Fact]
    public async Task A_schema_in_the_format_holds()
    {
        await using TestServer server = await TestServer.Start();
        const string format = """
            {"type":"json_schema","name":"mood","strict":true,"schema":{"type":"object","properties":{"mood":{"enum":["good","bad"]}},
            "required":["mood"],"additionalProperties":false}}
            """;
        JsonElement response = await server.Ask(
            Address, $$$"""{"input":"How are you?","text":{"format":{{{format}}}},"seed":2,"max_output_tokens":100}""");
        string mood = JsonElement.Parse(TextOf(response)).GetProperty("mood").GetString()!;
        Assert.Contains(mood, (string[])["good", "bad"]);
        Assert.Equal("mood", response.GetProperty("text").GetProperty("format").GetProperty("name").GetString());
    }

    [Theory]
    [InlineData("""{}""", "'input' is missing")]
    [InlineData("""{"input":5}""", "'input' is a number; a text or a list of messages was expected")]
    [InlineData("""{"input":"a","max_output_tokens":0}""", "'max_output_tokens' is 0; 1 to 1000000 was expected")]
    [InlineData("""{"input":"a","tools":[{"type":"web_search"}]}""", "'tools' are given, and this model calls no tools")]
    [InlineData("""{"input":"a","background":true}""", "'background' is true, and replies come at once here")]
    [InlineData("""{"input":"a","include":["message.output_text.logprobs"]}""",
        "'include' asks for something that responses do not have here")]
    [InlineData("""{"input":[{"type":"function_call"}]}""", "'input[0].type' is no message, and these models read nothing else")]
    [InlineData("""{"input":"a","state":"b","previous_response_id":"c"}""",
        "'previous_response_id' and 'state' are given; a reply goes on from one of them")]
    [InlineData("""{"input":"a","text":{"frmat":{}}}""", "'frmat' is no field of this request; did you mean 'format'?")]
    [InlineData("""{"input":"a","temprature":1}""", "'temprature' is no field of this request; did you mean 'temperature'?")]
    public async Task What_cannot_be_is_said(string request, string message)
    {
        await using TestServer server = await TestServer.Start();
        (int status, JsonElement answer) = await server.Post(Address, request);
        Assert.Equal(400, status);
        Assert.Equal(message, answer.GetProperty("error").GetProperty("message").GetString());
    }

    [Fact]
    public async Task A_response_itself_is_not_kept()
    {
        await using TestServer server = await TestServer.Start();
        string id = await Begin(server, "");
        using HttpResponseMessage response = await server.Client.GetAsync($"{Address}/{id}", TestContext.Current.CancellationToken);
        Assert.Equal(404, (int)response.StatusCode);
        string text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        JsonElement error = JsonElement.Parse(text).GetProperty("error");
        Assert.Equal("response_not_found", error.GetProperty("code").GetString());
        Assert.Contains("previous_response_id", error.GetProperty("message").GetString());
    }

    [Fact]
    public async Task Responses_written_together_are_those_written_alone()
    {
        await using TestServer server = await TestServer.Start();
        string[] requests = [.. Enumerable.Range(0, 12)
            .Select(seed => $$"""{"input":"How are you?","max_output_tokens":20,"seed":{{seed}},"temperature":1}""")];
        List<string> alone = [];
        foreach (string request in requests) alone.Add(TextOf(await server.Ask(Address, request)));
        JsonElement[] together = await Task.WhenAll(requests.Select(request => server.Ask(Address, request)));
        Assert.Equal(alone, together.Select(TextOf));
        Assert.True(alone.Distinct().Count() > 1);
    }

    private static GenerationOptions Options(TestServer server, ulong seed) => new()
    {
        MaxTokens = 12,
        Sampling = server.Model.Defaults.ToSampling() with { Seed = seed },
    };

    private static async Task<string> Begin(TestServer server, string more) =>
        (await server.Ask(Address, $$"""{"input":"Hi","max_output_tokens":2{{more}}}""")).GetProperty("id").GetString()!;

    private static async Task<int> GoOn(TestServer server, string id) =>
        (await server.Post(Address, $$"""{"input":"Hi","max_output_tokens":1,"store":false,"previous_response_id":"{{id}}"}""")).Status;

    private static bool IsDelta(JsonElement each) => each.GetProperty("type").GetString() == "response.output_text.delta";

    private static string TextOf(JsonElement response) =>
        response.GetProperty("output")[0].GetProperty("content")[0].GetProperty("text").GetString()!;

    // A response without what is another one each time.
    private static string Plain(JsonElement response)
    {
        string id = response.GetProperty("id").GetString()!;
        string message = response.GetProperty("output")[0].GetProperty("id").GetString()!;
        string time = response.GetProperty("created_at").GetRawText();
        return response.GetRawText().Replace(id, "").Replace(message, "").Replace(time, "");
    }

    private static async Task<string> Raw(TestServer server, string json)
    {
        using var content = new StringContent(json, Encoding.UTF8, "application/json");
        using HttpResponseMessage response = await server.Client.PostAsync(Address, content, TestContext.Current.CancellationToken);
        Assert.Equal("text/event-stream", response.Content.Headers.ContentType?.MediaType);
        return await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
    }
}
