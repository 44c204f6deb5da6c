#ifndef WISP_HOST_BLACKBOX_H
#define WISP_HOST_BLACKBOX_H

#include <stdatomic.h>
#include <string.h>

#include "host/measure/blackbox_page.h"

/* A black box that a host writes to. */
struct wisp_blackbox {
    uint8_t *page; /* outlives the process */
    const wisp_allocator *allocator;
    const wisp_os *os;  /* NULL if [page] is the program's */
    int fd;             /* locked, as long as it is open */
    size_t mapped_size; /* bytes of address space at [page] */
    wisp_blackbox_book book;
    bool has_blame; /* then the first record of the book as it was opened is … */
    wisp_blame blame;
};

/*
 * Notes that an entry begins, of [kind] (or WISP_BLACKBOX_LOAD), with [type], into the version
 * that [note] is of. [box] may be NULL. The kind is written last, so that there is never one with
 * another's note: this thread may be ended between any two instructions.
 */
static inline void wisp_blackbox_enter(wisp_blackbox *box, const wisp_blackbox_note *note,
                                       uint32_t kind, uint32_t type)
{
    if (!box)
        return;
    uint8_t *at = box->page + WISP_BLACKBOX_NOTE_AT;
    memcpy(at + 8, note->bytes + 8, sizeof note->bytes - 8);
    wisp_put_u32(at + 4, type);
    atomic_signal_fence(memory_order_release);
    wisp_put_u32(at, kind + 1);
}

/* … and that it has returned. */
static inline void wisp_blackbox_leave(wisp_blackbox *box)
{
    if (!box)
        return;
    atomic_signal_fence(memory_order_release);
    wisp_put_u32(box->page + WISP_BLACKBOX_NOTE_AT, 0);
}

/* Notes that the module of this hash is started in this run. NULL is fine. */
void wisp_blackbox_started(wisp_blackbox *box, uint64_t module);

/* For how many runs in a row it is to blame; 0 for NULL. */
uint32_t wisp_blackbox_count(const wisp_blackbox *box, uint64_t module);

#endif
