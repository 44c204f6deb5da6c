#include "emit.h"

#include "../take.h"

#include <ctype.h>
#include <string.h>

/* The files as wholes, and what in them is neither a struct's nor a function's. */

/* ------------------------------------------------------------------ layouts */

static void emit_offsets(emitter *e, const char *type, const char *prefix, const c_record *record,
                         uint32_t base)
{
    for (size_t i = 0; i < record->field_len; i++) {
        const c_member *field = &record->fields[i];
        uint32_t offset = base + field->offset_bits / 8;
        if (field->bit_width)
            continue;
        if (!field->name[0] && field->type->record)
            emit_offsets(e, type, prefix, field->type->record, offset);
        else
            emit(e, "LAYOUT(offsetof(%s, %s%s) == %u);", type, prefix, field->name, offset);
    }
}

void emit_layouts(emitter *e, bool of_guest)
{
    const plan_list *list = &e->plan->elements;
    const char *triple = of_guest ? e->plan->guest->triple : e->plan->host->triple;
    emit(e, "#define LAYOUT(is) \\");
    emit(e, "    _Static_assert(is, \"generated for %s: run 'wisp bind' for this target\")",
         triple);
    for (size_t i = 0; i < list->len; i++) {
        const plan_element *element = list->items[i];
        const c_type *type = of_guest ? element->guest : element->host;
        if (!element->uses)
            continue;
        emit(e, "LAYOUT(sizeof(%s) == %u);", type->text, type->size);
        if (type->kind == C_RECORD)
            emit_offsets(e, type->text, "", type->record, 0);
    }
    emit(e, "#undef LAYOUT");
    emit_blank(e);
}

/* ------------------------------------------------------------------ the program's side */

static void emit_handles(emitter *e)
{
    const plan_list *list = &e->plan->handles;
    for (size_t i = 0; i < list->len; i++) {
        const plan_handle *handle = list->items[i];
        if (!handle->is_used)
            continue;
        if (handle->release) {
            emit(e, "static void release_%s(void *object)", handle->name);
            emit_open(e);
            emit(e, "%s(object);", handle->release);
            emit_close(e);
            emit_blank(e);
        }
        emit(e, "static const wisp_bind_type type_%s = {\"%s\", %s%s};", handle->name,
             handle->name, handle->release ? "release_" : "NULL",
             handle->release ? handle->name : "");
        emit_blank(e);
    }
}

static void emit_prototype(emitter *e, const char *end)
{
    emit(e, "wisp_status %s_link(wisp_linker *linker, wisp_bind *bind, wisp_error *err)%s",
         e->module, end);
}

static const char *guard(const emitter *e, const char *suffix)
{
    char *text = take_print(e->arena, "%s_%s_H", e->module, suffix);
    for (char *at = text; *at; at++)
        *at = (char)toupper((unsigned char)*at);
    return text;
}

void emit_host_header(emitter *e)
{
    emit_title(e, "what a program includes.");
    emit(e, "#ifndef %s\n#define %s\n\n#include <wisp/bind.h>\n", guard(e, "BIND"),
         guard(e, "BIND"));
    emit(e, "/* Offers the functions as \"%s\" to modules; those of one instance use [bind]. */",
         e->module);
    emit_prototype(e, ";");
    emit(e, "\n#endif");
}

void emit_host(emitter *e)
{
    emit_title(e, "the program's side.");
    emit(e, "#include \"%s_bind.h\"", e->module);
    emit_blank(e);
    emit_includes(e);
    emit_blank(e);
    emit(e, "#include <wisp/bridge.h>\n\n#include <stddef.h>\n#include <string.h>\n");
    emit_layouts(e, false);
    emit_handles(e);
    emit_elements(e);
    emit_callbacks(e);
    emit_functions(e);
    emit_prototype(e, "");
    emit_open(e);
    emit(e,
         "return wisp_bind_link(linker, bind, \"%s\", functions, "
         "sizeof functions / sizeof *functions, err);",
         e->module);
    emit_close(e);
}

/* ------------------------------------------------------------------ the module's side */

void emit_guest(emitter *e)
{
    const plan_list *list = &e->plan->functions;
    emit_title(e, "what a module's files are compiled with (-include).");
    emit(e, "#ifndef %s\n#define %s\n", guard(e, "GUEST"), guard(e, "GUEST"));
    emit_includes(e);
    emit(e, "#include \"wisp_bind.h\"\n\n#include <stddef.h>\n");
    emit_layouts(e, true);
    for (size_t i = 0; i < list->len; i++)
        emit(e, "WISP_BIND_IMPORT(\"%s\", %s);", e->module,
             ((const plan_function *)list->items[i])->name);
    emit(e, "\n#endif");
}
