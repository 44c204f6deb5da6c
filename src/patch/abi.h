#ifndef WISP_PATCH_ABI_H
#define WISP_PATCH_ABI_H

#include "patch/signature.h"

/*
 * Where a machine's calling convention has arguments and results. Any machine's can be asked on
 * any machine: who makes patches compares with what debug information says.
 */

/* e_machine of ELF. */
enum { WISP_MACHINE_X86_64 = 62, WISP_MACHINE_AARCH64 = 183 };

/* "x86-64", "aarch64", or "another machine". */
const char *wisp_machine_name(uint32_t machine);

/* How a value travels. */
typedef enum wisp_patch_way {
    WISP_PATCH_NOWHERE,   /* it is empty, or there is none */
    WISP_PATCH_IN_PARTS,  /* in [parts]: one for a scalar */
    WISP_PATCH_BY_ADDRESS /* in memory of the caller's, whose address is at [parts][0] */
} wisp_patch_way;

/* Bytes of a value that lie together. */
typedef struct wisp_patch_part {
    uint32_t frame;  /* bytes from the start of the machine's frame (frame.h) */
    uint32_t offset; /* bytes from the start of the value */
    uint32_t size;   /* bytes */
} wisp_patch_part;

enum { WISP_PATCH_PARTS_MAX = 4 };

typedef struct wisp_patch_location {
    wisp_patch_way way;
    uint32_t part_count;
    wisp_patch_part parts[WISP_PATCH_PARTS_MAX];
} wisp_patch_location;

typedef struct wisp_patch_abi {
    const char *name; /* "System V x86-64" */
    uint32_t machine; /* WISP_MACHINE_ */
    uint32_t frame_size;

    /*
     * Puts the place of each parameter of [signature] into [params], that of its result into
     * *[result], and how many bytes of the stack the arguments take, a multiple of 16, into
     * *[stack_size]. WISP_UNSUPPORTED, naming the parameter, for the few structs that a
     * signature says too little of; WISP_LIMIT for more stack than WISP_PATCH_STACK_MAX.
     */
    wisp_status (*locate)(const wisp_patch_signature *signature, wisp_patch_location *params,
                          wisp_patch_location *result, uint32_t *stack_size, wisp_error *err);
} wisp_patch_abi;

enum { WISP_PATCH_STACK_MAX = 64 * 1024 };

extern const wisp_patch_abi wisp_patch_abi_sysv;    /* x86-64 */
extern const wisp_patch_abi wisp_patch_abi_aapcs64; /* aarch64 */

/* For those who locate: adds [size] bytes that are at [offset] of the value to *[at]. */
void wisp_patch_location_add(wisp_patch_location *at, size_t frame, uint32_t offset,
                             uint32_t size);

/* The same: a value of [size] bytes comes to the stack, behind a frame of [frame_size] bytes and
 * *[used] bytes, a multiple of 8. WISP_LIMIT. */
wisp_status wisp_patch_location_add_stack(wisp_patch_location *at, size_t frame_size,
                                          uint32_t size, uint32_t *used, wisp_error *err);

/* That of e_machine [machine], or NULL. */
const wisp_patch_abi *wisp_patch_abi_of(uint32_t machine);

/* That of the machine that this is compiled for. */
#if defined(__aarch64__)
#define WISP_PATCH_ABI_HERE (&wisp_patch_abi_aapcs64)
#else
#define WISP_PATCH_ABI_HERE (&wisp_patch_abi_sysv)
#endif

#endif
