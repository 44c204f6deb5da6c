#include "try.h"

#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static wisp_patcher *patcher;
static pid_t owner;

static void say_fault(void *user, const wisp_patch_fault *fault)
{
    (void)user;
    fprintf(stderr, "wisp patch try: %s: %s%s; the original ran\n%s", fault->function,
            fault->text, fault->is_disabled ? ", once too often: it is taken back" : "",
            fault->backtrace);
}

static bool allow_all(void *user, const wisp_patch_import *import)
{
    (void)user, (void)import;
    return true;
}

static wisp_status apply(const char *path, wisp_error *err)
{
    uint8_t *bytes;
    size_t size;
    const wisp_patcher_config config = {
        .grant_max = WISP_PATCH_GRANT_PROCESS, .allow = allow_all, .on_fault = say_fault};
    wisp_status status = preload_read_file(path, &bytes, &size, err);
    if (status)
        return status;
    status = wisp_patcher_new(&config, &patcher, err);
    if (status == WISP_OK)
        status = wisp_patcher_apply(patcher, (wisp_bytes){bytes, size}, err);
    free(bytes);
    return status;
}

/* Whether this is what 'wisp patch try' has started. What that starts in its turn, such as a
 * shell on the way to the program, may be of any build. */
static bool is_meant(void)
{
    const char *pid = getenv("WISP_PATCH_TRY_PID");
    return pid && strtol(pid, NULL, 10) == getpid();
}

void preload_try(const char *path)
{
    wisp_error err;
    wisp_status status = apply(path, &err);
    if (status == WISP_OK)
        owner = getpid();
    else if (status != WISP_MISMATCH || is_meant())
        fprintf(stderr, "wisp patch try: %s\n", err.text);
    if (status != WISP_OK)
        wisp_patcher_free(patcher);
}

void preload_try_end(void)
{
    wisp_patch_stats stats;
    if (owner != getpid())
        return;
    for (uint32_t i = 0; wisp_patcher_stats(patcher, i, &stats); i++)
        fprintf(stderr, "wisp patch try: %s: %llu calls, %llu failed, %llu skipped\n",
                stats.function, (unsigned long long)stats.calls, (unsigned long long)stats.faults,
                (unsigned long long)stats.skipped);
}
