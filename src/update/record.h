#ifndef WISP_UPDATE_RECORD_H
#define WISP_UPDATE_RECORD_H

#include "os/folder.h"

#include <wisp/update.h>

/*
 * What a device remembers between starts, but for its bans (update/bans.h): one block of fixed
 * size in two files that are written in turns. The newer of the valid ones counts, so a write
 * that is cut off costs that write alone. The layout is in docs/formats.md.
 */

#define WISP_RECORD_SIZE     4096
#define WISP_RECORD_FORMAT   1
#define WISP_RECORD_SLOT_LEN 2

typedef struct wisp_record {
    uint64_t generation; /* of the last one written; 0 before the first */
    wisp_hash target;    /* hash of the target's name: whose folder this is */
    wisp_update_entry good, candidate;
    wisp_update_entry lost; /* content that could not be used; state NONE: none since a commit */
    uint64_t versions[4];   /* trusted root, timestamp, snapshot, targets (wisp_role) */
    int64_t time_floor;     /* when a check last found everything valid; seconds since 1970 */
    int64_t last_check;
    wisp_update_result last_result;
} wisp_record;

/* The block of [record], its check sum included, and back: WISP_MALFORMED for a block that is
 * damaged, WISP_UNSUPPORTED for one of another format. */
void wisp_record_encode(const wisp_record *record, uint8_t block[WISP_RECORD_SIZE]);
wisp_status wisp_record_decode(const uint8_t block[WISP_RECORD_SIZE], wisp_record *out,
                               wisp_error *err);

/*
 * Reads the newest valid record. WISP_NOT_FOUND if there is none at all, WISP_MALFORMED if none
 * is valid, WISP_UNSUPPORTED if the newest may be one of another format, WISP_IO.
 */
wisp_status wisp_record_load(const wisp_folder *folder, wisp_record *out, wisp_error *err);

/* Writes [record] over the older one, with the next generation, which is in *[record] only after
 * success; durable when this returns. */
wisp_status wisp_record_save(const wisp_folder *folder, wisp_record *record, wisp_error *err);

#endif
