#ifndef WISP_BRIDGE_SIGNATURE_H
#define WISP_BRIDGE_SIGNATURE_H

#include <wisp/bridge.h>

/* What the signatures of wisp/bridge.h say, parsed once when a function is added. */

typedef enum wisp_param_kind {
    WISP_PARAM_VALUE, /* a number or a reference */
    WISP_PARAM_SIZE,  /* z */
    WISP_PARAM_BYTES, /* < and > */
    WISP_PARAM_TEXT   /* $ */
} wisp_param_kind;

typedef enum wisp_param_null {
    WISP_NULL_ORDINARY, /* address 0 is an address */
    WISP_NULL_ALLOWED,
    WISP_NULL_REFUSED
} wisp_param_null;

enum { WISP_PARAM_NO_COUNT = UINT8_MAX };

typedef struct wisp_param {
    wisp_param_kind kind;
    wisp_param_null null;
    bool is_read, is_written;
    uint8_t alignment; /* bytes, a power of 2 */
    uint8_t count_at;  /* the parameter that counts elements, or WISP_PARAM_NO_COUNT */
    uint32_t size;     /* of the bytes or an element; of a text with its NUL, 0: any */
} wisp_param;

typedef struct wisp_signature {
    uint32_t param_count;
    bool has_text; /* among its parameters */
    wisp_param params[WISP_BRIDGE_PARAMS_MAX];
    /* For wisp_linker_add_func, which judges the letters that are the same in both. */
    char plain[WISP_BRIDGE_PARAMS_MAX + WISP_BRIDGE_RESULTS_MAX + 3];
} wisp_signature;

/*
 * Parses [text] for modules whose pointers are of type [address], 'i' or 'I'. WISP_INVALID
 * where it is no signature; the letters of numbers and references are taken as they are.
 */
wisp_status wisp_signature_parse(const char *text, char address, wisp_signature *out,
                                 wisp_error *err);

#endif
