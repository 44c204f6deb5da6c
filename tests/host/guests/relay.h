#ifndef RELAY_H
#define RELAY_H

#include <stdint.h>

/* What guests/relay.c passes on, and how. */

enum {
    RELAY_HOP = 0x8001,  /* to a relay: passes it on, or sends it home */
    RELAY_CALL = 0x8002, /* to all: each sends it home */
    RELAY_HOME = 0x8003  /* to the program */
};

struct relay {
    uint32_t serial;
    uint32_t hops; /* that are still to come */
    uint32_t len;  /* of all relays, whose ids begin with 1 */
    uint32_t sum;  /* over the relays that it was at */
};

/* What it adds to the sum at the relay [id]. */
static inline uint32_t relay_mark(const struct relay *r, uint32_t id)
{
    return (r->sum ^ id) * 0x9e3779b9u + r->hops;
}

/* Where it goes from there. */
static inline uint32_t relay_next(const struct relay *r, uint32_t id)
{
    return 1 + (id * 7 + r->serial) % r->len;
}

#endif
