#include "trust/delegations.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

/* What targets may say of delegations, and which paths a pattern covers. */

/* --- patterns ---------------------------------------------------------------------------- */

static void a_pattern_covers_what_the_shell_would_within_a_folder(void **state)
{
    (void)state;
    static const struct {
        const char *pattern, *text;
        bool matches;
    } cases[] = {
        {"", "", true},
        {"", "a", false},
        {"a", "", false},
        {"app.wasm", "app.wasm", true},
        {"app.wasm", "appxwasm", false},
        {"app.wasm", "App.wasm", false},
        {"*", "", true},
        {"*", "anything at all", true},
        {"*", "a/b", false},
        {"*/*", "a/b", true},
        {"*/*", "a/b/c", false},
        {"*/", "a/", true},
        {"/*", "/a", true},
        {"a/*", "a/", true},
        {"a/*", "a", false},
        {"a/*", "ab", false},
        {"*.wasm", ".wasm", true},
        {"*.wasm", "app.wasm.wasm", true},
        {"*.wasm", "dir/app.wasm", false},
        {"dir/*.wasm", "dir/app.wasm", true},
        {"a*b*c", "a1b2b3c", true},
        {"a*b*c", "a1c2b", false},
        {"a**c", "ac", true},
        {"**", "a/b", false},
        {"a*/b", "axx/b", true},
        {"a*/b", "a/x/b", false},
        {"*a/b", "a/a/b", false},
        {"?", "a", true},
        {"?", "", false},
        {"?", "/", false},
        {"?", "ab", false},
        {"foo-?.tgz", "foo-1.tgz", true},
        {"foo-?.tgz", "foo-10.tgz", false},
        {"*?", "", false},
        {"*?", "a", true},
        {"?*", "ab", true},
        {"*?b", "ab", true},
        {"*?b", "b", false},
        {"[ab]", "a", false}, /* brackets and backslashes stand for themselves */
        {"[ab]", "[ab]", true},
        {"\\*", "\\x", true},
        {"\\*", "*", false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        if (wisp_path_matches(cases[i].pattern, cases[i].text) != cases[i].matches)
            print_error("'%s' and '%s'\n", cases[i].pattern, cases[i].text);
        assert_true(wisp_path_matches(cases[i].pattern, cases[i].text) == cases[i].matches);
    }
}

/* Each star goes back at most to itself: this would not end if all of them were tried anew. */
static void many_stars_take_no_longer_than_one(void **state)
{
    (void)state;
    char pattern[200] = "", text[1000];
    for (int i = 0; i < 60; i++)
        strcat(pattern, "*a");
    strcat(pattern, "*b");
    memset(text, 'a', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    assert_false(wisp_path_matches(pattern, text));
}

/* --- form -------------------------------------------------------------------------------- */

#define KEYS    "\"keys\":{}"
#define SIGNERS "\"keyids\":[],\"threshold\":1"

static wisp_status check(const char *text, wisp_error *err)
{
    wisp_json *json;
    assert_int_equal(
        wisp_json_parse((wisp_bytes){(const uint8_t *)text, strlen(text)}, &json, err), WISP_OK);
    wisp_status status = wisp_delegations_check(json, err);
    wisp_json_free(json);
    return status;
}

static void what_is_no_delegation_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        wisp_status status;
        const char *words;
    } cases[] = {
        {"{" KEYS "}", WISP_MALFORMED, "none of 'roles' and 'succinct_roles', expected one"},
        {"{" KEYS ",\"roles\":[],\"succinct_roles\":{}}", WISP_MALFORMED, "both of 'roles'"},
        {"{\"roles\":[]}", WISP_MALFORMED, "'keys' is missing"},
        {"{\"keys\":{\"a\":{}},\"roles\":[]}", WISP_MALFORMED, "keys: a: 'keytype' is missing"},
        {"{" KEYS ",\"roles\":{}}", WISP_MALFORMED, "'roles' is an object, expected an array"},
        {"{" KEYS ",\"roles\":[7]}", WISP_MALFORMED, "'name' is missing"},
        {"{" KEYS ",\"roles\":[{\"name\":\"\"}]}", WISP_MALFORMED, "a role has an empty name"},
        {"{" KEYS ",\"roles\":[{\"name\":\"root\"}]}", WISP_MALFORMED,
         "'root' is the name of a top-level role"},
        {"{" KEYS ",\"roles\":[{\"name\":\"targets\"}]}", WISP_MALFORMED, "top-level role"},
        {"{" KEYS ",\"roles\":[{\"name\":\"a\"}]}", WISP_MALFORMED, "a: 'keyids' is missing"},
        {"{" KEYS ",\"roles\":[{\"name\":\"a\",\"keyids\":[],\"threshold\":0}]}", WISP_MALFORMED,
         "a: 'threshold' is 0, expected 1 or more"},
        {"{" KEYS ",\"roles\":[{\"name\":\"a\"," SIGNERS "}]}", WISP_MALFORMED,
         "a: 'terminating' is missing"},
        {"{" KEYS ",\"roles\":[{\"name\":\"a\"," SIGNERS ",\"terminating\":false}]}",
         WISP_MALFORMED, "a: none of 'paths' and 'path_hash_prefixes', expected one"},
        {"{" KEYS ",\"roles\":[{\"name\":\"a\"," SIGNERS
         ",\"terminating\":false,\"paths\":[],\"path_hash_prefixes\":[]}]}",
         WISP_MALFORMED, "a: both of 'paths' and 'path_hash_prefixes', expected one"},
        {"{" KEYS ",\"roles\":[{\"name\":\"a\"," SIGNERS
         ",\"terminating\":false,\"paths\":[\"x\",null]}]}",
         WISP_MALFORMED, "a: 'paths' has an item that is no string"},
        {"{" KEYS ",\"succinct_roles\":{" SIGNERS "}}", WISP_MALFORMED,
         "succinct_roles: 'bit_length' is missing"},
        {"{" KEYS ",\"succinct_roles\":{" SIGNERS ",\"bit_length\":0,\"name_prefix\":\"b\"}}",
         WISP_MALFORMED, "'bit_length' is 0, expected 1 to 32"},
        {"{" KEYS ",\"succinct_roles\":{" SIGNERS ",\"bit_length\":33,\"name_prefix\":\"b\"}}",
         WISP_MALFORMED, "'bit_length' is 33, expected 1 to 32"},
        {"{" KEYS ",\"succinct_roles\":{" SIGNERS ",\"bit_length\":8}}", WISP_MALFORMED,
         "'name_prefix' is missing"},
        {"{" KEYS ",\"succinct_roles\":{" SIGNERS ",\"bit_length\":32,\"name_prefix\":\"b\"}}",
         WISP_OK, ""},
        {"{" KEYS ",\"roles\":[]}", WISP_OK, ""},
        {"{" KEYS ",\"roles\":[{\"name\":\"a\"," SIGNERS
         ",\"terminating\":true,\"path_hash_prefixes\":[\"00\"],\"x-note\":1}]}",
         WISP_OK, ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        wisp_error err = {.text = ""};
        wisp_status status = check(cases[i].text, &err);
        if (status != cases[i].status || !strstr(err.text, cases[i].words))
            print_error("%s: %s, expected %s\n", cases[i].text, err.text, cases[i].words);
        assert_int_equal(status, cases[i].status);
        assert_non_null(strstr(err.text, cases[i].words));
    }
}

static void names_have_a_limit(void **state)
{
    (void)state;
    char name[WISP_ROLE_NAME_SIZE + 1], text[400];
    wisp_error err;
    memset(name, 'n', sizeof name);
    name[WISP_ROLE_NAME_SIZE] = '\0';
    snprintf(text, sizeof text, "{" KEYS ",\"roles\":[{\"name\":\"%s\"}]}", name);
    assert_int_equal(check(text, &err), WISP_LIMIT);
    assert_non_null(strstr(err.text, "128 bytes, expected at most 127"));
    name[WISP_ROLE_NAME_SIZE - 9] = '\0'; /* and "-12345678" */
    snprintf(text, sizeof text,
             "{" KEYS ",\"succinct_roles\":{" SIGNERS
             ",\"bit_length\":32,\"name_prefix\":\"%s\"}}",
             name);
    assert_int_equal(check(text, &err), WISP_LIMIT);
    name[WISP_ROLE_NAME_SIZE - 10] = '\0';
    snprintf(text, sizeof text,
             "{" KEYS ",\"succinct_roles\":{" SIGNERS
             ",\"bit_length\":32,\"name_prefix\":\"%s\"}}",
             name);
    assert_int_equal(check(text, &err), WISP_OK);
}

static void one_document_delegates_to_at_most_4096_roles(void **state)
{
    (void)state;
    for (int len = 4096; len <= 4097; len++) {
        wisp_json *delegations = wisp_json_new_object(), *roles = wisp_json_new_array();
        for (int i = 0; i < len; i++) {
            wisp_json *role = wisp_json_new_object();
            wisp_json_set_string(role, "name", "a");
            wisp_json_set(role, "keyids", wisp_json_new_array());
            wisp_json_set_number(role, "threshold", 1);
            wisp_json_set_bool(role, "terminating", false);
            wisp_json_set(role, "paths", wisp_json_new_array());
            wisp_json_append(roles, role);
        }
        wisp_json_set(delegations, "keys", wisp_json_new_object());
        wisp_json_set(delegations, "roles", roles);
        assert_int_equal(wisp_delegations_check(delegations, NULL),
                         len == 4096 ? WISP_OK : WISP_LIMIT);
        wisp_json_free(delegations);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_pattern_covers_what_the_shell_would_within_a_folder),
        cmocka_unit_test(many_stars_take_no_longer_than_one),
        cmocka_unit_test(what_is_no_delegation_is_refused),
        cmocka_unit_test(names_have_a_limit),
        cmocka_unit_test(one_document_delegates_to_at_most_4096_roles),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
