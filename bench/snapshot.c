#include "bench.h"

#include <stdio.h>
#include <string.h>
#include <wisp/wasm.h>

/* What it takes to take a snapshot of an instance, to make another one of it, and to put that
 * back, for memories of several sizes of which more or less is in use. */

/* (module (memory (export "m") 1)) */
static const uint8_t module_bytes[] = {0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00,
                                       0x00, 0x05, 0x03, 0x01, 0x00, 0x01, 0x07,
                                       0x05, 0x01, 0x01, 'm',  0x02, 0x00};

static const struct {
    const char *name;
    uint32_t pages, used_size;
    wisp_memory_source source;
} CASES[] = {
    {"64 KB", 1, 64 * 1024, WISP_MEMORY_MAPPED},
    {"64 KB from malloc", 1, 64 * 1024, WISP_MEMORY_ALLOCATED},
    {"16 MB, 256 KB of it used", 256, 256 * 1024, WISP_MEMORY_MAPPED},
    {"16 MB", 256, 16 * 1024 * 1024, WISP_MEMORY_MAPPED},
};

typedef struct times {
    double take[BENCH_RUNS_MAX], make[BENCH_RUNS_MAX], restore[BENCH_RUNS_MAX];
} times;

static wisp_status time_once(const wisp_instance *instance, const wisp_store_config *config,
                             times *t, unsigned run, wisp_error *err)
{
    const wisp_module *module = wisp_instance_module(instance);
    wisp_snapshot *snapshot = NULL;
    wisp_instance *clone;
    wisp_store *store;
    wisp_status status = wisp_store_new(config, &store, err);
    if (status)
        return status;
    double began = bench_now_ns();
    status = wisp_snapshot_take(instance, &snapshot, err);
    double taken = bench_now_ns();
    if (!status)
        status = wisp_instance_new_from(store, module, NULL, snapshot, &clone, err);
    double made = bench_now_ns();
    if (!status)
        status = wisp_snapshot_restore(snapshot, clone, err);
    t->restore[run] = (bench_now_ns() - made) / 1000;
    t->make[run] = (made - taken) / 1000;
    t->take[run] = (taken - began) / 1000;
    wisp_snapshot_free(snapshot);
    wisp_store_free(store);
    return status;
}

static void tell(bench_report *report, const char *what, const char *of, double *us,
                 unsigned runs)
{
    char name[64];
    snprintf(name, sizeof name, "%s, %s", what, of);
    bench_report_figure(report, name, bench_median(us, runs), "us");
}

static wisp_status measure(const wisp_module *module, size_t which, unsigned runs,
                           bench_report *report, wisp_error *err)
{
    wisp_store *store;
    wisp_instance *instance;
    times t;
    wisp_store_config config = {.memory_source = CASES[which].source};
    wisp_status status = wisp_store_new(&config, &store, err);
    if (status)
        return status;
    status = wisp_instance_new(store, module, NULL, &instance, err);
    if (!status) {
        wisp_memory *memory = wisp_instance_memory(instance, "m");
        status = wisp_memory_grow(memory, CASES[which].pages - 1, err);
        if (!status)
            memset(wisp_memory_at(memory, 0, CASES[which].used_size), 1, CASES[which].used_size);
    }
    for (unsigned run = 0; run < runs && !status; run++)
        status = time_once(instance, &config, &t, run, err);
    if (!status) {
        tell(report, "snapshot", CASES[which].name, t.take, runs);
        tell(report, "instance of it", CASES[which].name, t.make, runs);
        tell(report, "restoring it", CASES[which].name, t.restore, runs);
    }
    wisp_store_free(store);
    return status;
}

wisp_status bench_snapshot(const bench_options *options, bench_report *report, wisp_error *err)
{
    wisp_module *module;
    wisp_bytes bytes = {module_bytes, sizeof module_bytes};
    wisp_status status = wisp_module_new_borrowed(NULL, bytes, &module, err);
    if (status)
        return status;
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES && !status; i++)
        status = measure(module, i, options->runs, report, err);
    wisp_module_free(module);
    return status;
}
