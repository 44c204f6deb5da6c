#include "fixture.h"

/* clang-format off */

/*
 * (module
 *   (type (func (param i64 i64 i64 i64) (result i64 i64)))
 *   (type (func (param i64 i64) (result i64 i64)))
 *   (func (export "add") (type 0) local.get 0 local.get 1 local.get 2 local.get 3 i64.add128)
 *   (func (export "sub") (type 0) local.get 0 local.get 1 local.get 2 local.get 3 i64.sub128)
 *   (func (export "mul_s") (type 1) local.get 0 local.get 1 i64.mul_wide_s)
 *   (func (export "mul_u") (type 1) local.get 0 local.get 1 i64.mul_wide_u))
 */
static const uint8_t wide_wasm[] = {
    0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00,
    1, 17, 2, 0x60, 4, 0x7e, 0x7e, 0x7e, 0x7e, 2, 0x7e, 0x7e, 0x60, 2, 0x7e, 0x7e, 2, 0x7e, 0x7e,
    3, 5, 4, 0, 0, 1, 1,
    7, 29, 4, 3, 'a', 'd', 'd', 0, 0, 3, 's', 'u', 'b', 0, 1,
              5, 'm', 'u', 'l', '_', 's', 0, 2, 5, 'm', 'u', 'l', '_', 'u', 0, 3,
    10, 45, 4,
    12, 0, 0x20, 0, 0x20, 1, 0x20, 2, 0x20, 3, 0xfc, 19, 0x0b,
    12, 0, 0x20, 0, 0x20, 1, 0x20, 2, 0x20, 3, 0xfc, 20, 0x0b,
    8, 0, 0x20, 0, 0x20, 1, 0xfc, 21, 0x0b,
    8, 0, 0x20, 0, 0x20, 1, 0xfc, 22, 0x0b,
};

#define ONES UINT64_MAX
#define SIGN ((uint64_t)1 << 63)

static const struct {
    const char *name;
    uint64_t args[4];
    uint64_t low, high;
} cases[] = {
    {"add", {1, 2, 3, 4},             4, 6},
    {"add", {ONES, 0, 1, 0},          0, 1},
    {"add", {ONES, ONES, 1, 0},       0, 0},
    {"add", {ONES, ONES, ONES, ONES}, ONES - 1, ONES},
    {"sub", {4, 6, 3, 4},             1, 2},
    {"sub", {0, 1, 1, 0},             ONES, 0},
    {"sub", {0, 0, 1, 0},             ONES, ONES},
    {"sub", {5, 0, 5, 1},             0, ONES},
    {"mul_u", {3, 5},                 15, 0},
    {"mul_u", {ONES, ONES},           1, ONES - 1},
    {"mul_u", {SIGN, 2},              0, 1},
    {"mul_u", {0x123456789abcdef0, 0x0fedcba987654321}, 0x2236d88fe5618cf0, 0x0121fa00ad77d742},
    {"mul_s", {ONES, 2},              ONES - 1, ONES},
    {"mul_s", {ONES, ONES},           1, 0},
    {"mul_s", {SIGN, SIGN},           0, SIGN >> 1},
    {"mul_s", {SIGN, 1},              SIGN, ONES},
};

/* clang-format on */

static void numbers_of_128_bits_are_two_values(void **state)
{
    (void)state;
    fixture f;
    fixture_init(&f, NULL);
    wisp_instance *in = fixture_instance(&f, BYTES(wide_wasm));
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        wisp_func *func = wisp_instance_func(in, cases[i].name);
        wisp_value args[4], results[2];
        for (int k = 0; k < 4; k++)
            args[k] = wisp_i64((int64_t)cases[i].args[k]);
        assert_int_equal(
            wisp_call(func, args, wisp_func_type(func).param_count, results, 2, &f.err), WISP_OK);
        if ((uint64_t)results[0].of.i64 != cases[i].low ||
            (uint64_t)results[1].of.i64 != cases[i].high)
            fail_msg("case %zu: %s gives %llx %llx", i, cases[i].name,
                     (unsigned long long)results[0].of.i64,
                     (unsigned long long)results[1].of.i64);
    }
    fixture_deinit(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_of_128_bits_are_two_values),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
