// Which strings may become pieces: not too long, no reserved characters, spaces only where the settings allow them, one script a piece.
// Hot methods are optimised at once: a training is over before tiered compilation would have noticed them.
// Source: SentencePiece's trainer.
using System.Runtime.CompilerServices;

namespace GruLM.Tokenization;

/// <summary>The test a candidate piece must pass.</summary>
internal sealed class PieceRules(TrainerOptions options)
{
    /// <summary>U+2581, which stands for a space.</summary>
    public const int Space = 0x2581;
    /// <summary>U+2585, which stands for characters outside the vocabulary while training.</summary>
    public const int Unknown = 0x2585;
    /// <summary>TAB, which stands for symbols that no piece may cross while training.</summary>
    public const int Boundary = 0x09;

    private const int AnyScript = -1;

    private readonly int _maxLength = options.MaxSentencepieceLength;
    private readonly bool _spaceOnly = options.AllowWhitespaceOnlyPieces;
    private readonly bool _suffix = options.TreatWhitespaceAsSuffix;
    private readonly bool _splitSpace = options.SplitByWhitespace;
    private readonly bool _splitNumber = options.SplitByNumber;
    private readonly bool _splitDigits = options.SplitDigits;
    private readonly bool _splitScript = options.SplitByUnicodeScript;

    /// <summary>True where the code points may be a piece.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public bool IsValid(ReadOnlySpan<int> piece)
    {
        int length = piece.Length;
        if (length == 0 || length > _maxLength)
        {
            return false;
        }

        bool freeSpace = _spaceOnly && !piece.ContainsAnyExcept(Space);
        int previous = AnyScript;
        for (int i = 0; i < length; i++)
        {
            int c = piece[i];
            if (c is Unknown or 0 or Boundary or ' ' || !Utf8Bytes.IsScalar(c))
            {
                return false;
            }

            if (c == Space)
            {
                if (!freeSpace && !SpaceMayStand(i, length))
                {
                    return false;
                }

                continue;
            }

            int script = ScriptTable.Of(c);
            if (script == ScriptTable.Inherited)
            {
                script = previous;
            }

            if (IsDigit(c))
            {
                if (!_splitNumber)
                {
                    script = AnyScript;
                }

                if (_splitDigits && length > 1)
                {
                    return false;
                }
            }

            if (_splitScript && script != AnyScript && previous != AnyScript && previous != script)
            {
                return false;
            }

            previous = script;
        }

        return true;
    }

    private bool SpaceMayStand(int index, int length)
    {
        if (_suffix)
        {
            return index == length - 1 || !(_splitSpace || index == 0);
        }

        return index == 0 || !(_splitSpace || index == length - 1);
    }

    private static bool IsDigit(int c) => c is (>= 0x30 and <= 0x39) or (>= 0xFF10 and <= 0xFF19);
}
