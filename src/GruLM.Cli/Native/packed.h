// How the native grulm holds its programs: their parts, each a block of LZ4, one after another behind the chooser, and at the very end of
// the file a table of them.

#include <stdint.h>

#define PROGRAMS 3
#define MOST_PARTS 8
#define TABLE_MARK 0x31306d6c75726721ull

// A part of a program in memory: where it stands in this file, and where it is to stand counted from the program's beginning.
struct part {
  uint64_t at, packed, address, memory;
  uint32_t flags, unused;
};

struct program {
  int32_t level;
  uint32_t parts;
  uint64_t span;
  struct part part[MOST_PARTS];
};

// The first program runs on every processor.
struct table {
  struct program program[PROGRAMS];
  uint64_t mark;
};
