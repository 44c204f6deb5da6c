#ifndef MODEL_PAIR_H
#define MODEL_PAIR_H

#include "../rig.h"

#include <wisp/event.h>
#include <wisp/record.h>

#include "model.h"

/*
 * A host and its model, which get the same random calls. Of the host is written down what it
 * lets its program see and hear, in the words of the model.
 */

enum {
    PAIR_OPERATIONS = 4000, /* of a walk, each of which asks and posts at most once by serial */
    PAIR_REGIONS = 4,       /* that the program holds at a time */
    PAIR_VERSIONS = 3
};

/* A post of the program's that is told when it is done with. */
struct pair_posted {
    struct pair *pair;
    struct puppet_event event;
    size_t region_size; /* what it shares of a region; 0: none, or nothing that can be shared */
    uint32_t done;      /* how often */
};

struct pair_request {
    struct pair *pair;
    wisp_status status; /* of asking */
    uint32_t responses;
};

struct pair_region {
    wisp_region *region; /* NULL: there is none */
    model_region *model;
};

/* A recording of a guest, in memory. */
struct pair_tape {
    enum { PAIR_TAPE_NONE, PAIR_TAPE_RUNS, PAIR_TAPE_ENDED } state;
    uint32_t guest;
    uint8_t *bytes;
    size_t size, capacity;
};

struct pair {
    model model;
    struct ledger ledger;
    wisp_os os;
    wisp_host *host;
    char heard[1 << 16];
    size_t heard_len;
    uint64_t random; /* xorshift */
    uint32_t last_value;
    model_armed armed;
    uint32_t made;                                  /* guests */
    struct pair_posted posted[PAIR_OPERATIONS + 1]; /* by serial, from 1 on */
    uint32_t last_posted;
    struct pair_request requests[PAIR_OPERATIONS + 1];
    uint32_t last_request;
    uint32_t asked; /* the last request to the program that it has left open */
    struct pair_region regions[PAIR_REGIONS];
    int operation;
    int descriptor;             /* the lowest that was free when it began */
    uint32_t shadows, replayed; /* that there were; entries */
    struct pair_tape tape;
    bool is_over; /* the rest is not compared */
};

void pair_begin(struct pair *p, uint64_t seed);

/* One call of both, by chance. */
void pair_call(struct pair *p);

/* Fails unless both are in the same state and have let the same be heard. */
void pair_compare(struct pair *p);

/* Frees the host: all that was taken must then have ended, once, and all memory be free. */
void pair_end(struct pair *p);

/* ------------------------------------------------------------------ for the calls */

uint32_t pair_pick(struct pair *p, uint32_t below);
void pair_on_done(void *user, uint32_t type, const void *data);
void pair_on_response(void *user, wisp_status status, int32_t code, wisp_bytes answer);
void pair_on_difference(void *user, wisp_guest *guest, const wisp_shadow_difference *difference);
void pair_guest_new(struct pair *p, wisp_on_fault on_fault);
void pair_region_free(struct pair *p, struct pair_region *it);

const wisp_module *pair_module(uint32_t number);

/* Begins to record [guest]; false if it is too large. The tape must be none. */
bool pair_record(struct pair *p, wisp_guest *guest, uint64_t size_max, bool is_ring);

/* If a recording has ended: has its modules do the same once more. */
void pair_replay(struct pair *p);

/* The answer that goes with [code]; it is borrowed from there. */
wisp_bytes pair_answer(const uint32_t *code);

#endif
