// Runs the kernels of this library on the processor, one launch after the other.
#pragma once
#include <string>
#include <vector>

#include "machine.h"

enum {
    error_illegal_address = 700,
    error_launch_timeout = 702,
    error_misaligned_address = 716,
    error_launch_failed = 719,
};

// A piece of a kernel's arguments, which may hold maps of the copy engine.
struct alignas(64) ArgumentLine {
    u64 words[8];
};

struct Launch {
    const HostKernel* kernel;
    u32 grid[3], threads, shared_bytes;
    bool cooperative;
    std::vector<ArgumentLine> arguments;
};

const HostKernel* find_kernel(const std::string& name);

// Whether more than one kernel has this name.
bool is_ambiguous(const std::string& name);

// Zero: threads take turns in order, and copies arrive as late as they may. Anything else seeds a random order of both.
void set_seed(u64 seed);
u64 seed();
u64 next_random();

// Runs a launch to its end. Gives 0, or the driver's error with the problem in words.
int execute(const Launch& launch, std::string& problem);
