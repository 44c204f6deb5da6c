#ifndef WISP_CLI_OUT_H
#define WISP_CLI_OUT_H

#include "exit.h"
#include "trust/json.h"

#include <wisp/update.h>

#include <stdio.h>

/* What commands print, and files that they read: one way for all of them. */

/* Says on stderr that it failed, with "[about]: " before it unless that is NULL, and gives the
 * exit code for it. */
int fail_with(const char *about, const wisp_error *err);

/* Prints [object] on stdout and frees it; NULL means that there was no memory for it. Gives
 * [code], or EXIT_SYSTEM. */
int print_json(wisp_json *object, int code);

/* Reads the file [path], or stdin for "-", whole: WISP_NOT_FOUND, WISP_IO, WISP_LIMIT,
 * WISP_NO_MEMORY. Free the data with free. */
wisp_status read_input(const char *path, wisp_bytes *out, wisp_error *err);

/* "1,234,567": into [text], which is returned. */
#define COUNT_TEXT_SIZE 32
const char *count_text(uint64_t count, char text[COUNT_TEXT_SIZE]);

/* "3 days ago", "in 2 hours", "just now", of [at] seen from [now], both in seconds. */
#define AGO_TEXT_SIZE 48
const char *ago_text(int64_t at, int64_t now, char text[AGO_TEXT_SIZE]);

/* A hash in hexadecimal, set as member [key]. */
bool set_hash(wisp_json *object, const char *key, const wisp_hash *hash);

#endif
