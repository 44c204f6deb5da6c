#define _XOPEN_SOURCE 700 /* mkdtemp, nftw */

#include "bench.h"
#include "large_module.h"

#include "base/error.h"
#include "delta/apply.h"
#include "publish/delta.h"
#include "publish/publish.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <wisp/update.h>

/*
 * What an update costs a device: time, bytes on the wire and memory, of a check that finds
 * nothing, of a module of a megabyte fetched whole, and of the same by a delta. The publisher and
 * the disk are real; the network is a folder, so that what is measured is Wisp and the disk
 * alone.
 */

#define MODULE_SIZE (1u << 20)
#define GROWTH      (8u << 10) /* by which the release is larger: functions that were added */

/* --- memory ------------------------------------------------------------------------------ */

typedef struct meter {
    size_t now, peak;
} meter;

static void *count_alloc(void *user, void *old, size_t old_size, size_t new_size)
{
    meter *m = user;
    void *block = NULL;
    if (new_size == 0)
        free(old);
    else
        block = realloc(old, new_size);
    if (new_size && !block)
        return NULL;
    m->now += new_size - (old ? old_size : 0);
    m->peak = m->now > m->peak ? m->now : m->peak;
    return block;
}

/* --- the network ------------------------------------------------------------------------- */

typedef struct wire {
    uint64_t bytes, requests;
} wire;

static wisp_status start(void *user, const wisp_net_request *request, void **transfer,
                         wisp_error *err)
{
    wire *w = user;
    (void)err;
    w->requests++;
    *transfer = (void *)(uintptr_t)request;
    return WISP_OK;
}

/* All at once. */
static wisp_status step(void *user, void *transfer, uint32_t wait_ms, wisp_error *err)
{
    wire *w = user;
    const wisp_net_request *request = transfer;
    char data[16384];
    size_t size;
    (void)wait_ms;
    FILE *file = fopen(request->url, "rb");
    if (!file)
        return wisp_fail(err, WISP_NOT_FOUND, "no file %.180s", request->url);
    bool goes_on = fseek(file, (long)request->offset, SEEK_SET) == 0 &&
                   (!request->begin || request->begin(request->context, request->offset));
    while (goes_on && (size = fread(data, 1, sizeof data, file)) > 0) {
        goes_on = request->sink(request->context, data, size);
        w->bytes += size;
    }
    fclose(file);
    return goes_on ? WISP_OK : wisp_fail(err, WISP_IO, "the receiver says no");
}

static void end(void *user, void *transfer)
{
    (void)user;
    (void)transfer;
}

/* --- the world --------------------------------------------------------------------------- */

typedef struct world {
    char dir[64], project[80], repository[96], state[80];
    wisp_bytes older, newer; /* modules */
    uint8_t root[65536];
    size_t root_size;
    wire wire;
    wisp_net net;
    meter meter;
    wisp_allocator allocator;
} world;

static wisp_status release(wisp_project *project, wisp_bytes content, wisp_error *err)
{
    wisp_draft draft = {.modules = {{NULL, content}}, .module_len = 1};
    wisp_published published = {0};
    wisp_status status = wisp_publish(project, &draft, &published, err);
    wisp_published_deinit(&published);
    return status;
}

static wisp_status publish(world *w, wisp_error *err)
{
    wisp_config config = wisp_config_default();
    wisp_project *project;
    wisp_status status = wisp_project_create(NULL, NULL, w->project, &config, err);
    if (status == WISP_OK)
        status = wisp_project_open(NULL, NULL, w->project, &project, err);
    if (status != WISP_OK)
        return status;
    status = release(project, w->older, err);
    if (status == WISP_OK)
        status = release(project, w->newer, err);
    wisp_project_close(project);
    return status;
}

static wisp_status read_root(world *w, wisp_error *err)
{
    char path[128];
    snprintf(path, sizeof path, "%s/root.json", w->repository);
    FILE *file = fopen(path, "rb");
    if (!file)
        return wisp_fail(err, WISP_IO, "cannot read %s", path);
    w->root_size = fread(w->root, 1, sizeof w->root, file);
    fclose(file);
    return WISP_OK;
}

static wisp_status set_up(world *w, wisp_error *err)
{
    *w = (world){.net = {start, step, end, &w->wire}, .allocator = {count_alloc, &w->meter}};
    strcpy(w->dir, "/tmp/wisp-bench-XXXXXX");
    if (!mkdtemp(w->dir))
        return wisp_fail(err, WISP_IO, "cannot make a folder in /tmp");
    snprintf(w->project, sizeof w->project, "%s/p", w->dir);
    snprintf(w->repository, sizeof w->repository, "%s/p/repo", w->dir);
    w->older = bench_large_module(MODULE_SIZE - GROWTH);
    w->newer = bench_large_module(MODULE_SIZE);
    if (!w->older.size || !w->newer.size)
        return wisp_fail_memory(err, MODULE_SIZE);
    wisp_status status = publish(w, err);
    return status == WISP_OK ? read_root(w, err) : status;
}

static int remove_name(const char *path, const struct stat *st, int kind, struct FTW *where)
{
    (void)st;
    (void)kind;
    (void)where;
    return remove(path);
}

static void tear_down(world *w)
{
    nftw(w->dir, remove_name, 16, FTW_DEPTH | FTW_PHYS);
    free((void *)(uintptr_t)w->older.data);
    free((void *)(uintptr_t)w->newer.data);
}

/* --- what a device does ------------------------------------------------------------------ */

/* Figures of one kind, one for each run. */
typedef struct series {
    double values[BENCH_RUNS_MAX];
    unsigned len;
} series;

static void note(series *s, double value)
{
    s->values[s->len++] = value;
}

typedef struct check_series {
    series ms, processor_ms, bytes, requests, peak;
} check_series;

/* How a check must end. */
typedef enum ending { BY_NOTHING, WHOLE, BY_DELTA } ending;

static wisp_status judge(const wisp_update_result *result, ending wanted, wisp_error *err)
{
    static const char *const names[] = {"nothing new", "a whole module", "a delta"};
    bool is_staged = result->outcome == WISP_UPDATE_STAGED;
    ending found = !is_staged ? BY_NOTHING : result->is_by_delta ? BY_DELTA : WHOLE;
    if (found == wanted && (is_staged || result->outcome == WISP_UPDATE_UP_TO_DATE))
        return WISP_OK;
    return wisp_fail(err, WISP_MISMATCH, "a check ended with %s, expected %s: %.150s",
                     wisp_update_outcome_name(result->outcome), names[wanted], result->reason);
}

static wisp_status check(world *w, wisp_updater *updater, ending wanted, check_series *out,
                         wisp_error *err)
{
    wisp_update_result result;
    w->wire = (wire){0};
    w->meter.peak = w->meter.now;
    size_t before = w->meter.now;
    double began = bench_now_ns(), processor_began = bench_processor_ns();
    wisp_status status = wisp_updater_check(updater, &result, err);
    double took = bench_now_ns() - began, processor = bench_processor_ns() - processor_began;
    if (status == WISP_OK)
        status = judge(&result, wanted, err);
    note(&out->ms, took / 1e6);
    note(&out->processor_ms, processor / 1e6);
    note(&out->bytes, (double)w->wire.bytes);
    note(&out->requests, (double)w->wire.requests);
    note(&out->peak, (double)(w->meter.peak - before) / 1024);
    return status;
}

typedef struct update_series {
    check_series first, quiet;
    series acquire_ms, commit_ms;
} update_series;

static wisp_status run_new(wisp_updater *updater, update_series *out, wisp_error *err)
{
    wisp_image image;
    double began = bench_now_ns();
    wisp_status status = wisp_updater_acquire(updater, &image, err);
    double acquired = bench_now_ns();
    if (status != WISP_OK)
        return status;
    status = wisp_updater_commit(updater, &image, err);
    note(&out->acquire_ms, (acquired - began) / 1e6);
    note(&out->commit_ms, (bench_now_ns() - acquired) / 1e6);
    wisp_image_free(updater, &image);
    return status;
}

/* The life of a new device whose program has [base] in it: the first check, the start of what it
 * found, and a check that finds nothing. */
static wisp_status live(world *w, wisp_bytes base, ending wanted, update_series *out,
                        wisp_error *err)
{
    static unsigned count;
    wisp_updater *updater;
    snprintf(w->state, sizeof w->state, "%s/state%u", w->dir, count++);
    wisp_updater_config config = {.allocator = &w->allocator,
                                  .net = &w->net,
                                  .dir = w->state,
                                  .url = w->repository,
                                  .target = "module.wasm",
                                  .root = {w->root, w->root_size},
                                  .base = base};
    wisp_status status = wisp_updater_open(&config, &updater, err);
    if (status != WISP_OK)
        return status;
    status = check(w, updater, wanted, &out->first, err);
    if (status == WISP_OK)
        status = run_new(updater, out, err);
    if (status == WISP_OK)
        status = check(w, updater, BY_NOTHING, &out->quiet, err);
    wisp_updater_close(updater);
    return status;
}

/* --- a delta by itself ------------------------------------------------------------------- */

static wisp_status read_base(void *context, void *into, size_t size, uint64_t offset,
                             wisp_error *err)
{
    const world *w = context;
    (void)err;
    memcpy(into, w->older.data + offset, size);
    return WISP_OK;
}

static wisp_status pass_over(void *context, const void *data, size_t size, wisp_error *err)
{
    (void)context;
    (void)data;
    (void)size;
    (void)err;
    return WISP_OK;
}

static wisp_status apply(world *w, wisp_bytes delta, series *ms, series *peak, wisp_error *err)
{
    wisp_delta_apply *applier;
    wisp_delta_config config = {.allocator = &w->allocator,
                                .base_size = w->older.size,
                                .result_size = w->newer.size,
                                .read_base = read_base,
                                .sink = pass_over,
                                .context = w};
    if (!wisp_sha256(w->older, &config.base_hash) || !wisp_sha256(w->newer, &config.result_hash))
        return wisp_fail_memory(err, sizeof config);
    size_t before = w->meter.peak = w->meter.now;
    double began = bench_now_ns();
    wisp_status status = wisp_delta_apply_new(&config, &applier, err);
    if (status != WISP_OK)
        return status;
    status = wisp_delta_apply_feed(applier, delta.data, delta.size, err);
    if (status == WISP_OK)
        status = wisp_delta_apply_finish(applier, err);
    note(ms, (bench_now_ns() - began) / 1e6);
    note(peak, (double)(w->meter.peak - before) / 1024);
    wisp_delta_apply_free(applier);
    return status;
}

static wisp_status hash(const world *w, series *ms, wisp_error *err)
{
    wisp_hash out;
    double began = bench_now_ns();
    bool made = wisp_sha256(w->newer, &out);
    note(ms, (bench_now_ns() - began) / 1e6);
    return made ? WISP_OK : wisp_fail_memory(err, sizeof out);
}

/* --- all of it --------------------------------------------------------------------------- */

typedef struct figures {
    update_series whole, by_delta, nothing;
    series apply_ms, apply_peak, hash_ms;
} figures;

/* Each kind once, so that all of them see the same machine. */
static wisp_status run_once(world *w, wisp_bytes delta, figures *out, wisp_error *err)
{
    static const uint8_t foreign[] = "a module that no delta starts from";
    wisp_bytes other = {foreign, sizeof foreign};
    wisp_status status = live(w, other, WHOLE, &out->whole, err);
    if (status == WISP_OK)
        status = live(w, w->older, BY_DELTA, &out->by_delta, err);
    if (status == WISP_OK)
        status = live(w, w->newer, BY_NOTHING, &out->nothing, err);
    if (status == WISP_OK)
        status = apply(w, delta, &out->apply_ms, &out->apply_peak, err);
    return status == WISP_OK ? hash(w, &out->hash_ms, err) : status;
}

static void figure(bench_report *report, const char *name, const char *what, series *s,
                   const char *unit)
{
    char text[80];
    snprintf(text, sizeof text, "%s, %s", name, what);
    bench_report_figure(report, text, bench_median(s->values, s->len), unit);
}

static void report_check(bench_report *report, const char *name, check_series *s)
{
    figure(report, name, "time", &s->ms, "ms");
    figure(report, name, "processor time", &s->processor_ms, "ms");
    figure(report, name, "received", &s->bytes, "B");
    figure(report, name, "requests", &s->requests, "");
    figure(report, name, "peak memory", &s->peak, "KiB");
}

static void report_all(bench_report *report, figures *f)
{
    report_check(report, "quiet check", &f->whole.quiet);
    report_check(report, "first check, all verified", &f->nothing.first);
    report_check(report, "1 MiB whole", &f->whole.first);
    report_check(report, "1 MiB by delta", &f->by_delta.first);
    figure(report, "start of it", "acquire", &f->whole.acquire_ms, "ms");
    figure(report, "start of it", "commit", &f->whole.commit_ms, "ms");
    figure(report, "applying the delta", "time", &f->apply_ms, "ms");
    figure(report, "applying the delta", "peak memory", &f->apply_peak, "KiB");
    figure(report, "SHA-256 of 1 MiB", "time", &f->hash_ms, "ms");
}

static wisp_status measure(world *w, unsigned runs, bench_report *report, wisp_error *err)
{
    static figures f;
    wisp_delta delta;
    wisp_status status = wisp_delta_make(NULL, w->older, w->newer, &delta, err);
    if (status != WISP_OK)
        return status;
    for (unsigned i = 0; i < runs && status == WISP_OK; i++)
        status = run_once(w, delta.bytes, &f, err);
    if (status == WISP_OK) {
        report_all(report, &f);
        bench_report_figure(report, "the delta, size", (double)delta.bytes.size, "B");
    }
    wisp_delta_free(NULL, &delta);
    return status;
}

wisp_status bench_update(const bench_options *options, bench_report *report, wisp_error *err)
{
    static world w;
    wisp_status status = set_up(&w, err);
    if (status == WISP_OK)
        status = measure(&w, options->runs, report, err);
    tear_down(&w);
    return status;
}
