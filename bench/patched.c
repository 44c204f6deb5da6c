#include "bench.h"
#include "bridge.h"
#include "shapes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wisp/patcher.h>

/*
 * patched MODE=PATCH... [--json]: what calls of patched functions cost, all in all, and to patch
 * them, by what patches are written in and compiled to. This program's functions have sleds;
 * bench/patch makes the patches, of patched_fix.c and patched_fix.ts, and runs it. One without a
 * PATCH could not be made.
 */

/* What patches call the original of, and what they look behind an argument of. */
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

enum { ROW_COUNT = BENCH_SHAPE_COUNT + 2, MODES_MAX = 4, RUNS = 9, PATCH_SIZE_MAX = 64 * 1024 };

typedef struct mode {
    const char *name;
    size_t name_size;
    uint8_t bytes[PATCH_SIZE_MAX];
    size_t size; /* 0: there is no patch */
    double apply[RUNS], remove[RUNS];
} mode;

typedef struct row {
    const char *text, *symbol;
    bench_shape shape;
    const void *function, *closure;
    double plain[RUNS], by_closure[RUNS], patched[MODES_MAX][RUNS];
    bool is_patched[MODES_MAX];
} row;

typedef struct table {
    row rows[ROW_COUNT];
    mode modes[MODES_MAX];
    unsigned mode_count;
} table;

/* ------------------------------------------------------------------ what there is to measure */

static void list_rows(row rows[ROW_COUNT])
{
    for (unsigned i = 0; i < BENCH_SHAPE_COUNT; i++)
        rows[i] = (row){.text = bench_shape_texts[i],
                        .symbol = bench_shape_symbols[i],
                        .shape = (bench_shape)i,
                        .function = bench_shape_functions[i],
                        .closure = bench_closure((bench_shape)i)};
    rows[BENCH_SHAPE_COUNT] = (row){.text = "int(int, int) that calls the original",
                                    .symbol = "call_through",
                                    .shape = BENCH_INTS,
                                    .function = (const void *)(uintptr_t)call_through};
    rows[BENCH_SHAPE_COUNT + 1] =
        (row){.text = "long *(long *, long *) that looks behind the first",
              .symbol = "look_behind",
              .shape = BENCH_POINTERS,
              .function = (const void *)(uintptr_t)look_behind};
}

/* "MODE=PATCH". False if there is no such file, or it is too large. */
static bool read_mode(const char *text, mode *out)
{
    const char *path = strchr(text, '=') + 1;
    out->name = text;
    out->name_size = (size_t)(path - 1 - text);
    if (!*path)
        return true;
    FILE *file = fopen(path, "rb");
    out->size = file ? fread(out->bytes, 1, sizeof out->bytes, file) : 0;
    if (file)
        fclose(file);
    return out->size > 0 && out->size < sizeof out->bytes;
}

/* ------------------------------------------------------------------ measuring it */

/* The stats of the function of [it]; false if what is applied does not replace it. */
static bool find_stats(wisp_patcher *patcher, const row *it, wisp_patch_stats *stats)
{
    for (uint32_t i = 0; wisp_patcher_stats(patcher, i, stats); i++)
        if (strcmp(stats->function, it->symbol) == 0)
            return true;
    return false;
}

/* False if the original has run instead, which would be fast. */
static bool time_patched(wisp_patcher *patcher, row *it, unsigned m, unsigned run)
{
    wisp_patch_stats stats;
    it->is_patched[m] = find_stats(patcher, it, &stats);
    if (!it->is_patched[m])
        return true;
    it->patched[m][run] = bench_shape_time(it->shape, it->function);
    return find_stats(patcher, it, &stats) && stats.calls == BENCH_CALLS && stats.faults == 0;
}

static wisp_status measure_patched(wisp_patcher *patcher, table *t, unsigned m, unsigned run,
                                   wisp_error *err)
{
    mode *in = &t->modes[m];
    double began = bench_now_ns();
    wisp_status status = wisp_patcher_apply(patcher, (wisp_bytes){in->bytes, in->size}, err);
    in->apply[run] = bench_now_ns() - began;
    for (row *it = t->rows; it < t->rows + ROW_COUNT && status == WISP_OK; it++)
        if (!time_patched(patcher, it, m, run)) {
            snprintf(err->text, sizeof err->text, "%s: the patch of %s failed", in->name,
                     it->symbol);
            status = WISP_TRAP;
        }
    if (status)
        return status;
    began = bench_now_ns();
    status = wisp_patcher_remove(patcher, err);
    in->remove[run] = bench_now_ns() - began;
    return status;
}

/* A run: the functions as they are, as closures, and patched in each mode, in turns. */
static wisp_status measure(wisp_patcher *patcher, table *t, unsigned run, wisp_error *err)
{
    wisp_status status = WISP_OK;
    for (row *it = t->rows; it < t->rows + ROW_COUNT; it++) {
        it->plain[run] = bench_shape_time(it->shape, it->function);
        if (it->closure)
            it->by_closure[run] = bench_shape_time(it->shape, it->closure);
    }
    for (unsigned m = 0; m < t->mode_count && status == WISP_OK; m++)
        if (t->modes[m].size)
            status = measure_patched(patcher, t, m, run, err);
    return status;
}

/* ------------------------------------------------------------------ figures */

static void report_row(bench_report *report, table *t, row *it)
{
    char name[128];
    bench_report_figure(report, it->text, bench_median(it->plain, RUNS), "ns");
    for (unsigned m = 0; m < t->mode_count; m++) {
        const mode *in = &t->modes[m];
        snprintf(name, sizeof name, "%s, %.*s", it->text, (int)in->name_size, in->name);
        if (it->is_patched[m])
            bench_report_figure(report, name, bench_median(it->patched[m], RUNS), "ns");
        else
            bench_report_none(report, name,
                              in->size ? "such patches take no structs by value"
                                       : "its compiler is not there");
    }
    snprintf(name, sizeof name, "%s, a closure of libffi", it->text);
    if (it->closure)
        bench_report_figure(report, name, bench_median(it->by_closure, RUNS), "ns");
}

static void report_mode(bench_report *report, mode *in)
{
    char name[128];
    if (!in->size)
        return;
    snprintf(name, sizeof name, "to apply a patch of them, %.*s", (int)in->name_size, in->name);
    bench_report_figure(report, name, bench_median(in->apply, RUNS) / 1e3, "us");
    snprintf(name, sizeof name, "to remove it, %.*s", (int)in->name_size, in->name);
    bench_report_figure(report, name, bench_median(in->remove, RUNS) / 1e3, "us");
}

static wisp_status run(table *t, bench_report *report, wisp_error *err)
{
    wisp_patcher_config config = {.grant_max = WISP_PATCH_GRANT_PROCESS};
    wisp_patcher *patcher = NULL;
    wisp_status status = wisp_patcher_new(&config, &patcher, err);
    for (unsigned i = 0; i < RUNS && status == WISP_OK; i++)
        status = measure(patcher, t, i, err);
    for (unsigned i = 0; i < ROW_COUNT && status == WISP_OK; i++)
        report_row(report, t, &t->rows[i]);
    for (unsigned m = 0; m < t->mode_count && status == WISP_OK; m++)
        report_mode(report, &t->modes[m]);
    wisp_patcher_free(patcher);
    return status;
}

static int refuse_usage(void)
{
    fprintf(stderr, "usage: patched MODE=PATCH... [--json], of which there are %d at the most\n",
            MODES_MAX);
    return 2;
}

int main(int argc, char **argv)
{
    static table t;
    bool is_json = argc > 1 && strcmp(argv[argc - 1], "--json") == 0;
    unsigned count = (unsigned)argc - 1 - is_json;
    wisp_error err = {0};
    bench_report report;
    if (count == 0 || count > MODES_MAX)
        return refuse_usage();
    for (; t.mode_count < count; t.mode_count++)
        if (!strchr(argv[1 + t.mode_count], '=') ||
            !read_mode(argv[1 + t.mode_count], &t.modes[t.mode_count]))
            return refuse_usage();
    list_rows(t.rows);
    bench_report_begin(&report, is_json);
    wisp_status status = run(&t, &report, &err);
    bench_report_end(&report);
    if (status)
        fprintf(stderr, "patched: %s\n", err.text);
    return status ? 1 : 0;
}
