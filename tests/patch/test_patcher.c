#include "world.h"

static void a_function_is_replaced_and_put_back(void **state)
{
    (void)state;
    wisp_patcher *patcher = world_open(NULL);
    assert_int_equal(add(1, 2), 3);
    world_apply_recipe(patcher, &(world_recipe){
                                    .module = FIX(add),
                                    .functions = {{"add", "(ii)i", AT(add)}},
                                    .natives = {{"original", "add", "(ii)i", NULL}},
                                });
    assert_int_equal(add(1, 2), 4001);
    assert_int_equal(add(-1, 2), 2002);
    assert_int_equal(world_stats(patcher, "add").calls, 2);
    assert_int_equal(wisp_patcher_remove(patcher, NULL), WISP_OK);
    assert_int_equal(add(1, 2), 3);
    world_close(patcher);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_function_is_replaced_and_put_back),
    };
    world_merge_sleds();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
