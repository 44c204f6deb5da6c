#include <stdlib.h>

#include "../words.h"
#include "fixture.h"
#include "modules_lazy.h"
#include "wasm/module.h"

/* Functions that are compiled when they are called. The tests of calls, traps and exceptions run
 * on lazily loaded modules as well (meson.build). */

enum {
    LEAF = 1,
    DIRECT,
    INDIRECT,
    EVEN,
    ODD,
    OUT,
    BAD,
    CALLS_BAD,
    WIDE,
    BEGIN,
    BEGUN,
    FUNCTIONS
};

static wisp_module *load(const wisp_module_config *config)
{
    wisp_module *module = NULL;
    wisp_error err;
    assert_int_equal(wisp_module_load(config, BYTES(lazy_wasm), &module, &err), WISP_OK);
    return module;
}

/* The fixture's module, loaded lazily, in an instance. */
static wisp_instance *init(fixture *f, const wisp_store_config *config)
{
    wisp_instance *instance = NULL;
    fixture_init(f, config);
    fixture_offer(f, "host", "(i)i", host_nothing, NULL);
    f->modules[f->module_count++] = load(&(wisp_module_config){.lazy = true});
    assert_int_equal(wisp_instance_new(f->store, f->modules[0], f->linker, &instance, &f->err),
                     WISP_OK);
    return instance;
}

/* Of the functions of [module], as bits: those that are compiled. */
static uint32_t compiled(const wisp_module *module)
{
    uint32_t set = 0;
    for (uint32_t i = LEAF; i < FUNCTIONS; i++)
        if (wisp_function_code(&module->functions[i])->frame_size != UINT32_MAX)
            set |= 1u << i;
    return set;
}

/* The same as fixture_call for what fails. */
static void assert_traps(fixture *f, wisp_instance *instance, const char *name, int32_t arg,
                         wisp_trap_code code)
{
    wisp_value value = wisp_i32(arg), result;
    assert_int_equal(wisp_call_export(instance, name, &value, 1, &result, 1, &f->err), WISP_TRAP);
    assert_int_equal(wisp_store_trap(f->store)->code, code);
}

static void a_function_is_compiled_by_its_first_call_whatever_calls_it(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        int32_t arg, result;
        uint32_t set; /* what is compiled then, besides BEGIN */
    } cases[] = {
        {"leaf", 1, 2, 1u << LEAF},
        {"direct", 1, 2, 1u << DIRECT | 1u << LEAF},
        {"indirect", 0, 1, 1u << INDIRECT | 1u << LEAF},
        {"indirect", 1, 1, 1u << INDIRECT | 1u << ODD | 1u << EVEN},
        {"even", 0, 1, 1u << EVEN},
        {"even", 7, 0, 1u << EVEN | 1u << ODD},
        {"out", 1, 0, 1u << OUT},
        {"begun", 0, 5, 1u << BEGUN},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        fixture f;
        wisp_instance *instance = init(&f, NULL);
        assert_int_equal(compiled(f.modules[0]), 1u << BEGIN);
        for (int round = 0; round < 2; round++) {
            assert_int_equal(fixture_call(&f, instance, cases[i].name, cases[i].arg),
                             cases[i].result);
            assert_int_equal(compiled(f.modules[0]), cases[i].set | 1u << BEGIN);
        }
        fixture_deinit(&f);
    }
}

static void a_body_at_fault_ends_the_call_with_the_words_of_loading(void **state)
{
    (void)state;
    fixture f;
    wisp_instance *instance = init(&f, NULL);
    wisp_module *none = NULL;
    wisp_error eager;
    assert_int_equal(wisp_module_new(NULL, BYTES(lazy_wasm), &none, &eager), WISP_MISMATCH);
    for (int round = 0; round < 2; round++) {
        assert_traps(&f, instance, "calls_bad", 1, WISP_TRAP_BODY);
        const wisp_trap *trap = wisp_store_trap(f.store);
        assert_true(words_are(trap->text, eager.text));
        assert_true(words_are(f.err.text, eager.text));
        assert_int_equal(f.err.offset, eager.offset);
        assert_int_equal(trap->frame_count, 2);
        assert_int_equal(trap->frames[0].func_index, BAD);
        assert_int_equal(trap->frames[0].offset, eager.offset);
        assert_int_equal(trap->frames[1].func_index, CALLS_BAD);
        assert_string_equal(trap->frames[1].func_name, "calls_bad");
        assert_int_not_equal(trap->frames[1].offset, 0);
    }
    assert_traps(&f, instance, "indirect", 2, WISP_TRAP_BODY);
    assert_string_equal(wisp_store_trap(f.store)->text, eager.text);
    assert_int_equal(fixture_call(&f, instance, "direct", 1), 2);
    fixture_deinit(&f);
}

static void functions_can_be_compiled_before_they_are_called(void **state)
{
    (void)state;
    wisp_module *module = load(&(wisp_module_config){.lazy = true}), *none = NULL;
    wisp_error eager, err;
    assert_int_equal(wisp_module_new(NULL, BYTES(lazy_wasm), &none, &eager), WISP_MISMATCH);
    assert_int_equal(compiled(module), 0);
    for (uint32_t i = 0; i < FUNCTIONS; i++)
        assert_int_equal(wisp_module_compile(module, i, &err),
                         i == BAD ? WISP_MISMATCH : WISP_OK);
    assert_int_equal(compiled(module), ((1u << FUNCTIONS) - 1) & ~(1u << BAD | 1u));
    assert_int_equal(wisp_module_compile(module, BAD, &err), WISP_MISMATCH);
    assert_string_equal(err.text, eager.text);
    assert_int_equal(err.offset, eager.offset);
    assert_int_equal(wisp_module_compile(module, FUNCTIONS, &err), WISP_INVALID);
    wisp_module_free(module);
}

static void features_are_known_when_they_have_been_compiled(void **state)
{
    (void)state;
    wisp_error err;
    wisp_module *module = load(&(wisp_module_config){.lazy = true});
    assert_false(wisp_module_features(module) & WISP_FEATURE_TAIL_CALLS);
    assert_int_equal(wisp_module_compile(module, EVEN, NULL), WISP_OK);
    assert_true(wisp_module_features(module) & WISP_FEATURE_TAIL_CALLS);
    wisp_module_free(module);
    module = load(&(wisp_module_config){.lazy = true, .deny = WISP_FEATURE_TAIL_CALLS});
    assert_int_equal(wisp_module_compile(module, EVEN, &err), WISP_UNSUPPORTED);
    assert_int_equal(wisp_module_compile(module, LEAF, &err), WISP_OK);
    wisp_module_free(module);
}

/* ------------------------------------------------------------------ memory */

typedef struct miser {
    size_t live; /* bytes */
    bool refuses;
} miser;

static void *give(void *user, void *old, size_t old_size, size_t new_size)
{
    miser *m = user;
    if (new_size > old_size && m->refuses)
        return NULL;
    m->live += new_size - old_size;
    if (new_size != 0)
        return realloc(old, new_size);
    free(old);
    return NULL;
}

static void a_refused_allocation_is_tried_again(void **state)
{
    (void)state;
    fixture f;
    miser m = {0};
    wisp_allocator allocator = {give, &m};
    wisp_instance *instance = NULL;
    fixture_init(&f, NULL);
    fixture_offer(&f, "host", "(i)i", host_nothing, NULL);
    wisp_module *module = load(&(wisp_module_config){.allocator = &allocator, .lazy = true});
    assert_int_equal(wisp_instance_new(f.store, module, f.linker, &instance, &f.err), WISP_OK);
    m.refuses = true; /* and so many locals want more than there is */
    assert_int_equal(wisp_module_compile(module, WIDE, &f.err), WISP_NO_MEMORY);
    assert_traps(&f, instance, "wide", 1, WISP_TRAP_BODY);
    assert_true(words_say(f.err.text, "memory"));
    m.refuses = false;
    assert_int_equal(fixture_call(&f, instance, "wide", 1), 2);
    fixture_deinit(&f);
    wisp_module_free(module);
    assert_int_equal(m.live, 0);
}

/* ------------------------------------------------------------------ what a call takes */

static void compiling_costs_no_fuel(void **state)
{
    (void)state;
    fixture f;
    wisp_instance *instance = init(&f, &(wisp_store_config){.fuel = 1000});
    uint64_t costs[2];
    for (int round = 0; round < 2; round++) {
        uint64_t before = wisp_store_fuel(f.store);
        assert_int_equal(fixture_call(&f, instance, "even", 5), 0);
        costs[round] = before - wisp_store_fuel(f.store);
    }
    assert_int_equal(costs[0], 6);
    assert_int_equal(costs[1], costs[0]);
    fixture_deinit(&f);
}

static void a_frame_that_does_not_fit_is_found_when_it_is_known(void **state)
{
    (void)state;
    fixture f;
    wisp_instance *instance = init(&f, &(wisp_store_config){.stack_size = 2048});
    for (int round = 0; round < 2; round++)
        assert_traps(&f, instance, "wide", 1, WISP_TRAP_STACK);
    assert_int_equal(fixture_call(&f, instance, "direct", 1), 2);
    fixture_deinit(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_function_is_compiled_by_its_first_call_whatever_calls_it),
        cmocka_unit_test(a_body_at_fault_ends_the_call_with_the_words_of_loading),
        cmocka_unit_test(functions_can_be_compiled_before_they_are_called),
        cmocka_unit_test(features_are_known_when_they_have_been_compiled),
        cmocka_unit_test(a_refused_allocation_is_tried_again),
        cmocka_unit_test(compiling_costs_no_fuel),
        cmocka_unit_test(a_frame_that_does_not_fit_is_found_when_it_is_known),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
