// Pieces of memory between pages that nobody may touch, all in one large range of addresses that was set aside for them.
#include "pieces.h"

#include <sys/mman.h>
#include <unistd.h>

namespace {

constexpr u64 between = 1 << 21;
constexpr int nobody = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;

u64 round_up(u64 value, u64 to) { return (value + to - 1) / to * to; }

// The end of a piece, where the page that nobody may touch begins.
u64 end_of(const Piece& piece) { return piece.pages_start + piece.pages_bytes; }

} // namespace

// High halves of addresses that are no plausible size, so that two 32-bit numbers side by side are not taken for an address.
Memory device_memory("device", 0x5E5E00000000ull), host_memory("host", 0x5F5F00000000ull);

void Memory::reserve() {
    for (size = 1ull << 40; size >= 1ull << 34; size >>= 1) {
        void* pages = mmap(reinterpret_cast<void*>(wished), size, PROT_NONE, nobody, -1, 0);
        if (pages == MAP_FAILED) continue;
        base = next = reinterpret_cast<u64>(pages);
        return;
    }

    size = 0;
}

u64 Memory::allocate(u64 bytes, int generation) {
    if (base == 0) reserve();
    u64 page = (u64)sysconf(_SC_PAGESIZE);
    u64 rounded = round_up(bytes, 256), pages_bytes = round_up(rounded, page), room = pages_bytes + between;
    if (bytes == 0 || bytes > size || room > size) return 0;
    if (next + room > base + size) next = base;
    for (auto& [start, piece] : living) {
        // After all addresses were used once: the first gap from here on.
        if (end_of(piece) + between > next && piece.pages_start < next + room) next = round_up(end_of(piece) + between, page);
    }

    if (next + room > base + size) return 0;
    Piece piece = {next + pages_bytes - rounded, bytes, next, pages_bytes, generation};
    if (mprotect(reinterpret_cast<void*>(piece.pages_start), pages_bytes, PROT_READ | PROT_WRITE) != 0) return 0;
    memset(reinterpret_cast<void*>(piece.pages_start), 0xFF, pages_bytes);
    next += room;
    freed.erase(freed.lower_bound(piece.pages_start), freed.lower_bound(next));
    living[piece.start] = piece;
    bytes_taken += rounded;
    return piece.start;
}

bool Memory::free(u64 address, std::string& problem) {
    auto found = living.find(address);
    if (found == living.end()) {
        problem = "no living piece of " + std::string(name) + " memory starts there" + describe(address);
        return false;
    }

    Piece piece = found->second;
    problem = damage(piece);
    mmap(reinterpret_cast<void*>(piece.pages_start), piece.pages_bytes, PROT_NONE, nobody | MAP_FIXED, -1, 0);
    bytes_taken -= round_up(piece.bytes, 256);
    freed[piece.start] = piece;
    living.erase(found);
    return problem.empty();
}

std::string Memory::damage(const Piece& piece) const {
    for (u64 at = piece.start + piece.bytes; at < end_of(piece); ++at) {
        if (*reinterpret_cast<const u8*>(at) == 0xFF) continue;
        return "somebody wrote to byte " + std::to_string(at - piece.start) + " of a piece of " + name + " memory of "
            + std::to_string(piece.bytes) + " bytes";
    }

    return {};
}

const Piece* Memory::find(u64 address, u64 bytes) const {
    auto after = living.upper_bound(address);
    if (after == living.begin()) return nullptr;
    const Piece& piece = std::prev(after)->second;
    u64 offset = address - piece.start;
    return offset <= piece.bytes && piece.bytes - offset >= bytes ? &piece : nullptr;
}

std::string Memory::describe(u64 address) const {
    if (!is_within(address)) return {};
    for (auto pieces : {&living, &freed}) {
        auto after = pieces->upper_bound(address);
        if (after == pieces->begin()) continue;
        const Piece& piece = std::prev(after)->second;
        if (address - piece.start >= piece.bytes + between) continue;
        return ": byte " + std::to_string(address - piece.start) + " of a piece of " + name + " memory of " + std::to_string(piece.bytes)
            + " bytes" + (pieces == &freed ? ", which was freed" : "");
    }

    return std::string(": in ") + name + " memory where no piece is";
}

void Memory::clear() {
    std::string ignored;
    while (!living.empty()) free(living.begin()->first, ignored);
}

std::string describe_address(u64 address) {
    std::string text = device_memory.describe(address) + host_memory.describe(address);
    return text.empty() && address < 4096 ? ": a null pointer" : text;
}
