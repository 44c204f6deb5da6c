#ifndef WISP_HOST_TAP_H
#define WISP_HOST_TAP_H

#include <wisp/host.h>

#include "bridge/signature.h"
#include "host/tape/tape.h"

/*
 * The functions that modules may import, and the tap through which all of their calls pass: there
 * they are performed, and noted on a tape if somebody wants to know (a recording, a shadow), or
 * answered from a tape and compared with it instead (a replay, a shadow).
 *
 *     version->tape      version->playback     a call of the version
 *     NULL               NULL                  is performed
 *     a tape             NULL                  is performed, and written on it
 *     NULL               a playback            is compared and answered from there
 *
 * Those of module "wisp" are in imports.c, one line each; those of the program's come from
 * wisp_guest_config. The arguments of both are checked as wisp/bridge.h says.
 */

struct wisp_version;
typedef struct wisp_version wisp_version;

/* What a call does, which says what becomes of it where it must not have an effect. */
typedef enum wisp_tap_class {
    WISP_TAP_EFFECT, /* it changes something outside: calls are compared, and not performed */
    WISP_TAP_QUERY,  /* it asks for something: calls are answered in the order of this import */
    WISP_TAP_REMARK, /* it is for people, as a log is: neither compared nor performed */
    WISP_TAP_OWN     /* it changes nothing but the version itself, and depends on nothing but
                      * that: it is performed by each one, and not on the tape at all */
} wisp_tap_class;

/* One line of a table of functions. What is not set is the rule. */
typedef struct wisp_tap_func {
    const char *name, *signature;
    wisp_bridge_fn fn;
    wisp_tap_class kind;
    uint8_t channel; /* the parameter, from 1 on, by which wisp_shadow_ignore chooses calls */
    uint16_t own;    /* bits of parameters that mean something in this module alone: numbers of
                      * its functions, addresses. Another module has other numbers for the same
                      * thing; a null pointer, and function 0, are null in each. A pointer among
                      * them has its address on tape too */
    bool is_fixed;   /* a query that has the same answer at any time: it may always be asked */
    bool gives_id;   /* the result is an id and 0 a refusal; elsewhere 0 is success */
} wisp_tap_func;

/* One that is offered. */
typedef struct wisp_tap {
    const char *module;
    wisp_tap_func func;
    void *user; /* of a function of the program's; those of "wisp" get their version */
    bool is_program;
    uint32_t number; /* on tape: its place among those that are offered, base first */
    bool is_plain;   /* it takes and gives numbers and bytes, no references or vectors; others
                      * cannot be on a tape */
    uint16_t counts; /* bits of parameters that count the elements of another */
    wisp_signature signature;
} wisp_tap;

/* Functions that are offered: those of a guest besides those of its host. They do not change
 * once versions use them. All zero is none. */
typedef struct wisp_taps {
    const struct wisp_taps *base; /* that are offered too, and have the lower numbers; or NULL */
    wisp_tap *items;
    size_t len, capacity;
} wisp_taps;

/* Adds [func] of [module]; the texts are borrowed. WISP_INVALID for a signature that is none. */
wisp_status wisp_taps_add(wisp_taps *taps, const wisp_allocator *allocator, const char *module,
                          const wisp_tap_func *func, wisp_error *err);

/* Adds the functions of the program in [config]. */
wisp_status wisp_taps_add_functions(wisp_taps *taps, const wisp_allocator *allocator,
                                    const wisp_guest_config *config, wisp_error *err);

void wisp_taps_deinit(wisp_taps *taps, const wisp_allocator *allocator);

/* How many there are, with those of base. */
size_t wisp_taps_count(const wisp_taps *taps);

/* The tap with this number, or of this name; NULL if there is none. */
const wisp_tap *wisp_taps_at(const wisp_taps *taps, uint32_t number);
const wisp_tap *wisp_taps_find(const wisp_taps *taps, const char *module, const char *name);

/* WISP_UNSUPPORTED if [module] imports something that cannot be on a tape: what is not among
 * [taps] but from on_link, or takes references. The text names it. */
wisp_status wisp_taps_check(const wisp_taps *taps, const wisp_module *module, wisp_error *err);

/* Where one version calls one tap. The version's tape and playback are looked at in each call. */
typedef struct wisp_tap_slot {
    const wisp_tap *tap;
    wisp_version *version;
} wisp_tap_slot;

/*
 * Offers [taps] to the modules of [linker], on behalf of [version], which may be NULL for a
 * linker that only checks. [slots] has room for one a tap; both outlive the store.
 */
wisp_status wisp_tap_add(wisp_linker *linker, const wisp_taps *taps, wisp_tap_slot *slots,
                         wisp_version *version, wisp_error *err);

/* The letter of a parameter or a result in plain signatures: i I f F for what can be on tape. */
static inline char wisp_tap_param(const wisp_tap *tap, uint32_t index)
{
    return tap->signature.plain[1 + index];
}

static inline const char *wisp_tap_results(const wisp_tap *tap)
{
    return tap->signature.plain + tap->signature.param_count + 2;
}

static inline bool wisp_tap_is_pointer(const wisp_tap *tap, uint32_t index)
{
    return tap->signature.params[index].kind >= WISP_PARAM_BYTES;
}

static inline bool wisp_tap_is_own(const wisp_tap *tap, uint32_t index)
{
    return tap->func.own >> index & 1;
}

static inline bool wisp_tap_counts(const wisp_tap *tap, uint32_t index)
{
    return tap->counts >> index & 1;
}

#endif
