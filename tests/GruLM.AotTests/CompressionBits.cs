// Compressed bytes, which must be the same on all machines: with a made-up model, a line with a hash of them. Within a process every kernel
// path and number of threads must agree; that processes and processors do shows where their output is compared.
using System.Text;
using GruLM;
using GruLM.Formats;
using GruLM.Kernels;
using GruLM.Model;
using GruLM.Tokenization;

/// <summary>Compresses text, and what is none, and expands it again.</summary>
internal static class CompressionBits
{
    /// <summary>A line without and a line with learning; files go to <paramref name="folder"/>.</summary>
    public static IEnumerable<string> Lines(string folder, byte[] corpus, IReadOnlyList<KernelPath> paths)
    {
        Directory.CreateDirectory(folder);
        var tokenizer = new Tokenizer(DefaultTokenizer.Train(corpus, 300));
        var config = new GruConfig { VocabSize = tokenizer.VocabSize, EmbeddingDim = 24, HiddenDim = 40, NumLayers = 2 };
        using (var parameters = new GruParameters(config))
        {
            DecodingBits.MakeUp(parameters);
            ModelFile.Save(folder, parameters, SampleKind.Stream);
        }

        tokenizer.Save(Path.Combine(folder, ModelFolder.TokenizerName));
        GenerationConfig.For(SampleKind.Stream).Save(folder);

        // A part in shorter lanes, as many as the whole would have: an emulator takes minutes for more.
        corpus = corpus[..(corpus.Length / 4)];
        byte[] content = [.. corpus, 0xFF, 0xC0, 0, .. Encoding.UTF8.GetBytes("\u2581 \u3042\r\n"), .. corpus.Reverse()];
        foreach (bool learn in (bool[])[false, true])
        {
            string[] all = [.. paths.SelectMany(path => new[] { 1, 3 }.Select(threads => Compress(folder, content, path, learn, threads)))];
            if (all.Distinct().Count() > 1) throw new InvalidOperationException($"compressed bytes differ: {string.Join(", ", all)}");
            yield return $"compressed{(learn ? ", learning" : "")}: {all[0]}";
        }
    }

    private static string Compress(string folder, byte[] content, KernelPath path, bool learn, int threads)
    {
        Environment.SetEnvironmentVariable(KernelChoice.Variable, path.ToString().ToLowerInvariant());
        using var model = LanguageModel.Open(folder, threads: 1);
        var options = new CompressionOptions { Learn = learn, Threads = threads, LaneElements = 2048 };
        using var compressed = new MemoryStream();
        using var expanded = new MemoryStream();
        CompressionFigures figures = TextCompression.Compress(new MemoryStream(content), compressed, model, options);
        compressed.Position = 0;
        TextCompression.Expand(compressed, expanded, model, options);
        if (!expanded.ToArray().AsSpan().SequenceEqual(content)) throw new InvalidOperationException($"{path}: expanded to other bytes");
        return $"{figures.CompressedBytes} bytes, {Convert.ToHexStringLower(Sha256.HashData(compressed.ToArray()))}";
    }
}
