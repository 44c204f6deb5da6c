#ifndef TESTS_UPDATE_PUBLISHER_H
#define TESTS_UPDATE_PUBLISHER_H

#include "device.h"
#include "release/offer.h"

/*
 * A publisher who does at random whatever publishers do, and signs it: releases of sets and
 * variants, rollouts, pauses, ranges of programs, flags, floors, lifted bans, going back; who
 * forgets to renew what expires; and a thief who keeps a copy of what was once said.
 */

#define PUBLISHER_TARGET "app.wasm"
#define PUBLISHER_OFFERS 8
#define CONTENT_SIZE     2000 /* of any module, at most */

/* Random numbers, the same for the same seed. */
void chance_begin(uint64_t seed);
uint32_t chance(uint32_t below);
bool one_in(uint32_t n);

/* What content does. Its bytes are known by its number; number 0 is embedded in the program. */
typedef enum nature { WORKS, FAILS, CRASHES, REFUSED } nature;
wisp_bytes content_of(uint32_t id, char buffer[CONTENT_SIZE]);
nature nature_of(wisp_bytes content);

/* Modules that belong together. */
typedef struct module_set {
    uint32_t len, ids[2];
    wisp_hash modules[2], hash;
    nature nature;
} module_set;

typedef struct offer_part {
    module_set set;
    uint64_t flag; /* called "limit"; 0 for none */
    uint32_t weight;
} offer_part;

typedef struct offer {
    uint64_t version;
    offer_part parts[2];
    uint32_t variant_len; /* 0: [parts[0]] is for all; else the variants "v0" and "v1" */
    bool is_paused, has_host, has_rollout;
    uint32_t host_min, host_below; /* the N of programs of version 1.N */
    wisp_rollout rollout;
} offer;

/* What is said, as a device believes it. */
typedef struct word {
    uint64_t sequence, floor;
    wisp_hash lifted[2];
    uint32_t lifted_len;
    offer offers[PUBLISHER_OFFERS]; /* newest first */
    int offer_len;
    int64_t targets_expire, online_expire;
} word;

typedef struct source {
    repo repo;
    word word;
} source;

extern source present; /* what the publisher says now */
extern source past;    /* what the thief has */
extern int64_t world_time;

/* Begins with a first release. */
void publisher_init(uint64_t seed);
void publisher_deinit(void);

void publisher_release(void);
void publisher_change(void); /* something else that is said */
void publisher_renew(void);
void publisher_calm(void); /* one more release, for all, that works */
void thief_copy(void);

/* When the first of the documents expires. */
int64_t word_expires(const word *said);

#endif
