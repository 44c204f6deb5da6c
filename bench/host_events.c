#include "bench.h"
#include "host.h"

#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>
#include <wisp/event.h>
#include <wisp/record.h>

/*
 * Events through modules: how many in a second, how long one takes, and what it costs besides to
 * record them, or to have a shadow. kernels/events.c is the module. By processor time.
 */

enum {
    COUNTED = 0x8000,
    BATCH = 256,
    BATCHES = 1000,
    GUESTS = 100,
    ROUNDS = 20000,
    WAKINGS = 2000
};

extern const unsigned char events_module[];
extern const size_t events_module_size;

typedef struct crowd {
    wisp_host *host;
    wisp_module *module;
    wisp_guest *guests[GUESTS];
} crowd;

/* ------------------------------------------------------------------ the crowd */

static wisp_status add_guest(crowd *c, wisp_guest **out, wisp_error *err)
{
    wisp_status status = wisp_guest_new(c->host, NULL, out, err);
    return status ? status : wisp_guest_start(*out, c->module, err);
}

static wisp_status gather(crowd *c, size_t len, wisp_error *err)
{
    *c = (crowd){0};
    wisp_status status =
        wisp_module_new(NULL, (wisp_bytes){events_module, events_module_size}, &c->module, err);
    if (!status)
        status = wisp_host_new(NULL, &c->host, err);
    for (size_t i = 0; i < len && !status; i++)
        status = add_guest(c, &c->guests[i], err);
    return status;
}

static void disperse(crowd *c)
{
    wisp_host_free(c->host);
    wisp_module_free(c->module);
}

/* ------------------------------------------------------------------ events a second */

/* Posts BATCHES batches of [post], to the first [len] guests in turn or to all, and delivers
 * each batch. *[rate]: how many were delivered in a second. */
static wisp_status pour(crowd *c, size_t len, wisp_post post, double *rate, wisp_error *err)
{
    uint64_t delivered = 0;
    wisp_status status = WISP_OK;
    bool is_for_all = post.target == WISP_TO_ALL;
    double began = bench_thread_ns();
    for (unsigned batch = 0; batch < BATCHES && !status; batch++) {
        for (unsigned i = 0; i < (is_for_all ? BATCH / GUESTS + 1 : BATCH) && !status; i++) {
            if (!is_for_all)
                post.target = wisp_guest_id(c->guests[delivered % len]);
            status = wisp_host_post(c->host, &post, err);
            delivered += is_for_all ? len : 1;
        }
        wisp_host_step(c->host, 0);
    }
    *rate = (double)delivered / (bench_thread_ns() - began) * 1e9;
    return status;
}

static const uint8_t DATA[64];

static const struct kind {
    const char *name;
    size_t guests;
    wisp_post post;
} KINDS[] = {
    {"events through 1 module, a number each", 1, {.type = COUNTED}},
    {"events through 1 module, 64 bytes each", 1, {.type = COUNTED, .data = DATA, .size = 64}},
    {"events through 100 modules, a number each", GUESTS, {.type = COUNTED}},
    {"deliveries of events to all 100 modules", GUESTS, {.type = COUNTED, .target = WISP_TO_ALL}},
};

#define KIND_COUNT (sizeof KINDS / sizeof *KINDS)

static wisp_status measure_rates(crowd *c, unsigned runs, bench_report *report, wisp_error *err)
{
    double rates[KIND_COUNT][BENCH_RUNS_MAX];
    wisp_status status = WISP_OK;
    for (unsigned run = 0; run < runs; run++)
        for (size_t k = 0; k < KIND_COUNT && !status; k++)
            status = pour(c, KINDS[k].guests, KINDS[k].post, &rates[k][run], err);
    for (size_t k = 0; k < KIND_COUNT && !status; k++)
        bench_report_figure(report, KINDS[k].name, bench_median(rates[k], runs) / 1e6,
                            "million/s");
    return status;
}

/* ------------------------------------------------------------------ how long one takes */

static wisp_status measure_latency(crowd *c, bench_report *report, wisp_error *err)
{
    double *ns = calloc(ROUNDS, sizeof *ns);
    wisp_status status = WISP_OK;
    wisp_post post = {.target = wisp_guest_id(c->guests[0]), .type = COUNTED};
    for (unsigned i = 0; i < ROUNDS && ns && !status; i++) {
        double began = bench_now_ns();
        status = wisp_host_post(c->host, &post, err);
        wisp_host_step(c->host, 0);
        ns[i] = bench_now_ns() - began;
    }
    if (ns && !status)
        bench_host_percentiles(report, "from post to handled, same thread", ns, ROUNDS, 1, "ns");
    free(ns);
    return status;
}

static void note_done(void *user, uint32_t type, const void *data)
{
    (void)type, (void)data;
    atomic_store((_Atomic double *)user, bench_now_ns());
}

/* From a thread to that of the host, which sleeps: with the waking. */
static wisp_status post_to_sleeper(crowd *c, double *ns, wisp_error *err)
{
    _Atomic double done = 0;
    const wisp_post post = {
        .target = wisp_guest_id(c->guests[0]), .type = COUNTED, .done = note_done, .user = &done};
    nanosleep(&(struct timespec){.tv_nsec = 200000}, NULL);
    double began = bench_now_ns();
    wisp_status status = wisp_host_post(c->host, &post, err);
    while (atomic_load(&done) == 0)
        sched_yield();
    *ns = atomic_load(&done) - began;
    return status;
}

static wisp_status measure_waking(crowd *c, bench_report *report, wisp_error *err)
{
    static double ns[WAKINGS];
    wisp_status status = wisp_host_thread_start(c->host, err);
    for (unsigned i = 0; i < WAKINGS && !status; i++)
        status = post_to_sleeper(c, &ns[i], err);
    wisp_host_thread_stop(c->host);
    if (!status)
        bench_host_percentiles(report, "from post to handled, to a thread that sleeps", ns,
                               WAKINGS, 1000, "us");
    return status;
}

/* ------------------------------------------------------------------ what comes on top */

/* A sink that counts. */
static wisp_status begin_segment(void *user, uint64_t number, wisp_error *err)
{
    (void)user, (void)number, (void)err;
    return WISP_OK;
}

static wisp_status count_bytes(void *user, wisp_bytes bytes, wisp_error *err)
{
    (void)err;
    *(uint64_t *)user += bytes.size;
    return WISP_OK;
}

static wisp_status pour_recorded(crowd *c, wisp_post post, double *rate, double *size,
                                 wisp_error *err)
{
    uint64_t bytes = 0;
    wisp_record_config config = {.sink = {begin_segment, count_bytes, NULL, &bytes},
                                 .size_max = UINT64_C(1) << 40};
    wisp_status status = wisp_guest_record(c->guests[0], &config, err);
    uint64_t before = bytes;
    if (!status)
        status = pour(c, 1, post, rate, err);
    *size = (double)(bytes - before) / (BATCH * (double)BATCHES);
    wisp_guest_record_end(c->guests[0]);
    return status;
}

static wisp_status pour_shadowed(crowd *c, wisp_post post, double *rate, wisp_error *err)
{
    wisp_status status = wisp_guest_shadow(c->guests[0], c->module, NULL, err);
    if (!status)
        status = pour(c, 1, post, rate, err);
    wisp_guest_shadow_end(c->guests[0]);
    return status;
}

static wisp_status measure_extras(crowd *c, unsigned runs, bench_report *report, wisp_error *err)
{
    const wisp_post post = {.type = COUNTED, .data = DATA, .size = sizeof DATA};
    double plain, recorded[BENCH_RUNS_MAX], shadowed[BENCH_RUNS_MAX], size = 0;
    wisp_status status = WISP_OK;
    for (unsigned run = 0; run < runs && !status; run++) {
        status = pour(c, 1, post, &plain, err);
        if (!status)
            status = pour_recorded(c, post, &recorded[run], &size, err);
        if (!status)
            status = pour_shadowed(c, post, &shadowed[run], err);
        recorded[run] = 1e9 / recorded[run] - 1e9 / plain;
        shadowed[run] = 1e9 / shadowed[run] - 1e9 / plain;
    }
    if (status)
        return status;
    bench_report_figure(report, "recording, on top of an event", bench_median(recorded, runs),
                        "ns");
    bench_report_figure(report, "size of a recorded event, like the last", size, "bytes");
    bench_report_figure(report, "a shadow, on top of an event", bench_median(shadowed, runs),
                        "ns");
    return WISP_OK;
}

wisp_status bench_host_events(unsigned runs, bench_report *report, wisp_error *err)
{
    crowd c;
    wisp_status status = gather(&c, GUESTS, err);
    if (!status)
        status = measure_rates(&c, runs, report, err);
    if (!status)
        status = measure_latency(&c, report, err);
    if (!status)
        status = measure_waking(&c, report, err);
    if (!status)
        status = measure_extras(&c, runs, report, err);
    disperse(&c);
    return status;
}
