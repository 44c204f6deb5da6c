#include "commands.h"
#include "denied.h"
#include "out.h"
#include "term.h"
#include "trust/crypto.h"
#include "value_text.h"

#include <wisp/wasm.h>

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

typedef struct subject {
    const char *path;
    wisp_bytes bytes;
    wisp_module *module;
    wisp_hash hash;
} subject;

static bool is_custom(const wisp_section *section)
{
    return section->id == 0;
}

/* ------------------------------------------------------------------ for people */

static void heading(const char *name, uint32_t count)
{
    printf("\n%s%s%s  %" PRIu32 "\n", term(stdout, TERM_BOLD), name, term(stdout, TERM_PLAIN),
           count);
}

static void print_sections(const subject *s)
{
    uint64_t total = 0;
    wisp_section section;
    char size[COUNT_TEXT_SIZE];
    heading("Sections", wisp_module_section_count(s->module));
    printf("  %-24s %10s %12s %8s\n", "name", "offset", "size", "entries");
    for (uint32_t i = 0; wisp_module_section(s->module, i, &section); i++) {
        char name[64], entries[24] = "";
        snprintf(name, sizeof name, is_custom(&section) ? "custom \"%.40s\"" : "%.40s",
                 section.name);
        if (section.count)
            snprintf(entries, sizeof entries, " %8" PRIu32, section.count);
        printf("  %-24s %#10" PRIx32 " %12s%s\n", name, section.offset,
               count_text(section.size, size), entries);
        total += section.size;
    }
    printf("  %-24s %10s %12s\n", "headers", "", count_text(s->bytes.size - total, size));
    printf("  %-24s %10s %12s\n", "in all", "", count_text(s->bytes.size, size));
}

/* Of the [index]-th function type; false where there is none. */
static bool print_type(const wisp_module *module, uint32_t index, char text[TYPE_TEXT_SIZE])
{
    wisp_extern_type type = {.kind = WISP_EXTERN_FUNC};
    if (!wisp_module_type(module, index, &type.func))
        return false;
    type_print(&type, text);
    return true;
}

static void print_types(const wisp_module *module)
{
    char text[TYPE_TEXT_SIZE];
    heading("Types", wisp_module_type_count(module));
    for (uint32_t i = 0; print_type(module, i, text); i++)
        printf("  %-7" PRIu32 " %s\n", i, text);
}

static void print_imports(const wisp_module *module)
{
    wisp_import item;
    char type[TYPE_TEXT_SIZE];
    heading("Imports", wisp_module_import_count(module));
    for (uint32_t i = 0; wisp_module_import(module, i, &item); i++)
        printf("  %-7s %s.%s  %s\n", wisp_extern_kind_name(item.type.kind), item.module,
               item.name, type_print(&item.type, type));
}

static void print_exports(const wisp_module *module)
{
    wisp_export item;
    char type[TYPE_TEXT_SIZE];
    heading("Exports", wisp_module_export_count(module));
    for (uint32_t i = 0; wisp_module_export(module, i, &item); i++)
        printf("  %-7s %s  %s\n", wisp_extern_kind_name(item.type.kind), item.name,
               type_print(&item.type, type));
}

static int print_subject(const subject *s)
{
    char size[COUNT_TEXT_SIZE], hash[WISP_HASH_TEXT_SIZE];
    wisp_hash_print(&s->hash, hash);
    printf("%s%s%s: a valid module of %s bytes\nsha256 %s\n", term(stdout, TERM_BOLD), s->path,
           term(stdout, TERM_PLAIN), count_text(s->bytes.size, size), hash);
    char features[FEATURES_TEXT_SIZE];
    if (wisp_module_features(s->module))
        printf("uses %s\n", features_print(wisp_module_features(s->module), ", ", features));
    print_sections(s);
    print_types(s->module);
    print_imports(s->module);
    print_exports(s->module);
    return EXIT_OK;
}

/* ------------------------------------------------------------------ for scripts */

static bool set_type(wisp_json *entry, const wisp_extern_type *type)
{
    char text[TYPE_TEXT_SIZE];
    return wisp_json_set_string(entry, "kind", wisp_extern_kind_name(type->kind)) &&
           wisp_json_set_string(entry, "type", type_print(type, text));
}

static bool set_features(wisp_json *object, const wisp_module *module)
{
    wisp_json *array = wisp_json_new_array();
    bool made = wisp_json_set(object, "features", array);
    for (uint32_t left = wisp_module_features(module); made && left; left &= left - 1)
        made = wisp_json_append_string(array, wisp_feature_name(left));
    return made;
}

static bool set_sections(wisp_json *object, const wisp_module *module)
{
    wisp_json *array = wisp_json_new_array();
    bool made = wisp_json_set(object, "sections", array);
    wisp_section section;
    for (uint32_t i = 0; made && wisp_module_section(module, i, &section); i++) {
        wisp_json *entry = wisp_json_new_object();
        made = wisp_json_append(array, entry) && wisp_json_set_number(entry, "id", section.id) &&
               wisp_json_set_string(entry, "name", section.name) &&
               wisp_json_set_number(entry, "offset", section.offset) &&
               wisp_json_set_number(entry, "size", section.size) &&
               wisp_json_set_number(entry, "entries", section.count);
    }
    return made;
}

static bool set_types(wisp_json *object, const wisp_module *module)
{
    wisp_json *array = wisp_json_new_array();
    bool made = wisp_json_set(object, "types", array);
    char text[TYPE_TEXT_SIZE];
    for (uint32_t i = 0; made && print_type(module, i, text); i++)
        made = wisp_json_append_string(array, text);
    return made;
}

static bool set_imports(wisp_json *object, const wisp_module *module)
{
    wisp_json *array = wisp_json_new_array();
    bool made = wisp_json_set(object, "imports", array);
    wisp_import item;
    for (uint32_t i = 0; made && wisp_module_import(module, i, &item); i++) {
        wisp_json *entry = wisp_json_new_object();
        made = wisp_json_append(array, entry) &&
               wisp_json_set_string(entry, "module", item.module) &&
               wisp_json_set_string(entry, "name", item.name) && set_type(entry, &item.type);
    }
    return made;
}

static bool set_exports(wisp_json *object, const wisp_module *module)
{
    wisp_json *array = wisp_json_new_array();
    bool made = wisp_json_set(object, "exports", array);
    wisp_export item;
    for (uint32_t i = 0; made && wisp_module_export(module, i, &item); i++) {
        wisp_json *entry = wisp_json_new_object();
        made = wisp_json_append(array, entry) && wisp_json_set_string(entry, "name", item.name) &&
               set_type(entry, &item.type);
    }
    return made;
}

static int print_subject_json(const subject *s)
{
    wisp_json *object = wisp_json_new_object();
    if (!set_hash(object, "sha256", &s->hash) ||
        !wisp_json_set_number(object, "size", s->bytes.size) ||
        !set_features(object, s->module) || !set_sections(object, s->module) ||
        !set_types(object, s->module) || !set_imports(object, s->module) ||
        !set_exports(object, s->module)) {
        wisp_json_free(object);
        object = NULL;
    }
    return print_json(object, EXIT_OK);
}

/* ------------------------------------------------------------------ code */

static void print_line(void *user, const char *line)
{
    (void)user;
    puts(line);
}

static int list_code(const subject *s, uint32_t function)
{
    wisp_error err;
    if (wisp_module_list_code(s->module, NULL, function, print_line, NULL, &err))
        return fail_with(s->path, &err);
    return EXIT_OK;
}

/* The function that [text], a number or a name, stands for. */
static bool find_function(const subject *s, const char *text, uint32_t *out)
{
    char *end;
    errno = 0;
    unsigned long number = strtoul(text, &end, 10);
    bool is_number =
        isdigit((unsigned char)text[0]) && *end == '\0' && !errno && number < UINT32_MAX;
    *out = (uint32_t)number;
    return is_number || wisp_module_find_func(s->module, text, out);
}

/* Of the function called [text], or of all if that is NULL. */
static int print_code(const subject *s, const char *text)
{
    uint32_t function;
    if (text && !find_function(s, text, &function)) {
        wisp_error err = {WISP_INVALID, WISP_NO_OFFSET, ""};
        snprintf(err.text, sizeof err.text, "no function is called '%.100s'", text);
        return fail_with(s->path, &err);
    }
    if (text)
        return list_code(s, function);
    uint32_t first = wisp_module_imported_func_count(s->module);
    int code = EXIT_OK;
    for (uint32_t i = first; i < wisp_module_func_count(s->module) && code == EXIT_OK; i++) {
        if (i != first)
            putchar('\n');
        code = list_code(s, i);
    }
    return code;
}

static int run(const cli_args *args)
{
    if (args_has(args, "code") && args_has(args, "json"))
        return usage_error(args->command, "'--code' is for people: it has no JSON");
    subject s = {.path = args->arguments[0]};
    wisp_error err;
    if (read_input(s.path, &s.bytes, &err))
        return fail_with(NULL, &err);
    int code;
    if (wisp_module_new_borrowed(NULL, s.bytes, &s.module, &err))
        code = fail_with(s.path, &err);
    else if (!wisp_sha256(s.bytes, &s.hash))
        code = fail_with(s.path, &(wisp_error){WISP_NO_MEMORY, WISP_NO_OFFSET, "out of memory"});
    else if (args_has(args, "code"))
        code = print_code(&s, args_text(args, "code", NULL));
    else
        code = args_has(args, "json") ? print_subject_json(&s) : print_subject(&s);
    wisp_module_free(s.module);
    free((void *)(uintptr_t)s.bytes.data);
    return code;
}

const cli_command cmd_inspect = {
    .name = "inspect",
    .summary = "Lists what is in a module: sections, types, imports, exports, sizes",
    .usage = "FILE.wasm [--json | --code[=FUNC]]",
    .about =
        "The module must be valid; 'wisp validate' says where one is not. A section's offset\n"
        "and size are those of its content; what is left are the headers of the sections and of\n"
        "the module. '-' is the standard input.\n"
        "\n"
        "--code lists each instruction with its offset and, below it, the register instructions\n"
        "that it became, which are what runs; of all functions or of one, by name or number.\n"
        "s0, s1, ... are slots of the function's frame, acc is an accumulator.",
    .examples = "wisp inspect scheduler.wasm\n"
                "wisp inspect scheduler.wasm --json | python3 -m json.tool\n"
                "wisp inspect scheduler.wasm --code=next_task",
    .options = {{"json", NULL, "print JSON"},
                {"code", "[=FUNC]", "list the internal code, of one function or all"}},
    .arguments_min = 1,
    .arguments_max = 1,
    .missing = "the module to look into",
    .run = run,
};
