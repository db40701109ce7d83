// Ollama's interface: texts are the model's, lines come one by one, options stand in their object, and errors are sentences.

using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using GruLM.Generation;
using GruLM.Server;

namespace GruLM.Tests;

public sealed class OllamaTests
{
    [Fact]
    public async Task A_text_goes_on_behind_its_prompt()
    {
        await using TestServer server = await TestServer.Start();
        SamplingOptions sampling = server.Model.Defaults.ToSampling() with { Seed = 4, TopK = 3 };
        var options = new GenerationOptions { MaxTokens = 9, Sampling = sampling };
        string expected = string.Concat(server.Model.Generate("How are", options, TestContext.Current.CancellationToken));
        const string request =
            """{"model":"tiny:latest","prompt":"How are","options":{"seed":4,"top_k":3,"num_predict":9,"num_ctx":2048}""";
        JsonElement whole = await server.Ask("/api/generate", request + ""","stream":false}""");
        Assert.Equal(expected, whole.GetProperty("response").GetString());
        Assert.Equal("tiny:latest", whole.GetProperty("model").GetString());
        List<JsonElement> lines = await Lines(server, "/api/generate", request + "}");
        Assert.Equal(expected, string.Concat(lines.Select(line => line.GetProperty("response").GetString())));
        Assert.All(lines[..^1], line => Assert.Equal(["model", "created_at", "response", "done"], Names(line)));
        Assert.All(lines[..^1], line => Assert.False(line.GetProperty("done").GetBoolean()));
        string[] last =
        [
            "model", "created_at", "response", "done", "done_reason", "total_duration", "load_duration", "prompt_eval_count",
            "prompt_eval_duration", "eval_count", "eval_duration",
        ];
        Assert.Equal(last, Names(lines[^1]));
        Assert.Equal(last, Names(whole));
    }

    [Fact]
    public async Task Times_are_measured_and_add_up()
    {
        await using TestServer server = await TestServer.Start();
        JsonElement whole = await server.Ask(
            "/api/generate", """{"prompt":"How are","stream":false,"options":{"num_predict":50,"ignore_eos":true}}""");
        long total = whole.GetProperty("total_duration").GetInt64();
        long[] parts =
            [.. new[] { "load_duration", "prompt_eval_duration", "eval_duration" }.Select(name => whole.GetProperty(name).GetInt64())];
        Assert.All(parts, part => Assert.True(part > 0));
        Assert.InRange(parts.Sum(), total - 1000, total + 1000);
        Assert.Equal(50, whole.GetProperty("eval_count").GetInt32());
        Assert.Equal("length", whole.GetProperty("done_reason").GetString());
        int read = server.Model.WholePrompt("How are", TestContext.Current.CancellationToken).Length;
        Assert.Equal(read, whole.GetProperty("prompt_eval_count").GetInt32());
    }

    [Fact]
    public async Task A_chat_is_that_of_the_other_interface()
    {
        await using TestServer server = await TestServer.Start();
        const string messages = """[{"role":"system","content":"Be well."},{"role":"user","content":"How are you?"}]""";
        JsonElement other = await server.Ask("/v1/chat/completions", $$"""{"messages":{{messages}},"max_tokens":15,"seed":9}""");
        string expected = other.GetProperty("choices")[0].GetProperty("message").GetProperty("content").GetString()!;
        string request = $$"""{"model":"tiny","messages":{{messages}},"options":{"num_predict":15,"seed":9}""";
        List<JsonElement> lines = await Lines(server, "/api/chat", request + "}");
        Assert.Equal(expected, string.Concat(lines.Select(line => line.GetProperty("message").GetProperty("content").GetString())));
        Assert.All(lines, line => Assert.Equal("assistant", line.GetProperty("message").GetProperty("role").GetString()));
        JsonElement whole = await server.Ask("/api/chat", request + ""","stream":false}""");
        Assert.Equal(expected, whole.GetProperty("message").GetProperty("content").GetString());
    }

    [Fact]
    public async Task A_system_stands_before_a_prompt_and_raw_and_trained_models_agree_with_what_is_said_of_them()
    {
        await using TestServer server = await TestServer.Start();
        const string rest = """ "stream":false,"options":{"seed":1,"num_predict":8}}""";
        JsonElement behind = await server.Ask("/api/generate", """{"prompt":"Be well.\nHow are",""" + rest);
        JsonElement system = await server.Ask("/api/generate", """{"system":"Be well.","prompt":"How are",""" + rest);
        Assert.Equal(behind.GetProperty("response").GetString(), system.GetProperty("response").GetString());
        server.Model.Defaults.Chat.IsTrained = true;
        JsonElement reply = await server.Ask("/api/generate", """{"prompt":"How are",""" + rest);
        JsonElement chat = await server.Ask("/api/chat", """{"messages":[{"role":"user","content":"How are"}],""" + rest);
        Assert.Equal(chat.GetProperty("message").GetProperty("content").GetString(), reply.GetProperty("response").GetString());
        JsonElement raw = await server.Ask("/api/generate", """{"raw":true,"system":"Be well.","prompt":"How are",""" + rest);
        Assert.Equal(behind.GetProperty("response").GetString(), raw.GetProperty("response").GetString());
    }

    [Theory]
    [InlineData("\"json\"")]
    [InlineData("""{"type":"object","properties":{"n":{"type":"integer","minimum":0,"maximum":9}},"required":["n"]}""")]
    public async Task A_format_holds(string format)
    {
        await using TestServer server = await TestServer.Start();
        JsonElement whole = await server.Ask(
            "/api/generate", $$$"""{"prompt":"How are","stream":false,"format":{{{format}}},"options":{"seed":3,"num_predict":400}}""");
        if (whole.GetProperty("done_reason").GetString() == "length") Assert.StartsWith("{", whole.GetProperty("response").GetString());
        else Assert.Equal(JsonValueKind.Object, JsonElement.Parse(whole.GetProperty("response").GetString()!).ValueKind);
    }

    [Fact]
    public async Task As_many_tokens_as_the_server_gives_can_be_asked_for()
    {
        await using TestServer server = await TestServer.Start(new ServerOptions { MaxTokens = 300 });
        JsonElement whole = await server.Ask(
            "/api/generate", """{"prompt":"How are","stream":false,"options":{"num_predict":-1,"ignore_eos":true}}""");
        Assert.Equal(300, whole.GetProperty("eval_count").GetInt32());
    }

    [Fact]
    public async Task A_request_with_nothing_to_say_finds_the_model_there()
    {
        await using TestServer server = await TestServer.Start();
        JsonElement text = await server.Ask("/api/generate", """{"model":"tiny","keep_alive":"5m"}""");
        JsonElement chat = await server.Ask("/api/chat", """{"model":"tiny","messages":[]}""");
        Assert.All([text, chat], answer => Assert.Equal("load", answer.GetProperty("done_reason").GetString()));
    }

    [Theory]
    [InlineData("*/*", "text/plain")]
    [InlineData("application/json", "text/plain")]
    [InlineData("", "text/plain")]
    [InlineData("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "text/html")]
    public async Task Clients_are_told_that_a_server_is_there_and_browsers_see_a_page(string accept, string kind)
    {
        await using TestServer server = await TestServer.Start();
        foreach (HttpMethod method in (HttpMethod[])[HttpMethod.Get, HttpMethod.Head])
        {
            using var request = new HttpRequestMessage(method, "/");
            if (accept.Length > 0) request.Headers.Add("Accept", accept);
            using HttpResponseMessage response = await server.Client.SendAsync(request, TestContext.Current.CancellationToken);
            string body = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
            Assert.Equal(200, (int)response.StatusCode);
            Assert.Equal(kind, response.Content.Headers.ContentType?.MediaType);
            if (method == HttpMethod.Head) Assert.Empty(body);
            else if (kind == "text/plain") Assert.Equal("Ollama is running", body);
        }
    }

    [Theory]
    [InlineData("/api/tags")]
    [InlineData("/api/version")]
    [InlineData("/api/ps")]
    [InlineData("/v1/models")]
    [InlineData("/health")]
    public async Task The_head_alone_can_be_asked_for(string address)
    {
        await using TestServer server = await TestServer.Start();
        using HttpResponseMessage whole = await server.Client.GetAsync(address, TestContext.Current.CancellationToken);
        using var request = new HttpRequestMessage(HttpMethod.Head, address);
        using HttpResponseMessage head = await server.Client.SendAsync(request, TestContext.Current.CancellationToken);
        Assert.Equal(200, (int)head.StatusCode);
        Assert.Equal(whole.Content.Headers.ContentLength, head.Content.Headers.ContentLength);
        Assert.Empty(await head.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Vectors_are_made_as_both_requests_have_them()
    {
        await using TestServer server = await TestServer.Start();
        JsonElement one = await server.Ask("/api/embed", """{"model":"tiny","input":"How are you?","options":{},"keep_alive":-1}""");
        JsonElement old = await server.Ask("/api/embeddings", """{"model":"tiny","prompt":"How are you?"}""");
        JsonElement other = await server.Ask("/v1/embeddings", """{"input":"How are you?"}""");
        string expected = other.GetProperty("data")[0].GetProperty("embedding").GetRawText();
        Assert.Equal(["model", "embeddings", "total_duration", "load_duration", "prompt_eval_count"], Names(one));
        Assert.Equal($"[{expected}]", one.GetProperty("embeddings").GetRawText());
        Assert.Equal($$"""{"embedding":{{expected}}}""", old.GetRawText());
        Assert.Equal("tiny", one.GetProperty("model").GetString());
        foreach (string nothing in (string[])["\"\"", "[]"])
        {
            JsonElement none = await server.Ask("/api/embed", $$"""{"input":{{nothing}}}""");
            Assert.Equal("[]", none.GetProperty("embeddings").GetRawText());
        }

        Assert.Equal("""{"embedding":[]}""", (await server.Ask("/api/embeddings", """{"model":"tiny"}""")).GetRawText());
    }

    // What the program ollama of version 0.12 sends when it is asked to run, show and stop a model.
    [Theory]
    [InlineData("/api/show", """{"model":"tiny","system":"","template":"","options":null,"name":""}""")]
    [InlineData("/api/generate", """{"model":"tiny","prompt":"","suffix":"","system":"","template":"","format":null,"options":null}""")]
    [InlineData("/api/generate", """
        {"model":"tiny","prompt":"Hi","suffix":"","system":"","template":"","stream":false,"format":"","keep_alive":"5m","truncate":true,
        "shift":true,"options":{"num_predict":3}}
        """)]
    [InlineData("/api/chat", """
        {"model":"tiny","messages":[{"role":"user","content":"Hi"}],"stream":false,"format":"","options":{"num_predict":3},"think":null}
        """)]
    [InlineData("/api/generate", """{"model":"tiny","prompt":"","system":"","template":"","format":null,"keep_alive":0,"options":null}""")]
    public async Task What_its_own_program_asks_is_answered(string address, string request)
    {
        await using TestServer server = await TestServer.Start();
        await server.Ask(address, request);
    }

    [Theory]
    [InlineData("/api/generate", """{"model":"none","prompt":"a"}""", 404, "model 'none' not found; there are tiny:latest")]
    [InlineData("/api/generate", """{"prompt":"a","images":["aa"]}""", 400, "'images' is not supported: these models read no pictures")]
    [InlineData("/api/generate", """{"prompt":"a","options":{"temprature":1}}""", 400,
        "'temprature' is no field of this request; did you mean 'temperature'?")]
    [InlineData("/api/generate", """{"prompt":"a","options":{"temperature":-1}}""", 400, "'temperature' is -1; 0 to 1000 was expected")]
    [InlineData("/api/generate", """{"prompt":"a","format":"xml"}""", 400, "'format' is neither json nor a JSON schema")]
    [InlineData("/api/chat", """{"messages":[{"role":"user","content":"a"}],"tools":[{}]}""", 400,
        "'tools' is not supported: these models call no tools")]
    [InlineData("/api/chat", """{"messages":[{"role":"user","content":"a"}],"think":true}""", 400,
        "'think' is not supported: these models do not think apart from what they write")]
    [InlineData("/api/chat", """{}""", 400, "'messages' is missing")]
    [InlineData("/api/embed", """{}""", 400, "'input' is missing")]
    [InlineData("/api/embed", """{"input":["a",""]}""", 400, "'input' holds an empty text")]
    [InlineData("/api/embed", """{"input":"a","dimensions":5}""", 400, "'dimensions' is 5; this model's vectors have 24")]
    [InlineData("/api/embed", """{"model":"none","input":"a"}""", 404, "model 'none' not found; there are tiny:latest")]
    [InlineData("/api/embeddings", """{"prompt":["a"]}""", 400, "'prompt' is a list; a text was expected")]
    [InlineData("/api/pull", """{"model":"other"}""", 404,
        "this server has the models that it was started with; none can be pulled, pushed, made, copied or deleted")]
    [InlineData("/api/nothing", """{}""", 404, "there is nothing at this address; /openapi.json lists what there is")]
    public async Task Errors_are_sentences(string address, string request, int status, string message)
    {
        await using TestServer server = await TestServer.Start();
        (int given, JsonElement answer) = await server.Post(address, request);
        Assert.Equal(status, given);
        Assert.Equal(JsonSerializer.Serialize(message), JsonSerializer.Serialize(answer.GetProperty("error").GetString()));
        Assert.Equal(["error"], Names(answer));
    }

    [Fact]
    public async Task Models_are_listed_and_shown()
    {
        await using TestServer server = await TestServer.Start();
        JsonElement listed = await server.Client.GetFromJsonAsync<JsonElement>("/api/tags", TestContext.Current.CancellationToken);
        JsonElement model = Assert.Single(listed.GetProperty("models").EnumerateArray());
        Assert.Equal("tiny:latest", model.GetProperty("name").GetString());
        Assert.Equal(server.Model.Fingerprint, model.GetProperty("digest").GetString());
        long size = new FileInfo(Path.Combine(server.Model.Folder, "model.safetensors")).Length
            + new FileInfo(Path.Combine(server.Model.Folder, "tokenizer.model")).Length;
        Assert.Equal(size, model.GetProperty("size").GetInt64());
        JsonElement shown = await server.Ask("/api/show", """{"model":"tiny"}""");
        JsonElement info = shown.GetProperty("model_info");
        Assert.Equal(24, info.GetProperty("gru.hidden_length").GetInt32());
        Assert.Equal(server.Model.Config.VocabSize, info.GetProperty("gru.vocab_size").GetInt32());
        Assert.Equal(server.Model.ParameterCount, info.GetProperty("general.parameter_count").GetInt64());
        Assert.Equal(model.GetProperty("details").GetRawText(), shown.GetProperty("details").GetRawText());
    }

    private static async Task<List<JsonElement>> Lines(TestServer server, string address, string json)
    {
        using var content = new StringContent(json, Encoding.UTF8, "application/json");
        using HttpResponseMessage response = await server.Client.PostAsync(address, content, TestContext.Current.CancellationToken);
        Assert.Equal("application/x-ndjson", response.Content.Headers.ContentType?.MediaType);
        string text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Assert.EndsWith("\n", text);
        return [.. text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonElement.Parse(line))];
    }

    private static IEnumerable<string> Names(JsonElement element) => element.EnumerateObject().Select(property => property.Name);
}
