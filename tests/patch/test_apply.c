#include "world.h"

#include <pthread.h>
#include <semaphore.h>
#include <string.h>

#include "ration.h"

/* What is applied and what is refused, and that nothing is left of either. */

static world_recipe good(void)
{
    return (world_recipe){
        .module = FIX(inside),
        .functions = {{"with_callback", "(pp)i", AT(with_callback)}},
        .natives = {{"original", "with_callback", "(pp)i", NULL}},
    };
}

static wisp_status apply(wisp_patcher *patcher, const world_recipe *recipe, wisp_error *err)
{
    wisp_bytes patch = world_patch(recipe);
    wisp_status checked = wisp_patcher_check(patcher, patch, NULL);
    wisp_status status = wisp_patcher_apply(patcher, patch, err);
    assert_int_equal(checked, status);
    world_discard(patch);
    return status;
}

/* ------------------------------------------------------------------ refusals */

static void another_build(wisp_patch_manifest *m)
{
    static const uint8_t id[] = {1, 2, 3, 4};
    m->build_id = (wisp_bytes){id, sizeof id};
}

static void another_machine(wisp_patch_manifest *m)
{
    m->machine = 8;
}

static void other_text(wisp_patch_manifest *m)
{
    static uint8_t entry[12];
    memcpy(entry, m->functions[0].entry.data, sizeof entry);
    entry[11] ^= 1;
    m->functions[0].entry.data = entry;
}

static void an_address_outside(wisp_patch_manifest *m)
{
    m->functions[0].address = 1 << 30;
}

static void a_function_twice(wisp_patch_manifest *m)
{
    m->functions[m->function_count++] = m->functions[0];
}

static void a_missing_export(wisp_patch_manifest *m)
{
    m->functions[0].export = "nobody";
}

static void another_type(wisp_patch_manifest *m)
{
    m->functions[0].signature = m->natives[0].signature = "(pd)i";
}

static void another_type_of_an_import(wisp_patch_manifest *m)
{
    m->natives[0].signature = "(pp)d";
}

static void no_signature(wisp_patch_manifest *m)
{
    m->functions[0].signature = "(?)";
}

static void an_import_that_is_not_listed(wisp_patch_manifest *m)
{
    m->native_count = 0;
}

static void an_original_that_is_not_replaced(wisp_patch_manifest *m)
{
    m->natives[0].name = "spare";
}

static void a_missing_library_function(wisp_patch_manifest *m)
{
    m->natives[m->native_count++] =
        (wisp_patch_native){.module = "system", .name = "no_such_function", .signature = "()"};
}

static void a_native_in_data(wisp_patch_manifest *m)
{
    m->natives[m->native_count] = m->natives[0];
    m->natives[m->native_count].module = "program";
    m->natives[m->native_count++].address = 1 << 30;
}

static void a_variable_outside(wisp_patch_manifest *m)
{
    m->globals[m->global_count++] = (wisp_patch_global){"g", 1 << 30, 4};
}

static void too_large_a_grant(wisp_patch_manifest *m)
{
    m->grant = WISP_PATCH_GRANT_PROCESS;
}

static void what_does_not_fit_is_refused_and_changes_nothing(void **state)
{
    (void)state;
    static const struct {
        void (*spoil)(wisp_patch_manifest *manifest);
        wisp_status status;
        const char *text;
    } cases[] = {
        {another_build, WISP_MISMATCH, "build-id"},
        {another_machine, WISP_MISMATCH, "machine 8"},
        {other_text, WISP_MISMATCH, ""},
        {an_address_outside, WISP_MISMATCH, ""},
        {a_function_twice, WISP_MALFORMED, "twice"},
        {a_missing_export, WISP_MALFORMED, "'nobody'"},
        {another_type, WISP_MISMATCH, "'with_callback'"},
        {another_type_of_an_import, WISP_MISMATCH, "(pp)d"},
        {no_signature, WISP_MALFORMED, "with_callback"},
        {an_import_that_is_not_listed, WISP_MALFORMED, "does not list"},
        {an_original_that_is_not_replaced, WISP_MALFORMED, "'spare'"},
        {a_missing_library_function, WISP_NOT_FOUND, "'no_such_function'"},
        {a_native_in_data, WISP_MISMATCH, "with_callback"},
        {a_variable_outside, WISP_MALFORMED, "'g'"},
        {too_large_a_grant, WISP_UNTRUSTED, "'process'"},
    };
    uint8_t before[16];
    memcpy(before, AT(with_callback), sizeof before);
    wisp_patcher *patcher = world_open(NULL);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        wisp_error err = {0};
        world_recipe recipe = good();
        recipe.spoil = cases[i].spoil;
        assert_int_equal(apply(patcher, &recipe, &err), cases[i].status);
        assert_int_equal(err.status, cases[i].status);
        if (!strstr(err.text, cases[i].text))
            fail_msg("'%s' without '%s'", err.text, cases[i].text);
        assert_memory_equal(before, AT(with_callback), sizeof before);
    }
    world_close(patcher);
}

static void what_is_no_patch_is_refused(void **state)
{
    (void)state;
    static const uint8_t nothing[] = {0, 'a', 's', 'm', 1, 0, 0, 0};
    wisp_patcher *patcher = world_open(NULL);
    wisp_bytes garbage = {nothing + 1, 7}, empty = {nothing, 8}, none = {NULL, 0};
    assert_int_equal(wisp_patcher_apply(patcher, garbage, NULL), WISP_MALFORMED);
    assert_int_equal(wisp_patcher_apply(patcher, none, NULL), WISP_MALFORMED);
    assert_int_equal(wisp_patcher_apply(patcher, empty, NULL), WISP_MALFORMED);
    world_close(patcher);
}

static void a_refused_patch_leaves_the_one_before(void **state)
{
    (void)state;
    wisp_bytes first = world_patch(
        &(world_recipe){.module = FIX(two),
                        .functions = {{"left", "()i", AT(left)}, {"right", "()i", AT(right)}}});
    world_recipe other = good();
    other.spoil = a_missing_export;
    wisp_patcher *patcher = world_open(NULL);
    world_apply(patcher, first);
    assert_int_equal(apply(patcher, &other, NULL), WISP_MALFORMED);
    assert_int_equal(left() + right(), 4);
    world_close(patcher);
    world_discard(first);
}

/* ------------------------------------------------------------------ policy */

static world_recipe importing(const char *name)
{
    return (world_recipe){
        .module = FIX(calls),
        .grant = WISP_PATCH_GRANT_PROCESS,
        .functions = {{"order_total", "(p40d)d", AT(order_total)},
                      {"depth_of", "(i)i", AT(depth_of)},
                      {"length_of", "(z)i", AT(length_of)}},
        .natives = {{"original", "order_total", "(p40d)d", NULL},
                    {"original", "depth_of", "(i)i", NULL},
                    {"original", "length_of", "(z)i", NULL},
                    {"program", "add", "(ii)i", AT(add)},
                    {"program", "hidden", "(i)i", AT(hidden_function)},
                    {"program", "rename_order", "(p40z)", AT(rename_order)},
                    {"system", "strlen", "(z)L", NULL},
                    {"system", name, "(pLzi)i", NULL}},
        .globals = {{"g_discount", &g_discount, sizeof g_discount}},
    };
}

static bool deny_strlen(void *user, const wisp_patch_import *import)
{
    *(uint32_t *)user += 1;
    return strcmp(import->module, "system") != 0 || strcmp(import->name, "strlen") != 0;
}

static void the_program_decides_what_patches_import(void **state)
{
    (void)state;
    uint32_t asked = 0;
    wisp_error err = {0};
    wisp_patcher_config config = {
        .grant_max = WISP_PATCH_GRANT_PROCESS, .allow = deny_strlen, .user = &asked};
    world_recipe recipe = importing("snprintf#print_number");
    wisp_patcher *patcher = world_open(&config);
    wisp_status status = apply(patcher, &recipe, &err);
    assert_int_equal(status, WISP_UNTRUSTED);
    assert_non_null(strstr(err.text, "'system'.'strlen'"));
    assert_true(asked > 0);
    world_close(patcher);
    config.allow = NULL;
    patcher = world_open(&config);
    assert_int_equal(apply(patcher, &recipe, NULL), WISP_OK);
    world_close(patcher);
}

/* ------------------------------------------------------------------ memory */

static int32_t give_five(void *user)
{
    (void)user;
    return 5;
}

enum { MILLION = 1000000 /* what fixes/inside.c counts up to */ };

static void refused_memory_refuses_the_patch(void **state)
{
    (void)state;
    ration r = {0};
    wisp_allocator allocator = ration_allocator(&r);
    wisp_patcher_config config = {.allocator = &allocator};
    world_recipe recipe = good();
    wisp_patcher *patcher = world_open(&config);
    wisp_bytes patch = world_patch(&recipe);
    int64_t held = r.live;
    wisp_status status = WISP_NO_MEMORY;
    uint64_t n = 0;
    while (status) {
        ration_refuse(&r, ++n);
        status = wisp_patcher_apply(patcher, patch, NULL);
        assert_int_equal(status, ration_struck(&r) ? WISP_NO_MEMORY : WISP_OK);
        assert_true(status == WISP_OK || r.live == held);
        assert_int_equal(with_callback(give_five, NULL), status ? 6 : 6 * MILLION + 1);
    }
    assert_true(n > 20);
    world_close(patcher);
    assert_int_equal(r.live, 0);
    world_discard(patch);
}

static void *call_it(void *result)
{
    *(int32_t *)result = with_callback(give_five, NULL);
    return NULL;
}

/* A second thread, while the first has the seat that the patch was tried with. */
static void refused_memory_of_a_new_thread_runs_the_original(void **state)
{
    (void)state;
    ration r = {0};
    wisp_allocator allocator = ration_allocator(&r);
    wisp_patcher_config config = {.allocator = &allocator};
    world_recipe recipe = good();
    wisp_patcher *patcher = world_open(&config);
    world_apply_recipe(patcher, &recipe);
    assert_int_equal(with_callback(give_five, NULL), 6 * MILLION + 1);
    int32_t result = 6;
    uint64_t n = 0;
    while (result == 6) {
        pthread_t thread;
        ration_refuse(&r, ++n);
        pthread_create(&thread, NULL, call_it, &result);
        pthread_join(thread, NULL);
        assert_int_equal(result, ration_struck(&r) ? 6 : 6 * MILLION + 2);
    }
    ration_refuse(&r, 0);
    assert_true(n > 5);
    assert_int_equal(world_stats(patcher, "with_callback").skipped, n - 1);
    world_close(patcher);
    assert_int_equal(r.live, 0);
}

static void ten_thousand_rounds_leave_nothing(void **state)
{
    (void)state;
    enum { ROUNDS = 10000 };
    ration r = {0};
    wisp_allocator allocator = ration_allocator(&r);
    wisp_patcher_config config = {.allocator = &allocator};
    world_recipe recipe = good();
    wisp_bytes patch = world_patch(&recipe);
    uint8_t before[16];
    memcpy(before, AT(with_callback), sizeof before);
    wisp_patcher *patcher = world_open(&config);
    int64_t held = r.live;
    for (int i = 0; i < ROUNDS; i++) {
        world_apply(patcher, patch);
        assert_int_equal(with_callback(give_five, NULL), 6 * MILLION + 1);
        assert_int_equal(wisp_patcher_remove(patcher, NULL), WISP_OK);
        assert_int_equal(r.live, held);
    }
    assert_memory_equal(before, AT(with_callback), sizeof before);
    world_close(patcher);
    world_discard(patch);
}

/* ------------------------------------------------------------------ from inside of Wisp */

static void *ask_program(void *user, void *old, size_t old_size, size_t new_size)
{
    (void)user;
    if (new_size == 0) {
        own_free(old);
        return NULL;
    }
    void *block = own_malloc(new_size);
    if (block && old)
        memcpy(block, old, old_size < new_size ? old_size : new_size);
    if (block)
        own_free(old);
    return block;
}

static void a_patched_allocator_serves_wisp_by_its_original(void **state)
{
    (void)state;
    static const wisp_allocator allocator = {ask_program, NULL};
    wisp_patcher_config config = {.allocator = &allocator};
    wisp_patcher *patcher = world_open(&config);
    wisp_bytes patch =
        world_patch(&(world_recipe){.module = FIX(allocator),
                                    .functions = {{"own_malloc", "(L)p", AT(own_malloc)}},
                                    .natives = {{"original", "own_malloc", "(L)p", NULL}}});
    world_apply(patcher, patch);
    uint64_t served = world_stats(patcher, "own_malloc").skipped;
    own_free(own_malloc(10));
    assert_int_equal(world_stats(patcher, "own_malloc").calls, 1);
    assert_int_equal(world_stats(patcher, "own_malloc").skipped, served); /* it has its seat */
    int32_t result = 0;
    pthread_t thread;
    pthread_create(&thread, NULL, allocate_once, &result);
    pthread_join(thread, NULL);
    assert_int_equal(result, 1);
    assert_true(world_stats(patcher, "own_malloc").skipped > served); /* it got one */
    assert_int_equal(world_stats(patcher, "own_malloc").calls, 2);
    world_apply(patcher, patch); /* which allocates as well */
    world_close(patcher);
    world_discard(patch);
}

static void there_is_one_patcher(void **state)
{
    (void)state;
    wisp_patcher *patcher = world_open(NULL), *second = NULL;
    assert_int_equal(wisp_patcher_new(NULL, &second, NULL), WISP_BUSY);
    assert_null(second);
    assert_true(wisp_patcher_write(patcher) != WISP_PATCH_WRITE_BEST);
    assert_int_equal(wisp_patcher_remove(patcher, NULL), WISP_OK); /* of nothing */
    world_close(patcher);
    assert_int_equal(wisp_patcher_free(NULL), WISP_OK);
}

/* ------------------------------------------------------------------ sleds of several parts */

static sem_t may_go;

static void *wait_there(void *user)
{
    sem_wait(&may_go);
    return user;
}

/* spare() is left as the compiler made it, gcc of several instructions, clang of one. */
static void a_sled_of_several_instructions_needs_a_single_thread(void **state)
{
    (void)state;
    pthread_t thread;
    wisp_error err = {0};
    bool is_raw = world_has_raw_sled(AT(spare));
    wisp_bytes patch = world_patch(
        &(world_recipe){.module = FIX(spare), .functions = {{"spare", "()i", AT(spare)}}});
    wisp_patcher *patcher = world_open(NULL);
    sem_init(&may_go, 0, 0);
    pthread_create(&thread, NULL, wait_there, NULL);
    assert_int_equal(wisp_patcher_apply(patcher, patch, &err), is_raw ? WISP_BUSY : WISP_OK);
    assert_true(!is_raw || strstr(err.text, "spare"));
    assert_int_equal(spare(), is_raw ? 7 : 70);
    sem_post(&may_go);
    pthread_join(thread, NULL);
    world_apply(patcher, patch);
    assert_int_equal(spare(), 70);
    world_close(patcher);
    assert_int_equal(spare(), 7);
    world_discard(patch);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_sled_of_several_instructions_needs_a_single_thread),
        cmocka_unit_test(what_does_not_fit_is_refused_and_changes_nothing),
        cmocka_unit_test(what_is_no_patch_is_refused),
        cmocka_unit_test(a_refused_patch_leaves_the_one_before),
        cmocka_unit_test(the_program_decides_what_patches_import),
        cmocka_unit_test(refused_memory_refuses_the_patch),
        cmocka_unit_test(refused_memory_of_a_new_thread_runs_the_original),
        cmocka_unit_test(ten_thousand_rounds_leave_nothing),
        cmocka_unit_test(a_patched_allocator_serves_wisp_by_its_original),
        cmocka_unit_test(there_is_one_patcher),
    };
    world_merge_sleds();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
