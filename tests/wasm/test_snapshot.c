#include <stdlib.h>

#include "fixture.h"
#include "modules_snapshot.h"

/* A store of its own for what a snapshot becomes, with what the module imports. */

static wisp_status host_three(void *user, wisp_instance *caller, const wisp_value *args,
                              wisp_value *results, wisp_error *err)
{
    (void)user, (void)caller, (void)args, (void)err;
    results[0] = wisp_i32(3);
    return WISP_OK;
}

static void init(fixture *f, const wisp_store_config *config)
{
    fixture_init(f, config);
    fixture_offer(f, "host", "()i", host_three, NULL);
}

static wisp_snapshot *take(fixture *f, const wisp_instance *instance)
{
    wisp_snapshot *snapshot = NULL;
    assert_int_equal(wisp_snapshot_take(instance, &snapshot, &f->err), WISP_OK);
    return snapshot;
}

static wisp_instance *new_from(fixture *f, const wisp_module *module,
                               const wisp_snapshot *snapshot)
{
    wisp_instance *instance = NULL;
    assert_int_equal(
        wisp_instance_new_from(f->store, module, f->linker, snapshot, &instance, &f->err),
        WISP_OK);
    return instance;
}

/* Changes everything in [instance] that can be. */
static void use(fixture *f, wisp_instance *instance)
{
    fixture_call(f, instance, "add", 40);
    fixture_run(f, instance, "keep", 0);
    assert_int_equal(wisp_global_set(wisp_instance_global(instance, "long"),
                                     wisp_i64(INT64_C(0x1122334455667788)), &f->err),
                     WISP_OK);
    assert_int_equal(
        wisp_global_set(wisp_instance_global(instance, "single"), wisp_f32(0.5f), &f->err),
        WISP_OK);
    assert_int_equal(
        wisp_global_set(wisp_instance_global(instance, "double"), wisp_f64(-1.5), &f->err),
        WISP_OK);
    assert_int_equal(fixture_call(f, instance, "grow", 2), 1);
    fixture_run(f, instance, "set", 3 * 65536 - 1);
    fixture_run(f, instance, "set", 100);
    assert_int_equal(fixture_call(f, instance, "grow_table", 4), 6);
    fixture_run(f, instance, "init_table", 4);
    fixture_run(f, instance, "drop_elements", 0);
}

static void assert_used(fixture *f, wisp_instance *instance)
{
    assert_int_equal(fixture_call(f, instance, "add", 0), 40);
    assert_ptr_equal(wisp_global_get(wisp_instance_global(instance, "func")).of.funcref,
                     wisp_instance_func(instance, "two"));
    assert_int_equal(wisp_global_get(wisp_instance_global(instance, "long")).of.i64,
                     INT64_C(0x1122334455667788));
    assert_true(wisp_global_get(wisp_instance_global(instance, "single")).of.f32 == 0.5f);
    assert_true(wisp_global_get(wisp_instance_global(instance, "double")).of.f64 == -1.5);
    assert_int_equal(fixture_call(f, instance, "size", 0), 3);
    assert_int_equal(fixture_call(f, instance, "get", 3 * 65536 - 1), 7);
    assert_int_equal(fixture_call(f, instance, "get", 100), 7);
    assert_int_equal(fixture_call(f, instance, "get", 16), 'h');
    assert_int_equal(fixture_call(f, instance, "get", 101), 0);
}

/* The table of one that was used: null, one, host, null, two, two, three, … */
static void assert_used_table(fixture *f, wisp_instance *instance)
{
    static const int32_t results[] = {0, 1, 3, 0, 2, 2, 40, 40, 40, 40};
    wisp_table *table = wisp_instance_table(instance, "table");
    assert_int_equal(wisp_table_size(table), 10);
    for (int32_t i = 0; i < 10; i++) {
        wisp_value element;
        assert_int_equal(wisp_table_get(table, (uint64_t)i, &element, NULL), WISP_OK);
        if (results[i])
            assert_int_equal(fixture_call(f, instance, "call", i), results[i]);
        else
            assert_null(element.of.funcref);
    }
}

static void an_instance_goes_on_in_another_store_from_where_it_was(void **state)
{
    static const wisp_memory_source sources[] = {WISP_MEMORY_MAPPED, WISP_MEMORY_ALLOCATED};
    (void)state;
    for (int i = 0; i < 4; i++) {
        wisp_store_config from = {.memory_source = sources[i / 2]};
        wisp_store_config to = {.memory_source = sources[i % 2]};
        fixture f, g;
        init(&f, &from);
        init(&g, &to);
        wisp_instance *instance = fixture_instance(&f, BYTES(stateful_wasm));
        use(&f, instance);
        wisp_snapshot *snapshot = take(&f, instance);
        wisp_instance *clone = new_from(&g, f.modules[0], snapshot);
        wisp_snapshot_free(snapshot);
        assert_used(&g, clone);
        assert_used_table(&g, clone);
        fixture_run(&g, clone, "set", 200);
        assert_int_equal(fixture_call(&f, instance, "get", 200), 0);
        wisp_store_free(g.store);
        fixture_deinit(&f);
    }
}

static void neither_segments_nor_the_start_function_run_again(void **state)
{
    (void)state;
    fixture f;
    init(&f, NULL);
    wisp_instance *instance = fixture_instance(&f, BYTES(stateful_wasm));
    fixture_run(&f, instance, "set", 16);
    fixture_run(&f, instance, "null", 1);
    wisp_snapshot *snapshot = take(&f, instance);
    wisp_instance *clone = new_from(&f, f.modules[0], snapshot);
    wisp_value element;
    assert_int_equal(fixture_call(&f, clone, "get", 0), 1);
    assert_int_equal(fixture_call(&f, clone, "get", 16), 7);
    assert_int_equal(wisp_table_get(wisp_instance_table(clone, "table"), 1, &element, NULL),
                     WISP_OK);
    assert_null(element.of.funcref);
    wisp_snapshot_free(snapshot);
    fixture_deinit(&f);
}

static void what_was_dropped_stays_so_and_the_rest_does_not(void **state)
{
    (void)state;
    fixture f;
    init(&f, NULL);
    wisp_instance *instance = fixture_instance(&f, BYTES(stateful_wasm));
    wisp_snapshot *whole = take(&f, instance);
    fixture_run(&f, instance, "drop", 0);
    wisp_snapshot *without_data = take(&f, instance);
    fixture_run(&f, instance, "drop_elements", 0);
    wisp_snapshot *without_both = take(&f, instance);
    const struct {
        const wisp_snapshot *snapshot;
        wisp_status data, elements;
    } cases[] = {{whole, WISP_OK, WISP_OK},
                 {without_data, WISP_TRAP, WISP_OK},
                 {without_both, WISP_TRAP, WISP_TRAP},
                 {whole, WISP_OK, WISP_OK}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        wisp_instance *clone = new_from(&f, f.modules[0], cases[i].snapshot);
        assert_int_equal(fixture_run(&f, clone, "init", 50), cases[i].data);
        assert_int_equal(fixture_run(&f, clone, "init_table", 0), cases[i].elements);
        assert_int_equal(wisp_snapshot_restore(cases[i].snapshot, instance, &f.err), WISP_OK);
        assert_int_equal(fixture_run(&f, instance, "init", 50), cases[i].data);
        assert_int_equal(fixture_run(&f, instance, "init_table", 0), cases[i].elements);
    }
    wisp_snapshot_free(whole);
    wisp_snapshot_free(without_data);
    wisp_snapshot_free(without_both);
    fixture_deinit(&f);
}

static void restoring_takes_back_whatever_happened(void **state)
{
    static const wisp_memory_source sources[] = {WISP_MEMORY_MAPPED, WISP_MEMORY_ALLOCATED};
    (void)state;
    for (int i = 0; i < 2; i++) {
        wisp_store_config config = {
            .memory_source = sources[i], .memory_max = 4 * 65536, .table_max = 14};
        fixture f;
        init(&f, &config);
        wisp_instance *instance = fixture_instance(&f, BYTES(stateful_wasm));
        wisp_snapshot *fresh = take(&f, instance);
        use(&f, instance);
        wisp_snapshot *used = take(&f, instance);
        for (int k = 0; k < 3; k++) {
            assert_int_equal(wisp_snapshot_restore(fresh, instance, &f.err), WISP_OK);
            assert_int_equal(fixture_call(&f, instance, "size", 0), 1);
            assert_int_equal(fixture_call(&f, instance, "add", 0), 0);
            assert_int_equal(fixture_call(&f, instance, "get", 100), 0);
            assert_int_equal(fixture_run(&f, instance, "set", 65536), WISP_TRAP);
            assert_int_equal(wisp_table_size(wisp_instance_table(instance, "table")), 6);
            assert_int_equal(fixture_call(&f, instance, "grow", 3), 1);
            assert_int_equal(fixture_call(&f, instance, "get", 3 * 65536 - 1), 0);
            assert_int_equal(wisp_snapshot_restore(used, instance, &f.err), WISP_OK);
            assert_used(&f, instance);
            assert_used_table(&f, instance);
        }
        wisp_snapshot_free(fresh);
        wisp_snapshot_free(used);
        fixture_deinit(&f);
    }
}

static void restoring_in_place_leaves_nothing_of_what_was_written_since(void **state)
{
    static const int32_t grown[] = {0, 30}; /* to less and more than is worth asking the system */
    (void)state;
    for (int i = 0; i < 2; i++) {
        fixture f;
        init(&f, NULL);
        wisp_instance *instance = fixture_instance(&f, BYTES(stateful_wasm));
        fixture_call(&f, instance, "grow", grown[i]);
        wisp_memory *memory = wisp_instance_memory(instance, "memory");
        size_t size = (size_t)wisp_memory_size(memory);
        fixture_run(&f, instance, "set", 5000);
        wisp_snapshot *snapshot = take(&f, instance);
        uint8_t *before = malloc(size), *bytes = wisp_memory_at(memory, 0, size);
        assert_non_null(before);
        memcpy(before, bytes, size);
        for (size_t at = 1; at < size; at += 2999)
            bytes[at] = 1;
        assert_int_equal(wisp_snapshot_restore(snapshot, instance, &f.err), WISP_OK);
        assert_ptr_equal(wisp_memory_at(memory, 0, size), bytes);
        assert_memory_equal(bytes, before, size);
        free(before);
        wisp_snapshot_free(snapshot);
        fixture_deinit(&f);
    }
}

static void snapshots_are_taken_of_what_is_made_of_them(void **state)
{
    (void)state;
    fixture f;
    init(&f, NULL);
    wisp_instance *instance = fixture_instance(&f, BYTES(stateful_wasm));
    use(&f, instance);
    wisp_snapshot *first = take(&f, instance);
    wisp_snapshot *second = take(&f, new_from(&f, f.modules[0], first));
    wisp_bytes one = wisp_snapshot_bytes(first), other = wisp_snapshot_bytes(second);
    assert_int_equal(one.size, other.size);
    assert_memory_equal(one.data, other.data, one.size);
    wisp_snapshot_free(first);
    wisp_snapshot_free(second);
    fixture_deinit(&f);
}

/* ------------------------------------------------------------------ bytes */

/* As docs/formats.md has them, whatever machine this is. */
static void bytes_are_the_same_on_every_machine(void **state)
{
    static const uint8_t expected[] = {
        'w',  'i',  's',  'p',  's',  'n',  'p',  0,
        1,    0,    0,    0,    39,   0,    0,    0,    /* format, size */
        0x89, 0x4e, 0x7f, 0xa2, 0x5d, 0xac, 0x2c, 0x0e, /* hash */
        1,    0,    0,    0,    2,    0,    0,    0,
        3,    0,    0,    0,    4,    0,    0,    0, /* the global */
    };
    (void)state;
    fixture f;
    if (!(wisp_features_built_in() & WISP_FEATURE_SIMD))
        return;
    fixture_init(&f, NULL);
    wisp_snapshot *snapshot = take(&f, fixture_instance(&f, BYTES(vector_wasm)));
    wisp_bytes bytes = wisp_snapshot_bytes(snapshot);
    assert_int_equal(bytes.size, sizeof expected);
    assert_memory_equal(bytes.data, expected, sizeof expected);
    wisp_snapshot_free(snapshot);
    fixture_deinit(&f);
}

static void a_snapshot_survives_as_bytes(void **state)
{
    (void)state;
    fixture f, g;
    init(&f, NULL);
    init(&g, NULL);
    wisp_instance *instance = fixture_instance(&f, BYTES(stateful_wasm));
    use(&f, instance);
    wisp_snapshot *snapshot = take(&f, instance), *copy = NULL;
    wisp_bytes bytes = wisp_snapshot_bytes(snapshot);
    assert_int_equal(wisp_snapshot_read(NULL, bytes, &copy, NULL), WISP_OK);
    wisp_snapshot_free(snapshot);
    fixture_deinit(&f);
    wisp_instance *clone = new_from(&g, fixture_module(&g, BYTES(stateful_wasm)), copy);
    wisp_snapshot_free(copy);
    assert_used(&g, clone);
    assert_used_table(&g, clone);
    fixture_deinit(&g);
}

static void zeros_are_left_out_whether_they_were_touched_or_not(void **state)
{
    (void)state;
    for (int32_t is_touched = 0; is_touched < 2; is_touched++) {
        fixture f;
        init(&f, NULL);
        wisp_instance *instance = fixture_instance(&f, BYTES(stateful_wasm));
        assert_int_equal(fixture_call(&f, instance, "grow", 500), 1);
        wisp_memory *memory = wisp_instance_memory(instance, "memory");
        size_t size = (size_t)wisp_memory_size(memory);
        if (is_touched)
            memset(wisp_memory_at(memory, 65536, size - 65536), 0, size - 65536);
        fixture_run(&f, instance, "set", 5000000);
        fixture_run(&f, instance, "set", (int32_t)size - 1);
        wisp_snapshot *snapshot = take(&f, instance);
        assert_true(wisp_snapshot_bytes(snapshot).size < 3 * 4096 + 100);
        wisp_instance *clone = new_from(&f, f.modules[0], snapshot);
        assert_memory_equal(wisp_memory_at(wisp_instance_memory(clone, "memory"), 0, size),
                            wisp_memory_at(memory, 0, size), size);
        wisp_snapshot_free(snapshot);
        fixture_deinit(&f);
    }
}

static void bytes_of_another_kind_or_version_are_refused(void **state)
{
    (void)state;
    fixture f;
    init(&f, NULL);
    wisp_snapshot *snapshot = take(&f, fixture_instance(&f, BYTES(stateful_wasm))), *copy;
    wisp_bytes bytes = wisp_snapshot_bytes(snapshot);
    uint8_t head[24];
    assert_int_equal(wisp_snapshot_read(NULL, (wisp_bytes){0}, &copy, NULL), WISP_MALFORMED);
    assert_int_equal(wisp_snapshot_read(NULL, BYTES(stateful_wasm), &copy, NULL), WISP_MALFORMED);
    memcpy(head, bytes.data, sizeof head);
    head[8]++;
    assert_int_equal(wisp_snapshot_read(NULL, BYTES(head), &copy, &f.err), WISP_UNSUPPORTED);
    assert_int_equal(f.err.offset, 8);
    wisp_snapshot_free(snapshot);
    fixture_deinit(&f);
}

/* Reads [bytes] and tries them on [instance] and on a new one, which must end alike. */
static wisp_status attempt(fixture *f, wisp_bytes bytes, wisp_instance *instance)
{
    wisp_snapshot *snapshot;
    wisp_instance *clone;
    wisp_status status = wisp_snapshot_read(NULL, bytes, &snapshot, &f->err);
    if (status)
        return status;
    status = wisp_snapshot_restore(snapshot, instance, &f->err);
    assert_int_equal(
        wisp_instance_new_from(f->store, f->modules[0], f->linker, snapshot, &clone, &f->err),
        status);
    wisp_snapshot_free(snapshot);
    return status;
}

static void bytes_cut_anywhere_change_nothing(void **state)
{
    (void)state;
    fixture f;
    init(&f, NULL);
    wisp_instance *instance = fixture_instance(&f, BYTES(stateful_wasm));
    wisp_snapshot *fresh = take(&f, instance);
    wisp_bytes bytes = wisp_snapshot_bytes(fresh);
    use(&f, instance);
    for (size_t size = 0; size < bytes.size; size++) {
        assert_int_equal(attempt(&f, (wisp_bytes){bytes.data, size}, instance), WISP_MALFORMED);
        if (size < 100 || bytes.size - size < 100)
            assert_used(&f, instance);
    }
    uint8_t *longer = calloc(1, bytes.size + 1);
    assert_non_null(longer);
    memcpy(longer, bytes.data, bytes.size);
    assert_int_equal(attempt(&f, (wisp_bytes){longer, bytes.size + 1}, instance), WISP_MALFORMED);
    assert_int_equal(f.err.offset, bytes.size);
    assert_used(&f, instance);
    assert_int_equal(attempt(&f, bytes, instance), WISP_OK);
    free(longer);
    wisp_snapshot_free(fresh);
    fixture_deinit(&f);
}

/* All that a table or global can hold by then is a function of the instance, or null. */
static void bytes_changed_anywhere_do_no_harm(void **state)
{
    (void)state;
    fixture f;
    wisp_store_config config = {.memory_max = 1000 * 65536, .table_max = 2000, .fuel = 100000};
    init(&f, &config);
    wisp_instance *instance = fixture_instance(&f, BYTES(stateful_wasm));
    use(&f, instance);
    wisp_snapshot *snapshot = take(&f, instance);
    wisp_bytes bytes = wisp_snapshot_bytes(snapshot);
    uint8_t *changed = malloc(bytes.size);
    assert_non_null(changed);
    for (size_t i = 0; i < bytes.size; i += i < 64 || bytes.size - i < 128 ? 1 : 997) {
        for (int bit = 0; bit < 8; bit++) {
            memcpy(changed, bytes.data, bytes.size);
            changed[i] ^= (uint8_t)(1 << bit);
            wisp_snapshot *copy;
            if (wisp_snapshot_read(NULL, (wisp_bytes){changed, bytes.size}, &copy, NULL))
                continue;
            if (wisp_snapshot_restore(copy, instance, &f.err) == WISP_OK)
                for (int32_t k = 0; k < 10; k++) {
                    wisp_value value = wisp_i32(k), result;
                    wisp_call_export(instance, "call", &value, 1, &result, 1, NULL);
                }
            wisp_snapshot_free(copy);
        }
    }
    assert_int_equal(wisp_snapshot_restore(snapshot, instance, &f.err), WISP_OK);
    assert_used_table(&f, instance);
    free(changed);
    wisp_snapshot_free(snapshot);
    fixture_deinit(&f);
}

/* ------------------------------------------------------------------ refusals */

static void a_snapshot_of_another_module_is_refused(void **state)
{
    (void)state;
    fixture f;
    init(&f, NULL);
    uint8_t changed[sizeof stateful_wasm];
    memcpy(changed, stateful_wasm, sizeof changed);
    changed[sizeof changed - 1]++; /* of what is in a segment */
    wisp_instance *instance = fixture_instance(&f, BYTES(stateful_wasm)), *clone;
    wisp_module *same = fixture_module(&f, BYTES(stateful_wasm));
    wisp_instance *other = fixture_instance(&f, BYTES(changed));
    wisp_snapshot *snapshot = take(&f, instance);
    assert_int_equal(wisp_snapshot_restore(snapshot, other, &f.err), WISP_MISMATCH);
    assert_int_equal(wisp_instance_new_from(f.store, wisp_instance_module(other), f.linker,
                                            snapshot, &clone, &f.err),
                     WISP_MISMATCH);
    assert_int_equal(wisp_instance_new_from(f.store, same, f.linker, snapshot, &clone, &f.err),
                     WISP_OK);
    wisp_snapshot_free(snapshot);
    fixture_deinit(&f);
}

static void assert_refused(fixture *f, const wisp_instance *instance, const char *text)
{
    wisp_snapshot *snapshot;
    assert_int_equal(wisp_snapshot_take(instance, &snapshot, &f->err), WISP_UNSUPPORTED);
#ifndef WISP_WITHOUT_TEXTS
    assert_string_equal(f->err.text, text);
#else
    (void)text;
#endif
}

static void state_that_is_not_the_instances_alone_is_refused_with_its_place(void **state)
{
    (void)state;
    fixture f;
    wisp_extern memory = {.kind = WISP_EXTERN_MEMORY}, table = {.kind = WISP_EXTERN_TABLE};
    wisp_extern global = {.kind = WISP_EXTERN_GLOBAL};
    wisp_limits one = {1, UINT64_MAX};
    fixture_init(&f, NULL);
    assert_int_equal(wisp_memory_new(f.store, one, &memory.of.memory, NULL), WISP_OK);
    assert_int_equal(wisp_table_new(f.store, WISP_FUNCREF, one, &table.of.table, NULL), WISP_OK);
    assert_int_equal(wisp_global_new(f.store, true, wisp_i32(1), &global.of.global, NULL),
                     WISP_OK);
    assert_int_equal(wisp_linker_add(f.linker, "env", "memory", memory, NULL), WISP_OK);
    assert_int_equal(wisp_linker_add(f.linker, "env", "table", table, NULL), WISP_OK);
    assert_int_equal(wisp_linker_add(f.linker, "env", "global", global, NULL), WISP_OK);
    assert_refused(&f, fixture_instance(&f, BYTES(import_memory_wasm)),
                   "memory 0 is not the instance's alone, which a snapshot has");
    assert_refused(&f, fixture_instance(&f, BYTES(import_table_wasm)),
                   "table 0 is not the instance's alone, which a snapshot has");
    assert_refused(&f, fixture_instance(&f, BYTES(import_global_wasm)),
                   "global 0 is not the instance's alone, which a snapshot has");
    if (wisp_features_built_in() & WISP_FEATURE_THREADS)
        assert_refused(&f, fixture_instance(&f, BYTES(own_shared_wasm)),
                       "memory 0 is not the instance's alone, which a snapshot has");
    fixture_deinit(&f);
}

static void what_is_imported_and_never_changes_comes_from_the_linker(void **state)
{
    (void)state;
    fixture f, g;
    wisp_extern one = {.kind = WISP_EXTERN_GLOBAL}, two = {.kind = WISP_EXTERN_GLOBAL};
    fixture_init(&f, NULL);
    fixture_init(&g, NULL);
    assert_int_equal(wisp_global_new(f.store, false, wisp_i32(1), &one.of.global, NULL), WISP_OK);
    assert_int_equal(wisp_global_new(g.store, false, wisp_i32(2), &two.of.global, NULL), WISP_OK);
    assert_int_equal(wisp_linker_add(f.linker, "env", "global", one, NULL), WISP_OK);
    assert_int_equal(wisp_linker_add(g.linker, "env", "global", two, NULL), WISP_OK);
    wisp_snapshot *snapshot = take(&f, fixture_instance(&f, BYTES(import_fixed_wasm)));
    wisp_instance *clone = new_from(&g, f.modules[0], snapshot);
    assert_int_equal(wisp_global_get(wisp_instance_global(clone, "own")).of.i32, 1);
    assert_int_equal(wisp_global_get(wisp_instance_global(clone, "copy")).of.i32, 2);
    wisp_snapshot_free(snapshot);
    wisp_store_free(g.store);
    fixture_deinit(&f);
}

static void references_to_what_others_have_are_refused_with_their_place(void **state)
{
    (void)state;
    fixture f;
    int thing;
    init(&f, NULL);
    wisp_instance *instance = fixture_instance(&f, BYTES(stateful_wasm));
    wisp_instance *other = fixture_instance(&f, BYTES(stateful_wasm));
    wisp_value reference = {.type = WISP_EXTERNREF, .of.externref = &thing};
    wisp_value func = {.type = WISP_FUNCREF, .of.funcref = wisp_instance_func(other, "two")};
    wisp_value null = {.type = WISP_FUNCREF};
    wisp_table *refs = wisp_instance_table(instance, "refs");
    wisp_table *table = wisp_instance_table(instance, "table");
    assert_int_equal(wisp_table_set(refs, 1, reference, NULL), WISP_OK);
    assert_refused(&f, instance,
                   "table 1: element 1: a reference to something of the program's, expected the "
                   "instance's own");
    assert_int_equal(wisp_table_set(table, 5, func, NULL), WISP_OK);
    assert_refused(&f, instance,
                   "table 0: element 5: a reference to a function of another instance, expected "
                   "the instance's own");
    assert_int_equal(wisp_table_set(table, 5, null, NULL), WISP_OK);
    reference.of.externref = NULL;
    assert_int_equal(wisp_table_set(refs, 1, reference, NULL), WISP_OK);
    assert_int_equal(wisp_global_set(wisp_instance_global(instance, "func"), func, NULL),
                     WISP_OK);
    assert_refused(&f, instance,
                   "global 4: a reference to a function of another instance, expected the "
                   "instance's own");
    fixture_deinit(&f);
}

typedef struct busy {
    const wisp_snapshot *before;
    const wisp_module *module;
    wisp_linker *linker;
    wisp_instance *clone;
} busy;

static wisp_status host_take(void *user, wisp_instance *caller, const wisp_value *args,
                             wisp_value *results, wisp_error *err)
{
    busy *b = user;
    wisp_snapshot *snapshot;
    (void)args;
    assert_int_equal(wisp_snapshot_take(caller, &snapshot, err), WISP_BUSY);
    assert_int_equal(wisp_snapshot_restore(b->before, caller, err), WISP_BUSY);
    results[0] = wisp_i32(9);
    return wisp_instance_new_from(wisp_instance_store(caller), b->module, b->linker, b->before,
                                  &b->clone, err);
}

static void an_instance_that_runs_has_no_state_but_others_can_be_made(void **state)
{
    (void)state;
    fixture f;
    busy b;
    fixture_init(&f, NULL);
    fixture_offer(&f, "host", "()i", host_take, &b);
    wisp_instance *instance = fixture_instance(&f, BYTES(stateful_wasm));
    wisp_snapshot *before = take(&f, instance);
    b = (busy){before, f.modules[0], f.linker, NULL};
    fixture_run(&f, instance, "set", 300);
    assert_int_equal(fixture_call(&f, instance, "call", 2), 9);
    assert_int_equal(fixture_call(&f, instance, "get", 300), 7);
    assert_int_equal(fixture_call(&f, b.clone, "get", 300), 0);
    wisp_snapshot_free(before);
    fixture_deinit(&f);
}

static void a_store_with_less_room_refuses_and_can_be_used(void **state)
{
    static const wisp_store_config limits[] = {{.memory_max = 2 * 65536}, {.table_max = 11}};
    (void)state;
    fixture f;
    init(&f, NULL);
    wisp_instance *instance = fixture_instance(&f, BYTES(stateful_wasm));
    use(&f, instance);
    wisp_snapshot *snapshot = take(&f, instance);
    for (int i = 0; i < 2; i++) {
        fixture g;
        init(&g, &limits[i]);
        wisp_instance *clone;
        for (int k = 0; k < 3; k++)
            assert_int_equal(
                wisp_instance_new_from(g.store, f.modules[0], g.linker, snapshot, &clone, &g.err),
                WISP_LIMIT);
        clone = fixture_instance(&g, BYTES(stateful_wasm));
        assert_int_equal(wisp_snapshot_restore(snapshot, clone, &g.err), WISP_LIMIT);
        assert_int_equal(fixture_call(&g, clone, "get", 0), 1);
        fixture_deinit(&g);
    }
    wisp_snapshot_free(snapshot);
    fixture_deinit(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_instance_goes_on_in_another_store_from_where_it_was),
        cmocka_unit_test(neither_segments_nor_the_start_function_run_again),
        cmocka_unit_test(what_was_dropped_stays_so_and_the_rest_does_not),
        cmocka_unit_test(restoring_takes_back_whatever_happened),
        cmocka_unit_test(restoring_in_place_leaves_nothing_of_what_was_written_since),
        cmocka_unit_test(snapshots_are_taken_of_what_is_made_of_them),
        cmocka_unit_test(bytes_are_the_same_on_every_machine),
        cmocka_unit_test(a_snapshot_survives_as_bytes),
        cmocka_unit_test(zeros_are_left_out_whether_they_were_touched_or_not),
        cmocka_unit_test(bytes_of_another_kind_or_version_are_refused),
        cmocka_unit_test(bytes_cut_anywhere_change_nothing),
        cmocka_unit_test(bytes_changed_anywhere_do_no_harm),
        cmocka_unit_test(a_snapshot_of_another_module_is_refused),
        cmocka_unit_test(state_that_is_not_the_instances_alone_is_refused_with_its_place),
        cmocka_unit_test(what_is_imported_and_never_changes_comes_from_the_linker),
        cmocka_unit_test(references_to_what_others_have_are_refused_with_their_place),
        cmocka_unit_test(an_instance_that_runs_has_no_state_but_others_can_be_made),
        cmocka_unit_test(a_store_with_less_room_refuses_and_can_be_used),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
