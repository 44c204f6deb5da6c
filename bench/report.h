#ifndef BENCH_REPORT_H
#define BENCH_REPORT_H

#include <stdbool.h>

/*
 * What was measured, printed as it comes: lines for people, or one JSON object for machines.
 */

typedef struct bench_report {
    bool is_json;
    unsigned figure_count;
    double log_sum; /* of the kernels' ratios */
    unsigned kernel_count;
} bench_report;

void bench_report_begin(bench_report *report, bool is_json);

/* A kernel that took [native_ns] natively and [wasm_ns] as a module. */
void bench_report_kernel(bench_report *report, const char *name, double native_ns,
                         double wasm_ns);

/* Anything else: [value] in [unit]. */
void bench_report_figure(bench_report *report, const char *name, double value, const char *unit);

/* The geometric mean of the ratios of all kernels told of so far. */
void bench_report_mean(bench_report *report);

/* Ends the JSON. */
void bench_report_end(const bench_report *report);

#endif
