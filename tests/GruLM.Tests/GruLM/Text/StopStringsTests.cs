// Stop strings in a stream: whatever the pieces, what is shown is the text up to the first stop string and nothing of it.

using FsCheck;
using FsCheck.Fluent;

namespace GruLM.Tests;

public class StopStringsTests
{
    [Fact]
    public void However_a_text_is_cut_the_part_before_the_first_stop_string_is_shown()
    {
        Gen<string> texts = Gen.Elements('a', 'b', '<', '>').ArrayOf().Select(c => new string(c));
        Gen<List<string>> stops = Gen.Elements("ab", "<a>", "aab", ">").ListOf(2);
        Prop.ForAll(texts.Zip(stops).Zip(Gen.Choose(1, 4).ListOf(30)).ToArbitrary(), input =>
        {
            ((string? text, List<string>? stop), List<int>? sizes) = input;
            var watch = new StopStrings([.. stop]);
            string shown = "";
            int position = 0, piece = 0;
            while (position < text.Length)
            {
                int length = Math.Min(sizes[piece++ % sizes.Count], text.Length - position);
                shown += watch.Push(text.Substring(position, length));
                position += length;
            }

            shown += watch.Flush();
            int first = stop.Select(s => text.IndexOf(s, StringComparison.Ordinal)).Where(i => i >= 0).DefaultIfEmpty(-1).Min();
            return watch.Stopped == first >= 0 && shown == (first >= 0 ? text[..first] : text);
        }).QuickCheckThrowOnFailure();
    }
}
