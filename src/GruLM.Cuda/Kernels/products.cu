// Matrix products on tensor cores: C [m, n] (+)= A B, with sums in float32. Numbers are held in planes of bfloat16: one plane is bfloat16
// itself; three planes hold a float32 exactly, x = x1 + x2 + x3 of 8 bits each, and the six products of planes down to 2^-16 of the first
// make a product as exact as float32's. A may lie as [m, k] or [k, m], B as [n, k] or [k, n]; rows begin at multiples of 16 bytes and are
// zero behind their last number. With several splits, each sums a part of k into a C of its own (sum_parts in update.cu adds them).
#include "product_rows.h"

struct ProductArguments {
    const u16* a;
    const u16* b;
    float* c;
    i64 a_plane, b_plane;  // from one plane to the next, in numbers
    i64 a_row, b_row, c_row;
    i64 c_part;  // from one split's C to the next
    int m, n, k;
    int k_part;  // of each split, a multiple of the tile's depth
    int add;  // whether C is added to
    int group, kept;  // of each group of rows of A B only the first kept have a row in C
};

namespace {

constexpr int tile = 128;  // rows and columns of C that a block computes
constexpr int threads = 256;  // eight warps, two by four
constexpr int warp_rows = 64, warp_columns = 32;

template <int planes> struct Depth {
    static constexpr int k = planes == 1 ? 64 : 32;
    static constexpr int stages = planes == 1 ? 3 : 2;  // 96 KB of tiles, which every card has room for
};

// One operand's tile in shared memory. along_k: rows of C's dimension with k contiguous, else rows of k. Sixteen-byte chunks are shifted
// within their row, so that the eight rows of an ldmatrix lie in different banks.
template <int planes, bool along_k> struct Operand {
    static constexpr int depth = Depth<planes>::k;
    static constexpr int row_bytes = along_k ? depth * 2 : tile * 2;
    static constexpr int rows = along_k ? tile : depth;
    static constexpr int chunks = row_bytes / 16;
    static constexpr int plane_bytes = tile * depth * 2;
    static constexpr int bytes = plane_bytes * planes;
    static constexpr int copies = rows * chunks / threads;
    static constexpr int row_step = threads / chunks;

    DEVICE u32 place(int row, int chunk) {
        int shift = row_bytes == 64 ? (row >> 1) & 3 : row & 7;
        return row * row_bytes + ((chunk ^ shift) << 4);
    }

    // outer: first row (or column) of C; k0: first k; limits are exclusive.
    DEVICE void copy(Shared to, const u16* from, i64 plane, i64 row_length, int outer, int outer_limit, int k0, int k_limit) {
        int row = thread_index() / chunks, chunk = thread_index() % chunks;
        int first_row = along_k ? outer : k0, row_limit = along_k ? outer_limit : k_limit;
        int column = (along_k ? k0 : outer) + chunk * 8, column_limit = along_k ? k_limit : outer_limit;
        const u16* source = from + (i64)(first_row + row) * row_length + column;
#pragma unroll
        for (int i = 0; i < copies; i++) {
            int r = row + i * row_step;
            bool valid = first_row + r < row_limit && column < column_limit;
            const u16* s = valid ? source + (i64)(i * row_step) * row_length : from;
#pragma unroll
            for (int p = 0; p < planes; p++) copy16_async(to + p * plane_bytes + place(r, chunk), s + p * plane, valid);
        }
    }

    // The fragments of A, rows r0 … r0 + 15 of C and k0 … k0 + 15 of the tile.
    DEVICE void load_a(u32 (&f)[4], Shared from, int r0, int k0) {
        int lane = thread_index() % 32;
        if (along_k) load_matrices(f, from + place(r0 + (lane & 15), k0 / 8 + (lane >> 4)));
        else load_matrices_transposed(f, from + place(k0 + ((lane >> 4) << 3) + (lane & 7), r0 / 8 + ((lane >> 3) & 1)));
    }

    // The fragments of B for columns n0 … n0 + 15 of C: f[0], f[1] of the first eight, f[2], f[3] of the rest.
    DEVICE void load_b(u32 (&f)[4], Shared from, int n0, int k0) {
        int lane = thread_index() % 32;
        if (along_k) load_matrices(f, from + place(n0 + ((lane >> 4) << 3) + (lane & 7), k0 / 8 + ((lane >> 3) & 1)));
        else load_matrices_transposed(f, from + place(k0 + (((lane >> 3) & 1) << 3) + (lane & 7), n0 / 8 + (lane >> 4)));
    }
};

template <int planes, bool a_along_k, bool b_along_k> DEVICE void multiply(const ProductArguments& a) {
    using A = Operand<planes, a_along_k>;
    using B = Operand<planes, b_along_k>;
    constexpr int depth = Depth<planes>::k, stages = Depth<planes>::stages, stage_bytes = A::bytes + B::bytes;
    Shared memory = shared_address(shared_memory());
    // Blocks that run at the same time share rows of A and columns of B: they walk C in bands of eight tiles.
    int row_tiles = (a.m + tile - 1) / tile, column_tiles = (a.n + tile - 1) / tile;
    int band = block_x() / (8 * column_tiles), within = block_x() % (8 * column_tiles);
    int band_rows = row_tiles - band * 8 < 8 ? row_tiles - band * 8 : 8;
    int m0 = (band * 8 + within % band_rows) * tile, n0 = within / band_rows * tile;
    int k0 = block_z() * a.k_part, k_end = k0 + a.k_part < a.k ? k0 + a.k_part : a.k;
    int steps = (k_end - k0 + depth - 1) / depth;

    float sums[4][4][4] = {};
    auto copy = [&](int step) {
        if (step < steps) {
            Shared to = memory + step % stages * stage_bytes;
            A::copy(to, a.a, a.a_plane, a.a_row, m0, a.m, k0 + step * depth, k_end);
            B::copy(to + A::bytes, a.b, a.b_plane, a.b_row, n0, a.n, k0 + step * depth, k_end);
        }
        commit_copies();
    };
#pragma unroll
    for (int i = 0; i < stages - 1; i++) copy(i);

    int warp = thread_index() / 32, warp_m = (warp & 1) * warp_rows, warp_n = (warp >> 1) * warp_columns;
    for (int step = 0; step < steps; step++) {
        wait_copies<stages - 2>();
        sync_block();
        copy(step + stages - 1);
        Shared from_a = memory + step % stages * stage_bytes, from_b = from_a + A::bytes;
#pragma unroll
        for (int k = 0; k < depth; k += 16) {
            u32 fa[planes][4][4], fb[planes][2][4];
#pragma unroll
            for (int p = 0; p < planes; p++) {
#pragma unroll
                for (int i = 0; i < 4; i++) A::load_a(fa[p][i], from_a + p * A::plane_bytes, warp_m + i * 16, k);
#pragma unroll
                for (int j = 0; j < 2; j++) B::load_b(fb[p][j], from_b + p * B::plane_bytes, warp_n + j * 16, k);
            }
            // The smallest products first.
#pragma unroll
            for (int order = planes - 1; order >= 0; order--) {
#pragma unroll
                for (int pa = 0; pa <= order; pa++) {
#pragma unroll
                    for (int i = 0; i < 4; i++) {
#pragma unroll
                        for (int j = 0; j < 4; j++) {
                            u32(&x)[4] = fa[pa][i];
                            u32(&y)[4] = fb[order - pa][j / 2];
                            multiply_add(sums[i][j], x[0], x[1], x[2], x[3], y[j % 2 * 2], y[j % 2 * 2 + 1]);
                        }
                    }
                }
            }
        }
    }

    int lane = thread_index() % 32, g = lane / 4, pair = lane % 4 * 2;
    float* c = a.c + block_z() * a.c_part;
    bool pairs = stores_pairs(c, a.c_row);
#pragma unroll
    for (int i = 0; i < 8; i++) {
        int row = row_of_result(m0 + warp_m + i / 2 * 16 + i % 2 * 8 + g, a.m, a.group, a.kept);
        if (row < 0) continue;
        float* target = c + (i64)row * a.c_row;
#pragma unroll
        for (int j = 0; j < 4; j++) {
            int column = n0 + warp_n + j * 8 + pair;
            float x = sums[i / 2][j][i % 2 * 2], y = sums[i / 2][j][i % 2 * 2 + 1];
            store_sums(target, column, a.n, x, y, pairs, a.add);
        }
    }
}

}  // namespace

// t: k is contiguous in B's rows, as in X Wᵀ; n: it is not, as in X W. The first letter tells how A lies: n: [m, k]; t: [k, m].
KERNEL(product_nt_bf16, ProductArguments, 256, 2) { multiply<1, true, true>(a); }
KERNEL(product_nn_bf16, ProductArguments, 256, 2) { multiply<1, true, false>(a); }
KERNEL(product_tn_bf16, ProductArguments, 256, 2) { multiply<1, false, false>(a); }
KERNEL(product_nt_fp32, ProductArguments, 256, 1) { multiply<3, true, true>(a); }
KERNEL(product_nn_fp32, ProductArguments, 256, 1) { multiply<3, true, false>(a); }
KERNEL(product_tn_fp32, ProductArguments, 256, 1) { multiply<3, false, false>(a); }
