#ifndef WISP_CLI_BIND_HEADER_H
#define WISP_CLI_BIND_HEADER_H

#include "base/memory.h"

/*
 * A C header as a compiler for one target sees it: functions and the types they need, with the
 * target's sizes and offsets. The same header is read for the modules' target and for the
 * program's; both come out in the same order, so that what is at the same place in the two is
 * the same declaration.
 *
 * All is in one arena; texts end with a NUL.
 */

typedef struct c_type c_type;
typedef struct c_record c_record;
typedef struct c_signature c_signature;

/* Where a declaration stands. */
typedef struct c_place {
    const char *file;
    unsigned line;
} c_place;

typedef enum c_kind {
    C_VOID,
    C_BOOL,
    C_INT,
    C_FLOAT,
    C_ENUM,
    C_POINTER,
    C_ARRAY,
    C_RECORD,
    C_FUNCTION,
    C_OTHER /* long double, vectors, … */
} c_kind;

struct c_type {
    c_kind kind;
    const char *text; /* as the header writes it, without const */
    const char *name; /* of the typedef or the tag; for places of annotations */
    bool is_const, is_signed;
    uint32_t size, alignment; /* bytes; 0 for what has none */
    uint64_t len;             /* ARRAY: elements */
    const c_type *of;         /* POINTER: what it points at; ARRAY: element; ENUM: integer */
    c_record *record;         /* RECORD */
    c_signature *signature;   /* FUNCTION */
};

/* A parameter or a field. */
typedef struct c_member {
    const char *name; /* "" where it has none */
    const c_type *type;
    const char *annotation; /* what WISP_BIND says of it, "" for nothing */
    c_place place;
    uint32_t offset_bits, bit_width; /* of a field; 0 wide: no bit-field */
} c_member;

/* A struct or union. */
struct c_record {
    const char *tag; /* or typedef; "" where it has none */
    c_place place;
    bool is_union;
    bool is_whole; /* its fields are known */
    c_member *fields;
    size_t field_len;
};

struct c_signature {
    const c_type *result;
    c_member *params;
    size_t param_len;
    bool is_variadic;
};

typedef struct c_function {
    const char *name;
    c_signature *signature;
    const char *annotation;
    c_place place;
} c_function;

typedef struct c_header {
    wisp_arena *arena;
    const char *triple;
    bool is_little_endian;
    c_function *functions;
    size_t function_len, function_room;
    c_record **records; /* all that were met, in the order met */
    size_t record_len, record_room;
} c_header;

/* How to read. */
typedef struct c_reading {
    const char *const *paths; /* the headers */
    size_t path_len;
    const char *target; /* triple, NULL for this machine's */
    const char *const *flags;
    size_t flag_len;
} c_reading;

/*
 * Reads the functions that the headers declare, or that headers in their folders and below
 * declare which they include, but not inline ones. What the compiler has to say about errors
 * goes to stderr, and gives WISP_MALFORMED. [arena] takes what [out] has.
 */
wisp_status c_header_read(const c_reading *reading, wisp_arena *arena, c_header *out,
                          wisp_error *err);

#endif
