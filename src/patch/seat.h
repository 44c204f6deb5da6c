#ifndef WISP_PATCH_SEAT_H
#define WISP_PATCH_SEAT_H

#include "patch/set.h"
#include "patch/thread.h"
#include "wasm/call_mark.h"
#include "wasm/raw_call.h"

/*
 * Where a thread sits in a set: a store and an instance of the module, and the calls of it that
 * are under way. Nobody else touches a seat while its thread lives, so that calls need no locks.
 *
 * A thread has one place, a number, in all sets, from its first call of a patched function until
 * it ends. The seat at this place is made when the thread first comes to a set; a later thread
 * that gets the place finds it, with whatever the former one left undone. So that each knows its
 * own, a thread's record has a ticket, which nobody had before, and which tells the place.
 */

enum {
    WISP_PATCH_LEVELS_MAX = 256, /* calls of one seat within each other */
    WISP_PATCH_PLACES_MAX = 1024,
    WISP_PATCH_TICKET_STEP = 2 * WISP_PATCH_PLACES_MAX,
    WISP_PATCH_NATIVE_STACK_MIN =
        64 * 1024 /* bytes that a thread must have left to run a patch */
};

/* A call of a patched function that is under way. The patch may have called something that called
 * a patched function, and so on: these are levels. */
typedef struct wisp_patch_level {
    wisp_call_mark mark; /* of the store, before it */
    const wisp_patch_replaced *replaced;
    wisp_patch_frame *frame;
    uintptr_t return_to;    /* what the word before its caller's frame was */
    uint64_t stack_pointer; /* of the patch, before it */
    uint64_t fuel;          /* of the level around it */
    uint32_t first_range;   /* of what it was granted */
    bool has_result;        /* the original has been called: its result is in [frame] */
} wisp_patch_level;

/* A function of the module that replaces one of the program, as one of a seat. */
typedef struct wisp_patch_inlet {
    wisp_func *func;
    _Atomic uint64_t calls; /* written by the thread alone */
} wisp_patch_inlet;

/* A function that the module imports, as one of a seat. */
typedef struct wisp_patch_outlet {
    struct wisp_patch_seat *seat;
    const wisp_patch_callee *callee; /* NULL: it is none */
    uint64_t address;                /* of a variable */
} wisp_patch_outlet;

struct wisp_patch_seat {
    wisp_patch_set *set;
    wisp_patch_thread *thread; /* that of the call under way */
    wisp_store *store;
    wisp_instance *instance;
    wisp_slot *stack_pointer; /* of the module: its global, or [no_stack] where it has none */
    wisp_slot no_stack;
    const uint64_t *fence;    /* what must stay WISP_PATCH_FENCE */
    wisp_memory *own_memory;  /* NULL where it is the set's, or there is none */
    wisp_patch_memory memory; /* [user] is the seat */
    wisp_patch_grants grants;
    wisp_patch_inlet *inlets;   /* by wisp_patch_replaced.index */
    wisp_patch_outlet *outlets; /* by import */
    uint64_t fuel;              /* of a call */
    bool grants_arguments;      /* what they point at is to be noted */
    uint64_t refused; /* an address that a function of builtin.h could not touch; 0: none */
    uint32_t place;
    uintptr_t ticket; /* of the thread that has taken it last */
    bool (*read)(uint64_t address, void *into, size_t size); /* of memory at any address */
    bool (*write)(uint64_t address, const void *from, size_t size);
    uint32_t level;                                 /* how many there are */
    wisp_patch_level levels[WISP_PATCH_LEVELS_MAX]; /* outermost first */
    wisp_arena arena;                               /* what it is made of */
};

/* Makes the seat of [place] in [set]: instantiates the module, whose start function runs, and may
 * not call native functions. Fails as wisp_instance_new does. */
wisp_status wisp_patch_seat_new(wisp_patch_set *set, uint32_t place, wisp_patch_seat **out,
                                wisp_error *err);

/* Frees [seat], in which no call is under way. NULL is fine. */
void wisp_patch_seat_free(wisp_patch_seat *seat);

/* The seat of the calling thread, whose record is [thread], which takes it if it is new; NULL
 * where there is none, or no memory for it. */
wisp_patch_seat *wisp_patch_seat_take(wisp_patch_set *set, wisp_patch_thread *thread);

/* The place that [ticket] tells, a huge number for no ticket, 0: tickets count up in steps of
 * WISP_PATCH_TICKET_STEP, and have the place and 1 added. */
static inline uint32_t wisp_patch_place_of(uintptr_t ticket)
{
    return (uint32_t)(ticket % WISP_PATCH_TICKET_STEP) - 1;
}

/* The same where the thread has been there before, and nothing is to be made. */
static inline wisp_patch_seat *wisp_patch_seat_of(const wisp_patch_set *set,
                                                  const wisp_patch_thread *thread)
{
    uintptr_t ticket = (uintptr_t)thread->user;
    uint32_t place = wisp_patch_place_of(ticket);
    if (place >= set->seat_count)
        return NULL;
    wisp_patch_seat *seat = atomic_load_explicit(&set->seats[place], memory_order_relaxed);
    return seat && seat->ticket == ticket ? seat : NULL;
}

/* Ends all levels of [seat] from [level] on, whose frames are gone. */
void wisp_patch_seat_drop(wisp_patch_seat *seat, uint32_t level);

/* Gives the place of [thread] back, which ends, or has none. */
void wisp_patch_place_return(wisp_patch_thread *thread);

/* Where the memory of the module's own is now. One that has no page yet has no objects. */
static inline void wisp_patch_seat_refresh(wisp_patch_seat *seat)
{
    if (!seat->own_memory)
        return;
    uint64_t size = seat->own_memory->block.size;
    seat->memory.base = seat->own_memory->block.data;
    seat->memory.size = size > WISP_OUTSIDE_FIRST ? size : WISP_OUTSIDE_FIRST;
}

/* What is below the stack of each seat. */
#define WISP_PATCH_FENCE UINT64_C(0x5eb1ade5c0de5afe)

/* Whether the patch has kept to its own stack, as far as can be seen. */
static inline bool wisp_patch_seat_is_whole(const wisp_patch_seat *seat)
{
    return *seat->fence == WISP_PATCH_FENCE;
}

#endif
