#ifndef WISP_TESTS_WASM_FIXTURE_H
#define WISP_TESTS_WASM_FIXTURE_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <string.h>
#include <cmocka.h>

#include <wisp/wasm.h>

/* What the tests of the engine share: a store, a linker, and calls of one line. A module is
 * freed with the fixture; with WISP_TESTS_LAZY in the environment it is loaded lazily. Everything
 * that must succeed is asserted. */

enum { FIXTURE_MODULES_MAX = 8 };

typedef struct fixture {
    wisp_store *store;
    wisp_linker *linker;
    wisp_module *modules[FIXTURE_MODULES_MAX];
    int module_count;
    wisp_error err;
} fixture;

#define BYTES(array) ((wisp_bytes){(array), sizeof(array)})

/* [config] may be NULL. */
void fixture_init(fixture *f, const wisp_store_config *config);
void fixture_deinit(fixture *f);

wisp_module *fixture_module(fixture *f, wisp_bytes bytes);
wisp_instance *fixture_instance(fixture *f, wisp_bytes bytes);

/* Offers env.[name]. */
void fixture_offer(fixture *f, const char *name, const char *signature, wisp_host_fn fn,
                   void *user);

/* Calls a function of one i32, or none for [name] with no parameter, that gives one i32. */
int32_t fixture_call(fixture *f, wisp_instance *instance, const char *name, int32_t arg);
/* The same for one that gives nothing; returns the status. */
wisp_status fixture_run(fixture *f, wisp_instance *instance, const char *name, int32_t arg);

/* A host function that does nothing and gives zeros. */
wisp_status host_nothing(void *user, wisp_instance *caller, const wisp_value *args,
                         wisp_value *results, wisp_error *err);

#endif
