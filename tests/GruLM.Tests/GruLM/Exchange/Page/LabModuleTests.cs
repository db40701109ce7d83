// What the views of a page compute, in Node.js: gates that make the state to the bit, gradients against finite differences, neighbours
// against the model's own embeddings, links that come back and damaged ones that do not, features of a text, and the tree of branches.

using System.Text.Json;
using System.Text.Json.Nodes;
using GruLM.Model;

namespace GruLM.Tests;

public sealed class LabModuleTests(PageModels models) : IClassFixture<PageModels>
{
    private const int Count = 60, Piece = 40;

    [Theory]
    [InlineData("bpe")]
    [InlineData("chars")]
    [InlineData("unigram")]
    [InlineData("lines")]
    [InlineData("original")]
    public void Views_show_what_the_model_does(string name)
    {
        JsonElement answers = Ask(name);
        Assert.Equal(name, answers.GetProperty("name").GetString());
        JsonElement gates = answers.GetProperty("gates");
        Assert.True(gates.GetProperty("checked").GetInt32() > Count * 24);
        Assert.Equal(0, gates.GetProperty("wrong").GetInt32());
        CheckGradient(answers.GetProperty("gradient"));
        CheckNeighbours(name, answers.GetProperty("near"));
        CheckTree(answers.GetProperty("tree"));
    }

    [Fact]
    public void A_link_brings_a_text_back_and_a_damaged_one_is_refused()
    {
        JsonElement answers = Ask("bpe", "", "x", "%%%", "AAAA", new string('A', 5000));
        Assert.True(answers.GetProperty("link").GetBoolean());
        JsonElement[] complaints = [.. answers.GetProperty("links").EnumerateArray()];
        Assert.Equal(7, complaints.Length);
        Assert.All(complaints, complaint => Assert.StartsWith("the link is damaged", complaint.GetString(), StringComparison.Ordinal));
    }

    [Fact]
    public void Features_of_a_text_are_those_of_its_letters()
    {
        JsonElement answers = Ask("bpe");
        var features = answers.GetProperty("features").EnumerateArray().ToDictionary(
            feature => feature.GetProperty("name").GetString()!,
            feature => feature.GetProperty("values").EnumerateArray().Select(value => value.GetInt32()).ToArray());
        Assert.Equal([0, 1, 1, 0, 0, 0, 1, 0, 0], features["inside a quotation"]);
        Assert.Equal([3, 7, 9, 10, 0, 2, 5, 6, 9], features["how long the line is"]);
        Assert.Equal([0, 3, 0, 0, 0, 0, 2, 0, 0], features["how long the word is"]);
        Assert.Equal([0, 0, 0, 0, 0, 1, 1, 1, 0], features["inside brackets"]);
        JsonElement planted = answers.GetProperty("planted");
        Assert.Equal("inside a quotation", planted.GetProperty("name").GetString());
        Assert.Equal(1, planted.GetProperty("unit").GetInt32());
        Assert.Equal(-1, planted.GetProperty("correlation").GetDouble(), 1e-6);
    }

    // A step of 1e-5 in double precision leaves an error of some 1e-10.
    private static void CheckGradient(JsonElement gradient)
    {
        JsonElement[] pairs = [.. gradient.GetProperty("pairs").EnumerateArray()];
        Assert.Equal(12, pairs.Length);
        Assert.All(pairs, pair => Assert.Equal(pair[1].GetDouble(), pair[0].GetDouble(), 1e-7));
        Assert.Contains(pairs, pair => Math.Abs(pair[1].GetDouble()) > 1e-3);
        Assert.Equal(gradient.GetProperty("expectedBits").GetDouble(), gradient.GetProperty("bits").GetDouble(), 1e-9);

        // The engine rounds states to bytes, which the gradient's model does not.
        Assert.Equal(-gradient.GetProperty("logProb").GetDouble(), gradient.GetProperty("loss").GetDouble(), 0.15);
    }

    private void CheckNeighbours(string name, JsonElement near)
    {
        (GruParameters parameters, _) = ModelFile.Load(models.Folder(name));
        using GruParameters owned = parameters;
        int width = owned.Config.EmbeddingDim;
        float[] embedding = owned.Span("embedding.weight").ToArray();
        double[] cosines = [.. Enumerable.Range(0, owned.Config.VocabSize).Select(id => Cosine(id))];
        double[] expected = [.. cosines.Index().Where(pair => pair.Index != Piece).Select(pair => pair.Item).OrderDescending().Take(10)];
        JsonElement[] found = [.. near.EnumerateArray()];
        Assert.Equal(10, found.Length);
        foreach ((JsonElement pair, double cosine) in found.Zip(expected))
        {
            Assert.Equal(cosines[pair[0].GetInt32()], pair[1].GetDouble(), 0.01);
            Assert.Equal(cosine, pair[1].GetDouble(), 0.01);
        }

        double Cosine(int id) => Dot(id, Piece) / Math.Sqrt(Dot(id, id) * Dot(Piece, Piece));

        double Dot(int a, int b) => Enumerable.Range(0, width).Sum(i => (double)embedding[(a * width) + i] * embedding[(b * width) + i]);
    }

    private static void CheckTree(JsonElement tree)
    {
        int[] before = Ids("before"), branched = Ids("branched"), on = Ids("on");
        int place = tree.GetProperty("place").GetInt32();
        Assert.Equal([.. before[..place], tree.GetProperty("other").GetInt32()], branched[..(place + 1)]);
        Assert.Equal(place + 6, branched.Length);
        Assert.Equal(before, Ids("restored"));
        Assert.Equal(Ids("whole"), on);
        Assert.Equal(before, on[..before.Length]);
        Assert.Equal(branched, Ids("moved"));
        Assert.Equal(before, Ids("back"));

        int[] Ids(string name) => [.. tree.GetProperty(name).EnumerateArray().Select(id => id.GetInt32())];
    }

    private JsonElement Ask(string name, params string[] links)
    {
        PageEngine.Require();
        string[] texts = ["He ", "\"say", "s ", "\"", "\n", " (", "“no", "”", " 7)"];
        return PageEngine.Ask(
            models.Page(name),
            new JsonObject
            {
                ["prompt"] = "The garden",
                ["count"] = Count,
                ["piece"] = Piece,
                ["links"] = new JsonArray([.. links.Select(link => (JsonNode)link)]),
                ["texts"] = new JsonArray([.. texts.Select(text => (JsonNode)text)]),
            },
            "lab.mjs");
    }
}
