#ifndef WISP_UPDATE_TRANSITION_H
#define WISP_UPDATE_TRANSITION_H

#include <wisp/update.h>

/*
 * The life of a module on a device, as one pure table of states and events. Whoever changes a
 * state asks here first; what is not in the table is refused and changes nothing.
 */

#define WISP_IMAGE_EVENTS(X)                                                                     \
    X(STAGE)   /* a check has verified it and put it on disk */                                  \
    X(ACQUIRE) /* it is about to run, and has an attempt left */                                 \
    X(RESTART) /* the process that ran it is gone, and so is what it had not committed */        \
    X(EXHAUST) /* its attempts are used up */                                                    \
    X(COMMIT)  /* it works */                                                                    \
    X(REJECT)  /* it does not */                                                                 \
    X(DROP)    /* its content is lost or no longer wanted */

typedef enum wisp_image_event {
#define X(name) WISP_EVENT_##name,
    WISP_IMAGE_EVENTS(X)
#undef X
} wisp_image_event;

#define WISP_IMAGE_EVENT_LEN 7
#define WISP_IMAGE_STATE_LEN 5

/* The state that follows [from] on [event]; false, and nothing written, if there is none. */
bool wisp_image_step(wisp_image_state from, wisp_image_event event, wisp_image_state *to);

#endif
