#include "bench.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "patch/slot.h"

/*
 * How long it takes until a function of the program is diverted, or put back, for all threads: by
 * each way to write text, alone (by the processor's time) and while four threads call the
 * function and check each result (by the clock on the wall, for the processors are shared then).
 * The function is one of tests/patch, in assembly, whose sled lies where every way reaches it.
 */

enum { CALLERS = 4, SWITCHES = 1000, ENTRY_SIZE = 12 };

uint64_t subject_gcc(uint64_t number); /* number + 1 */
void subject_entry(void);              /* on to what the detour's first word is */

static uint64_t plus_a_hundred(uint64_t number)
{
    return number + 100;
}

/* ------------------------------------------------------------------ callers */

static atomic_bool is_over;

typedef struct caller {
    pthread_t thread;
    uint64_t calls, wrong;
} caller;

static void *call_on(void *user)
{
    caller *self = user;
    for (; !atomic_load_explicit(&is_over, memory_order_relaxed); self->calls++) {
        uint64_t result = subject_gcc(self->calls);
        self->wrong += result != self->calls + 1 && result != self->calls + 100;
    }
    return NULL;
}

/* Returns how many have started. */
static unsigned start(caller callers[CALLERS])
{
    unsigned count = 0;
    atomic_store(&is_over, false);
    while (count < CALLERS &&
           pthread_create(&callers[count].thread, NULL, call_on, &callers[count]) == 0)
        count++;
    return count;
}

static void finish(const caller callers[CALLERS], unsigned count)
{
    atomic_store(&is_over, true);
    for (unsigned i = 0; i < count; i++)
        pthread_join(callers[i].thread, NULL);
}

/* ------------------------------------------------------------------ switching */

/* Nanoseconds by [clock] of one switch, either way. */
static wisp_status time_switches(const wisp_patch_text *text, wisp_patch_slot *slot,
                                 double (*clock)(void), double *out, wisp_error *err)
{
    wisp_status status = WISP_OK;
    double began = clock();
    for (unsigned i = 0; i < SWITCHES && !status; i += 2) {
        status = wisp_patch_slot_attach(text, slot, err);
        wisp_patch_text_settle(text);
        if (!status)
            status = wisp_patch_slot_detach(text, slot, err);
        wisp_patch_text_settle(text);
    }
    *out = (clock() - began) / SWITCHES;
    return status;
}

typedef struct figures {
    double alone[BENCH_RUNS_MAX], among[BENCH_RUNS_MAX];
    uint64_t calls, wrong;
} figures;

static wisp_status measure(const wisp_patch_text *text, wisp_patch_slot *slot, unsigned run,
                           figures *f, wisp_error *err)
{
    caller callers[CALLERS] = {{0}};
    wisp_status status = time_switches(text, slot, bench_processor_ns, &f->alone[run], err);
    if (status)
        return status;
    unsigned count = start(callers);
    status = count == CALLERS ? time_switches(text, slot, bench_now_ns, &f->among[run], err)
                              : wisp_fail(err, WISP_NO_MEMORY, "no thread can be started");
    finish(callers, count);
    for (unsigned i = 0; i < count; i++) {
        f->calls += callers[i].calls;
        f->wrong += callers[i].wrong;
    }
    return status;
}

static void report_one(bench_report *report, wisp_patch_write write, const char *what,
                       double value, const char *unit)
{
    char name[96];
    snprintf(name, sizeof name, "%s, %s", wisp_patch_write_name(write), what);
    bench_report_figure(report, name, value, unit);
}

static wisp_status measure_write(const bench_options *options, const wisp_patch_text *text,
                                 wisp_patch_write write, wisp_patch_slot *slot,
                                 bench_report *report, wisp_error *err)
{
    static figures f;
    wisp_status status = WISP_OK;
    f.calls = f.wrong = 0;
    for (unsigned run = 0; run < options->runs && !status; run++)
        status = measure(text, slot, run, &f, err);
    if (status)
        return status;
    report_one(report, write, "one switch", bench_median(f.alone, options->runs) / 1e3, "us");
    report_one(report, write, "one switch among 4 callers",
               bench_median(f.among, options->runs) / 1e3, "us");
    report_one(report, write, "calls meanwhile", (double)f.calls, "calls");
    report_one(report, write, "of these wrong", (double)f.wrong, "calls");
    return WISP_OK;
}

/* ------------------------------------------------------------------ the function */

static wisp_status open_slot(const wisp_patch_text *text, wisp_patch_slot **out, wisp_error *err)
{
    static const uint8_t id[] = {0x57, 0x69, 0x73, 0x70, 0x42, 0x65, 0x6e, 0x63};
    static uint8_t entry[ENTRY_SIZE];
    wisp_patch_image image;
    wisp_status status = wisp_patch_image_find((wisp_bytes){id, sizeof id}, &image, err);
    if (status)
        return status;
    memcpy(entry, (const void *)(uintptr_t)subject_gcc, sizeof entry);
    wisp_patch_function function = {.symbol = "subject_gcc",
                                    .address = (uintptr_t)subject_gcc - image.base,
                                    .entry = {entry, sizeof entry}};
    status = wisp_patch_slot_open(text, &image, &function, (const void *)(uintptr_t)subject_entry,
                                  out, err);
    if (!status) {
        uint64_t (*replacement)(uint64_t number) = plus_a_hundred;
        memcpy(&(*out)->detour.dispatch, &replacement, sizeof replacement);
    }
    return status;
}

wisp_status bench_toggle(const bench_options *options, bench_report *report, wisp_error *err)
{
    static const wisp_patch_write writes[] = {WISP_PATCH_WRITE_PROC_MEM, WISP_PATCH_WRITE_STORE,
                                              WISP_PATCH_WRITE_PAGE_SWAP};
    wisp_status status = WISP_OK;
    for (size_t i = 0; i < sizeof writes / sizeof *writes && !status; i++) {
        wisp_patch_text text;
        wisp_patch_slot *slot;
        if (wisp_patch_text_open(wisp_os_self_linux(), writes[i], &text, NULL) != WISP_OK)
            continue; /* this one does not work here */
        status = open_slot(&text, &slot, err);
        if (!status)
            status = measure_write(options, &text, writes[i], slot, report, err);
    }
    return status;
}
