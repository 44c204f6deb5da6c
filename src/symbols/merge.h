#ifndef WISP_SYMBOLS_MERGE_H
#define WISP_SYMBOLS_MERGE_H

#include "base/memory.h"

#include <wisp/os.h>

/*
 * Merges the sleds that gcc has left on x86-64 (sleds.h) in the program or library at [path], in
 * place: the file is replaced as a whole, keeps its mode, and differs in those bytes alone, so
 * that its build-id stays. A program that runs goes on with the old file. *[merged] is how many
 * there were, 0 if nothing was left to do, and then nothing is written.
 *
 * [path] is no link, for it would be replaced by a file. WISP_NOT_FOUND, WISP_UNSUPPORTED where
 * it is no ELF for x86-64 or aarch64, WISP_MALFORMED, WISP_LIMIT, WISP_IO, WISP_NO_MEMORY.
 */
wisp_status wisp_symbols_merge(const wisp_allocator *allocator, const wisp_os *os,
                               const char *path, uint32_t *merged, wisp_error *err);

#endif
