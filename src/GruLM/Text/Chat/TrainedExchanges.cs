// What a run's text says of chatting with its model: whether there are exchanges in it at all, what ends an answer, and what stands between
// an answer and the next prompt. The run writes it into generation_config.json. Runs from before this was recorded are judged by the names
// of their files.

using System.Text;
using GruLM.Corpus;
using GruLM.Model;

namespace GruLM;

/// <summary>Finds out how exchanges are written in a text.</summary>
internal static class TrainedExchanges
{
    private const int BlockBytes = 1 << 20;

    private static readonly string s_end = ChatTemplate.EndMarker;

    /// <summary>The defaults of a model that learns from <paramref name="training"/>. One that starts from another ends its texts as that
    /// did, and where the text has no exchanges, it still knows those of the other.</summary>
    public static GenerationConfig Defaults(
        CorpusText training, SampleKind samples, (SampleKind Samples, GenerationConfig Own)? start, CancellationToken cancel)
    {
        ChatTemplate chat = ChatTemplate.Default;
        string[] between = [s_end + chat.Prompt, $"{s_end} {chat.Prompt}"];
        long[] counts = Count(training, [chat.Ai, s_end, .. between], cancel);
        (long answers, long ends) = (counts[0], counts[1]);
        var plain = GenerationConfig.For(samples);
        if (start is { } known && known.Samples == samples) plain = plain with { StopTokens = known.Own.StopTokens };
        if (answers == 0)
        {
            if (start is not { } before) return plain with { Chat = new ChatTemplate { IsTrained = false } };
            return before.Samples == samples
                ? plain with { ChatStopTokens = before.Own.ChatStopTokens, Chat = before.Own.Chat }
                : plain with { Chat = new ChatTemplate { IsTrained = before.Own.Chat.IsTrained } };
        }

        // A talk of several turns goes on behind its marker. In a stream another one begins on the next line; a sample that is a line ends
        // as lines do.
        bool isMarked = 2 * ends >= answers;
        string[]? turnEnd = counts[2] > 0 ? [s_end] : counts[3] > 0 ? [s_end, " "] : null;
        bool? isSingle = samples == SampleKind.Lines ? turnEnd is null && AreSingle(training, chat.Ai, cancel) : null;
        if (samples == SampleKind.Stream) turnEnd = isMarked ? turnEnd ?? [s_end, "\n"] : ["\n"];
        return plain with
        {
            ChatStopTokens = samples == SampleKind.Stream && isMarked ? [] : plain.ChatStopTokens,
            Chat = new ChatTemplate { IsTrained = true, TurnEnd = turnEnd, IsSingle = isSingle },
        };
    }

    /// <summary>The defaults as they are to be used. Runs that did not record how exchanges end took it that a line end does; in records,
    /// which they read from files that say so by their names, it is the marker.</summary>
    public static GenerationConfig OfOlderRun(string folder, SampleKind samples, GenerationConfig config)
    {
        bool isRecorded = config.Chat.IsTrained is not null || config.Chat.TurnEnd is not null;
        if (isRecorded || samples != SampleKind.Stream || config.ChatStopTokens is not ["\n"] || !HadRecords(folder)) return config;
        return config with { ChatStopTokens = [], Chat = config.Chat with { TurnEnd = [s_end, "\n"] } };
    }

    private static bool AreSingle(CorpusText text, string ai, CancellationToken cancel)
    {
        byte[] wanted = Encoding.UTF8.GetBytes(ai);
        return text.Samples().All(sample =>
        {
            cancel.ThrowIfCancellationRequested();
            return sample.Span.Count(wanted) < 2;
        });
    }

    private static bool HadRecords(string folder)
    {
        string path = new RunLayout(folder).Settings;
        if (!File.Exists(path)) return false;
        try
        {
            TrainingSettings settings = SettingsFile.Read(path);
            return settings.DataFormat is { } format
                ? format != CorpusFormat.Plain
                : settings.Data.Any(name => CorpusFiles.FormatOf(name) != CorpusFormat.Plain);
        }
        catch (Exception error) when (error is IOException or InvalidDataException or UnauthorizedAccessException)
        {
            // What cannot be read is no reason not to chat.
            return false;
        }
    }

    // How often each word occurs. Blocks overlap by a word that was cut in two.
    private static long[] Count(CorpusText text, string[] words, CancellationToken cancel)
    {
        byte[][] wanted = [.. words.Select(Encoding.UTF8.GetBytes)];
        long[] counts = new long[words.Length];
        int longest = wanted.Max(word => word.Length);
        for (long at = 0; at < text.Length; at += BlockBytes)
        {
            cancel.ThrowIfCancellationRequested();
            ReadOnlySpan<byte> block = text.Slice(at, (int)Math.Min(BlockBytes + longest, text.Length - at)).Span;
            for (int i = 0; i < wanted.Length; i++)
            {
                counts[i] += block[..Math.Min(block.Length, BlockBytes + wanted[i].Length - 1)].Count(wanted[i]);
            }
        }

        return counts;
    }
}
