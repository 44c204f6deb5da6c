#ifndef WISP_UPDATE_ENTRY_H
#define WISP_UPDATE_ENTRY_H

#include <wisp/update.h>

/* A release as the device remembers it: a set of modules, known by one hash. */

/* Whether [a] and [b] are the same content. */
bool wisp_hash_equal(const wisp_hash *a, const wisp_hash *b);

/* Whether something is in the slot. */
bool wisp_entry_is_set(const wisp_update_entry *entry);

/* Bytes of all modules together. */
uint64_t wisp_entry_size(const wisp_update_entry *entry);

/* Whether one of its modules is this content. */
bool wisp_entry_has_module(const wisp_update_entry *entry, const wisp_hash *hash);

/* The hash of the set, as wisp_offer_set_hash. False if out of memory. */
bool wisp_set_hash(const wisp_update_module *modules, size_t len, wisp_hash *out);

/* [entry] as something that went wrong, for [reason]. */
wisp_update_failure wisp_entry_failure(const wisp_update_entry *entry, int64_t at,
                                       const char *reason);

#endif
