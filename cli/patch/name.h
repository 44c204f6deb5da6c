#ifndef WISP_CLI_PATCH_NAME_H
#define WISP_CLI_PATCH_NAME_H

#include "base/memory.h"

/*
 * Names in generated source: what the program calls its things becomes what C lets them be
 * called, each its own. All memory is an arena's (take.h).
 */

/* Texts to pointers. {.arena = …} is an empty one. */
typedef struct name_table {
    wisp_arena *arena;
    struct name_entry {
        const char *name; /* NULL: free */
        void *value;
    } * entries;
    size_t len, room;
} name_table;

/* What [name] stands for; NULL where there is nothing called so. */
void *name_find(const name_table *table, const char *name);

/* Lets [name], which is kept and not copied, stand for [value], which is not NULL. */
void name_set(name_table *table, const char *name, void *value);

/* [text] as an identifier that C and the headers of patches leave to the program:
 * "ns::Map<int>" is "ns_Map_int", "typeof" is "typeof_". "" stays. */
const char *name_identifier(wisp_arena *arena, const char *text);

/* The identifier of [text], or the next of it with "_2", "_3" … behind that nothing in [table] is
 * called; it stands for [value] from now on. */
const char *name_claim(name_table *table, const char *text, void *value);

#endif
