#ifndef WISP_CLI_PATCH_AUTHOR_H
#define WISP_CLI_PATCH_AUTHOR_H

#include "folder.h"

/* What `wisp patch` does, without its command line. */

/* `wisp patch new`. */
typedef struct author_draft {
    const char *store; /* of debug information */
    folder folder;     /* to be written; [sources] are not looked at */
    const char *const *functions, *const *calls, *const *globals, *const *headers;
    size_t function_len, call_len, global_len, header_len;
    bool overwrites; /* what the author may have edited */
} author_draft;

/*
 * Writes the folder, and tells on stdout what is where. WISP_NOT_FOUND for names that the program
 * does not have; WISP_UNSUPPORTED for what cannot be patched, with the way out; WISP_INVALID
 * where there is an edited file already; WISP_IO.
 */
wisp_status author_new(const author_draft *order, wisp_error *err);

/* `wisp patch build`. */
typedef struct author_build {
    const char *store;
    folder folder; /* with its sources */
    const char *out;
    bool accepts_partial, also_callers; /* check.h */
} author_build;

/* Builds the patch in [out] and shows it on stdout. WISP_INVALID where it does not compile,
 * WISP_UNSUPPORTED where it is not for the program, each told on stderr before; WISP_IO. */
wisp_status author_make(const author_build *order, wisp_error *err);

#endif
