#ifndef ACTS_H
#define ACTS_H

#include <stdint.h>

/*
 * What the tests of events have guests/actor.c do: the channel of a message says what, struct act
 * is its content. What comes to the actor, and what comes of what it does, it logs in a few
 * letters; see there.
 */
enum act_kind {
    ACT_POST = 1,  /* to [target] an event [type] of [size] bytes (or [number]) with [done] */
    ACT_POST_MANY, /* the same [count] times, numbered from [number] on; logs how many were taken
                    */
    ACT_SUBSCRIBE, /* to [type], [groups] */
    ACT_UNSUBSCRIBE,  /* likewise */
    ACT_TOPIC,        /* logs the type of topic "a" */
    ACT_TIMER_SET,    /* in [number], every [count], with cookie [size]; logs the id */
    ACT_TIMER_CANCEL, /* timer [number] */
    ACT_FIND,         /* the guest with app id [number]; logs its id */
    ACT_INFO,         /* about guest [number]; logs app id and version */
    ACT_SELF,         /* logs its own id */
    ACT_RANDOM,       /* logs whether 16 bytes were filled */
    ACT_ABORT,        /* with code [number] */
    ACT_TRAP,         /* now, after what was posted with the same message */
    ACT_TRAP_AT,      /* when an event [type] comes */
    ACT_IN_DONE,      /* what the function done does: [number] of below */
    ACT_GROW,         /* its memory, so that it may move */
    ACT_FUNC,         /* posts with function number [number] as done */
    ACT_TYPED,        /* posts with a function of another type as done */
    ACT_AT,           /* posts [size] bytes from address [number] */
    ACT_AT_STOP,      /* posts this in wisp_stop */
    ACT_REQUEST,      /* of [target], [type], in [count] microseconds, with cookie [number] */
    ACT_REPLY,        /* answers the next request at once, with code [number] and [size] bytes */
    ACT_REPLY_LATER,  /* answers the last one */
    ACT_SAY           /* logs [number] */
};

enum { DONE_NONE, DONE_LOGS, DONE_TRAPS, DONE_POSTS, DONE_COUNTS, DONE_LOOPS };

struct act {
    uint32_t target, type, groups, size, number, count, done;
};

#endif
