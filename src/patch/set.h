#ifndef WISP_PATCH_SET_H
#define WISP_PATCH_SET_H

#include <stdatomic.h>

#include "patch/grants.h"
#include "patch/image.h"
#include "patch/linear.h"
#include "patch/plan.h"
#include "patch/slot.h"

/*
 * A patch as it runs: its module, the functions that it replaces and those that it calls, all
 * found in this process. Once it is made nothing of it changes but counts and its seats, so that
 * any number of threads may be in it. One pointer says which set is current (dispatch.h).
 */

typedef struct wisp_patch_seat wisp_patch_seat;
typedef struct wisp_patch_set wisp_patch_set;

/* A function that is replaced. */
typedef struct wisp_patch_replaced {
    const wisp_patch_function *function; /* of the manifest */
    wisp_patch_slot *slot;
    wisp_patch_signature signature;
    wisp_patch_plan plan;
    uint32_t index;
    atomic_bool is_disabled; /* it failed too often */
    _Atomic uint64_t faults;
    uint64_t skipped_before; /* what its slot had counted when the patch was applied */
} wisp_patch_replaced;

/* A native function that the patch calls. */
typedef struct wisp_patch_callee {
    const wisp_patch_native *native;        /* of the manifest */
    const char *name;                       /* its import's, without an alias behind a '#' */
    const wisp_patch_replaced *original_of; /* NULL: of none */
    const void *function;
    wisp_patch_signature signature;
    wisp_patch_plan plan;
} wisp_patch_callee;

/* What stands behind one of the module's imports, in the module's order. */
typedef struct wisp_patch_import_source {
    enum { WISP_PATCH_CALLEE, WISP_PATCH_GLOBAL, WISP_PATCH_BUILTIN, WISP_PATCH_MEMORY } kind;
    union {
        const wisp_patch_callee *callee;
        uint64_t address;                         /* of a variable */
        const struct wisp_patch_builtin *builtin; /* builtin.h */
    } of;
} wisp_patch_import_source;

struct wisp_patch_set {
    const wisp_patcher_config *config; /* of the patcher, with all defaults filled in */
    wisp_arena arena;
    wisp_patch_manifest manifest;
    wisp_patch_image image;
    wisp_module *module;
    wisp_patch_linear linear;
    wisp_patch_replaced *replaced; /* as many as the manifest has functions */
    wisp_patch_callee *callees;    /* as many as it has natives */
    wisp_patch_import_source *imports;
    uint32_t import_count;
    wisp_patch_range *globals; /* sorted */
    uint32_t global_count;

    wisp_patch_replaced **by_slot; /* by wisp_patch_slot.index; NULL: not replaced */
    uint32_t slot_count;

    wisp_patch_seat *_Atomic *seats; /* by place (seat.h); NULL: not taken yet */
    uint32_t seat_count;             /* linear.seat_count at the most */

    wisp_patch_set *next; /* of those that were put aside … */
    uint64_t epoch;       /* … which is when no thread can be inside any more */
};

/*
 * Makes a set of the patch in [bytes] for this process, and changes nothing in it.
 * WISP_MALFORMED, WISP_UNSUPPORTED, WISP_MISMATCH, WISP_UNTRUSTED, WISP_NOT_FOUND and
 * WISP_NO_MEMORY as wisp_patcher_apply says. *[out] is the caller's.
 */
wisp_status wisp_patch_set_make(const wisp_patcher_config *config, const wisp_patch_text *text,
                                wisp_bytes bytes, wisp_patch_set **out, wisp_error *err);

/* Frees [set] with its seats, in which no thread may be. NULL is fine. */
void wisp_patch_set_free(wisp_patch_set *set);

#endif
