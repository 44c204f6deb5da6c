#ifndef TESTS_UPDATE_MODEL_H
#define TESTS_UPDATE_MODEL_H

#include "publisher.h"

/*
 * A device without a disk and a network, so that what it does is done: simple enough to be
 * believed. A call begins with model_begin; the states that it goes through stay in model_steps,
 * since a real device that loses power in the call may stop in any of them.
 */

#define MODEL_ATTEMPTS_MAX 3
#define MODEL_STEPS_MAX    24

typedef struct slot {
    bool is_set;
    uint64_t version;
    module_set set;
    int variant; /* -1 for none */
    uint64_t flag;
    uint32_t attempts;
} slot;

typedef struct model {
    slot good, candidate;
    bool is_on_trial;                     /* the candidate runs */
    wisp_hash bans[WISP_UPDATE_BANS_MAX]; /* oldest first */
    int ban_len;
    uint64_t sequence, floor;
    int64_t time_floor;
    wisp_hash lifted[2]; /* the list that was heeded last */
    uint32_t lifted_len;
} model;

/* The states of the present call, the one before it included. */
extern model model_steps[MODEL_STEPS_MAX];
extern int model_step_len;

void model_begin(const model *from);
model *model_last(void);

/* What a program does: a new process, and what becomes of releases. */
void model_open(void);
void model_acquire(void);
void model_commit(void);
void model_ban(const wisp_hash *what);

typedef struct client {
    const char *id;
    int host;    /* N of the program's version 1.N; -1: it does not say */
    int64_t now; /* as far as the device knows */
} client;

typedef struct answer {
    wisp_update_outcome outcome;
    wisp_update_code code;
    uint64_t version;  /* 0: of none, or it does not matter */
    const offer *held; /* DEFERRED: what is held back */
} answer;

/* What a check must come to. */
answer model_check(const word *said, const client *asker);

bool model_has_ban(const model *m, const module_set *set);
bool model_has_turn(const offer *o, const client *asker, int64_t now);
uint64_t model_version(const slot *s, uint64_t otherwise);

#endif
