#include "bench.h"
#include "large_module.h"

#include "base/error.h"

#include <stdio.h>
#include <stdlib.h>
#include <wisp/wasm.h>

/*
 * How fast modules are loaded, and how long it takes from a module's bytes to the result of
 * the first call of one small function in it: what a program waits for when it starts; the latter
 * also with functions compiled when they are called. By processor time: nothing of it waits.
 */

#define LARGE_SIZE 4000000
#define SMALL_RUNS 200

extern const unsigned char state_small[];
extern const size_t state_small_size;

static const wisp_module_config EAGER = {.borrow = true}, LAZY = {.borrow = true, .lazy = true};

static wisp_status load(const wisp_module_config *config, wisp_bytes bytes, double *ns,
                        wisp_error *err)
{
    wisp_module *module;
    double began = bench_processor_ns();
    wisp_status status = wisp_module_load(config, bytes, &module, err);
    *ns = bench_processor_ns() - began;
    if (!status)
        wisp_module_free(module);
    return status;
}

static wisp_status first_call(wisp_store *store, const wisp_module *module, wisp_error *err)
{
    wisp_instance *instance;
    wisp_value args[] = {wisp_i32(1), wisp_i32(2)}, result;
    wisp_status status = wisp_instance_new(store, module, NULL, &instance, err);
    if (!status)
        status = wisp_call_export(instance, "start", args, 2, &result, 1, err);
    return status;
}

static wisp_status start(const wisp_module_config *config, wisp_bytes bytes, double *ns,
                         wisp_error *err)
{
    wisp_module *module = NULL;
    wisp_store *store = NULL;
    double began = bench_processor_ns();
    wisp_status status = wisp_module_load(config, bytes, &module, err);
    if (!status)
        status = wisp_store_new(NULL, &store, err);
    if (!status)
        status = first_call(store, module, err);
    *ns = bench_processor_ns() - began;
    wisp_store_free(store);
    wisp_module_free(module);
    return status;
}

static wisp_status measure_large(wisp_bytes bytes, unsigned runs, bench_report *report,
                                 wisp_error *err)
{
    double loads[BENCH_RUNS_MAX], starts[BENCH_RUNS_MAX], lazy[BENCH_RUNS_MAX];
    for (unsigned i = 0; i < runs; i++) {
        wisp_status status = load(&EAGER, bytes, &loads[i], err);
        if (!status)
            status = start(&EAGER, bytes, &starts[i], err);
        if (!status)
            status = start(&LAZY, bytes, &lazy[i], err);
        if (status)
            return status;
    }
    double size = (double)bytes.size;
    bench_report_figure(report, "module of 4 MB, size", size / 1e6, "MB");
    bench_report_figure(report, "module of 4 MB, load", size / bench_median(loads, runs) * 1e3,
                        "MB/s");
    bench_report_figure(report, "module of 4 MB, to first result",
                        bench_median(starts, runs) / 1e6, "ms");
    bench_report_figure(report, "module of 4 MB, lazy, to first result",
                        bench_median(lazy, runs) / 1e6, "ms");
    return WISP_OK;
}

static wisp_status measure_small(bench_report *report, wisp_error *err)
{
    double loads[SMALL_RUNS];
    for (unsigned i = 0; i < SMALL_RUNS; i++) {
        wisp_status status =
            load(&EAGER, (wisp_bytes){state_small, state_small_size}, &loads[i], err);
        if (status)
            return status;
    }
    char name[64];
    snprintf(name, sizeof name, "module of %zu bytes, load", state_small_size);
    bench_report_figure(report, name, bench_median(loads, SMALL_RUNS) / 1e3, "us");
    return WISP_OK;
}

wisp_status bench_load(const bench_options *options, bench_report *report, wisp_error *err)
{
    wisp_bytes bytes = bench_large_module(LARGE_SIZE);
    if (!bytes.data)
        return wisp_fail(err, WISP_NO_MEMORY, "no memory for a module of 4 MB");
    wisp_status status = measure_large(bytes, options->runs, report, err);
    free((void *)bytes.data);
    return status ? status : measure_small(report, err);
}
