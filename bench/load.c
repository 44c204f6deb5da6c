#include "bench.h"

#include <wisp/wasm.h>

/* How fast modules are decoded, validated and compiled, over those of all kernels. */

#define ROUNDS 50

static wisp_status load_all(size_t *size, wisp_error *err)
{
    const bench_module *module;
    for (unsigned i = 0; (module = bench_kernel_module(i)); i++) {
        wisp_module *loaded;
        wisp_status status = wisp_module_new(NULL, module->bytes, &loaded, err);
        if (status)
            return status;
        wisp_module_free(loaded);
        *size += module->bytes.size;
    }
    return WISP_OK;
}

wisp_status bench_load(const bench_options *options, bench_report *report, wisp_error *err)
{
    double rates[BENCH_RUNS_MAX];
    for (unsigned run = 0; run < options->runs; run++) {
        size_t size = 0;
        double began = bench_now_ns();
        for (unsigned i = 0; i < ROUNDS; i++) {
            wisp_status status = load_all(&size, err);
            if (status)
                return status;
        }
        rates[run] = (double)size / (bench_now_ns() - began) * 1e3;
    }
    bench_report_figure(report, "load", bench_median(rates, options->runs), "MB/s");
    return WISP_OK;
}
