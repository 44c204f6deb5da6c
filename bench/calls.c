#include "bench.h"

#include <wisp/bridge.h>

/* What a call costs over the border between program and module, in each direction, and to a
 * function whose pointer is checked. */

#define CALLS 1000000

extern const unsigned char calls_module[];
extern const size_t calls_module_size;

static wisp_status step(void *user, wisp_instance *caller, const wisp_value *args,
                        wisp_value *results, wisp_error *err)
{
    (void)user, (void)caller, (void)err;
    results[0].of.i32 = args[0].of.i32 + 1;
    return WISP_OK;
}

static wisp_status look(void *user, wisp_instance *caller, const wisp_arg *args,
                        wisp_value *results, wisp_error *err)
{
    (void)user, (void)caller, (void)err;
    results[0].of.i32 = (int32_t)args[0].size;
    return WISP_OK;
}

static wisp_status call_in(wisp_instance *instance, double *ns, wisp_error *err)
{
    wisp_func *bump = wisp_instance_func(instance, "bump");
    wisp_value x = wisp_i32(0);
    wisp_status status = WISP_OK;
    double began = bench_now_ns();
    for (int i = 0; i < CALLS && !status; i++)
        status = wisp_call(bump, &x, 1, &x, 1, err);
    *ns = (bench_now_ns() - began) / CALLS;
    return status;
}

/* The loop that makes the calls is the module's, [name], and counted with them. */
static wisp_status call_out(wisp_instance *instance, const char *name, double *ns,
                            wisp_error *err)
{
    wisp_value times = wisp_i32(CALLS), result;
    double began = bench_now_ns();
    wisp_status status = wisp_call_export(instance, name, &times, 1, &result, 1, err);
    *ns = (bench_now_ns() - began) / CALLS;
    return status;
}

static wisp_status measure(wisp_instance *instance, unsigned runs, bench_report *report,
                           wisp_error *err)
{
    double in[BENCH_RUNS_MAX], out[BENCH_RUNS_MAX], checked[BENCH_RUNS_MAX];
    for (unsigned i = 0; i < runs; i++) {
        wisp_status status = call_in(instance, &in[i], err);
        if (!status)
            status = call_out(instance, "call_out", &out[i], err);
        if (!status)
            status = call_out(instance, "look_out", &checked[i], err);
        if (status)
            return status;
    }
    bench_report_figure(report, "call, program to module", bench_median(in, runs), "ns");
    bench_report_figure(report, "call, module to program", bench_median(out, runs), "ns");
    bench_report_figure(report, "the same with a pointer", bench_median(checked, runs), "ns");
    return WISP_OK;
}

static wisp_status instantiate(wisp_store *store, const wisp_module *module, wisp_instance **out,
                               wisp_error *err)
{
    static const wisp_bridge_func looks = {"look", "(<[1] z)i", look};
    wisp_linker *linker;
    wisp_status status = wisp_linker_new(store, &linker, err);
    if (!status)
        status = wisp_linker_add_func(linker, "bench", "step", "(i)i", step, NULL, err);
    if (!status)
        status = wisp_bridge_add(linker, "bench", &looks, 1, NULL, err);
    return status ? status : wisp_instance_new(store, module, linker, out, err);
}

wisp_status bench_calls(const bench_options *options, bench_report *report, wisp_error *err)
{
    wisp_module *module = NULL;
    wisp_store *store = NULL;
    wisp_instance *instance;
    wisp_bytes bytes = {calls_module, calls_module_size};
    wisp_status status = wisp_module_new_borrowed(NULL, bytes, &module, err);
    if (!status)
        status = wisp_store_new(NULL, &store, err);
    if (!status)
        status = instantiate(store, module, &instance, err);
    if (!status)
        status = measure(instance, options->runs, report, err);
    wisp_store_free(store);
    wisp_module_free(module);
    return status;
}
