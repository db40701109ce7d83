// /tokenize and /detokenize: the tokenizer's own tokens, with their places, and back.

using System.Text.Json;
using GruLM.Tokenization;

namespace GruLM.Tests;

public sealed class TokensTests
{
    private const string Text = "How are you?\r\nI am wéll 🐝";

    [Fact]
    public async Task A_text_is_cut_as_the_tokenizer_cuts_it_and_put_together_again()
    {
        await using TestServer server = await TestServer.Start();
        List<EncodedPiece> expected = server.Model.Tokenizer.EncodePieces(Text);
        JsonElement answer = await server.Ask("/tokenize", $$"""{"text":{{JsonSerializer.Serialize(Text)}},"offsets":true}""");
        Assert.Equal(["model", "ids", "pieces", "begin", "end"], answer.EnumerateObject().Select(property => property.Name));
        Assert.Equal(expected.Select(piece => piece.Id), Numbers(answer, "ids"));
        Assert.Equal(expected.Select(piece => piece.Begin), Numbers(answer, "begin"));
        Assert.Equal(expected.Select(piece => piece.End), Numbers(answer, "end"));
        IEnumerable<string?> pieces = answer.GetProperty("pieces").EnumerateArray().Select(piece => piece.GetString());
        Assert.Equal(expected.Select(piece => piece.Text), pieces);
        JsonElement back = await server.Ask("/detokenize", $$"""{"ids":{{answer.GetProperty("ids").GetRawText()}}}""");
        Assert.Equal(Text, back.GetProperty("text").GetString());
    }

    [Fact]
    public async Task Places_are_told_only_when_they_are_asked_for()
    {
        await using TestServer server = await TestServer.Start();
        JsonElement answer = await server.Ask("/tokenize", """{"text":"","model":"tiny"}""");
        Assert.Equal("""{"model":"tiny","ids":[],"pieces":[]}""", answer.GetRawText());
    }

    [Theory]
    [InlineData("/tokenize", "{}", "'text' is missing")]
    [InlineData("/tokenize", """{"text":5}""", "'text' is a number; a text was expected")]
    [InlineData("/detokenize", """{"ids":"a"}""", "'ids' is a text; a list of token ids was expected")]
    [InlineData("/detokenize", """{"ids":[100000]}""", "'ids' holds something that is no token id from 0 to LAST")]
    public async Task What_is_no_text_or_no_ids_is_refused(string address, string request, string message)
    {
        await using TestServer server = await TestServer.Start();
        (int status, JsonElement answer) = await server.Post(address, request);
        Assert.Equal(400, status);
        string expected = message.Replace("LAST", $"{server.Model.Config.VocabSize - 1}");
        Assert.Equal(expected, answer.GetProperty("error").GetProperty("message").GetString());
    }

    private static IEnumerable<int> Numbers(JsonElement answer, string name) =>
        answer.GetProperty(name).EnumerateArray().Select(number => number.GetInt32());
}
