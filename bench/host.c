#include "host.h"

#include "bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

double bench_thread_ns(void)
{
    struct timespec time;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

void bench_host_percentiles(bench_report *report, const char *name, double *numbers, size_t len,
                            double by, const char *unit)
{
    static const size_t percents[] = {50, 99};
    char text[96];
    qsort(numbers, len, sizeof *numbers, compare);
    for (size_t i = 0; i < 2; i++) {
        snprintf(text, sizeof text, "%s, p%zu", name, percents[i]);
        bench_report_figure(report, text, numbers[len * percents[i] / 100] / by, unit);
    }
}

wisp_status bench_host(const bench_options *options, bench_report *report, wisp_error *err)
{
    wisp_status status = bench_host_events(options->runs, report, err);
    if (!status)
        status = bench_host_regions(options->runs, report, err);
    if (!status)
        status = bench_host_metering(options->runs, report, err);
    return status ? status : bench_host_swap(report, err);
}
