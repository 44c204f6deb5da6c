#define _DEFAULT_SOURCE /* usleep */

#include "base/hex.h"
#include "sandbox.h"

#include "publish/command.h"
#include "publish/sign.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

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
         "'keytype' is 'rsa', expected 'ed25519' or 'ecdsa'"},
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
    sandbox_edit(s, "a.key", a.public_text, b.public_text);
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

static void the_public_half_alone_cannot_sign(void **state)
{
    sandbox *s = *state;
    wisp_key key, other;
    wisp_error err;
    make_key(s, &key);
    sandbox_edit(s, "a.key", "\"private\"", "\"x\"");
    assert_int_equal(chmod(sandbox_path(s, "a.key"), 0644), 0);
    assert_ok(wisp_key_load(&s->os, sandbox_path(s, "a.key"), &other, &err), err);
    assert_false(wisp_key_can_sign(&other));
    assert_string_equal(other.id, key.id);
}

/* ------------------------------------------------------------------ commands */

#define MESSAGE ((wisp_bytes){(const uint8_t *)"message", 7})

/* Runs [command] of the shell in the sandbox. */
static void shell(sandbox *s, const char *command)
{
    char line[1024];
    snprintf(line, sizeof line, "cd '%s' && (%s) >log 2>&1", s->dir, command);
    if (system(line) != 0)
        fail_msg("%s: %s", command, sandbox_read(s, "log"));
}

/* Writes a key file whose command is a script of the shell. */
static void write_command_key(sandbox *s, const char *keytype, const char *scheme,
                              const char *public_text, const char *script)
{
    wisp_json *object = wisp_json_new_object(), *keyval = wisp_json_new_object();
    wisp_json *words = wisp_json_new_array();
    assert_true(wisp_json_set(object, "keyval", keyval) &&
                wisp_json_set(object, "command", words));
    assert_true(wisp_json_set_string(keyval, "public", public_text));
    assert_true(wisp_json_set_string(object, "keytype", keytype));
    assert_true(wisp_json_set_string(object, "scheme", scheme));
    const char *const command[] = {"sh", "-c", script, "sh", s->dir};
    for (size_t i = 0; i < sizeof command / sizeof *command; i++)
        assert_true(wisp_json_append_string(words, command[i]));
    size_t size;
    char *text = wisp_json_pretty(object, &size);
    sandbox_write(s, "c.key", text);
    assert_int_equal(chmod(sandbox_path(s, "c.key"), 0600), 0);
    wisp_json_text_free(text);
    wisp_json_free(object);
}

/* An Ed25519 key that only the program openssl has: its public half goes to [text]. */
static void make_foreign_ed25519(sandbox *s, char text[65])
{
    uint8_t raw[32];
    shell(s, "openssl genpkey -algorithm ed25519 -out pem && "
             "openssl pkey -in pem -pubout -outform DER | tail -c 32 >public");
    FILE *file = fopen(sandbox_path(s, "public"), "rb");
    assert_non_null(file);
    assert_int_equal(fread(raw, 1, sizeof raw, file), sizeof raw);
    fclose(file);
    wisp_hex_print(raw, sizeof raw, text);
}

#define SIGN_ED25519 "openssl pkeyutl -sign -rawin -inkey \"$1/pem\" -in /dev/stdin"

static wisp_status sign_by_file(sandbox *s, wisp_key *key, wisp_error *err)
{
    uint8_t signature[WISP_SIGNATURE_SIZE_MAX];
    size_t size;
    assert_ok(wisp_key_load(&s->os, sandbox_path(s, "c.key"), key, err), *err);
    assert_true(wisp_key_can_sign(key));
    return wisp_sign(key, MESSAGE, signature, &size, err);
}

static void a_command_signs_with_ed25519(void **state)
{
    sandbox *s = *state;
    char public_text[65];
    wisp_key key;
    wisp_error err;
    make_foreign_ed25519(s, public_text);
    write_command_key(s, "ed25519", "ed25519", public_text, SIGN_ED25519);
    assert_ok(sign_by_file(s, &key, &err), err);
}

static void a_command_signs_with_ecdsa(void **state)
{
    sandbox *s = *state;
    wisp_key key;
    wisp_error err;
    shell(s, "openssl ecparam -name prime256v1 -genkey -noout -out pem && "
             "openssl ec -in pem -pubout -out public");
    char *pem = sandbox_read(s, "public");
    write_command_key(s, "ecdsa", "ecdsa-sha2-nistp256", pem,
                      "openssl dgst -sha256 -sign \"$1/pem\"");
    free(pem);
    assert_ok(sign_by_file(s, &key, &err), err);
}

static void a_command_that_fails_is_told_with_its_reason(void **state)
{
    static const struct {
        const char *script;
        wisp_status status;
        const char *expected;
    } cases[] = {
        {"exit 3", WISP_IO, "'sh' failed with exit code 3"},
        {"kill -9 $$", WISP_IO, "'sh' was ended by signal 9"},
        {"exec no-such-program-at-all", WISP_NOT_FOUND, "'sh' cannot be run (exit code 127)"},
        {"echo nonsense", WISP_UNTRUSTED, "'sh' printed 9 bytes that are no signature of key"},
        {"head -c 129 /dev/zero", WISP_LIMIT, "'sh' printed more than 128 bytes"},
        {":", WISP_UNTRUSTED, "'sh' printed 0 bytes"},
    };
    sandbox *s = *state;
    char public_text[65];
    make_foreign_ed25519(s, public_text);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        wisp_key key;
        wisp_error err;
        write_command_key(s, "ed25519", "ed25519", public_text, cases[i].script);
        assert_int_equal(sign_by_file(s, &key, &err), cases[i].status);
        assert_contains(err.text, cases[i].expected);
    }
}

static void a_command_that_hangs_is_ended_with_all_that_it_started(void **state)
{
    sandbox *s = *state;
    const char *const closes[] = {"sh", "-c", "sleep 77 & echo $! >\"$0\"; exec >&-; wait",
                                  sandbox_path(s, "pid"), NULL};
    const char *const keeps[] = {"sh", "-c", "sleep 77 & echo $! >\"$0\"; wait",
                                 sandbox_path(s, "pid"), NULL};
    const char *const *const commands[] = {closes, keeps};
    for (int i = 0; i < 2; i++) {
        uint8_t out[8];
        size_t size;
        wisp_error err;
        assert_int_equal(
            wisp_command_run(commands[i], MESSAGE, 300, out, sizeof out, &size, &err),
            WISP_LIMIT);
        assert_contains(err.text, "'sh' took longer than");
        char *text = sandbox_read(s, "pid");
        pid_t pid = (pid_t)strtol(text, NULL, 10);
        for (int tries = 0; kill(pid, 0) == 0 && tries < 500; tries++)
            usleep(10000); /* until init has reaped it */
        assert_int_equal(kill(pid, 0), -1);
        free(text);
    }
}

static void a_missing_program_is_named(void **state)
{
    (void)state;
    const char *const words[] = {"no-such-program-at-all", NULL};
    uint8_t out[8];
    size_t size;
    wisp_error err;
    assert_int_equal(wisp_command_run(words, MESSAGE, 1000, out, sizeof out, &size, &err),
                     WISP_NOT_FOUND);
    assert_contains(err.text, "cannot run 'no-such-program-at-all'");
}

static void bad_commands_are_refused(void **state)
{
    sandbox *s = *state;
    wisp_key key;
    wisp_error err;
    char script[WISP_KEY_COMMAND_SIZE + 1];
    memset(script, 'x', sizeof script - 1);
    script[sizeof script - 1] = '\0';
    make_key(s, &key);
    write_command_key(s, "ed25519", "ed25519", key.public_text, script);
    assert_int_equal(wisp_key_load(&s->os, sandbox_path(s, "c.key"), &key, &err), WISP_LIMIT);
    assert_contains(err.text, "'command' is longer than 512 bytes");
    write_command_key(s, "ecdsa", "ecdsa-sha2-nistp256", "no PEM", "true");
    assert_int_equal(wisp_key_load(&s->os, sandbox_path(s, "c.key"), &key, &err), WISP_MALFORMED);
    assert_contains(err.text, "no public key of curve P-256");
}

static void a_document_collects_signatures_one_after_the_other(void **state)
{
    sandbox *s = *state;
    wisp_key keys[3];
    wisp_error err;
    wisp_document first, second, third;
    wisp_json *map = wisp_json_new_object(), *ids = wisp_json_new_array();
    for (int i = 0; i < 3; i++) {
        assert_ok(wisp_key_make(&s->os, &keys[i], &err), err);
        assert_true(wisp_json_set(map, keys[i].id, wisp_key_object(&keys[i])));
        assert_true(wisp_json_append_string(ids, keys[i].id));
    }
    wisp_signers signers = {map, ids, 2};
    wisp_json *contents = wisp_json_new_object();
    assert_true(wisp_json_set_string(contents, "what", "signed"));
    wisp_keyring none = {.len = 0};
    size_t count;
    assert_ok(wisp_document_make(contents, &none, &first, &err), err);
    assert_ok(wisp_document_count(wisp_document_bytes(&first), &signers, &count, &err), err);
    assert_int_equal(count, 0);
    assert_ok(wisp_document_cosign(wisp_document_bytes(&first), &keys[2], &second, &err), err);
    assert_ok(wisp_document_cosign(wisp_document_bytes(&second), &keys[2], &third, &err), err);
    assert_memory_equal(&second.hash, &third.hash, sizeof third.hash); /* it counts once */
    wisp_document_deinit(&third);
    assert_ok(wisp_document_cosign(wisp_document_bytes(&second), &keys[0], &third, &err), err);
    assert_ok(wisp_document_count(wisp_document_bytes(&third), &signers, &count, &err), err);
    assert_int_equal(count, 2);
    wisp_document_deinit(&first);
    wisp_document_deinit(&second);
    wisp_document_deinit(&third);
    wisp_json_free(map);
    wisp_json_free(ids);
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
        CASE(the_public_half_alone_cannot_sign),
        CASE(a_command_signs_with_ed25519),
        CASE(a_command_signs_with_ecdsa),
        CASE(a_command_that_fails_is_told_with_its_reason),
        CASE(a_command_that_hangs_is_ended_with_all_that_it_started),
        CASE(a_missing_program_is_named),
        CASE(bad_commands_are_refused),
        CASE(a_document_collects_signatures_one_after_the_other),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
