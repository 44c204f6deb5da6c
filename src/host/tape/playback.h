#ifndef WISP_HOST_PLAYBACK_H
#define WISP_HOST_PLAYBACK_H

#include <wisp/host.h>

#include "host/tape/tap.h"
#include "host/version/entry.h"

/*
 * A tape that is played back to a version: it gets the answers that are on it, and what it does
 * is compared. Nothing that it does is performed but what changes itself alone (WISP_TAP_OWN).
 *
 *     wisp_playback_init(&playback, allocator, &guest->taps);
 *     version->playback = &playback;
 *     wisp_playback_begin(&playback, wisp_tape_calls(tape));     // for each entry
 *     wisp_version_enter(version, &entry, &answer, &err);
 *     if (!wisp_playback_end(&playback))
 *         puts(playback.text);                                   // the first difference in it
 *
 * Effects must come in the order of the tape, with the same arguments and bytes. Queries are
 * answered in the order of their import, however many there are of others between; they are not
 * compared. A call too many, and any during an entry that is not on tape, has no answer there: a
 * query is performed, if may_ask, or gets the last answer of its kind again; an effect gets one
 * that says that all is well. So a version that differs in one call can still be compared in the
 * rest.
 *
 * What has no meaning outside of a module, numbers of its functions for instance, is translated
 * in the entries that lead to it: see wisp_playback_translate.
 */

/* A number that means the same thing as another one in another module. */
typedef struct wisp_own_pair {
    uint64_t
        key; /* their number, or the id of what it was given for; 0 where the place is free */
    uint64_t ours;
} wisp_own_pair;

/* How far the calls of one query have come. */
typedef struct wisp_taped_query {
    size_t at;       /* byte of the entry's calls behind those that were answered */
    uint64_t answer; /* the last one, of any entry: bits of the first result */
    uint32_t given;  /* ids, in entries that are not on tape */
} wisp_taped_query;

typedef struct wisp_playback {
    const wisp_allocator *allocator;
    const wisp_taps *taps;
    const wisp_shadow_ignore *ignores; /* borrowed */
    size_t ignore_len;
    bool is_same; /* the tape is of an instance of the same module: own numbers are equal */
    bool may_ask; /* queries too many are performed */

    wisp_own_pair *pairs; /* places found by hash */
    size_t pair_len, pair_capacity;
    wisp_taped_query *queries; /* by the number of the import */

    /* Of the entry under way. */
    bool is_on_tape; /* else nothing is compared */
    wisp_bytes calls;
    size_t effect_at; /* byte of the first call that no effect has met yet */
    uint32_t last_id; /* given to those that ask for one too many */

    uint32_t differences;           /* in this entry */
    char text[WISP_ERROR_TEXT_MAX]; /* the first of them */
    wisp_status
        status; /* WISP_OK, or why nothing more can be compared: WISP_NO_MEMORY,
                 * WISP_LIMIT for too many pairs, WISP_MALFORMED for a tape that is none */
} wisp_playback;

/* Fills in the first two, all else is zero, and makes room. */
wisp_status wisp_playback_init(wisp_playback *playback, const wisp_allocator *allocator,
                               const wisp_taps *taps, wisp_error *err);
void wisp_playback_deinit(wisp_playback *playback);

/* The entry that follows is on tape with [calls], which are borrowed until wisp_playback_end; or
 * it is one that was never on tape, for instance the start of a version that follows later. */
void wisp_playback_begin(wisp_playback *playback, wisp_bytes calls);
void wisp_playback_begin_untaped(wisp_playback *playback);

/* The entry is over: effects that are left on the tape were expected. Whether it was as on tape;
 * else differences and text say what was not. */
bool wisp_playback_end(wisp_playback *playback);

/* Notes another difference of this entry, of what came of it for instance. */
WISP_PRINTF(2, 3)
void wisp_playback_differ(wisp_playback *playback, const char *format, ...);

/*
 * Makes *[ours] the entry that means to this module what [theirs] means to that of the tape.
 * Numbers of functions, contexts and addresses stay as they are where the module is the same;
 * else they are what the same parameter of the same call was in both: of a task, of that which
 * gave its id. False if there was none: this module has asked for nothing that the entry could
 * be.
 */
bool wisp_playback_translate(const wisp_playback *playback, const wisp_entry *theirs,
                             wisp_entry *ours);

/* A call of the version's: what the tap does in place of performing it. */
wisp_status wisp_playback_call(wisp_playback *playback, const wisp_tap *tap, void *user,
                               wisp_instance *caller, const wisp_arg *args, wisp_value *results,
                               wisp_error *err);

#endif
