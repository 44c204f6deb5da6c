#include "take.h"

#include "exit.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *check(void *block)
{
    if (!block) {
        fputs("wisp: out of memory\n", stderr);
        exit(EXIT_SYSTEM);
    }
    return block;
}

void *take(wisp_arena *arena, size_t count, size_t size)
{
    return check(wisp_arena_alloc(arena, count, size));
}

char *take_text(wisp_arena *arena, const char *text, size_t size)
{
    return check(wisp_arena_text(arena, text, size));
}

char *take_print(wisp_arena *arena, const char *format, ...)
{
    va_list list, again;
    va_start(list, format);
    va_copy(again, list);
    int size = vsnprintf(NULL, 0, format, list);
    char *text = take(arena, (size_t)size + 1, 1);
    vsnprintf(text, (size_t)size + 1, format, again);
    va_end(again);
    va_end(list);
    return text;
}

void take_room(wisp_arena *arena, void *array, size_t len, size_t *room, size_t size)
{
    if (len < *room)
        return;
    void *old, *grown = take(arena, *room = *room ? *room * 2 : 16, size);
    memcpy(&old, array, sizeof old);
    if (len)
        memcpy(grown, old, len * size);
    memcpy(array, &grown, sizeof grown);
}
