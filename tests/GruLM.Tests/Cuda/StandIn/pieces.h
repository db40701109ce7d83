// The memory of the card that is stood in for, and memory of the host as the driver gives it out: every piece ends where a page begins
// that nobody may touch, and no address comes back soon after it was freed.
#pragma once
#include <map>
#include <string>

#include "machine.h"

struct Piece {
    u64 start, bytes, pages_start, pages_bytes;
    int generation;
};

class Memory {
public:
    Memory(const char* name, u64 address) : name(name), wished(address) {}

    // The start of fresh bytes, each 0xFF; 0 where the machine has no memory left.
    u64 allocate(u64 bytes, int generation);

    // Frees what starts at an address; false, with the problem in words, where that cannot be right.
    bool free(u64 address, std::string& problem);

    // Whether bytes from an address on lie in one living piece. An address just past the end is good for no bytes.
    bool holds(u64 address, u64 bytes) const { return find(address, bytes) != nullptr; }
    const Piece* find(u64 address, u64 bytes) const;
    bool is_within(u64 address) const { return base != 0 && address >= base && address < base + size; }

    // What lies at an address or before it, in words that go on from the address; empty where nothing ever did.
    std::string describe(u64 address) const;
    // Bytes behind the end of a piece that somebody wrote to, in words.
    std::string damage(const Piece& piece) const;
    void clear();

    const std::map<u64, Piece>& pieces() const { return living; }
    u64 taken() const { return bytes_taken; }

private:
    void reserve();

    const char* name;
    u64 wished, base = 0, size = 0, next = 0, bytes_taken = 0;
    std::map<u64, Piece> living, freed;
};

extern Memory device_memory, host_memory;

std::string describe_address(u64 address);
