#ifndef WISP_UPDATE_RECORD_H
#define WISP_UPDATE_RECORD_H

#include "os/folder.h"

#include <wisp/update.h>

/*
 * What a device remembers between starts, but for its bans (update/bans.h): one block of fixed
 * size in two files that are written in turns. The newer of the valid ones counts, so a write
 * that is cut off costs that write alone. The layout is in docs/formats.md.
 *
 * A record of format 1, which knew single modules and no channels, is read as what it means now;
 * the first save replaces it. A program that knows only format 1 takes a record of format 2 for
 * what it is, and leaves it alone.
 */

#define WISP_RECORD_SIZE     8192
#define WISP_RECORD_FORMAT   2
#define WISP_RECORD_SLOT_LEN 2

typedef struct wisp_record {
    uint64_t generation;             /* of the last one written; 0 before the first */
    wisp_hash target;                /* hash of the target's name: whose folder this is */
    char channel[WISP_CHANNEL_SIZE]; /* empty: a record of format 1 */
    char device_id[WISP_DEVICE_ID_SIZE];
    uint64_t sequence; /* the highest that the publisher gave a release of target and channel */
    uint64_t floor;    /* the lowest version that may run */
    wisp_hash lifted;  /* hash of the list of lifted bans that was heeded last */
    wisp_update_entry good, candidate, incoming;
    wisp_hash partial;        /* while one is FETCHING: hash of the file that is being fetched */
    wisp_update_failure lost; /* content that could not be used; EMPTY: none since a commit */
    uint64_t versions[4];     /* trusted root, timestamp, snapshot, targets (wisp_role) */
    int64_t time_floor;       /* when a check last found everything valid; seconds since 1970 */
    int64_t last_check;
    wisp_update_result last_result;
} wisp_record;

/* The block of [record], its check sums included, and back: WISP_MALFORMED for a block that is
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
