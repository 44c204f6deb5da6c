#ifndef WISP_TESTS_CAPI_FIXTURE_H
#define WISP_TESTS_CAPI_FIXTURE_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <string.h>
#include <cmocka.h>

#include <wisp/capi.h>

/* A store, one module in it and what an instance of that exports. */
typedef struct fixture {
    wasm_engine_t *engine;
    wasm_store_t *store;
    wasm_module_t *module;
    wasm_extern_vec_t exports;
} fixture;

#define LOAD(f, bytes) fixture_load(f, bytes, sizeof bytes)

void fixture_init(fixture *f);
void fixture_deinit(fixture *f);
void fixture_load(fixture *f, const uint8_t *bytes, size_t size);

/* Instantiates the module with [imports], which stay the caller's; only the exports are kept. */
void fixture_instantiate(fixture *f, wasm_extern_t **imports, size_t count);

/* The [index]-th export, which must be a function. */
wasm_func_t *fixture_func(const fixture *f, size_t index);

/* Calls it; nothing traps. */
void fixture_call(const fixture *f, size_t index, const wasm_val_t *args, size_t arg_count,
                  wasm_val_t *results, size_t result_count);

#endif
