// What machine.h gives kernels on a card, given on the processor: threads are fibres that take turns, and whatever threads of a warp or
// block do together waits until all of them came. machine.h includes this file where GRULM_HOST is defined; executor.cpp is behind it.
#pragma once
#include <math.h>
#include <stddef.h>
#include <string.h>

struct HostBlock {
    u32 x, y, z, grid_x, threads, shared_bytes;
    char* shared;
};

struct HostThread {
    u32 index;
    HostBlock* block;
};

// The thread that runs now.
extern HostThread* host_thread;

// A kernel as the executor finds it; making one enters it into the table.
struct HostKernel {
    const char* name;
    size_t argument_bytes;
    u32 threads, blocks;
    void (*run)(const void* arguments);
    HostKernel* next;

    HostKernel(const char* name, size_t argument_bytes, u32 threads, u32 blocks, void (*run)(const void*));
};

void host_sync_block();
void host_sync_warp();
u32 host_shuffle_xor(u32 value, int mask);
bool host_all_lanes(bool condition);
void host_copy16_async(u32 to, const void* from, bool valid);
void host_commit_copies();
void host_wait_copies(u32 pending);
void host_load_matrices(u32* r, u32 row, bool transposed);
void host_multiply_add(float* c, u32 a0, u32 a1, u32 a2, u32 a3, u32 b0, u32 b1);
u32 host_load_acquire(const u32* from);
void host_store_release(u32* to, u32 value);
u32 host_shared_address(const void* pointer);

#define DEVICE static inline __attribute__((unused))
#define KERNEL(name, Arguments, threads, blocks)                                                                                        \
    static void name(const Arguments a);                                                                                                \
    static HostKernel kernel_##name(                                                                                                    \
        #name, sizeof(Arguments), threads, blocks, [](const void* arguments) { name(*static_cast<const Arguments*>(arguments)); });      \
    static void name(const Arguments a)

// An offset into the block's shared memory.
typedef u32 Shared;

DEVICE char* shared_memory() { return host_thread->block->shared; }
DEVICE Shared shared_address(const void* pointer) { return host_shared_address(pointer); }

DEVICE u32 thread_index() { return host_thread->index; }
DEVICE u32 thread_count() { return host_thread->block->threads; }
DEVICE u32 block_x() { return host_thread->block->x; }
DEVICE u32 block_y() { return host_thread->block->y; }
DEVICE u32 block_z() { return host_thread->block->z; }
DEVICE u32 grid_x() { return host_thread->block->grid_x; }

DEVICE void sync_block() { host_sync_block(); }
DEVICE void sync_warp() { host_sync_warp(); }

DEVICE u32 shuffle_xor(u32 value, int mask) { return host_shuffle_xor(value, mask); }
DEVICE float shuffle_xor(float value, int mask) {
    return __builtin_bit_cast(float, host_shuffle_xor(__builtin_bit_cast(u32, value), mask));
}
DEVICE bool all_lanes(bool condition) { return host_all_lanes(condition); }

DEVICE void copy16_async(Shared to, const void* from, bool valid) { host_copy16_async(to, from, valid); }
DEVICE void commit_copies() { host_commit_copies(); }
template <int pending> DEVICE void wait_copies() { host_wait_copies(pending); }

DEVICE void load_matrices(u32 (&r)[4], Shared row) { host_load_matrices(r, row, false); }
DEVICE void load_matrices_transposed(u32 (&r)[4], Shared row) { host_load_matrices(r, row, true); }
DEVICE void multiply_add(float (&c)[4], u32 a0, u32 a1, u32 a2, u32 a3, u32 b0, u32 b1) {
    host_multiply_add(c, a0, a1, a2, a3, b0, b1);
}

DEVICE Words4 load_coherent(const void* from) { return *static_cast<const Words4*>(from); }
DEVICE u32 load_acquire(const u32* from) { return host_load_acquire(from); }
DEVICE void store_release(u32* to, u32 value) { host_store_release(to, value); }
DEVICE void fence_gpu() { __atomic_thread_fence(__ATOMIC_ACQ_REL); }

DEVICE float exp2_approximate(float x) { return exp2f(x); }
DEVICE float log2_approximate(float x) { return log2f(x); }
DEVICE float square_root(float x) { return __builtin_sqrtf(x); }
DEVICE double square_root(double x) { return __builtin_sqrt(x); }
DEVICE float reciprocal(float x) { return 1.0f / x; }
DEVICE u32 multiply_high(u32 a, u32 b) { return (u32)((u64)a * b >> 32); }
DEVICE float multiply_add(float a, float b, float c) { return __builtin_fmaf(a, b, c); }

// Rounds to nearest, ties to even; what is not a number becomes the card's one value for that.
DEVICE u32 to_bfloat16(float x) {
    u32 bits = __builtin_bit_cast(u32, x);
    return x != x ? 0x7FFFu : (bits + 0x7FFFu + (bits >> 16 & 1u)) >> 16;
}
DEVICE u32 to_bfloat16(float low, float high) { return to_bfloat16(high) << 16 | to_bfloat16(low); }
