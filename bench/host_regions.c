#include "bench.h"
#include "host.h"

#include <stdio.h>
#include <wisp/event.h>

#include "kernels/frames.h"

/*
 * What it takes to bring a frame from one to another, as bytes and as a region: from post to
 * handled and done with. kernels/frames.c is the module, in two guests. By processor time.
 */

enum { SMALL_ROUNDS = 20000, LARGE_ROUNDS = 500 };

extern const unsigned char frames_module[];
extern const size_t frames_module_size;

typedef struct pair {
    wisp_host *host;
    wisp_module *module;
    wisp_guest *guests[2];
    wisp_region *region;
} pair;

static const struct path {
    const char *name;
    bool from_program, to_program;
} PATHS[] = {
    {"program to module", true, false},
    {"module to module", false, false},
    {"module to program", false, true},
};

static const struct frame {
    const char *name;
    uint32_t how;
} FRAMES[] = {
    {"4 KiB", FRAME_IS_READ},
    {"1 MiB, one byte", FRAME_IS_LARGE},
    {"1 MiB, each page", FRAME_IS_LARGE | FRAME_IS_READ},
};

#define PATH_COUNT  (sizeof PATHS / sizeof *PATHS)
#define FRAME_COUNT (sizeof FRAMES / sizeof *FRAMES)

static uint32_t program_sum;

/* The program looks at frames as the modules do. */
static void on_post(void *user, wisp_host *host, const wisp_event *event)
{
    (void)user, (void)host;
    for (size_t at = 0; at < (event->type == FRAME_READ ? event->size : 1); at += 4096)
        program_sum += ((const uint8_t *)event->data)[at];
}

static wisp_status make(pair *p, wisp_error *err)
{
    const wisp_guest_config config = {.message_size_max = FRAME_LARGE_SIZE};
    wisp_status status =
        wisp_module_new(NULL, (wisp_bytes){frames_module, frames_module_size}, &p->module, err);
    if (!status)
        status = wisp_host_new(&(wisp_host_config){.on_post = on_post}, &p->host, err);
    for (int i = 0; i < 2 && !status; i++) {
        status = wisp_guest_new(p->host, &config, &p->guests[i], err);
        if (!status)
            status = wisp_guest_start(p->guests[i], p->module, err);
    }
    return status ? status : wisp_region_new(p->host, FRAME_LARGE_SIZE, &p->region, err);
}

static void unmake(pair *p)
{
    wisp_host_free(p->host);
    wisp_module_free(p->module);
}

/* The event that brings a frame on its way: the frame, or the order to send one. */
static wisp_post post_of(const pair *p, const struct path *path, uint32_t how)
{
    uint32_t to = path->to_program ? 0 : wisp_guest_id(p->guests[1]);
    if (!path->from_program)
        return (wisp_post){.target = wisp_guest_id(p->guests[0]),
                           .type = FRAME_SEND,
                           .number = how + FRAME_TO * to};
    wisp_post post = {.target = to,
                      .type = how & FRAME_IS_READ ? FRAME_READ : FRAME_TOUCH,
                      .size = how & FRAME_IS_LARGE ? FRAME_LARGE_SIZE : FRAME_SMALL_SIZE};
    if (how & FRAME_IS_REGION)
        post.region = p->region;
    else
        post.data = wisp_region_data(p->region);
    return post;
}

/* Microseconds of one frame, one after the other. */
static wisp_status carry(const pair *p, const struct path *path, uint32_t how, double *us,
                         wisp_error *err)
{
    wisp_post post = post_of(p, path, how);
    unsigned rounds = how & FRAME_IS_LARGE ? LARGE_ROUNDS : SMALL_ROUNDS;
    wisp_status status = WISP_OK;
    double began = bench_thread_ns();
    for (unsigned i = 0; i < rounds && !status; i++) {
        status = wisp_host_post(p->host, &post, err);
        while (wisp_host_next_ns(p->host) == 0)
            wisp_host_step(p->host, 0);
    }
    *us = (bench_thread_ns() - began) / rounds / 1000;
    return status;
}

static wisp_status measure(const pair *p, const struct path *path, const struct frame *frame,
                           unsigned runs, bench_report *report, wisp_error *err)
{
    double us[2][BENCH_RUNS_MAX];
    wisp_status status = WISP_OK;
    for (unsigned run = 0; run < runs && !status; run++)
        for (uint32_t is_region = 0; is_region < 2 && !status; is_region++)
            status = carry(p, path, frame->how | is_region * FRAME_IS_REGION, &us[is_region][run],
                           err);
    for (int is_region = 0; is_region < 2 && !status; is_region++) {
        char text[96];
        snprintf(text, sizeof text, "%s, %s, %s", path->name, frame->name,
                 is_region ? "as a region" : "as bytes");
        bench_report_figure(report, text, bench_median(us[is_region], runs), "us");
    }
    return status;
}

wisp_status bench_host_regions(unsigned runs, bench_report *report, wisp_error *err)
{
    pair p = {0};
    wisp_status status = make(&p, err);
    for (size_t i = 0; i < PATH_COUNT && !status; i++)
        for (size_t k = 0; k < FRAME_COUNT && !status; k++)
            status = measure(&p, &PATHS[i], &FRAMES[k], runs, report, err);
    unmake(&p);
    return status;
}
