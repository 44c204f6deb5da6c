#ifndef WISP_SYMBOLS_SLEDS_H
#define WISP_SYMBOLS_SLEDS_H

#include "symbols/object.h"

/*
 * The places that -fpatchable-function-entry leaves ("sleds"), in a program's file. A jump may
 * only take the place of one instruction, or a thread that was stopped in the midst of several
 * goes on inside of the jump. clang leaves one; gcc leaves five of one byte on x86-64, which are
 * merged here. On aarch64 all instructions have the size of a jump.
 */

enum {
    WISP_SLED_X86_64 = 5,  /* bytes of a jump, and so of a sled */
    WISP_SLED_AARCH64 = 4, /* likewise */
    WISP_SLED_WORD = 8,    /* what is written in one piece, where it is aligned */
    WISP_SLED_PAGE = 4096  /* what is swapped in one piece */
};

typedef enum wisp_sled_state {
    WISP_SLED_READY, /* one instruction */
    WISP_SLED_RAW,   /* several, that can be merged */
    WISP_SLED_NONE   /* too few of them, or others */
} wisp_sled_state;

uint32_t wisp_sled_size(uint32_t machine);

/* What is at [address] of a text that is in the file. */
wisp_sled_state wisp_sled_state_at(const wisp_object *object, uint64_t address);

/* The size of the instruction at [entry] that marks where indirect jumps may land; 0 if there is
 * none. */
uint32_t wisp_sled_landing(const wisp_object *object, uint64_t entry);

/*
 * Finds the sled of the function at [entry]: how many bytes are before it, of the instruction
 * above. False if there is none.
 */
bool wisp_sled_find(const wisp_object *object, uint64_t entry, uint32_t *offset);

/* Whether the compiler has put the place before the entry, where callers do not come by (the
 * second number of the flag). */
bool wisp_sled_is_before(const wisp_object *object, uint64_t entry);

/* Whether [size] bytes at [address] lie in two units of [unit] bytes, a power of two. */
bool wisp_sled_crosses(uint64_t address, uint32_t size, uint32_t unit);

typedef struct wisp_sled_counts {
    uint32_t ready, raw, none;
} wisp_sled_counts;

wisp_sled_counts wisp_sled_count(const wisp_object *object);

/* Merges all raw sleds in [bytes], a copy of the file of [object]; gives how many. */
uint32_t wisp_sled_merge(const wisp_object *object, uint8_t *bytes);

#endif
