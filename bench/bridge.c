#include "bridge.h"

#include "bench.h"

#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "patch/bridge.h"
#include "patch/plan.h"

/*
 * What it costs to cross between native code and a patch, besides what the patch does: registers
 * to frame to slots and back. In: a patched function is called. Out: a patch calls a native
 * function. Beside closures and calls of libffi, each without the cost of a plain call.
 */

enum { LINEAR_SIZE = 64 * 1024, NULL_SIZE = 4096 };

/* ------------------------------------------------------------------ the bridge */

/* In tests/patch: what a stub does. */
void stub(void);
extern wisp_patch_detour *stub_detour;
wisp_patch_detour *stub_detour;

typedef struct bridge {
    wisp_patch_detour detour; /* first: the dispatcher gets its address */
    wisp_patch_plan plan;
    wisp_patch_memory memory;
    const void *native, *closure;
    wisp_slot arguments[8];
} bridge;

static _Alignas(4096) uint8_t linear[LINEAR_SIZE];

/* The patch gives the first of its arguments. */
static bool dispatch(wisp_patch_frame *frame, wisp_patch_detour *detour)
{
    bridge *b = (bridge *)detour;
    wisp_slot slots[8];
    slots[0].u64 = 0; /* where there are no arguments */
    if (!b->plan.uses_memory) {
        wisp_patch_take_numbers(&b->plan, frame, slots);
        wisp_patch_give_number(&b->plan, frame, slots);
        return true;
    }
    uint64_t top = b->memory.stack_pointer;
    if (!wisp_patch_take_arguments(&b->plan, &b->memory, frame, slots))
        return false;
    if (b->plan.result_slot)
        memcpy(linear + slots[0].u64, linear + slots[1].u64, sizeof(bench_pair));
    wisp_patch_give_results(&b->plan, &b->memory, frame, slots);
    b->memory.stack_pointer = top;
    return true;
}

static double time_out(bridge *b)
{
    static _Alignas(16) uint8_t room[1024];
    wisp_patch_frame *frame = (wisp_patch_frame *)room;
    double began = bench_processor_ns();
    for (unsigned i = 0; i < BENCH_CALLS; i++) {
        wisp_slot result = {0};
        (void)wisp_patch_fill_arguments(&b->plan, &b->memory, b->arguments, frame);
        wisp_patch_call(b->native, frame, b->plan.stack_size);
        (void)wisp_patch_take_results(&b->plan, &b->memory, frame, &result);
    }
    return (bench_processor_ns() - began) / BENCH_CALLS;
}

static double time_dynamic(bridge *b, bench_shape shape)
{
    bench_pair pair = {7, 2.5};
    void *arguments[8];
    for (unsigned i = 0; i < 8; i++)
        arguments[i] = shape == BENCH_PAIR ? (void *)&pair : &b->arguments[i];
    double began = bench_processor_ns();
    (void)bench_dynamic_calls(shape, b->native, arguments, BENCH_CALLS);
    return (bench_processor_ns() - began) / BENCH_CALLS;
}

static wisp_status open_bridge(wisp_arena *arena, bench_shape shape, bridge *b, wisp_error *err)
{
    wisp_patch_signature signature;
    *b = (bridge){.native = bench_shape_functions[shape], .closure = bench_closure(shape)};
    b->detour = (wisp_patch_detour){dispatch, b->native};
    b->memory = (wisp_patch_memory){.base = linear,
                                    .size = LINEAR_SIZE,
                                    .null_size = NULL_SIZE,
                                    .stack_pointer = LINEAR_SIZE,
                                    .stack_limit = NULL_SIZE};
    for (unsigned i = 0; i < 8; i++)
        b->arguments[i].u64 = NULL_SIZE;
    wisp_status status =
        wisp_patch_signature_read(arena, bench_shape_signatures[shape], &signature, err);
    return status ? status
                  : wisp_patch_plan_make(arena, WISP_PATCH_ABI_HERE, &signature, WISP_I64,
                                         &b->plan, err);
}

/* ------------------------------------------------------------------ figures */

typedef struct figures {
    double in[BENCH_RUNS_MAX], closure[BENCH_RUNS_MAX], out[BENCH_RUNS_MAX],
        dynamic[BENCH_RUNS_MAX];
} figures;

/* One run of each, in turns, less what a plain call takes in this one. */
static void measure(bridge *b, bench_shape shape, unsigned run, figures *f)
{
    double plain = bench_shape_time(shape, b->native);
    stub_detour = &b->detour;
    f->in[run] = bench_shape_time(shape, (const void *)(uintptr_t)stub) - plain;
    f->out[run] = time_out(b) - plain;
    if (b->closure) {
        f->closure[run] = bench_shape_time(shape, b->closure) - plain;
        f->dynamic[run] = time_dynamic(b, shape) - plain;
    }
}

static void report_figure(bench_report *report, bench_shape shape, const char *what, double *runs,
                          unsigned count)
{
    char name[128];
    snprintf(name, sizeof name, "%s, %s", bench_shape_texts[shape], what);
    bench_report_figure(report, name, bench_median(runs, count), "ns");
}

static wisp_status run_shape(const bench_options *options, bench_shape shape, wisp_arena *arena,
                             bench_report *report, wisp_error *err)
{
    static figures f;
    bridge b;
    wisp_status status = open_bridge(arena, shape, &b, err);
    if (status)
        return status;
    for (unsigned run = 0; run < options->runs; run++)
        measure(&b, shape, run, &f);
    report_figure(report, shape, "in", f.in, options->runs);
    if (b.closure)
        report_figure(report, shape, "in, a closure of libffi", f.closure, options->runs);
    report_figure(report, shape, "out", f.out, options->runs);
    if (b.closure)
        report_figure(report, shape, "out, ffi_call", f.dynamic, options->runs);
    return WISP_OK;
}

wisp_status bench_bridge(const bench_options *options, bench_report *report, wisp_error *err)
{
    wisp_status status = WISP_OK;
    wisp_arena arena;
    wisp_arena_init(&arena, &wisp_allocator_default, 1024);
    for (unsigned i = 0; i < BENCH_SHAPE_COUNT && status == WISP_OK; i++)
        status = run_shape(options, (bench_shape)i, &arena, report, err);
    wisp_arena_deinit(&arena);
    return status;
}
