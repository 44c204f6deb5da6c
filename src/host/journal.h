#ifndef WISP_HOST_JOURNAL_H
#define WISP_HOST_JOURNAL_H

#include "host/version/entry.h"

/*
 * The entries that a version was given on probation, copied, so that the version before it can be
 * given them in the same order if it comes back. All zero is an empty journal.
 */

typedef struct wisp_journal_item wisp_journal_item;

struct wisp_journal_item {
    wisp_journal_item *next;
    bool was_handled; /* by the version that it was given first */
    wisp_entry entry; /* its bytes are those below */
    uint8_t data[];
};

typedef struct wisp_journal {
    wisp_journal_item *first, *last;
    uint32_t len;
    uint64_t size; /* bytes that it takes */
} wisp_journal;

/* Appends a copy of [entry] and its bytes. WISP_LIMIT if the journal would take more than
 * [size_max] bytes, WISP_NO_MEMORY; it is then as it was. */
wisp_status wisp_journal_append(wisp_journal *journal, const wisp_allocator *allocator,
                                uint64_t size_max, const wisp_entry *entry, bool was_handled);

/* Takes the first item out; it is the caller's. NULL if the journal is empty. */
wisp_journal_item *wisp_journal_pop(wisp_journal *journal);

void wisp_journal_item_free(wisp_journal_item *item, const wisp_allocator *allocator);

void wisp_journal_clear(wisp_journal *journal, const wisp_allocator *allocator);

#endif
