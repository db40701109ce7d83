// SHA-256 gives what NIST's examples give and what .NET's own gives, whatever the length and however the bytes are cut into pieces.
using System.Security.Cryptography;
using System.Text;
using GruLM.Formats;

namespace GruLM.Tests.Formats;

public sealed class Sha256Tests
{
    // Source: NIST, Examples with Intermediate Values; the empty message from its test vectors (CAVP).
    [Theory]
    [InlineData("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")]
    [InlineData("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")]
    [InlineData(
        "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
        "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1")]
    [InlineData(
        "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu",
        "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1")]
    public void Gives_what_the_standard_gives(string message, string expected) =>
        Assert.Equal(expected, Convert.ToHexStringLower(Sha256.HashData(Encoding.ASCII.GetBytes(message))));

    [Fact]
    public void Gives_what_the_standard_gives_for_a_million_of_a()
    {
        var hash = new Sha256();
        for (int i = 0; i < 1000; i++)
        {
            hash.Append(Encoding.ASCII.GetBytes(new string('a', 1000)));
        }

        Assert.Equal("cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0", Convert.ToHexStringLower(hash.Finish()));
    }

    [Fact]
    public void Every_length_gives_what_the_platform_gives()
    {
        byte[] bytes = Bytes(1100);
        for (int length = 0; length <= bytes.Length; length += length < 300 ? 1 : 100)
        {
            Assert.Equal(SHA256.HashData(bytes.AsSpan(0, length)), Sha256.HashData(bytes.AsSpan(0, length)));
        }
    }

    [Fact]
    public void Pieces_give_what_the_whole_gives()
    {
        byte[] bytes = Bytes(300);
        byte[] expected = SHA256.HashData(bytes);
        for (int first = 0; first <= bytes.Length; first++)
        {
            var hash = new Sha256();
            hash.Append(bytes.AsSpan(0, first));
            hash.Append(bytes.AsSpan(first));
            Assert.Equal(expected, hash.Finish());
        }

        foreach (int length in new[] { 1, 7, 63, 64, 65, 127, 128, 129 })
        {
            var hash = new Sha256();
            foreach (byte[] piece in bytes.Chunk(length))
            {
                hash.Append(piece);
            }

            Assert.Equal(expected, hash.Finish());
        }
    }

    [Fact]
    public void A_stream_is_read_from_where_it_stands()
    {
        byte[] bytes = Bytes(200_000);
        using var stream = new MemoryStream(bytes) { Position = 77 };
        Assert.Equal(SHA256.HashData(bytes.AsSpan(77)), Sha256.HashData(stream));
    }

    private static byte[] Bytes(int count)
    {
        byte[] bytes = new byte[count];
        new Random(1).NextBytes(bytes);
        return bytes;
    }
}
