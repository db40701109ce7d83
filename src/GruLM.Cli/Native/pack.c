// Puts the native grulm together out of the chooser (chooser.c) and the programs that it chooses among. Run while building:
// pack CHOOSER LEVEL PROGRAM LEVEL PROGRAM LEVEL PROGRAM OUT, the program for every processor first.
// What a program has in memory is laid out as it will be, its calls are rewritten so that those of one method look alike (packed.h), and it
// is cut: long rows that the first program has as well are packed once for all, the rest for each. Packing weighs all ways of writing a
// block by their bytes, and takes the shortest.

#include <elf.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "packed.h"

// Matches are looked for among places with the same three bytes, near, and with the same six, wherever they are.
enum { HASH_BITS = 18, NEAR = 1 << 16, FAR = 1 << 24, NEAR_TRIES = 6, FAR_TRIES = 6, LONG = 64, LAST_LITERALS = 32 };
enum { SHORTEST_ROW = 1 << 12, ROW_STEP = 1 << 8 };

// What is paid for a byte, and what more for a match, which takes the time of several.
enum { BYTE = 16, MATCH = 24 };

static void fail(const char* why, const char* name) {
  fprintf(stderr, "pack: %s: %s\n", name, why);
  exit(1);
}

static void* room(size_t bytes) {
  void* data = calloc(bytes, 1);
  if (!data) fail("there is not memory enough for it", "packing");
  return data;
}

static uint8_t* read_file(const char* name, size_t* bytes) {
  FILE* file = fopen(name, "rb");
  if (!file) fail("cannot be read", name);
  fseek(file, 0, SEEK_END);
  *bytes = (size_t)ftell(file);
  rewind(file);
  uint8_t* data = room(*bytes);
  if (fread(data, 1, *bytes, file) != *bytes) fail("cannot be read", name);
  fclose(file);
  return data;
}

// The file so far.
static uint8_t* file;
static size_t written;

static uint64_t word(const uint8_t* at) {
  uint64_t eight;
  memcpy(&eight, at, 8);
  return eight;
}

static uint32_t hash(const uint8_t* at, int bytes) {
  return (uint32_t)((word(at) << (64 - 8 * bytes)) * 0x9E3779B97F4A7C15ull >> (64 - HASH_BITS));
}

// Places of an image by what stands there: the last that had a hash, and by place the one before it.
struct places {
  int bytes;
  int32_t first[1 << HASH_BITS];
  int32_t* previous;
};

static struct places near = {.bytes = 3}, far = {.bytes = 6};

static void add_place(struct places* places, const uint8_t* in, size_t at) {
  int32_t* first = &places->first[hash(in + at, places->bytes)];
  places->previous[at] = *first;
  *first = (int32_t)at;
}

// The cheapest way found to write all up to a place: what it costs, the match that ends there (none: a byte as it is), the distance that a
// match repeats behind it, and how many bytes as they are it ends with.
struct way {
  uint32_t cost, match, distance, repeat, literals;
};

static struct way* ways;

static void step(struct way* to, struct way from, uint32_t match, uint32_t distance, uint32_t more) {
  if (from.cost + more >= to->cost) return;
  *to = (struct way){from.cost + more, match, distance, match ? distance : from.repeat, match ? 0 : from.literals + 1};
}

static uint32_t bytes_of(uint32_t distance, uint32_t repeat) {
  return distance == repeat ? 0 : distance < 1 << 8 ? 1 : distance < 1 << 16 ? 2 : 3;
}

static uint32_t count_bytes(size_t count) { return count < FIELD ? 0 : 1 + (uint32_t)(count - FIELD) / 255; }

static size_t same(const uint8_t* a, const uint8_t* b, size_t most) {
  size_t count = 0;
  while (count + 8 <= most && word(a + count) == word(b + count)) count += 8;
  while (count < most && a[count] == b[count]) count++;
  return count;
}

// Weighs a match of every length that a nearer one has not had, of a very long one only the whole; longest has the longest so far by the
// bytes that their distances take.
static void weigh(const uint8_t* in, size_t at, size_t other, size_t end, size_t* longest) {
  uint32_t distance = (uint32_t)(at - other), bytes = bytes_of(distance, ways[at].repeat);
  size_t shortest = SHORTEST(bytes), count = longest[bytes] < shortest ? shortest : longest[bytes] + 1;
  if (count > end - at || in[other + count - 1] != in[at + count - 1]) return;
  size_t most = same(in + at, in + other, end - at);
  if (most < count) return;
  for (count = most < LONG ? count : most; count <= most; count++) {
    step(&ways[at + count], ways[at], (uint32_t)count, distance, (1 + bytes + count_bytes(count - shortest)) * BYTE + MATCH);
  }

  // What repeats the distance is for one way only; another match as long may be better later on.
  longest[bytes] = most;
  for (uint32_t i = bytes; bytes && i < 4; i++) longest[i] = longest[i] < most ? most : longest[i];
}

// The four rows of bytes of the block that is written.
static struct bytes {
  uint8_t* data;
  size_t count;
} tokens, counts, distances, literals;

static struct bytes* const block_rows[] = {&tokens, &counts, &distances, &literals};

static void put(struct bytes* row, const void* from, size_t bytes) {
  memcpy(row->data + row->count, from, bytes);
  row->count += bytes;
}

static void put_byte(struct bytes* row, uint8_t value) { put(row, &value, 1); }

// Returns what stands in the token for a count.
static unsigned put_count(size_t count) {
  if (count < FIELD) return (unsigned)count;
  for (count -= FIELD; count >= 255; count -= 255) put_byte(&counts, 255);
  put_byte(&counts, (uint8_t)count);
  return FIELD;
}

static void put_match(size_t literal_count, size_t match, uint32_t distance, uint32_t repeat) {
  uint32_t bytes = bytes_of(distance, repeat);
  unsigned before = put_count(literal_count), length = put_count(match - SHORTEST(bytes));
  put_byte(&tokens, (uint8_t)(bytes | before << 2 | length << 5));
  put(&distances, &distance, bytes);
}

static void add_places(const uint8_t* in, size_t from, size_t to) {
  for (size_t at = from; at < to; at++) {
    add_place(&near, in, at);
    add_place(&far, in, at);
  }
}

// Weighs all that may follow a place; returns how many bytes of it need no more weighing.
static size_t weigh_all(const uint8_t* in, size_t floor, size_t at, size_t end) {
  struct way* way = &ways[at];
  size_t longest[4] = {0};
  step(way + 1, *way, 0, 0, (1 + count_bytes(way->literals + 1) - count_bytes(way->literals)) * BYTE);
  if (way->repeat && at - floor >= way->repeat) weigh(in, at, at - way->repeat, end, longest);
  int64_t other = near.first[hash(in + at, near.bytes)], lowest = (int64_t)(floor + NEAR > at ? floor : at - NEAR + 1);
  for (int tries = NEAR_TRIES; other >= lowest && tries > 0; tries--, other = near.previous[other]) {
    weigh(in, at, (size_t)other, end, longest);
  }

  other = far.first[hash(in + at, far.bytes)], lowest = (int64_t)(floor + FAR > at ? floor : at - FAR + 1);
  for (int tries = FAR_TRIES; other >= lowest && tries > 0; tries--, other = far.previous[other]) {
    weigh(in, at, (size_t)other, end, longest);
  }

  size_t most = longest[0] > longest[3] ? longest[0] : longest[3];
  return most < LONG ? 1 : most;
}

// Packs in[start..end); matches may begin as far back as floor.
static size_t compress(const uint8_t* in, size_t floor, size_t start, size_t end, uint8_t* out) {
  struct block* block = (struct block*)out;
  size_t last = end - start > LAST_LITERALS ? end - LAST_LITERALS : start, matches = 0, at, next;
  for (at = start; at <= last; at++) ways[at].cost = UINT32_MAX;
  ways[start] = (struct way){0};
  for (at = start; at < last; at = next) {
    next = at + weigh_all(in, floor, at, last);
    add_places(in, at, next);
  }

  // The matches, from the last one back, then written from the first one on.
  add_places(in, last, end);
  uint32_t* ends = room((last - start + 1) * sizeof *ends);
  for (at = last; at > start; at -= ways[at].match ? ways[at].match : 1) {
    if (ways[at].match) ends[matches++] = (uint32_t)at;
  }

  for (int i = 0; i < 4; i++) block_rows[i]->count = 0;
  for (uint32_t repeat = 0; matches > 0; repeat = ways[at].distance) {
    const struct way* way = &ways[ends[--matches]];
    size_t literal_count = ends[matches] - way->match - at;
    put(&literals, in + at, literal_count);
    put_match(literal_count, way->match, way->distance, repeat);
    at = ends[matches];
  }

  free(ends);
  put(&literals, in + at, end - at);
  *block = (struct block){(uint32_t)tokens.count, (uint32_t)counts.count, (uint32_t)distances.count};
  out = block->rows;
  for (int i = 0; i < 4; i++) {
    memcpy(out, block_rows[i]->data, block_rows[i]->count);
    out += block_rows[i]->count;
  }

  return (size_t)(out - (uint8_t*)block);
}

// A program as it is in memory.
struct image {
  struct program* program;
  uint8_t* data;
  size_t bytes;
};

static struct image lay_out(struct program* program, const char* level, const char* name) {
  size_t bytes;
  uint8_t* data = read_file(name, &bytes);
  const Elf64_Ehdr* header = (const Elf64_Ehdr*)data;
  if (bytes < sizeof *header || memcmp(header->e_ident, ELFMAG, SELFMAG) || header->e_type != ET_DYN) fail("is no such program", name);
  const Elf64_Phdr* part = (const Elf64_Phdr*)(data + header->e_phoff);
  struct image image = {.program = program};
  program->level = atoi(level);
  for (int i = 0; i < header->e_phnum; i++) {
    if (part[i].p_type != PT_LOAD) continue;
    if (program->parts == MOST_PARTS) fail("has too many parts", name);
    program->part[program->parts++] = (struct part){part[i].p_vaddr, part[i].p_memsz, part[i].p_flags, part[i].p_filesz};
    if (part[i].p_vaddr + part[i].p_memsz > program->span) program->span = part[i].p_vaddr + part[i].p_memsz;
    image.bytes = part[i].p_vaddr + part[i].p_filesz;
  }

  program->span = (program->span + 2 * 4096 - 1) & ~4095ull;  // room behind the last part, too
  image.data = room(program->span);
  for (int i = 0; i < header->e_phnum; i++) {
    if (part[i].p_type != PT_LOAD) continue;
    memcpy(image.data + part[i].p_vaddr, data + part[i].p_offset, part[i].p_filesz);
  }

  for (size_t i = 0; i <= SECTIONS; i++) program->section[i] = i < SECTIONS ? image.bytes / SECTIONS * i : image.bytes;
  for (int i = 0; i < SECTIONS; i++) rewrite_section(image.data, program, i, 1);
  free(data);
  return image;
}

// A row of bytes that the first program has, too: where it is there and here.
struct row {
  size_t there, here, bytes;
};

static struct row rows[PROGRAMS][MOST_CHUNKS];
static int row_count[PROGRAMS];

// The places of the first program at which a shared row begins or ends, and where the shared bytes from there to the next one are packed.
static struct cut {
  size_t place, at, packed;
  bool is_shared;
} cuts[MOST_CHUNKS];
static int cut_count;

static void add_cut(size_t place) {
  int i = 0;
  while (i < cut_count && cuts[i].place < place) i++;
  if (i < cut_count && cuts[i].place == place) return;
  if (cut_count == MOST_CHUNKS) fail("has too many rows", "a program");
  memmove(&cuts[i + 1], &cuts[i], sizeof *cuts * (size_t)(cut_count++ - i));
  cuts[i] = (struct cut){.place = place};
}

static int section_of(const struct image* image, size_t place) {
  int section = 0;
  while (place >= image->program->section[section + 1]) section++;
  return section;
}

// How many bytes there are of a place's section, up to it and from it on.
static size_t behind(const struct image* image, size_t place) {
  return place - image->program->section[section_of(image, place)];
}

static size_t ahead(const struct image* image, size_t place) {
  return image->program->section[section_of(image, place) + 1] - place;
}

static size_t least(size_t a, size_t b) { return a < b ? a : b; }

static void find_rows(const struct image* one, const struct image* other, int index) {
  static uint32_t places[1 << HASH_BITS];
  memset(places, 0, sizeof places);
  for (size_t at = one->bytes / ROW_STEP * ROW_STEP; at > 0; at -= ROW_STEP) places[hash(one->data + at, 8)] = (uint32_t)at;
  size_t begun = 0;
  for (size_t at = 0; at + 8 < other->bytes; at++) {
    size_t there = places[hash(other->data + at, 8)], here = at;
    if (!there || word(one->data + there) != word(other->data + at)) continue;
    size_t earlier = 0, most = least(here - begun, least(behind(one, there), behind(other, here)));
    while (earlier < most && other->data[here - earlier - 1] == one->data[there - earlier - 1]) earlier++;
    here -= earlier;
    there -= earlier;
    size_t bytes = same(one->data + there, other->data + here, least(ahead(one, there), ahead(other, here)));
    if (bytes < SHORTEST_ROW) continue;
    if (row_count[index] == MOST_CHUNKS) fail("has too many rows", "a program");
    rows[index][row_count[index]++] = (struct row){there, here, bytes};
    add_cut(there);
    add_cut(there + bytes);
    begun = here + bytes;
    at = begun - 1;
  }
}

static void mark_shared(const struct row* row) {
  for (int i = 0; i < cut_count; i++) {
    if (cuts[i].place >= row->there && cuts[i].place < row->there + row->bytes) cuts[i].is_shared = true;
  }
}

static void add_chunk(struct program* program, size_t address, size_t at, size_t packed) {
  if (program->chunks == MOST_CHUNKS) fail("has too many chunks", "a program");
  program->chunk[program->chunks++] = (struct chunk){at, packed, address};
}

static void add_own(const struct image* image, size_t start, size_t end) {
  for (size_t next; start < end; start = next) {
    next = least(end, start + ahead(image, start));
    size_t packed = compress(image->data, start - behind(image, start), start, next, file + written);
    add_chunk(image->program, start, written, packed);
    written += packed;
  }
}

// The first program: each row for itself, so that it can be unpacked wherever another one has it.
static void add_first(const struct image* image) {
  for (int i = 0; i < cut_count; i++) {
    size_t start = cuts[i].place, end = i + 1 < cut_count ? cuts[i + 1].place : image->bytes;
    if (!cuts[i].is_shared) {
      add_own(image, start, end);
      continue;
    }

    cuts[i].at = written;
    cuts[i].packed = compress(image->data, start, start, end, file + written);
    written += cuts[i].packed;
    add_chunk(image->program, start, cuts[i].at, cuts[i].packed);
  }
}

static void add_other(const struct image* image, const struct row* row, int count) {
  size_t begun = 0;
  for (; count > 0; row++, count--) {
    add_own(image, begun, row->here);
    for (int i = 0; i < cut_count; i++) {
      if (cuts[i].place < row->there || cuts[i].place >= row->there + row->bytes) continue;
      add_chunk(image->program, row->here + (cuts[i].place - row->there), cuts[i].at, cuts[i].packed);
    }

    begun = row->here + row->bytes;
    add_places(image->data, row->here, begun);
  }

  add_own(image, begun, image->bytes);
}

static void forget_places(struct places* places) { memset(places->first, 0xFF, sizeof places->first); }

int main(int count, char** words) {
  if (count != 3 + 2 * PROGRAMS) fail("CHOOSER LEVEL PROGRAM LEVEL PROGRAM LEVEL PROGRAM OUT were expected", "its words");
  static struct table table = {.mark = TABLE_MARK};
  struct image images[PROGRAMS];
  size_t most = 0, all = 0;
  for (int i = 0; i < PROGRAMS; i++) {
    images[i] = lay_out(&table.program[i], words[2 + 2 * i], words[3 + 2 * i]);
    most = images[i].bytes > most ? images[i].bytes : most;
    all += images[i].bytes;
  }

  uint8_t* chooser = read_file(words[1], &written);
  file = room(written + all * 2);
  memcpy(file, chooser, written);
  near.previous = room(most * sizeof *near.previous);
  far.previous = room(most * sizeof *far.previous);
  for (int i = 0; i < 4; i++) block_rows[i]->data = room(most);
  ways = room((most + 1) * sizeof *ways);
  add_cut(0);
  for (int i = 1; i < PROGRAMS; i++) find_rows(&images[0], &images[i], i);
  for (int i = 1; i < PROGRAMS; i++) {
    for (int k = 0; k < row_count[i]; k++) mark_shared(&rows[i][k]);
  }

  for (int i = 0; i < PROGRAMS; i++) {
    forget_places(&near);
    forget_places(&far);
    if (i == 0) add_first(&images[0]);
    else add_other(&images[i], rows[i], row_count[i]);
  }

  static const uint8_t zeros[8];
  FILE* out = fopen(words[count - 1], "wb");
  if (!out) fail("cannot be written", words[count - 1]);
  fwrite(file, 1, written, out);
  fwrite(zeros, 1, -written & 7, out);
  fwrite(&table, sizeof table, 1, out);
  if (fclose(out)) fail("cannot be written", words[count - 1]);
  return 0;
}
