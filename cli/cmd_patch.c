#include "commands.h"
#include "out.h"

#include "patch/author.h"
#include "patch/name.h"
#include "patch/running.h"
#include "patch/seal.h"
#include "patch/show.h"
#include "take.h"

#include "base/error.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* How many words follow "--", at the end of the arguments: another program's. */
static size_t count_foreign(const cli_args *args)
{
    for (int i = 0; i < args->word_count; i++)
        if (strcmp(args->words[i], "--") == 0)
            return (size_t)(args->word_count - i - 1);
    return 0;
}

/* All values of "--[option]"; how many is *[len]. */
static const char *const *take_all(const cli_args *args, wisp_arena *arena, const char *option,
                                   size_t *len)
{
    const char **values = take(arena, args->given_len + 1, sizeof *values);
    size_t at = 0;
    const char *value;
    for (*len = 0; (value = args_next(args, option, &at)); ++*len)
        values[*len] = value;
    return values;
}

/* Where debug information is: as 'wisp symbols' puts it. */
static const char *store_of(const cli_args *args, wisp_arena *arena)
{
    const char *project = args_text(args, "project", ".");
    return args_text(args, "store", take_print(arena, "%s/symbols", project));
}

/* Takes --grant; false where it is none, which has been said then. */
static bool take_grant(const cli_args *args, wisp_patch_grant *out)
{
    const char *name = args_text(args, "grant", NULL);
    if (!name || folder_grant(name, out))
        return true;
    usage_error(args->command, "'--grant' is '%s', expected none, arguments or process", name);
    return false;
}

/* ------------------------------------------------------------------ new */

/* Takes --lang and --wasm32. */
static bool take_language(const cli_args *args, folder_language *out)
{
    const char *name = args_text(args, "lang", "c");
    bool is_script = strcmp(name, "ts") == 0;
    if (!is_script && strcmp(name, "c") != 0) {
        usage_error(args->command, "'--lang' is '%s', expected c or ts", name);
        return false;
    }
    *out = is_script ? FOLDER_SCRIPT : args_has(args, "wasm32") ? FOLDER_C32 : FOLDER_C;
    return true;
}

/* The function's name as a folder: without the file, or the signs of C++, before it. */
static const char *folder_after(wisp_arena *arena, const char *function)
{
    const char *colon = strrchr(function, ':');
    name_table none = {.arena = arena};
    return name_claim(&none, colon ? colon + 1 : function, arena);
}

static int new_patch(const cli_args *args, wisp_arena *arena)
{
    wisp_error err;
    size_t flag_len = count_foreign(args);
    author_draft order = {
        .store = store_of(args, arena),
        .functions = args->arguments + 1,
        .function_len = args->len - 1 - flag_len,
        .overwrites = args_has(args, "force"),
        .folder = {.build = args_text(args, "build", NULL),
                   .grant = WISP_PATCH_GRANT_ARGUMENTS,
                   .flags = args->arguments + args->len - flag_len,
                   .flag_len = flag_len},
    };
    order.calls = take_all(args, arena, "call", &order.call_len);
    order.globals = take_all(args, arena, "global", &order.global_len);
    order.headers = take_all(args, arena, "header", &order.header_len);
    order.folder.has_headers = order.header_len > 0;
    if (!order.folder.build)
        return usage_error(args->command, "'--build' is missing: the build-id of the program, "
                                          "which 'wisp symbols' told");
    if (order.function_len == 0)
        return usage_error(args->command, "the function to patch is missing");
    if (!take_grant(args, &order.folder.grant) || !take_language(args, &order.folder.language))
        return EXIT_USAGE;
    if (order.header_len && order.folder.language != FOLDER_C)
        return usage_error(args->command, "'--header' is for C of 64 bits alone: elsewhere "
                                          "pointers are not the program's");
    order.folder.dir = args_text(args, "out", folder_after(arena, order.functions[0]));
    order.folder.title = args_text(args, "title", order.functions[0]);
    return author_new(&order, &err) ? fail_with(NULL, &err) : EXIT_OK;
}

/* ------------------------------------------------------------------ build */

static bool is_folder(const char *path)
{
    struct stat found;
    return stat(path, &found) == 0 && S_ISDIR(found.st_mode);
}

/* "a/b" of "a/b/c.c"; "." of "c.c". */
static const char *folder_of(wisp_arena *arena, const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? take_text(arena, path, (size_t)(slash - path)) : ".";
}

/* "a/b/c.wasm" of "a/b/c.c". */
static const char *module_after(wisp_arena *arena, const char *path)
{
    const char *slash = strrchr(path, '/'), *dot = strrchr(path, '.');
    bool has_dot = dot && (!slash || dot > slash);
    return take_print(arena, "%.*s.wasm", (int)(has_dot ? (size_t)(dot - path) : strlen(path)),
                      path);
}

/* Fills [order] from the folder, or the files in it, that are named. */
static wisp_status find_folder(const cli_args *args, wisp_arena *arena, author_build *order,
                               wisp_error *err)
{
    const char *first = args->arguments[1];
    folder *f = &order->folder;
    if (access(first, F_OK) < 0)
        return wisp_fail(err, WISP_NOT_FOUND, "%.150s is neither a folder nor a file", first);
    if (is_folder(first)) {
        wisp_status status = folder_read(arena, first, f, err);
        order->out = take_print(arena, "%s/patch.wasm", first);
        return status ? status : folder_find_sources(arena, f, err);
    }
    wisp_status status = folder_read(arena, folder_of(arena, first), f, err);
    f->sources = args->arguments + 1;
    f->source_len = args->len - 1;
    order->out = module_after(arena, first);
    return status;
}

static int build_patch(const cli_args *args, wisp_arena *arena)
{
    wisp_error err;
    author_build order = {.store = store_of(args, arena),
                          .accepts_partial = args_has(args, "accept-partial"),
                          .also_callers = args_has(args, "also-callers")};
    if (args->len > 2 && is_folder(args->arguments[1]))
        return usage_error(args->command, "'%s' is one argument too many: a patch is one folder",
                           args->arguments[2]);
    if (find_folder(args, arena, &order, &err))
        return fail_with(NULL, &err);
    if (!take_grant(args, &order.folder.grant))
        return EXIT_USAGE;
    order.out = args_text(args, "out", order.out);
    order.folder.title = args_text(args, "title", order.folder.title);
    order.folder.build = args_text(args, "build", order.folder.build);
    return author_make(&order, &err) ? fail_with(NULL, &err) : EXIT_OK;
}

/* ------------------------------------------------------------------ show */

/* Reads what the patch in [path] says of itself, to [arena]. Gives an exit code; what is wrong
 * has been said then. */
static int read_patch(wisp_arena *arena, const char *path, wisp_patch_manifest *out, size_t *size)
{
    wisp_bytes file;
    wisp_error err;
    if (read_input(path, &file, &err))
        return fail_with(NULL, &err);
    const char *kept = take_text(arena, (const char *)file.data, file.size);
    *size = file.size;
    free((void *)(uintptr_t)file.data);
    return seal_read(arena, (wisp_bytes){(const uint8_t *)kept, *size}, out, &err)
               ? fail_with(path, &err)
               : EXIT_OK;
}

static int show_one(const cli_args *args, wisp_arena *arena)
{
    wisp_patch_manifest manifest;
    size_t size;
    int code = read_patch(arena, args->arguments[1], &manifest, &size);
    return code == EXIT_OK ? show_patch(&manifest, size, args_has(args, "json")) : code;
}

/* ------------------------------------------------------------------ none */

/* The module of nothing at all. As a patch it replaces no function. */
static int write_none(const cli_args *args, wisp_arena *arena)
{
    static const unsigned char module[] = {0, 'a', 's', 'm', 1, 0, 0, 0};
    const char *path = args->arguments[1];
    wisp_error err;
    (void)arena;
    FILE *file = fopen(path, "wb");
    bool is_written = file && fwrite(module, 1, sizeof module, file) == sizeof module;
    if (file && fclose(file) == 0 && is_written)
        return EXIT_OK;
    wisp_fail(&err, WISP_IO, "%.150s: %s", path, strerror(errno));
    return fail_with(NULL, &err);
}

/* ------------------------------------------------------------------ programs that run */

static const char *socket_of(const cli_args *args)
{
    const char *environment = getenv("WISP_SOCKET");
    return args_text(args, "socket", environment && environment[0] ? environment : "wisp.sock");
}

/* Starts the program behind "--" with the patch. */
static int start_with(const cli_args *args, wisp_arena *arena, size_t command_len)
{
    wisp_patch_manifest manifest;
    size_t size;
    int code = read_patch(arena, args->arguments[1], &manifest, &size);
    if (code != EXIT_OK)
        return code;
    char **command = take(arena, command_len + 1, sizeof *command);
    memcpy(command, args->words + args->word_count - command_len, command_len * sizeof *command);
    return running_start(args->arguments[1], args_text(args, "library", NULL), command);
}

static int try_patch(const cli_args *args, wisp_arena *arena)
{
    size_t command_len = count_foreign(args), own_len = args->len - command_len;
    bool ends = args_has(args, "end");
    if (own_len != (ends ? 1u : 2u))
        return usage_error(args->command,
                           ends ? "'--end' takes no patch" : "one patch is to be tried");
    if (ends)
        return running_end(socket_of(args), args_has(args, "json"));
    return command_len ? start_with(args, arena, command_len)
                       : running_try(socket_of(args), args->arguments[1], args_has(args, "json"));
}

static int show_running(const cli_args *args, wisp_arena *arena)
{
    (void)arena;
    return running_stat(socket_of(args), args_has(args, "json"));
}

/* ------------------------------------------------------------------ the command */

static const struct verb {
    const char *name;
    const char *argument; /* that it needs; NULL: it needs none, or says so itself */
    size_t arguments_max;
    int (*run)(const cli_args *args, wisp_arena *arena);
    const char *options; /* a space before and behind each */
} VERBS[] = {
    {"new", NULL, 10000, new_patch,
     " build store project out call global header lang wasm32 title grant force "},
    {"build", "the patch's folder or its files", 10000, build_patch,
     " build store project out title grant accept-partial also-callers "},
    {"show", "a patch", 2, show_one, " json "},
    {"none", "the file to be written", 2, write_none, " "},
    {"try", NULL, 10000, try_patch, " socket end library json "},
    {"stat", NULL, 1, show_running, " socket json "},
};

/* The first option that does nothing for [verb]; NULL for none. */
static const char *foreign_option(const cli_args *args, const struct verb *verb)
{
    for (size_t i = 0; i < args->given_len; i++) {
        char word[32];
        snprintf(word, sizeof word, " %s ", args->given[i].option->name);
        if (!strstr(verb->options, word))
            return args->given[i].option->name;
    }
    return NULL;
}

static int run_verb(const cli_args *args, const struct verb *verb)
{
    wisp_arena arena;
    const char *foreign = foreign_option(args, verb);
    if (foreign)
        return usage_error(args->command, "'wisp patch %s' has no option '--%s'", verb->name,
                           foreign);
    if (verb->argument && args->len < 2)
        return usage_error(args->command, "'wisp patch %s' needs %s", verb->name, verb->argument);
    if (args->len > verb->arguments_max)
        return usage_error(args->command, "'%s' is one argument too many",
                           args->arguments[verb->arguments_max]);
    wisp_arena_init(&arena, &wisp_allocator_default, 1 << 16);
    int code = verb->run(args, &arena);
    wisp_arena_deinit(&arena);
    return code;
}

static int run(const cli_args *args)
{
    for (size_t i = 0; i < sizeof VERBS / sizeof *VERBS; i++)
        if (strcmp(args->arguments[0], VERBS[i].name) == 0)
            return run_verb(args, &VERBS[i]);
    return usage_error(args->command, "'%s' is none of new, build, show, none, try and stat",
                       args->arguments[0]);
}

const cli_command cmd_patch = {
    .name = "patch",
    .summary = "Writes, builds and tries patches of functions of a program",
    .usage = "new --build ID FUNCTION… [--out DIR] [--call NAME]… [--global NAME]…\n"
             "             [--header FILE]… [--lang c|ts] [--wasm32] [--title TEXT] [--force]\n"
             "             [-- FLAG…] |\n"
             "           build DIR | FILE.c… [--out FILE] [--accept-partial] [--also-callers] |\n"
             "           show FILE [--json] | none FILE |\n"
             "           try FILE [--socket PATH] | try --end [--socket PATH] |\n"
             "           try FILE [--library FILE] -- PROGRAM [ARGUMENT]… |\n"
             "           stat [--socket PATH] [--json]",
    .about =
        "'new' writes a folder: a file for each FUNCTION, which calls the original as it is, to\n"
        "be edited; and program.h, with the types, functions and variables of the program, from\n"
        "the debug information that 'wisp symbols' has stored. 'build' compiles it, checks each\n"
        "function and each import against the program, and writes one module, which is\n"
        "published like any other. 'try' applies it to a program of one's own, without a\n"
        "signature: one that listens on a socket (wisp/patch.h), until '--end', or one that is\n"
        "started for it. 'stat' shows what a program has applied. 'none' writes the patch that\n"
        "takes back what was published before. docs/patching.md is the manual.",
    .examples = "wisp patch new --build 1cecab07 order_total\n"
                "wisp patch new --build 1cecab07 dict.c:hash --call log_line --out fix\n"
                "wisp patch build fix\n"
                "wisp patch show fix/patch.wasm --json\n"
                "wisp patch try fix/patch.wasm -- ./app --port 8080",
    .options = {{"build", "ID", "the program's build-id, or its first 8 digits"},
                {"store", "DIR", "where 'wisp symbols' stored it [symbols in the project]"},
                {"project", "DIR", "folder that 'wisp init' made [the present one]"},
                {"out", "PATH", "folder of 'new' [the function], file of 'build' [patch.wasm]"},
                {"call", "NAME", "a function to be declared with all its types"},
                {"global", "NAME", "a variable, likewise"},
                {"header", "FILE", "a header of the program's, in place of its types"},
                {"lang", "c|ts", "C, or AssemblyScript [c]"},
                {"wasm32", NULL, "C for devices without 64-bit memories"},
                {"title", "TEXT", "what the patch is for [the function]"},
                {"grant", "WHAT", "memory it may use: none, arguments or process [arguments]"},
                {"force", NULL, "write over files that may have been edited"},
                {"accept-partial", NULL, "patch what callers have copies of all the same"},
                {"also-callers", NULL, "the same if the patch has those callers too"},
                {"socket", "PATH", "where the program listens [$WISP_SOCKET, or wisp.sock]"},
                {"end", NULL, "go back to what is published"},
                {"library", "FILE", "libwisp-patch.so, if it is not beside this command"},
                {"json", NULL, "print JSON"}},
    .arguments_min = 1,
    .arguments_max = 10000,
    .missing = "what to do (new, build, show, none, try, stat)",
    .run = run,
};
