// Soft-max and cross-entropy over rows of logits, the sums of a batch's losses, and what the last layer's outputs owe to penalties.
// Arithmetic follows SoftmaxRows.cs and OutputPenalties.cs.
#include "numbers.h"

namespace {

struct LossArguments {
    const float* logits;  // [rows, V']
    u16* gradient;  // [rows, V'] in planes, or null
    i64 plane;
    const int* targets;  // [rows]; below zero: not counted
    float* nll;  // [rows]
    int* correct;  // [rows]
    const StepNumbers* numbers;
    int vocabulary, row_length;
};

// A block a row. The row is read twice, the second time mostly from near memory.
template <int planes> DEVICE void loss(const LossArguments& a) {
    float* memory = (float*)shared_memory();
    i64 row = block_x();
    const float* x = a.logits + row * a.row_length;
    int target = a.targets[row], v = a.vocabulary, thread = thread_index(), count = thread_count();
    u16* to = a.gradient ? a.gradient + row * a.row_length : nullptr;
    if (target < 0) {
        if (thread == 0) {
            a.nll[row] = 0;
            a.correct[row] = 0;
        }
        if (to) {
            for (int i = thread * 8; i < a.row_length; i += count * 8) {
                for (int p = 0; p < planes; p++) *(Words4*)(to + p * a.plane + i) = {0, 0, 0, 0};
            }
        }
        return;
    }
    Peak peak = {-3.4e38f, v};
    float sum = 0;
    for (int i = thread * 4; i < v; i += count * 4) {
        Floats4 four = *(const Floats4*)(x + i);
        float values[4] = {four.x, four.y, four.z, four.w};
        Peak before = peak;
#pragma unroll
        for (int j = 0; j < 4; j++) {
            if (i + j < v && values[j] > peak.value) peak = {values[j], i + j};
        }
        if (peak.value > before.value) sum *= exponential(before.value - peak.value);
#pragma unroll
        for (int j = 0; j < 4; j++) {
            if (i + j < v) sum += exponential(values[j] - peak.value);
        }
    }
    Peak best = block_peak(peak, memory);
    sum = block_sum(sum * exponential(peak.value - best.value), memory);
    if (thread == 0) {
        a.nll[row] = log2_approximate(sum) * log_of_2 + best.value - x[target];
        a.correct[row] = best.index == target;
    }
    if (!to) return;
    float scale = a.numbers->inverse_counted, factor = scale / sum;
    for (int i = thread * 8; i < a.row_length; i += count * 8) {
        float d[8];
#pragma unroll
        for (int half = 0; half < 2; half++) {
            Floats4 four = *(const Floats4*)(x + i + half * 4);
            float values[4] = {four.x, four.y, four.z, four.w};
#pragma unroll
            for (int j = 0; j < 4; j++) {
                int at = i + half * 4 + j;
                float p = at < v ? exponential(values[j] - best.value) * factor : 0;
                d[half * 4 + j] = at == target ? p - scale : p;
            }
        }
        store_planes8<planes>(to + i, a.plane, d);
    }
}

struct LossSumArguments {
    const float* nll;
    const int* correct;
    const int* targets;
    double* sums;  // nll, counted tokens, correct ones; added to where not first
    int rows;
    int first;
};

struct TopArguments {
    float* d;  // [T, B', H'], of what reached the output layer; becomes that of the last layer's outputs
    const float* outputs;  // y [T, B', H']
    Mask mask;  // locked, over [B, roundup16(H)]
    const StepNumbers* numbers;
    int steps, lanes, real_lanes, hidden, padded;
    int has_penalties;
};

}  // namespace

KERNEL(loss_bf16, LossArguments, 512, 1) { loss<1>(a); }
KERNEL(loss_fp32, LossArguments, 512, 1) { loss<3>(a); }

// One block adds everything up.
KERNEL(loss_sums, LossSumArguments, 1024, 1) {
    double* memory = (double*)shared_memory();
    double nll = 0, counted = 0, correct = 0;
    for (int i = thread_index(); i < a.rows; i += thread_count()) {
        if (a.targets[i] < 0) continue;
        nll += a.nll[i];
        counted += 1;
        correct += a.correct[i];
    }
    nll = block_sum(nll, memory);
    counted = block_sum(counted, memory);
    correct = block_sum(correct, memory);
    if (thread_index() != 0) return;
    a.sums[0] = nll + (a.first ? 0 : a.sums[0]);
    a.sums[1] = counted + (a.first ? 0 : a.sums[1]);
    a.sums[2] = correct + (a.first ? 0 : a.sums[2]);
}

// Eight neighbours a thread.
KERNEL(top_backward, TopArguments, 256, 1) {
    int width = (a.hidden + 15) / 16 * 16, eighths = a.padded / 8;
    i64 item = (i64)block_x() * thread_count() + thread_index();
    int j = item % eighths * 8, row = item / eighths, b = row % a.lanes, t = row / a.lanes;
    if (t >= a.steps || b >= a.real_lanes || j >= width) return;
    float factors[8];
    if (a.mask.threshold) mask_factors(a.mask, a.numbers->step, (u64)b * width + j, factors);
    i64 at = (i64)row * a.padded + j, step = (i64)a.lanes * a.padded;
    float activation = 2 * a.numbers->activation_penalty, slowness = 2 * a.numbers->slowness_penalty;
#pragma unroll
    for (int i = 0; i < 8; i++) {
        float factor = a.mask.threshold ? factors[i] : 1, d = a.d[at + i];
        if (a.has_penalties) d += activation * factor * a.outputs[at + i];
        d *= factor;
        if (a.has_penalties) {
            float now = a.outputs[at + i];
            if (t > 0) d += slowness * (now - a.outputs[at + i - step]);
            if (t + 1 < a.steps) d -= slowness * (a.outputs[at + i + step] - now);
        }
        a.d[at + i] = d;
    }
}
