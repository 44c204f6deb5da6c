#ifndef STAGE_H
#define STAGE_H

#include <wisp/event.h>

#include "rig.h"

#include "guests/acts.h"

/*
 * A host with several guests that run guests/actor.c, and a program that listens. What all of
 * them say is kept in one text, in the order in which they say it: "1:e8001=5<2 " is what guest 1
 * says, "p:" what the program hears, and "done 8001 " that a post of the program's is done with.
 */

enum { STAGE_GUESTS_MAX = 64 };

struct stage {
    struct ledger ledger;
    wisp_os os;
    uint64_t now_ns;
    bool random_fails;
    wisp_host *host;
    wisp_guest *guests[STAGE_GUESTS_MAX];
    uint32_t guest_len;
    char heard[65536];
    size_t heard_len;
    uint32_t done_calls;
    uint32_t request; /* of the last event that the program got */
    const void *event_data, *event_region, *done_data; /* of the last one */
};

/* [configs] may be NULL. */
void stage_init(struct stage *s, const wisp_host_config *host_config);

/* Frees all, and fails if memory is left. */
void stage_deinit(struct stage *s);

/* A guest that runs module [name]; its app id is 100 + its number, which counts from 1. [config]
 * may be NULL. */
wisp_guest *stage_add(struct stage *s, const wisp_guest_config *config, const char *name);

/* The same, without a module. */
wisp_guest *stage_add_empty(struct stage *s, const wisp_guest_config *config);

/* Has [guest] do something at once. */
wisp_status stage_act(struct stage *s, wisp_guest *guest, enum act_kind kind, struct act act);
#define ACT(s, guest, kind, ...) stage_act(s, guest, kind, (struct act){__VA_ARGS__})

/* Steps once; steps until nothing waits. */
void stage_step(struct stage *s);
void stage_settle(struct stage *s);

/* The program posts, with a done that is told. */
wisp_status stage_post(struct stage *s, wisp_post post);
#define POST(s, ...) stage_post(s, (wisp_post){__VA_ARGS__})

/* Forgets what was heard; stage_expect does so too. */
void stage_forget(struct stage *s);

#define stage_expect(s, text) rig_compare((s)->heard, &(s)->heard_len, text)

/* The same, where # in [text] stands for [size]. */
void stage_expect_sized(struct stage *s, const char *text, size_t size);

wisp_guest_status stage_status(const wisp_guest *guest);

/* How often regions are mapped in this program; 0 if the system does not tell. */
int stage_count_mapped(void);

/* Lets the system refuse new file descriptors, or give them again. */
void stage_refuse_files(bool is_refused);

#endif
