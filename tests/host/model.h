#ifndef MODEL_H
#define MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <wisp/event.h>

#include "guests/puppet.h"

/*
 * A host with guests that run guests/puppet.c, as simple as it can be written: lists that are
 * searched from end to end, versions that are a number and a count. It writes down in words all
 * that a host would let its program see and hear, so that the two can be compared.
 *
 * Guests are called by their ids, from 1 on.
 */

enum {
    MODEL_GUESTS = 4,
    MODEL_QUEUE_MAX = 12, /* for one guest */
    MODEL_RESTARTS = 3,
    MODEL_PAUSE_MS = 100,
    MODEL_PROBATION = 8,
    MODEL_TIMERS = 4,
    MODEL_TYPES = 4, /* of events, from WISP_EVENT_USER on */
    MODEL_SUBSCRIPTIONS = 3
};

/* What a version is given. */
typedef struct model_entry {
    enum { MODEL_SCRIPT, MODEL_EVENT } kind;
    uint32_t sender, type;
    struct puppet_event event;
    struct puppet_script script;
    bool was_handled; /* in a backlog: by the version that had it first */
} model_entry;

typedef struct model_envelope model_envelope;
struct model_envelope {
    model_envelope *next;
    model_entry entry;
    uint32_t target, groups;
    uint32_t timer; /* whose event it is; 0: no timer's */
    bool is_evicted;
    uint64_t generation; /* that posted it; 0: none */
    bool wants_done, has_data;
    uint32_t serial; /* of the program's posts; 0: none */
};

typedef struct model_list {
    model_envelope *first, *last;
} model_list;

typedef struct model_version {
    uint64_t generation; /* 0: there is none */
    uint32_t number, count;
} model_version;

typedef struct model_timer {
    uint32_t id;
    uint64_t due_ns, every_ns, order;
    uint32_t cookie;
    bool has_rung; /* its event waits */
} model_timer;

/* What belongs to a guest, and not to a version. */
typedef struct model_holdings {
    struct {
        uint32_t type, groups;
    } subscriptions[MODEL_SUBSCRIPTIONS];
    size_t subscription_len;
    model_timer timers[MODEL_TIMERS];
    size_t timer_len;
    uint32_t last_timer;
} model_holdings;

typedef struct model_saved {
    bool is_some;
    uint32_t count;
} model_saved;

enum { MODEL_JOURNAL_MAX = 256 };

typedef struct model_guest {
    uint32_t id;
    wisp_on_fault on_fault;
    model_version current, fallback;
    bool is_down, is_paused, is_stopping;
    uint32_t waiting; /* PAUSED: the number of what is started then */
    uint64_t due_ns, due_order;
    uint32_t restarts, entries_left, downs;
    model_saved saved;
    bool has_former;
    uint32_t former;
    model_saved former_saved;
    model_holdings holdings, aside;
    model_entry journal[MODEL_JOURNAL_MAX], backlog[MODEL_JOURNAL_MAX];
    size_t journal_len, backlog_len;
    model_list held, parked;
    uint32_t waits; /* messages and events that wait for it */
    wisp_guest_status counts;
} model_guest;

typedef struct model {
    model_guest guests[MODEL_GUESTS + 1]; /* by id; the first is not used */
    uint64_t now_ns, last_generation, last_order;
    model_list queue, turn, ripe;
    uint32_t program_groups[MODEL_TYPES]; /* that the program has subscribed to */
    char heard[1 << 16];
    size_t heard_len;
} model;

void model_init(model *m, uint64_t now_ns);
void model_deinit(model *m);

/* The calls of a program, each with what it returns. */
wisp_status model_post(model *m, uint32_t target, uint32_t type, uint32_t groups,
                       struct puppet_event event, bool has_data, uint32_t serial);
wisp_status model_send(model *m, uint32_t guest, const struct puppet_script *script);
wisp_status model_start(model *m, uint32_t guest, uint32_t number);
wisp_status model_swap(model *m, uint32_t guest, uint32_t number);
wisp_status model_decide(model *m, uint32_t guest, bool commit);
wisp_status model_save(model *m, uint32_t guest);
void model_stop(model *m, uint32_t guest);
void model_step(model *m);

wisp_guest_state model_state(const model *m, uint32_t guest);

/* How many callbacks of [guest] are cancelled when ripe ones are looked at next. A host looks
 * after each of its envelopes, of which some, the responses to requests, are not in the model. */
uint32_t model_cancelled_soon(const model *m, uint32_t guest);

#endif
