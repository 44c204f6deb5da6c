#ifndef WISP_HOST_TAPED_CALL_H
#define WISP_HOST_TAPED_CALL_H

#include "host/tape/tap.h"

/* A call of an import as it is on tape. Pointers are into the tape. */
typedef struct wisp_taped_call {
    const wisp_tap *tap;
    struct {
        uint64_t number; /* its bits, an i32 extended by its sign. Of a pointer: the address, if
                          * that is the module's own. Not of one that counts */
        wisp_bytes in; /* of a pointer: what the function read; of what it fills the size alone */
        bool is_null;  /* a null pointer */
    } args[WISP_BRIDGE_PARAMS_MAX];
    bool is_answered; /* else what follows is not known */
    wisp_status status;
    wisp_bytes words;                          /* where it failed */
    uint64_t results[WISP_BRIDGE_RESULTS_MAX]; /* bits, as of numbers */
    wisp_bytes out[WISP_BRIDGE_PARAMS_MAX];    /* what was filled in of each pointer, from its
                                                * first byte on; the rest stayed as it was */
} wisp_taped_call;

/* What a version calls [tap] with, not answered yet. */
void wisp_taped_call_of(const wisp_tap *tap, const wisp_arg *args, wisp_taped_call *out);

/* Reads one call. WISP_MALFORMED for bytes that are none: from a file they may be anything. */
wisp_status wisp_taped_call_read(wisp_reader *r, const wisp_taps *taps, wisp_taped_call *out,
                                 wisp_error *err);

/* Writes it as text, "wisp.send(1, 12 bytes) -> 0", cut where it does not fit; for people. */
void wisp_taped_call_print(const wisp_taped_call *call, char *into, size_t size);

/* The bits of the number of type [letter], i I f or F, in the union of a wisp_arg or wisp_value;
 * and the same the other way round. */
uint64_t wisp_taped_bits(char letter, const void *value);
void wisp_taped_set(char letter, uint64_t bits, wisp_value *value);

#endif
