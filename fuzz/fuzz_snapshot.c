#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <wisp/wasm.h>

#include "../tests/wasm/modules_snapshot.h"

/*
 * Bytes as a snapshot of a module with state of all kinds; what stands in them for the module
 * itself is put right first. Refused, they change nothing; taken, the instance works, and a
 * snapshot of it makes another one like it.
 */

enum { MODULE_SIZE_AT = 12, HASH_AT = 16, HEAD_SIZE = 24 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static wisp_status give_three(void *user, wisp_instance *caller, const wisp_value *args,
                              wisp_value *results, wisp_error *err)
{
    (void)user, (void)caller, (void)args, (void)err;
    results[0] = wisp_i32(3);
    return WISP_OK;
}

static wisp_snapshot *take(const wisp_instance *instance)
{
    wisp_snapshot *snapshot;
    assert(wisp_snapshot_take(instance, &snapshot, NULL) == WISP_OK);
    return snapshot;
}

static void assert_equal(const wisp_snapshot *a, const wisp_snapshot *b)
{
    wisp_bytes one = wisp_snapshot_bytes(a), other = wisp_snapshot_bytes(b);
    assert(one.size == other.size && memcmp(one.data, other.data, one.size) == 0);
}

static wisp_snapshot *read(wisp_bytes bytes, const wisp_snapshot *model)
{
    wisp_snapshot *snapshot;
    uint8_t *copy = malloc(bytes.size ? bytes.size : 1);
    assert(copy != NULL);
    memcpy(copy, bytes.data, bytes.size);
    if (bytes.size >= HEAD_SIZE)
        memcpy(copy + MODULE_SIZE_AT, wisp_snapshot_bytes(model).data + MODULE_SIZE_AT,
               HEAD_SIZE - MODULE_SIZE_AT);
    wisp_status status =
        wisp_snapshot_read(NULL, (wisp_bytes){copy, bytes.size}, &snapshot, NULL);
    free(copy);
    return status == WISP_OK ? snapshot : NULL;
}

/* Calls what looks at all of the state. */
static void use(wisp_instance *instance)
{
    static const char *const names[] = {"call", "grow",       "grow_table", "add",
                                        "init", "init_table", "null",       "set"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        for (int32_t k = 0; k < 8; k++) {
            wisp_value arg = wisp_i32(k), result;
            wisp_func *func = wisp_instance_func(instance, names[i]);
            wisp_call(func, &arg, 1, &result, wisp_func_type(func).result_count, NULL);
        }
    }
}

static void try_on(wisp_instance *instance, const wisp_linker *linker,
                   const wisp_snapshot *snapshot)
{
    wisp_store *store = wisp_instance_store(instance);
    wisp_instance *clone;
    wisp_snapshot *before = take(instance), *after;
    wisp_status status = wisp_snapshot_restore(snapshot, instance, NULL);
    after = take(instance);
    if (status)
        assert_equal(before, after);
    else if (wisp_instance_new_from(store, wisp_instance_module(instance), linker, after, &clone,
                                    NULL) == WISP_OK) {
        wisp_snapshot *again = take(clone);
        assert_equal(after, again);
        wisp_snapshot_free(again);
        use(clone);
        use(instance);
    }
    wisp_snapshot_free(before);
    wisp_snapshot_free(after);
}

static void run(const wisp_module *module, wisp_store *store, wisp_bytes bytes)
{
    wisp_linker *linker;
    wisp_instance *instance;
    assert(wisp_linker_new(store, &linker, NULL) == WISP_OK);
    assert(wisp_linker_add_func(linker, "env", "host", "()i", give_three, NULL, NULL) == WISP_OK);
    assert(wisp_instance_new(store, module, linker, &instance, NULL) == WISP_OK);
    wisp_snapshot *model = take(instance), *snapshot = read(bytes, model);
    if (snapshot)
        try_on(instance, linker, snapshot);
    wisp_snapshot_free(snapshot);
    wisp_snapshot_free(model);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    wisp_module *module;
    wisp_store *store;
    wisp_store_config config = {.memory_max = 1 << 22, .table_max = 4000, .fuel = 1000000};
    wisp_bytes bytes = {stateful_wasm, sizeof stateful_wasm};
    assert(wisp_module_new_borrowed(NULL, bytes, &module, NULL) == WISP_OK);
    assert(wisp_store_new(&config, &store, NULL) == WISP_OK);
    run(module, store, (wisp_bytes){data, size});
    wisp_store_free(store);
    wisp_module_free(module);
    return 0;
}
