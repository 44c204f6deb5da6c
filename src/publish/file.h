#ifndef WISP_PUBLISH_FILE_H
#define WISP_PUBLISH_FILE_H

#include "base/memory.h"

#include <wisp/os.h>

/*
 * Files of a project: read whole, and written so that a reader, or the next start after a
 * power cut, finds the old content or the new and nothing between. Disk goes through the system
 * table; permissions, which it does not know, through permission.h.
 */

enum {
    WISP_MODE_SECRET = 0600, /* private keys */
    WISP_MODE_PUBLIC = 0644, /* what a web server must be able to read */
    WISP_MODE_SECRET_DIR = 0700,
    WISP_MODE_PUBLIC_DIR = 0755
};

/* "dir/name", or [name] alone where it is absolute or [dir] is "."; NULL if refused memory. */
char *wisp_path_join(wisp_arena *arena, const char *dir, const char *name);

/* Reads the file at [path], [size_max] bytes at the most, into [arena]. WISP_NOT_FOUND,
 * WISP_LIMIT, WISP_IO, WISP_NO_MEMORY. */
wisp_status wisp_file_read(const wisp_os *os, wisp_arena *arena, const char *path,
                           size_t size_max, wisp_bytes *out, wisp_error *err);

/* Whether there is something at [path] that can be opened. */
bool wisp_file_exists(const wisp_os *os, const char *path);

/* Makes the file [path] with [bytes], durably. WISP_INVALID where it is there already. A file
 * that could not be written whole is removed again. */
wisp_status wisp_file_create(const wisp_os *os, const char *path, wisp_bytes bytes, unsigned mode,
                             wisp_error *err);

/*
 * Gives the file [path] the content [bytes], atomically and durably: written beside it as
 * "path.tmp", synced, renamed, and the folder synced.
 */
wisp_status wisp_file_replace(const wisp_os *os, const char *path, wisp_bytes bytes,
                              unsigned mode, wisp_error *err);

/* Makes the folder [path], durably; one that is there already is left as it is. */
wisp_status wisp_dir_make(const wisp_os *os, const char *path, unsigned mode, wisp_error *err);

/* WISP_UNTRUSTED where others than the owner may do anything with [path]. */
wisp_status wisp_file_check_secret(const char *path, unsigned expected, wisp_error *err);

#endif
