#ifndef WISP_PATCH_ACCESS_H
#define WISP_PATCH_ACCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Checked access to the program's memory: any address at all, and the answer is whether it could
 * be done. NULL, what is not mapped, what may not be written, what the kernel has, addresses that
 * the machine cannot have, and pages whose file was cut off: all are false.
 *
 * It is just done, in assembly (access_*.S), and the guard (guard.h) turns a fault there into the
 * answer. Where the guard cannot be, because a thread blocks the signals, the system is asked to
 * do it (os/own_memory.h), which takes hundreds of times as long.
 */

/*
 * Copies [size] bytes. False if either side cannot be touched; what precedes that place may have
 * been copied then. 1, 2, 4 and 8 bytes are one load and one store, so that nobody sees half of
 * what others write, where the machine has it so for the address. Needs the guard.
 */
bool wisp_access_copy(void *to, const void *from, size_t size);

/*
 * Atomically replaces the number of [size] bytes (1, 2, 4 or 8) at [at], which is aligned, by
 * [value] if it is *[expected], and puts what was there into *[expected], its upper bits zero.
 * False if it cannot be touched. Needs the guard.
 */
bool wisp_access_exchange(void *at, size_t size, uint64_t *expected, uint64_t value);

static inline bool wisp_access_read(uint64_t address, void *into, size_t size)
{
    return wisp_access_copy(into, (const void *)(uintptr_t)address, size);
}

static inline bool wisp_access_write(uint64_t address, const void *from, size_t size)
{
    return wisp_access_copy((void *)(uintptr_t)address, from, size);
}

#endif
