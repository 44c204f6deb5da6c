#ifndef WISP_PATCH_SIGNATURE_H
#define WISP_PATCH_SIGNATURE_H

#include "base/memory.h"

/*
 * What a native function takes and gives, as debug information has it, in a text of a few letters
 * that `wisp patch build` writes and a device reads:
 *
 *     signature := '(' type* ')' type?     without the type: void
 *     type      := scalar
 *                | 'p' size                a pointer; size: bytes of what it points at
 *                | 'z'                     a pointer to a text that a 0 ends
 *                | '{' size ',' align ':' (offset scalar)* '}'
 *     scalar    := one letter of WISP_PATCH_SCALARS
 *
 * So "(p16i)d" is double f(struct of 16 bytes *, int). An enum is the integer that it is stored
 * as; char is c or C as the machine has it.
 *
 * The last type is a struct or a union by value, flat: each scalar of each member, element and
 * nested struct with its distance from the start; {16,8:0i8d} is struct { int; double; }.
 * - Members of a union are all there, one over the other: {8,8:0l0d}.
 * - A bit-field is its declared type where its unit lies; one that crosses units (packed) is the
 *   bytes that it touches, each as C.
 * - Of more than WISP_PATCH_FLAT_MAX bytes no machine looks at the members: leave them out.
 *
 * What has no letter (long double, _Complex, __int128, vectors) cannot cross; nor can a C++ class
 * by value that has a copy constructor or destructor of its own, which really is a pointer: write
 * p.
 */

enum {
    WISP_PATCH_PARAMS_MAX = 255,
    WISP_PATCH_MEMBERS_MAX = 1024,     /* of one struct */
    WISP_PATCH_STRUCT_MAX = 64 * 1024, /* bytes */
    WISP_PATCH_ALIGN_MAX = 4096,
    WISP_PATCH_FLAT_MAX = 64 /* bytes, beyond which members do not matter */
};

/* letter, name, bytes */
#define WISP_PATCH_SCALARS(X)                                                                    \
    X('b', BOOL, 1)                                                                              \
    X('c', I8, 1)                                                                                \
    X('C', U8, 1)                                                                                \
    X('s', I16, 2)                                                                               \
    X('S', U16, 2)                                                                               \
    X('i', I32, 4)                                                                               \
    X('I', U32, 4)                                                                               \
    X('l', I64, 8)                                                                               \
    X('L', U64, 8)                                                                               \
    X('f', F32, 4)                                                                               \
    X('d', F64, 8)                                                                               \
    X('p', POINTER, 8)

typedef enum wisp_patch_kind {
    WISP_PATCH_VOID, /* of a result alone */
#define X(letter, name, size) WISP_PATCH_##name,
    WISP_PATCH_SCALARS(X)
#undef X
        WISP_PATCH_TEXT, /* z */
    WISP_PATCH_STRUCT
} wisp_patch_kind;

typedef struct wisp_patch_member {
    uint32_t offset;
    wisp_patch_kind kind; /* a scalar */
} wisp_patch_member;

typedef struct wisp_patch_type {
    wisp_patch_kind kind;
    uint32_t size, align; /* bytes; of VOID 0 */
    uint32_t pointee;     /* POINTER: bytes of what it points at; 0: unknown */
    uint32_t member_count;
    const wisp_patch_member *members; /* STRUCT */
} wisp_patch_type;

typedef struct wisp_patch_signature {
    const wisp_patch_type *params;
    uint32_t param_count;
    wisp_patch_type result;
} wisp_patch_signature;

/*
 * Reads [text], any text. All of [out] is in [arena]. WISP_MALFORMED with the letter's offset,
 * WISP_LIMIT beyond the limits above, WISP_NO_MEMORY. Any thread.
 */
wisp_status wisp_patch_signature_read(wisp_arena *arena, const char *text,
                                      wisp_patch_signature *out, wisp_error *err);

/* Whether [kind] is f or d. */
bool wisp_patch_kind_is_float(wisp_patch_kind kind);

/* Bytes of a scalar, 8 of TEXT, 0 of others. */
uint32_t wisp_patch_kind_size(wisp_patch_kind kind);

#endif
