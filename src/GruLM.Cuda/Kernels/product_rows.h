// Where a product's sums go, which the kernels of products.cu and of Hopper have in common.
#pragma once
#include "machine.h"

namespace {

// The row of C that belongs to a row of A B; below zero: it has none. Of each group of rows only the first kept have one.
DEVICE int row_of_result(int row, int rows, int group, int kept) {
    if (row >= rows) return -1;
    if (kept == group) return row;
    int in_group = row % group;
    return in_group < kept ? row / group * kept + in_group : -1;
}

// Whether two neighbours of C may be stored at once: rows begin at multiples of eight bytes.
DEVICE bool stores_pairs(const float* c, i64 row_length) { return row_length % 2 == 0 && ((u64)c & 7) == 0; }

// Two neighbours of a row of C, as far as they are among its columns.
DEVICE void store_sums(float* row, int column, int columns, float x, float y, bool pairs, bool add) {
    if (pairs && column + 1 < columns) {
        u64* both = (u64*)(row + column);
        if (add) {
            u64 old = *both;
            x += __builtin_bit_cast(float, (u32)old);
            y += __builtin_bit_cast(float, (u32)(old >> 32));
        }
        *both = (u64)__builtin_bit_cast(u32, y) << 32 | __builtin_bit_cast(u32, x);
        return;
    }
    if (column < columns) row[column] = add ? row[column] + x : x;
    if (column + 1 < columns) row[column + 1] = add ? row[column + 1] + y : y;
}

}  // namespace
