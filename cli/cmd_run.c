#include "commands.h"
#include "base/error.h"
#include "denied.h"
#include "out.h"
#include "value_text.h"

#include <wisp/wasm.h>

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* A module while it runs. */
typedef struct session {
    const cli_args *args;
    wisp_bytes bytes;
    wisp_module *module;
    wisp_store *store;
    wisp_value *values; /* arguments, then results */
    uint32_t argument_count, result_count;
    uint64_t fuel; /* to start with */
    uint32_t deny; /* features */
} session;

/* The name of the function to run: what was asked for, or "_start"; NULL where the module has
 * none, so that its start section is all there is. */
static const char *function_name(const session *s)
{
    const char *name = args_text(s->args, "invoke", NULL);
    if (name)
        return name;
    wisp_export item;
    for (uint32_t i = 0; wisp_module_export(s->module, i, &item); i++) {
        if (item.type.kind == WISP_EXTERN_FUNC && strcmp(item.name, "_start") == 0)
            return "_start";
    }
    return NULL;
}

static bool has_start_section(const wisp_module *module)
{
    wisp_section section;
    for (uint32_t i = 0; wisp_module_section(module, i, &section); i++) {
        if (section.id == 8)
            return true;
    }
    return false;
}

/* Writes "a, b, c": the functions that the module exports. */
static const char *exported_functions(const wisp_module *module, char *text, size_t size)
{
    size_t len = 0;
    text[0] = '\0';
    wisp_export item;
    for (uint32_t i = 0; wisp_module_export(module, i, &item) && len < size; i++) {
        if (item.type.kind == WISP_EXTERN_FUNC)
            len += (size_t)snprintf(text + len, size - len, "%s%s", len ? ", " : "", item.name);
    }
    return *text ? text : "none";
}

static wisp_status load(session *s, wisp_error *err)
{
    wisp_store_config config = {.fuel = s->fuel};
    wisp_status status = read_input(s->args->arguments[0], &s->bytes, err);
    uint64_t memory_max = 0;
    args_number(s->args, "memory-max", 1, UINT64_MAX, &memory_max);
    config.memory_max = memory_max;
    if (!status)
        status = wisp_module_load(&(wisp_module_config){.deny = s->deny, .borrow = true},
                                  s->bytes, &s->module, err);
    return status ? status : wisp_store_new(&config, &s->store, err);
}

/* Reads the arguments by the types of [type]; WISP_INVALID is a fault of the command line. */
static wisp_status take_arguments(session *s, const wisp_functype *type, wisp_error *err)
{
    size_t given = s->args->len - 1;
    if (given != type->param_count) {
        char text[TYPE_TEXT_SIZE];
        wisp_extern_type whole = {.kind = WISP_EXTERN_FUNC, .func = *type};
        return wisp_fail(err, WISP_INVALID, "%zu argument%s given, expected %" PRIu32 ": %.150s",
                         given, given == 1 ? "" : "s", type->param_count,
                         type_print(&whole, text));
    }
    s->argument_count = type->param_count;
    s->result_count = type->result_count;
    s->values = calloc((size_t)type->param_count + type->result_count + 1, sizeof *s->values);
    if (!s->values)
        return wisp_fail_memory(err, sizeof *s->values);
    wisp_status status = WISP_OK;
    for (uint32_t i = 0; i < s->argument_count && !status; i++)
        status = value_parse(type->params[i], s->args->arguments[i + 1],
                             &s->values[i], err);
    return status;
}

static int print_results_json(const session *s)
{
    wisp_json *object = wisp_json_new_object();
    wisp_json *results = wisp_json_new_array();
    bool made =
        wisp_json_set(object, "results", results) && wisp_json_set_bool(object, "trapped", false);
    if (made && s->fuel)
        made = wisp_json_set_number(object, "fuel_used", s->fuel - wisp_store_fuel(s->store));
    for (uint32_t i = 0; i < s->result_count && made; i++) {
        const wisp_value *value = &s->values[s->argument_count + i];
        char text[VALUE_TEXT_SIZE];
        wisp_json *entry = wisp_json_new_object();
        made = wisp_json_append(results, entry) &&
               wisp_json_set_string(entry, "type", wisp_valtype_name(value->type)) &&
               wisp_json_set_string(entry, "value", value_print(value, text));
    }
    if (!made) {
        wisp_json_free(object);
        object = NULL;
    }
    return print_json(object, EXIT_OK);
}

static int print_results(const session *s)
{
    if (args_has(s->args, "json"))
        return print_results_json(s);
    for (uint32_t i = 0; i < s->result_count; i++) {
        char text[VALUE_TEXT_SIZE];
        puts(value_print(&s->values[s->argument_count + i], text));
    }
    return EXIT_OK;
}

static bool set_frames(wisp_json *object, const wisp_trap *trap)
{
    wisp_json *frames = wisp_json_new_array();
    bool made = wisp_json_set(object, "backtrace", frames);
    for (uint32_t i = 0; i < trap->frame_count && made; i++) {
        const wisp_frame *frame = &trap->frames[i];
        wisp_json *entry = wisp_json_new_object();
        made = wisp_json_append(frames, entry) &&
               wisp_json_set_number(entry, "function", frame->func_index) &&
               (!frame->func_name || wisp_json_set_string(entry, "name", frame->func_name)) &&
               wisp_json_set_number(entry, "offset", frame->offset);
    }
    return made;
}

static int print_trap_json(const wisp_trap *trap)
{
    wisp_json *object = wisp_json_new_object();
    if (!wisp_json_set_bool(object, "trapped", true) ||
        !wisp_json_set_string(object, "trap", trap->text) ||
        !wisp_json_set_number(object, "depth", trap->depth) || !set_frames(object, trap)) {
        wisp_json_free(object);
        object = NULL;
    }
    return print_json(object, EXIT_TRAP);
}

static int print_trap(const session *s)
{
    const wisp_trap *trap = wisp_store_trap(s->store);
    if (args_has(s->args, "json"))
        return print_trap_json(trap);
    size_t size = wisp_trap_print(trap, NULL, 0) + 1;
    char *text = malloc(size);
    if (text)
        wisp_trap_print(trap, text, size);
    fprintf(stderr, "%s", text ? text : trap->text);
    free(text);
    return EXIT_TRAP;
}

static int fail_session(const session *s, wisp_status status, const wisp_error *err)
{
    if (status == WISP_TRAP && s->store)
        return print_trap(s);
    return fail_with(s->args->arguments[0], err);
}

static int call(session *s, wisp_instance *instance, const char *name)
{
    wisp_error err;
    wisp_func *func = wisp_instance_func(instance, name);
    if (!func) {
        char names[160];
        wisp_fail(&err, WISP_NOT_FOUND, "exports no function '%.40s'; those it exports: %s", name,
                  exported_functions(s->module, names, sizeof names));
        return fail_with(s->args->arguments[0], &err);
    }
    wisp_functype type = wisp_func_type(func);
    wisp_status status = take_arguments(s, &type, &err);
    if (status == WISP_INVALID)
        return usage_error(s->args->command, "%s: %s", name, err.text);
    if (!status)
        status = wisp_call(func, s->values, s->argument_count, s->values + s->argument_count,
                           s->result_count, &err);
    return status ? fail_session(s, status, &err) : print_results(s);
}

static int run_session(session *s)
{
    wisp_error err;
    wisp_instance *instance;
    wisp_status status = load(s, &err);
    if (status)
        return fail_session(s, status, &err);
    const char *name = function_name(s);
    if (!name && !has_start_section(s->module)) {
        char names[160];
        return usage_error(s->args->command,
                           "the module has no start function and no '_start'; name one with "
                           "--invoke: %s",
                           exported_functions(s->module, names, sizeof names));
    }
    if (!name && s->args->len > 1)
        return usage_error(s->args->command, "the start function takes no arguments");
    status = wisp_instance_new(s->store, s->module, NULL, &instance, &err);
    if (status)
        return fail_session(s, status, &err);
    return name ? call(s, instance, name) : print_results(s);
}

static int run(const cli_args *args)
{
    session s = {.args = args};
    uint64_t memory_max;
    if (!args_number(args, "fuel", 1, UINT64_MAX - 1, &s.fuel) ||
        !args_number(args, "memory-max", 1, UINT64_MAX, &memory_max) ||
        !features_denied(args, &s.deny))
        return EXIT_USAGE;
    int code = run_session(&s);
    free(s.values);
    wisp_store_free(s.store);
    wisp_module_free(s.module);
    free((void *)(uintptr_t)s.bytes.data);
    return code;
}

const cli_command cmd_run = {
    .name = "run",
    .summary = "Runs a function of a module and prints its results",
    .usage = "FILE.wasm [--invoke NAME] [ARGUMENT]… [--fuel N] [--memory-max BYTES]\n"
             "                [--deny FEATURE,…] [--json]",
    .about =
        "Without --invoke it runs '_start', or the start section alone. Arguments are read by\n"
        "the function's types: integers in decimal or 0x hexadecimal, floats also as 'inf' and\n"
        "'nan', references as 'null'. Results are printed one a line; a trap's backtrace goes\n"
        "to stderr. The module can import nothing: it only computes.",
    .examples = "wisp run fac.wasm --invoke fac 20\n"
                "wisp run math.wasm --invoke scale -1.5 0x10\n"
                "wisp run loop.wasm --invoke spin --fuel 1000000 --json",
    .options = {{"invoke", "NAME", "exported function to run [_start]"},
                {"fuel", "N", "how long it may run [without end]"},
                {"memory-max", "BYTES", "how much linear memory it may have [256 MiB]"},
                FEATURES_DENY_OPTION,
                {"json", NULL, "print JSON, also of a trap"}},
    .arguments_min = 1,
    .arguments_max = 1000,
    .missing = "the module to run",
    .signed_arguments = true,
    .run = run,
};
