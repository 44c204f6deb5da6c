#ifndef WISP_UPDATE_UPDATER_H
#define WISP_UPDATE_UPDATER_H

#include "update/bans.h"
#include "update/event_ring.h"
#include "update/record.h"
#include "update/transition.h"

#include <pthread.h>
#include <wisp/update.h>

/*
 * What the files of the updater share: updater.c opens it, image.c says what to run and what
 * became of it, check.c looks for something newer, status.c tells.
 *
 * The mutex guards all below it and is never held while the network is waited for, so that a
 * check on one thread does not keep another from running, committing or rejecting.
 */

struct wisp_updater {
    wisp_updater_config config; /* defaults filled in */
    const wisp_allocator *allocator;
    const wisp_os *os;
    wisp_folder dir, blobs, metadata;
    wisp_hash base_hash;
    int lock_fd; /* -1 without one */

    pthread_mutex_t mutex;
    bool is_writable; /* the folder is ours, locked, and what it holds is known */
    bool is_checking;
    bool is_reporting;
    wisp_record record;
    wisp_bans bans;
    wisp_event_ring events;
    char trouble[WISP_ERROR_TEXT_MAX];
};

/* Remembers [text] for wisp_updater_status. */
void wisp_updater_note(wisp_updater *updater, const char *text);

/*
 * Makes [next] the record, on disk first: nothing has changed if that fails. Call with the mutex
 * held, as all of the rest.
 */
wisp_status wisp_updater_save(wisp_updater *updater, const wisp_record *next, wisp_error *err);

/*
 * Bans the content of [entry] and takes it out of the record. If the ban cannot be written, it
 * holds for this process all the same, and the record stays, so that the next start goes on
 * counting attempts.
 */
wisp_status wisp_updater_ban(wisp_updater *updater, const wisp_update_entry *entry,
                             const char *reason, wisp_error *err);

/* Bans the candidate if its attempts are used up; tells whether they were. */
bool wisp_updater_retire(wisp_updater *updater);

/* Removes all content but that of the last good module and of the candidate. */
void wisp_updater_sweep(wisp_updater *updater);

/* Whether [a] and [b] are the same content. */
bool wisp_hash_equal(const wisp_hash *a, const wisp_hash *b);

/* Copies [text] to [out] of [size] bytes, cut between characters, with '?' for what is no UTF-8
 * and for what a terminal could take as a command: reasons quote what a server sent. */
void wisp_text_copy(char *out, size_t size, const char *text);

#endif
