#include "bench.h"

#include <stdio.h>
#include <string.h>
#include <wisp/wasm.h>

#include "os/shared_bytes.h"

/* When it pays to map a buffer into a module's memory instead of copying it there. */

enum { ADDRESS = 65536, MEMORY_PAGES = 256 };

static const struct {
    const char *name;
    size_t size;
} SIZES[] = {{"4 KB", 4096}, {"64 KB", 65536}, {"1 MB", 1 << 20}, {"8 MB", 8 << 20}};

typedef struct times {
    double map[BENCH_RUNS_MAX], copy[BENCH_RUNS_MAX];
} times;

/* A byte of each page, which is what brings it in. */
static uint8_t read_pages(const volatile uint8_t *bytes, size_t size)
{
    uint8_t sum = 0;
    for (size_t i = 0; i < size; i += 4096)
        sum = (uint8_t)(sum + bytes[i]);
    return sum;
}

static wisp_status time_once(wisp_memory *memory, const wisp_shared_bytes *bytes, times *t,
                             unsigned run, wisp_error *err)
{
    wisp_mapping mapping = {.fd = bytes->fd, .size = bytes->size};
    uint8_t *at = wisp_memory_at(memory, ADDRESS, bytes->size);
    double began = bench_now_ns();
    wisp_status status = wisp_memory_map(memory, ADDRESS, &mapping, err);
    if (status)
        return status;
    read_pages(at, bytes->size);
    status = wisp_memory_unmap(memory, ADDRESS, bytes->size, err);
    t->map[run] = (bench_now_ns() - began) / 1000;
    memset(at, 1, bytes->size);
    began = bench_now_ns();
    memcpy(at, bytes->data, bytes->size);
    t->copy[run] = (bench_now_ns() - began) / 1000;
    return status;
}

static void tell(bench_report *report, const char *what, const char *of, double *us,
                 unsigned runs)
{
    char name[64];
    snprintf(name, sizeof name, "%s, %s", what, of);
    bench_report_figure(report, name, bench_median(us, runs), "us");
}

static wisp_status measure(wisp_memory *memory, size_t which, unsigned runs, bench_report *report,
                           wisp_error *err)
{
    wisp_shared_bytes bytes;
    wisp_status status = WISP_OK;
    times t;
    if (!wisp_shared_bytes_open(&bytes, SIZES[which].size))
        return WISP_UNSUPPORTED;
    memset(bytes.data, 1, bytes.size);
    for (unsigned run = 0; run < runs && !status; run++)
        status = time_once(memory, &bytes, &t, run, err);
    if (!status) {
        tell(report, "map, touch each page, unmap", SIZES[which].name, t.map, runs);
        tell(report, "copy instead", SIZES[which].name, t.copy, runs);
    }
    wisp_shared_bytes_close(&bytes);
    return status;
}

wisp_status bench_mapping(const bench_options *options, bench_report *report, wisp_error *err)
{
    wisp_store *store;
    wisp_memory *memory;
    wisp_limits limits = {MEMORY_PAGES, MEMORY_PAGES};
    wisp_status status = wisp_store_new(NULL, &store, err);
    if (status)
        return status;
    status = wisp_memory_new(store, limits, &memory, err);
    for (size_t i = 0; i < sizeof SIZES / sizeof *SIZES && !status; i++)
        status = measure(memory, i, options->runs, report, err);
    wisp_store_free(store);
    return status;
}
