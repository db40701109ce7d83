// A matrix as the copy engine knows it: what cuTensorMapEncodeTiled of this library writes.
#pragma once
#include "machine.h"

struct HostTensorMap {
    u64 kind;
    u64 address;
    u64 sizes[3];
    u64 strides[2];  // bytes from one row, and from one plane, to the next
    u32 box[3];
    u32 swizzle;  // 2: 64 bytes, 3: 128
};

constexpr u64 tensor_map_kind = 0x54494C4553ull;
