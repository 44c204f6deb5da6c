#ifndef WISP_WASM_TYPE_TABLE_H
#define WISP_WASM_TYPE_TABLE_H

#include "base/memory.h"
#include "wasm/types.h"

/*
 * Function types by content, so that comparing them is comparing numbers. A type may refer to
 * those that have a number already, and to itself by the number that it would get; types that
 * refer to themselves alike are equal (Spec 3.1.3, for groups of one type). Initialise with
 * {0}; not for more than 2^31 types.
 */

typedef struct wisp_type_entry {
    const wisp_functype *type; /* borrowed; NULL in an empty place */
    uint32_t number;
} wisp_type_entry;

typedef struct wisp_type_table {
    wisp_type_entry *entries; /* open addressing, at most half full */
    size_t len, capacity;
} wisp_type_table;

void wisp_type_table_deinit(wisp_type_table *table, const wisp_allocator *allocator);

/* The entry that equals [type], which is added as [number] if there is none. NULL if out of
 * memory; valid until the next call. */
const wisp_type_entry *wisp_type_table_add(wisp_type_table *table,
                                           const wisp_allocator *allocator,
                                           const wisp_functype *type, uint32_t number);

/* The number of the entry that equals [type], which refers to itself as [number]; false if there
 * is none. */
bool wisp_type_table_find(const wisp_type_table *table, const wisp_functype *type,
                          uint32_t number, uint32_t *out);

#endif
