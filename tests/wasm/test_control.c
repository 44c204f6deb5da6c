#include "fixture.h"
#include "modules.h"

/* Branch tables with every kind of target: near and far blocks, with and without values to
 * move, loops, and the function itself. */

static void every_branch_of_a_table_goes_to_its_own_target(void **state)
{
    (void)state;
    static const struct {
        const char *function;
        int32_t index, expected;
    } cases[] = {
        {"pick", 0, 12},    {"pick", 1, 11},    {"pick", 2, 10},    {"pick", 3, 11},
        {"pick", 4, 13},    {"pick", 5, 13},    {"pick", -1, 13},   {"carry", 0, 1115},
        {"carry", 1, 1105}, {"carry", 2, 1005}, {"carry", 3, 5},    {"carry", 4, 5},
        {"carry", -1, 5},   {"again", 1, 1},    {"again", 2, 7},    {"again", 3, 34},
        {"again", 4, 4},    {"again", 5, 19},   {"again", 9, 3097}, {"pair", 0, 259},
        {"pair", 1, 266},   {"pair", 2, 259},   {"pair", -1, 259},
    };
    fixture f;
    fixture_init(&f, NULL);
    wisp_instance *instance = fixture_instance(&f, BYTES(control_wasm));
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int32_t found = fixture_call(&f, instance, cases[i].function, cases[i].index);
        if (found != cases[i].expected)
            fail_msg("%s(%d) is %d, expected %d", cases[i].function, cases[i].index, found,
                     cases[i].expected);
    }
    fixture_deinit(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_branch_of_a_table_goes_to_its_own_target),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
