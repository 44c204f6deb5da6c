#include "bench.h"

#include <stdint.h>
#include <stdio.h>
#include <wisp/wasm.h>

/* How much longer than its deadline a module runs that never ends. */

/* clang-format off */
/*
 * (module
 *   (memory 64)
 *   (func (export "loop") (loop (br 0)))
 *   (func (export "roots") (local f64)
 *     (loop (local.set 0 (f64.sqrt (f64.div (f64.sqrt (f64.div (f64.sqrt (f64.div (f64.sqrt
 *       (local.get 0)) (f64.const 1.1))) (f64.const 1.1))) (f64.const 1.1)))) (br 0)))
 *   (func (export "fill")
 *     (loop (memory.fill (i32.const 0) (i32.const 1) (i32.const 0x400000)) (br 0))))
 */
static const uint8_t module_bytes[] = {
    0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00, 0x01, 0x04, 0x01, 0x60, 0x00, 0x00, 0x03, 0x04,
    0x03, 0x00, 0x00, 0x00, 0x05, 0x03, 0x01, 0x00, 0x40, 0x07, 0x17, 0x03, 0x04, 0x6c, 0x6f, 0x6f,
    0x70, 0x00, 0x00, 0x05, 0x72, 0x6f, 0x6f, 0x74, 0x73, 0x00, 0x01, 0x04, 0x66, 0x69, 0x6c, 0x6c,
    0x00, 0x02, 0x0a, 0x4d, 0x03, 0x07, 0x00, 0x03, 0x40, 0x0c, 0x00, 0x0b, 0x0b, 0x2f, 0x01, 0x01,
    0x7c, 0x03, 0x40, 0x20, 0x00, 0x9f, 0x44, 0x9a, 0x99, 0x99, 0x99, 0x99, 0x99, 0xf1, 0x3f, 0xa3,
    0x9f, 0x44, 0x9a, 0x99, 0x99, 0x99, 0x99, 0x99, 0xf1, 0x3f, 0xa3, 0x9f, 0x44, 0x9a, 0x99, 0x99,
    0x99, 0x99, 0x99, 0xf1, 0x3f, 0xa3, 0x9f, 0x21, 0x00, 0x0c, 0x00, 0x0b, 0x0b, 0x13, 0x00, 0x03,
    0x40, 0x41, 0x00, 0x41, 0x01, 0x41, 0x80, 0x80, 0x80, 0x02, 0xfc, 0x0b, 0x00, 0x0c, 0x00, 0x0b,
    0x0b,
};
/* clang-format on */

enum { DEADLINE_NS = 1000000 };

static uint64_t now_ns(void *user)
{
    (void)user;
    return (uint64_t)bench_now_ns();
}

static wisp_status time_once(wisp_store *store, wisp_func *func, double *late_us, wisp_error *err)
{
    uint64_t deadline = now_ns(NULL) + DEADLINE_NS;
    wisp_status status = wisp_store_set_deadline(store, deadline, err);
    if (status)
        return status;
    status = wisp_call(func, NULL, 0, NULL, 0, err);
    *late_us = (double)(now_ns(NULL) - deadline) / 1000;
    return status == WISP_TRAP && wisp_store_trap(store)->code == WISP_TRAP_DEADLINE ? WISP_OK
                                                                                     : status;
}

static wisp_status measure(wisp_store *store, const wisp_module *module, unsigned runs,
                           bench_report *report, wisp_error *err)
{
    static const char *const names[] = {"loop", "roots", "fill"};
    static const char *const of[] = {"an empty loop", "square roots", "filling 4 MB"};
    wisp_instance *instance;
    wisp_status status = wisp_instance_new(store, module, NULL, &instance, err);
    for (size_t i = 0; i < sizeof names / sizeof *names && !status; i++) {
        double late[BENCH_RUNS_MAX];
        char name[64];
        wisp_func *func = wisp_instance_func(instance, names[i]);
        for (unsigned run = 0; run < runs && !status; run++)
            status = time_once(store, func, &late[run], err);
        snprintf(name, sizeof name, "behind a deadline, %s", of[i]);
        if (!status)
            bench_report_figure(report, name, bench_median(late, runs), "us");
    }
    return status;
}

wisp_status bench_deadline(const bench_options *options, bench_report *report, wisp_error *err)
{
    wisp_module *module = NULL;
    wisp_store *store = NULL;
    wisp_store_config config = {.now_ns = now_ns};
    wisp_bytes bytes = {module_bytes, sizeof module_bytes};
    wisp_status status = wisp_module_new_borrowed(NULL, bytes, &module, err);
    if (!status)
        status = wisp_store_new(&config, &store, err);
    if (!status)
        status = measure(store, module, options->runs, report, err);
    wisp_store_free(store);
    wisp_module_free(module);
    return status;
}
