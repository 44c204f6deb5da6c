#ifndef WISP_CLI_SOURCE_LINES_H
#define WISP_CLI_SOURCE_LINES_H

#include <wisp/wasm.h>

/*
 * Where in the source a module's instructions come from: read with libdw from the DWARF in its
 * custom sections (".debug_info", ".debug_line", …), as compilers write it with -g.
 *
 * A module may be anybody's, and libdw promises neither an end nor a bound of the stack for DWARF
 * that was made to hurt. Whoever reads such does it in a process that may be lost. Other files
 * than a module are never opened, whatever the DWARF names.
 */
typedef struct source_lines source_lines;

/* Texts are the module's but for control characters, and cut where they do not fit. */
typedef struct source_place {
    char function[128]; /* "" where unknown */
    char file[256];     /* "" where unknown */
    uint32_t line;      /* 0 where unknown */
} source_place;

/* How many functions inlined into each other are told apart. */
#define SOURCE_PLACES_MAX 16

/* The DWARF of [module], which was loaded from [bytes]; both are borrowed until it is closed.
 * NULL if it has none, or none that makes sense. */
source_lines *source_lines_open(const wisp_module *module, const uint8_t *bytes);
void source_lines_close(source_lines *lines); /* NULL allowed */

/*
 * Finds the place of the instruction at [offset] in the module's bytes. Where its function was
 * inlined, [places] goes on with the place of the call in the function that it was inlined into,
 * up to one that exists. Gives how many places there are; 0 where nothing is known.
 */
uint32_t source_lines_find(source_lines *lines, uint32_t offset,
                           source_place places[SOURCE_PLACES_MAX]);

/* Takes that the instructions from [offset] in the module's bytes on come from [line] of [file],
 * which is borrowed for the call. */
typedef void source_line_sink(void *user, uint32_t offset, const char *file, uint32_t line);

/* Tells all lines to [sink], in no order that can be relied on. */
void source_lines_each(source_lines *lines, source_line_sink *sink, void *user);

/* What they are read from, for those who want more of it; borrowed. */
struct Dwarf *source_lines_dwarf(source_lines *lines);

#endif
