#include "backtrace.h"
#include "base/error.h"
#include "commands.h"
#include "denied.h"
#include "out.h"
#include "run_result.h"
#include "run_world.h"
#include "value_text.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* Of a program that traps: what a shell makes of one that aborts, so that the codes that programs
 * use themselves stay theirs. */
enum { EXIT_PROGRAM_TRAP = 134 };

static bool has_function(const wisp_module *module, const char *name)
{
    wisp_export item;
    for (uint32_t i = 0; wisp_module_export(module, i, &item); i++) {
        if (item.type.kind == WISP_EXTERN_FUNC && strcmp(item.name, name) == 0)
            return true;
    }
    return false;
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

static bool wants_json(const run_world *world)
{
    return args_has(world->args, "json");
}

static int fail_world(const run_world *world, wisp_status status, const wisp_error *err)
{
    if (status == WISP_TRAP && world->store)
        return print_trap(world);
    return fail_with(world->at, err);
}

/* ------------------------------------------------------------------ functions */

/* Arguments, then room for results. */
typedef struct call_values {
    wisp_value *list;
    uint32_t argument_count, result_count;
} call_values;

/* Reads the arguments by the types of [type]; WISP_INVALID is a fault of the command line. */
static wisp_status take_arguments(const cli_args *args, const wisp_functype *type,
                                  call_values *out, wisp_error *err)
{
    size_t given = args->len - 1;
    if (given != type->param_count) {
        char text[TYPE_TEXT_SIZE];
        wisp_extern_type whole = {.kind = WISP_EXTERN_FUNC, .func = *type};
        return wisp_fail(err, WISP_INVALID, "%zu argument%s given, expected %" PRIu32 ": %.150s",
                         given, given == 1 ? "" : "s", type->param_count,
                         type_print(&whole, text));
    }
    out->argument_count = type->param_count;
    out->result_count = type->result_count;
    out->list = calloc((size_t)type->param_count + type->result_count + 1, sizeof *out->list);
    if (!out->list)
        return wisp_fail_memory(err, sizeof *out->list);
    wisp_status status = WISP_OK;
    for (uint32_t i = 0; i < out->argument_count && !status; i++)
        status = value_parse(type->params[i], args->arguments[i + 1], &out->list[i], err);
    return status;
}

static int print_world_results(const run_world *world, const wisp_value *results, size_t len)
{
    uint64_t used = world->fuel - wisp_store_fuel(world->store);
    return print_results(results, len, world->fuel ? &used : NULL, wants_json(world));
}

static int call(run_world *world, wisp_func *func, const char *name)
{
    wisp_error err;
    uint32_t code;
    call_values values = {0};
    wisp_functype type = wisp_func_type(func);
    wisp_status status = take_arguments(world->args, &type, &values, &err);
    bool is_called = !status;
    if (is_called)
        status = wisp_call(func, values.list, values.argument_count,
                           values.list + values.argument_count, values.result_count, &err);
    int result;
    if (status == WISP_INVALID && !is_called)
        result = usage_error(world->args->command, "%s: %s", name, err.text);
    else if (wisp_wasi_exited(world->wasi, &code))
        result = (int)(code & 0xff);
    else if (status)
        result = fail_world(world, status, &err);
    else
        result =
            print_world_results(world, values.list + values.argument_count, values.result_count);
    free(values.list);
    return result;
}

static int call_named(run_world *world, wisp_instance *instance, const char *name)
{
    wisp_error err;
    wisp_func *func = wisp_instance_func(instance, name);
    if (func)
        return call(world, func, name);
    char names[160];
    wisp_fail(&err, WISP_NOT_FOUND, "exports no function '%.40s'; those it exports: %s", name,
              exported_functions(world->main.module, names, sizeof names));
    return fail_with(world->at, &err);
}

/* ------------------------------------------------------------------ modules that only compute */

static int run_module_alone(run_world *world)
{
    wisp_error err;
    wisp_instance *instance;
    const wisp_module *module = world->main.module;
    const char *otherwise = has_function(module, "_start") ? "_start" : NULL;
    const char *name = args_text(world->args, "invoke", otherwise);
    if (!name && !has_start_section(module)) {
        char names[160];
        return usage_error(world->args->command,
                           "the module has no start function and no '_start'; name one with "
                           "--invoke: %s",
                           exported_functions(module, names, sizeof names));
    }
    if (!name && world->args->len > 1)
        return usage_error(world->args->command, "the start function takes no arguments");
    wisp_status status = run_world_start(world, &instance, &err);
    if (status)
        return fail_world(world, status, &err);
    return name ? call_named(world, instance, name) : print_world_results(world, NULL, 0);
}

/* ------------------------------------------------------------------ programs */

/* A function of a program: of a reactor once it has been initialized. */
static int invoke(run_world *world, wisp_instance *instance, const char *name)
{
    wisp_error err;
    uint32_t code = 0;
    wisp_status status = WISP_OK;
    if (!wisp_instance_func(instance, "_start"))
        status = wisp_wasi_run(world->wasi, instance, &code, &err);
    if (status)
        return fail_world(world, status, &err);
    return wisp_wasi_exited(world->wasi, &code) ? (int)(code & 0xff)
                                                : call_named(world, instance, name);
}

static int run_program(run_world *world)
{
    wisp_error err;
    wisp_instance *instance;
    uint32_t code = 0;
    const char *name = args_text(world->args, "invoke", NULL);
    if (!name && wants_json(world))
        return usage_error(world->args->command,
                           "'--json' is for functions: what a program prints is its own");
    wisp_status status = run_world_start(world, &instance, &err);
    if (!status && name)
        return invoke(world, instance, name);
    if (!status)
        status = wisp_wasi_run(world->wasi, instance, &code, &err);
    const char *elsewhere = world->threads ? wisp_wasi_threads_trap(world->threads) : NULL;
    if (status == WISP_TRAP && elsewhere)
        fputs(elsewhere, stderr);
    else if (status == WISP_TRAP)
        print_trap(world);
    if (status == WISP_TRAP)
        return EXIT_PROGRAM_TRAP;
    return status ? fail_with(world->at, &err) : (int)(code & 0xff);
}

/* ------------------------------------------------------------------ the command */

static int run_world_with(run_world *world, const cli_args *args, bool is_program)
{
    wisp_error err = {.offset = WISP_NO_OFFSET};
    if (args_has(args, "help")) {
        print_help(args->command);
        return EXIT_OK;
    }
    wisp_status status = run_world_make(world, args, &err);
    if (status == WISP_INVALID)
        return *err.text ? usage_error(args->command, "%s", err.text) : EXIT_USAGE;
    if (status)
        return fail_world(world, status, &err);
    return is_program ? run_program(world) : run_module_alone(world);
}

/* The words behind a program are its own. For other modules options may stand there too. */
static int run(const cli_args *args)
{
    run_world world = {.args = args, .main.path = args->arguments[0]};
    cli_args all = {0};
    wisp_error err;
    int code = EXIT_USAGE;
    wisp_status status = run_world_load(&world, &err);
    if (status)
        code = fail_with(world.at, &err);
    else if (run_world_is_program(&world))
        code = run_world_with(&world, args, true);
    else if (args_parse_anywhere(args, &all))
        code = run_world_with(&world, &all, false);
    args_deinit(&all);
    run_world_deinit(&world);
    return code;
}

const cli_command cmd_run = {
    .name = "run",
    .summary = "Runs a program, or a function of a module",
    .usage = "[OPTION]… FILE.wasm [ARGUMENT]…",
    .about =
        "A module that imports WASI (preview 1) is a program: '_start' runs with the arguments,\n"
        "which are all the words behind the file, with wisp's own standard streams, the folders\n"
        "and variables that options name, and nothing else. Its exit code is wisp's; 134 if it\n"
        "traps.\n"
        "\n"
        "Of other modules it runs the function that --invoke names, or '_start', or the start\n"
        "section alone. Arguments are read by the function's types: integers in decimal or 0x\n"
        "hexadecimal, floats also as 'inf' and 'nan', references as 'null'. Results are printed\n"
        "one a line. Here options may stand anywhere.\n"
        "\n"
        "A trap's backtrace goes to stderr. With --backtrace it has source lines, from the debug\n"
        "information that compilers put into modules with -g.",
    .examples = "wisp run fac.wasm --invoke fac 20\n"
                "wisp run math.wasm --invoke scale -1.5 0x10\n"
                "wisp run loop.wasm --invoke spin --fuel 1000000 --json\n"
                "wisp run --dir notes::. --env LANG=C grep.wasm -c wisp todo.txt\n"
                "wisp run --backtrace debug.wasm\n"
                "wisp run --preload math=math.wasm main.wasm",
    .options = {{"invoke", "NAME", "exported function to run [_start]"},
                {"dir", "HOST[::GUEST]",
                 "a folder that the program may use, and its name for it"},
                {"dir-ro", "HOST[::GUEST]", "the same, to be read only"},
                {"env", "NAME[=VALUE]", "a variable; without a value, wisp's own"},
                {"preload", "NAME=FILE", "a module that others may import from by this name"},
                {"threads", "N", "how many threads a program may have besides the first [16]"},
                {"fuel", "N", "how long it may run [without end]"},
                {"memory-max", "BYTES", "how much linear memory it may have [256 MiB]"},
                FEATURES_DENY_OPTION,
                {"lazy", NULL, "check and compile each function when it is first called"},
                {"backtrace", NULL, "show source lines where it traps"},
                {"json", NULL, "print JSON, also of a trap"}},
    .arguments_min = 1,
    .arguments_max = 1000,
    .missing = "the module to run",
    .signed_arguments = true,
    .options_first = true,
    .run = run,
};
