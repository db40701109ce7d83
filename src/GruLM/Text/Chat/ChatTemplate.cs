// How an exchange is written as text: <prompt> what a person says <ai> what the model says <end>.

using System.Text.Json.Serialization;
using GruLM.Tokenization;

namespace GruLM;

/// <summary>The markers of an exchange. Safe for several threads while nobody changes them. They can be set, and are not init-only, for the
/// reason that <see cref="GenerationConfig"/> gives.</summary>
public sealed record ChatTemplate
{
    /// <summary>The piece that ends a sample.</summary>
    public const string EndMarker = DefaultTokenizer.End;

    /// <summary>The template with the usual markers.</summary>
    internal static ChatTemplate Default { get; } = new();

    /// <summary>Stands before what a person says.</summary>
    public string Prompt { get; set; } = DefaultTokenizer.Prompt;

    /// <summary>Stands before what the model says.</summary>
    public string Ai { get; set; } = DefaultTokenizer.Ai;

    /// <summary>What training text has between an answer and the next prompt, piece by piece; null where that is not recorded: then it is
    /// what ends a sample that is a line, and in a stream what ends a reply.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<string>? TurnEnd { get; set; }

    /// <summary>Whether the model has learned from text with exchanges in these markers; null where that is not recorded.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public bool? IsTrained { get; set; }

    /// <summary>Whether no sample had more than one exchange, so that the model has never read a question behind an answer; null where that
    /// is not recorded, and for streams.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public bool? IsSingle { get; set; }

    /// <summary>The text of a turn up to where the model goes on. Line ends inside the question become spaces: an exchange is one
    /// line.</summary>
    public string Turn(string question)
    {
        string line = question.ReplaceLineEndings(" ").Trim();
        return $"{Prompt} {line} {Ai}";
    }

    /// <summary>A turn with its answer, up to where the end marker follows. The answer keeps its line ends.</summary>
    public string Exchange(string question, string answer)
    {
        string turn = Turn(question), trimmed = answer.Trim();
        return $"{turn} {trimmed}".TrimEnd();
    }
}
