/*
 * libwisp-patch.so: patches over the air for a program that knows nothing of Wisp.
 *
 *     WISP_PATCH=/etc/shop/patch.json LD_PRELOAD=libwisp-patch.so shop …
 *
 * The file is described in docs/patching.md. Before main it opens patches as the file says and
 * starts one thread, which looks for patches and applies them. In any other program that is
 * started with the same environment, as children of the first are, it does nothing.
 */
#include "config.h"

#include <wisp/net.h>

#include <errno.h>
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
    for (;;) {
        struct pollfd asked = {.fd = wisp_patches_fd(self.patches), .events = POLLIN};
        poll(&asked, 1, STEP_MS);
        wisp_patches_step(self.patches);
    }
    return NULL;
}

/* A thread that takes none of the program's signals. */
static wisp_status start_thread(wisp_error *err)
{
    sigset_t all, before;
    pthread_t thread;
    const wisp_live_policy policy = {.interval_ms = 1000 * self.config.interval_s};
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    wisp_status status = wisp_patches_watch(self.patches, &policy, err);
    int rc = pthread_create(&thread, NULL, serve, NULL);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (rc) {
        snprintf(err->text, sizeof err->text, "no thread: %s", strerror(rc));
        return WISP_IO;
    }
    pthread_detach(thread);
    return status;
}

static wisp_status open_patches(wisp_error *err)
{
    const preload_config *c = &self.config;
    wisp_patches_config config = {.update = {.dir = c->dir,
                                             .url = c->url,
                                             .target = c->target,
                                             .channel = c->channel,
                                             .host_version = c->host_version,
                                             .events_url = c->events_url,
                                             .root = {c->root, c->root_size},
                                             .health_ms = 1000 * c->health_s},
                                  .patcher = {.grant_max = c->grant},
                                  .socket = c->socket,
                                  .on_news = note,
                                  .on_check = note_check};
    wisp_status status = wisp_net_curl_new(NULL, &self.net, err);
    if (status)
        return status;
    config.update.net = self.net;
    return wisp_patches_open(&config, &self.patches, err);
}

__attribute__((constructor)) static void begin(void)
{
    wisp_error err;
    const char *path = getenv("WISP_PATCH");
    if (!path || !*path)
        return;
    wisp_status status = preload_config_read(path, &self.config, &err);
    if (status != WISP_OK) {
        /* nowhere to say so but here, and only to who asked for it */
        if (getenv("WISP_PATCH_DEBUG"))
            fprintf(stderr, "libwisp-patch: %s\n", err.text);
        return;
    }
    if (!is_meant(self.config.program)) {
        preload_config_free(&self.config);
        return;
    }
    status = open_patches(&err);
    if (status == WISP_OK)
        status = start_thread(&err);
    if (status != WISP_OK)
        note(NULL, err.text);
    else if (wisp_patches_trouble(self.patches)[0])
        note(NULL, wisp_patches_trouble(self.patches));
}
