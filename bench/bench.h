#ifndef BENCH_BENCH_H
#define BENCH_BENCH_H

#include "report.h"

#include <wisp/base.h>

/*
 * A benchmark measures one subject and tells it to a report. To add one, write its function
 * in a file of its own and name it in the table of main.c.
 */

typedef struct bench_options {
    unsigned runs; /* each figure is the median of so many */
} bench_options;

#define BENCH_RUNS_MAX 101

typedef wisp_status (*bench_fn)(const bench_options *options, bench_report *report,
                                wisp_error *err);

wisp_status bench_bridge(const bench_options *options, bench_report *report, wisp_error *err);
wisp_status bench_calls(const bench_options *options, bench_report *report, wisp_error *err);
wisp_status bench_load(const bench_options *options, bench_report *report, wisp_error *err);
wisp_status bench_deadline(const bench_options *options, bench_report *report, wisp_error *err);
wisp_status bench_fleet(const bench_options *options, bench_report *report, wisp_error *err);
wisp_status bench_outside(const bench_options *options, bench_report *report, wisp_error *err);
wisp_status bench_mapping(const bench_options *options, bench_report *report, wisp_error *err);
wisp_status bench_snapshot(const bench_options *options, bench_report *report, wisp_error *err);
wisp_status bench_host(const bench_options *options, bench_report *report, wisp_error *err);
wisp_status bench_toggle(const bench_options *options, bench_report *report, wisp_error *err);
wisp_status bench_swap(const bench_options *options, bench_report *report, wisp_error *err);

wisp_status bench_update(const bench_options *options, bench_report *report, wisp_error *err);

/* Nanoseconds on a clock that never goes back. */
double bench_now_ns(void);
/* The same of processor time, which depends less on what else the machine does: for what never
 * waits. */
double bench_processor_ns(void);

/* The median of [len] numbers, which are sorted for it. */
double bench_median(double *numbers, unsigned len);

#endif
