#ifndef WISP_LIVE_CHECKS_H
#define WISP_LIVE_CHECKS_H

#include <wisp/wisp.h>

#include "live/watcher.h"

#include <stdatomic.h>

/*
 * The checks for updates: made on any thread, or on one of their own again and again, and acted
 * on by whoever owns the updater, in its turn.
 */
typedef struct wisp_checks {
    wisp_updater *updater; /* NULL: there is nothing to check with */
    const wisp_os *os;
    wisp_watcher watcher;
    wisp_live_policy policy; /* of the watcher, while it runs, and so are the next two */
    char device_id[WISP_DEVICE_ID_SIZE];
    uint64_t turn;
    atomic_bool staged, ended; /* set by checks, taken by the owner's turn */
    pthread_mutex_t lock;      /* guards the rest */
    bool has_result;
    wisp_update_result result;
    uint64_t ended_ns; /* when one last ended; 0: never */
} wisp_checks;

/* [updater] may be NULL. */
void wisp_checks_init(wisp_checks *checks, wisp_updater *updater, const wisp_os *os);

/* Breaks off the one that is under way and ends the thread; nothing is lost by a second time. */
void wisp_checks_stop(wisp_checks *checks);
void wisp_checks_deinit(wisp_checks *checks);

/* Makes one now, as wisp_updater_check. Any thread. */
wisp_status wisp_checks_run(wisp_checks *checks, wisp_update_result *result, wisp_error *err);

/* As wisp_live_watch and wisp_live_foreground. */
wisp_status wisp_checks_watch(wisp_checks *checks, const wisp_live_policy *policy,
                              wisp_error *err);
void wisp_checks_foreground(wisp_checks *checks);

/* Has the thread make one now, if there is one. */
void wisp_checks_wake(wisp_checks *checks);

/* What the last check came to; false if none has ended since this was last asked. */
bool wisp_checks_take(wisp_checks *checks, wisp_update_result *out);

#endif
