#ifndef WISP_CLI_BIND_EMIT_H
#define WISP_CLI_BIND_EMIT_H

#include "plan.h"

#include <stdio.h>

/* From a plan to C. What is generated is meant to be read: it goes through the tool's user's
 * debugger. */

typedef struct emitter {
    FILE *out;
    const plan *plan;
    wisp_arena *arena;
    const char *module;         /* what modules import from */
    const char *const *headers; /* as both sides include them */
    size_t header_len;
    int depth; /* of indentation */
} emitter;

/* A line, indented; an empty one. */
void emit(emitter *e, const char *format, ...) __attribute__((format(printf, 2, 3)));
void emit_blank(emitter *e);

/* "{" and "}" with what is between them indented. */
void emit_open(emitter *e);
void emit_close(emitter *e);

/* What both sides' files begin with: which headers, by whom. */
void emit_title(emitter *e, const char *what);
void emit_includes(emitter *e);

/* The assertions that structs are laid out as was believed, for one of the sides. */
void emit_layouts(emitter *e, bool of_guest);

/* The functions that make structs of bytes and back. */
void emit_elements(emitter *e);

/* The functions that modules import, those that stand for functions of modules, and the tables
 * for both. */
void emit_callbacks(emitter *e);
void emit_functions(emitter *e);

/* The three files. */
void emit_host_header(emitter *e);
void emit_host(emitter *e);
void emit_guest(emitter *e);

/* ------------------------------------------------------------------ pieces */

/* A variable of the type: "struct item *p_item". */
const char *c_declare(const emitter *e, const c_type *type, const char *name);

/* The value of [type] that has the module's number [raw], and the other way around. [what] names
 * it for errors. */
const char *c_number_to_host(const emitter *e, const char *what, const c_type *guest,
                             const c_type *host, const char *raw);
const char *c_number_to_guest(const emitter *e, const char *what, const c_type *guest,
                              const c_type *host, const char *value);

/* A count as C: names of fields are reached by [from], "to->" or "". */
const char *c_count(const emitter *e, const count *c, const char *from);

/* The type in brackets before [value], unless it is there already. */
const char *c_cast(const emitter *e, const char *type, const char *value);

/* How many elements [item] has. */
const char *c_len(const emitter *e, const plan_item *item, const char *from);

/* Calls that get the elements at the module's [address], and lend or store those of [from]. */
const char *c_get(const emitter *e, const plan_item *item, const char *what, const char *address,
                  const char *len);
const char *c_lend(const emitter *e, const plan_item *item, const char *what, const char *from,
                   const char *len);
const char *c_store(const emitter *e, const plan_item *item, const char *what,
                    const char *address, const char *from, const char *len);

static inline const char *c_bool(bool value)
{
    return value ? "true" : "false";
}

#endif
