#ifndef WISP_PATCH_TEXT_H
#define WISP_PATCH_TEXT_H

#include <wisp/patcher.h>

#include "base/error.h"
#include "os/self.h"

/*
 * Writes to the program's text while other threads run there.
 *
 * There are three ways (wisp/patcher.h lists them), and each is refused by some system or other:
 * wisp_patch_text_open tries them on code of its own. None is allowed to show a thread half an
 * instruction, so each has a size that it writes in one piece:
 *
 *   PROC_MEM   what lies in 8 aligned bytes. The kernel copies those by one move.
 *   STORE      the same by one store of the processor, on x86-64 also 16 aligned bytes.
 *   PAGE_SWAP  whatever lies in a page: a copy of it takes its place, and who stands there waits
 *              in the kernel for the moment that this takes.
 *
 * Calls for one text come one at a time.
 */
typedef struct wisp_patch_text {
    const wisp_os_self *system;
    wisp_patch_write write; /* asked for: all others are forbidden. BEST: none is */
    bool works[4];          /* by wisp_patch_write, as found by trying */
} wisp_patch_text;

/*
 * Tries [write], or all where it is BEST. WISP_UNSUPPORTED if none works, with what the system
 * answered.
 */
wisp_status wisp_patch_text_open(const wisp_os_self *system, wisp_patch_write write,
                                 wisp_patch_text *out, wisp_error *err);

/* The way that is taken first. Never BEST. */
wisp_patch_write wisp_patch_text_first(const wisp_patch_text *text);

/*
 * Replaces the instruction of [size] bytes at [at], up to 8, by that in [bytes], in one piece for
 * all threads. WISP_UNSUPPORTED if it lies where no way that works here can do that; WISP_IO if
 * the system refuses.
 */
wisp_status wisp_patch_text_replace(const wisp_patch_text *text, uint8_t *at,
                                    const uint8_t *bytes, size_t size, wisp_error *err);

/* Writes [size] bytes of code that nobody runs yet, within a page. */
wisp_status wisp_patch_text_fill(const wisp_patch_text *text, uint8_t *at, const uint8_t *bytes,
                                 size_t size, wisp_error *err);

/*
 * Maps [size] bytes, whole pages, of code that traps, at [at], where nothing may be.
 * WISP_BUSY if something is; WISP_IO.
 */
wisp_status wisp_patch_text_map(const wisp_patch_text *text, uint8_t *at, size_t size,
                                wisp_error *err);

/* When this returns, no thread runs what was there before the writes until now. Best effort:
 * where the system has no such call, it may take until a thread is next interrupted. */
void wisp_patch_text_settle(const wisp_patch_text *text);

#endif
