#include "client.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Every count and size that a repository chooses has a limit, and reaching it changes nothing. */

static forge f;
static client c;

static int setup(void **state)
{
    (void)state;
    forge_init(&f);
    forge_publish(&f);
    client_init(&c, &f);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    client_deinit(&c);
    forge_deinit(&f);
    return 0;
}

static void the_chain_of_roots_goes_on_at_the_next_refresh(void **state)
{
    (void)state;
    for (int i = 0; i < 10; i++) {
        f.versions[WISP_ROLE_ROOT]++;
        forge_sign_root(&f);
    }
    c.config.limits.roots = 4;
    static const uint64_t versions[] = {5, 9, 11, 11};
    for (int i = 0; i < 4; i++) {
        assert_int_equal(client_refresh(&c), WISP_OK);
        assert_int_equal(wisp_workflow_version(c.workflow, WISP_ROLE_ROOT), versions[i]);
    }
    assert_string_equal(c.log, "2.root.json\n3.root.json\n4.root.json\n5.root.json\n"
                               "timestamp.json\n1.snapshot.json\n1.targets.json\n"
                               "6.root.json\n7.root.json\n8.root.json\n9.root.json\n"
                               "timestamp.json\n"
                               "10.root.json\n11.root.json\n12.root.json\n"
                               "timestamp.json\n"
                               "12.root.json\n"
                               "timestamp.json\n");
}

/* What a refresh cannot do, because the keys are rotated too far ahead, the next ones do. */
static void a_client_that_was_away_for_long_catches_up(void **state)
{
    (void)state;
    char keys[11][16];
    for (int i = 0; i < 10; i++) {
        f.old_root_key = f.keys[WISP_ROLE_ROOT];
        snprintf(keys[i], sizeof keys[i], "root %d", i);
        f.keys[WISP_ROLE_ROOT] = keys[i];
        f.versions[WISP_ROLE_ROOT]++;
        if (i == 9)
            f.keys[WISP_ROLE_TIMESTAMP] = "the last root names this one";
        forge_sign_root(&f);
    }
    forge_sign_timestamp(&f);
    c.config.limits.roots = 4;
    for (int i = 0; i < 2; i++)
        client_expect(&c, client_refresh(&c), WISP_UNTRUSTED, "timestamp.json: 0 of 1 needed");
    assert_int_equal(client_refresh(&c), WISP_OK);
    assert_int_equal(wisp_workflow_version(c.workflow, WISP_ROLE_ROOT), 11);
}

/* A driver that does not keep to size_max is caught all the same. */
static void documents_over_their_size_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *path;
        size_t size;
        const char *words;
    } cases[] = {
        {"2.root.json", (512 << 10) + 1, "root.json: 524289 bytes, expected at most 524288"},
        {"timestamp.json", (16 << 10) + 1, "timestamp.json: 16385 bytes, expected at most 16384"},
        {"1.snapshot.json", (2 << 20) + 1, "snapshot.json: 2097153 bytes, expected at most"},
        {"1.targets.json", (5 << 20) + 1, "targets.json: 5242881 bytes, expected at most"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const forge_file *file = forge_find(&f, cases[i].path);
        char *text = malloc(cases[i].size);
        assert_non_null(text);
        memset(text, ' ', cases[i].size);
        if (file) /* an honest one, and spaces */
            memcpy(text, file->data, file->size);
        client_restart(&c);
        assert_int_equal(wisp_workflow_new(&c.config, &c.workflow, &c.err), WISP_OK);
        wisp_status status = wisp_workflow_refresh(c.workflow, &c.err);
        assert_int_equal(client_drive_to(&c, status, cases[i].path), WISP_OK);
        status = wisp_workflow_take(c.workflow, WISP_OK,
                                    (wisp_bytes){(uint8_t *)text, cases[i].size}, &c.err);
        client_expect(&c, status, WISP_LIMIT, cases[i].words);
        free(text);
    }
    assert_int_equal(client_refresh(&c), WISP_OK);
}

/* Each role is one file, and every snapshot may name new roles. */
static void the_store_has_room_for_64_delegated_roles(void **state)
{
    (void)state;
    char role[16], target[16];
    for (int i = 0; i < 70; i++) {
        snprintf(role, sizeof role, "r%d", i);
        snprintf(target, sizeof target, "t%d", i);
        forge_delegate(&f, "targets", role, (forge_terms){.pattern = target});
        forge_target(&f, role, target, "content");
    }
    forge_publish(&f);
    assert_int_equal(client_refresh(&c), WISP_OK);
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < 70; i++) {
            snprintf(target, sizeof target, "t%d", i);
            client_expect(&c, client_seek(&c, target), WISP_OK, "");
            assert_true(faulty_os_count(&c.disk, CLIENT_DIR "/") <= 4 + WISP_STORED_ROLES_MAX);
        }
    }
    client_restart(&c);
    assert_int_equal(client_refresh(&c), WISP_OK); /* the four were never touched */
    assert_string_equal(c.log, "2.root.json\ntimestamp.json\n");
}

/* --- counts in a document ---------------------------------------------------------------- */

/* The next root, changed by [change] before it is signed. */
static void serve_root(void (*change)(wisp_json *body, int n), int n)
{
    size_t size;
    wisp_json *document, *body;
    const wisp_json *inner;
    f.versions[WISP_ROLE_ROOT] = 2;
    forge_sign_root(&f);
    const forge_file *file = forge_find(&f, "2.root.json");
    assert_int_equal(wisp_json_parse((wisp_bytes){file->data, file->size}, &document, NULL),
                     WISP_OK);
    assert_int_equal(wisp_json_object(document, "signed", &inner, NULL), WISP_OK);
    body = wisp_json_copy(inner);
    wisp_json_free(document);
    change(body, n);
    const char *keys[] = {"root"};
    char *text = forge_sign(body, keys, 1, &size);
    forge_put(&f, "2.root.json", (wisp_bytes){(uint8_t *)text, size});
    wisp_json_text_free(text);
}

static wisp_json *inside(wisp_json *object, const char *key)
{
    const wisp_json *found;
    assert_int_equal(wisp_json_object(object, key, &found, NULL), WISP_OK);
    return (wisp_json *)(uintptr_t)found;
}

static void add_keys(wisp_json *body, int n)
{
    char name[16];
    wisp_json *keys = inside(body, "keys");
    for (int i = 0; i < n; i++) {
        wisp_json *key = wisp_json_new_object(), *value = wisp_json_new_object();
        wisp_json_set_string(value, "public", "");
        wisp_json_set_string(key, "keytype", "x");
        wisp_json_set_string(key, "scheme", "x");
        wisp_json_set(key, "keyval", value);
        snprintf(name, sizeof name, "key %d", i);
        wisp_json_set(keys, name, key);
    }
}

static void add_keyids(wisp_json *body, int n)
{
    const wisp_json *ids;
    wisp_json *role = inside(inside(body, "roles"), "snapshot");
    assert_int_equal(wisp_json_array(role, "keyids", &ids, NULL), WISP_OK);
    for (int i = 0; i < n; i++)
        wisp_json_append_string((wisp_json *)(uintptr_t)ids, "nobody");
}

static void nest(wisp_json *body, int n)
{
    wisp_json *value = wisp_json_new_array();
    for (int i = 0; i < n; i++) {
        wisp_json *outer = wisp_json_new_array();
        wisp_json_append(outer, value);
        value = outer;
    }
    wisp_json_set(body, "x-deep", value);
}

static void counts_in_a_document_have_limits(void **state)
{
    (void)state;
    static const struct {
        void (*change)(wisp_json *body, int n);
        int most; /* that is taken */
        wisp_status status;
        const char *words;
    } cases[] = {
        {add_keys, 1024 - 4, WISP_LIMIT, "1025 keys, expected at most 1024"},
        {add_keyids, 128 - 1, WISP_LIMIT, "'keyids' has 129 items, expected at most 128"},
        {nest, 32 - 3, WISP_MALFORMED, "nested deeper than 32"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        client_restart(&c);
        serve_root(cases[i].change, cases[i].most + 1);
        client_expect(&c, client_refresh(&c), cases[i].status, cases[i].words);
        assert_int_equal(wisp_workflow_version(c.workflow, WISP_ROLE_ROOT), 1);
    }
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        teardown(NULL);
        setup(NULL);
        serve_root(cases[i].change, cases[i].most);
        client_expect(&c, client_refresh(&c), WISP_OK, "");
        assert_int_equal(wisp_workflow_version(c.workflow, WISP_ROLE_ROOT), 2);
    }
}

/* A snapshot of the honest content. */
static wisp_json *make_snapshot(void)
{
    wisp_json *body = wisp_json_new_object(), *meta = wisp_json_new_object();
    wisp_json *targets = wisp_json_new_object();
    wisp_json_set_string(body, "_type", "snapshot");
    wisp_json_set_string(body, "spec_version", "1.0.34");
    wisp_json_set_string(body, "expires", FORGE_EXPIRES);
    wisp_json_set_number(body, "version", 1);
    wisp_json_set_number(targets, "version", 1);
    wisp_json_set(meta, "targets.json", targets);
    wisp_json_set(body, "meta", meta);
    return body;
}

static void a_document_has_at_most_128_signatures(void **state)
{
    (void)state;
    static char names[129][16];
    const char *keys[129];
    for (int i = 0; i < 129; i++) {
        snprintf(names[i], sizeof names[i], "signer %d", i);
        keys[i] = names[i];
    }
    keys[100] = "snapshot"; /* the one that counts */
    for (size_t len = 129; len >= 128; len--) {
        size_t size;
        char *text = forge_sign(make_snapshot(), keys, len, &size);
        forge_put(&f, "1.snapshot.json", (wisp_bytes){(uint8_t *)text, size});
        wisp_json_text_free(text);
        client_expect(&c, client_refresh(&c), len == 129 ? WISP_LIMIT : WISP_OK,
                      "'signatures' has 129 items, expected at most 128");
    }
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(the_chain_of_roots_goes_on_at_the_next_refresh),
        CASE(a_client_that_was_away_for_long_catches_up),
        CASE(documents_over_their_size_are_refused),
        CASE(the_store_has_room_for_64_delegated_roles),
        CASE(counts_in_a_document_have_limits),
        CASE(a_document_has_at_most_128_signatures),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
