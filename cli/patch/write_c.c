#include "write.h"

#include "../take.h"
#include "declare.h"
#include "layout.h"

#include <inttypes.h>
#include <string.h>

/* ------------------------------------------------------------------ types */

static bool is_record(const wisp_symbols_type *type)
{
    return type->kind == WISP_TYPE_STRUCT || type->kind == WISP_TYPE_UNION;
}

static bool is_in_headers(const wisp_symbols_type *type, const write_order *order)
{
    const char *slash = strrchr(type->file, '/');
    return name_find(&order->included, slash ? slash + 1 : type->file) != NULL;
}

static bool is_written(const closed_type *named, const write_order *order)
{
    return !named->is_standard && !is_in_headers(named->type, order);
}

/* Structs may be meant before they are declared. */
static void write_tags(FILE *out, draft *d, const write_order *order)
{
    for (size_t i = 0; i < d->types.sorted_len; i++) {
        const closed_type *named = d->types.sorted[i];
        if (is_written(named, order) && is_record(named->type))
            fprintf(out, "%s;\n", declare_name(&d->types, named));
    }
}

static void write_types(FILE *out, draft *d, const write_order *order)
{
    write_section(out, "types");
    write_tags(out, d, order);
    for (size_t i = 0; i < d->types.sorted_len; i++) {
        const closed_type *named = d->types.sorted[i];
        bool is_long = strchr(d->bodies[i], '\n') != NULL;
        if (!is_written(named, order) ||
            (is_record(named->type) && named->type->is_declared_only))
            continue;
        fprintf(out, "%s%s\n", is_long ? "\n" : "", d->bodies[i]);
    }
}

/* Sizes and offsets, as the program has them. */
static void write_layout(FILE *out, draft *d, const closed_type *named)
{
    const wisp_symbols_type *type = named->type;
    const char *name = declare_name(&d->types, named);
    fprintf(out, "WISP_SIZE(%s, %" PRIu64 ");\n", name, type->size);
    layout l = layout_of(&d->types, type);
    for (uint32_t i = 0; i < type->member_count && !l.is_bytes; i++) {
        const char *member = declare_member_name(&d->types, type, i);
        if (member[0] && !type->members[i].bit_size && !l.gaps[i].hides)
            fprintf(out, "WISP_OFFSET(%s, %s, %" PRIu64 ");\n", name, member,
                    type->members[i].offset);
    }
}

static void write_layouts(FILE *out, draft *d)
{
    write_section(out, "layout, as the program was built with");
    for (size_t i = 0; i < d->types.sorted_len; i++) {
        const closed_type *named = d->types.sorted[i];
        if (is_record(named->type) && !named->type->is_declared_only && named->type->size)
            write_layout(out, d, named);
    }
}

/* ------------------------------------------------------------------ functions, variables */

static void write_place(FILE *out, const char *file, uint32_t line)
{
    if (file[0])
        fprintf(out, " /* %s:%" PRIu32 " */", file, line);
    fputc('\n', out);
}

static void write_patched(FILE *out, draft *d, const write_order *order)
{
    write_section(out, "what is replaced, and how it was before");
    for (size_t i = 0; i < d->patched_len; i++) {
        const draft_function *f = &d->patched[i];
        if (order->includes[0])
            fprintf(out, "#undef %s\n", f->name);
        fprintf(out, "%s;\n", draft_prototype(d, f, f->name));
        fprintf(out, "WISP_ORIGINAL(%s)\n%s;\n", f->import,
                draft_prototype(d, f, take_print(d->arena, "original_%s", f->name)));
    }
}

/* Whether [symbol] takes a va_list, which is another thing in WebAssembly than in the program. */
static bool takes_list(const wisp_symbols_function *symbol)
{
    for (uint32_t i = 0; i < symbol->param_count; i++) {
        const wisp_symbols_type *type = wisp_symbols_type_strip(symbol->params[i].type);
        while (type && (type->kind == WISP_TYPE_POINTER || type->kind == WISP_TYPE_ARRAY))
            type = wisp_symbols_type_strip(type->target);
        if (type && strncmp(type->name, "__va_list", 9) == 0)
            return true;
    }
    return false;
}

static void write_callable(FILE *out, draft *d, const write_order *order)
{
    if (!d->callable_len)
        return;
    write_section(out, "functions of the program");
    for (size_t i = 0; i < d->callable_len; i++) {
        const draft_function *f = &d->callable[i];
        if (order->includes[0] && takes_list(f->symbol)) /* the headers say another type */
            continue;
        if (order->includes[0]) /* where they may have a macro of that name */
            fprintf(out, "#undef %s\n", f->name);
        fprintf(out, "WISP_PROGRAM(%s)\n%s;", f->import, draft_prototype(d, f, f->name));
        write_place(out, f->symbol->file, f->symbol->line);
    }
}

static void write_variables(FILE *out, draft *d)
{
    if (!d->variable_len)
        return;
    write_section(out, "variables of the program");
    for (size_t i = 0; i < d->variable_len; i++) {
        const draft_variable *v = &d->variables[i];
        fprintf(out, "extern %s;", declare(&d->types, v->symbol->type, v->name));
        write_place(out, v->symbol->file, v->symbol->line);
        if (strcmp(v->import, v->name) == 0)
            fprintf(out, "WISP_GLOBAL(%s);\n", v->name);
        else
            fprintf(out, "WISP_GLOBAL_AS(%s, %s);\n", v->import, v->name);
    }
    fputc('\n', out);
    for (size_t i = 0; i < d->variable_len; i++)
        fprintf(out, "#define %s WISP_AT(%s)\n", d->variables[i].macro, d->variables[i].name);
}

/* ------------------------------------------------------------------ files */

/* "bool" and its values, unless the program has a word of its own among them. */
static void write_bool(FILE *out, const draft *d)
{
    static const char *const words[] = {"bool_", "true_", "false_"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (name_find(&d->types.words, words[i]))
            return;
    fputs("#include <stdbool.h>\n", out);
}

static void write_program(FILE *out, draft *d, const write_order *order)
{
    fprintf(out,
            "/* Generated by 'wisp patch new' from the debug information of the program with\n"
            " * build-id %s: do not edit, run it again. */\n"
            "#ifndef WISP_PROGRAM_H\n#define WISP_PROGRAM_H\n\n#include \"wisp_patch.h\"\n\n",
            d->info->build_id);
    write_bool(out, d);
    fputs(order->includes, out);
    write_types(out, d, order);
    write_layouts(out, d);
    write_patched(out, d, order);
    write_callable(out, d, order);
    write_variables(out, d);
    fputs("\n#endif\n", out);
}

static void write_patch(FILE *out, draft *d, const draft_function *f)
{
    write_patch_comment(out, f, write_c.program);
    fputs(" */\n#include \"program.h\"\n\n", out);
    fprintf(out, "WISP_PATCH(%s)\n%s\n{\n    %soriginal_%s(%s);\n}\n", f->import,
            draft_prototype(d, f, f->name), f->gives ? "return " : "", f->name,
            write_arguments(d, f));
}

static bool can_write(draft *d, const wisp_symbols_function *symbol)
{
    (void)d;
    (void)symbol;
    return true;
}

const writer write_c = {.program = "program.h",
                        .suffix = ".c",
                        .write_program = write_program,
                        .write_patch = write_patch,
                        .can_write = can_write};
