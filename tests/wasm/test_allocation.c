#include <stdlib.h>

#include "fixture.h"
#include "modules.h"
#include "modules_exception.h"
#include "modules_memory.h"
#include "modules_snapshot.h"
#include "wasm/module.h"

/* Refuses the allocation whose turn it is, and counts what is still held. */
typedef struct counter {
    size_t live; /* bytes */
    int until_refusal;
    bool has_refused;
} counter;

static void *count(void *user, void *old, size_t old_size, size_t new_size)
{
    counter *c = user;
    if (new_size == 0) {
        c->live -= old_size;
        free(old);
        return NULL;
    }
    if (c->until_refusal-- == 0) {
        c->has_refused = true;
        return NULL;
    }
    void *block = realloc(old, new_size);
    assert_non_null(block);
    c->live += new_size - old_size;
    return block;
}

static wisp_status use(wisp_store *store, const wisp_module *module, wisp_error *err)
{
    wisp_linker *linker;
    wisp_instance *instance;
    wisp_extern table = {.kind = WISP_EXTERN_TABLE}, base = {.kind = WISP_EXTERN_GLOBAL};
    wisp_limits limits = {1, 10};
    wisp_status status = wisp_linker_new(store, &linker, err);
    if (status == WISP_OK)
        status = wisp_table_new(store, WISP_EXTERNREF, limits, &table.of.table, err);
    if (status == WISP_OK)
        status = wisp_global_new(store, false, wisp_i32(1), &base.of.global, err);
    if (status == WISP_OK)
        status = wisp_linker_add_func(linker, "env", "log", "(iI)f", host_nothing, NULL, err);
    if (status == WISP_OK)
        status = wisp_linker_add(linker, "env", "table", table, err);
    if (status == WISP_OK)
        status = wisp_linker_add(linker, "env", "base", base, err);
    if (status == WISP_OK)
        status = wisp_instance_new(store, module, linker, &instance, err);
    if (status == WISP_OK)
        status = wisp_linker_add_instance(linker, "everything", instance, err);
    if (status == WISP_OK)
        status = wisp_call_export(instance, "copy", NULL, 0, NULL, 0, err);
    if (status == WISP_OK)
        status = wisp_memory_grow(wisp_instance_memory(instance, "memory"), 1, err);
    /* The segment is dropped by now: a trap, whose backtrace needs memory that it can do
     * without. */
    if (status == WISP_OK)
        assert_int_equal(wisp_call_export(instance, "copy", NULL, 0, NULL, 0, err), WISP_TRAP);
    return status;
}

/* Throws and keeps exceptions. Where one cannot be made, that is a trap or a limit. */
static wisp_status use_exceptions(wisp_store *store, const wisp_module *module, wisp_error *err)
{
    wisp_linker *linker;
    wisp_instance *instance;
    wisp_exception *exception = NULL;
    wisp_extern tag = {.kind = WISP_EXTERN_TAG};
    wisp_value three = wisp_i32(3), result;
    wisp_status status = wisp_linker_new(store, &linker, err);
    if (status == WISP_OK)
        status = wisp_tag_new(store, "(i)", &tag.of.tag, err);
    if (status == WISP_OK)
        status = wisp_linker_add(linker, "env", "tag", tag, err);
    if (status == WISP_OK)
        status = wisp_linker_add_func(linker, "env", "back", "(i)i", host_nothing, NULL, err);
    if (status == WISP_OK)
        status = wisp_linker_check(linker, module, err);
    if (status == WISP_OK)
        status = wisp_instance_new(store, module, linker, &instance, err);
    if (status == WISP_OK)
        status = wisp_exception_new(tag.of.tag, &three, 1, &exception, err);
    wisp_exception_release(exception);
    if (status == WISP_OK)
        status = wisp_call_export(instance, "churn", &three, 1, &result, 1, err);
    if (status == WISP_OK)
        status = wisp_call_export(instance, "hoard", &three, 1, &result, 1, err);
    return status;
}

/* Memories of all kinds, made by a module and by the program. */
static wisp_status use_memories(wisp_store *store, const wisp_module *module, wisp_error *err)
{
    wisp_instance *instance;
    wisp_memory *memory;
    wisp_memory_type small = {.limits = {1, 100}, .page_size = 1, .is_64 = true};
    wisp_status status = wisp_instance_new(store, module, NULL, &instance, err);
    if (status == WISP_OK)
        status = wisp_memory_grow(wisp_instance_memory(instance, "other"), 2, err);
    if (status == WISP_OK)
        status = wisp_memory_new_typed(store, &small, &memory, err);
    if (status == WISP_OK)
        status = wisp_memory_grow(memory, 99, err);
    if (status == WISP_OK && wisp_features_built_in() & WISP_FEATURE_THREADS) {
        wisp_memory_type type = {.limits = {1, 2}, .is_shared = true};
        status = wisp_memory_new_typed(store, &type, &memory, err);
        if (status == WISP_OK)
            status = wisp_memory_grow(memory, 1, err);
    }
    return status;
}

/* Takes a snapshot, makes an instance of it and restores it, which leaves that as it was if it
 * fails. The function imported as host is in the table, and is looked for there. */
static wisp_status use_snapshots(wisp_store *store, const wisp_module *module, wisp_error *err)
{
    wisp_linker *linker;
    wisp_instance *instance, *clone = NULL;
    wisp_snapshot *snapshot = NULL, *copy = NULL;
    wisp_memory *memory = NULL;
    wisp_status status = wisp_linker_new(store, &linker, err);
    if (status == WISP_OK)
        status = wisp_linker_add_func(linker, "env", "host", "()i", host_nothing, NULL, err);
    if (status == WISP_OK)
        status = wisp_instance_new(store, module, linker, &instance, err);
    if (status == WISP_OK)
        status = wisp_snapshot_take(instance, &snapshot, err);
    if (status == WISP_OK)
        status = wisp_snapshot_read(module->allocator, wisp_snapshot_bytes(snapshot), &copy, err);
    if (status == WISP_OK)
        status = wisp_instance_new_from(store, module, linker, copy, &clone, err);
    if (status == WISP_OK) {
        memory = wisp_instance_memory(clone, "memory");
        status = wisp_memory_grow(memory, 1, err);
    }
    if (status == WISP_OK) {
        *wisp_memory_at(memory, 65536, 1) = 1;
        status = wisp_snapshot_restore(snapshot, clone, err);
        bool is_as_before =
            wisp_memory_size(memory) == 2 * 65536 && *wisp_memory_at(memory, 65536, 1) == 1;
        assert_int_equal(is_as_before, status != WISP_OK);
    }
    wisp_snapshot_free(snapshot);
    wisp_snapshot_free(copy);
    return status;
}

static void ignore_line(void *user, const char *line)
{
    (void)user, (void)line;
}

/* Lists all code. A build without texts cannot. */
static wisp_status list(wisp_store *store, const wisp_module *module, wisp_error *err)
{
    (void)store;
    wisp_status status = WISP_OK;
    uint32_t index = wisp_module_imported_func_count(module);
    for (; status == WISP_OK && index < wisp_module_func_count(module); index++)
        status = wisp_module_list_code(module, module->allocator, index, ignore_line, NULL, err);
    return status == WISP_UNSUPPORTED ? WISP_OK : status;
}

typedef struct sweep {
    wisp_bytes bytes;
    bool is_lazy;
    wisp_status (*use)(wisp_store *store, const wisp_module *module, wisp_error *err);
} sweep;

static wisp_status run(const sweep *s, const wisp_allocator *allocator, wisp_error *err)
{
    wisp_module *module = NULL;
    wisp_store *store = NULL;
    wisp_store_config config = {.allocator = allocator};
    wisp_module_config load = {.allocator = allocator, .lazy = s->is_lazy};
    wisp_status status = wisp_module_load(&load, s->bytes, &module, err);
    if (status == WISP_OK)
        status = wisp_store_new(&config, &store, err);
    if (status == WISP_OK)
        status = s->use(store, module, err);
    wisp_store_free(store);
    wisp_module_free(module);
    return status;
}

/* Refuses each allocation of [s] in turn; returns how many there were. */
static int refuse_each(const sweep *s)
{
    for (int n = 0;; n++) {
        counter c = {.until_refusal = n};
        wisp_allocator allocator = {count, &c};
        wisp_error err;
        wisp_status status = run(s, &allocator, &err);
        assert_int_equal(c.live, 0);
        if (!c.has_refused) {
            assert_int_equal(status, WISP_OK);
            return n;
        }
        /* Growing a memory says that it could not; a backtrace goes without names; a module that
         * throws traps. */
        if (status != WISP_OK && status != WISP_LIMIT && status != WISP_TRAP)
            assert_int_equal(status, WISP_NO_MEMORY);
    }
}

static void every_refused_allocation_is_survived_without_a_leak(void **state)
{
    (void)state;
    assert_true(refuse_each(&(sweep){BYTES(everything_wasm), false, use}) > 20);
}

static void functions_compiled_by_calls_survive_every_refused_allocation(void **state)
{
    (void)state;
    if (!(wisp_features_built_in() & WISP_FEATURE_EXCEPTIONS))
        return;
    assert_true(refuse_each(&(sweep){BYTES(everything_wasm), true, use}) > 20);
    assert_true(refuse_each(&(sweep){BYTES(throws_wasm), true, use_exceptions}) > 20);
}

static void exceptions_survive_every_refused_allocation(void **state)
{
    (void)state;
    if (!(wisp_features_built_in() & WISP_FEATURE_EXCEPTIONS))
        return;
    assert_true(refuse_each(&(sweep){BYTES(throws_wasm), false, use_exceptions}) > 20);
}

static void memories_survive_every_refused_allocation(void **state)
{
    (void)state;
    assert_true(refuse_each(&(sweep){BYTES(two_memories_wasm), false, use_memories}) > 10);
}

static void snapshots_survive_every_refused_allocation(void **state)
{
    (void)state;
    assert_true(refuse_each(&(sweep){BYTES(stateful_wasm), false, use_snapshots}) > 30);
}

static void listings_survive_every_refused_allocation(void **state)
{
    (void)state;
    assert_true(refuse_each(&(sweep){BYTES(everything_wasm), false, list}) > 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_refused_allocation_is_survived_without_a_leak),
        cmocka_unit_test(functions_compiled_by_calls_survive_every_refused_allocation),
        cmocka_unit_test(exceptions_survive_every_refused_allocation),
        cmocka_unit_test(memories_survive_every_refused_allocation),
        cmocka_unit_test(snapshots_survive_every_refused_allocation),
        cmocka_unit_test(listings_survive_every_refused_allocation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
