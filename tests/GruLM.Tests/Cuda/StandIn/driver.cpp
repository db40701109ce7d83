// The functions of the CUDA driver, on a machine without a card. Every call is checked: that handles are alive and of the right kind, sizes
// fit, a context is current, and nothing is asked for that a capture forbids. Work is queued and done when somebody waits for it, so that
// a forgotten wait shows; kernels run in executor.cpp. What a check says is in standin_last_error. Left out: several cards, peers,
// textures, memory pools, and everything else that no call here names.
#include <stdio.h>
#include <stdlib.h>
#include <ctype.h>
#include <stdarg.h>
#include <time.h>

#include <functional>
#include <memory>
#include <mutex>
#include <thread>

#include "executor.h"
#include "pieces.h"
#include "tensor_map.h"

#define EXPORT extern "C" __attribute__((visibility("default")))

namespace {

enum {
    success = 0,
    invalid_value = 1,
    out_of_memory = 2,
    not_initialized = 3,
    no_device = 100,
    invalid_device = 101,
    invalid_image = 200,
    invalid_context = 201,
    invalid_ptx = 218,
    unsupported_ptx_version = 222,
    invalid_handle = 400,
    not_found = 500,
    not_ready = 600,
    launch_out_of_resources = 701,
    cooperative_launch_too_large = 720,
    not_permitted = 800,
    capture_unsupported = 900,
    capture_invalidated = 901,
    capture_unmatched = 903,
    capture_implicit = 906,
    capture_wrong_thread = 908,
};

struct ErrorName {
    int error;
    const char *name, *text;
};

const ErrorName error_names[] = {
    {success, "CUDA_SUCCESS", "no error"},
    {invalid_value, "CUDA_ERROR_INVALID_VALUE", "invalid argument"},
    {out_of_memory, "CUDA_ERROR_OUT_OF_MEMORY", "out of memory"},
    {not_initialized, "CUDA_ERROR_NOT_INITIALIZED", "initialization error"},
    {no_device, "CUDA_ERROR_NO_DEVICE", "no CUDA-capable device is detected"},
    {invalid_device, "CUDA_ERROR_INVALID_DEVICE", "invalid device ordinal"},
    {invalid_image, "CUDA_ERROR_INVALID_IMAGE", "device kernel image is invalid"},
    {invalid_context, "CUDA_ERROR_INVALID_CONTEXT", "invalid device context"},
    {invalid_ptx, "CUDA_ERROR_INVALID_PTX", "a PTX JIT compilation failed"},
    {unsupported_ptx_version, "CUDA_ERROR_UNSUPPORTED_PTX_VERSION", "the provided PTX was compiled with an unsupported toolchain."},
    {invalid_handle, "CUDA_ERROR_INVALID_HANDLE", "invalid resource handle"},
    {not_found, "CUDA_ERROR_NOT_FOUND", "named symbol not found"},
    {not_ready, "CUDA_ERROR_NOT_READY", "device not ready"},
    {error_illegal_address, "CUDA_ERROR_ILLEGAL_ADDRESS", "an illegal memory access was encountered"},
    {launch_out_of_resources, "CUDA_ERROR_LAUNCH_OUT_OF_RESOURCES", "too many resources requested for launch"},
    {error_launch_timeout, "CUDA_ERROR_LAUNCH_TIMEOUT", "the launch timed out and was terminated"},
    {error_misaligned_address, "CUDA_ERROR_MISALIGNED_ADDRESS", "misaligned address"},
    {error_launch_failed, "CUDA_ERROR_LAUNCH_FAILED", "unspecified launch failure"},
    {cooperative_launch_too_large, "CUDA_ERROR_COOPERATIVE_LAUNCH_TOO_LARGE", "too many blocks in cooperative launch"},
    {not_permitted, "CUDA_ERROR_NOT_PERMITTED", "operation not permitted"},
    {capture_unsupported, "CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED", "operation not permitted when stream is capturing"},
    {capture_invalidated, "CUDA_ERROR_STREAM_CAPTURE_INVALIDATED", "operation failed due to a previous error during capture"},
    {capture_unmatched, "CUDA_ERROR_STREAM_CAPTURE_UNMATCHED", "capture was not ended in the same stream as it began"},
    {capture_implicit, "CUDA_ERROR_STREAM_CAPTURE_IMPLICIT",
     "operation would make the legacy stream depend on a capturing blocking stream"},
    {capture_wrong_thread, "CUDA_ERROR_STREAM_CAPTURE_WRONG_THREAD",
     "attempt to terminate a thread-local capture sequence from another thread"},
    {999, "CUDA_ERROR_UNKNOWN", "unknown error"},
};

// ---------------------------------------------------------------------------------------------------------------- what lives

// Something that the stream does when its turn comes: 0, or an error with the problem in words.
typedef std::function<int(std::string& problem)> Work;

struct Object {
    int generation;
    virtual ~Object() {}
};

struct Module : Object {
    std::string text;
};

struct Function : Object {
    u64 module;
    const HostKernel* kernel;
    int allowed_shared_bytes = 48 << 10;
};

struct Capture {
    int mode;
    bool is_broken;
    std::thread::id thread;
    std::vector<Work> work;
};

struct Stream : Object {
    bool is_blocking = true;
    std::vector<Work> work;
    std::unique_ptr<Capture> capture;
};

struct Event : Object {
    bool was_recorded = false, is_done = false, has_time = true;
    u64 times = 0, stream = 0;
    double seconds = 0;
};

struct Graph : Object {
    std::vector<Work> work;
};

struct Executable : Graph {};

struct Device {
    int major, minor, driver_version, count;
    u64 memory;
};

// Not a Hopper, whose kernels are others: tests ask for one.
constexpr Device usual_device = {8, 0, 12040, 1, 8ull << 30};
constexpr u32 most_threads_at_once = 2048, registers_at_once = 65536, reserved_shared_bytes = 1024;

std::recursive_mutex gate;
Device device = usual_device;

// Kernels are checked, and not run.
bool is_idle = false;
bool is_initialized;
long calls, fails_at;
int fails_with;
std::string last_error;

int generation = 1, retained, sticky_error;
std::string sticky_text;
thread_local int current_generation;

// Handles are never given out twice.
u64 next_handle = 0x1000;
std::map<u64, std::unique_ptr<Object>> objects;
Stream null_stream;

std::string text_of(const char* format, ...) __attribute__((format(printf, 1, 2)));
std::string text_of(const char* format, ...) {
    char buffer[800];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(buffer, sizeof buffer, format, arguments);
    va_end(arguments);
    return buffer;
}

template <class T> T* find(u64 handle) {
    auto found = objects.find(handle);
    if (found == objects.end() || found->second->generation != generation) return nullptr;
    return dynamic_cast<T*>(found->second.get());
}

template <class T> u64 enter(std::unique_ptr<T> object) {
    object->generation = generation;
    u64 handle = next_handle;
    next_handle += 16;
    objects[handle] = std::move(object);
    return handle;
}

template <class T> std::vector<u64> handles_of() {
    std::vector<u64> handles;
    for (auto& [handle, object] : objects) {
        const Object& which = *object;
        if (typeid(which) == typeid(T)) handles.push_back(handle);
    }

    return handles;
}

// The null stream is handle 0, and 1 by its other name.
Stream* find_stream(u64 handle) { return handle <= 1 ? &null_stream : find<Stream>(handle); }

double seconds_now() {
    timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec + now.tv_nsec * 1e-9;
}

int told_multiprocessors;

int multiprocessors() {
    if (told_multiprocessors > 0) return told_multiprocessors;
    const char* text = getenv("GRULM_STANDIN_MULTIPROCESSORS");
    int count = text != nullptr ? atoi(text) : 0;
    return count > 0 ? count : 8;
}

int most_shared_bytes() {
    int version = device.major * 10 + device.minor;
    if (version == 80 || version == 87) return 163 << 10;
    if (version < 90 || device.major == 12) return 99 << 10;
    return 227 << 10;
}

// Blocks of a kernel that are sure to have room on a multiprocessor together: what it declared bounds its registers.
int blocks_at_once(const HostKernel& kernel, u32 threads, u32 shared_bytes) {
    u32 by_shared = (u32)(most_shared_bytes() + reserved_shared_bytes) / (shared_bytes + reserved_shared_bytes);
    u32 by_threads = most_threads_at_once / threads;
    u32 registers = registers_at_once / (kernel.threads * (kernel.blocks != 0 ? kernel.blocks : 1));
    u32 by_registers = registers_at_once / (threads * (registers < 255 ? registers : 255));
    u32 least = by_shared < by_threads ? by_shared : by_threads;
    return (int)(least < by_registers ? least : by_registers);
}

// ---------------------------------------------------------------------------------------------------------------- queued work

bool drain(Stream& stream);

void forget_work() {
    null_stream.work.clear();
    for (u64 handle : handles_of<Stream>()) static_cast<Stream*>(objects[handle].get())->work.clear();
}

// Does the first pieces of a stream's work; false where one failed, which spoils the context.
bool advance(Stream& stream, size_t count) {
    size_t done = 0;
    for (; done < count && done < stream.work.size() && sticky_error == success; ++done) {
        std::string problem;
        int error = stream.work[done](problem);
        if (error == success) continue;
        sticky_error = error;
        sticky_text = last_error = problem;
    }

    if (sticky_error != success) {
        forget_work();
        return false;
    }

    stream.work.erase(stream.work.begin(), stream.work.begin() + (long)done);
    return true;
}

// What the null stream does comes after all that blocking streams were asked before.
bool drain_blocking() {
    for (u64 handle : handles_of<Stream>()) {
        Stream* stream = find<Stream>(handle);
        if (stream != nullptr && stream->is_blocking && !advance(*stream, stream->work.size())) return false;
    }

    return advance(null_stream, null_stream.work.size());
}

bool drain(Stream& stream) { return &stream == &null_stream ? drain_blocking() : advance(stream, stream.work.size()); }

bool drain_all() {
    for (u64 handle : handles_of<Stream>()) {
        Stream* stream = find<Stream>(handle);
        if (stream != nullptr && !drain(*stream)) return false;
    }

    return drain_blocking();
}

// With a seed work is sometimes done early.
void drain_some() {
    if (seed() == 0 || sticky_error != success || next_random() % 8 != 0) return;
    std::vector<u64> handles = handles_of<Stream>();
    if (handles.empty()) return;
    Stream* stream = find<Stream>(handles[next_random() % handles.size()]);
    if (stream != nullptr && !stream->work.empty()) advance(*stream, 1 + next_random() % stream->work.size());
}

// ---------------------------------------------------------------------------------------------------------------- one call

enum Needs {
    needs_nothing = 0,
    needs_start = 1,
    needs_context = 2 | needs_start,
    forbidden_in_capture = 4,
    // Calls that free something do so even where they report an error, since whoever asked can do no more about it.
    frees = 8,
};

class Call {
public:
    Call(const char* name, int needs) : lock(gate), name(name), needs(needs) {
        ++calls;
        if (fails_at != 0 && calls == fails_at) {
            injected = fails_with;
            fails_at = 0;
            fail(injected, "this call was told to fail");
            return;
        }

        if ((needs & needs_start) != 0 && !is_initialized) {
            fail(not_initialized, "cuInit was not called");
        } else if ((needs & needs_context) == needs_context && (retained == 0 || current_generation != generation)) {
            fail(invalid_context, "no living context is current on this thread");
        } else {
            if ((needs & needs_context) == needs_context) check_context();
        }
    }

    // Whether the call ends here, with `error`.
    bool stops() const { return error != success && !((needs & frees) != 0 && (injected != success || is_spoilt)); }

    int fail(int with, const std::string& problem) {
        if (error == success) {
            error = with;
            last_error = std::string(name) + ": " + problem;
        }

        return error;
    }

    // A handle of a kind that does not live.
    int fail_handle(const char* kind, u64 handle) { return fail(invalid_handle, text_of("there is no living %s 0x%llx", kind, handle)); }

    int waited(bool went_well) { return went_well ? error : fail(sticky_error, sticky_text); }

    int error = success;

private:
    void check_context() {
        drain_some();
        if (sticky_error != success) {
            is_spoilt = true;
            fail(sticky_error, "an earlier launch failed, and the context is spoilt (" + sticky_text + ")");
        } else if ((needs & forbidden_in_capture) != 0) {
            check_capture();
        }
    }

    void check_capture() {
        for (u64 handle : handles_of<Stream>()) {
            Stream* stream = find<Stream>(handle);
            if (stream == nullptr || stream->capture == nullptr) continue;
            Capture& capture = *stream->capture;
            bool forbids = capture.mode == 0 || (capture.mode == 1 && capture.thread == std::this_thread::get_id());
            if (!forbids) continue;
            capture.is_broken = true;
            fail(capture_unsupported, "not while a stream is captured");
        }
    }

    std::lock_guard<std::recursive_mutex> lock;
    const char* name;
    int needs, injected = success;
    bool is_spoilt = false;
};

// Hands work to a stream, to the graph that is captured from it, or refuses.
int submit(Call& call, u64 handle, Work work) {
    Stream* stream = find_stream(handle);
    if (stream == nullptr) return call.fail_handle("stream", handle);
    if (stream->capture != nullptr) {
        if (stream->capture->is_broken) return call.fail(capture_invalidated, "an earlier call broke the capture");
        stream->capture->work.push_back(std::move(work));
        return success;
    }

    for (u64 other : handles_of<Stream>()) {
        Stream* capturing = find<Stream>(other);
        if (stream != &null_stream || capturing == nullptr || capturing->capture == nullptr || !capturing->is_blocking) continue;
        capturing->capture->is_broken = true;
        return call.fail(capture_implicit, "the null stream waits for a stream that is captured");
    }

    if (stream != &null_stream && stream->is_blocking && !null_stream.work.empty() && !drain_blocking()) return call.waited(false);
    stream->work.push_back(std::move(work));
    return success;
}

std::string range_problem(const char* what, u64 address, u64 bytes) {
    if (device_memory.holds(address, bytes)) return {};
    return text_of("%s of %llu bytes at 0x%llx is not in one living piece of device memory", what, bytes, address)
        + device_memory.describe(address);
}

bool is_pinned(const void* address, u64 bytes) { return host_memory.holds(reinterpret_cast<u64>(address), bytes); }

// What is wrong with a place in the host's memory, or nothing.
std::string host_problem(const void* address, u64 bytes) {
    u64 place = reinterpret_cast<u64>(address);
    if (address == nullptr) return "the host's address is null";
    if (device_memory.is_within(place)) return text_of("the host's address 0x%llx is one of the card", place);
    if (host_memory.is_within(place) && !is_pinned(address, bytes)) {
        return text_of("%llu bytes at 0x%llx are not in one living piece of pinned memory", bytes, place) + host_memory.describe(place);
    }

    return {};
}

enum Direction { to_device, to_host, on_device };

// What is wrong with a copy, or nothing; to and from are addresses of the card or of the host.
std::string copy_problem(Direction direction, u64 to, u64 from, u64 bytes) {
    std::string problem;
    if (direction == to_host) {
        problem = host_problem(reinterpret_cast<const void*>(to), bytes);
    } else {
        problem = range_problem("the destination", to, bytes);
    }

    if (!problem.empty()) return problem;
    if (direction == to_device) return host_problem(reinterpret_cast<const void*>(from), bytes);
    problem = range_problem("the source", from, bytes);
    if (problem.empty() && direction == on_device && to < from + bytes && from < to + bytes) problem = "source and destination overlap";
    return problem;
}

Work copy_work(Direction direction, u64 to, u64 from, u64 bytes) {
    return [=](std::string& problem) -> int {
        problem = copy_problem(direction, to, from, bytes);
        if (!problem.empty()) {
            problem = "a queued copy: " + problem;
            return error_illegal_address;
        }

        memcpy(reinterpret_cast<void*>(to), reinterpret_cast<const void*>(from), bytes);
        return success;
    };
}

int copy_at_once(const char* name, Direction direction, u64 to, u64 from, u64 bytes) {
    Call call(name, needs_context | forbidden_in_capture);
    if (call.stops() || bytes == 0) return call.error;
    std::string problem = copy_problem(direction, to, from, bytes);
    if (!problem.empty()) return call.fail(invalid_value, problem);
    int error = submit(call, 0, copy_work(direction, to, from, bytes));
    return error != success ? error : call.waited(drain(null_stream));
}

int copy_in_stream(const char* name, Direction direction, u64 to, u64 from, u64 bytes, u64 stream_handle) {
    Call call(name, needs_context);
    if (call.stops()) return call.error;
    Stream* stream = find_stream(stream_handle);
    if (stream == nullptr) return call.fail_handle("stream", stream_handle);
    if (bytes == 0) return success;
    std::string problem = copy_problem(direction, to, from, bytes);
    if (!problem.empty()) return call.fail(invalid_value, problem);
    u64 host = direction == to_host ? to : from;
    bool is_pageable = direction != on_device && !is_pinned(reinterpret_cast<const void*>(host), bytes);
    if (is_pageable && stream->capture != nullptr) {
        stream->capture->is_broken = true;
        return call.fail(capture_unsupported, "memory of the host that is not pinned cannot be copied in a capture");
    }

    if (is_pageable && direction == to_device) {
        // The driver reads memory that is not pinned before it returns.
        auto staged = std::make_shared<std::vector<char>>(bytes);
        memcpy(staged->data(), reinterpret_cast<const void*>(from), bytes);
        return submit(call, stream_handle, [=](std::string& late) -> int {
            late = range_problem("a queued copy: the destination", to, bytes);
            if (!late.empty()) return error_illegal_address;
            memcpy(reinterpret_cast<void*>(to), staged->data(), bytes);
            return success;
        });
    }

    int error = submit(call, stream_handle, copy_work(direction, to, from, bytes));
    return error != success || !is_pageable ? error : call.waited(drain(*stream));
}

int fill(const char* name, u64 to, u32 value, u64 width, u64 count, u64 stream) {
    Call call(name, needs_context);
    if (call.stops()) return call.error;
    if (find_stream(stream) == nullptr) return call.fail_handle("stream", stream);
    if (to % width != 0) return call.fail(invalid_value, text_of("0x%llx is no multiple of %llu", to, width));
    if (count == 0) return success;
    std::string problem = range_problem("the destination", to, count * width);
    if (!problem.empty()) return call.fail(invalid_value, problem);
    return submit(call, stream, [=](std::string& late) -> int {
        late = range_problem("a queued fill: the destination", to, count * width);
        if (!late.empty()) return error_illegal_address;
        char* at = reinterpret_cast<char*>(to);
        for (u64 i = 0; i < count; ++i) memcpy(at + i * width, &value, width);
        return success;
    });
}

// ---------------------------------------------------------------------------------------------------------------- launches

// Words among the arguments that are addresses of the card must be in living pieces, or at their ends.
std::string arguments_problem(const Launch& launch) {
    const u64* words = reinterpret_cast<const u64*>(launch.arguments.data());
    for (size_t i = 0; i < launch.kernel->argument_bytes / 8; ++i) {
        if (!device_memory.is_within(words[i]) || device_memory.holds(words[i], 0)) continue;
        return text_of("kernel %s: the argument at byte %zu is the address 0x%llx", launch.kernel->name, i * 8, words[i])
            + device_memory.describe(words[i]);
    }

    return {};
}

// The error for a launch that asks for what the card has not, with the problem in words.
int launch_problem(const Function& function, const Launch& launch, u32 block_y, u32 block_z, std::string& problem) {
    const HostKernel& kernel = *launch.kernel;
    if (launch.grid[0] == 0 || launch.grid[1] == 0 || launch.grid[2] == 0 || launch.grid[0] > 0x7FFFFFFFu || launch.grid[1] > 65535
        || launch.grid[2] > 65535) {
        problem = text_of("a grid of %u x %u x %u blocks", launch.grid[0], launch.grid[1], launch.grid[2]);
        return invalid_value;
    }

    if (block_y != 1 || block_z != 1 || launch.threads == 0 || launch.threads % 32 != 0) {
        problem = text_of("a block of %u x %u x %u threads; kernels here take a multiple of 32, and 1, and 1", launch.threads, block_y,
                          block_z);
        return invalid_value;
    }

    if (launch.threads > kernel.threads || launch.threads > 1024) {
        problem = text_of("%u threads a block, and the kernel was declared with %u", launch.threads, kernel.threads);
        return launch.threads > 1024 ? (int)invalid_value : (int)launch_out_of_resources;
    }

    if (launch.shared_bytes > (u32)function.allowed_shared_bytes) {
        problem = text_of("%u bytes of shared memory, and %d are allowed (cuFuncSetAttribute allows more than 48 KB)", launch.shared_bytes,
                          function.allowed_shared_bytes);
        return invalid_value;
    }

    u64 blocks = (u64)launch.grid[0] * launch.grid[1] * launch.grid[2];
    u64 room = (u64)multiprocessors() * (u64)blocks_at_once(kernel, launch.threads, launch.shared_bytes);
    if (launch.cooperative && blocks > room) {
        problem = text_of("%llu blocks at once, and %llu have room", blocks, room);
        return cooperative_launch_too_large;
    }

    problem = arguments_problem(launch);
    return problem.empty() ? (int)success : (int)error_illegal_address;
}

int launch_kernel(Call& call, u64 handle, Launch launch, u32 block_y, u32 block_z, u64 stream, void** parameters) {
    if (call.stops()) return call.error;
    Function* function = find<Function>(handle);
    if (function == nullptr || find<Module>(function->module) == nullptr) return call.fail_handle("function of a loaded module", handle);
    if (parameters == nullptr || parameters[0] == nullptr) return call.fail(invalid_value, "the kernel's argument is missing");
    launch.kernel = function->kernel;
    launch.arguments.resize((launch.kernel->argument_bytes + sizeof(ArgumentLine) - 1) / sizeof(ArgumentLine));
    memcpy(launch.arguments.data(), parameters[0], launch.kernel->argument_bytes);
    std::string problem;
    int error = launch_problem(*function, launch, block_y, block_z, problem);
    if (error != success) {
        // The card itself would find a wrong address only later.
        return call.fail(error, std::string(launch.kernel->name) + ": " + problem);
    }

    return submit(call, stream, [launch](std::string& late) -> int {
        late = arguments_problem(launch);
        if (!late.empty()) return (int)error_illegal_address;
        return is_idle ? (int)success : execute(launch, late);
    });
}

// ---------------------------------------------------------------------------------------------------------------- PTX

bool is_name_letter(char letter) { return isalnum((u8)letter) || letter == '_' || letter == '$'; }

// What follows a word in a text, from a place on: null where the word is not there by itself.
const char* after_word(const char* text, const std::string& word) {
    for (const char* at = strstr(text, word.c_str()); at != nullptr; at = strstr(at + 1, word.c_str())) {
        bool begins = at == text || !is_name_letter(at[-1]) || !is_name_letter(word[0]);
        if (begins && !is_name_letter(at[word.size()])) return at + word.size();
    }

    return nullptr;
}

// Comments become spaces.
std::string without_comments(const char* text) {
    std::string plain;
    for (const char* at = text; *at != 0; ++at) {
        if (at[0] == '/' && at[1] == '/') {
            while (at[1] != 0 && at[1] != '\n') ++at;
        } else if (at[0] == '/' && at[1] == '*') {
            const char* end = strstr(at, "*/");
            if (end == nullptr) break;
            at = end + 1;
        } else {
            plain += *at;
        }
    }

    return plain;
}

int ptx_problem(const std::string& text, std::string& problem) {
    int major = 0, minor = 0, target = 0;
    if (sscanf(text.c_str(), " .version %d.%d .target sm_%d", &major, &minor, &target) != 3
        || after_word(text.c_str(), ".address_size") == nullptr) {
        problem = "the image does not begin as PTX does (.version, .target, .address_size)";
        return invalid_image;
    }

    // PTX 7.n came with CUDA 11.n, 8.n with 12.n.
    if ((major + 4) * 1000 + minor * 10 > device.driver_version) {
        problem = text_of("PTX %d.%d is newer than the driver", major, minor);
        return unsupported_ptx_version;
    }

    if (target > device.major * 10 + device.minor) {
        problem = text_of("the image is for sm_%d, and the card has %d.%d", target, device.major, device.minor);
        return 209;
    }

    size_t last = text.find_last_of('}');
    bool ends = last != std::string::npos && text.find_first_not_of(" \t\r\n", last + 1) == std::string::npos;
    if (ends) return success;
    problem = "the image goes on after its last brace, or has none: is the zero at its end missing?";
    return invalid_ptx;
}

// Whether an entry of the PTX takes what the kernel of the table takes: one struct of so many bytes, and so many threads.
std::string entry_problem(const char* entry, const HostKernel& kernel) {
    const char* body = strchr(entry, '{');
    std::string head(entry, body != nullptr ? (size_t)(body - entry) : strlen(entry));
    const char* parameter = after_word(head.c_str(), ".param");
    const char* bracket = parameter != nullptr ? strchr(parameter, '[') : nullptr;
    if (bracket != nullptr && (size_t)atol(bracket + 1) != kernel.argument_bytes) {
        return text_of("the PTX of %s takes %ld bytes of arguments, and its source %zu: compile the PTX again", kernel.name,
                       atol(bracket + 1), kernel.argument_bytes);
    }

    const char* threads = after_word(head.c_str(), ".maxntid");
    if (threads != nullptr && (u32)atol(threads) != kernel.threads) {
        return text_of("the PTX of %s has %ld threads, and its source %u: compile the PTX again", kernel.name, atol(threads),
                       kernel.threads);
    }

    return {};
}

int load_module(u64* module, const char* image, u32 count, const int* options, void** values) {
    Call call("cuModuleLoadDataEx", needs_context | forbidden_in_capture);
    if (call.stops()) return call.error;
    if (module == nullptr || image == nullptr) return call.fail(invalid_value, "a null pointer");
    if (count != 0 && (options == nullptr || values == nullptr)) return call.fail(invalid_value, "options without values");
    std::string text = without_comments(image), problem;
    int error = ptx_problem(text, problem);
    char* log = nullptr;
    size_t log_bytes = 0;
    for (u32 i = 0; i < count; ++i) {
        if (options[i] == 5) log = static_cast<char*>(values[i]);
        if (options[i] == 6) log_bytes = (size_t)values[i];
    }

    if (error != success) {
        if (log != nullptr && log_bytes != 0) snprintf(log, log_bytes, "%s", problem.c_str());
        return call.fail(error, problem);
    }

    auto loaded = std::make_unique<Module>();
    loaded->text = text;
    *module = enter(std::move(loaded));
    return success;
}

int create_stream(Call& call, u64* stream, u32 flags) {
    if (call.stops()) return call.error;
    if (stream == nullptr || flags > 1) return call.fail(invalid_value, "a null pointer, or unknown flags");
    auto made = std::make_unique<Stream>();
    made->is_blocking = flags == 0;
    *stream = enter(std::move(made));
    return success;
}

int allocate_host(const char* name, void** pointer, size_t bytes) {
    Call call(name, needs_context | forbidden_in_capture);
    if (call.stops()) return call.error;
    if (pointer == nullptr || bytes == 0) return call.fail(invalid_value, "a null pointer, or no bytes");
    u64 address = host_memory.allocate(bytes, generation);
    if (address == 0) return call.fail(out_of_memory, text_of("no %zu bytes of pinned memory", bytes));
    *pointer = reinterpret_cast<void*>(address);
    return success;
}

int instantiate(const char* name, u64* executable, u64 handle) {
    Call call(name, needs_context);
    if (call.stops()) return call.error;
    Graph* graph = find<Graph>(handle);
    if (executable == nullptr) return call.fail(invalid_value, "a null pointer");
    if (graph == nullptr || dynamic_cast<Executable*>(graph) != nullptr) return call.fail_handle("graph", handle);
    auto made = std::make_unique<Executable>();
    made->work = graph->work;
    *executable = enter(std::move(made));
    return success;
}

template <class T> int destroy(const char* name, const char* kind, u64 handle) {
    Call call(name, needs_context | frees);
    if (call.stops()) return call.error;
    T* object = find<T>(handle);
    if (object == nullptr || typeid(*object) != typeid(T)) return call.fail_handle(kind, handle);
    objects.erase(handle);
    return call.error;
}

} // namespace

// ---------------------------------------------------------------------------------------------------------------- driver, devices

EXPORT int cuInit(u32 flags) {
    Call call("cuInit", needs_nothing);
    if (call.stops()) return call.error;
    if (flags != 0) return call.fail(invalid_value, "flags must be 0");
    if (device.count == 0) return call.fail(no_device, "there is no card");
    if (!is_initialized) {
        const char* text = getenv("GRULM_STANDIN_SEED");
        if (text != nullptr && seed() == 0) set_seed(strtoull(text, nullptr, 10));
    }

    is_initialized = true;
    return success;
}

EXPORT int cuDriverGetVersion(int* version) {
    Call call("cuDriverGetVersion", needs_nothing);
    if (call.stops()) return call.error;
    if (version == nullptr) return call.fail(invalid_value, "a null pointer");
    *version = device.driver_version;
    return success;
}

EXPORT int cuGetErrorName(int error, const char** name) {
    if (name == nullptr) return invalid_value;
    *name = nullptr;
    for (const ErrorName& known : error_names) {
        if (known.error == error) *name = known.name;
    }

    return *name != nullptr ? success : invalid_value;
}

EXPORT int cuGetErrorString(int error, const char** text) {
    if (text == nullptr) return invalid_value;
    *text = nullptr;
    for (const ErrorName& known : error_names) {
        if (known.error == error) *text = known.text;
    }

    return *text != nullptr ? success : invalid_value;
}

EXPORT int cuDeviceGetCount(int* count) {
    Call call("cuDeviceGetCount", needs_start);
    if (call.stops()) return call.error;
    if (count == nullptr) return call.fail(invalid_value, "a null pointer");
    *count = device.count;
    return success;
}

EXPORT int cuDeviceGet(int* which, int ordinal) {
    Call call("cuDeviceGet", needs_start);
    if (call.stops()) return call.error;
    if (which == nullptr) return call.fail(invalid_value, "a null pointer");
    if (ordinal < 0 || ordinal >= device.count) return call.fail(invalid_device, text_of("there is no card %d", ordinal));
    *which = ordinal;
    return success;
}

EXPORT int cuDeviceGetName(char* name, int bytes, int which) {
    Call call("cuDeviceGetName", needs_start);
    if (call.stops()) return call.error;
    if (name == nullptr || bytes <= 0) return call.fail(invalid_value, "no room for a name");
    if (which < 0 || which >= device.count) return call.fail(invalid_device, text_of("there is no card %d", which));
    snprintf(name, (size_t)bytes, "Stand-in");
    return success;
}

EXPORT int cuDeviceTotalMem_v2(size_t* bytes, int which) {
    Call call("cuDeviceTotalMem_v2", needs_start);
    if (call.stops()) return call.error;
    if (bytes == nullptr) return call.fail(invalid_value, "a null pointer");
    if (which < 0 || which >= device.count) return call.fail(invalid_device, text_of("there is no card %d", which));
    *bytes = device.memory;
    return success;
}

EXPORT int cuDeviceGetAttribute(int* value, int attribute, int which) {
    Call call("cuDeviceGetAttribute", needs_start);
    if (call.stops()) return call.error;
    if (value == nullptr) return call.fail(invalid_value, "a null pointer");
    if (which < 0 || which >= device.count) return call.fail(invalid_device, text_of("there is no card %d", which));
    switch (attribute) {
        case 1: case 2: case 3: *value = 1024; break;              // threads a block; block x, y
        case 4: *value = 64; break;                                // block z
        case 5: *value = 0x7FFFFFFF; break;                        // grid x
        case 6: case 7: *value = 65535; break;                     // grid y, z
        case 8: *value = 48 << 10; break;                          // shared memory a block that needs no permission
        case 10: *value = 32; break;                               // threads a warp
        case 12: case 82: *value = (int)registers_at_once; break;  // registers a block, a multiprocessor
        case 13: *value = 1500000; break;                          // clock in kHz
        case 16: *value = multiprocessors(); break;
        case 18: *value = 0; break;                                // shares memory with the host
        case 31: case 40: case 41: case 95: *value = 1; break;     // concurrent kernels, copies, one address space, cooperative launches
        case 36: *value = 2000000; break;                          // clock of the memory in kHz
        case 37: *value = 4096; break;                             // bits of its bus
        case 38: *value = 32 << 20; break;                         // L2 cache
        case 39: *value = (int)most_threads_at_once; break;
        case 75: *value = device.major; break;
        case 76: *value = device.minor; break;
        case 81: *value = most_shared_bytes() + (int)reserved_shared_bytes; break;
        case 97: *value = most_shared_bytes(); break;
        case 106: *value = 32; break;                              // blocks a multiprocessor
        case 111: *value = (int)reserved_shared_bytes; break;
        default: return call.fail(invalid_value, text_of("the stand-in knows no attribute %d of a card", attribute));
    }

    return success;
}

// ---------------------------------------------------------------------------------------------------------------- contexts

EXPORT int cuDevicePrimaryCtxRetain(u64* context, int which) {
    Call call("cuDevicePrimaryCtxRetain", needs_start);
    if (call.stops()) return call.error;
    if (context == nullptr) return call.fail(invalid_value, "a null pointer");
    if (which < 0 || which >= device.count) return call.fail(invalid_device, text_of("there is no card %d", which));
    ++retained;
    *context = 0xC0000000ull + (u64)generation * 16;
    return success;
}

EXPORT int cuDevicePrimaryCtxRelease_v2(int which) {
    Call call("cuDevicePrimaryCtxRelease_v2", needs_start | frees);
    if (call.stops()) return call.error;
    if (which < 0 || which >= device.count) return call.fail(invalid_device, text_of("there is no card %d", which));
    if (retained == 0) return call.fail(invalid_context, "released more often than retained");
    if (--retained == 0) {
        // What still lives belongs to a context that is gone: no call takes it, and standin_live goes on counting it.
        if (sticky_error == success) drain_all();
        null_stream.work.clear();
        sticky_error = success;
        ++generation;
    }

    return call.error;
}

EXPORT int cuCtxSetCurrent(u64 context) {
    Call call("cuCtxSetCurrent", needs_start);
    if (call.stops()) return call.error;
    if (context == 0) {
        current_generation = 0;
        return success;
    }

    if (retained == 0 || context != 0xC0000000ull + (u64)generation * 16) {
        return call.fail(invalid_context, text_of("there is no living context 0x%llx", context));
    }

    current_generation = generation;
    return success;
}

EXPORT int cuCtxGetCurrent(u64* context) {
    Call call("cuCtxGetCurrent", needs_start);
    if (call.stops()) return call.error;
    if (context == nullptr) return call.fail(invalid_value, "a null pointer");
    *context = current_generation != 0 ? 0xC0000000ull + (u64)current_generation * 16 : 0;
    return success;
}

EXPORT int cuCtxSynchronize() {
    Call call("cuCtxSynchronize", needs_context | forbidden_in_capture);
    return call.stops() ? call.error : call.waited(drain_all());
}

// ---------------------------------------------------------------------------------------------------------------- memory

EXPORT int cuMemGetInfo_v2(size_t* free, size_t* total) {
    Call call("cuMemGetInfo_v2", needs_context);
    if (call.stops()) return call.error;
    if (free == nullptr || total == nullptr) return call.fail(invalid_value, "a null pointer");
    *total = device.memory;
    *free = device_memory.taken() < device.memory ? device.memory - device_memory.taken() : 0;
    return success;
}

EXPORT int cuMemAlloc_v2(u64* pointer, size_t bytes) {
    Call call("cuMemAlloc_v2", needs_context | forbidden_in_capture);
    if (call.stops()) return call.error;
    if (pointer == nullptr || bytes == 0) return call.fail(invalid_value, "a null pointer, or no bytes");
    bool has_room = bytes <= device.memory && device_memory.taken() <= device.memory - bytes;
    u64 address = has_room ? device_memory.allocate(bytes, generation) : 0;
    if (address == 0) return call.fail(out_of_memory, text_of("no %zu bytes of device memory", bytes));
    *pointer = address;
    return success;
}

EXPORT int cuMemFree_v2(u64 pointer) {
    Call call("cuMemFree_v2", needs_context | forbidden_in_capture | frees);
    if (call.stops() || pointer == 0) return call.error;
    std::string problem;
    if (!drain_all()) call.waited(false);
    return device_memory.free(pointer, problem) ? call.error : call.fail(invalid_value, problem);
}

EXPORT int cuMemAllocHost_v2(void** pointer, size_t bytes) { return allocate_host("cuMemAllocHost_v2", pointer, bytes); }
EXPORT int cuMemHostAlloc(void** pointer, size_t bytes, u32) { return allocate_host("cuMemHostAlloc", pointer, bytes); }

EXPORT int cuMemFreeHost(void* pointer) {
    Call call("cuMemFreeHost", needs_context | forbidden_in_capture | frees);
    if (call.stops() || pointer == nullptr) return call.error;
    std::string problem;
    if (!drain_all()) call.waited(false);
    return host_memory.free(reinterpret_cast<u64>(pointer), problem) ? call.error : call.fail(invalid_value, problem);
}

EXPORT int cuMemcpyHtoD_v2(u64 to, const void* from, size_t bytes) {
    return copy_at_once("cuMemcpyHtoD_v2", to_device, to, reinterpret_cast<u64>(from), bytes);
}
EXPORT int cuMemcpyDtoH_v2(void* to, u64 from, size_t bytes) {
    return copy_at_once("cuMemcpyDtoH_v2", to_host, reinterpret_cast<u64>(to), from, bytes);
}
EXPORT int cuMemcpyDtoD_v2(u64 to, u64 from, size_t bytes) { return copy_at_once("cuMemcpyDtoD_v2", on_device, to, from, bytes); }

EXPORT int cuMemcpyHtoDAsync_v2(u64 to, const void* from, size_t bytes, u64 stream) {
    return copy_in_stream("cuMemcpyHtoDAsync_v2", to_device, to, reinterpret_cast<u64>(from), bytes, stream);
}
EXPORT int cuMemcpyDtoHAsync_v2(void* to, u64 from, size_t bytes, u64 stream) {
    return copy_in_stream("cuMemcpyDtoHAsync_v2", to_host, reinterpret_cast<u64>(to), from, bytes, stream);
}
EXPORT int cuMemcpyDtoDAsync_v2(u64 to, u64 from, size_t bytes, u64 stream) {
    return copy_in_stream("cuMemcpyDtoDAsync_v2", on_device, to, from, bytes, stream);
}

EXPORT int cuMemsetD8_v2(u64 to, u8 value, size_t count) { return fill("cuMemsetD8_v2", to, value, 1, count, 0); }
EXPORT int cuMemsetD16_v2(u64 to, u16 value, size_t count) { return fill("cuMemsetD16_v2", to, value, 2, count, 0); }
EXPORT int cuMemsetD32_v2(u64 to, u32 value, size_t count) { return fill("cuMemsetD32_v2", to, value, 4, count, 0); }
EXPORT int cuMemsetD8Async(u64 to, u8 value, size_t count, u64 stream) { return fill("cuMemsetD8Async", to, value, 1, count, stream); }
EXPORT int cuMemsetD16Async(u64 to, u16 value, size_t count, u64 stream) { return fill("cuMemsetD16Async", to, value, 2, count, stream); }
EXPORT int cuMemsetD32Async(u64 to, u32 value, size_t count, u64 stream) { return fill("cuMemsetD32Async", to, value, 4, count, stream); }

// ---------------------------------------------------------------------------------------------------------------- streams, graphs

EXPORT int cuStreamCreate(u64* stream, u32 flags) {
    Call call("cuStreamCreate", needs_context);
    return create_stream(call, stream, flags);
}

EXPORT int cuStreamCreateWithPriority(u64* stream, u32 flags, int) {
    Call call("cuStreamCreateWithPriority", needs_context);
    return create_stream(call, stream, flags);
}

EXPORT int cuStreamDestroy_v2(u64 handle) {
    Call call("cuStreamDestroy_v2", needs_context | frees);
    if (call.stops()) return call.error;
    Stream* stream = find<Stream>(handle);
    if (stream == nullptr) return call.fail_handle("stream", handle);
    if (!drain(*stream)) call.waited(false);
    objects.erase(handle);
    return call.error;
}

EXPORT int cuStreamSynchronize(u64 handle) {
    Call call("cuStreamSynchronize", needs_context);
    if (call.stops()) return call.error;
    Stream* stream = find_stream(handle);
    if (stream == nullptr) return call.fail_handle("stream", handle);
    if (stream->capture == nullptr) return call.waited(drain(*stream));
    stream->capture->is_broken = true;
    return call.fail(capture_unsupported, "the stream is captured");
}

EXPORT int cuStreamQuery(u64 handle) {
    Call call("cuStreamQuery", needs_context);
    if (call.stops()) return call.error;
    Stream* stream = find_stream(handle);
    if (stream == nullptr) return call.fail_handle("stream", handle);
    if (stream->work.empty()) return success;
    // Whoever asks often enough gets there.
    return advance(*stream, 1) ? (int)not_ready : call.waited(false);
}

EXPORT int cuStreamBeginCapture_v2(u64 handle, int mode) {
    Call call("cuStreamBeginCapture_v2", needs_context);
    if (call.stops()) return call.error;
    if (mode < 0 || mode > 2) return call.fail(invalid_value, text_of("there is no capture mode %d", mode));
    if (handle <= 1) return call.fail(capture_unsupported, "the null stream cannot be captured");
    Stream* stream = find<Stream>(handle);
    if (stream == nullptr) return call.fail_handle("stream", handle);
    if (stream->capture != nullptr) return call.fail(invalid_value, "the stream is captured already");
    stream->capture.reset(new Capture{mode, false, std::this_thread::get_id(), {}});
    return success;
}

EXPORT int cuStreamEndCapture(u64 handle, u64* graph) {
    // An error ends the capture too.
    Call call("cuStreamEndCapture", needs_context | frees);
    if (call.stops()) return call.error;
    Stream* stream = find<Stream>(handle);
    if (graph == nullptr) return call.fail(invalid_value, "a null pointer");
    *graph = 0;
    if (stream == nullptr) return call.fail_handle("stream", handle);
    if (stream->capture == nullptr) return call.fail(invalid_value, "no capture was begun");
    if (stream->capture->mode != 2 && stream->capture->thread != std::this_thread::get_id()) {
        return call.fail(capture_wrong_thread, "another thread began the capture");
    }

    std::unique_ptr<Capture> capture = std::move(stream->capture);
    if (call.error != success) return call.error;
    if (capture->is_broken) return call.fail(capture_invalidated, "an earlier call broke the capture");
    auto made = std::make_unique<Graph>();
    made->work = std::move(capture->work);
    *graph = enter(std::move(made));
    return success;
}

EXPORT int cuStreamIsCapturing(u64 handle, int* status) {
    Call call("cuStreamIsCapturing", needs_context);
    if (call.stops()) return call.error;
    Stream* stream = find_stream(handle);
    if (status == nullptr) return call.fail(invalid_value, "a null pointer");
    if (stream == nullptr) return call.fail_handle("stream", handle);
    *status = stream->capture == nullptr ? 0 : stream->capture->is_broken ? 2 : 1;
    return success;
}

EXPORT int cuGraphInstantiateWithFlags(u64* executable, u64 graph, u64) {
    return instantiate("cuGraphInstantiateWithFlags", executable, graph);
}
EXPORT int cuGraphInstantiate_v2(u64* executable, u64 graph, u64*, char*, size_t) {
    return instantiate("cuGraphInstantiate_v2", executable, graph);
}

EXPORT int cuGraphLaunch(u64 handle, u64 stream) {
    Call call("cuGraphLaunch", needs_context);
    if (call.stops()) return call.error;
    Executable* executable = find<Executable>(handle);
    if (executable == nullptr) return call.fail_handle("executable graph", handle);
    std::vector<Work> all = executable->work;
    return submit(call, stream, [all](std::string& problem) -> int {
        for (const Work& work : all) {
            int error = work(problem);
            if (error != success) return error;
        }

        return success;
    });
}

EXPORT int cuGraphExecDestroy(u64 executable) { return destroy<Executable>("cuGraphExecDestroy", "executable graph", executable); }
EXPORT int cuGraphDestroy(u64 graph) { return destroy<Graph>("cuGraphDestroy", "graph", graph); }

// ---------------------------------------------------------------------------------------------------------------- modules, kernels

// A matrix of bfloat16 in planes, for the copy engine.
EXPORT int cuTensorMapEncodeTiled(
    void* map, int type, u32 rank, u64 address, const u64* sizes, const u64* strides, const u32* box, const u32* steps, int interleave,
    int swizzle, int, int fill) {
    Call call("cuTensorMapEncodeTiled", needs_start);
    if (call.stops()) return call.error;
    if (map == nullptr || (u64)map % 64 != 0) return call.fail(invalid_value, "a map that is at no multiple of 64 bytes");
    if (type != 9 || rank != 3 || interleave != 0 || fill != 0) return call.fail(invalid_value, "what is not stood in for");
    if (address % 16 != 0 || strides[0] % 16 != 0 || strides[1] % 16 != 0) {
        return call.fail(invalid_value, "an address or a stride that is no multiple of 16");
    }

    if (swizzle != 2 && swizzle != 3) return call.fail(invalid_value, text_of("the swizzle %d", swizzle));
    if (box[0] * 2 != (swizzle == 3 ? 128u : 64u)) return call.fail(invalid_value, text_of("rows of %u numbers", box[0]));
    HostTensorMap made = {tensor_map_kind, address, {}, {strides[0], strides[1]}, {}, (u32)swizzle};
    u64 end = 2;
    for (int i = 0; i < 3; ++i) {
        if (sizes[i] == 0 || box[i] == 0 || box[i] > 256 || steps[i] != 1) return call.fail(invalid_value, "a size, a box or a step");
        made.sizes[i] = sizes[i];
        made.box[i] = box[i];
        end += (sizes[i] - 1) * (i == 0 ? 2 : strides[i - 1]);
    }

    if (!device_memory.holds(address, end)) {
        return call.fail(invalid_value, text_of("%llu bytes from 0x%llx on", end, address) + device_memory.describe(address));
    }

    memset(map, 0, 128);
    memcpy(map, &made, sizeof made);
    return success;
}

EXPORT int cuModuleLoadData(u64* module, const void* image) {
    return load_module(module, static_cast<const char*>(image), 0, nullptr, nullptr);
}

EXPORT int cuModuleLoadDataEx(u64* module, const void* image, u32 count, int* options, void** values) {
    return load_module(module, static_cast<const char*>(image), count, options, values);
}

EXPORT int cuModuleUnload(u64 handle) {
    Call call("cuModuleUnload", needs_context | forbidden_in_capture | frees);
    if (call.stops()) return call.error;
    if (find<Module>(handle) == nullptr) return call.fail_handle("module", handle);
    if (!drain_all()) call.waited(false);
    for (u64 function : handles_of<Function>()) {
        if (static_cast<Function*>(objects[function].get())->module == handle) objects.erase(function);
    }

    objects.erase(handle);
    return call.error;
}

EXPORT int cuModuleGetFunction(u64* function, u64 handle, const char* name) {
    Call call("cuModuleGetFunction", needs_context);
    if (call.stops()) return call.error;
    Module* module = find<Module>(handle);
    if (function == nullptr || name == nullptr) return call.fail(invalid_value, "a null pointer");
    if (module == nullptr) return call.fail_handle("module", handle);
    const char* entry = nullptr;
    for (const char* at = module->text.c_str(); entry == nullptr && (at = after_word(at, ".entry")) != nullptr;) {
        while (isspace((u8)*at)) ++at;
        size_t length = strlen(name);
        if (strncmp(at, name, length) == 0 && !is_name_letter(at[length])) entry = at + length;
    }

    if (entry == nullptr) return call.fail(not_found, std::string("the module has no .entry ") + name);
    const HostKernel* kernel = find_kernel(name);
    if (kernel == nullptr) return call.fail(not_found, std::string("no kernel was compiled under the name ") + name);
    if (is_ambiguous(name)) return call.fail(not_found, std::string("two kernels have the name ") + name);
    std::string problem = entry_problem(entry, *kernel);
    if (!problem.empty()) return call.fail(invalid_image, problem);
    auto found = std::make_unique<Function>();
    found->module = handle;
    found->kernel = kernel;
    *function = enter(std::move(found));
    return success;
}

EXPORT int cuFuncSetAttribute(u64 handle, int attribute, int value) {
    Call call("cuFuncSetAttribute", needs_context);
    if (call.stops()) return call.error;
    Function* function = find<Function>(handle);
    if (function == nullptr) return call.fail_handle("function", handle);
    if (attribute == 9) return success;
    if (attribute != 8) return call.fail(invalid_value, text_of("the stand-in sets no attribute %d of a function", attribute));
    if (value < 0 || value > most_shared_bytes()) {
        return call.fail(invalid_value, text_of("%d bytes of shared memory, and a block has at most %d", value, most_shared_bytes()));
    }

    function->allowed_shared_bytes = value > 48 << 10 ? value : 48 << 10;
    return success;
}

EXPORT int cuFuncGetAttribute(int* value, int attribute, u64 handle) {
    Call call("cuFuncGetAttribute", needs_context);
    if (call.stops()) return call.error;
    Function* function = find<Function>(handle);
    if (value == nullptr) return call.fail(invalid_value, "a null pointer");
    if (function == nullptr) return call.fail_handle("function", handle);
    switch (attribute) {
        case 0: *value = (int)function->kernel->threads; break;
        case 1: case 2: case 3: *value = 0; break; // static shared memory, constants, local memory
        case 4: *value = 32; break;                // registers
        case 8: *value = function->allowed_shared_bytes; break;
        default: return call.fail(invalid_value, text_of("the stand-in knows no attribute %d of a function", attribute));
    }

    return success;
}

EXPORT int cuOccupancyMaxActiveBlocksPerMultiprocessor(int* blocks, u64 handle, int threads, size_t shared_bytes) {
    Call call("cuOccupancyMaxActiveBlocksPerMultiprocessor", needs_context);
    if (call.stops()) return call.error;
    Function* function = find<Function>(handle);
    if (blocks == nullptr || threads <= 0) return call.fail(invalid_value, "a null pointer, or no threads");
    if (function == nullptr) return call.fail_handle("function", handle);
    bool fits = threads <= (int)function->kernel->threads && shared_bytes <= (size_t)most_shared_bytes();
    *blocks = fits ? blocks_at_once(*function->kernel, (u32)threads, (u32)shared_bytes) : 0;
    return success;
}

EXPORT int cuLaunchKernel(u64 function, u32 grid_x, u32 grid_y, u32 grid_z, u32 block_x, u32 block_y, u32 block_z, u32 shared_bytes,
                          u64 stream, void** parameters, void** extra) {
    Call call("cuLaunchKernel", needs_context);
    if (!call.stops() && extra != nullptr) return call.fail(invalid_value, "extra must be null");
    Launch launch = {nullptr, {grid_x, grid_y, grid_z}, block_x, shared_bytes, false, {}};
    return launch_kernel(call, function, launch, block_y, block_z, stream, parameters);
}

EXPORT int cuLaunchCooperativeKernel(u64 function, u32 grid_x, u32 grid_y, u32 grid_z, u32 block_x, u32 block_y, u32 block_z,
                                     u32 shared_bytes, u64 stream, void** parameters) {
    Call call("cuLaunchCooperativeKernel", needs_context);
    Launch launch = {nullptr, {grid_x, grid_y, grid_z}, block_x, shared_bytes, true, {}};
    return launch_kernel(call, function, launch, block_y, block_z, stream, parameters);
}

// ---------------------------------------------------------------------------------------------------------------- events

EXPORT int cuEventCreate(u64* event, u32 flags) {
    Call call("cuEventCreate", needs_context);
    if (call.stops()) return call.error;
    if (event == nullptr || flags > 7) return call.fail(invalid_value, "a null pointer, or unknown flags");
    auto made = std::make_unique<Event>();
    made->has_time = (flags & 2) == 0;
    *event = enter(std::move(made));
    return success;
}

EXPORT int cuEventRecord(u64 handle, u64 stream_handle) {
    Call call("cuEventRecord", needs_context);
    if (call.stops()) return call.error;
    Event* event = find<Event>(handle);
    Stream* stream = find_stream(stream_handle);
    if (event == nullptr) return call.fail_handle("event", handle);
    if (stream == nullptr) return call.fail_handle("stream", stream_handle);
    // In a capture an event only orders streams.
    if (stream->capture != nullptr) return success;
    event->was_recorded = true;
    event->is_done = false;
    event->stream = stream_handle;
    u64 time = ++event->times;
    return submit(call, stream_handle, [handle, time](std::string&) -> int {
        Event* recorded = find<Event>(handle);
        if (recorded != nullptr && recorded->times == time) {
            recorded->is_done = true;
            recorded->seconds = seconds_now();
        }

        return success;
    });
}

EXPORT int cuEventSynchronize(u64 handle) {
    Call call("cuEventSynchronize", needs_context | forbidden_in_capture);
    if (call.stops()) return call.error;
    Event* event = find<Event>(handle);
    if (event == nullptr) return call.fail_handle("event", handle);
    Stream* stream = find_stream(event->stream);
    while (event->was_recorded && !event->is_done && stream != nullptr) {
        bool went_well = stream == &null_stream ? drain(*stream) : advance(*stream, 1);
        if (!went_well) return call.waited(false);
    }

    return success;
}

EXPORT int cuEventQuery(u64 handle) {
    Call call("cuEventQuery", needs_context);
    if (call.stops()) return call.error;
    Event* event = find<Event>(handle);
    if (event == nullptr) return call.fail_handle("event", handle);
    if (!event->was_recorded || event->is_done) return success;
    Stream* stream = find_stream(event->stream);
    return stream == nullptr || advance(*stream, 1) ? (int)not_ready : call.waited(false);
}

EXPORT int cuEventElapsedTime(float* milliseconds, u64 start, u64 end) {
    Call call("cuEventElapsedTime", needs_context);
    if (call.stops()) return call.error;
    Event *first = find<Event>(start), *last = find<Event>(end);
    if (milliseconds == nullptr) return call.fail(invalid_value, "a null pointer");
    if (first == nullptr || last == nullptr) return call.fail_handle("event", first == nullptr ? start : end);
    if (!first->was_recorded || !last->was_recorded || !first->has_time || !last->has_time) {
        return call.fail(invalid_handle, "an event that was not recorded, or is without time");
    }

    if (!first->is_done || !last->is_done) return call.fail(not_ready, "an event that nobody waited for");
    *milliseconds = (float)((last->seconds - first->seconds) * 1e3);
    return success;
}

EXPORT int cuEventDestroy_v2(u64 event) { return destroy<Event>("cuEventDestroy_v2", "event", event); }

EXPORT int cuStreamWaitEvent(u64 stream, u64 handle, u32) {
    Call call("cuStreamWaitEvent", needs_context);
    if (call.stops()) return call.error;
    Event* event = find<Event>(handle);
    if (event == nullptr) return call.fail_handle("event", handle);
    if (!event->was_recorded) return success;
    return submit(call, stream, [handle](std::string& problem) -> int {
        Event* awaited = find<Event>(handle);
        Stream* other = awaited != nullptr ? find_stream(awaited->stream) : nullptr;
        while (other != nullptr && !awaited->is_done && !other->work.empty()) {
            Work work = other->work.front();
            other->work.erase(other->work.begin());
            int error = work(problem);
            if (error != success) return error;
        }

        return success;
    });
}

// ---------------------------------------------------------------------------------------------------------------- for tests

// Bytes of a kernel's struct of arguments; -1 where there is no such kernel.
EXPORT long standin_argument_bytes(const char* kernel) {
    const HostKernel* found = find_kernel(kernel);
    return found != nullptr ? (long)found->argument_bytes : -1;
}

// Threads a block that a kernel was declared with; -1 where there is no such kernel.
EXPORT int standin_threads(const char* kernel) {
    const HostKernel* found = find_kernel(kernel);
    return found != nullptr ? (int)found->threads : -1;
}

// How many things live, and what in words: nothing where nothing leaks.
EXPORT int standin_live(char* what, int bytes) {
    std::lock_guard<std::recursive_mutex> lock(gate);
    size_t counts[] = {
        device_memory.pieces().size(), host_memory.pieces().size(), handles_of<Module>().size(), handles_of<Stream>().size(),
        handles_of<Event>().size(), handles_of<Graph>().size(), handles_of<Executable>().size(), (size_t)retained,
    };
    const char* names[] = {"device memory", "host memory", "module", "stream", "event", "graph", "executable graph", "context"};
    std::string text;
    size_t all = 0;
    for (int i = 0; i < 8; ++i) {
        all += counts[i];
        if (counts[i] != 0) text += (text.empty() ? "" : ", ") + std::string(names[i]) + " " + std::to_string(counts[i]);
    }

    for (auto& [start, piece] : device_memory.pieces()) {
        std::string damage = device_memory.damage(piece);
        if (!damage.empty()) text += "; " + damage;
    }

    if (what != nullptr && bytes > 0) snprintf(what, (size_t)bytes, "%s", text.c_str());
    return (int)all;
}

// The n-th checked call from now on fails with an error; 0 takes that back.
EXPORT void standin_fail_call(long n, int error) {
    std::lock_guard<std::recursive_mutex> lock(gate);
    fails_at = n > 0 ? calls + n : 0;
    fails_with = error;
}

// Checked calls so far.
EXPORT long standin_calls() {
    std::lock_guard<std::recursive_mutex> lock(gate);
    return calls;
}

// What the last check that failed says. Copied, since other threads may fail meanwhile; gives its length.
EXPORT int standin_last_error(char* text, int bytes) {
    std::lock_guard<std::recursive_mutex> lock(gate);
    if (text != nullptr && bytes > 0) snprintf(text, (size_t)bytes, "%s", last_error.c_str());
    return (int)last_error.size();
}

// As if the process had just begun, with the usual device. The order of threads is as GRULM_STANDIN_SEED says, or in turn.
EXPORT void standin_reset() {
    std::lock_guard<std::recursive_mutex> lock(gate);
    forget_work();
    objects.clear();
    device_memory.clear();
    host_memory.clear();
    device = usual_device;
    is_idle = false;
    told_multiprocessors = 0;
    is_initialized = false;
    retained = 0;
    sticky_error = success;
    fails_at = 0;
    last_error.clear();
    set_seed(0);
    ++generation;
}

EXPORT void standin_set_device(int major, int minor, int driver_version, int count) {
    std::lock_guard<std::recursive_mutex> lock(gate);
    device.major = major;
    device.minor = minor;
    device.driver_version = driver_version;
    device.count = count;
}

// 0: as GRULM_STANDIN_MULTIPROCESSORS says, or 8.
EXPORT void standin_set_multiprocessors(int count) {
    std::lock_guard<std::recursive_mutex> lock(gate);
    told_multiprocessors = count;
}

EXPORT void standin_set_idle(int idle) {
    std::lock_guard<std::recursive_mutex> lock(gate);
    is_idle = idle != 0;
}

EXPORT void standin_set_memory(u64 bytes) {
    std::lock_guard<std::recursive_mutex> lock(gate);
    device.memory = bytes;
}

// Another order of threads, copies and queued work; 0 is the plain one.
EXPORT void standin_set_seed(u64 value) {
    std::lock_guard<std::recursive_mutex> lock(gate);
    set_seed(value);
}
