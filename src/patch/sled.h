#ifndef WISP_PATCH_SLED_H
#define WISP_PATCH_SLED_H

#include <wisp/base.h>

/*
 * The place that the compiler leaves at a function's entry, and the instructions that Wisp
 * writes: the part of text that depends on the processor. sled_x86_64.c or sled_aarch64.c, which
 * the build chooses. Any thread.
 */

typedef enum wisp_patch_sled_kind {
    WISP_SLED_ONE,     /* one instruction that does nothing: may be replaced under threads */
    WISP_SLED_SEVERAL, /* as many as fit, between which a thread may stand */
    WISP_SLED_OTHER
} wisp_patch_sled_kind;

enum {
    WISP_SLED_SIZE_MAX = 8,
    WISP_STUB_SIZE = 32 /* and alignment */
};

/* Bytes of a jump, and so of a sled: 5 or 4. */
extern const size_t wisp_patch_sled_size;

/* How far a jump goes, either way, in bytes. */
extern const uint64_t wisp_patch_sled_reach;

/* What the wisp_patch_sled_size bytes at [text] are. */
wisp_patch_sled_kind wisp_patch_sled_kind_of(const uint8_t *text);

/* Puts into [out] the jump at [from] to [to]; false if it is too far. */
bool wisp_patch_sled_jump(uint8_t out[WISP_SLED_SIZE_MAX], uintptr_t from, uintptr_t to);

/*
 * What a detour goes through, to be written to a multiple of WISP_STUB_SIZE: jumps to [entry]
 * with [detour] in r11 or x17 (x16 is lost), as bridge.h has it; and on aarch64, beside that,
 * what jumps to the function behind its sled, where an indirect jump might not be let in (BTI).
 */
typedef struct wisp_patch_stub {
    uint8_t code[WISP_STUB_SIZE];
    uintptr_t original; /* [behind], or the way to it */
} wisp_patch_stub;

/* Makes the stub for address [at]; false if [behind] is too far from there. */
bool wisp_patch_stub_make(wisp_patch_stub *out, uintptr_t at, const void *detour,
                          const void *entry, uintptr_t behind);

/* A function, uint32_t f(void), that returns [number]: its first instruction, of
 * wisp_patch_sled_size bytes, alone differs from that for another number. */
void wisp_patch_sled_probe(uint8_t out[WISP_STUB_SIZE], uint8_t number);

/*
 * Stores [size] bytes at [at], a multiple of [size] that can be written, in one piece: 4, 8
 * or 16. False where the processor has no such store. Sanitizers are not told: for them text is a
 * thing that never changes.
 */
bool wisp_patch_sled_store(uint8_t *at, const uint8_t *bytes, size_t size);

#endif
