#ifndef WISP_HOST_BLACKBOX_PAGE_H
#define WISP_HOST_BLACKBOX_PAGE_H

#include <wisp/blackbox.h>

#include "host/version/entry.h"

/* The bytes of a black box: docs/formats.md. */

enum {
    WISP_BLACKBOX_NOTE_AT = 64,
    WISP_BLACKBOX_NOTE_SIZE = 64,
    WISP_BLACKBOX_RECORDS_AT = 128,
    WISP_BLACKBOX_RECORD_SIZE = 80,
    WISP_BLACKBOX_RECORDS_MAX = 48
};

/* What is noted of an entry, as it is written. Its first four bytes, which are not 0 while the
 * entry is under way, and the next four are for the entry, the rest for the version. */
typedef struct wisp_blackbox_note {
    uint8_t bytes[WISP_BLACKBOX_NOTE_SIZE];
} wisp_blackbox_note;

/* What is noted of loading a version, which is no entry yet. */
#define WISP_BLACKBOX_LOAD WISP_ENTRY_COUNT

/* The part of a version. [name] is cut to fit. */
wisp_blackbox_note wisp_blackbox_note_of(const char *name, uint64_t app_id, uint64_t module,
                                         uint32_t version);

/* A module that was to blame. */
typedef struct wisp_blackbox_record {
    wisp_blackbox_note note; /* the last entry that did not return */
    uint32_t times;          /* in a row */
    bool has_run;            /* in this run of the program */
} wisp_blackbox_record;

/* All that is in a page but the entry under way; the latest to blame first. */
typedef struct wisp_blackbox_book {
    wisp_blackbox_record records[WISP_BLACKBOX_RECORDS_MAX];
    size_t len;
} wisp_blackbox_book;

/* The hash in [note]. */
uint64_t wisp_blackbox_module(const wisp_blackbox_note *note);

/* Reads the records of [page], of WISP_BLACKBOX_SIZE bytes. Fails as wisp_blackbox_read. */
wisp_status wisp_blackbox_decode(const uint8_t *page, wisp_blackbox_book *book, wisp_error *err);

/* Writes all of [page] but the entry under way. */
void wisp_blackbox_encode(const wisp_blackbox_book *book, uint8_t *page);

/* The entry under way in [page]; false if there is none, or none that makes sense. */
bool wisp_blackbox_under_way(const uint8_t *page, wisp_blackbox_note *note);

/* What [note] tells to a program. */
wisp_blame wisp_blackbox_blame_of(const wisp_blackbox_note *note, uint32_t times);

/* The record of that module, or NULL. */
wisp_blackbox_record *wisp_blackbox_find(wisp_blackbox_book *book, uint64_t module);

/* Takes out [record] of [book]. */
void wisp_blackbox_remove(wisp_blackbox_book *book, wisp_blackbox_record *record);

/* Blames [note] once more, which becomes the first of [book]; the last makes room. */
void wisp_blackbox_add(wisp_blackbox_book *book, const wisp_blackbox_note *note);

#endif
