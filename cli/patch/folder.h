#ifndef WISP_CLI_PATCH_FOLDER_H
#define WISP_CLI_PATCH_FOLDER_H

#include "base/memory.h"

#include <wisp/patcher.h>

#include <stdio.h>

/*
 * The folder in which a patch is written: sources, what they include, and patch.json, which says
 * for which build of which program they are, so that `wisp patch build` need not be told.
 */

#define FOLDER_CONFIG "patch.json"

typedef enum folder_language {
    FOLDER_C,     /* for wasm64: pointers are the program's */
    FOLDER_C32,   /* for wasm32: the program's memory is reached by functions */
    FOLDER_SCRIPT /* AssemblyScript, likewise */
} folder_language;

typedef struct folder {
    const char *dir;
    const char *build; /* the program's build-id, in hexadecimal */
    const char *title; /* what the patch is for */
    wisp_patch_grant grant;
    folder_language language;
    bool has_headers;   /* the program's own are included */
    const char **flags; /* for the compiler */
    size_t flag_len;
    const char **sources; /* paths, sorted; filled by folder_find_sources */
    size_t source_len;
} folder;

/* Reads patch.json in [dir]. All of [out] is in [arena]. WISP_NOT_FOUND, WISP_MALFORMED. */
wisp_status folder_read(wisp_arena *arena, const char *dir, folder *out, wisp_error *err);

/* Writes it; [f]->dir is made where it is missing. WISP_IO, WISP_NO_MEMORY. */
wisp_status folder_write(wisp_arena *arena, const folder *f, wisp_error *err);

/* Fills [f]->sources with all files there of the language. WISP_NOT_FOUND if there are none. */
wisp_status folder_find_sources(wisp_arena *arena, folder *f, wisp_error *err);

/* Opens DIR/[name] for writing. NULL if it cannot be opened. */
FILE *folder_create(wisp_arena *arena, const folder *f, const char *name, wisp_error *err);

/* Whether DIR/[name] is there. */
bool folder_has(wisp_arena *arena, const folder *f, const char *name);

/* "arguments" as a grant; false if there is none of the name. */
bool folder_grant(const char *name, wisp_patch_grant *out);

#endif
