#include "trust/json.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static wisp_status parse(const char *text, wisp_json **out, wisp_error *err)
{
    return wisp_json_parse((wisp_bytes){(const uint8_t *)text, strlen(text)}, out, err);
}

static void what_is_no_document_is_refused_with_its_place(void **state)
{
    (void)state;
    static const struct {
        const char *text, *words;
    } cases[] = {
        {"", "not JSON"},
        {"{", "not JSON"},
        {"[]", "an array, expected an object"},
        {"1", "not JSON"},
        {"null", "not JSON"},
        {"{} {}", "end of file expected"},
        {"{}x", "end of file expected"},
        {"{'a':1}", "not JSON"},
        {"{\"a\":}", "not JSON"},
        {"{\"a\":1,}", "not JSON"},
        {"{\"a\":01}", "not JSON"},
        {"{\"a\":1.5}", "fraction"},
        {"{\"a\":[{\"b\":1e3}]}", "fraction"},
        {"{\"a\":99999999999999999999}", "too big integer"},
        {"{\"a\":NaN}", "not JSON"},
        {"{\"a\":1,\"a\":2}", "duplicate object key"},
        {"{\"a\":\"\\u0000\"}", "\\u0000 is not allowed"},
        {"{\"a\":\"\xff\"}", "unable to decode byte 0xff"},
        {"{\"a\":\"\\ud800\"}", "invalid Unicode"},
        {"{\"a\":\"\n\"}", "unexpected newline"},
        {"<html>", "not JSON"},
    };
    wisp_json *document;
    wisp_error err;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(parse(cases[i].text, &document, &err), WISP_MALFORMED);
        if (!strstr(err.text, cases[i].words))
            fail_msg("%s: \"%s\" does not say \"%s\"", cases[i].text, err.text, cases[i].words);
        assert_true(err.offset <= strlen(cases[i].text));
    }
}

static void nesting_ends_at_32(void **state)
{
    (void)state;
    char text[200] = "{\"a\":";
    wisp_json *document;
    wisp_error err;
    memset(text + 5, '[', 31);
    memset(text + 36, ']', 31);
    strcpy(text + 67, ",\"b\":\"[[[[{{{{\\\"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[\"}");
    assert_int_equal(parse(text, &document, NULL), WISP_OK);
    wisp_json_free(document);
    memset(text, 0, sizeof text);
    strcpy(text, "{\"a\":");
    memset(text + 5, '[', 32);
    memset(text + 37, ']', 32);
    strcpy(text + 69, "}");
    assert_int_equal(parse(text, &document, &err), WISP_MALFORMED);
    assert_string_equal(err.text, "values are nested deeper than 32");
    assert_int_equal(err.offset, 36);
}

static void a_text_of_very_many_values_is_refused(void **state)
{
    (void)state;
    size_t len = (1 << 18) + 10;
    char *text = malloc(2 * len + 20);
    assert_non_null(text);
    char *at = text + sprintf(text, "{\"a\":[0");
    for (size_t i = 0; i < len; i++)
        at += sprintf(at, ",0");
    strcpy(at, "]}");
    wisp_json *document;
    wisp_error err;
    assert_int_equal(parse(text, &document, &err), WISP_MALFORMED);
    assert_string_equal(err.text, "more than 262144 values");
    free(text);
}

static void members_are_asked_for_by_type(void **state)
{
    (void)state;
    wisp_json *d;
    wisp_error err;
    const wisp_json *value;
    const char *string;
    uint64_t number;
    bool flag;
    assert_int_equal(
        parse("{\"o\":{},\"a\":[\"x\",1],\"s\":\"text\",\"n\":9007199254740992,\"b\":true,"
              "\"neg\":-1,\"big\":9007199254740993,\"z\":null}",
              &d, NULL),
        WISP_OK);
    assert_int_equal(wisp_json_object(d, "o", &value, &err), WISP_OK);
    assert_true(wisp_json_is_object(value));
    assert_int_equal(wisp_json_array(d, "a", &value, &err), WISP_OK);
    assert_int_equal(wisp_json_len(value), 2);
    assert_string_equal(wisp_json_item_string(value, 0), "x");
    assert_null(wisp_json_item_string(value, 1));
    assert_null(wisp_json_item(value, 2));
    assert_int_equal(wisp_json_string(d, "s", &string, &err), WISP_OK);
    assert_string_equal(string, "text");
    assert_int_equal(wisp_json_number(d, "n", &number, &err), WISP_OK);
    assert_true(number == UINT64_C(1) << 53);
    assert_int_equal(wisp_json_bool(d, "b", &flag, &err), WISP_OK);
    assert_true(flag);
    assert_true(wisp_json_has(d, "z"));
    assert_false(wisp_json_has(d, "y"));

    assert_int_equal(wisp_json_string(d, "n", &string, &err), WISP_MALFORMED);
    assert_string_equal(err.text, "'n' is a number, expected a string");
    assert_int_equal(wisp_json_object(d, "a", &value, &err), WISP_MALFORMED);
    assert_string_equal(err.text, "'a' is an array, expected an object");
    assert_int_equal(wisp_json_array(d, "s", &value, &err), WISP_MALFORMED);
    assert_string_equal(err.text, "'s' is a string, expected an array");
    assert_int_equal(wisp_json_number(d, "y", &number, &err), WISP_MALFORMED);
    assert_string_equal(err.text, "'y' is missing, expected a number");
    assert_int_equal(wisp_json_bool(d, "z", &flag, &err), WISP_MALFORMED);
    assert_string_equal(err.text, "'z' is null, expected true or false");
    assert_int_equal(wisp_json_number(d, "neg", &number, &err), WISP_MALFORMED);
    assert_string_equal(err.text, "'neg' is -1, expected 0 to 2^53");
    assert_int_equal(wisp_json_number(d, "big", &number, &err), WISP_MALFORMED);
    wisp_json_free(d);
}

static void members_come_in_turn(void **state)
{
    (void)state;
    wisp_json *d;
    void *cursor = NULL;
    const char *key;
    const wisp_json *value;
    char keys[8] = "";
    assert_int_equal(parse("{\"c\":1,\"a\":2,\"b\":3}", &d, NULL), WISP_OK);
    while (wisp_json_next(d, &cursor, &key, &value))
        strcat(keys, key);
    assert_int_equal(strlen(keys), 3);
    assert_non_null(strchr(keys, 'a'));
    assert_non_null(strchr(keys, 'b'));
    assert_non_null(strchr(keys, 'c'));
    wisp_json_free(d);
}

static void canonical_text_has_one_form(void **state)
{
    (void)state;
    static const struct {
        const char *text, *canonical;
    } cases[] = {
        {"{ }", "{}"},
        {"{\"b\" : [ 1 , -2 , true , false , null ], \"a\" : {} , \"\" : [] }",
         "{\"\":[],\"a\":{},\"b\":[1,-2,true,false,null]}"},
        /* only '"' and '\' are escaped; all else, line ends too, stands for itself */
        {"{\"k\":\"\\\"\\\\\\/\\n\\t\\u0001\\u00e9\\ud83d\\ude00\"}",
         "{\"k\":\"\\\"\\\\/\n\t\x01\xc3\xa9\xf0\x9f\x98\x80\"}"},
        /* keys are sorted as bytes */
        {"{\"\\u00e9\":1,\"z\":2,\"Z\":3,\"zz\":4,\"a\\nb\":5,\"a\":6}",
         "{\"Z\":3,\"a\":6,\"a\nb\":5,\"z\":2,\"zz\":4,\"\xc3\xa9\":1}"},
        {"{\"n\":-9223372036854775808}", "{\"n\":-9223372036854775808}"},
    };
    wisp_json *d;
    size_t size;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(parse(cases[i].text, &d, NULL), WISP_OK);
        char *text = wisp_json_canonical(d, &size);
        assert_non_null(text);
        assert_string_equal(text, cases[i].canonical);
        assert_int_equal(size, strlen(text));
        wisp_json_text_free(text);
        wisp_json_free(d);
    }
}

static void what_is_built_is_what_is_read(void **state)
{
    (void)state;
    wisp_json *d = wisp_json_new_object(), *list = wisp_json_new_array(), *back;
    size_t size;
    assert_true(wisp_json_set_string(d, "s", "a \"quoted\" text"));
    assert_true(wisp_json_set_number(d, "n", 77));
    assert_true(wisp_json_set_bool(d, "b", false));
    assert_true(wisp_json_append_string(list, "one"));
    assert_true(wisp_json_append(list, wisp_json_copy(d)));
    assert_true(wisp_json_set(d, "list", list));
    assert_false(wisp_json_set_string(d, "bad", "\xff"));
    assert_false(wisp_json_set_number(d, "bad", UINT64_MAX));
    assert_false(wisp_json_set(d, "bad", NULL));
    assert_false(wisp_json_has(d, "bad"));

    char *pretty = wisp_json_pretty(d, &size), *before = wisp_json_canonical(d, &size);
    assert_int_equal(parse(pretty, &back, NULL), WISP_OK);
    char *after = wisp_json_canonical(back, &size);
    assert_string_equal(before, after);
    assert_string_equal(before,
                        "{\"b\":false,\"list\":[\"one\",{\"b\":false,\"n\":77,\"s\":\"a "
                        "\\\"quoted\\\" text\"}],\"n\":77,\"s\":\"a \\\"quoted\\\" text\"}");
    wisp_json_text_free(pretty);
    wisp_json_text_free(before);
    wisp_json_text_free(after);
    wisp_json_text_free(NULL);
    wisp_json_free(back);
    wisp_json_free(d);
    wisp_json_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_no_document_is_refused_with_its_place),
        cmocka_unit_test(nesting_ends_at_32),
        cmocka_unit_test(a_text_of_very_many_values_is_refused),
        cmocka_unit_test(members_are_asked_for_by_type),
        cmocka_unit_test(members_come_in_turn),
        cmocka_unit_test(canonical_text_has_one_form),
        cmocka_unit_test(what_is_built_is_what_is_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
