// What can be done to an encoded text afterwards: begin and end pieces, reversal, the unknown piece's own name. Steps run in the order they
// are named. Source: SentencePiece's extra options.
namespace GruLM.Tokenization;

/// <summary>Steps applied to an encoded text, such as <c>bos:eos</c>. Immutable, and so safe for several threads.</summary>
public sealed class ExtraOptions
{
    private readonly Tokenizer _tokenizer;
    private readonly List<string> _steps = [];

    private ExtraOptions(Tokenizer tokenizer) => _tokenizer = tokenizer;

    /// <summary>Reads steps parted by colons: <c>bos</c>, <c>eos</c>, <c>reverse</c>, <c>unk</c> (or <c>unk_piece</c>). Empty means
    /// none.</summary>
    /// <exception cref="ArgumentException">A step is not known, or the model has no piece for it.</exception>
    public static ExtraOptions Parse(string text, Tokenizer tokenizer)
    {
        ArgumentNullException.ThrowIfNull(text);
        ArgumentNullException.ThrowIfNull(tokenizer);
        var options = new ExtraOptions(tokenizer);
        foreach (string step in text.Length == 0 ? [] : text.Split(':'))
        {
            if (step is not ("bos" or "eos" or "reverse" or "unk" or "unk_piece"))
            {
                throw new ArgumentException($"There is no extra option '{step}'; expected bos, eos, reverse or unk.");
            }

            if ((step == "bos" && tokenizer.BosId < 0) || (step == "eos" && tokenizer.EosId < 0))
            {
                throw new ArgumentException($"The model has no {step} piece, so '{step}' cannot be added.");
            }

            options._steps.Add(step);
        }

        return options;
    }

    /// <summary>True where there is nothing to do.</summary>
    public bool IsEmpty => _steps.Count == 0;

    /// <summary>Applies the steps to ids.</summary>
    public void Apply(List<int> ids)
    {
        ArgumentNullException.ThrowIfNull(ids);
        foreach (string step in _steps)
        {
            if (step == "bos")
            {
                ids.Insert(0, _tokenizer.BosId);
            }
            else if (step == "eos")
            {
                ids.Add(_tokenizer.EosId);
            }
            else if (step == "reverse")
            {
                ids.Reverse();
            }
        }
    }

    /// <summary>Applies the steps to pieces.</summary>
    public void Apply(List<EncodedPiece> pieces)
    {
        ArgumentNullException.ThrowIfNull(pieces);
        foreach (string step in _steps)
        {
            if (step == "bos")
            {
                pieces.Insert(0, new EncodedPiece(_tokenizer.BosId, _tokenizer.PieceOf(_tokenizer.BosId), 0, 0));
            }
            else if (step == "eos")
            {
                pieces.Add(new EncodedPiece(_tokenizer.EosId, _tokenizer.PieceOf(_tokenizer.EosId), 0, 0));
            }
            else if (step == "reverse")
            {
                pieces.Reverse();
            }
            else
            {
                for (int i = 0; i < pieces.Count; i++)
                {
                    if (_tokenizer.TypeOf(pieces[i].Id) == PieceType.Unknown)
                    {
                        pieces[i] = pieces[i] with { Text = _tokenizer.PieceOf(pieces[i].Id) };
                    }
                }
            }
        }
    }
}
