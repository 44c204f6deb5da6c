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
    PUPPET_REQUEST,     /* of guest [a] by an event of type [b] and value [c], in [d] us */
    PUPPET_REPLY,       /* to the last request that it has left open, with code [c] */
    PUPPET_REGION,      /* makes one of [a] bytes with event {[b], [c]}; 0: gives it back */
    PUPPET_SHARE,       /* to [a], its region by an event of type [b], as [c] says; access [d] */
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
    uint32_t rest[15]; /* so that some of them are as many bytes as may wait */
};

enum { PUPPET_EACH = 99, PUPPET_NUMBER_MAX = 1000, PUPPET_LAST = 1001 };

/* How much of its region is shared. The last one is refused. */
enum { PUPPET_SHARES_ALL, PUPPET_SHARES_SOME, PUPPET_SHARES_MORE };

/* What a region begins with. Whoever is given one looks at its bytes, changes some of them, and
 * only then does what it was told. */
struct puppet_region {
    struct puppet_event event;
    uint32_t changes; /* by PUPPET_REUSED each time that its owner has shared it anew, and by the
                       * number of each version that has changed it */
};

enum { PUPPET_REUSED = 1000, PUPPET_REGION_MIN = 80 }; /* bytes; events with data have fewer */

/* Tells the first bytes of a region, the last, and some between them in one number. */
static inline uint32_t puppet_sum(const uint8_t *bytes, uint32_t size)
{
    uint32_t sum = size;
    for (uint32_t i = 0; i < size; i += i < sizeof(struct puppet_region) ? 1 : 509)
        sum = sum * 31 + bytes[i];
    return sum * 31 + bytes[size - 1];
}

/* What [version] makes of it: at both ends. */
static inline void puppet_change(uint8_t *bytes, uint32_t size, uint32_t version)
{
    ((struct puppet_region *)bytes)->changes += version;
    bytes[size - 1] ^= (uint8_t)version;
}

/* How many of [size] bytes are shared: as many as there are, fewer, or more, but for [size]s that
 * fill a page, as those are outside. */
static inline uint32_t puppet_share(uint32_t size, uint32_t how_much)
{
    return how_much == PUPPET_SHARES_ALL    ? size
           : how_much == PUPPET_SHARES_SOME ? PUPPET_REGION_MIN + (size - PUPPET_REGION_MIN) / 2
                                            : size + (size % 65536 != 0);
}

/* What its owner fills it with. */
static inline void puppet_fill(uint8_t *bytes, uint32_t size, uint32_t value, uint32_t traps_in)
{
    struct puppet_region *head = (struct puppet_region *)bytes;
    for (uint32_t i = 0; i < size; i++)
        bytes[i] = (uint8_t)value;
    *head = (struct puppet_region){.event = {.value = value, .traps_in = traps_in}};
}

/* Requests of which values are answered at once; others are left to PUPPET_REPLY, or time. */
enum { PUPPET_ANSWERS = 3 };

/* Bytes of an answer: those of its code, or none. */
static inline uint32_t puppet_answer_size(uint32_t code)
{
    return code % 2 ? (uint32_t)sizeof code : 0;
}

enum puppet_what {
    PUPPET_STARTED,
    PUPPET_DID,        /* a: the op, b: what it gave */
    PUPPET_HANDLED,    /* a: sender, b: type, c: value, d: the sum of a region, or 0 */
    PUPPET_NOTED,      /* a: type, b: guest, c: version */
    PUPPET_REPLIED,    /* a: request, b: what it gave */
    PUPPET_ANSWERED,   /* a: request, b: status, c: code, d: cookie */
    PUPPET_WAS_DONE,   /* a: type, b: value, c: whether it had data */
    PUPPET_WAS_SHARED, /* a: type, b: the sum of its region if no event carries that, or 0 */
    PUPPET_STOPPED     /* a: what posting gave */
};

struct puppet_report {
    uint32_t what, version, count, a, b, c, d;
};

#endif
