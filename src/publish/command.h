#ifndef WISP_PUBLISH_COMMAND_H
#define WISP_PUBLISH_COMMAND_H

#include <wisp/base.h>

/*
 * Programs that sign in our place: a hardware token, a key service. Plain POSIX.
 */

/*
 * Runs the program [words] (ended by NULL; the first is looked up in PATH) with [input] on its
 * standard input, which is a file and so can be read twice, and puts what it prints into [out],
 * of [room] bytes. Its standard error is ours, so that people see what it says.
 *
 * WISP_NOT_FOUND where there is no such program, WISP_LIMIT where it prints more than [room] or
 * takes longer than [timeout_ms], and is killed then with all that it has started; WISP_IO where
 * it fails.
 */
wisp_status wisp_command_run(const char *const *words, wisp_bytes input, unsigned timeout_ms,
                             uint8_t *out, size_t room, size_t *size, wisp_error *err);

#endif
