// A token of many texts, or many tokens of one: each is a column, and weights are read once for sixteen of them, but for the recurrent ones
// of a text's tokens, of which each waits for the one before. A warp owns a tile of rows and columns. What a column gets is to the bit what
// decode.cu gives one text: both sum as decode.h does it.
#include "decode.h"

namespace {

struct EmbedColumnsArguments {
    const float* table;  // [V, E]
    const int* ids;  // [columns]
    float* columns;  // [columns, E], rows row apart
    int inputs, row;
};

// Between the states of texts, each in a buffer of its own, and columns.
struct CarryColumnsArguments {
    float* const* texts;  // where each text's numbers are, [layers, H]; null: nobody's column
    float* columns;  // [layers, columns, H]
    i64 layer;  // numbers from one layer of the columns to the next
    int first;  // of the text's numbers
    int units, row;
};

struct NormaliseColumnsArguments {
    const float* columns;  // [columns, H]
    float* normalised;
    const float* gain;  // [H]
    const float* shift;
    int units, row;
};

struct MultiplyColumnsArguments {
    const void* weights;  // [rows, length], rows weight_row apart, groups of them gate rows apart
    const float* bias;  // [rows], or null
    const float* columns;  // [count, length]
    float* products;  // [count, rows]
    int rows, length;
    int weight_row, group, gate;  // group: rows of a gate; gate: rows from one gate to the next
    int count, column_row, product_row;
};

struct StepColumnsArguments {
    const void* weights;  // [3H, H]
    const float* bias;  // [3H]
    const float* input;  // [count, 3H]: what the input gives the gates, its bias included
    const float* before;  // [count, H]
    float* after;
    const float* below;  // [count, H], what is added to what the layer hands on, or null
    float* handed;
    int units, length;  // length: of a row of the weights that is read
    int weight_row, gate;
    int count, row;  // row: from one column of before, after, below and handed to the next
};

constexpr int tile_columns = 16, tile_rows = 8;

template <bool bfloat16> DEVICE void multiply(const MultiplyColumnsArguments& a) {
    constexpr int rows = tile_rows, columns = tile_columns;
    int lane = thread_index() % 32;
    int r0 = (block_x() * (thread_count() / 32) + thread_index() / 32) * rows, c0 = block_y() * columns;
    if (r0 >= a.rows) return;
    i64 row[rows];
#pragma unroll
    for (int i = 0; i < rows; i++) {
        int r = r0 + i < a.rows ? r0 + i : a.rows - 1;
        row[i] = ((i64)(r / a.group) * a.gate + r % a.group) * a.weight_row;
    }
    const i64 all[1] = {0};
    float sums[1][rows * columns];
    lane_dots<bfloat16, columns>(a.weights, all, row, a.columns + (i64)c0 * a.column_row, a.column_row, a.length, sums);
#pragma unroll
    for (int i = 0; i < rows * columns; i += 32) {
        float sum = warp_sums(sums[0], i);
        int r = r0 + lane % rows, c = c0 + (i + lane) / rows;
        if (r < a.rows && c < a.count) a.products[(i64)c * a.product_row + r] = a.bias ? sum + a.bias[r] : sum;
    }
}

// The state of unit u of column c, with what the state gives the gates.
DEVICE void finish(const StepColumnsArguments& a, int u, int c, const float (&state)[3]) {
    const float* given = a.input + (i64)c * 3 * a.units + u;
    float input[3] = {given[0], given[a.units], given[2 * a.units]};
    i64 place = (i64)c * a.row + u;
    float after = next_state(input, state, a.before[place]);
    a.after[place] = after;
    if (a.handed) a.handed[place] = after + a.below[place];
}

// A lane ends with one unit of one column.
template <bool bfloat16> DEVICE void step(const StepColumnsArguments& a) {
    constexpr int columns = tile_columns, units = 32 / columns;
    int lane = thread_index() % 32;
    int u0 = (block_x() * (thread_count() / 32) + thread_index() / 32) * units, c0 = block_y() * columns;
    if (u0 >= a.units) return;
    i64 gate[3], row[units];
#pragma unroll
    for (int g = 0; g < 3; g++) gate[g] = (i64)g * a.gate * a.weight_row;
#pragma unroll
    for (int i = 0; i < units; i++) row[i] = (i64)(u0 + i < a.units ? u0 + i : a.units - 1) * a.weight_row;
    float sums[3][32];
    lane_dots<bfloat16, columns>(a.weights, gate, row, a.before + (i64)c0 * a.row, a.row, a.length, sums);
    float state[3];
#pragma unroll
    for (int g = 0; g < 3; g++) state[g] = warp_sums(sums[g], 0);
    int u = u0 + lane % units, c = c0 + lane / units;
    if (u >= a.units || c >= a.count) return;
#pragma unroll
    for (int g = 0; g < 3; g++) state[g] += a.bias[g * a.units + u];
    finish(a, u, c, state);
}

// A column alone, with a warp for each unit: a step of a prompt, whose next step waits for it.
template <bool bfloat16> DEVICE void step_alone(const StepColumnsArguments& a) {
    int u = block_x() * (thread_count() / 32) + thread_index() / 32;
    if (u >= a.units) return;
    float state[3];
#pragma unroll
    for (int g = 0; g < 3; g++) {
        state[g] = dot<bfloat16>(a.weights, ((i64)g * a.gate + u) * a.weight_row, a.before, a.units) + a.bias[g * a.units + u];
    }
    if (thread_index() % 32 == 0) finish(a, u, 0, state);
}

}  // namespace

// A block a column.
KERNEL(embed_columns, EmbedColumnsArguments, 128, 1) {
    const float* row = a.table + (i64)a.ids[block_x()] * a.inputs;
    for (int j = thread_index(); j < a.inputs; j += thread_count()) a.columns[(i64)block_x() * a.row + j] = row[j];
}

// A block a column and layer.
KERNEL(gather_columns, CarryColumnsArguments, 128, 1) {
    const float* text = a.texts[block_x()];
    float* column = a.columns + block_y() * a.layer + (i64)block_x() * a.row;
    for (int j = thread_index(); j < a.units; j += thread_count()) {
        column[j] = text ? text[a.first + (i64)block_y() * a.units + j] : 0;
    }
}

KERNEL(return_columns, CarryColumnsArguments, 128, 1) {
    float* text = a.texts[block_x()];
    if (!text) return;
    const float* column = a.columns + block_y() * a.layer + (i64)block_x() * a.row;
    for (int j = thread_index(); j < a.units; j += thread_count()) text[a.first + (i64)block_y() * a.units + j] = column[j];
}

// A block a column.
KERNEL(normalise_columns, NormaliseColumnsArguments, 128, 1) {
    const float* x = a.columns + (i64)block_x() * a.row;
    float* y = a.normalised + (i64)block_x() * a.row;
    float mean, scale;
    row_statistics(x, a.units, (float*)shared_memory(), mean, scale);
    for (int j = thread_index(); j < a.units; j += thread_count()) y[j] = (x[j] - mean) * scale * a.gain[j] + a.shift[j];
}

KERNEL(multiply_bf16, MultiplyColumnsArguments, 128, 1) { multiply<true>(a); }
KERNEL(multiply_fp32, MultiplyColumnsArguments, 128, 1) { multiply<false>(a); }
KERNEL(step_bf16, StepColumnsArguments, 128, 1) { step<true>(a); }
KERNEL(step_fp32, StepColumnsArguments, 128, 1) { step<false>(a); }
KERNEL(step_alone_bf16, StepColumnsArguments, 128, 1) { step_alone<true>(a); }
KERNEL(step_alone_fp32, StepColumnsArguments, 128, 1) { step_alone<false>(a); }
