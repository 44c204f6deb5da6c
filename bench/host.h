#ifndef BENCH_HOST_H
#define BENCH_HOST_H

#include "report.h"

#include <wisp/host.h>

/* What the benchmarks of the host share. Each measures one of its sides. */

wisp_status bench_host_events(unsigned runs, bench_report *report, wisp_error *err);
wisp_status bench_host_regions(unsigned runs, bench_report *report, wisp_error *err);
wisp_status bench_host_metering(unsigned runs, bench_report *report, wisp_error *err);
wisp_status bench_host_swap(bench_report *report, wisp_error *err);

/* Nanoseconds of processor time of this thread: what else the machine does is not counted. */
double bench_thread_ns(void);

/* Figures for half and for 99 of 100 of [len] numbers, which are sorted for it, divided by [by].
 */
void bench_host_percentiles(bench_report *report, const char *name, double *numbers, size_t len,
                            double by, const char *unit);

#endif
