// How the native grulm holds its programs: chunks of them one after another behind the chooser, each a packed block, and at the very end of
// the file a table. A chunk that several programs have stands in the file once.
//
// A block is packed by the matches of its bytes with earlier ones of the program's memory. Each match is a byte, whose bits are, from the
// lowest: 2 how many bytes its distance has, 0 for the distance of the match before; 3 how many bytes stand before it as they are; 3 how
// many more than the shortest it has. Where such a count is 7, bytes that are added follow, up to one below 255. Then come the bytes as
// they are, the distance, and what is added to the length. Last in a block are at least 16 bytes as they are.
//
// Before it is packed, the places that code refers to are counted from the beginning of the program and not from where the code stands: so
// all calls of one method look alike.

#include <emmintrin.h>
#include <stdbool.h>
#include <stdint.h>

#define PROGRAMS 3
#define MOST_PARTS 8
#define MOST_CHUNKS 1024
#define TABLE_MARK 0x33306d6c75726721ull
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

struct program {
  int32_t level;
  uint32_t parts, chunks, unused;
  uint64_t span, half;
  struct part part[MOST_PARTS];
  struct chunk chunk[MOST_CHUNKS];
};

// Two threads unpack a program: chunks from half on need nothing of those before it.
// The first program runs on every processor.
struct table {
  struct program program[PROGRAMS];
  uint64_t mark;
};

// Counts places from the beginning of a program (sign 1) or from the code that refers to them (sign -1), in code that stands at an address:
// those of calls and jumps (E8, E9), and of loads, stores and addresses that are relative to the code (89, 8B, 8D, FF).
static inline void rewrite(uint8_t* code, uint64_t bytes, uint64_t address, uint32_t sign) {
  const __m128i call = _mm_set1_epi8((char)0xE8), calls = _mm_set1_epi8((char)0xFE);
  const __m128i move = _mm_set1_epi8((char)0x89), moves = _mm_set1_epi8((char)0xF9), indirect = _mm_set1_epi8((char)0xFF);
  const __m128i relative = _mm_set1_epi8(5), kinds = _mm_set1_epi8((char)0xC7);
  uint64_t done = 0;
  for (uint64_t block = 0; block + 32 <= bytes; block += 16) {
    __m128i all = _mm_loadu_si128((const __m128i*)(code + block)), next = _mm_loadu_si128((const __m128i*)(code + block + 1));
    __m128i found = _mm_or_si128(_mm_cmpeq_epi8(_mm_and_si128(all, moves), move), _mm_cmpeq_epi8(all, indirect));
    found = _mm_and_si128(found, _mm_cmpeq_epi8(_mm_and_si128(next, kinds), relative));
    unsigned call_places = (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(_mm_and_si128(all, calls), call));
    for (unsigned places = call_places | (unsigned)_mm_movemask_epi8(found); places; places &= places - 1) {
      unsigned bit = (unsigned)__builtin_ctz(places);
      uint64_t at = block + bit;
      if (at < done) continue;
      done = at + 6 - (call_places >> bit & 1);
      place* to = (place*)(code + done - 4);
      *to += sign * (uint32_t)(address + done);
    }
  }
}

// The same for the code of a part that is in the first or second half of a program.
static inline void rewrite_half(uint8_t* base, const struct program* program, const struct part* part, int half, uint32_t sign) {
  uint64_t start = part->address, end = start + part->bytes;
  if (half && start < program->half) start = program->half;
  if (!half && end > program->half) end = program->half;
  if (start < end) rewrite(base + start, end - start, start, sign);
}
