// What decoding one text and many texts share. Sums have one order, whoever makes them, so that a text is what it would be alone: a lane
// adds up every 32nd number of a row (in bfloat16 every 32nd group of eight), and the lanes' sums are added pairwise.
// Weights are float32 as the parameters have them, or their one plane of bfloat16; vectors and sums are float32.
#pragma once
#include "numbers.h"

namespace {

// A row of a matrix times a vector, over a warp; every lane gets it.
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

// What the lanes of a warp add up for rows times vectors: a tile of `units` rows from each of some gates, and `count` vectors that lie
// column_row apart. The sum of unit u of a gate with vector c comes to sums[gate][c * units + u]. In bfloat16 rows and vectors are padded
// with zeros to a multiple of eight, and length is that of the padded row.
template <bool bfloat16, int count, int gates, int units>
DEVICE void lane_dots(
    const void* matrix, const i64 (&gate)[gates], const i64 (&row)[units], const float* columns, int column_row, int length,
    float (&sums)[gates][units * count]) {
    int lane = thread_index() % 32;
#pragma unroll
    for (int g = 0; g < gates; g++) {
#pragma unroll
        for (int i = 0; i < units * count; i++) sums[g][i] = 0;
    }
    if (bfloat16) {
        for (int j = lane * 8; j < length; j += 256) {
            Words4 w[gates][units];
#pragma unroll
            for (int g = 0; g < gates; g++) {
#pragma unroll
                for (int u = 0; u < units; u++) w[g][u] = *(const Words4*)((const u16*)matrix + gate[g] + row[u] + j);
            }
#pragma unroll
            for (int c = 0; c < count; c++) {
                const float* column = columns + (i64)c * column_row + j;
                Floats4 low = *(const Floats4*)column, high = *(const Floats4*)(column + 4);
                float x[8] = {low.x, low.y, low.z, low.w, high.x, high.y, high.z, high.w};
#pragma unroll
                for (int g = 0; g < gates; g++) {
#pragma unroll
                    for (int u = 0; u < units; u++) {
                        u32 words[4] = {w[g][u].x, w[g][u].y, w[g][u].z, w[g][u].w};
                        float sum = sums[g][c * units + u];
#pragma unroll
                        for (int i = 0; i < 4; i++) {
                            sum = multiply_add(from_bfloat16(words[i] & 0xffff), x[2 * i], sum);
                            sum = multiply_add(from_bfloat16(words[i] >> 16), x[2 * i + 1], sum);
                        }
                        sums[g][c * units + u] = sum;
                    }
                }
            }
        }
    } else {
        for (int j = lane; j < length; j += 32) {
            float x[count];
#pragma unroll
            for (int c = 0; c < count; c++) x[c] = columns[(i64)c * column_row + j];
#pragma unroll
            for (int g = 0; g < gates; g++) {
#pragma unroll
                for (int u = 0; u < units; u++) {
                    float w = ((const float*)matrix)[gate[g] + row[u] + j];
#pragma unroll
                    for (int c = 0; c < count; c++) sums[g][c * units + u] = multiply_add(w, x[c], sums[g][c * units + u]);
                }
            }
        }
    }
}

// Adds half of the numbers of each lane to those of the lane across the mask, and keeps those sums.
template <int mask> DEVICE void halve(float (&values)[32]) {
    bool upper = (thread_index() & mask) != 0;
#pragma unroll
    for (int i = 0; i < mask; i++) {
        float low = values[i], high = values[i + mask];
        float given = upper ? low : high, kept = upper ? high : low;
        values[i] = kept + shuffle_xor(given, mask);
    }
}

// Sums of 32 numbers over a warp: lane i gets that of the numbers at place first + i, to the bit as warp_sum would give it.
template <int length> DEVICE float warp_sums(const float (&numbers)[length], int first) {
    float values[32];
#pragma unroll
    for (int i = 0; i < 32; i++) values[i] = numbers[first + i];
    halve<16>(values);
    halve<8>(values);
    halve<4>(values);
    halve<2>(values);
    halve<1>(values);
    return values[0];
}

// What a row is normalised by, over a block. memory: 33 numbers of shared memory.
DEVICE void row_statistics(const float* row, int length, float* memory, float& mean, float& scale) {
    float sum = 0, squares = 0;
    for (int j = thread_index(); j < length; j += thread_count()) sum += row[j];
    mean = block_sum(sum, memory) / length;
    for (int j = thread_index(); j < length; j += thread_count()) squares += (row[j] - mean) * (row[j] - mean);
    scale = reciprocal(square_root(block_sum(squares, memory) / length + 1e-5f));
}

// A unit's state after a step: what the input gives the gates r, z and n, then what the state gives them, biases included.
DEVICE float next_state(const float (&input)[3], const float (&state)[3], float before) {
    float reset = sigmoid(input[0] + state[0]), update = sigmoid(input[1] + state[1]);
    float proposal = tanh_of(multiply_add(reset, state[2], input[2]));
    return multiply_add(update, before - proposal, proposal);
}

}  // namespace
