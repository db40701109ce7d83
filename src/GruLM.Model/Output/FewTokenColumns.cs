// The output layer for few tokens: logits are made transposed, W Yᵀ, so that the weights are read where they lie, a block of the vocabulary
// at a time. Forward, a block's logits become e = exp(logit − m) at once, m being the block's own maximum for each token; its maxima and
// sums make those of the whole vocabulary, M and s. Backward, the block is brought to M and its products follow while it is in the caches:
//     dlogits = (e · exp(m − M) − s · onehot) · f,  f = 1 / (s · counted)
// where f is applied to the rows of Y and dY instead, which are short. Same equations as SoftmaxLoss.cs otherwise.

namespace GruLM.Model;

/// <summary>What the passes over blocks share: tokens are columns, padded to <see cref="Columns"/>; those beyond <see cref="Rows"/>
/// hold whatever was there.</summary>
internal unsafe struct FewTokenColumns
{
    /// <summary>Rows of a block of the vocabulary.</summary>
    public const int BlockRows = 64;

    public float* Weights, Logits, Transposed, Y, Scaled, DY, DParts, DWeights, Maxima, Sums, TargetLogits, Factors, Total;
    public int* Targets, Correct;
    public double* Nll;
    public int Vocab, Hidden, PaddedHidden, Rows, Columns, Blocks, BlocksAPart, Parts;

    /// <summary>Loss and arg max of each token from the blocks' maxima and sums, in the blocks' order; what each block is to be
    /// multiplied by replaces its maxima.</summary>
    public readonly void Combine(float scale)
    {
        for (int c = 0; c < Rows; c++)
        {
            int target = Targets[c];
            float max = float.NegativeInfinity, sum = 0;
            int first = -1;
            for (int b = 0; b < Blocks; b++)
            {
                float m = Maxima[((nint)b * Columns) + c];
                if (first < 0 || m > max || float.IsNaN(m)) (max, first) = (m, b);
                if (float.IsNaN(m)) break;
            }

            for (int b = 0; b < Blocks; b++)
            {
                float* m = Maxima + ((nint)b * Columns) + c;
                *m = MathF.Exp(*m - max);
                sum += Sums[((nint)b * Columns) + c] * *m;
            }

            bool counts = target != TokenBatch.Ignored;
            Total[c] = sum;
            Factors[c] = counts ? scale / sum : 0;
            Nll[c] = counts ? Math.Log(sum) + max - TargetLogits[c] : 0;

            // Correct[c] says so far whether the target is the first maximum of its block.
            if (!counts || TargetLogits[c] != max || target / BlockRows != first) Correct[c] = 0;
            float* y = Y + ((nint)c * PaddedHidden), scaled = Scaled + ((nint)c * PaddedHidden);
            for (int j = 0; j < PaddedHidden; j++) scaled[j] = y[j] * Factors[c];
        }
    }
}
