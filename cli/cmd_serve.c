#include "commands.h"
#include "base/error.h"
#include "fleet_intake.h"
#include "out.h"
#include "publish/file.h"
#include "publish/project.h"
#include "serve_http.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

/* The repository of the project [dir], or [dir] itself where it is one: a folder of another
 * kind is not shown to anybody. */
static wisp_status find_repository(const char *dir, wisp_arena *arena, const char **out,
                                   wisp_error *err)
{
    const wisp_os *os = wisp_os_posix();
    wisp_project *project;
    const char *config = wisp_path_join(arena, dir, WISP_CONFIG_NAME);
    const char *timestamp = wisp_path_join(arena, dir, "timestamp.json");
    if (!config || !timestamp)
        return wisp_fail_memory(err, strlen(dir));
    *out = dir;
    if (wisp_file_exists(os, config)) {
        wisp_status status = wisp_project_open(NULL, os, dir, &project, err);
        if (status)
            return status;
        *out = wisp_arena_text(arena, project->repository, strlen(project->repository));
        wisp_project_close(project);
        return *out ? WISP_OK : wisp_fail_memory(err, strlen(dir));
    }
    if (wisp_file_exists(os, timestamp))
        return WISP_OK;
    return wisp_fail(err, WISP_NOT_FOUND,
                     "'%s' is neither a project (it has no " WISP_CONFIG_NAME
                     ") nor a repository (it has no timestamp.json)",
                     dir);
}

/* Serves until SIGINT or SIGTERM. */
static int serve(const cli_args *args, const http_config *config)
{
    http_server *server;
    wisp_error err;
    sigset_t stop_signals;
    sigemptyset(&stop_signals);
    sigaddset(&stop_signals, SIGINT);
    sigaddset(&stop_signals, SIGTERM);
    sigprocmask(SIG_BLOCK, &stop_signals, NULL);
    signal(SIGPIPE, SIG_IGN); /* a client that hangs up */
    if (http_server_start(config, &server, &err))
        return err.status == WISP_INVALID ? usage_error(args->command, "%s", err.text)
                                          : fail_with(NULL, &err);
    printf("%s\n", http_server_url(server));
    fflush(stdout);
    fprintf(stderr, "serving %s; stop with Ctrl-C\n", config->folder);
    int signal_number;
    sigwait(&stop_signals, &signal_number);
    http_server_stop(server);
    return EXIT_OK;
}

static unsigned take(void *user, const char *peer, wisp_bytes body, unsigned *retry_after_s)
{
    return fleet_intake_take(user, peer, body, retry_after_s);
}

/* The same, and takes events into the database [path]. */
static int serve_with_events(const cli_args *args, http_config config, const char *path)
{
    fleet_intake *intake = calloc(1, sizeof *intake);
    wisp_error err;
    wisp_status status = intake ? fleet_db_open(path, FLEET_DB_STORE, &intake->db, &err)
                                : wisp_fail_memory(&err, sizeof *intake);
    if (status != WISP_OK) {
        free(intake);
        return fail_with(NULL, &err);
    }
    const http_post post = {
        .path = "/events", .size_max = FLEET_BODY_SIZE_MAX, .take = take, .user = intake};
    config.post = &post;
    int code = serve(args, &config);
    fleet_db_close(intake->db);
    free(intake);
    return code;
}

static int run(const cli_args *args)
{
    uint64_t port = 8000;
    if (!args_number(args, "port", 0, 65535, &port))
        return EXIT_USAGE;
    wisp_arena arena;
    wisp_arena_init(&arena, &wisp_allocator_default, WISP_PATH_SIZE_MAX);
    http_config config = {.bind = args_text(args, "bind", "127.0.0.1"),
                          .port = (uint16_t)port,
                          .verbose = args_has(args, "verbose")};
    const char *events = args_text(args, "events", NULL);
    wisp_error err;
    int code;
    if (find_repository(args->len ? args->arguments[0] : ".", &arena, &config.folder, &err))
        code = fail_with(NULL, &err);
    else
        code = events ? serve_with_events(args, config, events) : serve(args, &config);
    wisp_arena_deinit(&arena);
    return code;
}

const cli_command cmd_serve = {
    .name = "serve",
    .summary = "Shows a repository over HTTP, to try it or on a small network",
    .usage = "[DIR] [--port N] [--bind ADDRESS] [--events FILE] [--verbose]",
    .about =
        "DIR is a project or a repository folder. Only files of the repository are shown, only\n"
        "to this machine unless --bind says otherwise. The first line on stdout is the URL to\n"
        "give to devices. Any other web server does as well.\n"
        "\n"
        "With --events, devices that are given URL/events as their endpoint report what happens to\n"
        "them, and FILE, an SQLite database, keeps it; 'wisp status --fleet FILE' tells.",
    .examples = "wisp serve release\n"
                "wisp serve release --port 0 --verbose\n"
                "wisp serve release --bind 0.0.0.0 --port 80\n"
                "wisp serve release --events fleet.sqlite",
    .options = {{"port", "N", "port to listen on, 0 for any that is free [8000]"},
                {"bind", "ADDRESS", "address to listen on [127.0.0.1]"},
                {"events", "FILE", "take events of devices into this database"},
                {"verbose", NULL, "a line on stderr for each request"}},
    .arguments_max = 1,
    .run = run,
};
