#include "commands.h"

#include "base/error.h"
#include "host_table.h"
#include "local/client.h"
#include "out.h"

#include <stdlib.h>
#include <string.h>

#define TIMEOUT_MS 30000 /* a large module takes a while to compile */

/* ------------------------------------------------------------------ the question */

static wisp_status take_name(const char *name, wisp_order *order, wisp_error *err)
{
    wisp_status status = wisp_manage_name_check(name, err);
    if (status == WISP_OK)
        memcpy(order->name, name, strlen(name) + 1);
    return status;
}

static const char *socket_of(const cli_args *args)
{
    const char *named = getenv("WISP_SOCKET");
    return args_text(args, "socket", named && *named ? named : "wisp.sock");
}

static int ask(const cli_args *args, const wisp_order *order, wisp_bytes module,
               void (*print)(const wisp_json *answer, const wisp_order *order))
{
    wisp_json *answer, *request = wisp_order_write(order);
    wisp_error err;
    wisp_status status =
        request ? wisp_local_ask(socket_of(args), request, module, TIMEOUT_MS, &answer, &err)
                : wisp_fail_memory(&err, sizeof *order);
    wisp_json_free(request);
    if (status != WISP_OK)
        return fail_with(NULL, &err);
    if (args_has(args, "json")) {
        wisp_json_remove(answer, "status"); /* it is the exit code */
        return print_json(answer, EXIT_OK);
    }
    print(answer, order);
    wisp_json_free(answer);
    return EXIT_OK;
}

/* The same with the module in [path]. */
static int ask_with_file(const cli_args *args, const wisp_order *order, const char *path,
                         void (*print)(const wisp_json *answer, const wisp_order *order))
{
    wisp_bytes module;
    wisp_error err;
    if (read_input(path, &module, &err))
        return fail_with(NULL, &err);
    if (module.size == 0) {
        free((void *)(uintptr_t)module.data);
        wisp_fail(&err, WISP_MALFORMED, "empty, expected a module");
        return fail_with(path, &err);
    }
    int code = ask(args, order, module, print);
    free((void *)(uintptr_t)module.data);
    return code;
}

/* ------------------------------------------------------------------ the verbs */

static int list(const cli_args *args, wisp_order *order)
{
    return ask(args, order, (wisp_bytes){0}, host_print_list);
}

static int stat_one(const cli_args *args, wisp_order *order)
{
    return ask(args, order, (wisp_bytes){0}, host_print_stat);
}

static int remove_one(const cli_args *args, wisp_order *order)
{
    return ask(args, order, (wisp_bytes){0}, host_print_removed);
}

static int install(const cli_args *args, wisp_order *order)
{
    const char *app_id = args_text(args, "app-id", NULL);
    if (app_id && !wisp_app_id_parse(app_id, &order->app_id))
        return usage_error(args->command, "'--app-id' is '%s', expected a number of 64 bits",
                           app_id);
    return ask_with_file(args, order, args->arguments[2], host_print_installed);
}

static int swap(const cli_args *args, wisp_order *order)
{
    return ask_with_file(args, order, args->arguments[2], host_print_swapped);
}

static int shadow(const cli_args *args, wisp_order *order)
{
    const uint64_t most = WISP_JSON_NUMBER_MAX;
    if (args_has(args, "end")) {
        if (args->len > 2)
            return usage_error(args->command, "'--end' takes no module");
        order->kind = WISP_ORDER_SHADOW_END;
        return ask(args, order, (wisp_bytes){0}, host_print_shadow_ended);
    }
    if (!args_number(args, "promote-after", 1, most, &order->promote_after) ||
        !args_number(args, "differences", 1, most, &order->differences_max))
        return EXIT_USAGE;
    if (args->len < 3)
        return usage_error(args->command, "the module is missing");
    return ask_with_file(args, order, args->arguments[2], host_print_shadowed);
}

/* ------------------------------------------------------------------ the command */

static const struct verb {
    const char *name;
    wisp_order_kind kind;
    size_t arguments_min, arguments_max;
    int (*run)(const cli_args *args, wisp_order *order);
} VERBS[] = {
    {"list", WISP_ORDER_LIST, 1, 1, list},
    {"stat", WISP_ORDER_STAT, 2, 2, stat_one},
    {"install", WISP_ORDER_INSTALL, 3, 3, install},
    {"swap", WISP_ORDER_SWAP, 3, 3, swap},
    {"shadow", WISP_ORDER_SHADOW, 2, 3, shadow},
    {"remove", WISP_ORDER_REMOVE, 2, 2, remove_one},
};

static int run_verb(const cli_args *args, const struct verb *verb)
{
    wisp_order order = {.kind = verb->kind};
    wisp_error err;
    if (args->len < verb->arguments_min)
        return usage_error(args->command, "'wisp host %s' needs %zu more", verb->name,
                           verb->arguments_min - args->len);
    if (args->len > verb->arguments_max)
        return usage_error(args->command, "'%s' is one argument too many",
                           args->arguments[verb->arguments_max]);
    if (args->len > 1 && take_name(args->arguments[1], &order, &err))
        return usage_error(args->command, "%s", err.text);
    return verb->run(args, &order);
}

static int run(const cli_args *args)
{
    for (size_t i = 0; i < sizeof VERBS / sizeof *VERBS; i++)
        if (strcmp(args->arguments[0], VERBS[i].name) == 0)
            return run_verb(args, &VERBS[i]);
    return usage_error(args->command,
                       "'%s' is none of list, stat, install, swap, shadow and remove",
                       args->arguments[0]);
}

const cli_command cmd_host = {
    .name = "host",
    .summary = "Shows and changes the modules of a program while it runs",
    .usage = "list | stat NAME | install NAME FILE.wasm [--app-id N] | swap NAME FILE.wasm |\n"
             "                 shadow NAME FILE.wasm [--promote-after N] [--differences N] |\n"
             "                 shadow NAME --end | remove NAME [--socket PATH] [--json]",
    .about =
        "The program listens on a local socket (wisp/manage.h), to which only its own user and\n"
        "root have access, and decides by itself which modules it accepts. NAME is the guest in\n"
        "which a module runs. 'swap' carries its state over and puts the new version on\n"
        "probation; 'shadow' runs it beside the old one on the same events, and compares.",
    .examples = "wisp host list --socket /run/hub/wisp.sock\n"
                "wisp host swap filter filter-v2.wasm\n"
                "wisp host stat filter --json\n"
                "wisp host shadow filter filter-v3.wasm --promote-after 1000",
    .options = {{"socket", "PATH", "where the program listens [$WISP_SOCKET, or wisp.sock]"},
                {"app-id", "N", "the app id by which other modules find it; 0x… or decimal"},
                {"promote-after", "N", "swap to the module after N equal entries"},
                {"differences", "N", "let it go at its Nth difference [1]"},
                {"end", NULL, "end the shadow"},
                {"json", NULL, "print JSON"}},
    .arguments_min = 1,
    .arguments_max = 3,
    .missing = "what to do (list, stat, install, swap, shadow, remove)",
    .run = run,
};
