#include "write.h"

#include "../take.h"
#include "access.h"
#include "declare.h"

#include <inttypes.h>
#include <string.h>

/* What the languages share. */

void write_section(FILE *out, const char *title)
{
    fputs("\n/* ", out);
    for (size_t i = strlen(title); i < 80; i++)
        fputc('-', out);
    fprintf(out, " %s */\n\n", title);
}

/* What the author must know of inlined copies and the like. */
static void write_reasons(FILE *out, const wisp_symbols_function *f)
{
    enum { SITES_SHOWN = 12 };
    for (uint32_t i = 0; i < f->reason_count; i++)
        fprintf(out, " *\n * Mind: %s.\n", f->reasons[i].text);
    for (uint32_t i = 0; i < f->site_count && i < SITES_SHOWN; i++)
        fprintf(out, " *     in %s (%s:%" PRIu32 ")\n", f->sites[i].caller->name,
                f->sites[i].file, f->sites[i].line);
    if (f->site_count > SITES_SHOWN)
        fprintf(out, " *     and in %" PRIu32 " more\n", f->site_count - SITES_SHOWN);
}

void write_patch_comment(FILE *out, const draft_function *f, const char *program)
{
    const wisp_symbols_function *symbol = f->symbol;
    fprintf(out, "/*\n * %s (%s:%" PRIu32 "), to be patched.\n *\n", symbol->name,
            symbol->file[0] ? symbol->file : "file unknown", symbol->line);
    fprintf(
        out,
        " * As it stands, the program runs as before: the patch calls the original. Change the\n"
        " * arguments, change the result, call other functions, or do without the original;\n"
        " * %s lists what there is. Whatever goes wrong here, the original runs.\n",
        program);
    write_reasons(out, symbol);
}

const char *write_arguments(draft *d, const draft_function *f)
{
    const char *text = "";
    for (uint32_t i = 0; i < f->symbol->param_count; i++)
        text = take_print(d->arena, "%s%s%s", text, i ? ", " : "", f->params[i]);
    return text;
}

bool write_has_scalars(draft *d, const wisp_symbols_function *symbol)
{
    const wisp_symbols_type *result = wisp_symbols_type_strip(symbol->result);
    if (result->kind != WISP_TYPE_VOID && !access_scalar_of(&d->types, result).kind)
        return false;
    for (uint32_t i = 0; i < symbol->param_count; i++)
        if (!access_scalar_of(&d->types, symbol->params[i].type).kind)
            return false;
    return true;
}

const char *write_origin(draft *d, const draft_function *f)
{
    const char *prototype = draft_prototype(d, f, f->name);
    return f->symbol->file[0] ? take_print(d->arena, "%s, %s:%" PRIu32, prototype,
                                           f->symbol->file, f->symbol->line)
                              : prototype;
}

const wisp_symbols_type *write_record_of(const closed_type *named)
{
    const wisp_symbols_type *type = named->type;
    if (type->kind == WISP_TYPE_TYPEDEF && type->target && type->target->name[0] == '\0')
        type = type->target;
    bool is_record = type->kind == WISP_TYPE_STRUCT || type->kind == WISP_TYPE_UNION;
    return is_record && !type->is_declared_only ? type : NULL;
}
