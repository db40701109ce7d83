// /openapi.json: every address stands in it with every field, and the server has every address that it names.

using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using GruLM.Server;

namespace GruLM.Tests;

public sealed class OpenApiTests
{
    [Fact]
    public async Task Every_address_and_field_is_described()
    {
        await using TestServer server = await TestServer.Start();
        JsonElement described = await Describe(server);
        Assert.Equal("3.1.0", described.GetProperty("openapi").GetString());
        IReadOnlyList<Route> routes = Routes.All(Parts(server.Model));
        Assert.True(routes.Count >= 15);
        JsonElement paths = described.GetProperty("paths");
        foreach (Route route in routes)
        {
            JsonElement operation = paths.GetProperty(route.Template).GetProperty(route.Method.ToLowerInvariant());
            Assert.Equal(route.Help, operation.GetProperty("summary").GetString());
            if (route.Fields.Count == 0) continue;
            JsonElement schema = operation.GetProperty("requestBody").GetProperty("content").GetProperty("application/json")
                .GetProperty("schema");
            IEnumerable<string> fields = schema.GetProperty("properties").EnumerateObject().Select(property => property.Name);
            Assert.Equal(route.Fields.Select(field => field.Name), fields);
        }

        Assert.Equal(routes.Count, paths.EnumerateObject().Sum(path => path.Value.EnumerateObject().Count()));
        IEnumerable<string?> ids = paths.EnumerateObject().SelectMany(path => path.Value.EnumerateObject())
            .Select(operation => operation.Value.GetProperty("operationId").GetString());
        Assert.Equal(routes.Count, ids.Distinct().Count());
    }

    [Fact]
    public async Task The_server_has_every_address_that_is_described()
    {
        await using TestServer server = await TestServer.Start();
        JsonElement described = await Describe(server);
        foreach (JsonProperty path in described.GetProperty("paths").EnumerateObject())
        {
            foreach (JsonProperty operation in path.Value.EnumerateObject())
            {
                string address = path.Name.Replace("{", "").Replace("}", "");
                using var request = new HttpRequestMessage(new HttpMethod(operation.Name.ToUpperInvariant()), address);
                if (operation.Name == "post") request.Content = new StringContent("[]", Encoding.UTF8, "application/json");
                using HttpResponseMessage response = await server.Client.SendAsync(request, TestContext.Current.CancellationToken);
                string answer = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
                Assert.DoesNotContain("there is nothing at this address", answer);
                Assert.NotEqual(405, (int)response.StatusCode);
            }
        }
    }

    [Fact]
    public async Task Fields_are_described_as_they_are_read()
    {
        await using TestServer server = await TestServer.Start();
        JsonElement paths = (await Describe(server)).GetProperty("paths");
        JsonElement chat = SchemaOf(paths, "/v1/chat/completions"), fields = chat.GetProperty("properties");
        Assert.Equal("""["messages"]""", chat.GetProperty("required").GetRawText());
        Assert.False(chat.GetProperty("additionalProperties").GetBoolean());
        Assert.Equal(
            """{"description":"0 takes the likeliest token always","type":["number","null"],"minimum":0,"maximum":1000}""",
            fields.GetProperty("temperature").GetRawText());
        Assert.Equal("""["string","array","null"]""", fields.GetProperty("stop").GetProperty("type").GetRawText());
        JsonElement options = SchemaOf(paths, "/api/generate").GetProperty("properties").GetProperty("options");
        Assert.Equal(-2, options.GetProperty("properties").GetProperty("num_predict").GetProperty("minimum").GetInt32());
    }

    [Fact]
    public async Task Every_reference_leads_somewhere()
    {
        await using TestServer server = await TestServer.Start();
        JsonElement described = await Describe(server);
        string[] names = [.. described.GetProperty("components").GetProperty("schemas").EnumerateObject().Select(schema => schema.Name)];
        string[] references = [.. References(described).Distinct()];
        Assert.Equal(2, references.Length);
        Assert.All(references, reference => Assert.Contains(reference["#/components/schemas/".Length..], names));
    }

    private static IEnumerable<string> References(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Object => element.EnumerateObject().SelectMany(
            property => property.Name == "$ref" ? [property.Value.GetString()!] : References(property.Value)),
        JsonValueKind.Array => element.EnumerateArray().SelectMany(References),
        _ => [],
    };

    private static JsonElement SchemaOf(JsonElement paths, string address) => paths.GetProperty(address).GetProperty("post")
        .GetProperty("requestBody").GetProperty("content").GetProperty("application/json").GetProperty("schema");

    private static Task<JsonElement> Describe(TestServer server) =>
        server.Client.GetFromJsonAsync<JsonElement>("/openapi.json", TestContext.Current.CancellationToken);

    internal static ServerParts Parts(LanguageModel model)
    {
        var options = new ServerOptions();
        var shelf = new ModelShelf([new ServedModel("tiny", model, options)]);
        return new ServerParts(options, shelf, new Admission(1, 1), new StateTokens(new byte[ServerOptions.StateKeyBytes]), default);
    }
}
