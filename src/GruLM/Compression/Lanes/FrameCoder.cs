// A frame's loop, the same for writing and for reading: a step takes one element of each lane. First it is said of all which of them are
// runs of bytes, and those are coded; then the model says what comes next in the other lanes, and their tokens are coded in order. There
// is one code for all lanes, so that they cost nothing but what a lane does not know of the text before it.

namespace GruLM.Compression;

/// <summary>Codes frames, one after another. Not thread-safe.</summary>
/// <param name="model">Scores and reads tokens.</param>
/// <param name="mixture">What the content has shown so far; null: nothing is learned.</param>
internal sealed class FrameCoder(LaneModel model, TokenMixture? mixture)
{
    private const int StepsBetweenReports = 64;

    private readonly RunShare _share = new();
    private readonly int[] _lanes = new int[LaneModel.MostLanes], _ids = new int[LaneModel.MostLanes];

    /// <summary>Codes a frame; <paramref name="progress"/> is told of steps.</summary>
    public void Run(LaneShares shares, ElementCoder coder, Action<int>? progress, CancellationToken cancel)
    {
        model.Begin(shares.Lanes);
        mixture?.Begin();
        for (int step = 0; step < shares.Longest && !coder.IsDamaged; step++)
        {
            cancel.ThrowIfCancellationRequested();
            if (step % StepsBetweenReports == 0) progress?.Invoke(step);
            int tokens = 0;
            for (int lane = 0; lane < shares.Lanes; lane++)
            {
                if (shares.First(lane) + step >= shares.First(lane + 1)) continue;
                bool isRun = coder.IsRun(lane, _share);
                _share.Add(isRun);
                if (!isRun)
                {
                    _lanes[tokens++] = lane;
                    continue;
                }

                coder.Run(lane);
                mixture?.Forget(lane);
            }

            if (tokens > 0) Tokens(coder, tokens);
        }

        model.End(shares.Lanes);
    }

    private void Tokens(ElementCoder coder, int count)
    {
        ReadOnlySpan<int> lanes = _lanes.AsSpan(0, count);
        model.Score(lanes);
        for (int i = 0; i < count; i++)
        {
            if (mixture is null)
            {
                _ids[i] = coder.Token(lanes[i], model.Next(i));
                continue;
            }

            mixture.Mix(lanes[i], model.Next(i));
            _ids[i] = coder.Token(lanes[i], mixture);
            mixture.Learn(_ids[i]);
        }

        model.Read(lanes, _ids.AsSpan(0, count));
    }
}
