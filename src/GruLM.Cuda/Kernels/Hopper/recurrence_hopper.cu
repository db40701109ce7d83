// The recurrence of recurrence.h for Hopper and many lanes: a block owns 64 lanes and some units. Its weights stay in shared memory as
// tensor operations read them; one warp waits for the other blocks and has the copy engine bring the states of all units for the block's
// lanes, and two groups of four warps multiply. The sums of one unit's gates lie in the registers of one thread, which also keeps the
// unit's states.
#include "hopper.h"
#include "../numbers.h"

namespace {

struct HopperRecurrence {
    TensorMap map;  // of the planes that are read: states [T + 1, B', H'], or dar, daz, dan, dq [T, B', 4H']
    const u16* weights;  // forward [3H', H'], backward its transpose [H', 3H'], in planes
    i64 weights_plane;
    const float* input_bias;  // [3H]
    const float* bias;  // [3H] of the state
    float* gates;  // [T, B', 3H']
    float* candidate;  // [T, B', H']
    float* states;  // [T + 1, B', H']
    u16* planes;  // what is written, laid out as what is read
    i64 plane;
    const float* d_states;  // [T, B', H']
    float* d_bias;  // [lane tiles, 4, H']
    u32* done;  // [lane tiles, unit slices]
    int steps, lanes;
    int units, padded;  // H, a multiple of the block's units, and H', of 64
    int keep_gates;
    int stages;
};

constexpr int tile_lanes = 64, depth = 64, multipliers = 256;
constexpr int row_bytes = depth * 2;

struct Pair {
    float x, y;
};

DEVICE Pair load_pair(const float* from) {
    u64 both = *(const u64*)from;
    return {__builtin_bit_cast(float, (u32)both), __builtin_bit_cast(float, (u32)(both >> 32))};
}

DEVICE void store_pair(float* to, float x, float y) {
    *(u64*)to = (u64)__builtin_bit_cast(u32, y) << 32 | __builtin_bit_cast(u32, x);
}

template <int planes> DEVICE void store_plane_pair(u16* to, i64 plane, float x, float y) {
    u32 both[planes];
    split<planes>(x, y, both);
#pragma unroll
    for (int p = 0; p < planes; p++) *(u32*)(to + p * plane) = both[p];
}

// A row of weights lies in shared memory in blocks of 64 numbers, each a tile of its own; a row's pieces of 16 bytes are shifted by its
// number.
template <int planes, int rows> DEVICE void place_row(char* weights, int row, const u16* from, i64 plane, int length) {
    for (int chunk = thread_index() % 32; chunk < length / 8 * planes; chunk += 32) {
        int p = chunk % planes, at = chunk / planes, block = at / 8, piece = at % 8;
        char* to = weights + ((block * planes + p) * rows + row) * row_bytes + ((piece ^ (row & 7)) << 4);
        *(Words4*)to = *(const Words4*)(from + p * plane + at * 8);
    }
}

template <int planes, int rows> DEVICE u64 weights_at(Shared weights, int block, int plane, int first_row, int k) {
    return describe(weights + ((block * planes + plane) * rows + first_row) * row_bytes + k * 2, 16, 8 * row_bytes, 1);
}

template <int planes> DEVICE u64 tile_at(Shared tile, int plane, int k) {
    return describe(tile + plane * tile_lanes * row_bytes + k * 2, 16, 8 * row_bytes, 1);
}

// Where the parts of a block's shared memory begin.
struct Memory {
    Shared weights, tiles, full, empty;
    char* after;  // the barriers
};

template <int planes> DEVICE Memory divide(int weight_bytes, int stages) {
    Shared first = shared_address(shared_memory()), tiles = first + weight_bytes;
    int tile_bytes = stages * planes * tile_lanes * row_bytes;
    return {first, tiles, tiles + tile_bytes, tiles + tile_bytes + stages * 8, shared_memory() + weight_bytes + tile_bytes + stages * 16};
}

DEVICE void begin(const Memory& memory, int stages, int arrivals) {
    if (thread_index() == 0) {
        for (int i = 0; i < stages; i++) {
            begin_barrier(memory.full + i * 8, 1);
            begin_barrier(memory.empty + i * 8, arrivals);
        }
        show_barriers();
    }
    show_copies();
    sync_block();
}

// One warp: waits until all blocks of these lanes have published so many steps.
DEVICE void wait_for_all(const u32* done, u32 steps) {
    bool ready;
    do {
        ready = true;
        for (int i = thread_index() % 32; i < (int)grid_x(); i += 32) ready = ready && load_acquire(done + i) >= steps;
    } while (!all_lanes(ready));
    sync_warp();
}

template <int planes>
DEVICE void bring(const Memory& memory, const TensorMap* map, int turn, int stages, int x, int y) {
    int stage = turn % stages, round = turn / stages;
    if (round > 0) wait_barrier(memory.empty + stage * 8, (round - 1) & 1);
    constexpr int bytes = planes * tile_lanes * row_bytes;
    arrive_expecting(memory.full + stage * 8, bytes);
    copy_tile(memory.tiles + stage * bytes, map, x, y, memory.full + stage * 8);
}

// As in recurrence.h: what only later launches read is better stored afterwards.
DEVICE void publish(u32* done, u32 steps) {
    show_copies();
    sync_threads<multipliers>();
    if (thread_index() == 0) store_release(done, steps);
}

template <int planes, int units> DEVICE void forward(const HopperRecurrence& a, const TensorMap* map) {
    constexpr int group_units = units / 2, outputs = 3 * units, columns = 3 * group_units, eighths = group_units / 8;
    int blocks = a.padded / depth, slice = block_x(), unit0 = slice * units, lane0 = block_y() * tile_lanes;
    Memory memory = divide<planes>(blocks * planes * outputs * row_bytes, a.stages);
    u32* done = a.done + block_y() * grid_x();
    // A group's columns: its units' resets, then updates, then proposals.
    for (int row = thread_index() / 32; row < outputs; row += thread_count() / 32) {
        int gate = row % columns / group_units, unit = unit0 + row / columns * group_units + row % group_units;
        place_row<planes, outputs>(shared_memory(), row, a.weights + (i64)(gate * a.padded + unit) * a.padded, a.weights_plane, a.padded);
    }
    begin(memory, a.stages, 2);

    if (thread_index() >= multipliers) {
        for (int t = 0, turn = 0; t < a.steps; t++) {
            if (t > 0) wait_for_all(done, t);
            show_copies();
            for (int block = 0; block < blocks; block++, turn++) {
                if (thread_index() == multipliers) bring<planes>(memory, map, turn, a.stages, block * depth, t * a.lanes + lane0);
            }
        }
        return;
    }

    int group = thread_index() / 128, lane = thread_index() % 32, row0 = lane0 + thread_index() % 128 / 32 * 16 + lane / 4;
    int u0 = unit0 + group * group_units + lane % 4 * 2;
    float own[2][eighths][2], bias[4][eighths][2];  // r, z, n, q
#pragma unroll
    for (int j = 0; j < eighths; j++) {
#pragma unroll
        for (int i = 0; i < 2; i++) {
            int u = u0 + j * 8 + i;
            bias[0][j][i] = a.input_bias[u] + a.bias[u];
            bias[1][j][i] = a.input_bias[a.units + u] + a.bias[a.units + u];
            bias[2][j][i] = a.input_bias[2 * a.units + u];
            bias[3][j][i] = a.bias[2 * a.units + u];
        }
#pragma unroll
        for (int half = 0; half < 2; half++) {
            int row = row0 + half * 8;
            Pair state = row < a.lanes ? load_pair(a.states + (i64)row * a.padded + u0 + j * 8) : Pair{0, 0};
            own[half][j][0] = state.x;
            own[half][j][1] = state.y;
        }
    }
    for (int t = 0, turn = 0; t < a.steps; t++) {
        Pair inputs[2][eighths][3];
#pragma unroll
        for (int half = 0; half < 2; half++) {
            int row = row0 + half * 8;
            const float* gates = a.gates + ((i64)t * a.lanes + row) * 3 * a.padded + u0;
#pragma unroll
            for (int j = 0; j < eighths; j++) {
#pragma unroll
                for (int gate = 0; gate < 3; gate++) {
                    inputs[half][j][gate] = row < a.lanes ? load_pair(gates + gate * a.padded + j * 8) : Pair{0, 0};
                }
            }
        }
        float sums[columns / 2];
#pragma unroll
        for (int i = 0; i < columns / 2; i++) sums[i] = 0;
        for (int block = 0; block < blocks; block++, turn++) {
            int stage = turn % a.stages;
            wait_barrier(memory.full + stage * 8, turn / a.stages & 1);
            Shared tile = memory.tiles + stage * (planes * tile_lanes * row_bytes);
            begin_group_products();
#pragma unroll
            for (int k = 0; k < depth; k += 16) {
#pragma unroll
                for (int order = planes - 1; order >= 0; order--) {
#pragma unroll
                    for (int pa = 0; pa <= order; pa++) {
                        multiply_group<0, 0>(
                            sums, tile_at<planes>(tile, pa, k),
                            weights_at<planes, outputs>(memory.weights, block, order - pa, group * columns, k));
                    }
                }
            }
            commit_group_products();

            // There are few tiles, and bringing one takes longer than multiplying it.
            wait_group_products<0>();
            if (thread_index() % 128 == 0) arrive(memory.empty + stage * 8);
        }
        float q[2][eighths][2];
#pragma unroll
        for (int half = 0; half < 2; half++) {
            int row = row0 + half * 8;
#pragma unroll
            for (int j = 0; j < eighths; j++) {
                float gates[3][2];
#pragma unroll
                for (int i = 0; i < 2; i++) {
                    Pair r2 = inputs[half][j][0], z2 = inputs[half][j][1], n2 = inputs[half][j][2];
                    q[half][j][i] = sums[(2 * eighths + j) * 4 + half * 2 + i] + bias[3][j][i];
                    float reset = sigmoid((i ? r2.y : r2.x) + sums[j * 4 + half * 2 + i] + bias[0][j][i]);
                    float update = sigmoid((i ? z2.y : z2.x) + sums[(eighths + j) * 4 + half * 2 + i] + bias[1][j][i]);
                    float proposal = tanh_of(multiply_add(reset, q[half][j][i], (i ? n2.y : n2.x) + bias[2][j][i]));
                    own[half][j][i] = multiply_add(update, own[half][j][i] - proposal, proposal);
                    gates[0][i] = reset;
                    gates[1][i] = update;
                    gates[2][i] = proposal;
                }
#pragma unroll
                for (int gate = 0; gate < 3; gate++) inputs[half][j][gate] = {gates[gate][0], gates[gate][1]};
                if (row >= a.lanes) continue;
                u16* to = a.planes + (((i64)t + 1) * a.lanes + row) * a.padded + u0 + j * 8;
                store_plane_pair<planes>(to, a.plane, own[half][j][0], own[half][j][1]);
            }
        }
        publish(done + slice, t + 1);
#pragma unroll
        for (int half = 0; half < 2; half++) {
            int row = row0 + half * 8;
            i64 at = (i64)t * a.lanes + row;
            if (row >= a.lanes) continue;
#pragma unroll
            for (int j = 0; j < eighths; j++) {
                store_pair(a.states + (at + a.lanes) * a.padded + u0 + j * 8, own[half][j][0], own[half][j][1]);
                if (!a.keep_gates) continue;
#pragma unroll
                for (int gate = 0; gate < 3; gate++) {
                    Pair value = inputs[half][j][gate];
                    store_pair(a.gates + (at * 3 + gate) * a.padded + u0 + j * 8, value.x, value.y);
                }
                store_pair(a.candidate + at * a.padded + u0 + j * 8, q[half][j][0], q[half][j][1]);
            }
        }
    }
}

template <int planes, int units> DEVICE void backward(const HopperRecurrence& a, const TensorMap* map) {
    constexpr int group_units = units / 2, eighths = group_units / 8;
    int per_gate = a.padded / depth, blocks = 3 * per_gate, slice = block_x(), unit0 = slice * units, lane0 = block_y() * tile_lanes;
    Memory memory = divide<planes>(blocks * planes * units * row_bytes, a.stages);
    float* exchange = (float*)memory.after;  // what each group has summed up for the other's units, [2, sums, 128]
    u32* done = a.done + block_y() * grid_x();
    for (int row = thread_index() / 32; row < units; row += thread_count() / 32) {
        place_row<planes, units>(shared_memory(), row, a.weights + (i64)(unit0 + row) * 3 * a.padded, a.weights_plane, 3 * a.padded);
    }
    begin(memory, a.stages, 2);

    if (thread_index() >= multipliers) {
        for (int t = a.steps - 2, turn = 0; t >= 0; t--) {
            wait_for_all(done, a.steps - 1 - t);
            show_copies();
            for (int block = 0; block < blocks; block++, turn++) {
                int x = (block < 2 * per_gate ? block : block + per_gate) * depth;  // dq lies behind dan
                if (thread_index() == multipliers) bring<planes>(memory, map, turn, a.stages, x, (t + 1) * a.lanes + lane0);
            }
        }
        return;
    }

    int group = thread_index() / 128, in_group = thread_index() % 128, lane = thread_index() % 32;
    int row0 = lane0 + in_group / 32 * 16 + lane / 4, u0 = unit0 + group * group_units + lane % 4 * 2, row_length = 4 * a.padded;
    float kept[2][eighths][2] = {}, bias[4][eighths][2] = {};
    for (int t = a.steps - 1, turn = 0; t >= 0; t--) {
        Pair saved[2][eighths][6];
#pragma unroll
        for (int half = 0; half < 2; half++) {
            int row = row0 + half * 8;
            i64 at = (i64)t * a.lanes + row;
#pragma unroll
            for (int j = 0; j < eighths; j++) {
                i64 place = at * a.padded + u0 + j * 8;
                bool real = row < a.lanes;
#pragma unroll
                for (int gate = 0; gate < 3; gate++) {
                    saved[half][j][gate] = real ? load_pair(a.gates + (at * 3 + gate) * a.padded + u0 + j * 8) : Pair{0, 0};
                }
                saved[half][j][3] = real ? load_pair(a.candidate + place) : Pair{0, 0};
                saved[half][j][4] = real ? load_pair(a.states + place) : Pair{0, 0};
                saved[half][j][5] = real ? load_pair(a.d_states + place) : Pair{0, 0};
            }
        }
        float sums[units / 2];
#pragma unroll
        for (int i = 0; i < units / 2; i++) sums[i] = 0;
        if (t < a.steps - 1) {
            // Each group multiplies one half of every tile's k.
            for (int block = 0; block < blocks; block++, turn++) {
                int stage = turn % a.stages;
                wait_barrier(memory.full + stage * 8, turn / a.stages & 1);
                Shared tile = memory.tiles + stage * (planes * tile_lanes * row_bytes);
                begin_group_products();
#pragma unroll
                for (int i = 0; i < depth / 2; i += 16) {
                    int k = group * (depth / 2) + i;
#pragma unroll
                    for (int order = planes - 1; order >= 0; order--) {
#pragma unroll
                        for (int pa = 0; pa <= order; pa++) {
                            multiply_group<0, 0>(
                                sums, tile_at<planes>(tile, pa, k), weights_at<planes, units>(memory.weights, block, order - pa, 0, k));
                        }
                    }
                }
                commit_group_products();
                wait_group_products<0>();
                if (in_group == 0) arrive(memory.empty + stage * 8);
            }
            float* mine = exchange + group * (units / 4) * 128 + in_group;
            float* others = exchange + (1 - group) * (units / 4) * 128 + in_group;
#pragma unroll
            for (int i = 0; i < units / 4; i++) {
                float low = sums[i], high = sums[units / 4 + i];
                others[i * 128] = group ? low : high;
                sums[i] = group ? high : low;
            }
            sync_threads<multipliers>();
#pragma unroll
            for (int i = 0; i < units / 4; i++) sums[i] += mine[i * 128];
        }
#pragma unroll
        for (int half = 0; half < 2; half++) {
            int row = row0 + half * 8;
#pragma unroll
            for (int j = 0; j < eighths; j++) {
                float d[4][2];
#pragma unroll
                for (int i = 0; i < 2; i++) {
                    float v[6];
#pragma unroll
                    for (int s = 0; s < 6; s++) v[s] = i ? saved[half][j][s].y : saved[half][j][s].x;
                    float r = v[0], z = v[1], n = v[2], q = v[3], before = v[4];
                    float d_state = v[5] + kept[half][j][i] + sums[j * 4 + half * 2 + i];
                    kept[half][j][i] = d_state * z;
                    d[2][i] = d_state * (1 - z) * (1 - n * n);
                    d[1][i] = d_state * (before - n) * z * (1 - z);
                    d[0][i] = d[2][i] * q * r * (1 - r);
                    d[3][i] = d[2][i] * r;
#pragma unroll
                    for (int s = 0; s < 4; s++) bias[s][j][i] += row < a.lanes ? d[s][i] : 0;
                }
                if (row >= a.lanes) continue;
                u16* to = a.planes + ((i64)t * a.lanes + row) * row_length + u0 + j * 8;
#pragma unroll
                for (int s = 0; s < 4; s++) {
                    if (s != 2) store_plane_pair<planes>(to + s * a.padded, a.plane, d[s][0], d[s][1]);
                }
                saved[half][j][0] = {d[2][0], d[2][1]};
            }
        }
        publish(done + slice, a.steps - t);

        // The proposals' gradients are no factor of the next step.
#pragma unroll
        for (int half = 0; half < 2; half++) {
            int row = row0 + half * 8;
            if (row >= a.lanes) continue;
#pragma unroll
            for (int j = 0; j < eighths; j++) {
                u16* to = a.planes + ((i64)t * a.lanes + row) * row_length + 2 * a.padded + u0 + j * 8;
                store_plane_pair<planes>(to, a.plane, saved[half][j][0].x, saved[half][j][0].y);
            }
        }
    }

    // The biases' gradients: over the eight rows of a warp, then over the four warps of a group.
    sync_threads<multipliers>();
#pragma unroll
    for (int s = 0; s < 4; s++) {
#pragma unroll
        for (int j = 0; j < eighths; j++) {
#pragma unroll
            for (int i = 0; i < 2; i++) {
                float sum = bias[s][j][i];
#pragma unroll
                for (int mask = 4; mask < 32; mask *= 2) sum += shuffle_xor(sum, mask);
                int unit = group * group_units + j * 8 + lane % 4 * 2 + i;
                if (lane < 4) exchange[(in_group / 32 * 4 + s) * units + unit] = sum;
            }
        }
    }
    sync_threads<multipliers>();
    for (int i = thread_index(); i < 4 * units; i += multipliers) {
        float sum = 0;
        for (int warp = 0; warp < 4; warp++) sum += exchange[warp * 4 * units + i];
        a.d_bias[((i64)block_y() * 4 + i / units) * a.padded + unit0 + i % units] = sum;
    }
}

}  // namespace

#define RECURRENCE(direction, name, planes, units)         \
    KERNEL(direction##_##name, HopperRecurrence, 288, 1) { \
        const TensorMap* map;                              \
        PARAMETERS_OF(direction##_##name, map);            \
        direction<planes, units>(a, map);                  \
    }

RECURRENCE(forward, bf16_32_64, 1, 32)
RECURRENCE(forward, bf16_16_64, 1, 16)
RECURRENCE(backward, bf16_32_64, 1, 32)
RECURRENCE(backward, bf16_16_64, 1, 16)
RECURRENCE(forward, fp32_16_64, 3, 16)
RECURRENCE(backward, fp32_16_64, 3, 16)
