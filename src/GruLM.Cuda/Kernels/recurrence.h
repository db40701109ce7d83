// The GRU over all time steps of one layer in one launch. A block owns some units of the layer and some lanes of the batch; its part of
// the recurrent weights stays in shared memory over all steps. After each step blocks that share lanes exchange their units through
// global memory: a block publishes how many steps it has done, and waits for the others. All blocks must run at the same time. The
// equations are those of GruLayer.cs.
//
// A product's k is taken in groups of 32, in an order in which what a lane needs of a row lies together: lane (g, i) reads numbers 8 i …
// 8 i + 7 of the group, as two pairs for each of two tensor operations. Weights lie in shared memory as they are read.
#pragma once
#include "numbers.h"

namespace {

constexpr int threads = 256, warps = 8;

struct Recurrence {
    const u16* weights;  // forward [3H', H'], backward its transpose [H', 3H'], in planes
    i64 weights_plane;
    const float* input_bias;  // [3H]
    const float* bias;  // [3H] of the state
    float* gates;  // [T, B', 3H']: projections of the input, then r, z, n
    float* candidate;  // q [T, B', H']
    float* states;  // [T + 1, B', H']
    u16* planes;  // forward: the states [T + 1, B', H'] in planes; backward: dar, daz, dan, dq [T, B', 4H'] in planes
    i64 plane;
    const float* d_states;  // backward: [T, B', H'], from above
    float* d_bias;  // backward: [batch tiles, 4, H'], sums over the tile's lanes of dar, daz, dan, dq
    u32* done;  // [batch tiles, unit slices], zero at launch: steps that each block has published
    int steps, lanes;  // T, B'
    int units, padded;  // H, H'
    int tile_lanes;  // of each block, a multiple of 16
    int keep_gates;  // whether gates and candidate are for a backward pass
};

// How the sums of the eight warps lie in shared memory: rows apart so that a fragment's eight rows fall into different banks.
template <int columns> constexpr int sum_stride() { return columns % 32 == 24 || columns % 32 == 8 ? columns : columns + 8; }

// Sums [rows of the warp's lanes, outputs] of one warp over its groups of k.
template <int planes, int tiles_m, int tiles_n, int ahead> struct Multiplier {
    // source: the warp's first row at its first group, at this lane's place.
    DEVICE void load(Words4 (&to)[planes][tiles_m][2], const u16* source, i64 plane, i64 row_length) {
#pragma unroll
        for (int p = 0; p < planes; p++) {
#pragma unroll
            for (int m = 0; m < tiles_m; m++) {
                to[p][m][0] = load_coherent(source + p * plane + (m * 16) * row_length);
                to[p][m][1] = load_coherent(source + p * plane + (m * 16 + 8) * row_length);
            }
        }
    }

    // group_at(i): where the i-th group of this warp begins in a row. weights: of the warp's first group, at this lane's place.
    template <typename GroupAt>
    DEVICE void run(float (&sums)[tiles_m][tiles_n][4], const u16* source, i64 plane, i64 row_length, int groups, GroupAt group_at,
                    const char* weights) {
        Words4 rows[ahead][planes][tiles_m][2];
#pragma unroll
        for (int d = 0; d < ahead; d++) {
            if (d < groups) load(rows[d], source + group_at(d), plane, row_length);
        }
        for (int first = 0; first < groups; first += ahead) {
#pragma unroll
            for (int d = 0; d < ahead; d++) {
                int group = first + d;
                if (group >= groups) break;
                Words4 w[planes][tiles_n];
#pragma unroll
                for (int n = 0; n < tiles_n; n++) {
#pragma unroll
                    for (int p = 0; p < planes; p++) w[p][n] = *(const Words4*)(weights + ((group * tiles_n + n) * planes + p) * 512);
                }
#pragma unroll
                for (int order = planes - 1; order >= 0; order--) {
#pragma unroll
                    for (int pa = 0; pa <= order; pa++) {
#pragma unroll
                        for (int m = 0; m < tiles_m; m++) {
                            Words4 low = rows[d][pa][m][0], high = rows[d][pa][m][1];
#pragma unroll
                            for (int n = 0; n < tiles_n; n++) {
                                Words4 y = w[order - pa][n];
                                multiply_add(sums[m][n], low.x, high.x, low.y, high.y, y.x, y.y);
                                multiply_add(sums[m][n], low.z, high.z, low.w, high.w, y.z, y.w);
                            }
                        }
                    }
                }
                if (group + ahead < groups) load(rows[d], source + group_at(group + ahead), plane, row_length);
            }
        }
    }
};

// Waits until all blocks of this batch tile have published so many steps. One warp asks for the block: if all did, they would stand in each
// other's way.
DEVICE void wait_for(const u32* done, u32 steps) {
    if (thread_index() < 32) {
        bool ready;
        do {
            ready = true;
            for (int i = thread_index(); i < (int)grid_x(); i += 32) ready = ready && load_acquire(done + i) >= steps;
        } while (!all_lanes(ready));
    }
    sync_block();
}

// What other blocks wait for has been stored before; what only later launches read is better stored afterwards, since a release waits for
// every store before it.
DEVICE void publish(u32* done, u32 steps) {
    sync_block();
    if (thread_index() == 0) store_release(done, steps);
}

template <int tiles_m, int tiles_n> DEVICE void clear(float (&sums)[tiles_m][tiles_n][4]) {
#pragma unroll
    for (int m = 0; m < tiles_m; m++) {
#pragma unroll
        for (int n = 0; n < tiles_n; n++) {
#pragma unroll
            for (int i = 0; i < 4; i++) sums[m][n][i] = 0;
        }
    }
}

// The warp's sums into shared memory, [rows, outputs] a warp.
template <int tiles_m, int tiles_n, int stride> DEVICE void share(const float (&sums)[tiles_m][tiles_n][4], float* to) {
    int lane = thread_index() % 32, g = lane / 4, pair = lane % 4 * 2;
    to += thread_index() / 32 * (tiles_m * 16 * stride);
#pragma unroll
    for (int m = 0; m < tiles_m; m++) {
#pragma unroll
        for (int n = 0; n < tiles_n; n++) {
            float* low = to + (m * 16 + g) * stride + n * 8 + pair;
            float* high = low + 8 * stride;
            low[0] = sums[m][n][0];
            low[1] = sums[m][n][1];
            high[0] = sums[m][n][2];
            high[1] = sums[m][n][3];
        }
    }
}

// One number of all warps' sums.
template <int rows, int stride> DEVICE float gather(const float* sums, int row, int column) {
    float sum = 0;
#pragma unroll
    for (int w = 0; w < warps; w++) sum += sums[(w * rows + row) * stride + column];
    return sum;
}

// The groups of k that a warp multiplies: each warp some that lie together.
struct Share {
    int first, count;
};

DEVICE Share share_of_warp(int groups) {
    int each = (groups + warps - 1) / warps, first = (int)(thread_index() / 32) * each;
    int left = groups - first;
    return {first, left < 0 ? 0 : left < each ? left : each};
}

DEVICE void place_weights(char* to, const u16* from, bool real) {
    if (real) *(Words4*)to = *(const Words4*)from;
    else *(Words4*)to = {0, 0, 0, 0};
}

template <int planes, int units, int tiles_m, int ahead> DEVICE void forward(const Recurrence& a) {
    constexpr int outputs = 3 * units, tiles_n = outputs / 8, rows = tiles_m * 16, stride = sum_stride<outputs>();
    constexpr int elements = (rows * units + threads - 1) / threads;
    char* weights = shared_memory();
    int groups = a.padded / 32;
    float* sums = (float*)(weights + (i64)groups * tiles_n * planes * 512);
    float* own = sums + warps * rows * stride;  // the block's states [tile_lanes, units]
    int slice = block_x(), unit0 = slice * units, lane0 = block_y() * a.tile_lanes;
    int lanes = a.lanes - lane0 < a.tile_lanes ? a.lanes - lane0 : a.tile_lanes;
    u32* done = a.done + block_y() * grid_x();

    // The block's weights, unit by unit of each gate, as lanes will read them.
    for (int i = thread_index(); i < groups * tiles_n * planes * 32; i += threads) {
        int lane = i % 32, p = i / 32 % planes, n = i / 32 / planes % tiles_n, group = i / 32 / planes / tiles_n;
        int gate = n * 8 / units, unit = unit0 + n * 8 % units + lane / 4;
        const u16* row = a.weights + p * a.weights_plane + (i64)(gate * a.padded + unit) * a.padded;
        place_weights(weights + (i64)i * 16, row + group * 32 + lane % 4 * 8, unit < a.units);
    }
    int unit = thread_index() % units, u = unit0 + unit;
    bool real = u < a.units;
    float bias_r = 0, bias_z = 0, bias_n = 0, bias_q = 0;
    if (real) {
        bias_r = a.input_bias[u] + a.bias[u];
        bias_z = a.input_bias[a.units + u] + a.bias[a.units + u];
        bias_n = a.input_bias[2 * a.units + u];
        bias_q = a.bias[2 * a.units + u];
    }
    for (int i = thread_index(); i < a.tile_lanes * units; i += threads) {
        int lane = i / units;
        own[i] = lane < lanes && real ? a.states[(i64)(lane0 + lane) * a.padded + u] : 0;
    }
    sync_block();

    Share mine = share_of_warp(groups);
    int lane = thread_index() % 32;
    const char* my_weights = weights + (i64)mine.first * tiles_n * planes * 512 + lane * 16;
    for (int t = 0; t < a.steps; t++) {
        for (int m0 = 0; m0 < lanes; m0 += rows) {
            // What the inputs contribute, asked for long before it is needed.
            float r[elements], z[elements], n[elements];
#pragma unroll
            for (int e = 0; e < elements; e++) {
                int row = m0 + (thread_index() + e * threads) / units;
                bool inside = row < lanes && row < m0 + rows && real;
                const float* gates = a.gates + ((i64)t * a.lanes + lane0 + row) * 3 * a.padded + u;
                r[e] = inside ? gates[0] : 0;
                z[e] = inside ? gates[a.padded] : 0;
                n[e] = inside ? gates[2 * a.padded] : 0;
            }
            float products[tiles_m][tiles_n][4];
            clear(products);
            if (m0 == 0 && t > 0) wait_for(done, t);
            if (mine.count > 0) {
                const u16* source =
                    a.planes + ((i64)t * a.lanes + lane0 + m0 + lane / 4) * a.padded + mine.first * 32 + lane % 4 * 8;
                auto group_at = [](int i) { return i * 32; };
                Multiplier<planes, tiles_m, tiles_n, ahead>::run(
                    products, source, a.plane, a.padded, mine.count, group_at, my_weights);
            }
            share<tiles_m, tiles_n, stride>(products, sums);
            sync_block();
            float q[elements];
#pragma unroll
            for (int e = 0; e < elements; e++) {
                // Lanes and units that are not there are computed too: without branches the elements go side by side.
                int in_chunk = (thread_index() + e * threads) / units, row = m0 + in_chunk;
                if (rows * units < threads && in_chunk >= rows) break;
                bool inside = row < lanes && real;
                q[e] = gather<rows, stride>(sums, in_chunk, 2 * units + unit) + bias_q;
                r[e] = sigmoid(r[e] + gather<rows, stride>(sums, in_chunk, unit) + bias_r);
                z[e] = sigmoid(z[e] + gather<rows, stride>(sums, in_chunk, units + unit) + bias_z);
                n[e] = tanh_of(multiply_add(r[e], q[e], n[e] + bias_n));
                float before = inside ? own[row * units + unit] : 0, after = multiply_add(z[e], before - n[e], n[e]);
                if (!inside) continue;
                own[row * units + unit] = after;
                store_planes<planes>(a.planes + (((i64)t + 1) * a.lanes + lane0 + row) * a.padded + u, a.plane, after);
            }
            if (m0 + rows < lanes) sync_block();
            else publish(done + slice, t + 1);
#pragma unroll
            for (int e = 0; e < elements; e++) {
                int in_chunk = (thread_index() + e * threads) / units, row = m0 + in_chunk;
                if (in_chunk >= rows || row >= lanes || !real) continue;
                i64 at = (i64)t * a.lanes + lane0 + row;
                a.states[(at + a.lanes) * a.padded + u] = own[row * units + unit];
                if (!a.keep_gates) continue;
                float* gates = a.gates + at * 3 * a.padded + u;
                gates[0] = r[e];
                gates[a.padded] = z[e];
                gates[2 * a.padded] = n[e];
                a.candidate[at * a.padded + u] = q[e];
            }
        }
    }
}

template <int planes, int units, int tiles_m, int ahead> DEVICE void backward(const Recurrence& a) {
    constexpr int tiles_n = units / 8, rows = tiles_m * 16, stride = sum_stride<units>();
    constexpr int elements = (rows * units + threads - 1) / threads;
    char* weights = shared_memory();
    int per_gate = a.padded / 32, groups = 3 * per_gate;
    float* sums = (float*)(weights + (i64)groups * tiles_n * planes * 512);
    float* kept = sums + warps * rows * stride;  // what reaches the states before directly [tile_lanes, units]
    int slice = block_x(), unit0 = slice * units, lane0 = block_y() * a.tile_lanes;
    int lanes = a.lanes - lane0 < a.tile_lanes ? a.lanes - lane0 : a.tile_lanes;
    u32* done = a.done + block_y() * grid_x();

    for (int i = thread_index(); i < groups * tiles_n * planes * 32; i += threads) {
        int lane = i % 32, p = i / 32 % planes, n = i / 32 / planes % tiles_n, group = i / 32 / planes / tiles_n;
        int unit = unit0 + n * 8 + lane / 4;
        const u16* row = a.weights + p * a.weights_plane + (i64)unit * 3 * a.padded;
        place_weights(weights + (i64)i * 16, row + group * 32 + lane % 4 * 8, unit < a.units);
    }
    int unit = thread_index() % units, u = unit0 + unit;
    bool real = u < a.units;
    for (int i = thread_index(); i < a.tile_lanes * units; i += threads) kept[i] = 0;
    sync_block();

    Share mine = share_of_warp(groups);
    int lane = thread_index() % 32, row_length = 4 * a.padded;
    const char* my_weights = weights + (i64)mine.first * tiles_n * planes * 512 + lane * 16;
    // dq lies behind dan, which the products do not read.
    auto group_at = [&](int i) {
        int group = mine.first + i;
        return (group < 2 * per_gate ? group : group + per_gate) * 32;
    };
    float d_reset_sum = 0, d_update_sum = 0, d_proposal_sum = 0, d_candidate_sum = 0;
    for (int t = a.steps - 1; t >= 0; t--) {
        for (int m0 = 0; m0 < lanes; m0 += rows) {
            float r[elements], z[elements], n[elements], q[elements], before[elements], d[elements];
#pragma unroll
            for (int e = 0; e < elements; e++) {
                int row = m0 + (thread_index() + e * threads) / units;
                bool inside = row < lanes && row < m0 + rows && real;
                i64 at = (i64)t * a.lanes + lane0 + row;
                const float* gates = a.gates + at * 3 * a.padded + u;
                r[e] = inside ? gates[0] : 0;
                z[e] = inside ? gates[a.padded] : 0;
                n[e] = inside ? gates[2 * a.padded] : 0;
                q[e] = inside ? a.candidate[at * a.padded + u] : 0;
                before[e] = inside ? a.states[at * a.padded + u] : 0;
                d[e] = inside ? a.d_states[at * a.padded + u] : 0;
            }
            float products[tiles_m][tiles_n][4];
            clear(products);
            if (m0 == 0 && t < a.steps - 1) wait_for(done, a.steps - 1 - t);
            if (t < a.steps - 1 && mine.count > 0) {
                const u16* source = a.planes + ((i64)(t + 1) * a.lanes + lane0 + m0 + lane / 4) * row_length + lane % 4 * 8;
                Multiplier<planes, tiles_m, tiles_n, ahead>::run(products, source, a.plane, row_length, mine.count, group_at, my_weights);
            }
            share<tiles_m, tiles_n, stride>(products, sums);
            sync_block();
#pragma unroll
            for (int e = 0; e < elements; e++) {
                int in_chunk = (thread_index() + e * threads) / units, row = m0 + in_chunk;
                if (rows * units < threads && in_chunk >= rows) break;
                bool inside = row < lanes && real;
                float d_state = d[e] + (inside ? kept[row * units + unit] : 0) + gather<rows, stride>(sums, in_chunk, unit);
                float d_proposal = d_state * (1 - z[e]) * (1 - n[e] * n[e]);
                float d_update = d_state * (before[e] - n[e]) * z[e] * (1 - z[e]);
                float d_reset = d_proposal * q[e] * r[e] * (1 - r[e]);
                float d_candidate = d_proposal * r[e];
                if (!inside) continue;
                kept[row * units + unit] = d_state * z[e];
                u16* to = a.planes + ((i64)t * a.lanes + lane0 + row) * row_length + u;
                store_planes<planes>(to, a.plane, d_reset);
                store_planes<planes>(to + a.padded, a.plane, d_update);
                store_planes<planes>(to + 3 * a.padded, a.plane, d_candidate);
                d[e] = d_proposal;
                d_reset_sum += d_reset;
                d_update_sum += d_update;
                d_proposal_sum += d_proposal;
                d_candidate_sum += d_candidate;
            }
            if (m0 + rows < lanes) sync_block();
            else publish(done + slice, a.steps - t);

            // The proposals' gradients are no factor of the next step.
#pragma unroll
            for (int e = 0; e < elements; e++) {
                int in_chunk = (thread_index() + e * threads) / units, row = m0 + in_chunk;
                if (in_chunk >= rows || row >= lanes || !real) continue;
                u16* to = a.planes + ((i64)t * a.lanes + lane0 + row) * row_length + u + 2 * a.padded;
                store_planes<planes>(to, a.plane, d[e]);
            }
        }
    }

    // The biases' gradients: threads of one unit are added up in their order.
    sync_block();
    float* of_threads = sums;  // 4 * threads numbers fit: eight warps' sums are at least as many
    of_threads[thread_index()] = d_reset_sum;
    of_threads[threads + thread_index()] = d_update_sum;
    of_threads[2 * threads + thread_index()] = d_proposal_sum;
    of_threads[3 * threads + thread_index()] = d_candidate_sum;
    sync_block();
    for (int i = thread_index(); i < 4 * units; i += threads) {
        int which = i / units, one = i % units;
        float sum = 0;
        for (int j = one; j < threads; j += units) sum += of_threads[which * threads + j];
        if (unit0 + one < a.padded) a.d_bias[((i64)block_y() * 4 + which) * a.padded + unit0 + one] = sum;
    }
}

}  // namespace

// Name: precision, units of a block, and sixteenths of lanes that are multiplied at a time.
#define BOTH_WAYS(name, planes, units, tiles_m, ahead)                                                               \
    KERNEL(forward_##name, Recurrence, 256, 1) { forward<planes, units, tiles_m, ahead>(a); }                        \
    KERNEL(backward_##name, Recurrence, 256, 1) { backward<planes, units, tiles_m, ahead>(a); }
