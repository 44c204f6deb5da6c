#ifndef WISP_PATCH_FRAME_H
#define WISP_PATCH_FRAME_H

/*
 * What the registers for arguments held when a function was called, and what those for results
 * shall hold when it returns: for x86-64 (System V) and for aarch64 (AAPCS64).
 *
 * An incoming frame is made by wisp_patch_entry on the stack, right below the caller's arguments;
 * an outgoing one by wisp_patch_fill_arguments anywhere in memory, with the arguments for the
 * stack right behind it. So in both each argument has one fixed distance from the start of the
 * frame, be it in a register or not, and an incoming frame serves as an outgoing one.
 *
 * Assembly takes the distances from here; the asserts below hold them to what C makes of it.
 */

/* x86-64. */
#define WISP_FRAME_X86_64_RESULTS  0
#define WISP_FRAME_X86_64_INTEGERS 48
#define WISP_FRAME_X86_64_VECTORS  96
#define WISP_FRAME_X86_64_CHAIN    104
#define WISP_FRAME_X86_64_FLOATS   112
#define WISP_FRAME_X86_64_DETOUR   248
#define WISP_FRAME_X86_64_BASE     256
#define WISP_FRAME_X86_64_SIZE     272

/* aarch64. */
#define WISP_FRAME_AARCH64_RESULTS  0
#define WISP_FRAME_AARCH64_INTEGERS 48
#define WISP_FRAME_AARCH64_INDIRECT 112
#define WISP_FRAME_AARCH64_CHAINS   120
#define WISP_FRAME_AARCH64_FLOATS   144
#define WISP_FRAME_AARCH64_DETOUR   280
#define WISP_FRAME_AARCH64_RECORD   288
#define WISP_FRAME_AARCH64_SIZE     304

#ifndef __ASSEMBLER__

#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

typedef struct wisp_patch_detour wisp_patch_detour;

/* The registers of results. Those that a function does not use may hold anything. */
typedef struct wisp_patch_results {
    uint64_t integers[2]; /* rax, rdx; x0, x1 */
    uint64_t floats[4];   /* the low halves of xmm0, xmm1; of v0 to v3 */
} wisp_patch_results;

/* A register for vectors, of which all types that a signature can name have the first half. */
typedef struct wisp_patch_float {
    uint64_t low, high;
} wisp_patch_float;

typedef struct wisp_patch_frame_x86_64 {
    wisp_patch_results results;
    uint64_t integers[6]; /* rdi, rsi, rdx, rcx, r8, r9 */
    uint64_t vectors;     /* rax, of which al is how many registers varargs have in xmm0 … */
    uint64_t chain;       /* r10, which nested functions find their outer one by */
    wisp_patch_float floats[8]; /* xmm0 … */
    uint64_t result_at;         /* for plan.c: where a struct is to be put */
    wisp_patch_detour *detour;  /* of the function that was called; incoming alone */
    uint64_t base;              /* rbp, as walkers of stacks expect it; incoming alone */
    uint64_t return_to;         /* incoming alone */
} wisp_patch_frame_x86_64;

typedef struct wisp_patch_frame_aarch64 {
    wisp_patch_results results;
    uint64_t integers[8]; /* x0 … */
    uint64_t indirect;    /* x8, where the caller wants a result that is in memory */
    uint64_t chains[2];   /* x18 and x15, which gcc's and clang's nested functions … */
    uint64_t padding;
    wisp_patch_float floats[8]; /* v0 … */
    uint64_t result_at;         /* for plan.c: where a struct is to be put */
    wisp_patch_detour *detour;  /* of the function that was called; incoming alone */
    uint64_t record[2]; /* x29 and x30, as walkers of stacks expect them; incoming alone */
} wisp_patch_frame_aarch64;

/* The one of the machine that this is compiled for. */
#if defined(__aarch64__)
typedef wisp_patch_frame_aarch64 wisp_patch_frame;
#else
typedef wisp_patch_frame_x86_64 wisp_patch_frame;
#endif

#define X(machine, distance, member)                                                             \
    static_assert(offsetof(wisp_patch_frame_##machine, member) == WISP_FRAME_##distance,         \
                  "frame.h: " #member)
X(x86_64, X86_64_RESULTS, results);
X(x86_64, X86_64_INTEGERS, integers);
X(x86_64, X86_64_VECTORS, vectors);
X(x86_64, X86_64_CHAIN, chain);
X(x86_64, X86_64_FLOATS, floats);
X(x86_64, X86_64_DETOUR, detour);
X(x86_64, X86_64_BASE, base);
X(aarch64, AARCH64_RESULTS, results);
X(aarch64, AARCH64_INTEGERS, integers);
X(aarch64, AARCH64_INDIRECT, indirect);
X(aarch64, AARCH64_CHAINS, chains);
X(aarch64, AARCH64_FLOATS, floats);
X(aarch64, AARCH64_DETOUR, detour);
X(aarch64, AARCH64_RECORD, record);
#undef X
static_assert(sizeof(wisp_patch_frame_x86_64) == WISP_FRAME_X86_64_SIZE, "frame.h: size");
static_assert(sizeof(wisp_patch_frame_aarch64) == WISP_FRAME_AARCH64_SIZE, "frame.h: size");

/* The word of [frame], or behind it, that is [at] bytes from its start. */
static inline uint64_t wisp_patch_frame_word(const wisp_patch_frame *frame, uint32_t at)
{
    uint64_t word;
    memcpy(&word, (const uint8_t *)frame + at, sizeof word);
    return word;
}

static inline void wisp_patch_frame_set(wisp_patch_frame *frame, uint32_t at, uint64_t word)
{
    memcpy((uint8_t *)frame + at, &word, sizeof word);
}

#endif
#endif
