#ifndef WISP_HOST_FAULT_H
#define WISP_HOST_FAULT_H

#include "host/version/version.h"

/*
 * What follows when a version fails outside of probation, as on_fault of the guest's config says.
 *
 *      RESTART     started again: at once, then after pauses that double, and then the guest is
 *                  down. A good entry in between and it begins anew
 *      DROP        it goes on as it is
 *      DISABLE     the guest is down
 *      ROLL_BACK   the module before it is started with the state that it had; if there is none,
 *                  or it does not start, as RESTART
 */

/* A module that ran here, and what it saved last. */
typedef struct wisp_former {
    bool is_some;
    wisp_source source;
    wisp_state state;
} wisp_former;

/* What a guest remembers for its faults. All zero is nothing. */
typedef struct wisp_recovery {
    uint32_t restarts;   /* since the last good entry */
    bool is_paused;      /* nothing runs, and … */
    wisp_source waiting; /* … this will be started … */
    uint64_t due_ns;     /* … then … */
    wisp_error why;      /* … because of this */
    wisp_former former;  /* ROLL_BACK: the module before the one that runs */
} wisp_recovery;

/* The current version of [guest], which has no fallback, has failed for the reason [why]. */
void wisp_guest_recover(wisp_guest *guest, const wisp_error *why);

/* Starts what waits for the end of its pause, if that is over at [now_ns]. */
void wisp_guest_end_pause(wisp_guest *guest, uint64_t now_ns);

/* The fallback of [guest], which is still there, is about to be let go for good. */
void wisp_guest_remember_former(wisp_guest *guest);

/* Forgets all of this, as [guest] begins anew or was stopped. */
void wisp_guest_forget_faults(wisp_guest *guest);

/* Whether [module] is kept to be started later. */
bool wisp_recovery_needs(const wisp_recovery *recovery, const wisp_module *module);

#endif
