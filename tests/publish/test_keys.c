#include "sandbox.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static void make_key(sandbox *s, wisp_key *key)
{
    wisp_error err;
    assert_ok(wisp_key_make(&s->os, key, &err), err);
    assert_ok(wisp_key_save(&s->os, sandbox_path(s, "a.key"), key, &err), err);
}

static void a_key_survives_its_file(void **state)
{
    wisp_key made, loaded;
    wisp_error err;
    make_key(*state, &made);
    assert_ok(wisp_key_load(wisp_os_posix(), sandbox_path(*state, "a.key"), &loaded, &err), err);
    assert_memory_equal(&made, &loaded, sizeof made);
}

static void a_key_file_is_for_its_owner_alone(void **state)
{
    wisp_key key;
    make_key(*state, &key);
    assert_int_equal(sandbox_mode(*state, "a.key"), 0600);
}

static void two_keys_differ(void **state)
{
    sandbox *s = *state;
    wisp_key a, b;
    assert_int_equal(wisp_key_make(&s->os, &a, NULL), WISP_OK);
    assert_int_equal(wisp_key_make(&s->os, &b, NULL), WISP_OK);
    assert_memory_not_equal(a.seed, b.seed, sizeof a.seed);
    assert_string_not_equal(a.id, b.id);
}

static void a_key_file_is_never_overwritten(void **state)
{
    wisp_key key;
    wisp_error err;
    make_key(*state, &key);
    char *before = sandbox_read(*state, "a.key");
    assert_int_equal(wisp_key_save(wisp_os_posix(), sandbox_path(*state, "a.key"), &key, &err),
                     WISP_INVALID);
    assert_contains(err.text, "there already");
    char *after = sandbox_read(*state, "a.key");
    assert_string_equal(before, after);
    free(before);
    free(after);
}

static void a_key_that_others_can_read_is_refused(void **state)
{
    static const unsigned modes[] = {0640, 0604, 0620, 0602, 0644, 0666, 0610, 0601};
    wisp_key key;
    wisp_error err;
    make_key(*state, &key);
    for (size_t i = 0; i < sizeof modes / sizeof *modes; i++) {
        const char *path = sandbox_path(*state, "a.key");
        assert_int_equal(chmod(path, modes[i]), 0);
        assert_int_equal(wisp_key_load(wisp_os_posix(), path, &key, &err), WISP_UNTRUSTED);
        assert_contains(err.text, "a.key can be used by others");
        assert_contains(err.text, "expected 0600");
    }
}

/* TUF 4.2: the ID is the hash of the canonical form of the key object. */
static void the_id_is_the_hash_of_the_public_key_object(void **state)
{
    static const char text[] =
        "{\"keytype\": \"ed25519\", \"scheme\": \"ed25519\", \"keyval\": {\n"
        "\"private\": \"9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60\",\n"
        "\"public\": \"d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a\"}}";
    static const char object[] =
        "{\"keytype\":\"ed25519\",\"keyval\":{\"public\":"
        "\"d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a\"},"
        "\"scheme\":\"ed25519\"}";
    wisp_key key;
    wisp_error err;
    wisp_hash hash;
    char id[WISP_KEY_ID_SIZE];
    sandbox_write(*state, "b.key", text);
    assert_int_equal(chmod(sandbox_path(*state, "b.key"), 0600), 0);
    assert_ok(wisp_key_load(wisp_os_posix(), sandbox_path(*state, "b.key"), &key, &err), err);
    assert_true(wisp_sha256((wisp_bytes){(const uint8_t *)object, sizeof object - 1}, &hash));
    wisp_hex_print(hash.bytes, sizeof hash.bytes, id);
    assert_string_equal(key.id, id);
}

static void bad_key_files_are_refused_with_file_and_field(void **state)
{
    static const struct {
        const char *old, *new, *expected;
    } cases[] = {
        {"\"keytype\": \"ed25519\"", "\"keytype\": \"rsa\"",
         "'keytype' is 'rsa', expected 'ed25519'"},
        {"\"scheme\": \"ed25519\"", "\"scheme\": 7", "'scheme' is a number, expected a string"},
        {"\"keyval\"", "\"keyvalue\"", "'keyval' is missing"},
        {"\"private\": \"", "\"private\": \"0", "'keyval.private' has 65 characters"},
        {"\"public\": \"", "\"public\": \"00\", \"x\": \"", "'keyval.public' has 2 characters"},
        {"\"private\": \"", "\"private\": \"00\", \"x\": \"",
         "'keyval.private' has 2 characters"},
        {"{", "", "not JSON"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        wisp_key key;
        wisp_error err;
        make_key(*state, &key);
        sandbox_edit(*state, "a.key", cases[i].old, cases[i].new);
        const char *path = sandbox_path(*state, "a.key");
        assert_int_not_equal(wisp_key_load(wisp_os_posix(), path, &key, &err), WISP_OK);
        assert_contains(err.text, "a.key: ");
        assert_contains(err.text, cases[i].expected);
        assert_int_equal(remove(path), 0);
    }
}

static void halves_of_two_keys_are_refused(void **state)
{
    sandbox *s = *state;
    wisp_key a, b;
    wisp_error err;
    make_key(s, &a);
    assert_int_equal(wisp_key_make(&s->os, &b, NULL), WISP_OK);
    char a_text[65], b_text[65];
    wisp_hex_print(a.public_half, 32, a_text);
    wisp_hex_print(b.public_half, 32, b_text);
    sandbox_edit(s, "a.key", a_text, b_text);
    assert_int_equal(wisp_key_load(&s->os, sandbox_path(s, "a.key"), &a, &err), WISP_UNTRUSTED);
    assert_contains(err.text, "is not the public half");
}

static void a_refused_key_leaves_no_secret_in_memory(void **state)
{
    sandbox *s = *state;
    wisp_key key;
    uint8_t zero[WISP_ED25519_KEY_SIZE] = {0};
    make_key(s, &key);
    sandbox_edit(s, "a.key", "\"public\": \"", "\"public\": \"00\", \"x\": \"");
    assert_int_not_equal(wisp_key_load(&s->os, sandbox_path(s, "a.key"), &key, NULL), WISP_OK);
    assert_memory_equal(key.seed, zero, sizeof zero);
}

static void the_public_object_has_no_private_half(void **state)
{
    wisp_key key;
    char seed[65];
    size_t size;
    make_key(*state, &key);
    wisp_json *object = wisp_key_object(&key);
    char *text = wisp_json_canonical(object, &size);
    wisp_hex_print(key.seed, 32, seed);
    assert_null(strstr(text, seed));
    wisp_json_text_free(text);
    wisp_json_free(object);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, sandbox_setup, sandbox_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(a_key_survives_its_file),
        CASE(a_key_file_is_for_its_owner_alone),
        CASE(two_keys_differ),
        CASE(a_key_file_is_never_overwritten),
        CASE(a_key_that_others_can_read_is_refused),
        CASE(the_id_is_the_hash_of_the_public_key_object),
        CASE(bad_key_files_are_refused_with_file_and_field),
        CASE(halves_of_two_keys_are_refused),
        CASE(a_refused_key_leaves_no_secret_in_memory),
        CASE(the_public_object_has_no_private_half),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
