#ifndef WISP_CLI_TAKE_H
#define WISP_CLI_TAKE_H

#include "base/memory.h"

/*
 * Memory of tools that make something in one run and end: all of it in one arena. There is
 * nothing sensible that they could do without, so these say so and end the process.
 */

/* [count] * [size] bytes, cleared. */
void *take(wisp_arena *arena, size_t count, size_t size);

char *take_text(wisp_arena *arena, const char *text, size_t size);

/* As printf. */
char *take_print(wisp_arena *arena, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Makes room for one item more in the array at *[array], of [len] items with room for *[room];
 * the old array stays in the arena. */
void take_room(wisp_arena *arena, void *array, size_t len, size_t *room, size_t size);

#endif
