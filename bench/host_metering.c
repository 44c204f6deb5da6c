#include "bench.h"
#include "engine_run.h"
#include "host.h"

#include "base/error.h"

#include <dlfcn.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/*
 * What counting fuel costs: kernels in an engine that counts, as all programs have it, and in one
 * whose interpreter was compiled without; in turns.
 */

#define KERNELS(X)                                                                               \
    X(core, 700)                                                                                 \
    X(fib, 32)                                                                                   \
    X(sieve, 4)                                                                                  \
    X(sha256, 30)                                                                                \
    X(vm, 250000)                                                                                \
    X(nbody, 95000)                                                                              \
    X(json, 100)

#define X(name, amount)                                                                          \
    extern const unsigned char kernel_##name[];                                                  \
    extern const size_t kernel_##name##_size;
KERNELS(X)
#undef X

typedef struct engine {
    void *handle;
    bench_engine_run_fn *run;
} engine;

static wisp_status open_engine(const char *path, engine *out, wisp_error *err)
{
    out->handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    void *symbol = out->handle ? dlsym(out->handle, "bench_engine_run") : NULL;
    if (!symbol)
        return wisp_fail(err, WISP_IO, "%s", dlerror());
    memcpy(&out->run, &symbol, sizeof symbol); /* as ISO C has no such conversion */
    return WISP_OK;
}

static void close_engine(const engine *it)
{
    if (it->handle)
        dlclose(it->handle);
}

/* How many times as long the kernel takes when fuel is counted. */
static wisp_status compare(const engine *metered, const engine *unmetered, wisp_bytes module,
                           uint32_t amount, unsigned runs, double *ratio, wisp_error *err)
{
    double with[BENCH_RUNS_MAX], without[BENCH_RUNS_MAX];
    for (unsigned i = 0; i < runs; i++) {
        uint32_t sums[2] = {0, 0};
        with[i] = metered->run(module, amount, &sums[0]);
        without[i] = unmetered->run(module, amount, &sums[1]);
        if (with[i] < 0 || without[i] < 0 || sums[0] != sums[1])
            return wisp_fail(err, WISP_MISMATCH, "a kernel gave %u and %u", (unsigned)sums[0],
                             (unsigned)sums[1]);
    }
    *ratio = bench_median(with, runs) / bench_median(without, runs);
    return WISP_OK;
}

static wisp_status compare_all(const engine *metered, const engine *unmetered, unsigned runs,
                               bench_report *report, wisp_error *err)
{
    double ratio, product = 1;
    unsigned count = 0;
    wisp_status status;
#define X(name, amount)                                                                          \
    status = compare(metered, unmetered, (wisp_bytes){kernel_##name, kernel_##name##_size},      \
                     amount, runs, &ratio, err);                                                 \
    if (status)                                                                                  \
        return status;                                                                           \
    bench_report_figure(report, "metering of " #name, (ratio - 1) * 100, "%");                   \
    product *= ratio;                                                                            \
    count++;
    KERNELS(X)
#undef X
    bench_report_figure(report, "metering, geometric mean", (pow(product, 1.0 / count) - 1) * 100,
                        "%");
    return WISP_OK;
}

wisp_status bench_host_metering(unsigned runs, bench_report *report, wisp_error *err)
{
    engine metered = {0}, unmetered = {0};
    wisp_status status = open_engine(BENCH_ENGINES "/bench_metered.so", &metered, err);
    if (!status)
        status = open_engine(BENCH_ENGINES "/bench_unmetered.so", &unmetered, err);
    if (!status)
        status = compare_all(&metered, &unmetered, runs, report, err);
    close_engine(&metered);
    close_engine(&unmetered);
    return status;
}
