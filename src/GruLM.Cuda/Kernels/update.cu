// Passes over whole parameter sets, which are one flat buffer each (GruParameters.cs): norms, optimizers, averages, and the weights'
// planes. Arithmetic follows AdamW.cs, Sgd.cs, Muon.cs and ParameterAverage.cs. A buffer is a multiple of 16 numbers long.
#include "numbers.h"

namespace {

// A stretch of one tensor.
struct Chunk {
    i64 offset;
    int length;  // of whole fours; what lies behind a tensor's end is zero and stays zero
    int decays;
};

struct UpdateArguments {
    float* parameters;
    float* gradients;
    float* first;
    float* second;
    const Chunk* chunks;
    const StepNumbers* numbers;
    float beta1, beta2, epsilon;  // of AdamW; beta1 is the momentum of the others
    int moves;  // whether the gradient becomes what Muon makes orthogonal, or zero
};

struct SquaresArguments {
    const float* x;
    double* parts;  // [blocks]
    double* sum;
    i64 length;
    int blocks;
};

struct BlendArguments {
    float* x;
    float* y;
    const StepNumbers* numbers;
    i64 length;
};

// A matrix of the parameters and where its planes go.
struct PlaneJob {
    i64 source;  // first number in the flat buffer
    i64 target;  // first in the planes; row_length apart
    i64 transposed;  // the same for its transpose, below zero: none
    int first_tile;  // of this job among all tiles of 32 x 32
    int rows, columns;
    int group, padded_group;  // rows of a gate, in the source and in the planes
    int row_length, transposed_row_length;
    int mask_place;  // of recurrent dropout, below zero: none
};

struct PlanesArguments {
    const float* parameters;
    u16* planes;
    i64 plane;
    const PlaneJob* jobs;
    const StepNumbers* numbers;
    Mask mask;  // its place is the job's
    int count;
};

DEVICE float masked_weight(Mask mask, int place, u64 step, u64 index) {
    RandomWords words = random_words(mask.key, step, ((u64)place << 48) + index / 8);
    u32 which = index % 8 / 2;
    u32 word = which == 0 ? words.x[0] : which == 1 ? words.x[1] : which == 2 ? words.x[2] : words.x[3];
    u32 half = index % 2 ? word >> 16 : word & 0xffff;
    return half < mask.threshold ? 0 : mask.scale;
}

template <int planes> DEVICE void weight_planes(const PlanesArguments& a) {
    int low = 0, high = a.count - 1, tile = block_x();
    while (low < high) {
        int middle = (low + high + 1) / 2;
        if (a.jobs[middle].first_tile <= tile) low = middle;
        else high = middle - 1;
    }
    PlaneJob job = a.jobs[low];
    int across = (job.columns + 31) / 32, in_job = tile - job.first_tile;
    int row0 = in_job / across * 32, column0 = in_job % across * 32;
    float(*square)[33] = (float(*)[33])shared_memory();
    int x = thread_index() % 32, y = thread_index() / 32;
    for (int i = y; i < 32; i += 8) {
        int row = row0 + i, column = column0 + x;
        float value = 0;
        if (row < job.rows && column < job.columns) {
            i64 at = (i64)row * job.columns + column;
            value = a.parameters[job.source + at];
            if (a.mask.threshold && job.mask_place >= 0) value *= masked_weight(a.mask, job.mask_place, a.numbers->update, at);
            int target_row = row / job.group * job.padded_group + row % job.group;
            store_planes<planes>(a.planes + job.target + (i64)target_row * job.row_length + column, a.plane, value);
        }
        square[i][x] = value;
    }
    if (job.transposed < 0) return;
    sync_block();
    for (int i = y; i < 32; i += 8) {
        int row = row0 + x, column = column0 + i;
        if (row >= job.rows || column >= job.columns) continue;
        int target_row = row / job.group * job.padded_group + row % job.group;
        store_planes<planes>(a.planes + job.transposed + (i64)column * job.transposed_row_length + target_row, a.plane, square[x][i]);
    }
}

struct MaskGradientArguments {
    float* gradients;  // [3H, H] of one layer
    const StepNumbers* numbers;
    Mask mask;
    i64 length;
};

// Matrices [rows, columns] between the products of Newton–Schulz.
struct MatrixArguments {
    const float* x;
    const float* z;  // y = factor_x x + factor_z z (+ diagonal on the diagonal), or without z where null
    float* y;
    u16* planes;  // [rows, row_length] of y, or null
    i64 plane;
    const double* squares;  // the sum of x's squares, by whose root x is divided; or null
    float factor_x, factor_z, diagonal;
    int rows, columns, row_length;
};

template <int planes> DEVICE void matrix(const MatrixArguments& a) {
    i64 item = (i64)block_x() * thread_count() + thread_index();
    int column = item % a.row_length;
    i64 row = item / a.row_length;
    if (row >= a.rows) return;
    float y = 0;
    if (column < a.columns) {
        i64 at = row * a.columns + column;
        float factor = a.factor_x;
        if (a.squares) factor *= (float)(1 / (square_root(*a.squares) + 1e-7));
        y = a.x[at] * factor;
        if (a.z) y += a.z[at] * a.factor_z;
        if (row == column) y += a.diagonal;
        if (a.y) a.y[at] = y;
    }
    if (a.planes) store_planes<planes>(a.planes + row * a.row_length + column, a.plane, y);
}

// The sums that splits of a product left.
struct PartsArguments {
    const float* parts;  // [count, m, n]
    float* c;
    i64 c_row;
    int count, m, n;
    int group, kept;  // as in products.cu
    int add;
};

}  // namespace

#define OF_CHUNK                                                                   \
    Chunk chunk = a.chunks[block_x()];                                             \
    StepNumbers s = *a.numbers;                                                    \
    for (int i = thread_index() * 4; i < chunk.length; i += thread_count() * 4)

KERNEL(adamw, UpdateArguments, 256, 1) {
    OF_CHUNK {
        float keep = chunk.decays ? s.keep : 1;
        i64 at = chunk.offset + i;
        Floats4 p4 = *(Floats4*)(a.parameters + at), g4 = *(Floats4*)(a.gradients + at), m4 = *(Floats4*)(a.first + at),
                v4 = *(Floats4*)(a.second + at);
        float p[4] = {p4.x, p4.y, p4.z, p4.w}, g[4] = {g4.x, g4.y, g4.z, g4.w}, m[4] = {m4.x, m4.y, m4.z, m4.w},
              v[4] = {v4.x, v4.y, v4.z, v4.w};
#pragma unroll
        for (int j = 0; j < 4; j++) {
            float gradient = g[j] * s.gradient_scale;
            m[j] = multiply_add(m[j], a.beta1, gradient * (1 - a.beta1));
            v[j] = multiply_add(v[j], a.beta2, gradient * gradient * (1 - a.beta2));
            float denominator = multiply_add(square_root(v[j]), s.root_correction, a.epsilon);
            p[j] = multiply_add(-s.step_size, m[j] / denominator, p[j] * keep);
        }
        *(Floats4*)(a.parameters + at) = {p[0], p[1], p[2], p[3]};
        *(Floats4*)(a.first + at) = {m[0], m[1], m[2], m[3]};
        *(Floats4*)(a.second + at) = {v[0], v[1], v[2], v[3]};
        *(Floats4*)(a.gradients + at) = {0, 0, 0, 0};
    }
}

KERNEL(sgd, UpdateArguments, 256, 1) {
    OF_CHUNK {
        float keep = chunk.decays ? s.keep : 1;
        for (i64 at = chunk.offset + i; at < chunk.offset + i + 4; at++) {
            float buffer = multiply_add(a.first[at], a.beta1, a.gradients[at] * s.gradient_scale);
            a.parameters[at] = multiply_add(-s.step_size, buffer, a.parameters[at] * keep);
            a.first[at] = buffer;
            a.gradients[at] = 0;
        }
    }
}

KERNEL(momentum, UpdateArguments, 256, 1) {
    OF_CHUNK {
        for (i64 at = chunk.offset + i; at < chunk.offset + i + 4; at++) {
            float gradient = a.gradients[at] * s.gradient_scale, buffer = multiply_add(a.first[at], a.beta1, gradient);
            a.first[at] = buffer;
            a.gradients[at] = a.moves ? multiply_add(buffer, a.beta1, gradient) : 0;
        }
    }
}

KERNEL(orthogonal_step, UpdateArguments, 256, 1) {
    OF_CHUNK {
        for (i64 at = chunk.offset + i; at < chunk.offset + i + 4; at++) {
            a.parameters[at] = multiply_add(-s.momentum_step, a.gradients[at], a.parameters[at] * s.momentum_keep);
            a.gradients[at] = 0;
        }
    }
}

// Each block adds up its own stretch; one more block adds up the blocks.
KERNEL(squares, SquaresArguments, 256, 1) {
    double* memory = (double*)shared_memory();
    i64 each = ((a.length + 3) / 4 + grid_x() - 1) / grid_x() * 4, first = block_x() * each;
    i64 end = first + each < a.length ? first + each : a.length;
    bool aligned = ((u64)a.x & 15) == 0;  // a gate's part of a matrix may begin anywhere
    double sum = 0;
    for (i64 i = first + thread_index() * 4; i < end; i += thread_count() * 4) {
        if (aligned && i + 4 <= end) {
            Floats4 x = *(const Floats4*)(a.x + i);
            sum += (double)(x.x * x.x + x.y * x.y) + (double)(x.z * x.z + x.w * x.w);
        } else {
            for (i64 j = i; j < end && j < i + 4; j++) sum += (double)(a.x[j] * a.x[j]);
        }
    }
    sum = block_sum(sum, memory);
    if (thread_index() == 0) a.parts[block_x()] = sum;
}

KERNEL(squares_sum, SquaresArguments, 256, 1) {
    double* memory = (double*)shared_memory();
    double sum = 0;
    for (int i = thread_index(); i < a.blocks; i += thread_count()) sum += a.parts[i];
    sum = block_sum(sum, memory);
    if (thread_index() == 0) *a.sum = sum;
}

KERNEL(average, BlendArguments, 256, 1) {
    i64 i = (i64)block_x() * thread_count() + thread_index();
    if (i < a.length) a.x[i] = a.x[i] + (a.y[i] - a.x[i]) * a.numbers->average_share;
}

KERNEL(exchange, BlendArguments, 256, 1) {
    i64 i = (i64)block_x() * thread_count() + thread_index();
    if (i >= a.length) return;
    float x = a.x[i];
    a.x[i] = a.y[i];
    a.y[i] = x;
}

KERNEL(weight_planes_bf16, PlanesArguments, 256, 1) { weight_planes<1>(a); }
KERNEL(weight_planes_fp32, PlanesArguments, 256, 1) { weight_planes<3>(a); }

KERNEL(mask_gradients, MaskGradientArguments, 256, 1) {
    i64 i = (i64)block_x() * thread_count() + thread_index();
    if (i < a.length) a.gradients[i] *= masked_weight(a.mask, a.mask.place, a.numbers->update, i);
}

KERNEL(matrix_bf16, MatrixArguments, 256, 1) { matrix<1>(a); }
KERNEL(matrix_fp32, MatrixArguments, 256, 1) { matrix<3>(a); }

KERNEL(sum_parts, PartsArguments, 256, 1) {
    i64 item = (i64)block_x() * thread_count() + thread_index(), size = (i64)a.m * a.n;
    if (item >= size) return;
    int column = item % a.n;
    i64 row = item / a.n;
    float sum = 0;
    if (a.kept != a.group) {
        if (row % a.group >= a.kept) return;
        row = row / a.group * a.kept + row % a.group;
    }
    for (int i = 0; i < a.count; i++) sum += a.parts[i * size + item];
    float* to = a.c + row * a.c_row + column;
    *to = a.add ? *to + sum : sum;
}
