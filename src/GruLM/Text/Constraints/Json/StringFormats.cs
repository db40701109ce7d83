// The formats of strings that JSON schemas name, as regular expressions. What fits one is read by the parsers of that kind, of .NET and
// elsewhere, and by those who check the format; so some rarer forms are left out, such as a leap second or a week of a duration.
// Sources: RFC 3339 (dates, times, durations), 4122 (uuid), 5322 and 1123 (email, hostname), 4291 (ipv6), 3986 (uri), 4648 (base64).

using GruLM.Generation;

namespace GruLM;

/// <summary>Knows the formats of strings.</summary>
internal static class StringFormats
{
    // A year, and one that is no first or last, so that a time of day in it exists everywhere on earth.
    private const string Year = @"(?:000[1-9]|00[1-9]\d|0[1-9]\d\d|[1-9]\d{3})";
    private const string InnerYear = @"(?:000[2-9]|00[1-9]\d|0[1-9]\d\d|[1-8]\d{3}|9[0-8]\d\d|99[0-8]\d|999[0-8])";

    // The days that every year has, behind its number, and the 29th of February with the years that have it.
    private const string Day =
        @"-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12]\d|3[01])|(?:0[469]|11)-(?:0[1-9]|[12]\d|30)|02-(?:0[1-9]|1\d|2[0-8]))";
    private const string LeapDay = @"(?:\d\d(?:0[48]|[2468][048]|[13579][26])|(?:0[48]|[2468][048]|[13579][26])00)-02-29";
    private const string Date = $"(?:{Year}{Day}|{LeapDay})";
    private const string Time = @"(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,7})?";
    private const string Offset = @"[+-](?:(?:0\d|1[0-3]):[0-5]\d|14:00)";
    private const string DateTime = $"(?:{Date}T{Time}Z|(?:{InnerYear}{Day}|{LeapDay})T{Time}{Offset})";

    // From the largest unit to the smallest, none between them left out.
    private const string Number = @"(?:0|[1-9]\d{0,3})";
    private const string Days = $"{Number}D", Months = $"{Number}M(?:{Days})?", Years = $"{Number}Y(?:{Months})?";
    private const string Seconds = $"{Number}S", Minutes = $"{Number}M(?:{Seconds})?", Hours = $"{Number}H(?:{Minutes})?";
    private const string TimeOfDuration = $"T(?:{Hours}|{Minutes}|{Seconds})";
    private const string Duration = $"P(?:(?:{Years}|{Months}|{Days})(?:{TimeOfDuration})?|{TimeOfDuration})";

    private const string Hex = "[0-9a-fA-F]";
    private const string Uuid = $"{Hex}{{8}}(?:-{Hex}{{4}}){{3}}-{Hex}{{12}}";

    // Labels with single dashes inside. The last one begins with a letter, so that no address of numbers is meant.
    private const string Label = "[A-Za-z0-9](?:-?[A-Za-z0-9]){0,15}";
    private const string HostName = $@"(?:{Label}\.){{0,3}}[A-Za-z](?:-?[A-Za-z0-9]){{0,15}}";
    private const string Email = $@"[A-Za-z0-9_](?:[.+-]?[A-Za-z0-9_]){{0,31}}@(?:{Label}\.){{1,3}}[A-Za-z]{{2,16}}";

    private const string Byte = @"(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)";
    private const string Ipv4 = $@"{Byte}(?:\.{Byte}){{3}}";
    private const string Group = $"{Hex}{{1,4}}";
    private const string Ipv6 =
        $"(?:{Group}:){{7}}{Group}|(?:{Group}:){{1,7}}:|(?:{Group}:){{1,6}}:{Group}|(?:{Group}:){{1,5}}(?::{Group}){{1,2}}"
        + $"|(?:{Group}:){{1,4}}(?::{Group}){{1,3}}|(?:{Group}:){{1,3}}(?::{Group}){{1,4}}|(?:{Group}:){{1,2}}(?::{Group}){{1,5}}"
        + $"|{Group}:(?::{Group}){{1,6}}|:(?:(?::{Group}){{1,7}}|:)";

    private const string Port = @"(?:[1-9]\d{0,3}|[1-5]\d{4}|6[0-4]\d{3}|65[0-4]\d\d|655[0-2]\d|6553[0-5])";
    private const string InPath = "(?:[A-Za-z0-9._~!$&'()*+,;=:@-]|%[0-9A-F]{2})";
    private const string InQuery = $"(?:{InPath}|[/?])";
    private const string Uri = $@"https?://(?:{HostName}|{Ipv4})(?::{Port})?(?:/{InPath}*)*(?:\?{InQuery}*)?(?:#{InQuery}*)?";

    private static readonly Dictionary<string, string> s_patterns = new()
    {
        ["date-time"] = DateTime,
        ["date"] = Date,
        ["time"] = Time,
        ["duration"] = Duration,
        ["uuid"] = Uuid,
        ["email"] = Email,
        ["hostname"] = HostName,
        ["ipv4"] = Ipv4,
        ["ipv6"] = Ipv6,
        ["uri"] = Uri,
    };

    /// <summary>The formats that are understood.</summary>
    public static IEnumerable<string> Names => s_patterns.Keys;

    /// <summary>Bytes in base64, without line ends.</summary>
    public static GrammarExpression Base64 { get; } = RegexReader.Read(
        "(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/][AQgw]==|[A-Za-z0-9+/]{2}[AEIMQUYcgkosw048]=)?");

    /// <summary>The strings of a format; null for one that is not understood.</summary>
    public static GrammarExpression? Find(string name) =>
        s_patterns.TryGetValue(name, out string? pattern) ? RegexReader.Read(pattern) : null;
}
