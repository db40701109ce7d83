// How the native grulm holds its programs: chunks of them one after another behind the chooser, each a packed block, and at the very end of
// the file a table. A chunk that several programs have stands in the file once.
//
// A block is packed by the matches of its bytes with earlier ones of the program's memory. Each match is a token, a byte, whose bits are,
// from the lowest: 2 how many bytes its distance has, 0 for the distance of the match before; 3 how many bytes stand before it as they are;
// 3 how many more than the shortest it has. Where such a count is 7, bytes that are added to it stand among the counts, up to one below
// 255. Tokens, counts, distances, and bytes as they are stand in four rows, so that a processor need not end one match to begin the next.
// Last in a block are at least 32 bytes as they are.
//
// Before it is packed, the places that code refers to are counted from the beginning of the program and not from where the code stands: so
// all calls of one method look alike.

#include <elf.h>
#include <emmintrin.h>
#include <stdbool.h>
#include <stdint.h>

#define PROGRAMS 3
#define MOST_PARTS 8
#define MOST_CHUNKS 1024
#define SECTIONS 8
#define TABLE_MARK 0x34306d6c75726721ull
#define FIELD 7
#define SHORTEST(distance_bytes) ((distance_bytes) + 2)

typedef uint32_t place __attribute__((aligned(1), may_alias));

// Where a program has bytes in memory, counted from its beginning, what may be done with them, and how many of them the file gives.
struct part {
  uint64_t address, memory;
  uint32_t flags, bytes;
};

// Where the bytes of a place in memory stand in this file.
struct chunk {
  uint64_t at, packed, address;
};

// How many bytes the rows of a block have; the last row is the rest of it.
struct __attribute__((packed)) block {
  uint32_t tokens, counts, distances;
  uint8_t rows[];
};

// A section of a program, up to where the next one begins, needs nothing of the others: so several threads can unpack it.
struct program {
  int32_t level;
  uint32_t parts, chunks, unused;
  uint64_t span, section[SECTIONS + 1];
  struct part part[MOST_PARTS];
  struct chunk chunk[MOST_CHUNKS];
};

// The first program runs on every processor.
struct table {
  struct program program[PROGRAMS];
  uint64_t mark;
};

// Where a row of 64 bytes has calls and jumps (E8, E9), and loads, stores and addresses that are relative to the code (89, 8B, 8D, FF): a
// bit for each byte.
struct references {
  uint64_t calls, all;
};

static inline struct references find_references(const uint8_t* code) {
  const __m128i call = _mm_set1_epi8((char)0xE8), calls = _mm_set1_epi8((char)0xFE);
  const __m128i move = _mm_set1_epi8((char)0x89), moves = _mm_set1_epi8((char)0xF9), indirect = _mm_set1_epi8((char)0xFF);
  const __m128i relative = _mm_set1_epi8(5), kinds = _mm_set1_epi8((char)0xC7);
  struct references found = {0, 0};
  for (int i = 0; i < 64; i += 16) {
    __m128i bytes = _mm_loadu_si128((const __m128i*)(code + i)), next = _mm_loadu_si128((const __m128i*)(code + i + 1));
    __m128i data = _mm_or_si128(_mm_cmpeq_epi8(_mm_and_si128(bytes, moves), move), _mm_cmpeq_epi8(bytes, indirect));
    data = _mm_and_si128(data, _mm_cmpeq_epi8(_mm_and_si128(next, kinds), relative));
    found.calls |= (uint64_t)(unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(_mm_and_si128(bytes, calls), call)) << i;
    found.all |= (uint64_t)(unsigned)_mm_movemask_epi8(data) << i;
  }

  found.all |= found.calls;
  return found;
}

// Counts places from the beginning of a program (sign 1) or from the code that refers to them (sign -1), in code that stands at an address.
// What refers is found a row ahead: a load so soon after the stores of the row before would wait for them.
static inline void rewrite(uint8_t* code, uint64_t bytes, uint64_t address, uint32_t sign) {
  const uint64_t row = 64, needed = row + 16;
  uint64_t done = 0;
  struct references next = {0, 0};
  if (bytes >= needed) next = find_references(code);
  for (uint64_t start = 0; start + needed <= bytes; start += row) {
    struct references found = next;
    if (start + row + needed <= bytes) next = find_references(code + start + row);
    for (uint64_t left = found.all; left; left &= left - 1) {
      int bit = __builtin_ctzll(left);
      if (start + (uint64_t)bit < done) continue;
      done = start + (uint64_t)bit + 6 - (found.calls >> bit & 1);
      place* to = (place*)(code + done - 4);
      *to += sign * (uint32_t)(address + done);
    }
  }
}

// The same for the code that is in a section.
static inline void rewrite_section(uint8_t* base, const struct program* program, int section, uint32_t sign) {
  for (uint32_t i = 0; i < program->parts; i++) {
    const struct part* part = &program->part[i];
    uint64_t start = part->address, end = start + part->bytes;
    if (start < program->section[section]) start = program->section[section];
    if (end > program->section[section + 1]) end = program->section[section + 1];
    if ((part->flags & PF_X) && start < end) rewrite(base + start, end - start, start, sign);
  }
}
