// What the kernels may use of the machine they run on: the only file with PTX in it. clang compiles it for a card without any header of
// NVIDIA's; for tests host.h takes its place and stands in for threads, barriers and matrix units on the processor.
// A kernel takes one struct of arguments, and shared memory only through shared_memory().
#pragma once

typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long long u64;
typedef long long i64;

// Four words that are loaded and stored together.
struct alignas(16) Words4 {
    u32 x, y, z, w;
};

struct alignas(16) Floats4 {
    float x, y, z, w;
};

#ifdef GRULM_HOST
#include "host.h"
#else

#ifdef __NVCC__
#define DEVICE static __device__ __forceinline__
#define SHARED_ARRAY extern __shared__
#define KERNEL(name, Arguments, threads, blocks) extern "C" __global__ void __launch_bounds__(threads, blocks) name(const Arguments a)
#else
#define DEVICE static __attribute__((device)) inline __attribute__((always_inline))
#define SHARED_ARRAY extern __attribute__((shared))
#define KERNEL(name, Arguments, threads, blocks) \
    extern "C" __attribute__((global)) __attribute__((launch_bounds(threads, blocks))) void name(const Arguments a)
#endif

SHARED_ARRAY __attribute__((aligned(1024))) char dynamic_shared[];

// An address in the block's shared memory, as cp.async and ldmatrix want it.
typedef u32 Shared;

DEVICE char* shared_memory() { return dynamic_shared; }

DEVICE Shared shared_address(const void* pointer) {
    u32 address;
    asm("{ .reg .u64 t; cvta.to.shared.u64 t, %1; cvt.u32.u64 %0, t; }" : "=r"(address) : "l"(pointer));
    return address;
}

#define SPECIAL_REGISTER(name, source)                 \
    DEVICE u32 name() {                                \
        u32 value;                                     \
        asm("mov.u32 %0, %%" source ";" : "=r"(value)); \
        return value;                                  \
    }
SPECIAL_REGISTER(thread_index, "tid.x")
SPECIAL_REGISTER(thread_count, "ntid.x")
SPECIAL_REGISTER(block_x, "ctaid.x")
SPECIAL_REGISTER(block_y, "ctaid.y")
SPECIAL_REGISTER(block_z, "ctaid.z")
SPECIAL_REGISTER(grid_x, "nctaid.x")

DEVICE void sync_block() { asm volatile("bar.sync 0;" ::: "memory"); }
DEVICE void sync_warp() { asm volatile("bar.warp.sync 0xffffffff;" ::: "memory"); }

DEVICE float shuffle_xor(float value, int mask) {
    u32 result;
    asm volatile("shfl.sync.bfly.b32 %0, %1, %2, 0x1f, 0xffffffff;" : "=r"(result) : "r"(__builtin_bit_cast(u32, value)), "r"(mask));
    return __builtin_bit_cast(float, result);
}

DEVICE u32 shuffle_xor(u32 value, int mask) {
    u32 result;
    asm volatile("shfl.sync.bfly.b32 %0, %1, %2, 0x1f, 0xffffffff;" : "=r"(result) : "r"(value), "r"(mask));
    return result;
}

// Whether the condition holds in every lane of the warp.
DEVICE bool all_lanes(bool condition) {
    u32 result;
    asm volatile("{ .reg .pred p, q; setp.ne.u32 p, %1, 0; vote.sync.all.pred q, p, 0xffffffff; selp.u32 %0, 1, 0, q; }"
                 : "=r"(result) : "r"((u32)condition));
    return result != 0;
}

// Sixteen bytes from global to shared memory, behind the program's back; zeros where not valid.
DEVICE void copy16_async(Shared to, const void* from, bool valid) {
    asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" ::"r"(to), "l"(from), "r"(valid ? 16 : 0) : "memory");
}
DEVICE void commit_copies() { asm volatile("cp.async.commit_group;" ::: "memory"); }

// Waits until all but the last so many groups of copies have arrived.
template <int pending> DEVICE void wait_copies() { asm volatile("cp.async.wait_group %0;" ::"n"(pending) : "memory"); }

// Four 8 x 8 matrices of 16-bit numbers from shared memory into the warp's registers: lane i names row i % 8 of matrix i / 8.
DEVICE void load_matrices(u32 (&r)[4], Shared row) {
    asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0, %1, %2, %3}, [%4];"
                 : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3]) : "r"(row) : "memory");
}

// The same, each matrix transposed.
DEVICE void load_matrices_transposed(u32 (&r)[4], Shared row) {
    asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0, %1, %2, %3}, [%4];"
                 : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3]) : "r"(row) : "memory");
}

// c [16, 8] += a [16, 16] b [16, 8] of bfloat16 with sums in float32, over a warp. With g = lane / 4 and i = lane % 4 a lane holds
// a: (g, 2i), (g + 8, 2i), (g, 2i + 8), (g + 8, 2i + 8), each with its right neighbour; b: (2i, g), (2i + 8, g), each with the one below;
// c: (g, 2i), (g, 2i + 1), (g + 8, 2i), (g + 8, 2i + 1).
DEVICE void multiply_add(float (&c)[4], u32 a0, u32 a1, u32 a2, u32 a3, u32 b0, u32 b1) {
    asm volatile("mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"
                 : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3]) : "r"(a0), "r"(a1), "r"(a2), "r"(a3), "r"(b0), "r"(b1));
}

// Global memory that other blocks of the same launch write: read past the caches that would keep an old value.
DEVICE Words4 load_coherent(const void* from) {
    Words4 v;
    asm volatile("ld.global.cg.v4.u32 {%0, %1, %2, %3}, [%4];" : "=r"(v.x), "=r"(v.y), "=r"(v.z), "=r"(v.w) : "l"(from) : "memory");
    return v;
}

DEVICE u32 load_acquire(const u32* from) {
    u32 value;
    asm volatile("ld.acquire.gpu.global.u32 %0, [%1];" : "=r"(value) : "l"(from) : "memory");
    return value;
}
DEVICE void store_release(u32* to, u32 value) { asm volatile("st.release.gpu.global.u32 [%0], %1;" ::"l"(to), "r"(value) : "memory"); }

DEVICE float exp2_approximate(float x) {
    float y;
    asm("ex2.approx.f32 %0, %1;" : "=f"(y) : "f"(x));
    return y;
}
DEVICE float log2_approximate(float x) {
    float y;
    asm("lg2.approx.f32 %0, %1;" : "=f"(y) : "f"(x));
    return y;
}
DEVICE float square_root(float x) {
    float y;
    asm("sqrt.rn.f32 %0, %1;" : "=f"(y) : "f"(x));
    return y;
}
DEVICE double square_root(double x) {
    double y;
    asm("sqrt.rn.f64 %0, %1;" : "=d"(y) : "d"(x));
    return y;
}
DEVICE float reciprocal(float x) {
    float y;
    asm("rcp.approx.f32 %0, %1;" : "=f"(y) : "f"(x));
    return y;
}
DEVICE u32 multiply_high(u32 a, u32 b) {
    u32 high;
    asm("mul.hi.u32 %0, %1, %2;" : "=r"(high) : "r"(a), "r"(b));
    return high;
}
DEVICE float multiply_add(float a, float b, float c) {
    float y;
    asm("fma.rn.f32 %0, %1, %2, %3;" : "=f"(y) : "f"(a), "f"(b), "f"(c));
    return y;
}

// Two numbers rounded to bfloat16, the first in the lower half.
DEVICE u32 to_bfloat16(float low, float high) {
    u32 both;
    asm("cvt.rn.bf16x2.f32 %0, %1, %2;" : "=r"(both) : "f"(high), "f"(low));
    return both;
}
#endif

DEVICE float from_bfloat16(u32 bits) { return __builtin_bit_cast(float, bits << 16); }
