// The beginning of the native grulm for Linux on x64. It holds the whole program several times, compiled for processors with AVX-512,
// with AVX2 and for any other, and packed (pack.c). This unpacks the one that the processor at hand runs best, there where it is to run,
// hands it the stack as the system laid it out, and goes to it by way of the system's own loader (ld.so), as the system would have done.
// So there is no second process, nothing is written to a disk, and the system still knows the program by its own file.
// Left out on purpose: all of the C library, since the program brings its own.

#include <cpuid.h>
#include <elf.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include "packed.h"

static long call(long number, long a, long b, long c, long d, long e, long f) {
  register long r10 __asm__("r10") = d, r8 __asm__("r8") = e, r9 __asm__("r9") = f;
  long result;
  __asm__ volatile("syscall"
                   : "=a"(result)
                   : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
                   : "rcx", "r11", "memory");
  return result;
}

static size_t length(const char* text) {
  size_t n = 0;
  while (text[n]) n++;
  return n;
}

__attribute__((noreturn)) static void fail(const char* why) {
  static const char start[] = "grulm: this program cannot be started: ";
  call(SYS_write, 2, (long)start, sizeof start - 1, 0, 0, 0);
  call(SYS_write, 2, (long)why, (long)length(why), 0, 0, 0);
  call(SYS_write, 2, (long)"\n", 1, 0, 0, 0);
  call(SYS_exit_group, 1, 0, 0, 0, 0, 0);
  __builtin_unreachable();
}

static uint8_t* map(size_t bytes, int protection, int flags, int file, size_t at) {
  long place = call(SYS_mmap, 0, (long)bytes, protection, flags, file, (long)at);
  if (place < 0 && place > -4096) fail("there is no memory, or memory may not hold programs here");
  return (uint8_t*)place;
}

// The compiler may call these, too.
void* memcpy(void* restrict to, const void* restrict from, size_t bytes) {
  void* result = to;
  __asm__ volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(bytes) : : "memory");
  return result;
}

void* memset(void* to, int value, size_t bytes) {
  void* result = to;
  __asm__ volatile("rep stosb" : "+D"(to), "+c"(bytes) : "a"(value) : "memory");
  return result;
}

static inline void copy16(uint8_t* to, const uint8_t* from) {
  typedef long long pair __attribute__((vector_size(16), aligned(1), may_alias));
  *(pair*)to = *(const pair*)from;
}

static inline void copy8(uint8_t* to, const uint8_t* from) {
  typedef long long word __attribute__((aligned(1), may_alias));
  *(word*)to = *(const word*)from;
}

// Reads a count of a token, and what is added to it.
static inline size_t read_count(unsigned field, const uint8_t** counts) {
  size_t count = field;
  if (field == FIELD) {
    unsigned more;
    do count += more = *(*counts)++;
    while (__builtin_expect(more == 255, 0));
  }

  return count;
}

// The same without a jump that depends on the field, for matches: whether they are long cannot be foretold.
static inline size_t read_length(unsigned field, const uint8_t** counts) {
  unsigned is_more = field == FIELD, more = **counts & -is_more;
  *counts += is_more;
  size_t count = field + more;
  while (__builtin_expect(more == 255, 0)) count += more = *(*counts)++;
  return count;
}

// Unpacks a block (packed.h). Copies write up to 31 bytes more than they have, which later ones put right: the bytes that end a block are
// copied as they are.
static void unpack(const struct block* block, const uint8_t* end, uint8_t* out) {
  static const uint32_t given[] = {0, 0xFF, 0xFFFF, 0xFFFFFF}, kept[] = {0xFFFFFFFF, 0, 0, 0};
  const uint8_t *token = block->rows, *tokens_end = token + block->tokens, *counts = tokens_end;
  const uint8_t *distances = counts + block->counts, *literals = distances + block->distances;
  uint32_t distance = 0;
  for (; token < tokens_end; token++) {
    unsigned bytes = *token & 3;
    size_t count = read_count(*token >> 2 & FIELD, &counts);
    copy16(out, literals);
    for (size_t i = 16; __builtin_expect(i < count, 0); i += 16) copy16(out + i, literals + i);
    out += count;
    literals += count;
    distance = (distance & kept[bytes]) | (*(const place*)distances & given[bytes]);
    distances += bytes;
    count = read_length(*token >> 5, &counts) + SHORTEST(bytes);
    const uint8_t* from = out - distance;
    if (__builtin_expect(distance >= 16, 1)) {
      copy16(out, from);
      copy16(out + 16, from + 16);
      for (size_t i = 32; __builtin_expect(i < count, 0); i += 16) copy16(out + i, from + i);
    } else if (distance >= 8) {
      for (size_t i = 0; i < count; i += 8) copy8(out + i, from + i);
    } else {
      for (size_t i = 0; i < count; i++) out[i] = from[i];
    }

    out += count;
  }

  memcpy(out, literals, (size_t)(end - literals));
}

// What the processor has, and what the system keeps of it when it switches between programs: 4, 3 or 2, as the levels of x86-64 are called.
static int level(void) {
  unsigned a, b, c, d, extended;
  if (!__get_cpuid(1, &a, &b, &c, &d)) return 2;
  const unsigned basic = 1u << 12 | 1u << 22 | 1u << 27 | 1u << 28 | 1u << 29;  // FMA, MOVBE, OSXSAVE, AVX, F16C
  if ((c & basic) != basic) return 2;
  unsigned kept, high;
  __asm__ volatile("xgetbv" : "=a"(kept), "=d"(high) : "c"(0));
  if ((kept & 6) != 6) return 2;
  if (!__get_cpuid(0x80000001, &a, &b, &extended, &d) || !(extended & 1u << 5)) return 2;  // LZCNT
  if (!__get_cpuid_count(7, 0, &a, &b, &c, &d)) return 2;
  const unsigned avx2 = 1u << 3 | 1u << 5 | 1u << 8;                              // BMI1, AVX2, BMI2
  const unsigned avx512 = 1u << 16 | 1u << 17 | 1u << 28 | 1u << 30 | 1u << 31;  // F, DQ, CD, BW, VL
  if ((b & avx2) != avx2) return 2;
  return (b & avx512) == avx512 && (kept & 0xE6) == 0xE6 ? 4 : 3;
}

// GRULM_LEVEL=2, 3 or 4 asks for another program, where the processor runs it; tests do.
static int wanted(char** environment, int best) {
  static const char name[] = "GRULM_LEVEL=";
  for (; *environment; environment++) {
    size_t i = 0;
    while (name[i] && (*environment)[i] == name[i]) i++;
    char digit = name[i] ? 0 : (*environment)[i];
    if (name[i]) continue;
    if (digit < '2' || digit > '4' || (*environment)[i + 1]) fail("GRULM_LEVEL is 2, 3 or 4, or is not set");
    return digit - '0' < best ? digit - '0' : best;
  }

  return best;
}

static int protection(uint32_t flags) {
  return (flags & PF_R ? PROT_READ : 0) | (flags & PF_W ? PROT_WRITE : 0) | (flags & PF_X ? PROT_EXEC : 0);
}

// A program that is unpacked, and its section that is next.
struct unpacking {
  const uint8_t* file;
  const struct program* program;
  uint8_t* base;
  int next;
};

static void unpack_section(const struct unpacking* work, int section) {
  const struct program* program = work->program;
  for (uint32_t i = 0; i < program->chunks; i++) {
    const struct chunk* chunk = &program->chunk[i];
    if (chunk->address < program->section[section] || chunk->address >= program->section[section + 1]) continue;
    const uint8_t* packed = work->file + chunk->at;
    unpack((const struct block*)packed, packed + chunk->packed, work->base + chunk->address);
  }

  rewrite_section(work->base, program, section, -1u);
}

// Each thread takes a section after the other: the second one may begin some milliseconds late.
static void unpack_sections(struct unpacking* work) {
  for (int section; (section = __atomic_fetch_add(&work->next, 1, __ATOMIC_RELAXED)) < SECTIONS;) unpack_section(work, section);
}

// The second thread begins on a stack of its own; when it ends, the system clears *running and wakes who waits for that.
__attribute__((used, noreturn)) static void run_second(struct unpacking* work) {
  unpack_sections(work);
  call(SYS_exit, 0, 0, 0, 0, 0, 0);
  __builtin_unreachable();
}

static bool start_second(struct unpacking* work, uint8_t* stack_end, int* running) {
  enum { FLAGS = 0x100 | 0x200 | 0x400 | 0x800 | 0x10000 | 0x200000 };  // VM, FS, FILES, SIGHAND, THREAD, CHILD_CLEARTID
  register long r10 __asm__("r10") = (long)running, r8 __asm__("r8") = 0;
  register struct unpacking* r12 __asm__("r12") = work;
  long result;
  __asm__ volatile("syscall\n  test %%rax, %%rax\n  jnz 1f\n  xor %%ebp, %%ebp\n  mov %%r12, %%rdi\n  call run_second\n1:"
                   : "=a"(result)
                   : "a"(SYS_clone), "D"((long)FLAGS), "S"(stack_end), "d"(0L), "r"(r10), "r"(r8), "r"(r12)
                   : "rcx", "r11", "memory");
  return result > 0;
}

// Unpacks a program; returns where it begins.
static uint8_t* load(const uint8_t* file, const struct program* program) {
  uint8_t* base = map(program->span, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

  // A few large pages cost the system less than thousands of small ones. Where it has none, it takes small ones.
  call(SYS_madvise, (long)base, (long)program->span, MADV_HUGEPAGE, 0, 0, 0);
  static uint8_t stack[1 << 14] __attribute__((aligned(16)));
  static int running = 1;
  struct unpacking work = {file, program, base, 0};
  bool has_second = start_second(&work, stack + sizeof stack, &running);
  unpack_sections(&work);
  for (int left; has_second && (left = __atomic_load_n(&running, __ATOMIC_ACQUIRE)) != 0;) {
    call(SYS_futex, (long)&running, 0, left, 0, 0, 0);
  }

  for (uint32_t i = 0; i < program->parts; i++) {
    const struct part* part = &program->part[i];
    uint64_t start = part->address & ~4095ull, end = (part->address + part->memory + 4095) & ~4095ull;
    if (call(SYS_mprotect, (long)(base + start), (long)(end - start), protection(part->flags), 0, 0, 0) < 0) {
      fail("memory may not hold programs here");
    }
  }

  return base;
}

// Maps the system's loader; returns where it begins.
static uint8_t* load_loader(const char* path) {
  long file = call(SYS_openat, AT_FDCWD, (long)path, O_RDONLY | O_CLOEXEC, 0, 0, 0);
  if (file < 0) fail("the system's loader ld-linux-x86-64.so.2 (glibc) is not there");
  const uint8_t* head = map(4096, PROT_READ, MAP_PRIVATE, (int)file, 0);
  const Elf64_Ehdr* header = (const Elf64_Ehdr*)head;
  const Elf64_Phdr* part = (const Elf64_Phdr*)(head + header->e_phoff);
  uint64_t span = 0;
  for (int i = 0; i < header->e_phnum; i++) {
    if (part[i].p_type == PT_LOAD && part[i].p_vaddr + part[i].p_memsz > span) span = part[i].p_vaddr + part[i].p_memsz;
  }

  uint8_t* base = map(span + 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  for (int i = 0; i < header->e_phnum; i++) {
    if (part[i].p_type != PT_LOAD) continue;
    uint64_t skipped = part[i].p_vaddr & 4095, start = part[i].p_vaddr - skipped, filled = skipped + part[i].p_filesz;
    uint64_t pages = (filled + 4095) & ~4095ull, all = (skipped + part[i].p_memsz + 4095) & ~4095ull;
    int allowed = protection(part[i].p_flags);
    call(SYS_mmap, (long)(base + start), (long)pages, allowed, MAP_PRIVATE | MAP_FIXED, file, (long)(part[i].p_offset - skipped));
    if (part[i].p_memsz > part[i].p_filesz) {
      for (uint8_t* at = base + start + filled; at < base + start + pages; at++) *at = 0;
    }

    if (all > pages) {
      call(SYS_mmap, (long)(base + start + pages), (long)(all - pages), allowed, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
    }
  }

  call(SYS_close, file, 0, 0, 0, 0, 0);
  return base;
}

// Begins with the stack as the system gives it: the words of the line, the environment, and what the loader is to know.
__attribute__((used, noreturn)) static void start(uint64_t* stack) {
  char** environment = (char**)(stack + 1 + stack[0] + 1);
  uint64_t* known = (uint64_t*)environment;
  while (*known) known++;
  known++;

  long file = call(SYS_openat, AT_FDCWD, (long)"/proc/self/exe", O_RDONLY | O_CLOEXEC, 0, 0, 0);
  if (file < 0) fail("/proc is not there");
  long bytes = call(SYS_lseek, file, 0, 2, 0, 0, 0);
  const uint8_t* own = map((size_t)bytes, PROT_READ, MAP_PRIVATE, (int)file, 0);
  const struct table* table = (const struct table*)(own + bytes - sizeof(struct table));
  if (table->mark != TABLE_MARK) fail("its file is damaged or cut short");
  int best = wanted(environment, level());
  const struct program* program = &table->program[0];
  for (int i = 0; i < PROGRAMS; i++) {
    if (table->program[i].level == best) program = &table->program[i];
  }

  uint8_t* base = load(own, program);
  call(SYS_munmap, (long)own, bytes, 0, 0, 0, 0);
  call(SYS_close, file, 0, 0, 0, 0, 0);
  const Elf64_Ehdr* header = (const Elf64_Ehdr*)base;
  const Elf64_Phdr* part = (const Elf64_Phdr*)(base + header->e_phoff);
  uint8_t* loader = 0;
  for (int i = 0; i < header->e_phnum; i++) {
    if (part[i].p_type == PT_INTERP) loader = load_loader((const char*)(base + part[i].p_vaddr));
  }

  if (!loader) fail("its file is damaged");
  for (; known[0] != AT_NULL; known += 2) {
    switch (known[0]) {
      case AT_PHDR: known[1] = (uint64_t)part; break;
      case AT_PHNUM: known[1] = header->e_phnum; break;
      case AT_ENTRY: known[1] = (uint64_t)(base + header->e_entry); break;
      case AT_BASE: known[1] = (uint64_t)loader; break;
    }
  }

  uint64_t entry = (uint64_t)(loader + ((const Elf64_Ehdr*)loader)->e_entry);
  __asm__ volatile("mov %0, %%rsp; xor %%edx, %%edx; xor %%ebp, %%ebp; jmp *%1" : : "a"(stack), "c"(entry) : "memory");
  __builtin_unreachable();
}

__asm__(".globl _start\n_start:\n  xor %ebp, %ebp\n  mov %rsp, %rdi\n  and $-16, %rsp\n  call start\n  hlt\n");
