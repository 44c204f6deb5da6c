#include "../words.h"
#include "fixture.h"

/* Modules that use one feature each, and where. */

#define PREAMBLE 0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00

/* clang-format off */

/* A function of type () -> () with the body that follows, of [size] bytes with its end. */
#define FUNCTION(size)                                                                            \
    PREAMBLE, 1, 4, 1, 0x60, 0, 0, 3, 2, 1, 0, 5, 3, 1, 0, 1, 10, (size) + 3, 1, (size) + 1, 0

static const uint8_t plain[] = {FUNCTION(1), 0x0b};
static const uint8_t multi_value[] = {PREAMBLE, 1, 6, 1, 0x60, 0, 2, 0x7f, 0x7f};
static const uint8_t typed_block[] = {FUNCTION(4), 0x02, 0x00, 0x0b, 0x0b};
static const uint8_t memory_fill[] =
    {FUNCTION(10), 0x41, 0, 0x41, 0, 0x41, 0, 0xfc, 0x0b, 0, 0x0b};
static const uint8_t passive_segment[] = {PREAMBLE, 11, 4, 1, 1, 1, 'a'};
static const uint8_t externref[] = {PREAMBLE, 1, 5, 1, 0x60, 1, 0x6f, 0};
static const uint8_t ref_null[] = {FUNCTION(4), 0xd0, 0x70, 0x1a, 0x0b};
static const uint8_t extended_const[] =
    {PREAMBLE, 6, 9, 1, 0x7f, 0, 0x41, 1, 0x41, 2, 0x6a, 0x0b};
static const uint8_t mul_wide[] =
    {FUNCTION(10), 0x42, 2, 0x42, 3, 0xfc, 0x16, 0x1a, 0x1a, 0x01, 0x0b};
static const uint8_t two_memories[] = {PREAMBLE, 5, 5, 2, 0, 1, 0, 1};
static const uint8_t two_tables[] = {PREAMBLE, 4, 7, 2, 0x70, 0, 1, 0x70, 0, 1};
static const uint8_t memory64[] = {PREAMBLE, 5, 3, 1, 4, 1};
static const uint8_t table64[] = {PREAMBLE, 4, 4, 1, 0x70, 4, 1};
static const uint8_t small_pages[] = {PREAMBLE, 5, 4, 1, 8, 1, 0};
static const uint8_t shared_memory[] = {PREAMBLE, 5, 4, 1, 3, 1, 2};
static const uint8_t fence[] = {FUNCTION(4), 0xfe, 3, 0, 0x0b};
static const uint8_t v128[] = {PREAMBLE, 1, 5, 1, 0x60, 1, 0x7b, 0};

static const struct {
    uint32_t feature;
    wisp_bytes bytes;
    uint64_t offset;
} modules[] = {
    {WISP_FEATURE_MULTI_VALUE,     BYTES(multi_value),     16},
    {WISP_FEATURE_MULTI_VALUE,     BYTES(typed_block),     28},
    {WISP_FEATURE_BULK_MEMORY,     BYTES(memory_fill),     34},
    {WISP_FEATURE_BULK_MEMORY,     BYTES(passive_segment), 12},
    {WISP_FEATURE_REFERENCE_TYPES, BYTES(externref),       13},
    {WISP_FEATURE_REFERENCE_TYPES, BYTES(ref_null),        28},
    {WISP_FEATURE_EXTENDED_CONST,  BYTES(extended_const),  17},
    {WISP_FEATURE_WIDE_ARITHMETIC, BYTES(mul_wide),        32},
    {WISP_FEATURE_MULTI_MEMORY,    BYTES(two_memories),    11},
    {WISP_FEATURE_REFERENCE_TYPES, BYTES(two_tables),      11},
    {WISP_FEATURE_MEMORY64,        BYTES(memory64),        12},
    {WISP_FEATURE_THREADS,         BYTES(shared_memory),   12},
    {WISP_FEATURE_SIMD,            BYTES(v128),            13},
    {WISP_FEATURE_THREADS,         BYTES(fence),           28},
    {WISP_FEATURE_MEMORY64,        BYTES(table64),         13},
    {WISP_FEATURE_CUSTOM_PAGE_SIZES, BYTES(small_pages),   13},
};

/* clang-format on */

enum { MODULE_COUNT = sizeof modules / sizeof *modules };

static wisp_status load(wisp_bytes bytes, uint32_t deny, uint32_t *used, wisp_error *err)
{
    wisp_module *module;
    wisp_module_config config = {.deny = deny};
    wisp_status status = wisp_module_load(&config, bytes, &module, err);
    if (status)
        return status;
    *used = wisp_module_features(module);
    wisp_module_free(module);
    return WISP_OK;
}

static bool is_built_in(uint32_t feature)
{
    return wisp_features_built_in() & feature;
}

static void a_module_says_which_features_it_uses(void **state)
{
    (void)state;
    uint32_t used = 0;
    assert_int_equal(load(BYTES(plain), 0, &used, NULL), WISP_OK);
    assert_int_equal(used, 0);
    for (int i = 0; i < MODULE_COUNT; i++) {
        if (!is_built_in(modules[i].feature))
            continue;
        assert_int_equal(load(modules[i].bytes, 0, &used, NULL), WISP_OK);
        assert_int_equal(used, modules[i].feature);
    }
}

static void a_denied_feature_is_refused_where_it_is_used(void **state)
{
    (void)state;
    uint32_t used = 0;
    wisp_error err;
    for (int i = 0; i < MODULE_COUNT; i++) {
        wisp_status status = load(modules[i].bytes, modules[i].feature, &used, &err);
        assert_int_equal(status, WISP_UNSUPPORTED);
        assert_int_equal(err.offset, modules[i].offset);
        assert_true(words_say(err.text, wisp_feature_name(modules[i].feature)));
        assert_true(
            words_say(err.text, is_built_in(modules[i].feature) ? "denied" : "not built in"));
    }
}

static void denying_other_features_changes_nothing(void **state)
{
    (void)state;
    uint32_t used = 0;
    for (int i = 0; i < MODULE_COUNT; i++)
        assert_int_equal(load(modules[i].bytes, ~modules[i].feature, &used, NULL),
                         is_built_in(modules[i].feature) ? WISP_OK : WISP_UNSUPPORTED);
}

static void what_is_not_built_in_is_refused(void **state)
{
    (void)state;
    uint32_t used = 0;
    wisp_error err;
    for (int i = 0; i < MODULE_COUNT; i++) {
        wisp_status status = load(modules[i].bytes, 0, &used, &err);
        assert_int_equal(status, is_built_in(modules[i].feature) ? WISP_OK : WISP_UNSUPPORTED);
        assert_true(status == WISP_OK || words_say(err.text, "not built in"));
    }
}

static void every_feature_is_found_by_its_name(void **state)
{
    (void)state;
    uint32_t all = 0;
    for (uint32_t bit = 1; bit & WISP_FEATURES_ALL; bit <<= 1) {
        assert_int_equal(wisp_feature_find(wisp_feature_name(bit)), bit);
        all |= bit;
    }
    assert_int_equal(all, WISP_FEATURES_ALL);
    assert_int_equal(wisp_feature_find("none"), 0);
    assert_string_equal(wisp_feature_name(0), "?");
    assert_int_equal(wisp_features_built_in() & ~WISP_FEATURES_ALL, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_module_says_which_features_it_uses),
        cmocka_unit_test(a_denied_feature_is_refused_where_it_is_used),
        cmocka_unit_test(denying_other_features_changes_nothing),
        cmocka_unit_test(what_is_not_built_in_is_refused),
        cmocka_unit_test(every_feature_is_found_by_its_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
