// What stands around the layers: embeddings, layer normalisation, dropout and residual connections between layers, carried states, and
// the cell one step at a time where a layer is too large for recurrence.h. Rows are tokens [T, B']; H' and E' are multiples of 32, and
// whatever lies behind the last unit is zero. Masks of dropout are drawn anew wherever they are needed; their elements are counted as
// Dropout.cs does, over the real lanes and units rounded up to 16.
#include "numbers.h"

namespace {

struct EmbeddingArguments {
    const float* table;  // [V, E]
    const int* ids;  // [T, B']; below zero: a row of zeros
    u16* x;  // [T, B', E'] in planes
    i64 plane;
    const StepNumbers* numbers;
    Mask rows;  // drops whole rows of the table; its threshold is not used
    u64 rows_threshold;  // of 53 random bits; 0: none
    Mask inputs;  // locked, over [B, roundup16(E)]
    int tokens, lanes, width, padded;
};

DEVICE float row_factor(const Mask& rows, u64 threshold, u64 step, u32 id) {
    RandomWords w = random_words(rows.key, step, ((u64)rows.place << 48) + id);
    return (((u64)w.x[0] << 32) | w.x[1]) >> 11 < threshold ? 0 : rows.scale;
}

template <int planes> DEVICE void embed(const EmbeddingArguments& a) {
    int eighths = a.padded / 8, rounded = (a.width + 15) / 16 * 16;
    i64 item = (i64)block_x() * thread_count() + thread_index();
    int j = item % eighths * 8;
    i64 row = item / eighths;
    if (row >= a.tokens) return;
    int id = a.ids[row];
    float x[8] = {};
    if (id >= 0) {
#pragma unroll
        for (int i = 0; i < 8; i++) x[i] = j + i < a.width ? a.table[(i64)id * a.width + j + i] : 0;
        if (a.rows_threshold) {
            float factor = row_factor(a.rows, a.rows_threshold, a.numbers->step, id);
#pragma unroll
            for (int i = 0; i < 8; i++) x[i] *= factor;
        }
        if (a.inputs.threshold && j < rounded) {
            float factors[8];
            mask_factors(a.inputs, a.numbers->step, (u64)(row % a.lanes) * rounded + j, factors);
#pragma unroll
            for (int i = 0; i < 8; i++) x[i] *= factors[i];
        }
    }
    store_planes8<planes>(a.x + row * a.padded + j, a.plane, x);
}

// Tokens of one id that are added up by one block, in their order.
struct Segment {
    int id, first, count;
    int part;  // where the sum goes among the parts; below zero: to the gradient at once
};

struct ScatterArguments {
    const float* d_x;  // [T, B', E']
    const int* order;  // tokens by their ids
    const Segment* segments;
    const int* count;  // of segments
    float* gradient;  // [V, E], added to
    float* parts;  // [parts, E']
    const StepNumbers* numbers;
    Mask rows;
    u64 rows_threshold;
    Mask inputs;
    int lanes, width, padded;
    int from_parts;  // whether segments count parts instead of tokens
};

struct BetweenArguments {
    const float* x;  // [N, H'], what the layer below hands on
    const float* gain;  // [H] and [H], or null: no normalisation
    const float* bias;
    float* statistics;  // [N, 2]: mean and reciprocal deviation
    u16* y;  // [N, H'] in planes
    i64 plane;
    const StepNumbers* numbers;
    Mask mask;
    int tokens, lanes, real_lanes, hidden, padded;
    int locked;
};

// The factors of row's elements j … j + 7.
DEVICE void between_factors(const Mask& mask, u64 step, int row, int lanes, int real_lanes, int locked, int width, int j,
                            float (&factors)[8]) {
    int b = row % lanes;
    i64 counted = locked ? b : (i64)(row / lanes) * real_lanes + b;
    mask_factors(mask, step, (u64)(counted * width + j), factors);
}

constexpr float epsilon = 1e-5f;  // LayerNorm.Epsilon

// A warp a row.
template <int planes> DEVICE void between(const BetweenArguments& a) {
    int lane = thread_index() % 32;
    i64 row = (i64)block_x() * (thread_count() / 32) + thread_index() / 32;
    if (row >= a.tokens) return;
    const float* x = a.x + row * a.padded;
    float mean = 0, scale = 1;
    if (a.gain) {
        float sum = 0, squares = 0;
        for (int j = lane; j < a.hidden; j += 32) sum += x[j];
        mean = warp_sum(sum) / a.hidden;
        for (int j = lane; j < a.hidden; j += 32) squares += (x[j] - mean) * (x[j] - mean);
        scale = reciprocal(square_root(warp_sum(squares) / a.hidden + epsilon));
        if (lane == 0) {
            a.statistics[row * 2] = mean;
            a.statistics[row * 2 + 1] = scale;
        }
    }
    int width = (a.hidden + 15) / 16 * 16;
    for (int j = lane * 8; j < a.padded; j += 256) {
        float y[8];
#pragma unroll
        for (int i = 0; i < 8; i++) {
            y[i] = x[j + i];
            if (a.gain) y[i] = j + i < a.hidden ? (y[i] - mean) * scale * a.gain[j + i] + a.bias[j + i] : 0;
        }
        if (a.mask.threshold && j < width && row % a.lanes < a.real_lanes) {
            float factors[8];
            between_factors(a.mask, a.numbers->step, row, a.lanes, a.real_lanes, a.locked, width, j, factors);
#pragma unroll
            for (int i = 0; i < 8; i++) y[i] *= factors[i];
        }
        store_planes8<planes>(a.y + row * a.padded + j, a.plane, y);
    }
}

struct BetweenBackwardArguments {
    float* d;  // [N, H'], of what the layer read; becomes that of what the layer below handed on
    const float* x;  // [N, H']
    const float* gain;  // or null
    const float* statistics;
    const float* residual;  // [N, H'], added, or null
    const StepNumbers* numbers;
    Mask mask;
    int tokens, lanes, real_lanes, hidden, padded;
    int locked;
};

struct NormGradientArguments {
    const float* d;  // [N, H'], masked
    const float* x;
    const float* statistics;
    float* parts;  // [blocks in y, 2, H']
    float* gain;  // [H] gradients, added to
    float* bias;
    int tokens, hidden, padded, rows;  // rows of a part
    int parts_count;
};

struct AddArguments {
    const float* x;
    const float* y;
    float* sum;
    i64 length;
};

struct CarryArguments {
    const float* carried;  // [B', H']
    const int* fresh;  // [B'], or null: none is
    float* states;  // [B', H']
    u16* planes;
    i64 plane;
    int lanes, padded;
};

template <int planes> DEVICE void carry(const CarryArguments& a) {
    i64 j = ((i64)block_x() * thread_count() + thread_index()) * 8;
    if (j >= (i64)a.lanes * a.padded) return;
    bool fresh = a.fresh && a.fresh[j / a.padded];
    float x[8];
#pragma unroll
    for (int i = 0; i < 8; i++) {
        x[i] = fresh ? 0 : a.carried[j + i];
        a.states[j + i] = x[i];
    }
    store_planes8<planes>(a.planes + j, a.plane, x);
}

struct BiasArguments {
    const float* parts;  // [tiles, 4, H']: dar, daz, dan, dq
    float* input;  // [3H], added to
    float* state;  // [3H], added to
    int tiles, hidden, padded;
};

// One step of the cell for all lanes, the products being made.
struct CellArguments {
    float* products;  // [B', 3H'] forward: of the states with their weights; backward: of the gradients after, [B', H'], or null
    const float* input_bias;  // [3H]
    const float* bias;  // [3H] of the state
    float* gates;  // [B', 3H']
    float* candidate;  // [B', H']
    const float* before;  // [B', H']
    float* after;
    u16* planes;  // forward: of the states after; backward: dar, daz, dan, dq [B', 4H']
    i64 plane;
    const float* d_states;  // [B', H']
    float* kept;  // [B', H']
    float* d_bias;  // [4, H'] sums so far over all steps, one lane after the other
    int lanes, hidden, padded;
};

template <int planes> DEVICE void forward_cell(const CellArguments& a) {
    i64 item = (i64)block_x() * thread_count() + thread_index();
    int u = item % a.padded, b = item / a.padded;
    if (b >= a.lanes || u >= a.hidden) return;
    float* gates = a.gates + (i64)b * 3 * a.padded + u;
    const float* products = a.products + (i64)b * 3 * a.padded + u;
    float q = products[2 * a.padded] + a.bias[2 * a.hidden + u];
    float reset = sigmoid(gates[0] + products[0] + a.input_bias[u] + a.bias[u]);
    float update = sigmoid(gates[a.padded] + products[a.padded] + a.input_bias[a.hidden + u] + a.bias[a.hidden + u]);
    float proposal = tanh_of(multiply_add(reset, q, gates[2 * a.padded] + a.input_bias[2 * a.hidden + u]));
    i64 at = (i64)b * a.padded + u;
    float before = a.before[at], after = multiply_add(update, before - proposal, proposal);
    a.after[at] = after;
    store_planes<planes>(a.planes + at, a.plane, after);
    gates[0] = reset;
    gates[a.padded] = update;
    gates[2 * a.padded] = proposal;
    a.candidate[at] = q;
}

// A thread a unit, so that the biases' sums have an order.
template <int planes> DEVICE void backward_cell(const CellArguments& a) {
    int u = block_x() * thread_count() + thread_index();
    if (u >= a.hidden) return;
    float sums[4];
    for (int i = 0; i < 4; i++) sums[i] = a.d_bias[i * a.padded + u];
    for (int b = 0; b < a.lanes; b++) {
        const float* gates = a.gates + (i64)b * 3 * a.padded + u;
        i64 at = (i64)b * a.padded + u;
        float r = gates[0], z = gates[a.padded], n = gates[2 * a.padded], q = a.candidate[at];
        float d_state = a.d_states[at] + a.kept[at] + (a.products ? a.products[at] : 0);
        a.kept[at] = d_state * z;
        float d_proposal = d_state * (1 - z) * (1 - n * n), d_update = d_state * (a.before[at] - n) * z * (1 - z);
        float d_reset = d_proposal * q * r * (1 - r), d_candidate = d_proposal * r;
        u16* to = a.planes + (i64)b * 4 * a.padded + u;
        store_planes<planes>(to, a.plane, d_reset);
        store_planes<planes>(to + a.padded, a.plane, d_update);
        store_planes<planes>(to + 2 * a.padded, a.plane, d_proposal);
        store_planes<planes>(to + 3 * a.padded, a.plane, d_candidate);
        sums[0] += d_reset;
        sums[1] += d_update;
        sums[2] += d_proposal;
        sums[3] += d_candidate;
    }
    for (int i = 0; i < 4; i++) a.d_bias[i * a.padded + u] = sums[i];
}

}  // namespace

KERNEL(embed_bf16, EmbeddingArguments, 256, 1) { embed<1>(a); }
KERNEL(embed_fp32, EmbeddingArguments, 256, 1) { embed<3>(a); }
KERNEL(between_bf16, BetweenArguments, 256, 1) { between<1>(a); }
KERNEL(between_fp32, BetweenArguments, 256, 1) { between<3>(a); }
KERNEL(carry_bf16, CarryArguments, 256, 1) { carry<1>(a); }
KERNEL(carry_fp32, CarryArguments, 256, 1) { carry<3>(a); }
KERNEL(forward_cell_bf16, CellArguments, 256, 1) { forward_cell<1>(a); }
KERNEL(forward_cell_fp32, CellArguments, 256, 1) { forward_cell<3>(a); }
KERNEL(backward_cell_bf16, CellArguments, 64, 1) { backward_cell<1>(a); }
KERNEL(backward_cell_fp32, CellArguments, 64, 1) { backward_cell<3>(a); }

// A block a segment.
KERNEL(scatter, ScatterArguments, 128, 1) {
    if ((int)block_x() >= *a.count) return;
    Segment segment = a.segments[block_x()];
    int rounded = (a.width + 15) / 16 * 16;
    float row = a.rows_threshold && !a.from_parts ? row_factor(a.rows, a.rows_threshold, a.numbers->step, segment.id) : 1;
    for (int j = thread_index() * 4; j < a.width; j += thread_count() * 4) {
        float sum[4] = {};
        for (int i = 0; i < segment.count; i++) {
            int token = a.from_parts ? segment.first + i : a.order[segment.first + i];
            Floats4 d = *(const Floats4*)((a.from_parts ? a.parts : a.d_x) + (i64)token * a.padded + j);
            if (a.inputs.threshold && !a.from_parts) {
                float f[8];
                mask_factors(a.inputs, a.numbers->step, (u64)(token % a.lanes) * rounded + j / 8 * 8, f);
                bool upper = j & 4;
                d.x *= upper ? f[4] : f[0];
                d.y *= upper ? f[5] : f[1];
                d.z *= upper ? f[6] : f[2];
                d.w *= upper ? f[7] : f[3];
            }
            sum[0] += d.x * row;
            sum[1] += d.y * row;
            sum[2] += d.z * row;
            sum[3] += d.w * row;
        }
        float* to = segment.part < 0 ? a.gradient + (i64)segment.id * a.width + j : a.parts + (i64)segment.part * a.padded + j;
#pragma unroll
        for (int i = 0; i < 4; i++) {
            if (segment.part >= 0) to[i] = sum[i];
            else if (j + i < a.width) to[i] += sum[i];
        }
    }
}

// The mask alone, in place: before the sums of norm_parts.
KERNEL(between_mask, BetweenBackwardArguments, 256, 1) {
    int eighths = a.padded / 8, width = (a.hidden + 15) / 16 * 16;
    i64 item = (i64)block_x() * thread_count() + thread_index();
    int j = item % eighths * 8, row = item / eighths;
    if (row >= a.tokens || j >= width || row % a.lanes >= a.real_lanes) return;
    float factors[8];
    between_factors(a.mask, a.numbers->step, row, a.lanes, a.real_lanes, a.locked, width, j, factors);
#pragma unroll
    for (int i = 0; i < 8; i++) a.d[(i64)row * a.padded + j + i] *= factors[i];
}

// Normalisation backwards where there is one, and the residual connection's gradient: a warp a row.
KERNEL(between_backward, BetweenBackwardArguments, 256, 1) {
    int lane = thread_index() % 32;
    i64 row = (i64)block_x() * (thread_count() / 32) + thread_index() / 32;
    if (row >= a.tokens) return;
    float* d = a.d + row * a.padded;
    const float* x = a.x + row * a.padded;
    float mean = 0, scale = 1, sum = 0, dot = 0;
    if (a.gain) {
        mean = a.statistics[row * 2];
        scale = a.statistics[row * 2 + 1];
        for (int j = lane; j < a.hidden; j += 32) {
            float scaled = a.gain[j] * d[j];
            sum += scaled;
            dot += scaled * ((x[j] - mean) * scale);
        }
        sum = warp_sum(sum) / a.hidden;
        dot = warp_sum(dot) / a.hidden;
    }
    for (int j = lane; j < a.hidden; j += 32) {
        float y = d[j];
        if (a.gain) y = (a.gain[j] * y - sum - (x[j] - mean) * scale * dot) * scale;
        if (a.residual) y += a.residual[row * a.padded + j];
        d[j] = y;
    }
}

// Sums over some rows for the gradients of gain and bias: a thread a unit.
KERNEL(norm_parts, NormGradientArguments, 128, 1) {
    int u = block_x() * thread_count() + thread_index(), first = block_y() * a.rows;
    if (u >= a.hidden) return;
    int end = first + a.rows < a.tokens ? first + a.rows : a.tokens;
    float gain = 0, bias = 0;
    for (int row = first; row < end; row++) {
        float d = a.d[(i64)row * a.padded + u];
        gain += d * (a.x[(i64)row * a.padded + u] - a.statistics[row * 2]) * a.statistics[row * 2 + 1];
        bias += d;
    }
    a.parts[(i64)block_y() * 2 * a.padded + u] = gain;
    a.parts[((i64)block_y() * 2 + 1) * a.padded + u] = bias;
}

KERNEL(norm_gradients, NormGradientArguments, 128, 1) {
    int u = block_x() * thread_count() + thread_index();
    if (u >= a.hidden) return;
    float gain = 0, bias = 0;
    for (int i = 0; i < a.parts_count; i++) {
        gain += a.parts[(i64)i * 2 * a.padded + u];
        bias += a.parts[((i64)i * 2 + 1) * a.padded + u];
    }
    a.gain[u] += gain;
    a.bias[u] += bias;
}

KERNEL(add, AddArguments, 256, 1) {
    i64 i = ((i64)block_x() * thread_count() + thread_index()) * 4;
    if (i >= a.length) return;
    Floats4 x = *(const Floats4*)(a.x + i), y = *(const Floats4*)(a.y + i);
    *(Floats4*)(a.sum + i) = {x.x + y.x, x.y + y.y, x.z + y.z, x.w + y.w};
}

KERNEL(bias_gradients, BiasArguments, 128, 1) {
    int u = block_x() * thread_count() + thread_index();
    if (u >= a.hidden) return;
    float sums[4] = {};
    for (int tile = 0; tile < a.tiles; tile++) {
        for (int i = 0; i < 4; i++) sums[i] += a.parts[((i64)tile * 4 + i) * a.padded + u];
    }
    for (int gate = 0; gate < 3; gate++) {
        a.input[gate * a.hidden + u] += sums[gate];
        a.state[gate * a.hidden + u] += sums[gate == 2 ? 3 : gate];
    }
}
