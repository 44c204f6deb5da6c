#include <pthread.h>
#include <stdatomic.h>

#include "../words.h"
#include "fixture.h"
#include "modules.h"

static wisp_instance *init(fixture *f, const wisp_store_config *config)
{
    fixture_init(f, config);
    fixture_offer(f, "ready", "()", host_nothing, NULL);
    return fixture_instance(f, BYTES(fuel_wasm));
}

/* What each run costs, as include/wisp/wasm.h says. */
static const struct {
    const char *name;
    int32_t arg;
    uint64_t cost;
} costs[] = {
    {"empty", 0, 1},           {"loop", 1, 1}, /* 6 instructions, no jump back */
    {"loop", 1000, 1000},                      /* 999 jumps back in a body of 5 instructions */
    {"wide_loop", 1, 2},                       /* 17 instructions */
    {"wide_loop", 1000, 2000},                 /* and 16 in the loop */
    {"fill", 1023, 1},         {"fill", 1024, 2},      {"fill", 131072, 129},
    {"table_fill", 63, 1},     {"table_fill", 200, 4},
};

static void a_run_costs_what_the_header_says(void **state)
{
    (void)state;
    fixture f;
    wisp_instance *instance = init(&f, NULL);
    for (size_t i = 0; i < sizeof costs / sizeof costs[0]; i++) {
        wisp_store_set_fuel(f.store, 1000000);
        assert_int_equal(fixture_run(&f, instance, costs[i].name, costs[i].arg), WISP_OK);
        assert_int_equal(1000000 - wisp_store_fuel(f.store), costs[i].cost);
    }
    fixture_deinit(&f);
}

static void one_unit_less_than_the_cost_is_too_little(void **state)
{
    (void)state;
    fixture f;
    wisp_instance *instance = init(&f, NULL);
    for (size_t i = 0; i < sizeof costs / sizeof costs[0]; i++) {
        wisp_store_set_fuel(f.store, costs[i].cost);
        assert_int_equal(fixture_run(&f, instance, costs[i].name, costs[i].arg), WISP_OK);
        assert_int_equal(wisp_store_fuel(f.store), 0);
        wisp_store_set_fuel(f.store, costs[i].cost - 1);
        assert_int_equal(fixture_run(&f, instance, costs[i].name, costs[i].arg), WISP_TRAP);
        assert_int_equal(wisp_store_trap(f.store)->code, WISP_TRAP_FUEL);
        assert_int_equal(wisp_store_fuel(f.store), 0);
    }
    fixture_deinit(&f);
}

static void unlimited_fuel_stays_so(void **state)
{
    (void)state;
    fixture f;
    wisp_instance *instance = init(&f, NULL);
    assert_int_equal(fixture_run(&f, instance, "loop", 100000), WISP_OK);
    assert_true(wisp_store_fuel(f.store) == WISP_FUEL_UNLIMITED);
    fixture_deinit(&f);
}

static void fuel_of_the_configuration_is_the_first(void **state)
{
    (void)state;
    wisp_store_config config = {.fuel = 50};
    fixture f;
    wisp_instance *instance = init(&f, &config);
    assert_int_equal(wisp_store_fuel(f.store), 50);
    assert_int_equal(fixture_run(&f, instance, "forever", 0), WISP_TRAP);
    assert_int_equal(wisp_store_trap(f.store)->code, WISP_TRAP_FUEL);
    fixture_deinit(&f);
}

/* ------------------------------------------------------------------ interruption */

static wisp_status host_interrupt(void *user, wisp_instance *caller, const wisp_value *args,
                                  wisp_value *results, wisp_error *err)
{
    (void)user;
    (void)args;
    (void)results;
    (void)err;
    wisp_store_set_fuel(wisp_instance_store(caller), 10000);
    wisp_store_interrupt(wisp_instance_store(caller));
    return WISP_OK;
}

static void an_interruption_comes_within_a_few_thousand_units(void **state)
{
    (void)state;
    fixture f;
    fixture_init(&f, NULL);
    fixture_offer(&f, "ready", "()", host_interrupt, NULL);
    wisp_instance *instance = fixture_instance(&f, BYTES(fuel_wasm));
    assert_int_equal(fixture_run(&f, instance, "forever", 0), WISP_TRAP);
    assert_int_equal(wisp_store_trap(f.store)->code, WISP_TRAP_INTERRUPTED);
    assert_true(wisp_store_fuel(f.store) > 4000);
    fixture_deinit(&f);
}

typedef struct watcher {
    wisp_store *store;
    atomic_bool is_running;
} watcher;

static wisp_status host_ready(void *user, wisp_instance *caller, const wisp_value *args,
                              wisp_value *results, wisp_error *err)
{
    watcher *w = user;
    (void)caller;
    (void)args;
    (void)results;
    (void)err;
    atomic_store(&w->is_running, true);
    return WISP_OK;
}

static void *interrupt_once_running(void *user)
{
    watcher *w = user;
    while (!atomic_load(&w->is_running))
        continue;
    wisp_store_interrupt(w->store);
    return NULL;
}

static void another_thread_interrupts_an_endless_loop(void **state)
{
    (void)state;
    fixture f;
    watcher w = {0};
    pthread_t thread;
    fixture_init(&f, NULL);
    fixture_offer(&f, "ready", "()", host_ready, &w);
    w.store = f.store;
    wisp_instance *instance = fixture_instance(&f, BYTES(fuel_wasm));
    assert_int_equal(pthread_create(&thread, NULL, interrupt_once_running, &w), 0);
    assert_int_equal(fixture_run(&f, instance, "forever", 0), WISP_TRAP);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_int_equal(wisp_store_trap(f.store)->code, WISP_TRAP_INTERRUPTED);
    assert_int_equal(fixture_run(&f, instance, "empty", 0), WISP_OK);
    fixture_deinit(&f);
}

static void an_interruption_while_nothing_runs_stops_the_next_call(void **state)
{
    (void)state;
    fixture f;
    wisp_instance *instance = init(&f, NULL);
    wisp_store_interrupt(f.store);
    assert_int_equal(fixture_run(&f, instance, "empty", 0), WISP_TRAP);
    assert_int_equal(wisp_store_trap(f.store)->code, WISP_TRAP_INTERRUPTED);
    assert_int_equal(wisp_store_trap(f.store)->frame_count, 0);
    assert_int_equal(fixture_run(&f, instance, "empty", 0), WISP_OK);
    fixture_deinit(&f);
}

/* ------------------------------------------------------------------ threads */

enum { THREADS = 4 };

/* Runs and traps in a store of the thread's own. */
static void *use_module(void *user)
{
    wisp_module *module = user;
    for (int i = 0; i < 20; i++) {
        fixture f;
        wisp_instance *instance;
        fixture_init(&f, NULL);
        fixture_offer(&f, "host", "()", host_nothing, NULL);
        if (wisp_instance_new(f.store, module, f.linker, &instance, &f.err) != WISP_OK ||
            fixture_run(&f, instance, "unreachable", 0) != WISP_TRAP ||
            wisp_store_trap(f.store)->frames[0].offset != 0xfa)
            return NULL;
        fixture_deinit(&f);
    }
    return module;
}

static void threads_share_a_module(void **state)
{
    (void)state;
    wisp_module *module;
    pthread_t threads[THREADS];
    void *result;
    assert_int_equal(wisp_module_new(NULL, BYTES(traps_wasm), &module, NULL), WISP_OK);
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, use_module, module), 0);
    for (int i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_join(threads[i], &result), 0);
        assert_ptr_equal(result, module);
    }
    wisp_module_free(module);
}

/* ------------------------------------------------------------------ limits */

static void the_stack_is_as_deep_as_configured(void **state)
{
    (void)state;
    static const uint32_t sizes[] = {1024, 64 * 1024, 1024 * 1024};
    uint32_t last = 0;
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        wisp_store_config config = {.stack_size = sizes[i]};
        fixture f;
        fixture_init(&f, &config);
        fixture_offer(&f, "host", "()", host_nothing, NULL);
        wisp_instance *instance = fixture_instance(&f, BYTES(traps_wasm));
        assert_int_equal(fixture_run(&f, instance, "recurse", 0), WISP_TRAP);
        const wisp_trap *trap = wisp_store_trap(f.store);
        assert_int_equal(trap->code, WISP_TRAP_STACK);
        assert_true(trap->depth > last);
        assert_true(trap->depth <= sizes[i] / sizeof(void *));
        last = trap->depth;
        fixture_deinit(&f);
    }
}

static void all_memories_together_stay_within_the_limit(void **state)
{
    (void)state;
    wisp_store_config config = {.memory_max = 2 * WISP_PAGE_SIZE};
    fixture f;
    fixture_init(&f, &config);
    fixture_offer(&f, "host", "()", host_nothing, NULL);
    wisp_instance *instance;
    wisp_module *big = fixture_module(&f, BYTES(big_memory_wasm));
    assert_int_equal(wisp_instance_new(f.store, big, NULL, &instance, &f.err), WISP_LIMIT);
    instance = fixture_instance(&f, BYTES(traps_wasm));
    assert_int_equal(fixture_call(&f, instance, "grow", 1), 1);
    assert_int_equal(fixture_call(&f, instance, "grow", 0), 2);
    assert_int_equal(fixture_call(&f, instance, "grow", 1), -1);
    wisp_memory *memory;
    wisp_limits one = {1, 1};
    assert_int_equal(wisp_memory_new(f.store, one, &memory, &f.err), WISP_LIMIT);
    fixture_deinit(&f);
}

static void a_failed_instance_gives_back_what_it_took(void **state)
{
    (void)state;
    wisp_store_config config = {.memory_max = 1, .table_max = 2};
    fixture f;
    fixture_init(&f, &config);
    fixture_offer(&f, "host", "()", host_nothing, NULL);
    wisp_instance *instance;
    wisp_table *table;
    wisp_limits two = {2, 2};
    wisp_module *module = fixture_module(&f, BYTES(traps_wasm));
    for (int i = 0; i < 3; i++) {
        assert_int_equal(wisp_instance_new(f.store, module, f.linker, &instance, &f.err),
                         WISP_LIMIT);
        assert_true(words_are(f.err.text, "a memory of 65536 bytes, the store has 1 left"));
    }
    assert_int_equal(wisp_table_new(f.store, WISP_FUNCREF, two, &table, &f.err), WISP_OK);
    fixture_deinit(&f);
}

static void all_tables_together_stay_within_the_limit(void **state)
{
    (void)state;
    wisp_store_config config = {.table_max = 5};
    fixture f;
    fixture_init(&f, &config);
    wisp_table *table;
    wisp_limits four = {4, UINT64_MAX}, two = {2, 2};
    assert_int_equal(wisp_table_new(f.store, WISP_FUNCREF, four, &table, &f.err), WISP_OK);
    assert_int_equal(wisp_table_new(f.store, WISP_FUNCREF, two, &table, &f.err), WISP_LIMIT);
    assert_true(words_are(f.err.text, "a table of 2 elements, the store has 1 left"));
    fixture_deinit(&f);
}

static void note_end(void *user)
{
    char **at = user;
    *(*at)++ = 'a';
}

static void note_other_end(void *user)
{
    char **at = user;
    *(*at)++ = 'b';
}

static void what_belongs_to_a_store_ends_with_it(void **state)
{
    (void)state;
    wisp_store *store;
    char ends[3] = "", *at = ends;
    assert_int_equal(wisp_store_new(NULL, &store, NULL), WISP_OK);
    assert_int_equal(wisp_store_at_free(store, note_end, &at, NULL), WISP_OK);
    assert_int_equal(wisp_store_at_free(store, note_other_end, &at, NULL), WISP_OK);
    assert_string_equal(ends, "");
    wisp_store_free(store);
    assert_string_equal(ends, "ba");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_run_costs_what_the_header_says),
        cmocka_unit_test(one_unit_less_than_the_cost_is_too_little),
        cmocka_unit_test(unlimited_fuel_stays_so),
        cmocka_unit_test(fuel_of_the_configuration_is_the_first),
        cmocka_unit_test(an_interruption_comes_within_a_few_thousand_units),
        cmocka_unit_test(another_thread_interrupts_an_endless_loop),
        cmocka_unit_test(an_interruption_while_nothing_runs_stops_the_next_call),
        cmocka_unit_test(threads_share_a_module),
        cmocka_unit_test(the_stack_is_as_deep_as_configured),
        cmocka_unit_test(all_memories_together_stay_within_the_limit),
        cmocka_unit_test(a_failed_instance_gives_back_what_it_took),
        cmocka_unit_test(all_tables_together_stay_within_the_limit),
        cmocka_unit_test(what_belongs_to_a_store_ends_with_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
