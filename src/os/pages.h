#ifndef WISP_OS_PAGES_H
#define WISP_OS_PAGES_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Address space that is reserved first and gets memory later, from its start on: what is in it
 * never moves, and reads as zero until it is written. pages_posix.c has it from mmap; where the
 * build finds none, pages_none.c refuses every reservation. Any thread.
 */

/* Reserves [size] bytes, aligned to the system's pages; NULL where the system refuses. */
void *wisp_pages_reserve(size_t size);

/* Makes the first [size] bytes at [base] usable, of which the first [old_size] are already.
 * False if there is no memory. */
bool wisp_pages_commit(void *base, size_t old_size, size_t size);

/* Gives back the [size] bytes that were reserved at [base]. */
void wisp_pages_release(void *base, size_t size);

#endif
