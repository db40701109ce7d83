// What hopper.h gives kernels on a card, given on the processor: hopper.h includes this file where GRULM_HOST is defined, and executor.cpp
// is behind it. The copy engine's tiles come, and groups of four warps multiply, when somebody waits for it, and no sooner.
#pragma once
#include "tensor_map.h"

static_assert(sizeof(HostTensorMap) <= sizeof(TensorMap));

void host_begin_barrier(u32 barrier, u32 arrivals);
void host_arrive(u32 barrier, u32 bytes);
void host_wait_barrier(u32 barrier, u32 parity);
void host_copy_tile(u32 to, const HostTensorMap* map, int x, int y, u32 barrier);
void host_multiply_group(float* c, u32 columns, u64 a, u64 b, bool transposes_a, bool transposes_b);
void host_commit_group_products();
void host_wait_group_products(u32 pending);
void host_sync_threads(u32 count);

// The maps are a kernel's first parameters.
#define PARAMETERS_OF(kernel, maps) maps = reinterpret_cast<const TensorMap*>(&a)

DEVICE void begin_barrier(Shared barrier, u32 arrivals) { host_begin_barrier(barrier, arrivals); }
DEVICE void show_barriers() {}
DEVICE void arrive(Shared barrier) { host_arrive(barrier, 0); }
DEVICE void arrive_expecting(Shared barrier, u32 bytes) { host_arrive(barrier, bytes); }
DEVICE void wait_barrier(Shared barrier, u32 parity) { host_wait_barrier(barrier, parity); }
DEVICE void copy_tile(Shared to, const TensorMap* map, int x, int y, Shared barrier) {
    host_copy_tile(to, reinterpret_cast<const HostTensorMap*>(map), x, y, barrier);
}

DEVICE void begin_group_products() {}
DEVICE void commit_group_products() { host_commit_group_products(); }
template <int pending> DEVICE void wait_group_products() { host_wait_group_products(pending); }
DEVICE void show_copies() {}
template <int count> DEVICE void sync_threads() { host_sync_threads(count); }

template <int transpose_a, int transpose_b, int n> DEVICE void multiply_group(float (&c)[n], u64 a, u64 b) {
    host_multiply_group(c, n * 2, a, b, transpose_a, transpose_b);
}
