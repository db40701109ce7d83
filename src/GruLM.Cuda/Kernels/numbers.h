// Numbers in planes of bfloat16, the GRU's activations, sums over a block, and random numbers: what several kernel files use.
#pragma once
#include "machine.h"

namespace {

// The planes of two neighbours: first the numbers rounded to bfloat16, then what is left of them, rounded again, and once more.
template <int planes> DEVICE void split(float x, float y, u32 (&both)[planes]) {
#pragma unroll
    for (int p = 0; p < planes; p++) {
        both[p] = to_bfloat16(x, y);
        x -= from_bfloat16(both[p] & 0xffff);
        y -= from_bfloat16(both[p] >> 16);
    }
}

// x in planes, at one place of each.
template <int planes> DEVICE void store_planes(u16* to, i64 plane, float x) {
    u32 both[planes];
    split<planes>(x, 0, both);
#pragma unroll
    for (int p = 0; p < planes; p++) to[p * plane] = (u16)both[p];
}

// Eight neighbours, at a multiple of 16 bytes.
template <int planes> DEVICE void store_planes8(u16* to, i64 plane, const float (&x)[8]) {
    u32 pairs[4][planes];
#pragma unroll
    for (int i = 0; i < 4; i++) split<planes>(x[2 * i], x[2 * i + 1], pairs[i]);
#pragma unroll
    for (int p = 0; p < planes; p++) *(Words4*)(to + p * plane) = {pairs[0][p], pairs[1][p], pairs[2][p], pairs[3][p]};
}

constexpr float log2_of_e = 1.44269504f, log_of_2 = 0.693147181f;

DEVICE float exponential(float x) { return exp2_approximate(x * log2_of_e); }

DEVICE float sigmoid(float x) { return reciprocal(1 + exponential(-x)); }

// To about 1e-7, as the sigmoid; without a branch for small x, which would keep the units of a thread from being computed side by side.
DEVICE float tanh_of(float x) { return 1 - 2 * reciprocal(1 + exponential(2 * x)); }

DEVICE float largest(float x, float y) { return x > y ? x : y; }

// The sum over all threads of a block of up to 1024, in a fixed order, in every thread. memory: 33 numbers of shared memory.
template <typename T> DEVICE T block_sum(T value, T* memory);

DEVICE float warp_sum(float value) {
#pragma unroll
    for (int mask = 16; mask > 0; mask /= 2) value += shuffle_xor(value, mask);
    return value;
}

DEVICE double warp_sum(double value) {
#pragma unroll
    for (int mask = 16; mask > 0; mask /= 2) {
        u64 bits = __builtin_bit_cast(u64, value);
        u64 other = (u64)shuffle_xor((u32)(bits >> 32), mask) << 32 | shuffle_xor((u32)bits, mask);
        value += __builtin_bit_cast(double, other);
    }
    return value;
}

template <typename T> DEVICE T block_sum(T value, T* memory) {
    int warp = thread_index() / 32, warps = thread_count() / 32;
    value = warp_sum(value);
    sync_block();
    if (thread_index() % 32 == 0) memory[warp] = value;
    sync_block();
    value = 0;
    for (int i = 0; i < warps; i++) value += memory[i];
    return value;
}

// The largest of some numbers.
struct Peak {
    float value;
    int index;  // the first place of the value
};

DEVICE Peak higher(Peak x, Peak y) {
    if (y.value > x.value || (y.value == x.value && y.index < x.index)) return y;
    return x;
}

// Over all threads of a block, in every thread. memory: 64 numbers of shared memory.
DEVICE Peak block_peak(Peak mine, float* memory) {
#pragma unroll
    for (int mask = 16; mask > 0; mask /= 2) {
        mine = higher(mine, {shuffle_xor(mine.value, mask), (int)shuffle_xor((u32)mine.index, mask)});
    }
    int warps = thread_count() / 32;
    int* indices = (int*)(memory + 32);
    sync_block();
    if (thread_index() % 32 == 0) {
        memory[thread_index() / 32] = mine.value;
        indices[thread_index() / 32] = mine.index;
    }
    sync_block();
    Peak best = {memory[0], indices[0]};
    for (int i = 1; i < warps; i++) best = higher(best, {memory[i], indices[i]});
    return best;
}

// Philox4x32-10, as in Philox.cs: a function of seed, purpose, step and lane.
struct RandomWords {
    u32 x[4];
};

struct RandomKey {
    u32 key0, key1;
};

DEVICE RandomWords random_words(RandomKey key, u64 step, u64 lane) {
    u32 c0 = (u32)lane, c1 = (u32)(lane >> 32), c2 = (u32)step, c3 = (u32)(step >> 32);
#pragma unroll
    for (int round = 0; round < 10; round++) {
        u32 high0 = multiply_high(0xD2511F53u, c0), low0 = 0xD2511F53u * c0;
        u32 high1 = multiply_high(0xCD9E8D57u, c2), low1 = 0xCD9E8D57u * c2;
        c0 = high1 ^ c1 ^ key.key0;
        c1 = low1;
        c2 = high0 ^ c3 ^ key.key1;
        c3 = low0;
        key.key0 += 0x9E3779B9u;
        key.key1 += 0xBB67AE85u;
    }
    return {{c0, c1, c2, c3}};
}

// What a mask of dropout is drawn from (Dropout.cs): place and step name it, the threshold is out of 65,536.
struct Mask {
    RandomKey key;
    u32 threshold;  // 0: nothing is dropped
    u32 place;
    float scale;
    u32 unused;
};

// The factors of elements first … first + 7, first being a multiple of 8.
DEVICE void mask_factors(const Mask& mask, u64 step, u64 first, float (&factors)[8]) {
    RandomWords words = random_words(mask.key, step, ((u64)mask.place << 48) + first / 8);
#pragma unroll
    for (int i = 0; i < 4; i++) {
        factors[2 * i] = (words.x[i] & 0xffff) < mask.threshold ? 0 : mask.scale;
        factors[2 * i + 1] = (words.x[i] >> 16) < mask.threshold ? 0 : mask.scale;
    }
}

// What changes from step to step, in the card's memory, so that a recorded step can be run again.
struct StepNumbers {
    u64 step;  // names the random numbers of dropout
    u64 update;  // and those of recurrent dropout
    float inverse_counted;  // 1 / predicted tokens of the whole step
    float activation_penalty, slowness_penalty;  // a / (N H), b / (N H)
    float gradient_scale;
    float keep, step_size, root_correction;  // of AdamW
    float average_share;
    float momentum_keep, momentum_step;
};

}  // namespace
