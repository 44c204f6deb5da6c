#include "bench.h"

#include "base/error.h"
#include "kernels/kernels.h"

#include <string.h>
#include <wisp/wasm.h>

/* Runs each kernel natively and as a module, by turns, and compares the times. */

#define X(name, amount)                                                                          \
    extern const unsigned char kernel_##name[];                                                  \
    extern const size_t kernel_##name##_size;
BENCH_KERNELS(X)
#undef X

typedef struct kernel {
    const char *name, *export;
    u32 amount;
    u32 (*native)(u32 amount);
    const unsigned char *module;
    const size_t *module_size;
} kernel;

static const kernel KERNELS[] = {
#define X(name, amount)                                                                          \
    {#name, "bench_" #name, amount, bench_##name, kernel_##name, &kernel_##name##_size},
    BENCH_KERNELS(X)
#undef X
};

#define KERNEL_COUNT (sizeof KERNELS / sizeof *KERNELS)

const bench_module *bench_kernel_module(unsigned index)
{
    static bench_module module;
    if (index >= KERNEL_COUNT)
        return NULL;
    module.name = KERNELS[index].name;
    module.bytes = (wisp_bytes){KERNELS[index].module, *KERNELS[index].module_size};
    return &module;
}

static double run_native(const kernel *k, u32 *sum)
{
    double began = bench_now_ns();
    *sum = k->native(k->amount);
    return bench_now_ns() - began;
}

static wisp_status run_wasm(const kernel *k, wisp_instance *instance, u32 *sum, double *ns,
                            wisp_error *err)
{
    wisp_value amount = wisp_i32((int32_t)k->amount), result;
    double began = bench_now_ns();
    wisp_status status = wisp_call_export(instance, k->export, &amount, 1, &result, 1, err);
    *ns = bench_now_ns() - began;
    if (!status)
        *sum = (u32)result.of.i32;
    return status;
}

/* One more run than asked: the first warms caches and is not counted. */
static wisp_status measure(const kernel *k, wisp_instance *instance, unsigned runs,
                           bench_report *report, wisp_error *err)
{
    double native[BENCH_RUNS_MAX + 1], wasm[BENCH_RUNS_MAX + 1];
    for (unsigned i = 0; i <= runs; i++) {
        u32 expected, found;
        native[i] = run_native(k, &expected);
        wisp_status status = run_wasm(k, instance, &found, &wasm[i], err);
        if (status)
            return status;
        if (expected != found)
            return wisp_fail(err, WISP_MISMATCH,
                             "kernel %s gave 0x%08x as a module, expected 0x%08x as natively",
                             k->name, found, expected);
    }
    bench_report_kernel(report, k->name, bench_median(native + 1, runs),
                        bench_median(wasm + 1, runs));
    return WISP_OK;
}

static wisp_status run_kernel(const kernel *k, const bench_options *options, bench_report *report,
                              wisp_error *err)
{
    wisp_module *module = NULL;
    wisp_store *store = NULL;
    wisp_instance *instance;
    wisp_bytes bytes = {k->module, *k->module_size};
    wisp_status status = wisp_module_new_borrowed(NULL, bytes, &module, err);
    if (!status)
        status = wisp_store_new(NULL, &store, err);
    if (!status)
        status = wisp_instance_new(store, module, NULL, &instance, err);
    if (!status)
        status = measure(k, instance, options->runs, report, err);
    wisp_store_free(store);
    wisp_module_free(module);
    return status;
}

wisp_status bench_kernels(const bench_options *options, bench_report *report, wisp_error *err)
{
    bool was_found = false;
    for (size_t i = 0; i < KERNEL_COUNT; i++) {
        const kernel *k = &KERNELS[i];
        if (options->only && strcmp(options->only, k->name) != 0)
            continue;
        was_found = true;
        wisp_status status = run_kernel(k, options, report, err);
        if (status)
            return status;
    }
    if (!was_found)
        return wisp_fail(err, WISP_NOT_FOUND, "no kernel '%s'", options->only);
    bench_report_mean(report);
    return WISP_OK;
}
