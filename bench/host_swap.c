#include "bench.h"
#include "host.h"
#include "large_module.h"

#include "base/error.h"

#include <stdio.h>
#include <stdlib.h>

/*
 * How long a guest cannot take events while one version takes over from another, for modules
 * and memories of several sizes: a module is swapped for itself, works and is committed, again
 * and again.
 */

enum { SWAPS = 300 };

static const struct {
    const char *name;
    size_t size;
    uint32_t pages, state_size;
} CASES[] = {
    {"10 KB module, 64 KB memory", 10000, 1, 256},
    {"100 KB module, 64 KB memory", 100000, 1, 256},
    {"1 MB module, 64 KB memory", 1000000, 1, 256},
    {"10 KB module, 128 KB memory, 64 KB state", 10000, 2, 65536},
    {"1 MB module, 128 KB memory, 64 KB state", 1000000, 2, 65536},
    {"10 KB module, 16 MB memory", 10000, 256, 256},
    {"100 KB module, 16 MB memory", 100000, 256, 256},
    {"1 MB module, 16 MB memory", 1000000, 256, 256},
};

#define CASE_COUNT (sizeof CASES / sizeof *CASES)

typedef struct swapped {
    wisp_module *module;
    wisp_guest *guest;
    double ns[SWAPS];
    size_t len;
} swapped;

static void on_event(void *user, wisp_guest *guest, const wisp_guest_event *event)
{
    swapped *it = user;
    (void)guest;
    if (event->kind == WISP_GUEST_SWAPPED)
        it->ns[it->len++] = (double)event->pause_ns;
}

static wisp_status start(wisp_host *host, size_t which, swapped *it, wisp_error *err)
{
    wisp_bytes bytes =
        bench_large_guest(CASES[which].size, CASES[which].pages, CASES[which].state_size);
    wisp_status status = wisp_module_new(NULL, bytes, &it->module, err);
    free((void *)(uintptr_t)bytes.data);
    wisp_guest_config config = {.on_event = on_event, .user = it};
    if (!status)
        status = wisp_guest_new(host, &config, &it->guest, err);
    return status ? status : wisp_guest_start(it->guest, it->module, err);
}

static wisp_status swap_once(swapped *it, wisp_error *err)
{
    wisp_status status = wisp_guest_swap(it->guest, it->module, err);
    for (uint32_t i = 0; i < 10 && !status; i++)
        status = wisp_guest_deliver(it->guest, i, (wisp_bytes){0}, err);
    return status ? status : wisp_guest_decide(it->guest, true, NULL, err);
}

/* In turns, so that all have the same of what else the machine does. */
static wisp_status swap_all(swapped *all, wisp_error *err)
{
    wisp_status status = WISP_OK;
    for (int i = 0; i < SWAPS && !status; i++)
        for (size_t c = 0; c < CASE_COUNT && !status; c++)
            status = swap_once(&all[c], err);
    return status;
}

static uint64_t processor_ns(void *user)
{
    (void)user;
    return (uint64_t)bench_thread_ns();
}

wisp_status bench_host_swap(bench_report *report, wisp_error *err)
{
    swapped *all = calloc(CASE_COUNT, sizeof *all);
    if (!all)
        return wisp_fail_memory(err, CASE_COUNT * sizeof *all);
    wisp_host *host = NULL;
    wisp_os os = *wisp_os_posix();
    os.monotonic_ns = processor_ns; /* by which the host tells its pauses */
    wisp_status status = wisp_host_new(&(wisp_host_config){.os = &os}, &host, err);
    for (size_t c = 0; c < CASE_COUNT && !status; c++)
        status = start(host, c, &all[c], err);
    if (!status)
        status = swap_all(all, err);
    for (size_t c = 0; c < CASE_COUNT && !status; c++)
        bench_host_percentiles(report, CASES[c].name, all[c].ns, SWAPS, 1000, "us");
    wisp_host_free(host);
    for (size_t c = 0; c < CASE_COUNT; c++)
        wisp_module_free(all[c].module);
    free(all);
    return status;
}
