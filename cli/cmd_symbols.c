#define _DEFAULT_SOURCE /* realpath */

#include "commands.h"
#include "find_symbol.h"
#include "out.h"
#include "publish/file.h"
#include "publish/permission.h"
#include "symbols/merge.h"
#include "symbols/object.h"
#include "symbols/store.h"
#include "symbols/thunks.h"
#include "symbols_report.h"

#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#define ARENA_CHUNK 4096
#define OBJECTS_MAX 65536

typedef struct command {
    const cli_args *args;
    wisp_symbols_config config;
    wisp_arena arena;
    char path[PATH_MAX];
    symbols_subject subject;
    wisp_symbols *symbols;
} command;

/* Where debug information is kept: --store, or a folder of the project. */
static bool find_store(command *c)
{
    const char *project = args_text(c->args, "project", ".");
    c->config.store = args_text(c->args, "store", NULL);
    if (!c->config.store) {
        size_t size = strlen(project) + sizeof "/symbols";
        char *store = wisp_arena_alloc(&c->arena, size, 1);
        if (store)
            snprintf(store, size, "%s/symbols", project);
        c->config.store = store;
    }
    return c->config.store != NULL;
}

static wisp_status open_symbols(command *c, wisp_error *err)
{
    const char *build = args_text(c->args, "build", NULL);
    wisp_symbols_close(c->symbols);
    c->symbols = NULL;
    wisp_status status = build ? wisp_symbols_open_build(&c->config, build, &c->symbols, err)
                               : wisp_symbols_open(&c->config, c->path, &c->symbols, err);
    c->subject.symbols = c->symbols;
    return status;
}

/* Whether nothing is to be written: the questions of people are free. */
static bool is_question(const command *c)
{
    return args_has(c->args, "build") || args_has(c->args, "function");
}

static wisp_status prepare(command *c, wisp_error *err)
{
    if (is_question(c))
        return WISP_OK;
    wisp_status status = WISP_OK;
    if (wisp_symbols_program(c->symbols)->raw_count && !args_has(c->args, "no-merge")) {
        status = wisp_symbols_merge(NULL, wisp_os_posix(), c->path, &c->subject.merged, err);
        if (!status)
            status = open_symbols(c, err);
    }
    return status
               ? status
               : wisp_symbols_keep(c->symbols, c->config.store, &c->arena, &c->subject.kept, err);
}

static int show_function(command *c)
{
    wisp_error err;
    const char *name = args_text(c->args, "function", NULL);
    if (find_function(c->symbols, name, &c->subject.one, &err))
        return fail_with(NULL, &err);
    int code = c->subject.one->verdict == WISP_SYMBOLS_REFUSED ? EXIT_NO : EXIT_OK;
    if (args_has(c->args, "json"))
        return print_json(symbols_json(&c->subject), code);
    symbols_print_function(c->subject.one);
    return code;
}

static int show(command *c)
{
    if (args_has(c->args, "function"))
        return show_function(c);
    if (args_has(c->args, "json"))
        return print_json(symbols_json(&c->subject), EXIT_OK);
    symbols_print(&c->subject, args_has(c->args, "all"));
    return EXIT_OK;
}

static int run_command(command *c)
{
    wisp_error err;
    if (!find_store(c))
        return fail_with(NULL, &(wisp_error){WISP_NO_MEMORY, WISP_NO_OFFSET, "out of memory"});
    if (open_symbols(c, &err) || prepare(c, &err))
        return fail_with(NULL, &err);
    return show(c);
}

/* ------------------------------------------------------------------ thunks */

static wisp_status take_object(wisp_thunks *thunks, const char *path, wisp_error *err)
{
    const wisp_os *os = wisp_os_posix();
    wisp_bytes bytes, changed;
    unsigned mode;
    wisp_status status =
        wisp_file_read(os, thunks->arena, path, WISP_OBJECT_SIZE_MAX, &bytes, err);
    if (!status)
        status = wisp_thunks_take(thunks, path, bytes, &changed, err);
    if (status || changed.data == bytes.data)
        return status;
    if (wisp_permission_get(path, &mode) < 0)
        mode = WISP_MODE_PUBLIC;
    return wisp_file_replace(os, path, changed, mode, err);
}

static wisp_status write_thunks(const cli_args *args, wisp_thunks *thunks, wisp_error *err)
{
    wisp_bytes text;
    wisp_status status = WISP_OK;
    for (size_t i = 0; i < args->len && !status; i++)
        status = take_object(thunks, args->arguments[i], err);
    if (!status)
        status = wisp_thunks_print(thunks, &text, err);
    return status ? status
                  : wisp_file_replace(wisp_os_posix(), args_text(args, "thunks", NULL), text,
                                      WISP_MODE_PUBLIC, err);
}

static int run_thunks(const cli_args *args)
{
    wisp_error err;
    wisp_arena arena;
    wisp_arena_init(&arena, wisp_allocator_or_default(NULL), ARENA_CHUNK);
    wisp_thunks thunks = {.arena = &arena};
    wisp_status status = write_thunks(args, &thunks, &err);
    int code = status ? fail_with(NULL, &err) : EXIT_OK;
    if (!status)
        printf("%s: thunks of %" PRIu32 " functions; compile and link it with the rest\n",
               args_text(args, "thunks", NULL), thunks.count);
    if (!status && thunks.skipped)
        printf("%" PRIu32 " functions are weak, or have a name that assemblers do not take: they "
               "have none\n",
               thunks.skipped);
    wisp_arena_deinit(&arena);
    return code;
}

/* ------------------------------------------------------------------ the command */

static int run(const cli_args *args)
{
    if (args_has(args, "thunks")) {
        if (args->len == 0 || args->given_len > 1)
            return usage_error(args->command,
                               "'--thunks' goes with object files, and no other option");
        return run_thunks(args);
    }
    if (args->len != (args_has(args, "build") ? 0 : 1))
        return usage_error(args->command, "expected a program, or '--build' with a build-id");
    if (args_has(args, "all") && (args_has(args, "json") || args_has(args, "function")))
        return usage_error(args->command,
                           "'--all' is a list for people, without '--json' and '--function'");
    command c = {.args = args};
    /* A link stays one, and what it leads to is changed. */
    if (args->len == 1 && !realpath(args->arguments[0], c.path))
        snprintf(c.path, sizeof c.path, "%s", args->arguments[0]);
    wisp_arena_init(&c.arena, wisp_allocator_or_default(NULL), ARENA_CHUNK);
    int code = run_command(&c);
    wisp_symbols_close(c.symbols);
    wisp_arena_deinit(&c.arena);
    return code;
}

const cli_command cmd_symbols = {
    .name = "symbols",
    .summary = "Prepares a program for patches, and says which functions can be patched",
    .usage = "PROG [--store DIR] [--no-merge] [--all | --function NAME] [--json]\n"
             "       wisp symbols --build ID [--store DIR] [--all | --function NAME] [--json]\n"
             "       wisp symbols --thunks FILE.s OBJECT...",
    .about =
        "For a program or shared library as the linker made it, before it is stripped and\n"
        "shipped: compiled with -g, -fpatchable-function-entry=5 (1 on aarch64) and, by gcc,\n"
        "-flive-patching=inline-only-static. docs/patching.md says why.\n"
        "\n"
        "The places that gcc has left for patches are merged into one instruction each, in the\n"
        "file itself, without which threads could not run while it is patched. Its debug\n"
        "information is kept in the store, as DIR/.build-id/xx/yyyy.debug, from which 'wisp patch'\n"
        "makes patches for this build later. Doing it twice changes nothing.\n"
        "\n"
        "Then it is told how many functions can be patched: all calls of a 'patchable' one run\n"
        "the patch; a patch of a 'partial' one misses what the reason says; a 'refused' one\n"
        "cannot be patched. NAME is one of the source, of the linker, or file.c:name.\n"
        "With --function or --build nothing is written. Exits with 1 where NAME is refused.\n"
        "\n"
        "--thunks is for systems on which text cannot be written: it changes object files, before\n"
        "they are linked, so that each global function is called through a slot in data, by the\n"
        "thunks that it writes as assembly. Each such call costs a jump through memory more.",
    .examples = "wisp symbols build/app\n"
                "wisp symbols build/app --function list.c:length\n"
                "wisp symbols --build 1eca2f05 --all",
    .options = {{"store", "DIR", "where debug information is kept [symbols in the project]"},
                {"project", "DIR", "folder that 'wisp init' made [the present one]"},
                {"build", "ID", "instead of PROG, a build of the store, by its build-id"},
                {"no-merge", NULL, "leave the places for patches as they are"},
                {"all", NULL, "a line for each function"},
                {"function", "NAME", "all of one function"},
                {"thunks", "FILE.s", "write thunks for the functions of object files"},
                {"json", NULL, "print JSON"}},
    .arguments_min = 0,
    .arguments_max = OBJECTS_MAX,
    .missing = "the program",
    .run = run,
};
