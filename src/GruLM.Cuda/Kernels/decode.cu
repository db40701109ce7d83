// One token of one text: each layer's step and the scores, bound by reading the weights once. A warp owns a unit, or a row of scores.
#include "decode.h"

namespace {

struct DecodeLayerArguments {
    const void* input;  // [3H, E]: rows input_row apart, gates input_gate rows apart
    const void* state;  // [3H, H]
    const float* bias_input;  // [3H]
    const float* bias_state;
    const float* gain;  // [H] and [H], or null: what the layer reads is not normalised
    const float* shift;
    const float* below;  // the table of embeddings [V, E] for the first layer, else what the layer below hands on [H]
    const int* id;  // of the row of the table, or null
    const float* before;  // [H]
    float* after;  // [H]
    float* handed;  // [H], what the layer hands on where that is not its state, or null
    int inputs, units;
    int input_row, state_row, gate;  // gate: rows from one gate to the next
};

struct ScoreArguments {
    const void* weights;  // [V, H], rows row apart
    const float* top;  // [H]
    float* scores;  // [V]
    int vocabulary, units, row;
};

struct SampleArguments {
    const float* scores;  // [sessions, V]
    int* ids;  // [sessions]: the tokens that are chosen
    const StepNumbers* numbers;
    RandomKey key;
    float inverse_temperature;  // 0: the likeliest token
    int vocabulary, row;
    int unused;
};

// -log(-log(u)) of a uniform number u. Near 1, where -log(u) would be lost in the logarithm's error, it is its series in 1 - u.
DEVICE float gumbel(u32 word) {
    float below = ((word >> 9) + 0.5f) * (1.0f / (1 << 23)), above = ((0x7fffff - (word >> 9)) + 0.5f) * (1.0f / (1 << 23));
    float inner = above < 0.01f ? above * (1 + above * (0.5f + above * 0.333333333f)) : -log2_approximate(below) * log_of_2;
    return -log2_approximate(inner) * log_of_2;
}

template <bool bfloat16> DEVICE void decode_layer(const DecodeLayerArguments& a) {
    float* x = (float*)shared_memory();  // [E] what the layer reads, then 33 numbers
    float* memory = x + a.inputs;
    const float* below = a.id ? a.below + (i64)*a.id * a.inputs : a.below;
    float mean = 0, scale = 1;
    if (a.gain) row_statistics(below, a.inputs, memory, mean, scale);
    for (int j = thread_index(); j < a.inputs; j += thread_count()) {
        x[j] = a.gain ? (below[j] - mean) * scale * a.gain[j] + a.shift[j] : below[j];
    }
    sync_block();
    int u = block_x() * (thread_count() / 32) + thread_index() / 32;
    if (u >= a.units) return;
    float input[3], state[3];
#pragma unroll
    for (int gate = 0; gate < 3; gate++) {
        i64 row = (i64)gate * a.gate + u;
        input[gate] = dot<bfloat16>(a.input, row * a.input_row, x, a.inputs) + a.bias_input[gate * a.units + u];
        state[gate] = dot<bfloat16>(a.state, row * a.state_row, a.before, a.units) + a.bias_state[gate * a.units + u];
    }
    if (thread_index() % 32 != 0) return;
    float after = next_state(input, state, a.before[u]);
    a.after[u] = after;
    if (a.handed) a.handed[u] = after + below[u];
}

template <bool bfloat16> DEVICE void scores(const ScoreArguments& a) {
    i64 row = (i64)block_x() * (thread_count() / 32) + thread_index() / 32;
    if (row >= a.vocabulary) return;
    float score = dot<bfloat16>(a.weights, row * a.row, a.top, a.units);
    if (thread_index() % 32 == 0) a.scores[row] = score;
}

}  // namespace

// A token of each session, by its probability: the largest of score / temperature + Gumbel noise. A block a session.
KERNEL(sample, SampleArguments, 256, 1) {
    float* memory = (float*)shared_memory();
    const float* x = a.scores + (i64)block_x() * a.row;
    float best = -3.4e38f;
    int chosen = 0;
    for (int i = thread_index() * 4; i < a.vocabulary; i += thread_count() * 4) {
        RandomWords words = random_words(a.key, a.numbers->step, ((u64)block_x() << 32) + i / 4);
#pragma unroll
        for (int j = 0; j < 4; j++) {
            if (i + j >= a.vocabulary) break;
            float noise = gumbel(words.x[j]);
            float value = a.inverse_temperature > 0 ? x[i + j] * a.inverse_temperature + noise : x[i + j];
            if (value > best) {
                best = value;
                chosen = i + j;
            }
        }
    }
    Peak peak = block_peak({best, chosen}, memory);
    if (thread_index() == 0) a.ids[block_x()] = peak.index;
}

KERNEL(decode_layer_bf16, DecodeLayerArguments, 128, 1) { decode_layer<true>(a); }
KERNEL(decode_layer_fp32, DecodeLayerArguments, 128, 1) { decode_layer<false>(a); }
KERNEL(scores_bf16, ScoreArguments, 128, 1) { scores<true>(a); }
KERNEL(scores_fp32, ScoreArguments, 128, 1) { scores<false>(a); }
