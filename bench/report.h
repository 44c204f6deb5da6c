#ifndef BENCH_REPORT_H
#define BENCH_REPORT_H

#include <stdbool.h>

/*
 * What was measured, printed as it comes: lines for people, or one JSON object for machines.
 */

typedef struct bench_report {
    bool is_json;
    unsigned figure_count;
} bench_report;

void bench_report_begin(bench_report *report, bool is_json);

/* A figure: [value] in [unit]. */
void bench_report_figure(bench_report *report, const char *name, double value, const char *unit);

/* The figure [name] does not exist, because of [reason]. */
void bench_report_none(bench_report *report, const char *name, const char *reason);

/* Ends the JSON. */
void bench_report_end(const bench_report *report);

#endif
