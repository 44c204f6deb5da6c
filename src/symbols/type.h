#ifndef WISP_SYMBOLS_TYPE_H
#define WISP_SYMBOLS_TYPE_H

#include "base/memory.h"

/*
 * The types of a program, as its debug information has them: a graph of nodes that point at each
 * other, from which a header can be written. Nodes belong to the catalogue that made them and
 * live as long as it does; two that are the same type in different files are two nodes.
 *
 * Of a node that is not complete only what stands above [is_complete] is known.
 * wisp_symbols_complete (symbols.h) completes it with everything that can be reached from it.
 */

#define WISP_SYMBOLS_TYPE_KINDS(X)                                                               \
    X(VOID, "void")                                                                              \
    X(BOOL, "bool")                                                                              \
    X(INTEGER, "integer") /* plain char and wchar_t too */                                       \
    X(FLOAT, "float")     /* long double too: its size tells */                                  \
    X(COMPLEX, "complex")                                                                        \
    X(POINTER, "pointer")                                                                        \
    X(REFERENCE, "reference")           /* of C++, & and && */                                   \
    X(MEMBER_POINTER, "member-pointer") /* of C++ */                                             \
    X(CONST, "const")                                                                            \
    X(VOLATILE, "volatile")                                                                      \
    X(RESTRICT, "restrict")                                                                      \
    X(ATOMIC, "atomic")                                                                          \
    X(TYPEDEF, "typedef")                                                                        \
    X(ARRAY, "array")   /* one dimension: the element may be an array again */                   \
    X(VECTOR, "vector") /* __attribute__((vector_size)) */                                       \
    X(STRUCT, "struct") /* class of C++ too */                                                   \
    X(UNION, "union")                                                                            \
    X(ENUM, "enum")                                                                              \
    X(FUNCTION, "function")                                                                      \
    X(OTHER, "other") /* that C has no word for: [name] may tell */

typedef enum wisp_symbols_type_kind {
#define X(name, text) WISP_TYPE_##name,
    WISP_SYMBOLS_TYPE_KINDS(X)
#undef X
} wisp_symbols_type_kind;

typedef struct wisp_symbols_type wisp_symbols_type;

/* Of a struct or union. */
typedef struct wisp_symbols_member {
    const char *name; /* "" anonymous, or a base class of C++ */
    const wisp_symbols_type *type;
    uint64_t offset; /* bytes from the start of the struct; of a bit-field, of its first bit */
    uint64_t bit_offset; /* of a bit-field: bits from the start of the struct (little-endian) */
    uint32_t bit_size;   /* 0: no bit-field */
} wisp_symbols_member;

typedef struct wisp_symbols_enumerator {
    const char *name;
    int64_t value; /* of an unsigned enum: the bits */
} wisp_symbols_enumerator;

struct wisp_symbols_type {
    wisp_symbols_type_kind kind;
    uint32_t index;   /* of this node, from 0 on without gaps: for tables of those who walk */
    const char *name; /* "unsigned int", "list" (of "struct list"), "ns::T"; "" if it has none */
    const char *file; /* where it is declared; "" unknown */
    uint32_t line;
    uint64_t size;         /* bytes; 0 for void, functions, what is only declared, open arrays */
    bool is_signed;        /* INTEGER, ENUM */
    bool is_char;          /* INTEGER: plain char, a character of strings */
    bool is_declared_only; /* STRUCT, UNION, ENUM without a body here */
    bool is_by_reference;  /* STRUCT, UNION of C++, not trivial: calls pass its address */
    bool is_complete;

    /* What follows is there when [is_complete]. */

    /* Pointee, referee, what is qualified or named, element, integers behind an enum (NULL
     * unknown), result of a function (VOID, never NULL). NULL for other kinds. */
    const wisp_symbols_type *target;
    uint32_t alignment; /* bytes; 0 where [size] is unknown */
    bool is_packed;     /* STRUCT, UNION: something lies less aligned than its type asks for */
    bool is_opaque; /* STRUCT: has what no declaration of C can lay out (virtual bases, members in
                     * the padding of others): treat as so many bytes */
    bool is_open;   /* ARRAY: no length is given ("int x[]") */
    bool is_variadic; /* FUNCTION: ends in "…", or has no prototype */
    uint64_t count;   /* ARRAY, VECTOR: elements */
    const wisp_symbols_member *members;
    const wisp_symbols_enumerator *enumerators;
    const wisp_symbols_type *const *params; /* FUNCTION */
    uint32_t member_count, enumerator_count, param_count;
};

/* "struct", … Static. */
const char *wisp_symbols_type_kind_name(wisp_symbols_type_kind kind);

/* Whether a type of this kind is its target under another name, or qualified. */
static inline bool wisp_symbols_type_is_wrapper(wisp_symbols_type_kind kind)
{
    return kind == WISP_TYPE_TYPEDEF || kind == WISP_TYPE_CONST || kind == WISP_TYPE_VOLATILE ||
           kind == WISP_TYPE_RESTRICT || kind == WISP_TYPE_ATOMIC;
}

/* [type] without typedefs and qualifiers around it. Of complete types; NULL gives NULL. */
const wisp_symbols_type *wisp_symbols_type_strip(const wisp_symbols_type *type);

#endif
