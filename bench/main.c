#include "bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * wisp-bench: measures what a program that uses Wisp waits for, besides the code of modules,
 * whose speed bench/engine measures.
 */

static const struct {
    const char *name, *what;
    bench_fn run;
} BENCHMARKS[] = {
    {"calls", "calls between program and module", bench_calls},
    {"load", "decoding, validating and compiling modules", bench_load},
    {"update", "checks and updates of a device", bench_update},
    {"fleet", "ten million devices taking a release, simulated", bench_fleet},
    {"outside", "lists in linear memory and outside", bench_outside},
    {"deadline", "how late modules that never end are stopped", bench_deadline},
    {"mapping", "buffers mapped into modules, or copied", bench_mapping},
    {"snapshot", "copies of instances", bench_snapshot},
    {"patch", "calls that cross between native code and patches", bench_bridge},
    {"toggle", "functions diverted and put back, among threads that call them", bench_toggle},
    {"host", "events, regions, swaps, recording and shadows of a host", bench_host},
    {"swap", "how long one version takes over from another", bench_swap},
};

#define BENCHMARK_COUNT (sizeof BENCHMARKS / sizeof *BENCHMARKS)

static int usage(FILE *to)
{
    fprintf(to, "usage: wisp-bench [--json] [--runs N] [WHAT…]\n\n");
    for (size_t i = 0; i < BENCHMARK_COUNT; i++)
        fprintf(to, "    %-10s %s\n", BENCHMARKS[i].name, BENCHMARKS[i].what);
    return to == stdout ? 0 : 2;
}

/* Marks [name] as wanted; false where there is no such benchmark. */
static bool want(const char *name, bool wanted[BENCHMARK_COUNT])
{
    for (size_t i = 0; i < BENCHMARK_COUNT; i++) {
        if (strcmp(name, BENCHMARKS[i].name) == 0)
            return wanted[i] = true;
    }
    return false;
}

static int run(const bench_options *options, bool is_json, const bool wanted[BENCHMARK_COUNT])
{
    bench_report report;
    bench_report_begin(&report, is_json);
    for (size_t i = 0; i < BENCHMARK_COUNT; i++) {
        wisp_error err = {0};
        if (wanted[i] && BENCHMARKS[i].run(options, &report, &err)) {
            fprintf(stderr, "wisp-bench: %s: %s\n", BENCHMARKS[i].name, err.text);
            return 1;
        }
    }
    bench_report_end(&report);
    return 0;
}

int main(int argc, char **argv)
{
    bench_options options = {.runs = 5};
    bool wanted[BENCHMARK_COUNT] = {false}, is_json = false, is_any = false;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--help") == 0)
            return usage(stdout);
        if (strcmp(argv[i], "--json") == 0)
            is_json = true;
        else if (strcmp(argv[i], "--runs") == 0 && i + 1 < argc)
            options.runs = (unsigned)strtoul(argv[++i], NULL, 10);
        else if (want(argv[i], wanted))
            is_any = true;
        else
            return usage(stderr);
    }
    if (options.runs < 1 || options.runs > BENCH_RUNS_MAX)
        return usage(stderr);
    for (size_t i = 0; i < BENCHMARK_COUNT; i++)
        wanted[i] |= !is_any;
    return run(&options, is_json, wanted);
}
