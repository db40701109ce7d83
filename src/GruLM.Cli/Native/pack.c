// Puts the native grulm together out of the chooser (chooser.c) and the programs that it chooses among. Run while building:
// pack CHOOSER LEVEL PROGRAM LEVEL PROGRAM LEVEL PROGRAM OUT, the program for every processor first.
// What a program has in memory is packed as blocks of LZ4, with matches looked for as long as is reasonable once. Long rows of bytes that
// stand in the file already, since no packing made them smaller, are taken from there.

#include <elf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "packed.h"

enum { WINDOW = 65535, LAST_LITERALS = 16, LONG_LITERALS = 64, HASH_BITS = 17, MOST_TRIES = 512 };
enum { SHORTEST_ROW = 1 << 11, ROW_STEP = 1 << 8 };

static void fail(const char* why, const char* name) {
  fprintf(stderr, "pack: %s: %s\n", name, why);
  exit(1);
}

static uint8_t* read_file(const char* name, size_t* bytes) {
  FILE* file = fopen(name, "rb");
  if (!file) fail("cannot be read", name);
  fseek(file, 0, SEEK_END);
  *bytes = (size_t)ftell(file);
  rewind(file);
  uint8_t* data = malloc(*bytes);
  if (fread(data, 1, *bytes, file) != *bytes) fail("cannot be read", name);
  fclose(file);
  return data;
}

static uint32_t hash(const uint8_t* at) {
  uint32_t four;
  memcpy(&four, at, 4);
  return four * 2654435761u >> (32 - HASH_BITS);
}

static int32_t* first;     // by hash: the last place that had it
static int32_t* previous;  // by place: the place before it that had the same hash

static size_t longest(const uint8_t* in, size_t at, size_t end, size_t* from) {
  size_t best = 0;
  int tries = MOST_TRIES;
  for (int32_t other = first[hash(in + at)]; other >= 0 && at - (size_t)other <= WINDOW && tries-- > 0; other = previous[other]) {
    size_t count = 0, most = end - at;
    while (count < most && in[other + count] == in[at + count]) count++;
    if (count > best) {
      best = count;
      *from = (size_t)other;
    }
  }

  return best;
}

static uint8_t* put_count(uint8_t* out, size_t count) {
  for (; count >= 255; count -= 255) *out++ = 255;
  *out++ = (uint8_t)count;
  return out;
}

static uint8_t* put(uint8_t* out, const uint8_t* literals, size_t count, size_t match, size_t distance) {
  size_t rest = match ? match - 4 : 0;
  *out++ = (uint8_t)((count < 15 ? count : 15) << 4 | (rest < 15 ? rest : 15));
  if (count >= 15) out = put_count(out, count - 15);
  memcpy(out, literals, count);
  out += count;
  if (!match) return out;
  *out++ = (uint8_t)distance;
  *out++ = (uint8_t)(distance >> 8);
  return rest >= 15 ? put_count(out, rest - 15) : out;
}

// A match that begins one byte later is taken where it is longer.
static size_t compress(const uint8_t* in, size_t bytes, uint8_t* out) {
  uint8_t* begin = out;
  size_t literals = 0, at = 0, known = 0, end = bytes > LAST_LITERALS ? bytes - LAST_LITERALS : 0;
  for (size_t i = 0; i < 1u << HASH_BITS; i++) first[i] = -1;
  while (at < end) {
    for (; known < at; known++) {
      previous[known] = first[hash(in + known)];
      first[hash(in + known)] = (int32_t)known;
    }

    // Among bytes that do not pack, short matches come by chance; they would cut the row that others are to take.
    size_t from = 0, match = longest(in, at, end, &from), shortest = at - literals < LONG_LITERALS ? 4 : 8;
    if (match < shortest) match = 0;
    if (match) {
      size_t later = 0;
      previous[at] = first[hash(in + at)];
      first[hash(in + at)] = (int32_t)at;
      known = at + 1;
      if (at + 1 < end && longest(in, at + 1, end, &later) > match + 1) match = 0;
    }

    if (!match) {
      at++;
      continue;
    }

    out = put(out, in + literals, at - literals, match, at - from);
    at += match;
    literals = at;
  }

  return (size_t)(put(out, in + literals, bytes - literals, 0, 0) - begin);
}

// The file so far, and the places in it that were seen first for the eight bytes that stand there.
static uint8_t* file;
static size_t written;
static uint32_t places[1 << HASH_BITS];

static uint32_t place_of(const uint8_t* at) {
  uint64_t eight;
  memcpy(&eight, at, 8);
  return (uint32_t)(eight * 0x9E3779B97F4A7C15ull >> (64 - HASH_BITS));
}

static void add_chunk(struct program* program, const uint8_t* data, uint64_t address, size_t bytes, const uint8_t* same) {
  if (!bytes) return;
  if (program->chunks == MOST_CHUNKS) fail("has too many chunks", "a program");
  struct chunk* chunk = &program->chunk[program->chunks++];
  chunk->address = address;
  chunk->bytes = chunk->packed = bytes;
  chunk->at = same ? (uint64_t)(same - file) : written;
  if (same) return;
  chunk->packed = compress(data, bytes, file + written);
  if (chunk->packed >= bytes) {
    memcpy(file + written, data, bytes);
    chunk->packed = bytes;
  }

  written += chunk->packed;
}

// A part, cut where long rows of its bytes stand in the file already.
static void add_part(struct program* program, const uint8_t* data, uint64_t address, size_t bytes, size_t before) {
  size_t begun = 0;
  for (size_t at = 0; at + 8 < bytes; at++) {
    uint32_t place = places[place_of(data + at)];
    if (!place || place + 8 > before || memcmp(file + place, data + at, 8)) continue;
    size_t start = at, from = place, end = at;
    while (start > begun && from > 0 && data[start - 1] == file[from - 1]) {
      start--;
      from--;
    }

    while (end < bytes && place + (end - at) < before && data[end] == file[place + (end - at)]) end++;
    if (end - start < SHORTEST_ROW) continue;
    add_chunk(program, data + begun, address + begun, start - begun, NULL);
    add_chunk(program, data + start, address + start, end - start, file + from);
    begun = end;
    at = end - 1;
  }

  add_chunk(program, data + begun, address + begun, bytes - begun, NULL);
}

static void add(struct program* program, const char* level, const char* name) {
  size_t bytes, before = written;
  uint8_t* data = read_file(name, &bytes);
  const Elf64_Ehdr* header = (const Elf64_Ehdr*)data;
  if (bytes < sizeof *header || memcmp(header->e_ident, ELFMAG, SELFMAG) || header->e_type != ET_DYN) fail("is no such program", name);
  const Elf64_Phdr* part = (const Elf64_Phdr*)(data + header->e_phoff);
  program->level = atoi(level);
  first = malloc(sizeof *first << HASH_BITS);
  previous = malloc(sizeof *previous * bytes);
  file = realloc(file, written + bytes + bytes / 100 + 65536);
  if (!first || !previous || !file) fail("there is not memory enough for it", name);
  for (size_t at = ROW_STEP; at + 8 < before; at += ROW_STEP) places[place_of(file + at)] = (uint32_t)at;
  for (int i = 0; i < header->e_phnum; i++) {
    if (part[i].p_type != PT_LOAD) continue;
    if (program->parts == MOST_PARTS) fail("has too many parts", name);
    struct part* own = &program->part[program->parts++];
    own->address = part[i].p_vaddr;
    own->memory = part[i].p_memsz;
    own->flags = part[i].p_flags;
    add_part(program, data + part[i].p_offset, part[i].p_vaddr, part[i].p_filesz, before);
    uint64_t end = own->address + own->memory;
    if (end > program->span) program->span = end;
  }

  program->span = (program->span + 2 * 4096 - 1) & ~4095ull;  // room behind the last part, too
  free(first);
  free(previous);
  free(data);
}

int main(int count, char** words) {
  if (count != 3 + 2 * PROGRAMS) fail("CHOOSER LEVEL PROGRAM LEVEL PROGRAM LEVEL PROGRAM OUT were expected", "its words");
  static struct table table = {.mark = TABLE_MARK};
  file = read_file(words[1], &written);
  for (int i = 0; i < PROGRAMS; i++) add(&table.program[i], words[2 + 2 * i], words[3 + 2 * i]);
  static const uint8_t zeros[8];
  FILE* out = fopen(words[count - 1], "wb");
  if (!out) fail("cannot be written", words[count - 1]);
  fwrite(file, 1, written, out);
  fwrite(zeros, 1, -written & 7, out);
  fwrite(&table, sizeof table, 1, out);
  if (fclose(out)) fail("cannot be written", words[count - 1]);
  return 0;
}
