#ifndef WISP_HOST_CAPABILITIES_H
#define WISP_HOST_CAPABILITIES_H

#include <wisp/wasm.h>

/*
 * What a module may import, as patterns that end with NULL. Each is a module and a name with a
 * dot between them, "wisp.post"; a '*' at its end stands for the rest, as in "wisp.*". No list at
 * all (NULL) allows everything, an empty one nothing.
 */

/* WISP_NOT_FOUND if [module] imports anything else; the text names it and what is allowed. */
wisp_status wisp_capabilities_check(const char *const *patterns, const wisp_module *module,
                                    wisp_error *err);

/* Puts a copy of [patterns], with their texts, into *[out], NULL for NULL. WISP_NO_MEMORY. */
wisp_status wisp_capabilities_copy(const char *const *patterns, const wisp_allocator *allocator,
                                   const char *const **out, wisp_error *err);

/* Frees such a copy. */
void wisp_capabilities_free(const char *const *patterns, const wisp_allocator *allocator);

#endif
