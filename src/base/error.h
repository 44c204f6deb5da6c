#ifndef WISP_BASE_ERROR_H
#define WISP_BASE_ERROR_H

#include <wisp/base.h>

/*
 * Errors are set once, where the fault is seen; callers only pass the status on:
 *
 *     return wisp_fail(err, WISP_NOT_FOUND, "no export '%s'", name);
 */

/* Fills [err] (NULL allowed) and returns [status]. */
WISP_PRINTF(3, 4)
wisp_status wisp_fail(wisp_error *err, wisp_status status, const char *format, ...);

/* The same for a fault at byte [offset] of the input. */
WISP_PRINTF(4, 5)
wisp_status wisp_fail_at(wisp_error *err, wisp_status status, uint64_t offset, const char *format,
                         ...);

/* The same without words: the status's name stands in for them. */
wisp_status wisp_fail_silent(wisp_error *err, wisp_status status, uint64_t offset);

/*
 * A small build has no words for its errors. The calls stay where they are, and checked; as
 * they are never made, the compiler drops them with their texts.
 */
#ifdef WISP_WITHOUT_TEXTS
#define wisp_fail(err, status, ...)                                                              \
    (0 ? (wisp_fail)(err, status, __VA_ARGS__) : wisp_fail_silent(err, status, WISP_NO_OFFSET))
#define wisp_fail_at(err, status, offset, ...)                                                   \
    (0 ? (wisp_fail_at)(err, status, offset, __VA_ARGS__) : wisp_fail_silent(err, status, offset))
#endif

/* Puts "[place]: " before the words of [err] (NULL allowed), for whoever knows where it happened
 * what the one below only knows to have happened. Returns [status]; for WISP_OK it does nothing.
 */
wisp_status wisp_fail_within(wisp_error *err, wisp_status status, const char *place);

/* Fills [err] for a refused allocation of [size] bytes; returns WISP_NO_MEMORY. */
wisp_status wisp_fail_memory(wisp_error *err, size_t size);

#endif
