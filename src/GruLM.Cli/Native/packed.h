// How the native grulm holds its programs: chunks of them one after another behind the chooser, each a block of LZ4 or bytes as they are,
// and at the very end of the file a table. Bytes that are packed already, such as tables in gzip, stand in the file once, for all programs.

#include <stdint.h>

#define PROGRAMS 3
#define MOST_PARTS 8
#define MOST_CHUNKS 1024
#define TABLE_MARK 0x32306d6c75726721ull

// Where a program has bytes in memory, counted from its beginning, and what may be done with them.
struct part {
  uint64_t address, memory;
  uint32_t flags, unused;
};

// Where the bytes of a place in memory stand in this file. Where as many are packed as are not, they are as they are.
struct chunk {
  uint64_t at, packed, address, bytes;
};

struct program {
  int32_t level;
  uint32_t parts, chunks, unused;
  uint64_t span;
  struct part part[MOST_PARTS];
  struct chunk chunk[MOST_CHUNKS];
};

// The first program runs on every processor.
struct table {
  struct program program[PROGRAMS];
  uint64_t mark;
};
