#define _GNU_SOURCE /* pipe2 */

/*
 * libwisp-patch.so: patches over the air for a program that knows nothing of Wisp.
 *
 *     WISP_PATCH=/etc/shop/patch.json LD_PRELOAD=libwisp-patch.so shop …
 *
 * (`wisp patch try` uses it as well: try.h.) The file is described in docs/patching.md. Before
 * main it opens patches as the file says and starts one thread, which looks for patches and
 * applies them. In any other program that is started with the same environment, as children of
 * the first are, it does nothing.
 */
#include "config.h"
#include "try.h"

#include "base/error.h"

#include <wisp/net.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define STEP_MS 1000

static struct {
    preload_config config;
    wisp_net *net;
    wisp_patches *patches;
    pthread_t thread; /* that takes the steps */
    int wake[2];      /* a pipe: it ends when something comes */
    pid_t owner;      /* the process that has the threads; 0: none was started */
} self;

/* A line for the log, if there is one: standard error belongs to the program. */
static void note(void *user, const char *line)
{
    (void)user;
    FILE *log = self.config.log ? fopen(self.config.log, "ae") : NULL;
    if (!log)
        return;
    char when[32];
    time_t now = time(NULL);
    struct tm parts;
    strftime(when, sizeof when, "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&now, &parts));
    fprintf(log, "%s [%ld] %s\n", when, (long)getpid(), line);
    fclose(log);
}

static void note_check(void *user, const wisp_update_result *result)
{
    if (result->outcome == WISP_UPDATE_UP_TO_DATE || result->outcome == WISP_UPDATE_STAGED)
        return;
    char line[WISP_ERROR_TEXT_MAX + 32];
    snprintf(line, sizeof line, "%s: %s", wisp_update_outcome_name(result->outcome),
             result->reason);
    note(user, line);
}

/* Whether this process is the program that the file is about. */
static bool is_meant(const char *program)
{
    char path[4096];
    ssize_t size = readlink("/proc/self/exe", path, sizeof path - 1);
    if (size <= 0)
        return false;
    path[size] = 0;
    return strcmp(strrchr(path, '/') + 1, program) == 0;
}

static void *serve(void *unused)
{
    (void)unused;
    struct pollfd from[] = {{.fd = self.wake[0], .events = POLLIN}, {.events = POLLIN}};
    do {
        wisp_patches_step(self.patches);
        from[1].fd = wisp_patches_fd(self.patches); /* -1 while it follows another process */
    } while (poll(from, 2, STEP_MS) <= 0 || from[0].revents == 0);
    return NULL;
}

/* Threads that take none of the program's signals. */
static wisp_status start_threads(wisp_error *err)
{
    sigset_t all, before;
    const wisp_live_policy policy = {.interval_ms = 1000 * self.config.interval_s};
    if (pipe2(self.wake, O_CLOEXEC))
        return wisp_fail(err, WISP_IO, "no pipe: %s", strerror(errno));
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    wisp_status status = wisp_patches_watch(self.patches, &policy, err);
    int code = status ? 0 : pthread_create(&self.thread, NULL, serve, NULL);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return code ? wisp_fail(err, WISP_IO, "no thread: %s", strerror(code)) : status;
}

static bool is_listed(void *user, const wisp_patch_import *import)
{
    (void)user;
    return preload_config_allows(&self.config, import);
}

static wisp_status open_patches(wisp_error *err)
{
    const preload_config *c = &self.config;
    wisp_patches_config config = {
        .update = {.dir = c->dir,
                   .url = c->url,
                   .target = c->target,
                   .channel = c->channel,
                   .host_version = c->host_version,
                   .events_url = c->events_url,
                   .root = {c->root, c->root_size},
                   .attempts_max = c->attempts,
                   .health_ms = 1000 * c->health_s},
        .patcher = {.grant_max = c->grant, .allow = c->imports ? is_listed : NULL},
        .socket = c->socket,
        .on_news = note,
        .on_check = note_check};
    wisp_status status = wisp_net_curl_new(NULL, &self.net, err);
    if (status)
        return status;
    config.update.net = self.net;
    return wisp_patches_open(&config, &self.patches, err);
}

static void begin_by(const char *path)
{
    wisp_error err;
    wisp_status status = preload_config_read(path, &self.config, &err);
    if (status != WISP_OK) /* as the loader does, which was asked in the same way */
        fprintf(stderr, "libwisp-patch: %s\n", err.text);
    if (status != WISP_OK || !is_meant(self.config.program)) {
        preload_config_free(&self.config);
        return;
    }
    status = open_patches(&err);
    if (status == WISP_OK && !wisp_patches_trouble(self.patches)[0])
        status = start_threads(&err);
    if (status != WISP_OK)
        note(NULL, err.text);
    else if (wisp_patches_trouble(self.patches)[0])
        note(NULL, wisp_patches_trouble(self.patches));
    else
        self.owner = getpid();
}

__attribute__((constructor)) static void begin(void)
{
    const char *tried = getenv("WISP_PATCH_TRY"), *path = getenv("WISP_PATCH");
    if (tried && *tried)
        preload_try(tried);
    else if (path && *path)
        begin_by(path);
}

/* Ends the threads before the libraries that they use clean up. A child by fork has none. */
__attribute__((destructor)) static void end(void)
{
    preload_try_end();
    if (self.owner != getpid())
        return;
    if (write(self.wake[1], "", 1) == 1)
        pthread_join(self.thread, NULL);
    wisp_patches_close(self.patches);
    wisp_net_curl_free(self.net);
    preload_config_free(&self.config);
}
