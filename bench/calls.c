#include "bench.h"

#include <wisp/bridge.h>

#include "wasm/raw_call.h"

/* What a call costs over the border between program and module, in each direction, by values and
 * by slots, and to a function whose pointer is checked. */

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

static wisp_status step_raw(void *user, wisp_instance *caller, wisp_slot *slots, wisp_error *err)
{
    (void)user, (void)caller, (void)err;
    slots[0].i32++;
    return WISP_OK;
}

static wisp_status look(void *user, wisp_instance *caller, const wisp_arg *args,
                        wisp_value *results, wisp_error *err)
{
    (void)user, (void)caller, (void)err;
    results[0].of.i32 = (int32_t)args[0].size;
    return WISP_OK;
}

/* Each is called with [name], a function of the module. */
typedef wisp_status measure_fn(wisp_instance *instance, const char *name, double *ns,
                               wisp_error *err);

static wisp_status call_in(wisp_instance *instance, const char *name, double *ns, wisp_error *err)
{
    wisp_func *func = wisp_instance_func(instance, name);
    wisp_value x = wisp_i32(0);
    wisp_status status = WISP_OK;
    double began = bench_processor_ns();
    for (int i = 0; i < CALLS && !status; i++)
        status = wisp_call(func, &x, 1, &x, 1, err);
    *ns = (bench_processor_ns() - began) / CALLS;
    return status;
}

static wisp_status call_in_raw(wisp_instance *instance, const char *name, double *ns,
                               wisp_error *err)
{
    wisp_func *func = wisp_instance_func(instance, name);
    wisp_trap_code trap = WISP_TRAP_NONE;
    int32_t x = 0;
    double began = bench_processor_ns();
    for (int i = 0; i < CALLS && !trap; i++) {
        wisp_slot *slots = wisp_raw_slots(func);
        slots[0].i32 = x;
        trap = wisp_raw_call(func, slots, err);
        x = slots[0].i32;
    }
    *ns = (bench_processor_ns() - began) / CALLS;
    return trap ? WISP_TRAP : WISP_OK;
}

/* The loop that makes the calls is the module's, and counted with them. */
static wisp_status call_out(wisp_instance *instance, const char *name, double *ns,
                            wisp_error *err)
{
    wisp_value times = wisp_i32(CALLS), result;
    double began = bench_processor_ns();
    wisp_status status = wisp_call_export(instance, name, &times, 1, &result, 1, err);
    *ns = (bench_processor_ns() - began) / CALLS;
    return status;
}

static wisp_status measure(wisp_instance *instance, unsigned runs, bench_report *report,
                           wisp_error *err)
{
    static const struct {
        const char *what, *name;
        measure_fn *fn;
    } calls[] = {
        {"call, program to module", "bump", call_in},
        {"call, module to program", "call_out", call_out},
        {"the same with a pointer", "look_out", call_out},
        {"call by slots, program to module", "bump", call_in_raw},
        {"call by slots, module to program", "raw_out", call_out},
    };
    enum { COUNT = sizeof calls / sizeof *calls };
    double ns[COUNT][BENCH_RUNS_MAX];
    wisp_status status = WISP_OK;
    for (unsigned run = 0; run < runs; run++)
        for (unsigned i = 0; i < COUNT && !status; i++)
            status = calls[i].fn(instance, calls[i].name, &ns[i][run], err);
    for (unsigned i = 0; i < COUNT && !status; i++)
        bench_report_figure(report, calls[i].what, bench_median(ns[i], runs), "ns");
    return status;
}

static wisp_status add_raw(wisp_linker *linker, wisp_store *store, wisp_error *err)
{
    static const wisp_valtype i32[] = {WISP_I32};
    wisp_extern item = {.kind = WISP_EXTERN_FUNC};
    wisp_status status = wisp_raw_func_new(store, "raw", (wisp_functype){i32, i32, 1, 1},
                                           step_raw, NULL, &item.of.func, err);
    return status ? status : wisp_linker_add(linker, "bench", "raw", item, err);
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
    if (!status)
        status = add_raw(linker, store, err);
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
