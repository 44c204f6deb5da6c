#ifndef WISP_HOST_TAPE_H
#define WISP_HOST_TAPE_H

#include <wisp/base.h>

#include "base/reader.h"

/*
 * A tape: what a module asked of the host during one entry, and what it was answered. Calls one
 * after the other, as bytes, in the form that docs/formats.md gives for recordings:
 *
 *     the number of the import
 *     each parameter that is no pointer and does not count the elements of one
 *     each pointer: the size of what it points at, and the bytes if the function reads them
 *     the status; then the results and what the function filled in, or else its words
 *
 * It is bytes and not structs because a recording is made of the same bytes, and because a
 * call of an import then costs no more than a few stores. What a call is made of is told by
 * the signature of its import (host/tape/tap.h), which writer and reader both know.
 */

enum { WISP_TAPE_SIZE_MAX = 16 << 20 }; /* bytes, where nobody asks for less */

/* Calls that are being written. All zero but [allocator] and [size_max] is an empty tape. */
typedef struct wisp_tape {
    const wisp_allocator *allocator;
    size_t size_max; /* bytes; a call that does not fit is not on it, and none after it */
    uint8_t *data;
    size_t size, capacity;
    size_t room;        /* how far bytes may be put without looking further */
    wisp_status status; /* WISP_LIMIT or WISP_NO_MEMORY from the first call that did not fit on */
} wisp_tape;

/* Empties the tape for the next entry; its room stays. */
void wisp_tape_clear(wisp_tape *tape);

/* Takes back all behind the first [size] bytes. */
void wisp_tape_cut(wisp_tape *tape, size_t size);

void wisp_tape_deinit(wisp_tape *tape);

/* The calls on it. Borrowed until it is written to. */
wisp_bytes wisp_tape_calls(const wisp_tape *tape);

/* Room for [size] bytes behind what is on the tape, good until something is put there; NULL if
 * they do not fit. */
uint8_t *wisp_tape_reserve(wisp_tape *tape, size_t size);

/* What a tape, and a recording, is made of. Once one of these did not fit the others do
 * nothing, and [status] says why: so only the end needs a look. */
void wisp_tape_put_long(wisp_tape *tape, uint64_t value); /* what put_u64 has no short way for */

/* LEB128. Most numbers are of one byte, and most bytes have room. */
static inline void wisp_tape_put_u64(wisp_tape *tape, uint64_t value)
{
    if (value < 0x80 && tape->size < tape->room)
        tape->data[tape->size++] = (uint8_t)value;
    else
        wisp_tape_put_long(tape, value);
}

void wisp_tape_put_s64(wisp_tape *tape, int64_t value); /* the sign in bit 0, then as u64 */
void wisp_tape_put_bytes(wisp_tape *tape, const void *data, size_t size);
void wisp_tape_put_block(wisp_tape *tape, wisp_bytes bytes); /* the size, as u64, before them */

/* Reads what wisp_tape_put_s64 and wisp_tape_put_block have written, as those of base/reader.h;
 * the other two are wisp_read_leb_u64 and wisp_read_bytes. */
bool wisp_tape_read_s64(wisp_reader *r, int64_t *out);
bool wisp_tape_read_block(wisp_reader *r, wisp_bytes *out);

#endif
