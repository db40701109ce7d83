// What a text must be: a regular expression, a grammar or a JSON schema, read and checked, before any model is known.

using System.Text;
using GruLM.Formats;
using GruLM.Generation;

namespace GruLM;

/// <summary>What generated texts must be. Immutable and thread-safe. Making one takes time, and so does its first text; keep it for all
/// texts that it is for.</summary>
public sealed class TextConstraint
{
    private TextConstraint(string kind, string source, IReadOnlyList<GrammarRule> rules)
    {
        Source = source;
        Rules = new ConstraintGrammar(rules);
        Fingerprint = kind + " " + Convert.ToHexStringLower(Sha256.HashData(Encoding.UTF8.GetBytes(source)));
    }

    /// <summary>What it was made of.</summary>
    public string Source { get; }

    /// <summary>The grammar that it comes to.</summary>
    internal ConstraintGrammar Rules { get; }

    /// <summary>Tells it from others.</summary>
    internal string Fingerprint { get; }

    /// <summary>Texts that a regular expression matches from beginning to end.</summary>
    /// <exception cref="ArgumentException">It holds what is not understood, or no text fits.</exception>
    public static TextConstraint Regex(string pattern)
    {
        ArgumentNullException.ThrowIfNull(pattern);
        return new("regex", pattern, [new GrammarRule("the regular expression", "", RegexReader.Read(pattern))]);
    }

    /// <summary>Texts of a grammar in GBNF, llama.cpp's form of grammars; its rule <c>root</c> says what a text is.</summary>
    /// <exception cref="ArgumentException">It is no such grammar, it is left-recursive, or no text fits.</exception>
    public static TextConstraint Grammar(string gbnf)
    {
        ArgumentNullException.ThrowIfNull(gbnf);
        return new("grammar", gbnf, GbnfReader.Read(gbnf));
    }

    /// <summary>JSON values that fit a JSON schema, without white space.</summary>
    /// <exception cref="ArgumentException">It is no such schema, it has a keyword that is not understood, or no value fits.</exception>
    public static TextConstraint JsonSchema(string schema)
    {
        ArgumentNullException.ThrowIfNull(schema);
        return new("json-schema", schema, JsonSchemaReader.Read(schema));
    }
}
