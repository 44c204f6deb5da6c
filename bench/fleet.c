#include "bench.h"
#include "calendar.h"
#include "cdn.h"

#include "base/error.h"
#include "release/decide.h"
#include "update/policy.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * Ten million devices take a release through a content delivery network within a day. Each asks
 * when it asks, event by event; which of them take it, and when, is decided by the code that
 * decides on a device, from the words that a publisher signs. Everything is drawn from fixed
 * numbers, so each run gives the same. What it assumes is in docs/bench/update.md.
 */

#define DEVICES          10000000u
#define DAY              86400u
#define INTERVAL         3600u /* seconds between two checks, a tenth less or more */
#define RELEASED         (2 * 3600u)
#define RAMP_SHOWN_UNTIL 16          /* o'clock */
#define RENEWED          (6 * 3600u) /* how often timestamp is signed anew */
#define NEVER            UINT32_MAX
#define AUDITED          100 /* one device in so many decides all by the code of a device, each time */
#define AHEAD            16 /* devices that are fetched into the processor's cache before their turn */
#define TARGET           "stable/app.wasm"
#define MIDNIGHT         INT64_C(1924992000) /* 2031-01-01 */

/* In a hundred devices. */
enum { ALWAYS_ON = 60, ON_NEWEST = 90, ON_OTHER_BASE = 96 };
#define ON_HOURS 10 /* of a device that is not always on */

#define MODULE_SIZE 1229054u
#define DELTA_SIZE  23994u

static const char released[] =
    "{\"version\": 9, \"releases\": [{\"version\": 9, \"rollout\": {\"start\": "
    "\"2031-01-01T02:00:00Z\", \"from\": 500, \"to\": 10000, \"hours\": 12}, \"modules\": [{\"name\": "
    "\"app.wasm\", \"length\": 1229054, \"sha256\": "
    "\"0000000000000000000000000000000000000000000000000000000000000009\"}]}]}";

typedef struct device {
    uint32_t off;  /* second of the day at which it is switched off */
    uint32_t turn; /* second from which on the release is for it; NEVER before it knows */
    uint8_t edge;
    bool is_always_on, knows_release, has_release, tells_commit, has_reported;
} device;

typedef struct fleet {
    device *devices;
    calendar checks_due;
    uint8_t edges[1 << 16]; /* by popularity */
    cdn network;
    unsigned timestamp, next_root, snapshot, targets, role, delta, other_delta, full;
    uint64_t checks, reports;
    uint32_t always_on;                            /* devices */
    uint32_t taken, taken_always_on;               /* devices that have the release */
    uint32_t taken_at[25], taken_always_on_at[25]; /* the same at each full hour */
    uint32_t late[DAY]; /* of those that are always on: by the seconds between turn and taking */
    uint64_t audits, disagreements;
    bool is_short_of_memory;
    wisp_offers offers;
} fleet;

/* --- chance ------------------------------------------------------------------------------ */

/* Splitmix64: a number for each pair, the same in each run. */
static uint64_t draw(uint32_t number, uint32_t what)
{
    uint64_t x = ((uint64_t)number << 32 | what) + UINT64_C(0x9e3779b97f4a7c15);
    x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
    return x ^ x >> 31;
}

static uint32_t draw_below(uint32_t number, uint32_t what, uint32_t bound)
{
    return (uint32_t)((draw(number, what) >> 32) * bound >> 32);
}

enum { DRAW_EDGE = 1u << 30, DRAW_HABIT, DRAW_ON, DRAW_PHASE, DRAW_BASE, DRAW_ID };

static void print_id(uint32_t number, char id[33])
{
    snprintf(id, 33, "%016llx%016llx", (unsigned long long)draw(number, DRAW_ID),
             (unsigned long long)draw(number, DRAW_ID + 1));
}

/* Edges as popular as one over the root of their rank. */
static void spread_edges(fleet *f)
{
    double weights[CDN_EDGES], sum = 0, so_far = 0;
    size_t at = 0;
    for (unsigned i = 0; i < CDN_EDGES; i++) {
        sum += weights[i] = 1 / sqrt(i + 1.0);
    }
    for (unsigned i = 0; i < CDN_EDGES; i++) {
        so_far += weights[i];
        while (at < sizeof f->edges && (double)at < so_far / sum * sizeof f->edges)
            f->edges[at++] = (uint8_t)i;
    }
}

/* --- a device ---------------------------------------------------------------------------- */

static void schedule(fleet *f, uint32_t number, uint32_t when)
{
    if (when < f->devices[number].off && !calendar_enter(&f->checks_due, when, number))
        f->is_short_of_memory = true;
}

static bool is_never_banned(const void *context, const wisp_offer_set *set)
{
    (void)context;
    (void)set;
    return false;
}

/* Asks the device's own code whether the release is for it now. */
static bool is_for(fleet *f, const char *id, uint32_t now)
{
    wisp_choice choice;
    wisp_asker asker = {.device_id = id,
                        .target = TARGET,
                        .now = MIDNIGHT + now,
                        .version = 8,
                        .is_banned = is_never_banned};
    if (!wisp_offers_choose(&f->offers, &asker, &choice))
        f->disagreements++;
    return choice.offer != NULL;
}

/* The second of the day from which on the release is for the device. */
static uint32_t turn_of(const fleet *f, const char *id)
{
    const wisp_offer *offer = &f->offers.offers[0];
    uint32_t bucket;
    int64_t when;
    if (!wisp_rollout_bucket(id, TARGET, offer->version, &bucket) ||
        !wisp_rollout_turn(&offer->rollout, bucket, &when))
        return NEVER;
    return (uint32_t)(when - MIDNIGHT);
}

static void learn(fleet *f, uint32_t number, uint32_t now)
{
    device *d = &f->devices[number];
    char id[33];
    cdn_get(&f->network, d->edge, f->snapshot, now);
    cdn_get(&f->network, d->edge, f->targets, now);
    cdn_get(&f->network, d->edge, f->role, now);
    d->knows_release = true;
    print_id(number, id);
    d->turn = turn_of(f, id);
}

/* A turn is drawn once; one device in a hundred makes the whole decision at each check. */
static void audit(fleet *f, uint32_t number, uint32_t now)
{
    char id[33];
    if (number % AUDITED != 0)
        return;
    print_id(number, id);
    f->audits++;
    f->disagreements += is_for(f, id, now) != (now >= f->devices[number].turn);
}

static void take(fleet *f, uint32_t number, uint32_t now)
{
    device *d = &f->devices[number];
    uint32_t base = draw_below(number, DRAW_BASE, 100);
    cdn_get(&f->network, d->edge,
            base < ON_NEWEST       ? f->delta
            : base < ON_OTHER_BASE ? f->other_delta
                                   : f->full,
            now);
    d->has_release = true;
    f->taken++;
    if (d->is_always_on) {
        f->late[now - d->turn]++;
        f->taken_always_on++;
    }
}

/* The seconds until the next check: for one device in a hundred by the code that says so on a
 * device, for the others by a faster draw from the same range. */
static uint32_t interval_of(uint32_t number, uint32_t now)
{
    char id[33];
    if (number % AUDITED != 0)
        return INTERVAL - INTERVAL / 10 + draw_below(number, now, INTERVAL / 5 + 1);
    print_id(number, id);
    return (uint32_t)(wisp_interval_ms(id, now, INTERVAL * 1000) / 1000);
}

/* One check, in the order of the client workflow. */
static void check(fleet *f, uint32_t number, uint32_t now)
{
    device *d = &f->devices[number];
    bool has_news = !d->has_reported || d->tells_commit;
    d->tells_commit = false;
    f->checks++;
    cdn_get(&f->network, d->edge, f->next_root, now);
    bool is_released = cdn_get(&f->network, d->edge, f->timestamp, now) >= 1u << 16;
    if (is_released && !d->knows_release) {
        learn(f, number, now);
        has_news = true;
    }
    if (d->knows_release && !d->has_release) {
        audit(f, number, now);
        if (now >= d->turn) {
            take(f, number, now);
            d->tells_commit = has_news = true;
        }
    }
    d->has_reported = true;
    f->reports += has_news;
    schedule(f, number, now + interval_of(number, now));
}

/* Always on, and then its checks are spread over the hour; or switched on once a day, and then it
 * asks at once. */
static void switch_on(fleet *f, uint32_t number)
{
    device *d = &f->devices[number];
    *d = (device){.off = DAY, .turn = NEVER};
    d->edge = f->edges[draw(number, DRAW_EDGE) >> 48];
    uint32_t when = draw_below(number, DRAW_PHASE, INTERVAL);
    d->is_always_on = draw_below(number, DRAW_HABIT, 100) < ALWAYS_ON;
    f->always_on += d->is_always_on;
    if (!d->is_always_on) {
        uint32_t latest = DAY - ON_HOURS * 3600;
        when =
            (draw_below(number, DRAW_ON, latest) + draw_below(number, DRAW_ON + 16, latest)) / 2;
        d->off = when + ON_HOURS * 3600;
    }
    schedule(f, number, when);
}

/* --- the day ----------------------------------------------------------------------------- */

static void publish(fleet *f, uint32_t now)
{
    if (now == RELEASED)
        f->network.files[f->timestamp].version += 1u << 16;
    if (now > 0 && now % RENEWED == 0)
        f->network.files[f->timestamp].version++;
}

static void look(fleet *f, unsigned hour)
{
    f->taken_at[hour] = f->taken;
    f->taken_always_on_at[hour] = f->taken_always_on;
}

static void check_all(fleet *f, const calendar_piece *due, uint32_t now)
{
    for (uint32_t i = 0; i < due->len; i++) {
        if (i + AHEAD < due->len)
            __builtin_prefetch(&f->devices[due->numbers[i + AHEAD]], 1);
        check(f, due->numbers[i], now);
    }
}

static void live(fleet *f)
{
    calendar_piece due;
    for (uint32_t now = 0; now < DAY; now++) {
        if (now % 3600 == 0)
            look(f, now / 3600);
        publish(f, now);
        while (calendar_take(&f->checks_due, now, &due))
            check_all(f, &due, now);
    }
    look(f, 24);
}

static void add_files(fleet *f)
{
    cdn *n = &f->network;
    f->next_root = cdn_add(n, "next root (404)", 0, 60);
    f->timestamp = cdn_add(n, "timestamp", 612, 60);
    f->snapshot = cdn_add(n, "snapshot", 750, CDN_FOR_EVER);
    f->targets = cdn_add(n, "targets", 1100, CDN_FOR_EVER);
    f->role = cdn_add(n, "stable", 1900, CDN_FOR_EVER);
    f->delta = cdn_add(n, "delta from the newest", DELTA_SIZE, CDN_FOR_EVER);
    f->other_delta = cdn_add(n, "delta from an older one", 2 * DELTA_SIZE, CDN_FOR_EVER);
    f->full = cdn_add(n, "module", MODULE_SIZE, CDN_FOR_EVER);
}

/* Reads the signed words as a device does. */
static wisp_status read_release(fleet *f, wisp_error *err)
{
    wisp_json *custom;
    wisp_bytes text = {(const uint8_t *)released, sizeof released - 1};
    wisp_status status = wisp_json_parse(text, &custom, err);
    if (status != WISP_OK)
        return status;
    wisp_file_info info = {.length = MODULE_SIZE, .has_sha256 = true, .custom = custom};
    status = wisp_offers_parse(&wisp_allocator_default, "app.wasm", &info, &f->offers, err);
    wisp_json_free(custom);
    return status;
}

static wisp_status set_up(fleet *f, wisp_error *err)
{
    f->devices = malloc(DEVICES * sizeof *f->devices);
    if (!f->devices || !calendar_init(&f->checks_due, DAY) || !cdn_init(&f->network, DAY))
        return wisp_fail_memory(err, DEVICES * sizeof *f->devices);
    spread_edges(f);
    add_files(f);
    for (uint32_t i = 0; i < DEVICES; i++)
        switch_on(f, i);
    return read_release(f, err);
}

static void tear_down(fleet *f)
{
    wisp_offers_deinit(&f->offers);
    cdn_deinit(&f->network);
    calendar_deinit(&f->checks_due);
    free(f->devices);
    free(f);
}

/* --- what came of it --------------------------------------------------------------------- */

static void figure(bench_report *report, const char *name, const char *what, double value,
                   const char *unit)
{
    char text[80];
    snprintf(text, sizeof text, "%s, %s", name, what);
    bench_report_figure(report, text, value, unit);
}

static double peak_of(const uint32_t *load)
{
    uint32_t peak = 0;
    for (uint32_t i = 0; i < DAY; i++)
        peak = load[i] > peak ? load[i] : peak;
    return peak;
}

static void report_requests(const fleet *f, bench_report *report)
{
    const cdn *n = &f->network;
    double all = 0, origin = 0;
    for (unsigned i = 0; i < n->file_len; i++) {
        const cdn_file *file = &n->files[i];
        figure(report, file->name, "edge hits", (double)file->requests[CDN_HIT], "requests");
        if (file->max_age_s != CDN_FOR_EVER)
            figure(report, file->name, "revalidated", (double)file->requests[CDN_REVALIDATED],
                   "requests");
        figure(report, file->name, "fetched", (double)file->requests[CDN_FETCHED], "requests");
        origin += (double)(file->requests[CDN_REVALIDATED] + file->requests[CDN_FETCHED]);
        all += (double)file->requests[CDN_HIT];
    }
    all += origin;
    figure(report, "edges", "all requests", all, "requests");
    figure(report, "edges", "mean", all / DAY, "requests/s");
    figure(report, "edges", "peak", peak_of(n->edge_load), "requests/s");
    figure(report, "edges", "sent", (double)n->edge_bytes / 1e9, "GB");
    figure(report, "origin", "all requests", origin, "requests");
    figure(report, "origin", "peak", peak_of(n->origin_load), "requests/s");
    figure(report, "origin", "sent", (double)n->origin_bytes / 1e9, "GB");
    figure(report, "origin", "share of requests", 100 * origin / all, "%");
    figure(report, "events", "reports", (double)f->reports, "requests");
    figure(report, "events", "mean", (double)f->reports / DAY, "requests/s");
}

static double late_at(const fleet *f, double part)
{
    uint64_t so_far = 0;
    for (uint32_t i = 0; i < DAY; i++) {
        so_far += f->late[i];
        if ((double)so_far >= part * f->taken_always_on)
            return i / 60.0;
    }
    return DAY / 60.0;
}

static void report_ramp(const fleet *f, bench_report *report)
{
    const wisp_rollout *rollout = &f->offers.offers[0].rollout;
    double farthest = 0;
    for (unsigned hour = RELEASED / 3600; hour <= RAMP_SHOWN_UNTIL; hour++) {
        char name[16];
        double wanted = wisp_rollout_share(rollout, MIDNIGHT + hour * 3600) / 100.0;
        double found = 100.0 * f->taken_always_on_at[hour] / f->always_on;
        snprintf(name, sizeof name, "at %02u:00", hour);
        figure(report, name, "signed", wanted, "%");
        figure(report, name, "of those always on", found, "%");
        figure(report, name, "of all", 100.0 * f->taken_at[hour] / DEVICES, "%");
        if (hour > RELEASED / 3600 && wanted - found > farthest)
            farthest = wanted - found;
    }
    figure(report, "ramp", "farthest behind", farthest, "points");
    figure(report, "ramp", "turn to taking, p50", late_at(f, 0.5), "min");
    figure(report, "ramp", "turn to taking, p99", late_at(f, 0.99), "min");
    figure(report, "ramp", "whole decisions", (double)f->audits, "");
    figure(report, "ramp", "of them otherwise", (double)f->disagreements, "");
}

wisp_status bench_fleet(const bench_options *options, bench_report *report, wisp_error *err)
{
    (void)options; /* each run gives the same */
    double began = bench_now_ns();
    fleet *f = calloc(1, sizeof *f);
    wisp_status status = f ? set_up(f, err) : wisp_fail_memory(err, sizeof *f);
    if (status == WISP_OK) {
        live(f);
        if (f->is_short_of_memory)
            status = wisp_fail_memory(err, sizeof(calendar_piece));
    }
    if (status == WISP_OK) {
        figure(report, "devices", "checks", (double)f->checks, "");
        report_requests(f, report);
        report_ramp(f, report);
        figure(report, "simulation", "took", (bench_now_ns() - began) / 1e9, "s");
    }
    if (f)
        tear_down(f);
    return status;
}
