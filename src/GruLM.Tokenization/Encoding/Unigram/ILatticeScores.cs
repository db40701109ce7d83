// How a lattice learns the scores of pieces. It is an interface for structs, so that the compiler makes a lattice for each kind of scores.
namespace GruLM.Tokenization;

/// <summary>Scores of pieces; two implementations: a finished model's and a training's.</summary>
internal interface ILatticeScores
{
    /// <summary>The piece a tree's value stands for and its score; false where it is not to be used.</summary>
    bool TryGet(int value, out int id, int length, out float score);
}
