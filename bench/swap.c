#include "bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <wisp/host.h>

/*
 * How long a guest cannot take messages while one version takes over from another: a module
 * is swapped for itself again and again, each time with its state and a probation that ends
 * well. kernels/state.c is that module.
 */

enum { SWAPS = 500 };

extern const unsigned char state_small[], state_medium[], state_large[];
extern const size_t state_small_size, state_medium_size, state_large_size;

static const struct {
    const char *name;
    const unsigned char *data;
    const size_t *size;
} MODULES[] = {
    {"64 KiB memory, 256 B state", state_small, &state_small_size},
    {"128 KiB memory, 64 KiB state", state_medium, &state_medium_size},
    {"1.1 MiB memory, 1 MiB state", state_large, &state_large_size},
};

typedef struct pauses {
    double ns[SWAPS];
    size_t len;
} pauses;

static void on_event(void *user, wisp_guest *guest, const wisp_guest_event *event)
{
    (void)guest;
    pauses *heard = user;
    if (event->kind == WISP_GUEST_SWAPPED)
        heard->ns[heard->len++] = (double)event->pause_ns;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static wisp_status swap_once(wisp_guest *guest, const wisp_module *module, wisp_error *err)
{
    wisp_status status = wisp_guest_swap(guest, module, err);
    for (uint32_t i = 0; i < 10 && status == WISP_OK; i++)
        status = wisp_guest_deliver(guest, i, (wisp_bytes){0}, err);
    return status == WISP_OK ? wisp_guest_decide(guest, true, NULL, err) : status;
}

static wisp_status swap_often(wisp_host *host, const wisp_module *module, pauses *heard,
                              wisp_error *err)
{
    wisp_guest_config config = {.on_event = on_event, .user = heard};
    wisp_guest *guest;
    wisp_status status = wisp_guest_new(host, &config, &guest, err);
    if (status == WISP_OK)
        status = wisp_guest_start(guest, module, err);
    for (int i = 0; i < SWAPS && status == WISP_OK; i++)
        status = swap_once(guest, module, err);
    return status;
}

static wisp_status measure(wisp_bytes bytes, pauses *heard, wisp_error *err)
{
    wisp_module *module;
    wisp_status status = wisp_module_new(NULL, bytes, &module, err);
    if (status != WISP_OK)
        return status;
    wisp_host *host = NULL;
    status = wisp_host_new(NULL, &host, err);
    if (status == WISP_OK)
        status = swap_often(host, module, heard, err);
    wisp_host_free(host);
    wisp_module_free(module);
    return status;
}

static void report_percentile(bench_report *report, const char *name, const pauses *sorted,
                              size_t percent)
{
    char text[64];
    snprintf(text, sizeof text, "%s, p%zu", name, percent);
    bench_report_figure(report, text, sorted->ns[SWAPS * percent / 100] / 1000, "us");
}

wisp_status bench_swap(const bench_options *options, bench_report *report, wisp_error *err)
{
    (void)options;
    for (size_t i = 0; i < sizeof MODULES / sizeof *MODULES; i++) {
        pauses heard = {.len = 0};
        wisp_status status =
            measure((wisp_bytes){MODULES[i].data, *MODULES[i].size}, &heard, err);
        if (status != WISP_OK)
            return status;
        qsort(heard.ns, SWAPS, sizeof *heard.ns, compare);
        report_percentile(report, MODULES[i].name, &heard, 50);
        report_percentile(report, MODULES[i].name, &heard, 99);
    }
    return WISP_OK;
}
