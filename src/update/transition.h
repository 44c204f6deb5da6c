#ifndef WISP_UPDATE_TRANSITION_H
#define WISP_UPDATE_TRANSITION_H

#include <wisp/update.h>

/*
 * The life of a release on a device, as one pure table of states and events. Whoever changes a
 * state asks here first; what is not in the table is refused and changes nothing. docs/updater.md
 * draws it.
 */

#define WISP_IMAGE_EVENTS(X)                                                                     \
    X(CHECK)   /* the publisher names it, and it is for this device */                           \
    X(FETCH)   /* its content is asked for */                                                    \
    X(STAGE)   /* its content is verified and on disk */                                         \
    X(ACQUIRE) /* it is about to run, and has an attempt left */                                 \
    X(RESTART) /* the process that ran it is gone, and so is what it had not committed */        \
    X(EXHAUST) /* its attempts are used up */                                                    \
    X(COMMIT)  /* it works */                                                                    \
    X(REJECT)  /* it does not, or the program will not have it */                                \
    X(DROP)    /* its content is lost or no longer wanted */                                     \
    X(LIFT)    /* the publisher takes its ban back */

typedef enum wisp_image_event {
#define X(name) WISP_UPDATE_EVENT_##name,
    WISP_IMAGE_EVENTS(X)
#undef X
        WISP_IMAGE_EVENT_LEN
} wisp_image_event;

#define WISP_IMAGE_STATE_LEN 7

/* "check", "fetch", … "lift". Static. */
const char *wisp_image_event_name(wisp_image_event event);

/* The state that follows [from] on [event]; false, and nothing written, if there is none. */
bool wisp_image_step(wisp_image_state from, wisp_image_event event, wisp_image_state *to);

#endif
