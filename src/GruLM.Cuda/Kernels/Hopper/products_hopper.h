// The products of products.cu for Hopper, about twice as fast: one warp has the copy engine bring tiles of both factors, two groups of
// four warps multiply them, each 64 rows of C. Numbers, planes and arguments are as there; the driver's maps say where the factors lie.
#pragma once
#include "../product_rows.h"
#include "hopper.h"

namespace {

struct HopperProductArguments {
    TensorMap map_a;
    TensorMap map_b;
    float* c;
    i64 c_row, c_part;
    int m, n, k, k_part;
    int add;
    int group, kept;
};

constexpr int rows = 128, consumers = 2;  // of C a block; groups of warps that multiply

template <int planes> constexpr int depth = planes == 1 ? 64 : 32;

// One factor's tile of `outer` rows (or columns) of C.
template <int planes, bool along_k, int outer> struct Factor {
    static constexpr int row_bytes = depth<planes> * 2;
    static constexpr int plane_bytes = along_k ? outer * row_bytes : depth<planes> * 128;  // within a box
    static constexpr int bytes = planes * outer * row_bytes;
    static constexpr int box_bytes = planes * depth<planes> * 128;  // of 64 numbers in each of a tile's k

    DEVICE void copy(Shared to, const TensorMap* map, int first, int k, Shared barrier) {
        if (along_k) {
            copy_tile(to, map, k, first, barrier);
        } else {
#pragma unroll
            for (int i = 0; i < outer / 64; i++) copy_tile(to + i * box_bytes, map, first + i * 64, k, barrier);
        }
    }

    // From row `first` of the tile, a multiple of 64, and k on.
    DEVICE u64 part(Shared tile, int plane, int first, int k) {
        Shared at = tile + plane * plane_bytes;
        if (along_k) return describe(at + first * row_bytes + k * 2, 16, 8 * row_bytes, planes == 1 ? 1 : 2);
        return describe(at + first / 64 * box_bytes + k * 128, box_bytes, 1024, 1);
    }
};

template <int planes, int columns> struct Pipeline {
    static constexpr int stage_bytes = planes * (rows + columns) * depth<planes> * 2;
    static constexpr int stages = 224 * 1024 / stage_bytes < 6 ? 224 * 1024 / stage_bytes : 6;
};

template <int planes, bool a_along_k, bool b_along_k, int columns>
DEVICE void multiply(const HopperProductArguments& a, const TensorMap* maps) {
    using A = Factor<planes, a_along_k, rows>;
    using B = Factor<planes, b_along_k, columns>;
    constexpr int stages = Pipeline<planes, columns>::stages, stage_bytes = Pipeline<planes, columns>::stage_bytes;
    Shared memory = shared_address(shared_memory());
    Shared full = memory + stages * stage_bytes, empty = full + stages * 8;
    int row_tiles = (a.m + rows - 1) / rows, column_tiles = (a.n + columns - 1) / columns;
    int band = block_x() / (8 * column_tiles), within = block_x() % (8 * column_tiles);
    int band_rows = row_tiles - band * 8 < 8 ? row_tiles - band * 8 : 8;
    int m0 = (band * 8 + within % band_rows) * rows, n0 = within / band_rows * columns;
    int k0 = block_z() * a.k_part, k_end = k0 + a.k_part < a.k ? k0 + a.k_part : a.k;
    int steps = (k_end - k0 + depth<planes> - 1) / depth<planes>;
    if (thread_index() == 0) {
        for (int i = 0; i < stages; i++) {
            begin_barrier(full + i * 8, 1);
            begin_barrier(empty + i * 8, consumers);
        }
        show_barriers();
    }
    sync_block();

    int group = thread_index() / 128;
    if (group == consumers) {
        if (thread_index() != consumers * 128) return;
        for (int step = 0; step < steps; step++) {
            int stage = step % stages, round = step / stages;
            if (round > 0) wait_barrier(empty + stage * 8, (round - 1) & 1);
            Shared to = memory + stage * stage_bytes, barrier = full + stage * 8;
            arrive_expecting(barrier, stage_bytes);
            A::copy(to, maps, m0, k0 + step * depth<planes>, barrier);
            B::copy(to + A::bytes, maps + 1, n0, k0 + step * depth<planes>, barrier);
        }
        return;
    }

    float sums[columns / 2];
#pragma unroll
    for (int i = 0; i < columns / 2; i++) sums[i] = 0;
    for (int step = 0; step < steps; step++) {
        int stage = step % stages;
        wait_barrier(full + stage * 8, step / stages & 1);
        Shared from_a = memory + stage * stage_bytes, from_b = from_a + A::bytes;
        begin_group_products();
#pragma unroll
        for (int k = 0; k < depth<planes>; k += 16) {
#pragma unroll
            for (int order = planes - 1; order >= 0; order--) {
#pragma unroll
                for (int pa = 0; pa <= order; pa++) {
                    multiply_group<!a_along_k, !b_along_k>(
                        sums, A::part(from_a, pa, group * 64, k), B::part(from_b, order - pa, 0, k));
                }
            }
        }
        commit_group_products();
        wait_group_products<1>();
        if (step > 0 && thread_index() % 128 == 0) arrive(empty + (step - 1) % stages * 8);
    }
    wait_group_products<0>();

    int lane = thread_index() % 32, pair = lane % 4 * 2;
    float* c = a.c + block_z() * a.c_part;
    bool pairs = stores_pairs(c, a.c_row);
#pragma unroll
    for (int half = 0; half < 2; half++) {
        int row = row_of_result(m0 + group * 64 + thread_index() % 128 / 32 * 16 + half * 8 + lane / 4, a.m, a.group, a.kept);
        if (row < 0) continue;
        float* target = c + (i64)row * a.c_row;
#pragma unroll
        for (int j = 0; j < columns / 8; j++) {
            int column = n0 + j * 8 + pair;
            float x = sums[j * 4 + half * 2], y = sums[j * 4 + half * 2 + 1];
            store_sums(target, column, a.n, x, y, pairs, a.add);
        }
    }
}

}  // namespace

#define PRODUCT(name, planes, a_along_k, b_along_k, columns)      \
    KERNEL(name, HopperProductArguments, 384, 1) {                \
        const TensorMap* maps;                                    \
        PARAMETERS_OF(name, maps);                                \
        multiply<planes, a_along_k, b_along_k, columns>(a, maps); \
    }
