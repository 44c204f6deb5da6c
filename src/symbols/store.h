#ifndef WISP_SYMBOLS_STORE_H
#define WISP_SYMBOLS_STORE_H

#include "symbols/symbols.h"

/*
 * Where debug information of released programs is kept: the layout that debuggers know,
 * STORE/.build-id/xx/yyyy.debug, with the first byte of the build-id as a folder. Such a file is
 * the program as it was before it was stripped. Where debug information came in a file of its
 * own, that one is yyyy.debug, and the program, whose text is needed as well, is yyyy.
 */

/* Puts the program of [symbols] there; the folders are made where they are missing. *[path],
 * which is the .debug file, is in [arena]. WISP_IO, WISP_NO_MEMORY, WISP_LIMIT. */
wisp_status wisp_symbols_keep(const wisp_symbols *symbols, const char *store, wisp_arena *arena,
                              const char **path, wisp_error *err);

/* The path of [build_id], in hexadecimal, with [ending]; in [arena], NULL if there is no memory.
 */
const char *wisp_symbols_store_path(wisp_arena *arena, const char *store, const char *build_id,
                                    const char *ending);

/* The path of the program whose build-id is, or alone begins with, [build_id]: at least 8 digits.
 * WISP_NOT_FOUND; WISP_MISMATCH where there are several; WISP_INVALID for what is none. */
wisp_status wisp_symbols_store_find(const wisp_os *os, wisp_arena *arena, const char *store,
                                    const char *build_id, const char **path, wisp_error *err);

#endif
