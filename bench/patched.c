#include "bench.h"
#include "bridge.h"
#include "shapes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wisp/patcher.h>

/*
 * patched PATCH: what calls of patched functions cost, all in all, and to patch them. This
 * program's functions have sleds; bench/patch makes the patch, of patched_fix.c, and runs it.
 */

/* What its patch calls the original of, and what its patch looks behind an argument of. */
int call_through(int a, int b);
long *look_behind(long *a, long *b);

int call_through(int a, int b)
{
    return a + b;
}

long *look_behind(long *a, long *b)
{
    return a ? a : b;
}

enum { ROW_COUNT = BENCH_SHAPE_COUNT + 2, RUNS = 9, PATCH_SIZE_MAX = 1024 * 1024 };

typedef struct row {
    const char *text;
    bench_shape shape;
    const void *function, *closure;
    double plain[RUNS], patched[RUNS], by_closure[RUNS];
} row;

static void list_rows(row rows[ROW_COUNT])
{
    for (unsigned i = 0; i < BENCH_SHAPE_COUNT; i++)
        rows[i] = (row){.text = bench_shape_texts[i],
                        .shape = (bench_shape)i,
                        .function = bench_shape_functions[i],
                        .closure = bench_closure((bench_shape)i)};
    rows[BENCH_SHAPE_COUNT] = (row){.text = "int(int, int) that calls the original",
                                    .shape = BENCH_INTS,
                                    .function = (const void *)(uintptr_t)call_through};
    rows[BENCH_SHAPE_COUNT + 1] =
        (row){.text = "long *(long *, long *) that looks behind the first",
              .shape = BENCH_POINTERS,
              .function = (const void *)(uintptr_t)look_behind};
}

static wisp_bytes read_patch(const char *path)
{
    static uint8_t bytes[PATCH_SIZE_MAX];
    FILE *file = fopen(path, "rb");
    size_t size = file ? fread(bytes, 1, sizeof bytes, file) : 0;
    if (file)
        fclose(file);
    return (wisp_bytes){bytes, size};
}

/* A run: the functions as they are, patched, and as closures, in turns. */
static wisp_status measure(wisp_patcher *patcher, wisp_bytes patch, row rows[ROW_COUNT],
                           unsigned run, double *attach, double *detach, wisp_error *err)
{
    for (unsigned i = 0; i < ROW_COUNT; i++)
        rows[i].plain[run] = bench_shape_time(rows[i].shape, rows[i].function);
    double began = bench_now_ns();
    wisp_status status = wisp_patcher_apply(patcher, patch, err);
    *attach = bench_now_ns() - began;
    for (unsigned i = 0; i < ROW_COUNT && status == WISP_OK; i++)
        rows[i].patched[run] = bench_shape_time(rows[i].shape, rows[i].function);
    began = bench_now_ns();
    if (status == WISP_OK)
        status = wisp_patcher_remove(patcher, err);
    *detach = bench_now_ns() - began;
    for (unsigned i = 0; i < ROW_COUNT; i++)
        if (rows[i].closure)
            rows[i].by_closure[run] = bench_shape_time(rows[i].shape, rows[i].closure);
    return status;
}

static void report_row(bench_report *report, row *it)
{
    char name[128];
    bench_report_figure(report, it->text, bench_median(it->plain, RUNS), "ns");
    snprintf(name, sizeof name, "%s, patched", it->text);
    bench_report_figure(report, name, bench_median(it->patched, RUNS), "ns");
    snprintf(name, sizeof name, "%s, a closure of libffi", it->text);
    if (it->closure)
        bench_report_figure(report, name, bench_median(it->by_closure, RUNS), "ns");
}

static wisp_status run(wisp_patcher *patcher, wisp_bytes patch, bench_report *report,
                       wisp_error *err)
{
    static row rows[ROW_COUNT];
    double attach[RUNS], detach[RUNS];
    list_rows(rows);
    for (unsigned i = 0; i < RUNS; i++) {
        wisp_status status = measure(patcher, patch, rows, i, &attach[i], &detach[i], err);
        if (status)
            return status;
    }
    for (unsigned i = 0; i < ROW_COUNT; i++)
        report_row(report, &rows[i]);
    bench_report_figure(report, "apply: read, compile, link, 7 functions patched",
                        bench_median(attach, RUNS) / 1e3, "us");
    bench_report_figure(report, "remove", bench_median(detach, RUNS) / 1e3, "us");
    return WISP_OK;
}

int main(int argc, char **argv)
{
    bool is_json = argc == 3 && strcmp(argv[2], "--json") == 0;
    wisp_patcher_config config = {.grant_max = WISP_PATCH_GRANT_PROCESS};
    wisp_patcher *patcher = NULL;
    wisp_error err = {0};
    bench_report report;
    if (argc != 2 && !is_json) {
        fprintf(stderr, "usage: patched PATCH [--json]\n");
        return 2;
    }
    bench_report_begin(&report, is_json);
    wisp_status status = wisp_patcher_new(&config, &patcher, &err);
    if (status == WISP_OK)
        status = run(patcher, read_patch(argv[1]), &report, &err);
    bench_report_end(&report);
    wisp_patcher_free(patcher);
    if (status)
        fprintf(stderr, "patched: %s\n", err.text);
    return status ? 1 : 0;
}
