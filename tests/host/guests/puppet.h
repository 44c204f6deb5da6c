#ifndef PUPPET_H
#define PUPPET_H

#include <stdint.h>

/* What the model test tells guests/puppet.c to do, and what that reports. */

enum { PUPPET_SCRIPT = 1, PUPPET_REPORT = 2 }; /* channels */

enum puppet_op {
    PUPPET_POST,        /* to guest [a], an event of type [b] and value [c] */
    PUPPET_POST_ALL,    /* of type [b] and value [c] to groups [a] */
    PUPPET_SUBSCRIBE,   /* to type [a], groups [b] */
    PUPPET_UNSUBSCRIBE, /* likewise */
    PUPPET_TIMER,       /* after [a] us, every [b] us, with cookie [c] */
    PUPPET_CANCEL,      /* timer [a] */
    PUPPET_TRAP,        /* in version [a], or in each for 0 */
    PUPPET_ABORT,       /* likewise */
    PUPPET_OP_COUNT
};

/* Bits of [d] of what posts. */
enum { PUPPET_WANTS_DONE = 1, PUPPET_HAS_DATA = 2 };

struct puppet_step {
    uint32_t op, a, b, c, d;
};

enum { PUPPET_STEPS_MAX = 4 };

struct puppet_script {
    uint32_t len;
    struct puppet_step steps[PUPPET_STEPS_MAX];
};

/* An event with data. One without has a value of its own, and traps nowhere. */
struct puppet_event {
    uint32_t value;
    uint32_t traps_in; /* a version, 0: none, PUPPET_EACH: all */
};

enum { PUPPET_EACH = 99, PUPPET_NUMBER_MAX = 1000, PUPPET_LAST = 1001 };

/* Requests of which values it answers; others it leaves to time. */
enum { PUPPET_ANSWERS = 3 };

enum puppet_what {
    PUPPET_STARTED,
    PUPPET_DID,      /* a: the op, b: what it gave */
    PUPPET_HANDLED,  /* a: sender, b: type, c: value */
    PUPPET_WAS_DONE, /* a: type, b: value */
    PUPPET_STOPPED   /* a: what posting gave */
};

struct puppet_report {
    uint32_t what, version, count, a, b, c;
};

#endif
