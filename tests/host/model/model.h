#ifndef MODEL_H
#define MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <wisp/event.h>

#include "../guests/puppet.h"

/*
 * A host with guests that run guests/puppet.c, as simple as it can be written: lists that are
 * searched from end to end, versions that are a number and a count. It writes down in words all
 * that a host would let its program see and hear, so that the two can be compared.
 *
 * Guests are called by their ids.
 */

enum {
    MODEL_GUESTS = 5,     /* at a time */
    MODEL_QUEUE_MAX = 12, /* for one guest */
    MODEL_EVENTS_MAX = 12,
    MODEL_EVENT_BYTES_MAX = 480, /* of those; one entry of a puppet sends less */
    MODEL_POSTS_MAX = 16,
    MODEL_RESTARTS = 3,
    MODEL_PAUSE_MS = 100,
    MODEL_PROBATION = 8,
    MODEL_TIMERS = 4,
    MODEL_TYPES = 4, /* of events, from WISP_EVENT_USER on */
    MODEL_SUBSCRIPTIONS = 3,
    MODEL_REGION_BYTES = 1536 << 10, /* of all regions */
    MODEL_GUEST_REGIONS = 2,         /* … of one guest, … */
    MODEL_GUEST_REGION_BYTES = 1 << 20
};

/* ------------------------------------------------------------------ what there is */

typedef struct model_region {
    uint32_t refs;    /* who has made it, and each event that carries it */
    uint32_t maker;   /* a guest, whose version has it no more; 0: none */
    bool is_changing; /* a module has posted it so, and does not know the outcome */
    uint8_t *bytes;
    size_t size;
} model_region;

typedef struct model_answer {
    uint32_t request;
    int32_t status, code;
    uint32_t cookie;
} model_answer;

/* What a version is given. */
typedef struct model_entry {
    enum { MODEL_SCRIPT, MODEL_EVENT, MODEL_RESPONSE } kind;
    uint32_t sender, type;
    uint32_t request;          /* EVENT: that it is; 0: none */
    uint32_t guest;            /* EVENT: that came or went, of version event.value; 0: none */
    struct puppet_event event; /* EVENT; of a region, what that begins with now */
    uint32_t sum;              /* of the bytes of the region, or 0 */
    model_region *changes;     /* what becomes of them if it ends well; NULL: nothing */
    size_t size;               /* of those */
    model_answer answer;       /* RESPONSE */
    struct puppet_script script;
    bool was_handled; /* in a backlog: by the version that had it first */
} model_entry;

/* One that was taken from the queue is open until it is answered. */
typedef struct model_request model_request;
struct model_request {
    model_request *next;
    uint32_t number, asked, asker, cookie;
    uint64_t epoch; /* of the asker */
    uint64_t due_ns, order;
    bool is_replied; /* in the entry under way */
};

typedef struct model_envelope model_envelope;
struct model_envelope {
    model_envelope *next;
    model_entry entry;
    uint32_t target, groups;
    uint32_t timer; /* whose event it is; 0: no timer's */
    bool is_evicted;
    bool is_counted;                     /* among the events that may wait in the host */
    uint64_t generation;                 /* that posted it; 0: none */
    bool is_taken;                       /* from a guest, and counted among its posts */
    bool wants_done, has_data, is_share; /* a post of a module's region */
    uint32_t serial;                     /* of the program's posts; 0: none */
    model_request *asking;
    model_region *region;
    size_t size; /* of what it shares of that */
    bool is_writable;
};

typedef struct model_list {
    model_envelope *first, *last;
} model_list;

typedef struct model_version {
    uint64_t generation; /* 0: there is none */
    uint32_t number, count;
    uint32_t asked; /* the last request that it has left open */
    model_region *region;
    uint32_t shared; /* its posts of regions that are not done with */
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
    bool is_announced;  /* it was told that this guest is there, … */
    uint32_t announced; /* … with this version */
    uint32_t waiting;   /* PAUSED: the number of what is started then */
    uint64_t due_ns, due_order;
    uint32_t restarts, entries_left;
    model_saved saved;
    bool has_former;
    uint32_t former;
    model_saved former_saved;
    model_holdings holdings, aside;
    model_entry journal[MODEL_JOURNAL_MAX], backlog[MODEL_JOURNAL_MAX];
    size_t journal_len, backlog_len;
    model_list held, parked;
    uint32_t waits;     /* messages and events that wait for it */
    uint32_t posts;     /* of its own that are not done with */
    uint32_t requests;  /* of its own that are not answered */
    uint32_t loose;     /* regions of its versions' that only events carry; … */
    size_t loose_bytes; /* … their bytes */
    uint64_t epoch;     /* counts how often it has begun anew */
    wisp_guest_status counts;
} model_guest;

/* The counters of guests that are kept. */
#define MODEL_COUNTERS(X)                                                                        \
    X(messages_in)                                                                               \
    X(messages_dropped)                                                                          \
    X(events_in)                                                                                 \
    X(events_out)                                                                                \
    X(events_dropped)                                                                            \
    X(events_refused)                                                                            \
    X(redelivered)                                                                               \
    X(callbacks_called)                                                                          \
    X(callbacks_cancelled)                                                                       \
    X(traps)                                                                                     \
    X(swaps)                                                                                     \
    X(reverts)                                                                                   \
    X(restarts)

/* What was met, over all guests. */
typedef struct model_reach {
    wisp_guest_status counts; /* of guests that are gone */
    uint32_t frees, downs;
    uint32_t callbacks, callbacks_of_none; /* functions done that were posted; … of guests that
                                            * are gone, which are neither called nor cancelled */
    uint32_t answers[WISP_BUSY + 1];       /* by their status, to whoever has asked */
    uint32_t without_place, without_bytes; /* posts for which the host had none */
    uint32_t opened, refused, shared;      /* regions of modules: made, not made, posted */
    uint32_t sights, changes, redone;      /* of regions by modules; redone: by an old version */
} model_reach;

/* What the program does in the next event that it gets. */
typedef struct model_armed {
    bool makes_guest;
    uint32_t sends_to; /* 0: to none */
    struct puppet_script script;
} model_armed;

typedef struct model {
    model_guest *guests[MODEL_GUESTS]; /* in the order in which they were made */
    size_t guest_len;
    uint32_t last_guest;
    uint64_t now_ns, last_generation, last_order;
    uint32_t last_request;
    model_list queue, turn, ripe;
    model_request *open;        /* the newest first */
    size_t region_bytes;        /* of all regions */
    size_t events, event_bytes; /* that wait */
    model_armed armed;
    uint32_t program_groups[MODEL_TYPES + 2]; /* that the program has subscribed to */
    model_reach reach;
    char heard[1 << 16];
    size_t heard_len;
} model;

void model_init(model *m, uint64_t now_ns);
void model_deinit(model *m);

/* ------------------------------------------------------------------ the calls of a program */

/* Each gives what it returns. */

uint32_t model_guest_new(model *m, wisp_on_fault on_fault); /* its id */
void model_guest_free(model *m, uint32_t guest);

typedef struct model_letter {
    uint32_t target, type, groups;
    struct puppet_event event; /* without data only its value goes out, as a number */
    bool has_data;
    model_region *region; /* in the place of data; NULL: none */
    size_t size;          /* of what it shares of that */
    bool is_writable;
    uint32_t serial; /* by which it is told when it is done with; 0: it is not */
} model_letter;

wisp_status model_post(model *m, const model_letter *letter);

/* The response is told by [serial]. */
wisp_status model_ask(model *m, const model_letter *letter, uint64_t timeout_ns, uint32_t serial);
wisp_status model_reply(model *m, uint32_t request, uint32_t code);

wisp_status model_send(model *m, uint32_t guest, const struct puppet_script *script);
wisp_status model_deliver(model *m, uint32_t guest, const struct puppet_script *script);
wisp_status model_start(model *m, uint32_t guest, uint32_t number);
wisp_status model_swap(model *m, uint32_t guest, uint32_t number);
wisp_status model_decide(model *m, uint32_t guest, bool commit);
wisp_status model_save(model *m, uint32_t guest);
void model_stop(model *m, uint32_t guest);
void model_step(model *m);

/* Held by the caller, who may write to its bytes where a program may. */
wisp_status model_region_new(model *m, size_t size, model_region **out);
void model_region_free(model *m, model_region *region);

/* ------------------------------------------------------------------ looking */

model_guest *model_guest_find(const model *m, uint32_t id); /* NULL if there is none */
wisp_guest_state model_guest_state(const model_guest *g);

/* Where it keeps which groups of [type] the program has subscribed to. */
uint32_t *model_program_groups(model *m, uint32_t type);

/* Whether an event carries [region]. */
bool model_region_is_lent(const model_region *region);

#endif
