#include "report.h"

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

void bench_report_figure(bench_report *report, const char *name, double value, const char *unit)
{
    separate(report);
    if (report->is_json)
        printf("{\"name\": \"%s\", \"value\": %.3f, \"unit\": \"%s\"}", name, value, unit);
    else
        printf("%-52s %10.2f %s\n", name, value, unit);
    fflush(stdout);
}

void bench_report_none(bench_report *report, const char *name, const char *reason)
{
    separate(report);
    if (report->is_json)
        printf("{\"name\": \"%s\", \"value\": null, \"reason\": \"%s\"}", name, reason);
    else
        printf("%-52s %10s %s\n", name, "-", reason);
    fflush(stdout);
}

void bench_report_end(const bench_report *report)
{
    if (report->is_json)
        printf("\n]}\n");
}
