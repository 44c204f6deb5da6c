#include "world.h"

#include <string.h>

/* What patches do: call, change, look and write. */

static void a_function_is_replaced_and_put_back(void **state)
{
    (void)state;
    wisp_patcher *patcher = world_open(NULL);
    world_recipe recipe = {.module = FIX(add),
                           .functions = {{"add", "(ii)i", AT(add)}},
                           .natives = {{"original", "add", "(ii)i", NULL}}};
    assert_int_equal(add(1, 2), 3);
    world_apply_recipe(patcher, &recipe);
    assert_int_equal(add(1, 2), 4001); /* its argument and its result are others */
    assert_int_equal(add(-1, 2), 2002);
    assert_int_equal(world_stats(patcher, "add").calls, 2);
    assert_int_equal(world_stats(patcher, "add").faults, 0);
    assert_int_equal(wisp_patcher_remove(patcher, NULL), WISP_OK);
    assert_int_equal(add(1, 2), 3);
    world_apply_recipe(patcher, &recipe); /* which needs the text as it was */
    assert_int_equal(add(1, 2), 4001);
    world_close(patcher);
    assert_int_equal(add(1, 2), 3);
}

static world_recipe calls(void)
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
                    {"system", "snprintf#print_number", "(pLzi)i", NULL}},
        .globals = {{"g_discount", &g_discount, sizeof g_discount}},
    };
}

static wisp_patcher *open_calls(void)
{
    static const wisp_patcher_config config = {.grant_max = WISP_PATCH_GRANT_PROCESS};
    world_recipe recipe = calls();
    wisp_patcher *patcher = world_open(&config);
    world_apply_recipe(patcher, &recipe);
    return patcher;
}

static void a_patch_reaches_all_of_the_program(void **state)
{
    (void)state;
    wisp_patcher *patcher = open_calls();
    order second = {5, 2, 100, NULL, "second"}, one = {4, 10, 10, &second, "one"};
    g_discount = 10;
    assert_true(order_total(&one, 0.5) == 150 + 300); /* its original was called twice */
    assert_string_equal(one.name, "no. 4");           /* snprintf wrote, rename_order copied */
    assert_int_equal(one.quantity, 15);
    assert_int_equal(g_discount, 15);
    one.quantity = -1;
    assert_true(order_total(&one, 0.5) == 0);
    assert_int_equal(world_stats(patcher, "order_total").calls, 2);
    assert_int_equal(world_stats(patcher, "order_total").faults, 0);
    world_close(patcher);
    g_discount = 10;
}

static void pointers_to_its_own_memory_go_out(void **state)
{
    (void)state;
    wisp_patcher *patcher = open_calls();
    assert_int_equal(length_of("seven77"), 704);
    world_close(patcher);
}

static void the_original_may_call_the_patched_function_again(void **state)
{
    (void)state;
    wisp_patcher *patcher = open_calls();
    assert_int_equal(depth_of(0), 1);
    assert_int_equal(depth_of(20), 20 + 21);
    assert_int_equal(world_stats(patcher, "depth_of").calls, 22);
    world_close(patcher);
}

static void a_recursion_that_is_too_deep_ends_in_originals(void **state)
{
    (void)state;
    enum { DEEP = 2000 };
    wisp_patcher *patcher = open_calls();
    int32_t depth = depth_of(DEEP);
    wisp_patch_stats stats = world_stats(patcher, "depth_of");
    assert_int_equal(depth, DEEP + (int32_t)stats.calls);
    assert_true(stats.calls > 50 && stats.calls < DEEP);
    assert_int_equal(stats.calls + stats.skipped, DEEP + 1);
    assert_int_equal(stats.faults, 0);
    assert_int_equal(depth_of(1), 3); /* and it goes on */
    world_close(patcher);
}

static void structs_go_by_value_and_arguments_on_the_stack(void **state)
{
    (void)state;
    wisp_patcher *patcher = world_open(NULL);
    crate ones = {{1, 1, 1, 1, 1, 1, 1, 1}};
    const char *signature = "(lilslClidl)l";
    const char *crates = "(l{64,8:0l8l16l24l32l40l48l56l}){64,8:0l8l16l24l32l40l48l56l}";
    world_apply_recipe(patcher,
                       &(world_recipe){
                           .module = FIX(shapes),
                           .functions = {{"swap", "({16,8:0l8l}){16,8:0l8l}", AT(swap)},
                                         {"fill", crates, AT(fill)},
                                         {"sum_of_ten", signature, AT(sum_of_ten)}},
                           .natives = {{"original", "swap", "({16,8:0l8l}){16,8:0l8l}", NULL},
                                       {"original", "fill", crates, NULL},
                                       {"original", "sum_of_ten", signature, NULL}},
                       });
    pair swapped = swap((pair){7, 8});
    assert_true(swapped.left == 8 && swapped.right == 71);
    crate filled = fill(5, ones);
    assert_true(filled.items[0] == 1011 && filled.items[1] == 12 && filled.items[6] == 17 &&
                filled.items[7] == -1);
    assert_true(ones.items[0] == 1);
    assert_true(sum_of_ten(1, -2, 3, -4, 5, 6, 7, 8, 9.5, 10) ==
                2 * (1 - 2 + 3 - 4 + 5 + 6 + 7 + 8 + 19 + 100));
    world_close(patcher);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_function_is_replaced_and_put_back),
        cmocka_unit_test(a_patch_reaches_all_of_the_program),
        cmocka_unit_test(pointers_to_its_own_memory_go_out),
        cmocka_unit_test(the_original_may_call_the_patched_function_again),
        cmocka_unit_test(a_recursion_that_is_too_deep_ends_in_originals),
        cmocka_unit_test(structs_go_by_value_and_arguments_on_the_stack),
    };
    world_merge_sleds();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
