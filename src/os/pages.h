#ifndef WISP_OS_PAGES_H
#define WISP_OS_PAGES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Address space that is reserved first and gets memory later, from its start on: what is in it
 * never moves, and reads as zero until it is written. Files may be mapped over parts of it.
 * pages_posix.c has it from mmap; where the build finds none, pages_none.c refuses every
 * reservation. Any thread.
 */

/* Reserves [size] bytes, aligned to the system's pages; NULL where the system refuses. */
void *wisp_pages_reserve(size_t size);

/* Makes the first [size] bytes at [base] usable, of which the first [old_size] are already.
 * False if there is no memory. */
bool wisp_pages_commit(void *base, size_t old_size, size_t size);

/* Gives back the [size] bytes that were reserved at [base], with all that is mapped there. */
void wisp_pages_release(void *base, size_t size);

/* Bytes of one page of the system; 0 where there are none. */
size_t wisp_pages_unit(void);

/* Whether file [fd] has [end] bytes or more, as far as it can be told. */
bool wisp_pages_file_has(int fd, uint64_t end);

/*
 * Maps [size] bytes of file [fd] from [offset] on over usable pages at [at]; all three in whole
 * units. Writes reach the file, or, if [is_private], stay here. False if the system refuses; what
 * was there then reads as zero.
 */
bool wisp_pages_map(void *at, size_t size, int fd, uint64_t offset, bool is_private);

/* Puts zeros over the usable [size] bytes at [at], in whole units, whatever was mapped there;
 * false if the system refuses. */
bool wisp_pages_clear(void *at, size_t size);

/*
 * Tells of each page of the [size] usable bytes at [base], where no file was ever mapped, whether
 * it was written since it was made usable, one after the other in [is_used]: the others are zero,
 * and looking at them would take longer. False where the system does not tell.
 */
bool wisp_pages_used(const void *base, size_t size, bool *is_used);

#endif
