#include "report.h"

#include <math.h>
#include <stdio.h>

void bench_report_begin(bench_report *report, bool is_json)
{
    *report = (bench_report){.is_json = is_json};
    if (is_json)
        printf("{\"figures\": [");
}

/* JSON's comma between two figures. */
static void separate(bench_report *report)
{
    if (report->is_json)
        printf("%s\n  ", report->figure_count > 0 ? "," : "");
    report->figure_count++;
}

void bench_report_kernel(bench_report *report, const char *name, double native_ns, double wasm_ns)
{
    double ratio = wasm_ns / native_ns;
    if (report->kernel_count == 0 && !report->is_json)
        printf("%-20s %12s %12s %8s\n", "kernel", "native ms", "wasm ms", "ratio");
    report->log_sum += log(ratio);
    report->kernel_count++;
    separate(report);
    if (report->is_json)
        printf("{\"kernel\": \"%s\", \"native_ns\": %.0f, \"wasm_ns\": %.0f, \"ratio\": %.3f}",
               name, native_ns, wasm_ns, ratio);
    else
        printf("%-20s %12.2f %12.2f %8.2f\n", name, native_ns / 1e6, wasm_ns / 1e6, ratio);
    fflush(stdout);
}

void bench_report_figure(bench_report *report, const char *name, double value, const char *unit)
{
    separate(report);
    if (report->is_json)
        printf("{\"name\": \"%s\", \"value\": %.3f, \"unit\": \"%s\"}", name, value, unit);
    else
        printf("%-33s %12.2f %s\n", name, value, unit);
    fflush(stdout);
}

void bench_report_mean(bench_report *report)
{
    double mean = exp(report->log_sum / report->kernel_count);
    separate(report);
    if (report->is_json)
        printf("{\"name\": \"geometric mean of the ratios\", \"value\": %.3f}", mean);
    else
        printf("%-46s %8.2f\n\n", "geometric mean", mean);
}

void bench_report_end(const bench_report *report)
{
    if (report->is_json)
        printf("\n]}\n");
}
