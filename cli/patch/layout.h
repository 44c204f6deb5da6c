#ifndef WISP_CLI_PATCH_LAYOUT_H
#define WISP_CLI_PATCH_LAYOUT_H

#include "closure.h"

/*
 * How a struct or union is declared so that a compiler lays it out as the program's did: which
 * attributes it needs, and what fills the gaps that the source's author did not name (members
 * with attributes, bit-fields without a name, what C++ puts between).
 */

/* What stands before a member. */
typedef struct layout_gap {
    uint64_t bytes; /* an array */
    uint32_t bits;  /* a bit-field without a name, of the member's type */
    bool hides;     /* the member as well: nobody knows its body, a base class of a library say */
} layout_gap;

typedef struct layout {
    bool is_bytes;    /* no declaration gives that: so many bytes, aligned */
    bool is_packed;   /* __attribute__((packed)) */
    uint32_t aligned; /* __attribute__((aligned(n))); 0: it needs none */
    layout_gap *gaps; /* one for each member */
    uint64_t tail;    /* bytes behind the last one */
} layout;

/* Finds the layout of [type], which was added to [c] and has a body, in memory of its arena. */
layout layout_of(const closure *c, const wisp_symbols_type *type);

#endif
