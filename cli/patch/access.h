#ifndef WISP_CLI_PATCH_ACCESS_H
#define WISP_CLI_PATCH_ACCESS_H

#include "closure.h"

/*
 * The program's structs where pointers are not the program's: in modules of 32 bits an address is
 * a number, and each field is read and written by a function (wisp_patch.h, load and store).
 */

/* A number as the two languages call it, and the functions that move it: "i32" of load_i32. */
typedef struct access_scalar {
    const char *kind; /* NULL: it is none */
    const char *c, *script;
} access_scalar;

/* What [type] is there. */
access_scalar access_scalar_of(const closure *c, const wisp_symbols_type *type);

/* A field, or what a field without a name has. */
typedef struct access_field {
    const char *name;
    const wisp_symbols_type *type;
    access_scalar scalar;     /* NULL kind: an array or a struct, of which the address is given */
    uint64_t offset;          /* bytes */
    uint32_t shift, bit_size; /* of a bit-field; [bit_size] 0: it is none */
} access_field;

/* Calls [tell] for each field of [record], a struct or union with a body. */
void access_each(const closure *c, const wisp_symbols_type *record,
                 void (*tell)(void *user, const access_field *field), void *user);

#endif
