#include "bench.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <wisp/wasm.h>

/* What an element of a list costs that a module walks over, by two loads: in linear memory,
 * without and with outside access, and in the program's. */

/* clang-format off */
/*
 * (module
 *   (memory (export "memory") i64 16)
 *   (func (export "sum") (param $at i64) (result i64) (local $sum i64)
 *     (loop $next
 *       (local.set $sum (i64.add (local.get $sum) (i64.load offset=8 (local.get $at))))
 *       (br_if $next (i64.ne (local.tee $at (i64.load (local.get $at))) (i64.const 0))))
 *     (local.get $sum)))
 */
static const uint8_t module_bytes[] = {
    0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00, 0x01, 0x06, 0x01, 0x60, 0x01, 0x7e, 0x01, 0x7e,
    0x03, 0x02, 0x01, 0x00, 0x05, 0x03, 0x01, 0x04, 0x10, 0x07, 0x10, 0x02, 0x06, 0x6d, 0x65, 0x6d,
    0x6f, 0x72, 0x79, 0x02, 0x00, 0x03, 0x73, 0x75, 0x6d, 0x00, 0x00, 0x0a, 0x21, 0x01, 0x1f, 0x01,
    0x01, 0x7e, 0x03, 0x40, 0x20, 0x01, 0x20, 0x00, 0x29, 0x03, 0x08, 0x7c, 0x21, 0x01, 0x20, 0x00,
    0x29, 0x03, 0x00, 0x22, 0x00, 0x42, 0x00, 0x52, 0x0d, 0x00, 0x0b, 0x20, 0x01, 0x0b,
};
/* clang-format on */

enum { ELEMENTS = 4096, WALKS = 200, LINEAR_AT = 8192 };

/* As the module has it: numbers, since it may be in linear memory. */
typedef struct element {
    uint64_t next;
    uint64_t value;
} element;

static void make_list(element *list, uint64_t address)
{
    for (uint64_t i = 0; i < ELEMENTS; i++)
        list[i] = (element){i + 1 < ELEMENTS ? address + (i + 1) * sizeof *list : 0, i};
}

/* Programs know better what a module may read. */
static bool read_any(void *user, uint64_t address, void *into, size_t size)
{
    (void)user;
    const void *from = (const void *)(uintptr_t)address;
    if (size == sizeof(uint64_t))
        memcpy(into, from, sizeof(uint64_t));
    else
        memcpy(into, from, size);
    return true;
}

static wisp_status walk(wisp_instance *instance, uint64_t list, double *ns, wisp_error *err)
{
    wisp_func *sum = wisp_instance_func(instance, "sum");
    wisp_value at = wisp_i64((int64_t)list), result;
    wisp_status status = WISP_OK;
    double began = bench_processor_ns();
    for (int i = 0; i < WALKS && !status; i++)
        status = wisp_call(sum, &at, 1, &result, 1, err);
    *ns = (bench_processor_ns() - began) / WALKS / ELEMENTS;
    return status;
}

/* A list in linear memory for NULL. */
static wisp_status measure(const wisp_module *module, const element *list, const char *name,
                           const bench_options *options, bench_report *report, wisp_error *err)
{
    wisp_store *store;
    wisp_instance *instance;
    double ns[BENCH_RUNS_MAX];
    wisp_status status = wisp_store_new(NULL, &store, err);
    if (status)
        return status;
    status = wisp_instance_new(store, module, NULL, &instance, err);
    uint64_t at = list ? (uint64_t)(uintptr_t)list : LINEAR_AT;
    if (!status && !list)
        make_list((element *)(void *)wisp_memory_at(wisp_instance_memory(instance, "memory"), at,
                                                    ELEMENTS * sizeof(element)),
                  at);
    wisp_store_set_outside(store, &(wisp_outside){.read = read_any});
    for (unsigned run = 0; run < options->runs && !status; run++)
        status = walk(instance, at, &ns[run], err);
    if (!status)
        bench_report_figure(report, name, bench_median(ns, options->runs), "ns");
    wisp_store_free(store);
    return status;
}

wisp_status bench_outside(const bench_options *options, bench_report *report, wisp_error *err)
{
    static element list[ELEMENTS];
    wisp_module *plain = NULL, *outer = NULL;
    wisp_bytes bytes = {module_bytes, sizeof module_bytes};
    make_list(list, (uint64_t)(uintptr_t)list);
    wisp_status status = wisp_module_load(NULL, bytes, &plain, err);
    if (!status)
        status = wisp_module_load_outside(NULL, bytes, &outer, err);
    if (!status)
        status = measure(plain, NULL, "element, linear memory", options, report, err);
    if (!status)
        status = measure(outer, NULL, "the same with outside access", options, report, err);
    if (!status)
        status = measure(outer, list, "element, outside", options, report, err);
    wisp_module_free(plain);
    wisp_module_free(outer);
    return status;
}
