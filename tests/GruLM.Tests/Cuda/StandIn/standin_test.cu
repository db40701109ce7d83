// Kernels that try the stand-in itself: each thing that threads do together, and each mistake that it must find.
#include "machine.h"
#include "Hopper/hopper.h"

namespace {

struct SumArguments {
    const float* numbers;
    float* sums;
    u32 count;
};

struct MatricesArguments {
    const u16 *a, *b;
    float* c;
    u32 k, b_is_transposed;
};

struct PipelineArguments {
    const float* from;
    float* to;
    u32 stages, waits;
};

struct RelayArguments {
    u32 *flag, *to;
};

struct RoundingArguments {
    const float* numbers;
    u32* rounded;
};

struct MistakeArguments {
    u32* to;
    u32 which;
};

} // namespace

// Sums of each block's share: over lanes by shuffles, over warps through shared memory.
KERNEL(test_sum, SumArguments, 256, 1) {
    float* partial = reinterpret_cast<float*>(shared_memory());
    float sum = 0;
    for (u32 i = block_x() * thread_count() + thread_index(); i < a.count; i += thread_count() * grid_x()) sum += a.numbers[i];
    for (int mask = 16; mask > 0; mask >>= 1) sum += shuffle_xor(sum, mask);
    if (thread_index() % 32 == 0) partial[thread_index() / 32] = sum;
    sync_block();
    if (thread_index() == 0) {
        sum = 0;
        for (u32 i = 0; i < thread_count() / 32; ++i) sum += partial[i];
        a.sums[block_x()] = sum;
    }
}

// c [128, 128] = a [128, k] b, with b [k, 128], or [128, k] where it is transposed. A warp has 32 x 64 of c; k comes in pieces of 16,
// two ahead.
KERNEL(test_matrices, MatricesArguments, 256, 1) {
    constexpr u32 piece = 128 * 16 * 2, stage = 2 * piece;
    u32 thread = thread_index(), warp = thread / 32, lane = thread % 32, pieces = a.k / 16;
    Shared shared = shared_address(shared_memory());
    float c[2][8][4] = {};

    auto fetch = [&](u32 number) {
        if (number < pieces) {
            Shared to = shared + number % 3 * stage;
            copy16_async(to + thread * 16, a.a + thread / 2 * a.k + number * 16 + thread % 2 * 8, true);
            const u16* from = a.b_is_transposed != 0 ? a.b + thread / 2 * a.k + number * 16 + thread % 2 * 8
                                                     : a.b + (number * 16 + thread / 16) * 128 + thread % 16 * 8;
            copy16_async(to + piece + thread * 16, from, true);
        }

        commit_copies();
    };

    fetch(0);
    fetch(1);
    for (u32 number = 0; number < pieces; ++number) {
        wait_copies<1>();
        sync_block();
        fetch(number + 2);
        Shared from = shared + number % 3 * stage;
        u32 ra[2][4];
        for (u32 i = 0; i < 2; ++i) {
            u32 row = warp / 2 * 32 + i * 16 + lane % 16;
            load_matrices(ra[i], from + row * 32 + lane / 16 * 16);
        }

        for (u32 j = 0; j < 4; ++j) {
            u32 rb[4], column = warp % 2 * 64 + j * 16;
            if (a.b_is_transposed != 0) {
                load_matrices(rb, from + piece + (column + lane / 16 * 8 + lane % 8) * 32 + lane / 8 % 2 * 16);
            } else {
                load_matrices_transposed(rb, from + piece + (lane % 16) * 256 + (column + lane / 16 * 8) * 2);
            }

            for (u32 i = 0; i < 2; ++i) {
                multiply_add(c[i][2 * j], ra[i][0], ra[i][1], ra[i][2], ra[i][3], rb[0], rb[1]);
                multiply_add(c[i][2 * j + 1], ra[i][0], ra[i][1], ra[i][2], ra[i][3], rb[2], rb[3]);
            }
        }
    }

    for (u32 i = 0; i < 2; ++i) {
        for (u32 j = 0; j < 8; ++j) {
            float* to = a.c + (warp / 2 * 32 + i * 16 + lane / 4) * 128 + warp % 2 * 64 + j * 8 + lane % 4 * 2;
            to[0] = c[i][j][0];
            to[1] = c[i][j][1];
            to[8 * 128] = c[i][j][2];
            to[8 * 128 + 1] = c[i][j][3];
        }
    }
}

// Doubles numbers, four a thread and stage, through two buffers; without waits it reads what has not come yet.
KERNEL(test_pipeline, PipelineArguments, 64, 1) {
    u32 thread = thread_index();
    Shared shared = shared_address(shared_memory());
    auto fetch = [&](u32 stage) {
        bool valid = stage < a.stages;
        copy16_async(shared + stage % 2 * 1024 + thread * 16, a.from + (valid ? (stage * 64 + thread) * 4 : 0), valid);
        commit_copies();
    };

    fetch(0);
    for (u32 stage = 0; stage < a.stages; ++stage) {
        fetch(stage + 1);
        if (a.waits != 0) wait_copies<1>();
        sync_block();
        const float* came = reinterpret_cast<const float*>(shared_memory() + stage % 2 * 1024);
        for (u32 i = 0; i < 4; ++i) a.to[stage * 256 + i * 64 + thread] = 2 * came[i * 64 + thread];
        sync_block();
    }
}

// Each block waits for the one before it, and the first for none.
KERNEL(test_relay, RelayArguments, 64, 1) {
    if (thread_index() == 0) {
        while (load_acquire(a.flag) != block_x()) {
        }
    }

    sync_block();
    a.to[block_x() * 64 + thread_index()] = block_x() == 0 ? thread_index() : load_coherent(a.to + (block_x() - 1) * 64).x + 1;
    fence_gpu();
    sync_block();
    if (thread_index() == 0) store_release(a.flag, block_x() + 1);
}

KERNEL(test_rounding, RoundingArguments, 32, 1) {
    u32 i = thread_index() * 2;
    a.rounded[thread_index()] = to_bfloat16(a.numbers[i], a.numbers[i + 1]);
}

KERNEL(test_mistakes, MistakeArguments, 64, 1) {
    u32 thread = thread_index();
    u32* shared = reinterpret_cast<u32*>(shared_memory());
    u32 registers[4] = {};
    shared[thread] = thread;
    switch (a.which) {
        case 1: // past the end of the memory
            a.to[64 + thread * 1024] = 1;
            break;
        case 2: // one half of the block does not come
            if (thread < 32) sync_block();
            break;
        case 3: // a lane has ended
            if (thread == 5) return;
            shuffle_xor(1u, 1);
            break;
        case 4: // lanes wait for different things
            if (thread % 32 < 16) {
                sync_warp();
            } else {
                all_lanes(true);
            }

            break;
        case 5: // nobody ever writes it
            while (load_acquire(a.to) != 1) {
            }

            break;
        case 6: // past the end of shared memory, by copy
            copy16_async(shared_address(shared) + 256, a.to, true);
            break;
        case 7: // a row of a matrix that is not aligned
            load_matrices(registers, shared_address(shared) + 8);
            break;
        case 8: // past the end of shared memory, far
            shared[1024 + thread] = 1;
            break;
        case 9: // past the end of shared memory, near
            shared[64 + thread] = 1;
            break;
        case 10: // four words that are not aligned
            reinterpret_cast<Words4*>(a.to + 1)->x = 1;
            break;
        case 11: // a null pointer
            *reinterpret_cast<u32*>(u64(thread / 64)) = 1;
            break;
        case 12: // one lane waits for the block, the others for the warp
            if (thread == 33) {
                sync_block();
            } else {
                sync_warp();
            }

            break;
        case 13: // what another thread writes is read without waiting for it
            a.to[thread] = shared[63 - thread];
            return;
        case 14: // a copy from past the end of the memory
            copy16_async(shared_address(shared), a.to + 1024, true);
            break;
        default:
            break;
    }

    a.to[thread] = registers[0] + thread;
}

// A product of four warps over ones in shared memory, and what may go wrong with it and with the copy engine's barriers.
KERNEL(test_hopper, MistakeArguments, 128, 1) {
    Shared memory = shared_address(shared_memory()), barrier = memory + 8192;
    u32 thread = thread_index();
    u16* numbers = (u16*)shared_memory();
    for (u32 i = thread; i < 4096; i += 128) numbers[i] = 0x3F80;
    if (thread == 0) begin_barrier(barrier, 1);
    sync_block();
    float sums[8] = {};
    u64 factor = describe(memory, 16, 1024, 1);
    TensorMap map = {};
    switch (a.which) {
        case 1: // nobody arrives
            if (thread == 5) wait_barrier(barrier, 0);
            break;
        case 2: // one arrival too many while bytes are on their way
            if (thread == 0) {
                arrive_expecting(barrier, 16);
                arrive(barrier);
            }

            break;
        case 3: // a thread of four warps does not come
            if (thread != 7) wait_group_products<0>();
            break;
        case 4: // not all ask for the same product
            multiply_group<0, 0>(sums, factor, thread == 9 ? describe(memory + 128, 16, 1024, 1) : factor);
            commit_group_products();
            wait_group_products<0>();
            break;
        case 5: // a map that the driver has not made
            if (thread == 0) copy_tile(memory, &map, 0, 0, barrier);
            break;
        case 6: // a thread too many
            sync_threads<64>();
            break;
        case 7: // a factor that ends behind shared memory
            multiply_group<0, 0>(sums, describe(memory, 16, 8192, 1), factor);
            commit_group_products();
            wait_group_products<0>();
            break;
        case 8: // a barrier that is not aligned
            if (thread == 0) arrive(barrier + 4);
            break;
        default: // right, or without waiting
            multiply_group<0, 0>(sums, factor, factor);
            commit_group_products();
            if (a.which == 0) wait_group_products<0>();
            a.to[thread] = (u32)sums[7];
            wait_group_products<0>();
            break;
    }
}
