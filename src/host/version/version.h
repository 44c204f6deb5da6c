#ifndef WISP_HOST_VERSION_H
#define WISP_HOST_VERSION_H

#include <setjmp.h>

#include <wisp/host.h>
#include <wisp/native.h>

#include "host/measure/blackbox.h"
#include "host/measure/stopwatch.h"
#include "host/tape/playback.h"
#include "host/tape/tap.h"
#include "host/version/effects.h"
#include "host/version/entry.h"
#include "host/version/exports.h"
#include "host/version/native_heap.h"
#include "host/version/state.h"
#include "host/version/tasks.h"
#include "host/version/windows.h"

/*
 * One running version of a guest's module.
 *
 * There is one way in, wisp_version_enter: recordings, the shadow, the journal and counters
 * hook there. What an entry means for one kind of code is for its back end.
 */

/* What a version is made of. */
typedef struct wisp_source { /* one of the two */
    const wisp_module *module;
    const wisp_native *native;
} wisp_source;

/* Bytes of memory that a version takes now, and of them those of its heap, if it tells; all 0
 * before it is loaded. */
typedef struct wisp_usage {
    uint64_t memory_size, heap_size, heap_peak;
} wisp_usage;

/* What runs one kind of code. */
typedef struct wisp_backend {
    /* Makes [version] ready to be entered and learns its number. */
    wisp_status (*load)(wisp_version *version, wisp_error *err);
    /* Whether the module has something to enter for [kind]. */
    bool (*has)(const wisp_version *version, wisp_entry_kind kind);
    /* As wisp_version_enter, for a kind that it has. */
    wisp_status (*enter)(wisp_version *version, const wisp_entry *entry, int32_t *answer,
                         wisp_error *err);
    /* The trap of the last call that returned WISP_TRAP. */
    const wisp_trap *(*trap)(const wisp_version *version);
    wisp_usage (*usage)(const wisp_version *version);
    /* Its state region (state_region.h), as it lies there now; of 0 bytes if it has none. */
    void *(*state)(const wisp_version *version, size_t *size);
    void (*unload)(wisp_version *version); /* … whatever load came to */
} wisp_backend;

/* A WebAssembly module: a store of its own, so that freeing it frees all that the module ever
 * made, and a fault in it touches nothing else. */
typedef struct wisp_wasm {
    wisp_store *store;
    wisp_instance *instance; /* NULL until loaded, as is what follows */
    wisp_exports exports;
    const wisp_snapshot *snapshot; /* in whose state it is loaded, or NULL; borrowed for that */
    wisp_tap_slot *slots;          /* one for each of the guest's taps */
} wisp_wasm;

/* A module that was compiled into the program. */
typedef struct wisp_native_entry {
    jmp_buf way_out; /* of the entry under way, for one that is broken off */
    wisp_trap trap;  /* that did so last */
    wisp_native_heap heap;
} wisp_native_entry;

struct wisp_version {
    wisp_guest *guest;
    wisp_source source;
    const wisp_backend *backend;
    uint64_t generation; /* no two versions of a host ever have the same */
    uint32_t number;     /* what wisp_version gives */
    wisp_tasks tasks;
    wisp_effects effects;    /* of the entry under way, and of those that wait for the version to
                              * be taken */
    wisp_windows windows;    /* regions that it has made */
    uint32_t asked;          /* the request that the entry under way is, or 0 */
    wisp_state *saving;      /* where wisp.save appends; NULL outside wisp_save */
    uint32_t life;           /* its number in the recording of the guest; 0: it has none */
    wisp_tape *tape;         /* on which its calls are written, or NULL: see tap.h */
    wisp_playback *playback; /* from which they are answered, or NULL */
    wisp_blackbox_note note; /* of all its entries, if the host has a black box */
    wisp_stopwatch watch;
    uint64_t fuel; /* that the last entry has used; 0 of code that uses none */
    uint64_t ns;   /* that it took; 0 if it was not timed and was short */
    wisp_wasm wasm;
    wisp_native_entry native;
};

/* A version of [source] for [guest] that has run nothing yet; NULL if memory is refused. */
wisp_version *wisp_version_new(wisp_guest *guest, wisp_source source, wisp_error *err);

/* Frees it with all that the module made. NULL is fine. Not from inside an entry. */
void wisp_version_free(wisp_version *version);

/*
 * Makes [entry] into [version], with what the guest's config grants to one entry. What it
 * returned goes to *[answer], 0 if it returns nothing (NULL: nobody wants to know). What it has
 * sent goes out before this returns if it ended well, and never if it did not. That of
 * START and RESTORE waits for wisp_version_taken, and is dropped if the version is freed.
 *
 * WISP_TRAP if the module trapped or ran out of fuel; WISP_NOT_FOUND if it has no function for
 * this kind and WISP_LIMIT if it has no room for the bytes, which are no faults; anything
 * else if it is at fault otherwise. No pointer into its memory outlives the call.
 */
wisp_status wisp_version_enter(wisp_version *version, const wisp_entry *entry, int32_t *answer,
                               wisp_error *err);

/* The guest has taken [version] for its current one: lets out what it sent while it started. */
void wisp_version_taken(wisp_version *version);

/* Loads it, without entering wisp_start. */
wisp_status wisp_version_load(wisp_version *version, wisp_error *err);

/* Loads it and enters wisp_start: the first entry. WISP_UNSUPPORTED if wisp_start says no. */
wisp_status wisp_version_start(wisp_version *version, wisp_error *err);

/* Enters wisp_save, or, for a module without it, reads its state region, and makes *[state],
 * which must be no state, what it saved; on failure it stays none. WISP_NOT_FOUND for a module
 * with neither. */
wisp_status wisp_version_save(wisp_version *version, wisp_state *state, wisp_error *err);

/* Makes [entry], a RESTORE: enters wisp_restore, if the module has it, or writes its state
 * region, if it has that. WISP_MISMATCH if the region is of another size. */
wisp_status wisp_version_give(wisp_version *version, const wisp_entry *entry, int32_t *answer,
                              wisp_error *err);

/* The same with [state]. WISP_MISMATCH also if wisp_restore says no. */
wisp_status wisp_version_restore(wisp_version *version, const wisp_state *state, wisp_error *err);

/* Enters wisp_stop, if the module has it. */
wisp_status wisp_version_stop(wisp_version *version, wisp_error *err);

/* Has its calls written on the guest's tape, or not any more, as it is recorded or not. */
void wisp_version_choose_tape(wisp_version *version);

/* Raises the peaks of memory and heap in [counts] to what [version] has used. */
void wisp_version_raise_peaks(const wisp_version *version, wisp_guest_status *counts);

/* The trap that made the last entry return [status], or NULL if it was none. [version] may
 * be NULL. */
const wisp_trap *wisp_version_trap(const wisp_version *version, wisp_status status);

#endif
