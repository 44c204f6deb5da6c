#include "fixture.h"

#include <stdlib.h>

void fixture_init(fixture *f, const wisp_store_config *config)
{
    memset(f, 0, sizeof *f);
    assert_int_equal(wisp_store_new(config, &f->store, &f->err), WISP_OK);
    assert_int_equal(wisp_linker_new(f->store, &f->linker, &f->err), WISP_OK);
}

void fixture_deinit(fixture *f)
{
    wisp_store_free(f->store);
    for (int i = 0; i < f->module_count; i++)
        wisp_module_free(f->modules[i]);
}

wisp_module *fixture_module(fixture *f, wisp_bytes bytes)
{
    assert_true(f->module_count < FIXTURE_MODULES_MAX);
    wisp_module **module = &f->modules[f->module_count];
    wisp_module_config config = {.lazy = getenv("WISP_TESTS_LAZY") != NULL};
    assert_int_equal(wisp_module_load(&config, bytes, module, &f->err), WISP_OK);
    f->module_count++;
    return *module;
}

wisp_instance *fixture_instance(fixture *f, wisp_bytes bytes)
{
    wisp_instance *instance = NULL;
    wisp_module *module = fixture_module(f, bytes);
    assert_int_equal(wisp_instance_new(f->store, module, f->linker, &instance, &f->err), WISP_OK);
    return instance;
}

void fixture_offer(fixture *f, const char *name, const char *signature, wisp_host_fn fn,
                   void *user)
{
    assert_int_equal(wisp_linker_add_func(f->linker, "env", name, signature, fn, user, &f->err),
                     WISP_OK);
}

static wisp_status call(fixture *f, wisp_instance *instance, const char *name, int32_t arg,
                        wisp_value *result)
{
    wisp_func *func = wisp_instance_func(instance, name);
    assert_non_null(func);
    wisp_value value = wisp_i32(arg);
    return wisp_call(func, &value, wisp_func_type(func).param_count, result, result ? 1 : 0,
                     &f->err);
}

int32_t fixture_call(fixture *f, wisp_instance *instance, const char *name, int32_t arg)
{
    wisp_value result;
    assert_int_equal(call(f, instance, name, arg, &result), WISP_OK);
    assert_int_equal(result.type, WISP_I32);
    return result.of.i32;
}

wisp_status fixture_run(fixture *f, wisp_instance *instance, const char *name, int32_t arg)
{
    return call(f, instance, name, arg, NULL);
}

wisp_status host_nothing(void *user, wisp_instance *caller, const wisp_value *args,
                         wisp_value *results, wisp_error *err)
{
    (void)user;
    (void)caller;
    (void)args;
    (void)results;
    (void)err;
    return WISP_OK;
}
