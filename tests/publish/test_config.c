#include "sandbox.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The config of a new project, with [old] replaced by [new] once, parsed. */
static wisp_status parse_edited(wisp_arena *arena, const char *old, const char *new,
                                wisp_config *out, wisp_error *err)
{
    wisp_config config = wisp_config_default();
    size_t size;
    char *text = wisp_config_print(&config, &size), edited[8192];
    assert_non_null(text);
    const char *at = strstr(text, old);
    if (!at)
        fail_msg("no '%s' in %s", old, text);
    snprintf(edited, sizeof edited, "%.*s%s%s", (int)(at - text), text, new, at + strlen(old));
    wisp_json_text_free(text);
    return wisp_config_parse(arena, (wisp_bytes){(uint8_t *)edited, strlen(edited)}, out, err);
}

static void a_config_survives_its_text(void **state)
{
    (void)state;
    wisp_arena arena;
    wisp_config expected = wisp_config_default(), found;
    wisp_error err;
    wisp_arena_init(&arena, &wisp_allocator_default, 4096);
    assert_ok(parse_edited(&arena, "{", "{", &found, &err), err);
    assert_string_equal(found.target, expected.target);
    assert_string_equal(found.repository, expected.repository);
    assert_string_equal(found.url, expected.url);
    assert_int_equal(found.deltas, expected.deltas);
    assert_int_equal(found.channel_len, expected.channel_len);
    static const char *const names[] = {"root",    "timestamp", "snapshot",
                                        "targets", "stable",    "beta"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const wisp_role_policy *a = wisp_config_policy(&expected, names[i]);
        const wisp_role_policy *b = wisp_config_policy(&found, names[i]);
        assert_int_equal(a->key_len, b->key_len);
        assert_string_equal(a->keys[0], b->keys[0]);
        assert_int_equal(a->threshold, b->threshold);
        assert_int_equal(a->expires_days, b->expires_days);
    }
    assert_null(wisp_config_policy(&found, "gamma"));
    wisp_arena_deinit(&arena);
}

static void several_keys_and_a_threshold_are_read(void **state)
{
    (void)state;
    wisp_arena arena;
    wisp_config found;
    wisp_error err;
    wisp_arena_init(&arena, &wisp_allocator_default, 4096);
    assert_ok(parse_edited(&arena, "\"keys/root.key\"\n      ],\n      \"threshold\": 1",
                           "\"a\", \"b\", \"/c\"], \"threshold\": 2", &found, &err),
              err);
    assert_int_equal(found.roles[WISP_ROLE_ROOT].key_len, 3);
    assert_string_equal(found.roles[WISP_ROLE_ROOT].keys[2], "/c");
    assert_int_equal(found.roles[WISP_ROLE_ROOT].threshold, 2);
    wisp_arena_deinit(&arena);
}

/* Each with what the error must say: the field, what was found, what was expected. */
static const struct {
    const char *old, *new;
    wisp_status status;
    const char *expected;
} bad[] = {
    {"\"format\": 2", "\"format\": 3", WISP_UNSUPPORTED, "'format' is 3, expected 2"},
    {"\"format\": 2", "\"format\": 1", WISP_UNSUPPORTED,
     "'format' is 1, expected 2: a project without channels; make a new one with 'wisp init'"},
    {"\"format\": 2,", "", WISP_MALFORMED, "'format' is missing, expected a number"},
    {"\"target\"", "\"traget\"", WISP_MALFORMED,
     "'traget' is not known, expected one of format, target, repository, url, deltas, roles, channels"},
    {"\"module.wasm\"", "5", WISP_MALFORMED, "'target' is a number, expected a string"},
    {"\"module.wasm\"", "\"\"", WISP_INVALID,
     "the target name has 0 characters, expected 1 to 64"},
    {"\"module.wasm\"", "\"../x\"", WISP_INVALID, "the target name '../x' is not a file name"},
    {"\"module.wasm\"", "\".x\"", WISP_INVALID, "the target name '.x' is not a file name"},
    {"\"module.wasm\"", "\"a b\"", WISP_INVALID, "the target name 'a b' is not a file name"},
    {"\"repo\"", "\"\"", WISP_MALFORMED, "'repository' has 0 characters, expected a path"},
    {"\"repo\"", "null", WISP_MALFORMED, "'repository' is null, expected a string"},
    {"\"repo\"", "\"repo\", \"extra\": 1", WISP_MALFORMED, "'extra' is not known"},
    {"\"snapshot\"", "\"snapshots\"", WISP_MALFORMED,
     "in 'roles': 'snapshots' is not known, expected one of root, timestamp, snapshot, targets"},
    {"[\n        \"keys/targets.key\"\n      ]", "[]", WISP_MALFORMED,
     "in 'roles.targets': 'keys' has 0 items, expected 1 to 16"},
    {"[\n        \"keys/targets.key\"\n      ]", "\"x\"", WISP_MALFORMED,
     "in 'roles.targets': 'keys' is a string, expected an array"},
    {"\"keys/timestamp.key\"", "7", WISP_MALFORMED,
     "in 'roles.timestamp': item 0 of 'keys' is no string, expected a path"},
    {"\"keys/timestamp.key\"", "\"\"", WISP_MALFORMED,
     "in 'roles.timestamp': 'keys' has 0 characters, expected a path"},
    {"\"threshold\": 1", "\"threshold\": 2", WISP_MALFORMED,
     "in 'roles.root': 'threshold' is 2, expected 1 to 1"},
    {"\"threshold\": 1", "\"threshold\": 0", WISP_MALFORMED,
     "in 'roles.root': 'threshold' is 0, expected 1 to 1"},
    {"\"threshold\": 1", "\"threshold\": -1", WISP_MALFORMED, "'threshold' is -1"},
    {"\"threshold\": 1", "\"threshold\": 1.5", WISP_MALFORMED, "fraction"},
    {"\"expires_days\": 30", "\"expires_days\": 0", WISP_MALFORMED,
     "in 'roles.timestamp': 'expires_days' is 0, expected 1 to 3650"},
    {"\"expires_days\": 30", "\"expires_days\": 3651", WISP_MALFORMED,
     "in 'roles.timestamp': 'expires_days' is 3651, expected 1 to 3650"},
    {"\"expires_days\": 30", "\"expires\": 30", WISP_MALFORMED,
     "in 'roles.timestamp': 'expires' is not known, expected one of keys, threshold, expires_days"},
    {"\"deltas\": 3", "\"deltas\": 9", WISP_MALFORMED, "'deltas' is 9, expected 0 to 8"},
    {"\"url\": \"\"", "\"url\": 7", WISP_MALFORMED, "'url' is a number, expected a string"},
    {"\"stable\"", "\"Stable\"", WISP_INVALID, "'Stable' is no name for a channel"},
    {"\"stable\"", "\"root\"", WISP_INVALID, "'root' is no name for a channel"},
    {"\"stable\": {", "\"alpha\": [], \"stable\": {", WISP_MALFORMED,
     "in 'channels.alpha': it is no object"},
    {"\"stable\": {", "\"stable\": {\"x\": 1,", WISP_MALFORMED,
     "in 'channels.stable': 'x' is not known"},
    {"\"channels\": {", "\"channels\": {}, \"x\": {", WISP_MALFORMED, "'x' is not known"},
    {"\"format\": 2", "\"format\": 2, \"format\": 2", WISP_MALFORMED, "duplicate"},
    {"{", "[", WISP_MALFORMED, "not JSON"},
};

static void bad_configs_are_refused_with_field_found_and_expected(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        wisp_arena arena;
        wisp_config config;
        wisp_error err;
        wisp_arena_init(&arena, &wisp_allocator_default, 4096);
        wisp_status status = parse_edited(&arena, bad[i].old, bad[i].new, &config, &err);
        if (status != bad[i].status)
            fail_msg("%s for %s", wisp_status_name(status), bad[i].new);
        assert_contains(err.text, bad[i].expected);
        wisp_arena_deinit(&arena);
    }
}

static void seventeen_keys_are_too_many(void **state)
{
    (void)state;
    wisp_arena arena;
    wisp_config config;
    wisp_error err;
    wisp_arena_init(&arena, &wisp_allocator_default, 4096);
    char keys[200] = "\"k\"";
    for (int i = 1; i < WISP_ROLE_KEYS_MAX + 1; i++)
        strcat(keys, ",\"k\"");
    assert_int_equal(parse_edited(&arena, "\"keys/root.key\"", keys, &config, &err),
                     WISP_MALFORMED);
    assert_contains(err.text, "'keys' has 17 items, expected 1 to 16");
    keys[strlen(keys) - 4] = '\0';
    assert_ok(parse_edited(&arena, "\"keys/root.key\"", keys, &config, &err), err);
    wisp_arena_deinit(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_config_survives_its_text),
        cmocka_unit_test(several_keys_and_a_threshold_are_read),
        cmocka_unit_test(bad_configs_are_refused_with_field_found_and_expected),
        cmocka_unit_test(seventeen_keys_are_too_many),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
