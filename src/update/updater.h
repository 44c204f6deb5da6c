#ifndef WISP_UPDATE_UPDATER_H
#define WISP_UPDATE_UPDATER_H

#include "base/text.h"
#include "update/bans.h"
#include "update/entry.h"
#include "update/event_ring.h"
#include "update/record.h"
#include "update/transition.h"

#include <pthread.h>
#include <stdatomic.h>
#include <wisp/update.h>

/*
 * What the files of the updater share: updater.c opens it, follow.c does while another process
 * has the folder, image.c says what to run and what
 * became of it, intake.c takes in what a check found, check.c looks for something newer, status.c
 * tells.
 *
 * The mutex guards all below it and is never held while the network is waited for, so that a
 * check on one thread does not keep another from running, committing or rejecting.
 */

struct wisp_updater {
    wisp_updater_config config; /* defaults filled in */
    const wisp_allocator *allocator;
    const wisp_os *os;
    wisp_folder dir, blobs, metadata;
    wisp_update_entry base; /* what is embedded */
    int lock_fd;            /* -1 without one */
    atomic_bool
        is_follower; /* of another process, which has the folder; once false it stays so */

    pthread_mutex_t mutex;
    bool is_writable;     /* the folder is ours, locked, and what it holds is known */
    uint64_t looked_at;   /* by a follower; nanoseconds of the monotonic clock */
    wisp_update_job *job; /* that is under way; NULL for none */
    uint32_t failures;    /* checks in a row that found no server */
    uint32_t in_vain;     /* … and that downloaded wrong content */
    wisp_hash undeltaed;  /* the module that the last delta did not lead to */
    bool is_reporting;
    wisp_record record;
    wisp_bans bans;
    wisp_update_event_ring events;
    uint64_t trial_began; /* nanoseconds of the monotonic clock */
    bool is_commit_due;   /* the release on trial was committed before its health window ended */
    char trouble[WISP_ERROR_TEXT_MAX];
};

/* Remembers [text] for wisp_updater_status. */
void wisp_updater_note(wisp_updater *updater, const char *text);

/* Takes the state out of the folder. WISP_OK where there is none. */
wisp_status wisp_updater_load(wisp_updater *updater, wisp_error *err);

/* Makes of what was loaded what holds for this process. */
void wisp_updater_settle(wisp_updater *updater);

/* What is to be done once the folder is known. */
void wisp_updater_start(wisp_updater *updater);

/* The release that runs when nothing is on trial. Call with the mutex held, as all of the rest.
 */
const wisp_update_entry *wisp_updater_current(const wisp_updater *updater);

/* Makes [next] the record, on disk first: nothing has changed if that fails. */
wisp_status wisp_updater_save(wisp_updater *updater, const wisp_record *next, wisp_error *err);

/* The ban that keeps [entry] from running, be it of the set or of one of its modules; NULL if
 * there is none. */
const wisp_update_failure *wisp_updater_ban_of(const wisp_updater *updater,
                                               const wisp_update_entry *entry);

/*
 * Bans [what] and takes all that has it out of the record. If the ban cannot be written, it
 * holds for this process all the same, and the record stays, so that the next start goes on
 * counting attempts.
 */
wisp_status wisp_updater_ban(wisp_updater *updater, const wisp_update_failure *what,
                             wisp_error *err);

/* Bans the candidate if its attempts are used up; tells whether they were. */
bool wisp_updater_retire(wisp_updater *updater);

/* Removes all content but that of the releases in the record, and of what is being fetched. */
void wisp_updater_sweep(wisp_updater *updater);

/* The bytes of the embedded module with this hash; false if there is none. */
bool wisp_updater_embedded(const wisp_updater *updater, const wisp_hash *hash, wisp_bytes *out);

#endif
