#include "write.h"

#include "../take.h"
#include "access.h"
#include "declare.h"

#include <inttypes.h>
#include <string.h>

/* AssemblyScript, where the program's pointers are numbers as well. */

/* ------------------------------------------------------------------ names */

/* [name] as AssemblyScript allows it. */
static const char *word(draft *d, const char *name)
{
    static const char *const words[] = {
        "any",    "as",       "abstract", "arguments", "await",     "class",      "constructor",
        "catch",  "debugger", "declare",  "delete",    "export",    "extends",    "finally",
        "from",   "function", "get",      "import",    "in",        "instanceof", "interface",
        "is",     "keyof",    "let",      "module",    "namespace", "never",      "new",
        "null",   "of",       "operator", "override",  "package",   "private",    "protected",
        "public", "readonly", "set",      "super",     "this",      "throw",      "try",
        "type",   "var",      "void",     "with",      "yield",     "implements", "boolean",
        "string", "number",   "symbol",   "object",    "undefined", "async"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcmp(words[i], name) == 0)
            return take_print(d->arena, "%s_", name);
    return name;
}

static const char *prototype(draft *d, const draft_function *f, const char *name)
{
    const char *params = "";
    for (uint32_t i = 0; i < f->symbol->param_count; i++)
        params = take_print(d->arena, "%s%s%s: %s", params, i ? ", " : "", word(d, f->params[i]),
                            access_scalar_of(&d->types, f->symbol->params[i].type).script);
    return take_print(d->arena, "function %s(%s): %s", name, params,
                      f->gives ? access_scalar_of(&d->types, f->symbol->result).script : "void");
}

/* ------------------------------------------------------------------ types */

typedef struct fields {
    FILE *out;
    draft *d;
} fields;

static void write_bits(FILE *out, const char *name, const access_field *f)
{
    const char *type = f->scalar.script, *kind = f->scalar.kind;
    bool is_64 = strcmp(kind, "i64") == 0;
    uint64_t mask = (f->bit_size < 64 ? (UINT64_C(1) << f->bit_size) - 1 : UINT64_MAX);
    unsigned bits = is_64 ? 64 : 32;
    bool is_signed = type[0] == 'i';
    fprintf(out,
            "  export function %s(at: u64): %s { return (((wisp_load_%s(at + %" PRIu64
            ") as %s) << %u) >> %u) as %s; }\n",
            name, type, kind, f->offset,
            is_64 ? (is_signed ? "i64" : "u64") : (is_signed ? "i32" : "u32"),
            bits - f->shift - f->bit_size, bits - f->bit_size, type);
    fprintf(out,
            "  export function set_%s(at: u64, value: %s): void { wisp_store_%s(at + %" PRIu64
            ", ((wisp_load_%s(at + %" PRIu64 ") as %s) & ~(0x%" PRIx64
            " << %u)) | (((value as %s) & 0x%" PRIx64 ") << %u)); }\n",
            name, type, kind, f->offset, kind, f->offset, is_64 ? "i64" : "i32", mask, f->shift,
            is_64 ? "i64" : "i32", mask, f->shift);
}

static void write_field(void *user, const access_field *f)
{
    fields *to = user;
    const char *name = word(to->d, f->name), *type = f->scalar.script;
    if (f->bit_size) {
        write_bits(to->out, name, f);
    } else if (!f->scalar.kind) {
        fprintf(to->out, "  export function %s(at: u64): u64 { return at + %" PRIu64 "; }\n",
                name, f->offset);
    } else {
        bool is_bool = strcmp(type, "bool") == 0;
        fprintf(to->out,
                "  export function %s(at: u64): %s { return wisp_load_%s(at + %" PRIu64
                ")%s%s; }\n",
                name, type, f->scalar.kind, f->offset, is_bool ? " != 0" : " as ",
                is_bool ? "" : type);
        fprintf(to->out,
                "  export function set_%s(at: u64, value: %s): void { wisp_store_%s(at + %" PRIu64
                ", value); }\n",
                name, type, f->scalar.kind, f->offset);
    }
}

static void write_enum(FILE *out, draft *d, const closed_type *named)
{
    const wisp_symbols_type *type = named->type;
    fprintf(out, "export namespace %s {\n", word(d, named->name));
    for (uint32_t i = 0; i < type->enumerator_count; i++)
        fprintf(out, "  export const %s: %s = %" PRId64 ";\n",
                word(d, name_identifier(d->arena, type->enumerators[i].name)),
                access_scalar_of(&d->types, type).script, type->enumerators[i].value);
    fputs("}\n\n", out);
}

static void write_types(FILE *out, draft *d)
{
    fields to = {out, d};
    for (size_t i = 0; i < d->types.sorted_len; i++) {
        const closed_type *named = d->types.sorted[i];
        const wisp_symbols_type *record = write_record_of(named);
        if (named->type->kind == WISP_TYPE_ENUM && !named->type->is_declared_only)
            write_enum(out, d, named);
        if (!record)
            continue;
        fprintf(out, "// %s, %" PRIu64 " bytes\nexport namespace %s {\n",
                declare_name(&d->types, named), record->size, word(d, named->name));
        access_each(&d->types, record, write_field, &to);
        fputs("}\n\n", out);
    }
}

/* ------------------------------------------------------------------ functions, variables */

static void write_import(FILE *out, const char *module, const char *name, const char *function)
{
    fprintf(out, "@external(\"%s\", \"%s\")\nexport declare %s;\n", module, name, function);
}

static void write_functions(FILE *out, draft *d)
{
    write_section(out, "what is replaced, as it was before");
    for (size_t i = 0; i < d->patched_len; i++) {
        const draft_function *f = &d->patched[i];
        fprintf(out, "// %s\n", write_origin(d, f));
        write_import(out, "original", f->import,
                     prototype(d, f, take_print(d->arena, "original_%s", f->name)));
    }
    write_section(out, "functions of the program");
    for (size_t i = 0; i < d->callable_len; i++) {
        const draft_function *f = &d->callable[i];
        if (!write_has_scalars(d, f->symbol))
            continue;
        fprintf(out, "// %s\n", write_origin(d, f));
        write_import(out, "program", f->import,
                     prototype(d, f, take_print(d->arena, "program_%s", f->name)));
    }
}

static void write_variables(FILE *out, draft *d)
{
    write_section(out, "addresses of variables of the program");
    for (size_t i = 0; i < d->variable_len; i++) {
        const draft_variable *v = &d->variables[i];
        const char *origin = declare(&d->types, v->symbol->type, v->name);
        if (!strchr(origin, '\n'))
            fprintf(out, "// %s\n", origin);
        write_import(out, "global", v->import,
                     take_print(d->arena, "function global_%s(): u64", v->name));
    }
}

/* What moves numbers to and from the program's memory. */
static void write_accesses(FILE *out)
{
    static const struct {
        const char *kind, *type;
    } accesses[] = {{"i8", "i32"},  {"u8", "u32"},  {"i16", "i32"}, {"u16", "u32"},
                    {"i32", "i32"}, {"i64", "i64"}, {"f32", "f32"}, {"f64", "f64"}};
    write_section(out, "the program's memory");
    for (size_t i = 0; i < sizeof accesses / sizeof *accesses; i++)
        fprintf(out,
                "@external(\"wisp\", \"load_%s\")\n"
                "export declare function wisp_load_%s(at: u64): %s;\n"
                "@external(\"wisp\", \"store_%s\")\n"
                "export declare function wisp_store_%s(at: u64, value: %s): void;\n",
                accesses[i].kind, accesses[i].kind, accesses[i].type, accesses[i].kind,
                accesses[i].kind, accesses[i].type);
    fputs("@external(\"wisp\", \"native\")\n"
          "export declare function wisp_native(pointer: u64): u64;\n"
          "@external(\"wisp\", \"log\")\n"
          "export declare function wisp_log_bytes(text: u64, size: u64): void;\n\n"
          "// The program's address of a text, as C has texts: for arguments of its functions.\n"
          "export function wisp_text(value: string): u64 {\n"
          "  return wisp_native(changetype<usize>(String.UTF8.encode(value, true)));\n"
          "}\n\n"
          "// A line for the log of whoever runs the program.\n"
          "export function wisp_log(value: string): void {\n"
          "  const bytes = String.UTF8.encode(value);\n"
          "  wisp_log_bytes(changetype<usize>(bytes), bytes.byteLength);\n"
          "}\n",
          out);
}

/* ------------------------------------------------------------------ files */

static void write_program(FILE *out, draft *d, const write_order *order)
{
    (void)order;
    fprintf(out,
            "/* Generated by 'wisp patch new' from the debug information of the program with\n"
            " * build-id %s: do not edit, run it again.\n"
            " *\n"
            " * What the program has pointers to are numbers here, u64, and fields are read and\n"
            " * written by functions: order.id(o), order.set_id(o, 7). */\n",
            d->info->build_id);
    write_accesses(out);
    write_section(out, "types");
    write_types(out, d);
    write_functions(out, d);
    write_variables(out, d);
}

static void write_patch(FILE *out, draft *d, const draft_function *f)
{
    write_patch_comment(out, f, write_script.program);
    fprintf(out,
            " *\n * %s\n */\nimport { original_%s } from \"./program\";\n\nexport %s {\n"
            "  %soriginal_%s(",
            draft_prototype(d, f, f->name), f->name, prototype(d, f, f->name),
            f->gives ? "return " : "", f->name);
    for (uint32_t i = 0; i < f->symbol->param_count; i++)
        fprintf(out, "%s%s", i ? ", " : "", word(d, f->params[i]));
    fputs(");\n}\n", out);
}

/* Exports are identifiers there. */
static bool can_write(draft *d, const wisp_symbols_function *symbol)
{
    const char *import = draft_import(d->types.symbols, d->arena, symbol);
    return write_has_scalars(d, symbol) &&
           strcmp(word(d, name_identifier(d->arena, import)), import) == 0;
}

const writer write_script = {.program = "program.ts",
                             .suffix = ".ts",
                             .write_program = write_program,
                             .write_patch = write_patch,
                             .can_write = can_write};
