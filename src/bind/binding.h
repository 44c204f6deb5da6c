#ifndef WISP_BIND_BINDING_H
#define WISP_BIND_BINDING_H

#include <wisp/bind.h>

#include "base/memory.h"

/* What a binding is made of. */

/* ------------------------------------------------------------------ lent memory */

/* A block of the module's memory, from which pieces are lent. */
typedef struct lent_block {
    uint32_t address, size, used;
} lent_block;

/* Blocks whose pieces are taken back together. */
typedef struct lent_pool {
    lent_block *blocks;
    size_t len, room;
} lent_pool;

/* Bytes that were lent for good. */
typedef struct lent_bytes {
    uint64_t hash;
    uint32_t address, size;
} lent_bytes;

typedef struct lent {
    lent_pool for_good, event, callbacks;
    lent_bytes *known; /* a hash table, of [known_room] places, a power of 2; empty: size 0 */
    size_t known_len, known_room;
    uint32_t size; /* of all blocks */
} lent;

void lent_deinit(lent *l, const wisp_allocator *allocator);

/* Takes back what was lent from [pool] after it was at [mark]. */
uint32_t lent_mark(const lent_pool *pool);
void lent_reset(lent_pool *pool, uint32_t mark);

/* ------------------------------------------------------------------ handles */

typedef struct handle {
    const wisp_bind_type *type; /* NULL: free */
    void *object;
    uint64_t born;
    uint32_t generation;
    uint32_t next; /* of the free ones */
    bool is_new;   /* the module is to end it */
} handle;

/* Places that a number can tell apart: 20 bits, without 0. */
enum { HANDLES_LIMIT = (1 << 20) - 1 };

typedef struct handles {
    handle *items; /* handle 0 is none */
    size_t len, room;
    uint32_t free_first, free_last, used;
    uint64_t births;
} handles;

/* Ends what the module has not ended. */
void handles_deinit(wisp_bind *bind);

/* ------------------------------------------------------------------ tickets */

/*
 * What the program gets as user data of a function of the module's. The pointer that it gets is
 * into the ticket, as many bytes as calls of wisp_bind_ticket_new have used it before, modulo
 * its size: that tells a late call for one that is gone from a call for the one that has its
 * place now. The places that are free longest are used first.
 */
typedef struct wisp_bind_ticket ticket;

enum { TICKET_SIZE = 128 }; /* a power of 2, and what tickets are aligned to */

struct wisp_bind_ticket {
    wisp_bind *bind;
    wisp_func *func; /* NULL: there is only something held */
    ticket *sibling; /* all there are */
    ticket *free;    /* of the free ones */
    void *block;     /* where it lies */
    void *held;      /* bytes that go with it */
    size_t held_size;
    const wisp_bind_call *call; /* the one under way in which it was made, or is taken back */
    uint32_t user;
    uint32_t handle;    /* with which it ends; 0 for none */
    uint8_t life;       /* wisp_bind_life */
    uint8_t generation; /* under TICKET_SIZE */
    bool is_held;       /* the program may call it */
    bool is_ending;     /* … until its call is over */
};

typedef struct tickets {
    ticket *all;
    ticket *free_first, *free_last;
    uint32_t used;
    size_t held; /* bytes with them */
} tickets;

/* Handle [number] is new in [call]: the callbacks that were left in it end with it. */
void tickets_join(wisp_bind_call *call, uint32_t number);

/* Handle [number] has ended, in [call] or, where that is NULL, by itself. */
void tickets_part(wisp_bind *bind, uint32_t number, wisp_bind_call *call);

/* [call] is over: so are its callbacks that are to end with it, and all of them if the program's
 * function was not called. */
void tickets_end_call(wisp_bind_call *call);

void tickets_deinit(wisp_bind *bind);

/* ------------------------------------------------------------------ the binding */

struct wisp_bind {
    wisp_bind_config config;
    const wisp_allocator *allocator;
    wisp_instance *instance; /* NULL until it calls */
    wisp_memory *memory;     /* its first; NULL for none */
    wisp_bind_call *call;    /* the innermost one under way */
    bool is_dead;            /* not to be entered any more, nor does it call */
    bool is_closing;         /* when no call is under way */
    bool is_closed;
    bool is_linked;   /* to a store, which closes it */
    bool is_released; /* and frees itself */
    lent lent;
    handles handles;
    tickets tickets;
};

/* Frees [bind] if that is left to it and nothing needs it any more. */
void bind_free_if_over(wisp_bind *bind);

/* Begins and ends a call; [err] is where its fault goes. */
void call_begin(wisp_bind_call *call, wisp_bind *bind, const char *module, const char *name,
                wisp_error *err);
wisp_status call_end(wisp_bind_call *call);

#endif
