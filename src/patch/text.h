#ifndef WISP_PATCH_TEXT_H
#define WISP_PATCH_TEXT_H

#include <wisp/patcher.h>

#include "base/error.h"
#include "os/self.h"

/*
 * Writes to the program's text while other threads run there.
 *
 * There are three ways (wisp/patcher.h lists them), and each is refused by some system or other:
 * wisp_patch_text_open tries them on code of its own. None may show a thread half an instruction,
 * and each has a size that it writes in one piece:
 *
 *   PROC_MEM   what lies in 8 aligned bytes: the kernel copies those by one move.
 *   STORE      the same by one store of the processor, and on x86-64 16 aligned bytes.
 *   PAGE_SWAP  what lies anywhere: a copy of the page takes its place, and who comes there in the
 *              meantime waits in the kernel for the microseconds that this takes.
 *
 * One call at a time.
 */
#define WISP_PATCH_WAYS (WISP_PATCH_WRITE_PAGE_SWAP + 1)

typedef struct wisp_patch_text {
    const wisp_os_self *system;
    bool works[WISP_PATCH_WAYS]; /* and was not forbidden, by wisp_patch_write */
} wisp_patch_text;

/*
 * Tries [write], or all where it is BEST: those alone will be used. WISP_UNSUPPORTED if none
 * works, with what the system answered.
 */
wisp_status wisp_patch_text_open(const wisp_os_self *system, wisp_patch_write write,
                                 wisp_patch_text *out, wisp_error *err);

/* The way that is taken where several are open. Never BEST. */
wisp_patch_write wisp_patch_text_first(const wisp_patch_text *text);

/*
 * Replaces the instruction of [size] bytes at [at], at most 8, by that in [bytes], in one piece
 * for all threads. WISP_UNSUPPORTED if it lies where no way that works can do that, WISP_IO if
 * the system refuses: then nothing has changed.
 */
wisp_status wisp_patch_text_replace(const wisp_patch_text *text, uint8_t *at,
                                    const uint8_t *bytes, size_t size, wisp_error *err);

/* Writes [size] bytes of code that nobody runs yet. WISP_IO. */
wisp_status wisp_patch_text_fill(const wisp_patch_text *text, uint8_t *at, const uint8_t *bytes,
                                 size_t size, wisp_error *err);

/* When this returns, every thread runs what was written before. Where the system has no such
 * call, each does when it is next interrupted. */
void wisp_patch_text_settle(const wisp_patch_text *text);

#endif
