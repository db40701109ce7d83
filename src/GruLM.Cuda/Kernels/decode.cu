// One token of one text: each layer's step and the scores, bound by reading the weights once. A warp owns a unit, or a row of scores.
// Weights are float32 as the parameters have them, or their one plane of bfloat16; vectors and sums are float32.
#include "numbers.h"

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

template <bool bfloat16> DEVICE float dot(const void* matrix, i64 first, const float* vector, int length) {
    int lane = thread_index() % 32;
    float sum = 0;
    if (bfloat16) {
        const u16* row = (const u16*)matrix + first;
        for (int j = lane * 8; j < length; j += 256) {
            Words4 w = *(const Words4*)(row + j);
            u32 words[4] = {w.x, w.y, w.z, w.w};
#pragma unroll
            for (int i = 0; i < 4; i++) {
                if (j + 2 * i < length) sum = multiply_add(from_bfloat16(words[i] & 0xffff), vector[j + 2 * i], sum);
                if (j + 2 * i + 1 < length) sum = multiply_add(from_bfloat16(words[i] >> 16), vector[j + 2 * i + 1], sum);
            }
        }
    } else {
        const float* row = (const float*)matrix + first;
        for (int j = lane; j < length; j += 32) sum = multiply_add(row[j], vector[j], sum);
    }
    return warp_sum(sum);
}

template <bool bfloat16> DEVICE void decode_layer(const DecodeLayerArguments& a) {
    float* x = (float*)shared_memory();  // [E] what the layer reads, then 33 numbers
    float* memory = x + a.inputs;
    const float* below = a.id ? a.below + (i64)*a.id * a.inputs : a.below;
    float mean = 0, scale = 1;
    if (a.gain) {
        float sum = 0, squares = 0;
        for (int j = thread_index(); j < a.inputs; j += thread_count()) sum += below[j];
        mean = block_sum(sum, memory) / a.inputs;
        for (int j = thread_index(); j < a.inputs; j += thread_count()) squares += (below[j] - mean) * (below[j] - mean);
        scale = reciprocal(square_root(block_sum(squares, memory) / a.inputs + 1e-5f));
    }
    for (int j = thread_index(); j < a.inputs; j += thread_count()) {
        x[j] = a.gain ? (below[j] - mean) * scale * a.gain[j] + a.shift[j] : below[j];
    }
    sync_block();
    int u = block_x() * (thread_count() / 32) + thread_index() / 32;
    if (u >= a.units) return;
    float sums[6];
#pragma unroll
    for (int gate = 0; gate < 3; gate++) {
        i64 row = (i64)gate * a.gate + u;
        sums[gate] = dot<bfloat16>(a.input, row * a.input_row, x, a.inputs) + a.bias_input[gate * a.units + u];
        sums[3 + gate] = dot<bfloat16>(a.state, row * a.state_row, a.before, a.units) + a.bias_state[gate * a.units + u];
    }
    if (thread_index() % 32 != 0) return;
    float reset = sigmoid(sums[0] + sums[3]), update = sigmoid(sums[1] + sums[4]);
    float proposal = tanh_of(multiply_add(reset, sums[5], sums[2]));
    float after = multiply_add(update, a.before[u] - proposal, proposal);
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
