// Fibres for the threads of a launch, and what these do together. A thread runs until it has to wait for others of its warp or block, or
// looks at what another block may write; then the next one runs. Whoever can no longer be joined by the others ends the launch with an
// error, as do wrong addresses and threads that look at the same value for ever. Of Hopper there are the copy engine, barriers that count
// its bytes, and products of four warps. All state is global: one launch runs at a time.
#include "executor.h"

#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "pieces.h"
#include "tensor_map.h"

#if !defined(__x86_64__) && !defined(STANDIN_UCONTEXT)
#define STANDIN_UCONTEXT
#endif
#ifdef STANDIN_UCONTEXT
#include <ucontext.h>
#endif

namespace {

constexpr u32 all_32 = 0xFFFFFFFFu;
constexpr size_t stack_bytes = 64 << 10;
constexpr size_t most_shared_bytes = 228 << 10;
constexpr u64 most_idle_looks = 1 << 22;

// ---------------------------------------------------------------------------------------------------------------- fibres

struct Fibre {
#ifdef STANDIN_UCONTEXT
    ucontext_t context;
#else
    void* stack_pointer;
#endif
};

#ifdef STANDIN_UCONTEXT
void make_fibre(Fibre& fibre, char* stack, void (*entry)()) {
    getcontext(&fibre.context);
    fibre.context.uc_stack.ss_sp = stack;
    fibre.context.uc_stack.ss_size = stack_bytes;
    fibre.context.uc_link = nullptr;
    makecontext(&fibre.context, entry, 0);
}

void switch_fibres(Fibre& from, Fibre& to) { swapcontext(&from.context, &to.context); }
#else
// Saves what a called function must keep on the stack, and the stack pointer at the first address; goes on from the second.
asm(R"(
    .text
    .globl standin_switch
    .hidden standin_switch
    .type standin_switch, @function
standin_switch:
    pushq %rbp
    pushq %rbx
    pushq %r12
    pushq %r13
    pushq %r14
    pushq %r15
    movq %rsp, (%rdi)
    movq %rsi, %rsp
    popq %r15
    popq %r14
    popq %r13
    popq %r12
    popq %rbx
    popq %rbp
    ret
    .size standin_switch, . - standin_switch
)");
extern "C" void standin_switch(void** save, void* to);

void make_fibre(Fibre& fibre, char* stack, void (*entry)()) {
    void** top = reinterpret_cast<void**>(stack + stack_bytes);
    top[-1] = nullptr;
    top[-2] = reinterpret_cast<void*>(entry);
    for (int i = 3; i <= 8; ++i) top[-i] = nullptr;
    fibre.stack_pointer = top - 8;
}

void switch_fibres(Fibre& from, Fibre& to) { standin_switch(&from.stack_pointer, to.stack_pointer); }
#endif

// ---------------------------------------------------------------------------------------------------------------- state

enum Meeting { meet_nothing, meet_sync, meet_shuffle, meet_all, meet_load, meet_load_transposed, meet_multiply };
const char* const meeting_names[] = {
    "nothing", "sync_warp", "shuffle_xor", "all_lanes", "load_matrices", "load_matrices_transposed", "multiply_add",
};

struct Copy {
    char* to;
    const char* from;
    u32 group;
    bool has_data;
    Words4 data;
};

// A product of four warps that was asked for and not made.
struct GroupProduct {
    float* c;
    u32 columns;
    u64 a, b;
    bool transposes_a, transposes_b;
    u32 group;
};

struct Thread : HostThread {
    Fibre fibre;
    char* stack;
    u32 value, result;
    int mask;
    float* sums;
    u32* registers;
    u32 factors[6];
    std::vector<Copy> copies;
    size_t first_copy;
    u32 groups;
    const u32* looked_at;
    u32 seen;
    std::vector<GroupProduct> products;
    u32 product_groups;
};

// Threads of a part of a block that wait for each other.
struct Gathering {
    u32 arrived, lanes[32];
};

// A tile on its way to shared memory.
struct Tile {
    HostTensorMap map;
    u32 to, barrier;
    int x, y;
};

struct Warp {
    Thread* threads[32];
    u32 runnable, yielded, ended, at_barrier, waiting, lane;
    Meeting meeting;
};

struct Block : HostBlock {
    Warp warps[32];
    u32 ready, spinning, arrived, ended, warp, number;
    char* region;
    Gathering named, groups[8];
    std::vector<Tile> tiles;
};

HostKernel* first_kernel;
const Launch* launch;
std::vector<Thread*> threads;
std::vector<Block*> blocks;
std::vector<char*> stacks;
size_t live_blocks, running_block;
Fibre scheduler;
u64 idle_looks;
u64 the_seed, random_state = 1;

int failure;
std::string failure_text;
sigjmp_buf fault_jump;
volatile sig_atomic_t in_kernel;
pthread_t kernel_os_thread;
int fault_signal;
u64 fault_address;

const int fault_signals[] = {SIGSEGV, SIGBUS, SIGILL, SIGTRAP, SIGFPE};
struct sigaction old_actions[5];

Thread* running() { return static_cast<Thread*>(host_thread); }
Block* block_of(const Thread* thread) { return static_cast<Block*>(thread->block); }
Warp& warp_of(const Thread* thread) { return block_of(thread)->warps[thread->index / 32]; }
u32 lane_bit(const Thread* thread) { return 1u << thread->index % 32; }

size_t page_bytes() {
    static const size_t bytes = (size_t)sysconf(_SC_PAGESIZE);
    return bytes;
}

char* map_pages(size_t bytes) {
    void* pages = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (pages != MAP_FAILED) return static_cast<char*>(pages);
    fprintf(stderr, "The stand-in for a card gets no memory for its threads.\n");
    abort();
}

// ---------------------------------------------------------------------------------------------------------------- failures

std::string format(const char* text, va_list arguments) {
    char buffer[600];
    vsnprintf(buffer, sizeof buffer, text, arguments);
    return buffer;
}

std::string where(const Thread* thread) {
    const HostBlock* block = thread->block;
    char buffer[300];
    snprintf(buffer, sizeof buffer, "kernel %s, block (%u, %u, %u), thread %u: ", launch->kernel->name, block->x, block->y, block->z,
             thread->index);
    return buffer;
}

// Ends the launch; the fibres are left as they stand.
[[noreturn]] __attribute__((format(printf, 2, 3))) void fail(int error, const char* text, ...) {
    va_list arguments;
    va_start(arguments, text);
    failure = error;
    failure_text = where(running()) + format(text, arguments);
    va_end(arguments);
    switch_fibres(running()->fibre, scheduler);
    abort();
}

u32 first_thread(const Warp& warp, u32 lanes) { return warp.threads[__builtin_ctz(lanes)]->index; }

void on_fault(int signal, siginfo_t* info, void* context) {
    if (in_kernel && pthread_equal(pthread_self(), kernel_os_thread)) {
        fault_signal = signal;
        fault_address = reinterpret_cast<u64>(info->si_addr);
        siglongjmp(fault_jump, 1);
    }

    for (int i = 0; i < 5; ++i) {
        if (fault_signals[i] != signal) continue;
        const struct sigaction& old = old_actions[i];
        if (old.sa_flags & SA_SIGINFO) {
            old.sa_sigaction(signal, info, context);
        } else if (old.sa_handler != SIG_DFL && old.sa_handler != SIG_IGN) {
            old.sa_handler(signal);
        } else {
            // The instruction faults again, and then nobody stands in its way.
            sigaction(signal, &old, nullptr);
        }
    }
}

void describe_fault() {
    const Thread* thread = running();
    char text[200];
    std::string more;
    failure = error_illegal_address;
    if (fault_signal == SIGILL || fault_signal == SIGTRAP) {
        failure = error_misaligned_address;
        snprintf(text, sizeof text, "a misaligned address, an index outside of an array, or a shift by too much");
    } else if (fault_signal == SIGFPE) {
        failure = error_launch_failed;
        snprintf(text, sizeof text, "a division by zero");
    } else {
        u64 stack = reinterpret_cast<u64>(thread->stack), shared = reinterpret_cast<u64>(thread->block->shared);
        snprintf(text, sizeof text, "illegal address 0x%llx", fault_address);
        if (fault_address >= stack - page_bytes() && fault_address < stack + stack_bytes) {
            more = ": the thread's stack is full";
        } else if (fault_address >= shared && fault_address < shared + 2 * most_shared_bytes) {
            snprintf(text + strlen(text), sizeof text - strlen(text), ": byte %llu of %u of shared memory", fault_address - shared,
                     thread->block->shared_bytes);
        } else {
            more = describe_address(fault_address);
        }
    }

    failure_text = where(thread) + text + more;
}

// ---------------------------------------------------------------------------------------------------------------- turns

// One of the bits: the next one after a place, or any.
u32 choose(u32 bits, u32 after) {
    u32 start = the_seed != 0 ? (u32)next_random() % 32 : (after + 1) % 32;
    u32 turned = start == 0 ? bits : bits >> start | bits << (32 - start);
    return (start + __builtin_ctz(turned)) % 32;
}

void set_runnable(Block& block, u32 warp, u32 lanes) {
    block.warps[warp].runnable = lanes;
    u32 bit = 1u << warp;
    block.ready = lanes != 0 ? block.ready | bit : block.ready & ~bit;
}

void pause_lane(const Thread* thread) {
    set_runnable(*block_of(thread), thread->index / 32, warp_of(thread).runnable & ~lane_bit(thread));
}

Thread* next_of(Block& block) {
    if (block.ready == 0) return nullptr;
    bool leaves_warp = (block.ready >> block.warp & 1) == 0 || (the_seed != 0 && next_random() % 16 == 0);
    if (leaves_warp) block.warp = choose(block.ready, block.warp);
    Warp& warp = block.warps[block.warp];
    warp.lane = choose(warp.runnable, warp.lane);
    return warp.threads[warp.lane];
}

void wake_spinning(Block& block) {
    for (u32 warps = block.spinning; warps != 0; warps &= warps - 1) {
        u32 index = __builtin_ctz(warps);
        Warp& warp = block.warps[index];
        set_runnable(block, index, warp.runnable | warp.yielded);
        warp.yielded = 0;
    }

    block.spinning = 0;
}

Thread* next_thread() {
    bool leaves_block = live_blocks > 1 && the_seed != 0 && next_random() % 64 == 0;
    Thread* next = leaves_block ? nullptr : next_of(*blocks[running_block]);
    for (size_t i = 1; next == nullptr && i <= live_blocks; ++i) {
        size_t candidate = (running_block + i) % live_blocks;
        wake_spinning(*blocks[candidate]);
        next = next_of(*blocks[candidate]);
        if (next != nullptr) running_block = candidate;
    }

    return next;
}

// Lets the next thread run, or the scheduler where none can.
void give_way() {
    Thread *self = running(), *next = next_thread();
    if (next == self) return;
    if (next != nullptr) host_thread = next;
    switch_fibres(self->fibre, next != nullptr ? next->fibre : scheduler);
}

void check_end(const Thread* thread) {
    const Warp& warp = warp_of(thread);
    const Block& block = *block_of(thread);
    if (warp.waiting != 0) {
        fail(error_launch_failed, "ended while thread %u of its warp waits in %s", first_thread(warp, warp.waiting),
             meeting_names[warp.meeting]);
    }

    for (u32 i = 0; block.arrived != 0 && i < block.threads / 32; ++i) {
        if (block.warps[i].at_barrier == 0) continue;
        fail(error_launch_failed, "ended while thread %u of its block waits in sync_block",
             first_thread(block.warps[i], block.warps[i].at_barrier));
    }
}

void thread_main() {
    launch->kernel->run(launch->arguments.data());
    Thread* thread = running();
    check_end(thread);
    pause_lane(thread);
    warp_of(thread).ended |= lane_bit(thread);
    block_of(thread)->ended++;
    idle_looks = 0;
    give_way();
    abort();
}

// Waits for the other lanes of the warp; the last to come does what they came for.
void meet(Meeting meeting, void (*act)(Warp&)) {
    Thread* thread = running();
    Warp& warp = warp_of(thread);
    const char* name = meeting_names[meeting];
    if (warp.ended != 0) {
        fail(error_launch_failed, "waits in %s while thread %u of its warp has ended", name, first_thread(warp, warp.ended));
    }

    if (warp.at_barrier != 0) {
        fail(error_launch_failed, "waits in %s while thread %u of its warp waits in sync_block", name, first_thread(warp, warp.at_barrier));
    }

    if (warp.waiting != 0 && warp.meeting != meeting) {
        fail(error_launch_failed, "waits in %s while thread %u of its warp waits in %s", name, first_thread(warp, warp.waiting),
             meeting_names[warp.meeting]);
    }

    warp.meeting = meeting;
    warp.waiting |= lane_bit(thread);
    if (warp.waiting == all_32) {
        warp.waiting = 0;
        act(warp);
        set_runnable(*block_of(thread), thread->index / 32, all_32);
        if (the_seed != 0) give_way();
    } else {
        pause_lane(thread);
        give_way();
    }
}

// ---------------------------------------------------------------------------------------------------------------- meetings

void act_nothing(Warp&) {}

void act_shuffle(Warp& warp) {
    for (u32 i = 0; i < 32; ++i) warp.threads[i]->result = warp.threads[(i ^ (u32)warp.threads[i]->mask) % 32]->value;
}

void act_all(Warp& warp) {
    u32 all = 1;
    for (Thread* thread : warp.threads) all &= thread->value;
    for (Thread* thread : warp.threads) thread->result = all;
}

void act_load(Warp& warp) {
    u16 rows[32][8];
    const char* shared = warp.threads[0]->block->shared;
    for (u32 i = 0; i < 32; ++i) memcpy(rows[i], shared + warp.threads[i]->value, 16);
    bool transposed = warp.meeting == meet_load_transposed;
    for (u32 i = 0; i < 32; ++i) {
        for (u32 m = 0; m < 4; ++m) {
            const u16(*matrix)[8] = rows + m * 8;
            u32 g = i / 4, k = i % 4 * 2;
            u32 low = transposed ? matrix[k][g] : matrix[g][k], high = transposed ? matrix[k + 1][g] : matrix[g][k + 1];
            warp.threads[i]->registers[m] = high << 16 | low;
        }
    }
}

void unpack(u32 bits, float& low, float& high) {
    low = from_bfloat16(bits & 0xFFFFu);
    high = from_bfloat16(bits >> 16);
}

void act_multiply(Warp& warp) {
    typedef float Row __attribute__((vector_size(32)));
    alignas(32) float a[16][16], b[16][8], c[16][8];
    for (u32 lane = 0; lane < 32; ++lane) {
        const u32* factors = warp.threads[lane]->factors;
        const float* sums = warp.threads[lane]->sums;
        u32 g = lane / 4, i = lane % 4 * 2;
        unpack(factors[0], a[g][i], a[g][i + 1]);
        unpack(factors[1], a[g + 8][i], a[g + 8][i + 1]);
        unpack(factors[2], a[g][i + 8], a[g][i + 9]);
        unpack(factors[3], a[g + 8][i + 8], a[g + 8][i + 9]);
        unpack(factors[4], b[i][g], b[i + 1][g]);
        unpack(factors[5], b[i + 8][g], b[i + 9][g]);
        c[g][i] = sums[0], c[g][i + 1] = sums[1], c[g + 8][i] = sums[2], c[g + 8][i + 1] = sums[3];
    }

    for (u32 row = 0; row < 16; ++row) {
        Row sum = *reinterpret_cast<Row*>(c[row]);
        for (u32 k = 0; k < 16; ++k) sum += a[row][k] * *reinterpret_cast<Row*>(b[k]);
        *reinterpret_cast<Row*>(c[row]) = sum;
    }

    for (u32 lane = 0; lane < 32; ++lane) {
        float* sums = warp.threads[lane]->sums;
        u32 g = lane / 4, i = lane % 4 * 2;
        sums[0] = c[g][i], sums[1] = c[g][i + 1], sums[2] = c[g + 8][i], sums[3] = c[g + 8][i + 1];
    }
}

char* shared_place(u32 offset, const char* what) {
    const HostBlock* block = host_thread->block;
    if (offset % 16 != 0) fail(error_misaligned_address, "%s at byte %u of shared memory, which is no multiple of 16", what, offset);
    if (offset > block->shared_bytes || block->shared_bytes - offset < 16) {
        fail(error_illegal_address, "%s at byte %u of shared memory, and the launch gives %u", what, offset, block->shared_bytes);
    }

    return block->shared + offset;
}

void perform(Copy& copy) {
    if (!copy.has_data) memcpy(&copy.data, copy.from, 16);
    memcpy(copy.to, &copy.data, 16);
}

// ---------------------------------------------------------------------------------------------------------------- Hopper

// Waits until so many threads have come; the last one does what they came for.
void gather(Gathering& gathering, u32 count, const char* name, void (*act)(Block&)) {
    Thread* thread = running();
    Block& block = *block_of(thread);
    const Warp& warp = warp_of(thread);
    if (warp.waiting != 0) {
        fail(error_launch_failed, "waits in %s while thread %u of its warp waits in %s", name, first_thread(warp, warp.waiting),
             meeting_names[warp.meeting]);
    }

    gathering.lanes[thread->index / 32] |= lane_bit(thread);
    gathering.arrived++;
    if (gathering.arrived < count) {
        pause_lane(thread);
        give_way();
        return;
    }

    act(block);
    gathering.arrived = 0;
    for (u32 i = 0; i < block.threads / 32; ++i) {
        if (gathering.lanes[i] != 0) set_runnable(block, i, block.warps[i].runnable | gathering.lanes[i]);
        gathering.lanes[i] = 0;
    }

    if (the_seed != 0) give_way();
}

// A barrier in shared memory: arrivals that a phase needs and still waits for, bytes that it waits for, and the phase's parity.
struct Barrier {
    u16 total : 15, parity : 1;
    u16 pending;
    int bytes;
};

Barrier& barrier_at(u32 offset) {
    const HostBlock* block = host_thread->block;
    if (offset % 8 != 0) fail(error_misaligned_address, "a barrier at byte %u of shared memory, which is no multiple of 8", offset);
    if (offset > block->shared_bytes || block->shared_bytes - offset < 8) {
        fail(error_illegal_address, "a barrier at byte %u of shared memory, and the launch gives %u", offset, block->shared_bytes);
    }

    return *reinterpret_cast<Barrier*>(block->shared + offset);
}

void end_phase(Barrier& barrier) {
    if (barrier.pending != 0 || barrier.bytes != 0) return;
    barrier.parity ^= 1;
    barrier.pending = barrier.total;
    idle_looks = 0;
}

u32 swizzled(u32 offset, u32 swizzle) {
    return swizzle == 3 ? offset ^ (offset >> 7 & 7) << 4 : swizzle == 2 ? offset ^ (offset >> 7 & 3) << 4 : offset;
}

void bring(const Tile& tile) {
    const HostTensorMap& map = tile.map;
    char* shared = host_thread->block->shared;
    u32 row_bytes = map.box[0] * 2;
    for (u32 p = 0; p < map.box[2]; ++p) {
        for (u32 y = 0; y < map.box[1]; ++y) {
            u64 row = (u64)(tile.y + (i64)y);
            bool is_there = p < map.sizes[2] && tile.y + (i64)y >= 0 && row < map.sizes[1];
            const char* from = reinterpret_cast<const char*>(map.address + p * map.strides[1] + row * map.strides[0]);
            for (u32 byte = 0; byte < row_bytes; byte += 2) {
                i64 x = tile.x + (i64)(byte / 2);
                u16 number = 0;
                if (is_there && x >= 0 && (u64)x < map.sizes[0]) memcpy(&number, from + x * 2, 2);
                memcpy(shared + swizzled(tile.to + (p * map.box[1] + y) * row_bytes + byte, map.swizzle), &number, 2);
            }
        }
    }

    Barrier& barrier = barrier_at(tile.barrier);
    barrier.bytes -= (int)(map.box[2] * map.box[1] * row_bytes);
    end_phase(barrier);
}

// Brings what a barrier waits for.
void bring_for(u32 barrier) {
    Block& block = *block_of(running());
    for (size_t i = 0; i < block.tiles.size();) {
        if (block.tiles[i].barrier != barrier) {
            ++i;
            continue;
        }

        Tile tile = block.tiles[i];
        block.tiles.erase(block.tiles.begin() + (ptrdiff_t)i);
        bring(tile);
    }
}

// Where a number of a factor lies: `outer` is its row or column of the product. Layouts are those of PTX's descriptors.
float number_at(u64 factor, bool transposed, u32 outer, u32 k) {
    u32 start = (u32)(factor & 0x3FFF) << 4, leading = (u32)(factor >> 16 & 0x3FFF) << 4, stride = (u32)(factor >> 32 & 0x3FFF) << 4;
    u32 swizzle = factor >> 62 == 1 ? 3 : 2, row_bytes = swizzle == 3 ? 128 : 64;
    u32 offset = transposed ? start + outer / 64 * leading + k / 8 * stride + k % 8 * 128 + outer % 64 * 2
                            : start + outer / 8 * stride + outer % 8 * row_bytes + k * 2;
    offset = swizzled(offset, swizzle);
    const HostBlock* block = host_thread->block;
    if (offset + 2 > block->shared_bytes) {
        fail(error_illegal_address, "multiply_group reads byte %u of shared memory, and the launch gives %u", offset, block->shared_bytes);
    }

    u16 bits;
    memcpy(&bits, block->shared + offset, 2);
    return from_bfloat16(bits);
}

void multiply_group_now(Thread* const* group, size_t index) {
    alignas(32) static float a[64][16], b[16][256], row[256];
    const GroupProduct& product = group[0]->products[index];
    u32 columns = product.columns;
    for (u32 k = 0; k < 16; ++k) {
        for (u32 i = 0; i < 64; ++i) a[i][k] = number_at(product.a, product.transposes_a, i, k);
        for (u32 j = 0; j < columns; ++j) b[k][j] = number_at(product.b, product.transposes_b, j, k);
    }

    for (u32 i = 0; i < 64; ++i) {
        // Four lanes hold a row: two columns of every eight each.
        Thread* const* holders = group + i / 16 * 32 + i % 8 * 4;
        u32 half = i % 16 / 8 * 2;
        for (u32 j = 0; j < columns; ++j) row[j] = holders[j % 8 / 2]->products[index].c[j / 8 * 4 + half + j % 2];
        for (u32 k = 0; k < 16; ++k) {
            for (u32 j = 0; j < columns; ++j) row[j] += a[i][k] * b[k][j];
        }

        for (u32 j = 0; j < columns; ++j) holders[j % 8 / 2]->products[index].c[j / 8 * 4 + half + j % 2] = row[j];
    }
}

// All products of the running thread's four warps but those of the last so many groups.
void act_group_products(Block& block) {
    Thread* self = running();
    Thread* group[128];
    for (u32 i = 0; i < 128; ++i) group[i] = block.warps[self->index / 128 * 4 + i / 32].threads[i % 32];
    size_t count = 0;
    while (count < self->products.size() && self->products[count].group + self->value < self->product_groups) ++count;
    for (const Thread* thread : group) {
        bool same = thread->products.size() == self->products.size() && thread->product_groups == self->product_groups
            && thread->value == self->value;
        for (size_t i = 0; same && i < count; ++i) {
            const GroupProduct &x = thread->products[i], &y = self->products[i];
            same = x.a == y.a && x.b == y.b && x.columns == y.columns && x.transposes_a == y.transposes_a
                && x.transposes_b == y.transposes_b && x.group == y.group;
        }

        if (!same) fail(error_launch_failed, "asks for other products than thread %u of its four warps", thread->index);
    }

    for (size_t i = 0; i < count; ++i) multiply_group_now(group, i);
    for (Thread* thread : group) thread->products.erase(thread->products.begin(), thread->products.begin() + (ptrdiff_t)count);
}

void act_nothing_in_block(Block&) {}

// ---------------------------------------------------------------------------------------------------------------- launches

// Shared memory ends where a page does that nobody may touch; up to a multiple of 1024 it is followed by bytes that are looked after.
void place_shared(Block& block, u32 bytes) {
    size_t page = page_bytes(), room = (most_shared_bytes + page - 1) / page * page;
    if (block.region == nullptr) {
        block.region = map_pages(room + page);
        mprotect(block.region + room, page, PROT_NONE);
    }

    size_t taken = ((size_t)bytes + 1023) / 1024 * 1024;
    block.shared = block.region + room - taken;
    block.shared_bytes = bytes;
    memset(block.shared, 0xFF, taken);
}

void check_shared_end(const Block& block) {
    size_t taken = ((size_t)block.shared_bytes + 1023) / 1024 * 1024;
    for (size_t i = block.shared_bytes; i < taken; ++i) {
        if ((u8)block.shared[i] == 0xFF) continue;
        failure = error_illegal_address;
        failure_text = where(block.warps[0].threads[0]) + "a thread of the block wrote to byte " + std::to_string(i)
            + " of shared memory, and the launch gives " + std::to_string(block.shared_bytes);
        return;
    }
}

void check_all_ended(const Block& block) {
    for (u32 i = 0; i < block.threads; ++i) {
        const Thread* thread = block.warps[i / 32].threads[i % 32];
        if ((warp_of(thread).ended & lane_bit(thread)) != 0) continue;
        failure = error_launch_timeout;
        failure_text = where(thread) + "waits for threads that never come";
        return;
    }
}

Thread* make_thread() {
    size_t step = stack_bytes + page_bytes();
    if (threads.size() == stacks.size()) {
        char* pages = map_pages(64 * step);
        for (size_t i = 0; i < 64; ++i) {
            mprotect(pages + i * step, page_bytes(), PROT_NONE);
            stacks.push_back(pages + i * step + page_bytes());
        }
    }

    auto thread = new Thread();
    thread->stack = stacks[threads.size()];
    threads.push_back(thread);
    return thread;
}

void start_block(size_t slot, u32 number) {
    while (blocks.size() <= slot) blocks.push_back(new Block());
    Block& block = *blocks[slot];
    block.number = number;
    block.x = number % launch->grid[0];
    block.y = number / launch->grid[0] % launch->grid[1];
    block.z = number / launch->grid[0] / launch->grid[1];
    block.grid_x = launch->grid[0];
    block.threads = launch->threads;
    place_shared(block, launch->shared_bytes);
    block.ready = block.spinning = block.arrived = block.ended = 0;
    block.named = {};
    for (Gathering& group : block.groups) group = {};
    block.tiles.clear();
    block.warp = 0;
    for (u32 i = 0; i < launch->threads; ++i) {
        size_t place = slot * launch->threads + i;
        Thread* thread = place < threads.size() ? threads[place] : make_thread();
        thread->index = i;
        thread->block = &block;
        thread->copies.clear();
        thread->first_copy = 0;
        thread->groups = 0;
        thread->products.clear();
        thread->product_groups = 0;
        thread->looked_at = nullptr;
        make_fibre(thread->fibre, thread->stack, thread_main);
        block.warps[i / 32].threads[i % 32] = thread;
    }

    for (u32 i = 0; i < launch->threads / 32; ++i) {
        Warp& warp = block.warps[i];
        warp.yielded = warp.ended = warp.at_barrier = warp.waiting = 0;
        warp.lane = 31;
        set_runnable(block, i, all_32);
    }
}

void run_blocks(size_t count) {
    live_blocks = count;
    running_block = count - 1;
    idle_looks = 0;
    Thread* first = next_thread();
    if (live_blocks == 1 || first != nullptr) {
        host_thread = first;
        in_kernel = 1;
        switch_fibres(scheduler, first->fibre);
        in_kernel = 0;
    }

    for (size_t i = 0; i < count && failure == 0; ++i) check_all_ended(*blocks[i]);
    for (size_t i = 0; i < count && failure == 0; ++i) check_shared_end(*blocks[i]);
}

void run_launch() {
    u32 count = launch->grid[0] * launch->grid[1] * launch->grid[2];
    if (launch->cooperative) {
        for (u32 i = 0; i < count; ++i) start_block(i, i);
        run_blocks(count);
        return;
    }

    u32 first = the_seed != 0 ? (u32)(next_random() % count) : 0;
    for (u32 i = 0; i < count && failure == 0; ++i) {
        start_block(0, (u32)(((u64)first + i) % count));
        run_blocks(1);
    }
}

} // namespace

// ---------------------------------------------------------------------------------------------------------------- for kernels

HostThread* host_thread;

HostKernel::HostKernel(const char* name, size_t argument_bytes, u32 threads, u32 blocks, void (*run)(const void*))
    : name(name), argument_bytes(argument_bytes), threads(threads), blocks(blocks), run(run), next(first_kernel) {
    first_kernel = this;
}

void host_sync_block() {
    Thread* thread = running();
    Block& block = *block_of(thread);
    Warp& warp = warp_of(thread);
    if (warp.waiting != 0) {
        fail(error_launch_failed, "waits in sync_block while thread %u of its warp waits in %s", first_thread(warp, warp.waiting),
             meeting_names[warp.meeting]);
    }

    for (u32 i = 0; block.ended != 0 && i < block.threads / 32; ++i) {
        if (block.warps[i].ended == 0) continue;
        fail(error_launch_failed, "waits in sync_block while thread %u of its block has ended",
             first_thread(block.warps[i], block.warps[i].ended));
    }

    warp.at_barrier |= lane_bit(thread);
    block.arrived++;
    if (block.arrived == block.threads) {
        block.arrived = 0;
        for (u32 i = 0; i < block.threads / 32; ++i) {
            block.warps[i].at_barrier = 0;
            set_runnable(block, i, all_32);
        }

        if (the_seed != 0) give_way();
    } else {
        pause_lane(thread);
        give_way();
    }
}

void host_sync_warp() { meet(meet_sync, act_nothing); }

u32 host_shuffle_xor(u32 value, int mask) {
    Thread* thread = running();
    thread->value = value;
    thread->mask = mask;
    meet(meet_shuffle, act_shuffle);
    return thread->result;
}

bool host_all_lanes(bool condition) {
    Thread* thread = running();
    thread->value = condition;
    meet(meet_all, act_all);
    return thread->result != 0;
}

void host_copy16_async(u32 to, const void* from, bool valid) {
    Thread* thread = running();
    Copy copy = {shared_place(to, "copy16_async"), static_cast<const char*>(from), thread->groups, !valid, {0, 0, 0, 0}};
    if (reinterpret_cast<u64>(from) % 16 != 0) fail(error_misaligned_address, "copy16_async from %p, which is no multiple of 16", from);
    if (valid) {
        // An address that nobody may read is found here, not where the copy is due.
        const volatile char* source = copy.from;
        (void)source[0];
        u64 chance = the_seed != 0 ? next_random() % 3 : 0;
        if (chance != 0) {
            memcpy(&copy.data, copy.from, 16);
            copy.has_data = true;
        }

        if (chance == 2) memcpy(copy.to, &copy.data, 16);
    }

    thread->copies.push_back(copy);
}

void host_commit_copies() { running()->groups++; }

void host_wait_copies(u32 pending) {
    Thread* thread = running();
    size_t& first = thread->first_copy;
    for (; first < thread->copies.size() && thread->copies[first].group + pending < thread->groups; ++first) perform(thread->copies[first]);
    if (first == thread->copies.size()) {
        thread->copies.clear();
        first = 0;
    }
}

void host_load_matrices(u32* r, u32 row, bool transposed) {
    Thread* thread = running();
    shared_place(row, meeting_names[transposed ? meet_load_transposed : meet_load]);
    thread->value = row;
    thread->registers = r;
    meet(transposed ? meet_load_transposed : meet_load, act_load);
}

void host_multiply_add(float* c, u32 a0, u32 a1, u32 a2, u32 a3, u32 b0, u32 b1) {
    Thread* thread = running();
    thread->sums = c;
    u32* factors = thread->factors;
    factors[0] = a0, factors[1] = a1, factors[2] = a2, factors[3] = a3, factors[4] = b0, factors[5] = b1;
    meet(meet_multiply, act_multiply);
}

u32 host_load_acquire(const u32* from) {
    Thread* thread = running();
    Block& block = *block_of(thread);
    pause_lane(thread);
    warp_of(thread).yielded |= lane_bit(thread);
    block.spinning |= 1u << thread->index / 32;
    give_way();
    u32 value = __atomic_load_n(from, __ATOMIC_ACQUIRE);
    if (thread->looked_at != from || thread->seen != value) idle_looks = 0;
    thread->looked_at = from;
    thread->seen = value;
    if (++idle_looks > most_idle_looks) {
        fail(error_launch_timeout, "looks for ever at the value %u in load_acquire%s", value,
             launch->cooperative ? "" : " (in a launch that is not cooperative blocks run one after the other)");
    }

    return value;
}

void host_store_release(u32* to, u32 value) {
    idle_looks = 0;
    __atomic_store_n(to, value, __ATOMIC_RELEASE);
}

void host_begin_barrier(u32 offset, u32 arrivals) {
    Barrier& barrier = barrier_at(offset);
    barrier.total = (u16)arrivals & 0x7FFF;
    barrier.pending = (u16)arrivals;
    barrier.parity = 0;
    barrier.bytes = 0;
}

void host_arrive(u32 offset, u32 bytes) {
    Barrier& barrier = barrier_at(offset);
    if (barrier.pending == 0) fail(error_launch_failed, "arrives at the barrier of byte %u, where all have arrived", offset);
    barrier.bytes += (int)bytes;
    barrier.pending--;
    end_phase(barrier);
}

void host_wait_barrier(u32 offset, u32 parity) {
    Thread* thread = running();
    Block& block = *block_of(thread);
    while (barrier_at(offset).parity == parity) {
        bring_for(offset);
        if (barrier_at(offset).parity != parity) break;
        pause_lane(thread);
        warp_of(thread).yielded |= lane_bit(thread);
        block.spinning |= 1u << thread->index / 32;
        give_way();
        if (++idle_looks > most_idle_looks) fail(error_launch_timeout, "waits for ever at the barrier of byte %u", offset);
    }

    if (the_seed != 0) give_way();
}

void host_copy_tile(u32 to, const HostTensorMap* map, int x, int y, u32 barrier) {
    const HostBlock* block = host_thread->block;
    u32 bytes = map->box[0] * map->box[1] * map->box[2] * 2;
    if (map->kind != tensor_map_kind) fail(error_launch_failed, "copy_tile by a map that the driver has not made");
    if (to % 1024 != 0 && map->swizzle == 3) fail(error_misaligned_address, "copy_tile to byte %u, which is no multiple of 1024", to);
    if (to % 512 != 0) fail(error_misaligned_address, "copy_tile to byte %u, which is no multiple of 512", to);
    if (to > block->shared_bytes || block->shared_bytes - to < bytes) {
        fail(error_illegal_address, "copy_tile of %u bytes to byte %u of shared memory, and the launch gives %u", bytes, to,
             block->shared_bytes);
    }

    barrier_at(barrier);
    block_of(running())->tiles.push_back({*map, to, barrier, x, y});
    if (the_seed != 0 && next_random() % 2 == 0) bring_for(barrier);
}

void host_multiply_group(float* c, u32 columns, u64 a, u64 b, bool transposes_a, bool transposes_b) {
    Thread* thread = running();
    thread->products.push_back({c, columns, a, b, transposes_a, transposes_b, thread->product_groups});
}

void host_commit_group_products() { running()->product_groups++; }

void host_wait_group_products(u32 pending) {
    Thread* thread = running();
    thread->value = pending;
    gather(block_of(thread)->groups[thread->index / 128], 128, "wait_group_products", act_group_products);
}

void host_sync_threads(u32 count) {
    Thread* thread = running();
    if (thread->index >= count) fail(error_launch_failed, "waits in sync_threads, which is for the first %u", count);
    gather(block_of(thread)->named, count, "sync_threads", act_nothing_in_block);
}

u32 host_shared_address(const void* pointer) {
    const HostBlock* block = host_thread->block;
    i64 offset = static_cast<const char*>(pointer) - block->shared;
    if (offset < 0 || offset > block->shared_bytes) {
        fail(error_illegal_address, "shared_address of byte %lld of shared memory, and the launch gives %u", offset, block->shared_bytes);
    }

    return (u32)offset;
}

// ---------------------------------------------------------------------------------------------------------------- for the driver

const HostKernel* find_kernel(const std::string& name) {
    for (const HostKernel* kernel = first_kernel; kernel != nullptr; kernel = kernel->next) {
        if (name == kernel->name) return kernel;
    }

    return nullptr;
}

bool is_ambiguous(const std::string& name) {
    int count = 0;
    for (const HostKernel* kernel = first_kernel; kernel != nullptr; kernel = kernel->next) count += name == kernel->name;
    return count > 1;
}

void set_seed(u64 seed) {
    the_seed = seed;
    random_state = seed * 0x9E3779B97F4A7C15ull | 1;
}

u64 seed() { return the_seed; }

u64 next_random() {
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return random_state >> 11;
}

int execute(const Launch& which, std::string& problem) {
    static char* signal_stack = map_pages(stack_bytes);
    launch = &which;
    failure = 0;
    failure_text.clear();
    kernel_os_thread = pthread_self();

    stack_t own_stack = {}, old_stack;
    own_stack.ss_sp = signal_stack;
    own_stack.ss_size = stack_bytes;
    sigaltstack(&own_stack, &old_stack);
    struct sigaction action = {};
    action.sa_sigaction = on_fault;
    action.sa_flags = SA_SIGINFO | SA_ONSTACK;
    for (int i = 0; i < 5; ++i) sigaction(fault_signals[i], &action, &old_actions[i]);

    if (sigsetjmp(fault_jump, 1) == 0) {
        run_launch();
    } else {
        in_kernel = 0;
        describe_fault();
    }

    in_kernel = 0;
    for (int i = 0; i < 5; ++i) sigaction(fault_signals[i], &old_actions[i], nullptr);
    sigaltstack(&old_stack, nullptr);
    problem = failure_text;
    return failure;
}
