#ifndef WISP_HOST_VERSION_H
#define WISP_HOST_VERSION_H

#include <wisp/host.h>

#include "host/exports.h"
#include "host/state.h"
#include "host/tasks.h"

/*
 * One running version of a guest's module. Each has a store of its own, so that freeing it
 * frees all that the module ever made, and a fault in it touches nothing else.
 *
 * The functions below that enter the module give it the guest's fuel for one entry. On
 * WISP_TRAP the store holds the trap. No pointer into linear memory outlives a call.
 */
typedef struct wisp_version {
    wisp_guest *guest;
    const wisp_module *module;
    wisp_store *store;
    wisp_instance *instance; /* NULL until started, as is what follows */
    wisp_exports exports;
    uint32_t number;
    wisp_tasks tasks;
    wisp_state *saving; /* where wisp.save appends; NULL outside wisp_save */
} wisp_version;

/* A version of [module] for [guest] that has run nothing yet; NULL if memory is refused. */
wisp_version *wisp_version_new(wisp_guest *guest, const wisp_module *module, wisp_error *err);

/* Frees it and its store. NULL is fine. Not from inside an entry. */
void wisp_version_free(wisp_version *version);

/* Links and instantiates it, asks for its number and enters wisp_start. The first entry.
 * WISP_UNSUPPORTED if wisp_start says no. */
wisp_status wisp_version_start(wisp_version *version, wisp_error *err);

/*
 * Enters wisp_message with a copy of [bytes]. WISP_NOT_FOUND for a module without it, and
 * WISP_LIMIT for one without room for so many bytes; neither is a fault of the module.
 */
wisp_status wisp_version_message(wisp_version *version, uint32_t channel, wisp_bytes bytes,
                                 wisp_error *err);

/* Enters the function of [task]. */
wisp_status wisp_version_task(wisp_version *version, const wisp_task *task, wisp_error *err);

/* Enters wisp_save, or, for a module without it, reads its state region, and makes *[state],
 * which must be no state, what it saved; on failure it stays none. WISP_NOT_FOUND for a module
 * with neither. */
wisp_status wisp_version_save(wisp_version *version, wisp_state *state, wisp_error *err);

/* Enters wisp_restore with [state], if the module has it, or writes its state region, if it has
 * that. WISP_MISMATCH if wisp_restore says no, or the region is of another size. */
wisp_status wisp_version_restore(wisp_version *version, const wisp_state *state, wisp_error *err);

/* Enters wisp_stop, if the module has it. */
wisp_status wisp_version_stop(wisp_version *version, wisp_error *err);

/* Raises the peaks of memory and heap in [counts] to what [version] has used. */
void wisp_version_raise_peaks(const wisp_version *version, wisp_guest_status *counts);

/* The trap that made the last entry return [status], or NULL if it was none. [version] may
 * be NULL. */
const wisp_trap *wisp_version_trap(const wisp_version *version, wisp_status status);

#endif
