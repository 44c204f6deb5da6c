#define _DEFAULT_SOURCE /* explicit_bzero */

#include "publish/keys.h"

#include "base/error.h"
#include "publish/build.h"
#include "publish/file.h"

#include <string.h>

#define HEX_SIZE (2 * WISP_ED25519_KEY_SIZE + 1)

/* {"keytype", "scheme", "keyval": {"public"}}, with the private half too for the key's file. */
static bool build_key(wisp_json *object, const wisp_key *key, bool with_seed)
{
    char public_hex[HEX_SIZE], seed_hex[HEX_SIZE];
    wisp_hex_print(key->public_half, sizeof key->public_half, public_hex);
    wisp_hex_print(key->seed, sizeof key->seed, seed_hex);
    wisp_json *keyval = wisp_build_object(object, "keyval");
    bool made = keyval && wisp_json_set_string(keyval, "public", public_hex) &&
                (!with_seed || wisp_json_set_string(keyval, "private", seed_hex)) &&
                wisp_json_set_string(object, "keytype", "ed25519") &&
                wisp_json_set_string(object, "scheme", "ed25519");
    explicit_bzero(seed_hex, sizeof seed_hex);
    return made;
}

static wisp_json *key_object(const wisp_key *key, bool with_seed)
{
    wisp_json *object = wisp_json_new_object();
    if (object && build_key(object, key, with_seed))
        return object;
    wisp_json_free(object);
    return NULL;
}

wisp_json *wisp_key_object(const wisp_key *key)
{
    return key_object(key, false);
}

/* The key ID is the SHA-256 of the canonical form of the public key object (TUF 4.2). */
static wisp_status fill_id(wisp_key *key, wisp_error *err)
{
    wisp_json *object = wisp_key_object(key);
    size_t size = 0;
    char *text = object ? wisp_json_canonical(object, &size) : NULL;
    wisp_hash hash;
    bool done = text && wisp_sha256((wisp_bytes){(const uint8_t *)text, size}, &hash);
    wisp_json_text_free(text);
    wisp_json_free(object);
    if (!done)
        return wisp_fail_memory(err, size);
    wisp_hex_print(hash.bytes, sizeof hash.bytes, key->id);
    return WISP_OK;
}

wisp_status wisp_key_make(const wisp_os *os, wisp_key *out, wisp_error *err)
{
    int result = os->random(os->user, out->seed, sizeof out->seed);
    if (result < 0)
        return wisp_fail(err, WISP_IO, "the system gives no random bytes: %s", strerror(-result));
    if (!wisp_ed25519_public(out->seed, out->public_half))
        return wisp_fail(err, WISP_NO_MEMORY, "the crypto library makes no Ed25519 key");
    return fill_id(out, err);
}

wisp_status wisp_key_save(const wisp_os *os, const char *path, const wisp_key *key,
                          wisp_error *err)
{
    wisp_json *object = key_object(key, true);
    size_t size = 0;
    char *text = object ? wisp_json_pretty(object, &size) : NULL;
    wisp_json_free(object);
    if (!text)
        return wisp_fail_memory(err, WISP_KEY_FILE_MAX);
    wisp_bytes bytes = {(const uint8_t *)text, size};
    wisp_status status = wisp_file_create(os, path, bytes, WISP_MODE_SECRET, err);
    explicit_bzero(text, size);
    wisp_json_text_free(text);
    return status;
}

static wisp_status check_word(const wisp_json *object, const char *key, const char *expected,
                              wisp_error *err)
{
    const char *found;
    wisp_status status = wisp_json_string(object, key, &found, err);
    if (status || strcmp(found, expected) == 0)
        return status;
    return wisp_fail(err, WISP_UNSUPPORTED, "'%s' is '%.32s', expected '%s'", key, found,
                     expected);
}

static wisp_status parse_half(const wisp_json *keyval, const char *name,
                              uint8_t out[WISP_ED25519_KEY_SIZE], wisp_error *err)
{
    const char *text;
    wisp_status status = wisp_json_string(keyval, name, &text, err);
    if (status)
        return status;
    if (!wisp_hex_parse(text, out, WISP_ED25519_KEY_SIZE))
        return wisp_fail(err, WISP_MALFORMED,
                         "'keyval.%s' has %zu characters, expected 64 hexadecimal digits", name,
                         strlen(text));
    return WISP_OK;
}

static wisp_status parse_key(const wisp_json *object, wisp_key *out, wisp_error *err)
{
    const wisp_json *keyval;
    uint8_t derived[WISP_ED25519_KEY_SIZE];
    wisp_status status = check_word(object, "keytype", "ed25519", err);
    if (!status)
        status = check_word(object, "scheme", "ed25519", err);
    if (!status)
        status = wisp_json_object(object, "keyval", &keyval, err);
    if (!status)
        status = parse_half(keyval, "private", out->seed, err);
    if (!status)
        status = parse_half(keyval, "public", out->public_half, err);
    if (status)
        return status;
    if (!wisp_ed25519_public(out->seed, derived))
        return wisp_fail(err, WISP_NO_MEMORY, "the crypto library loads no Ed25519 key");
    if (memcmp(derived, out->public_half, sizeof derived) != 0)
        return wisp_fail(err, WISP_UNTRUSTED,
                         "'keyval.public' is not the public half of 'keyval.private'");
    return fill_id(out, err);
}

static wisp_status read_key(const wisp_os *os, const char *path, wisp_arena *arena, wisp_key *out,
                            wisp_error *err)
{
    wisp_bytes text;
    wisp_json *object;
    wisp_error why;
    wisp_status status = wisp_file_read(os, arena, path, WISP_KEY_FILE_MAX, &text, err);
    if (status)
        return status;
    status = wisp_json_parse(text, &object, &why);
    if (!status) {
        status = parse_key(object, out, &why);
        wisp_json_free(object);
    }
    explicit_bzero((void *)(uintptr_t)text.data, text.size);
    return status ? wisp_fail(err, status, "%s: %.160s", path, why.text) : WISP_OK;
}

wisp_status wisp_key_load(const wisp_os *os, const char *path, wisp_key *out, wisp_error *err)
{
    wisp_status status = wisp_file_check_secret(path, WISP_MODE_SECRET, err);
    if (status)
        return status;
    wisp_arena arena;
    wisp_arena_init(&arena, &wisp_allocator_default, WISP_KEY_FILE_MAX);
    status = read_key(os, path, &arena, out, err);
    wisp_arena_deinit(&arena);
    if (status)
        wisp_key_wipe(out);
    return status;
}

void wisp_key_wipe(wisp_key *key)
{
    explicit_bzero(key->seed, sizeof key->seed);
}

void wisp_keyring_wipe(wisp_keyring *keyring)
{
    for (size_t i = 0; i < keyring->len; i++)
        wisp_key_wipe(&keyring->keys[i]);
    keyring->len = 0;
}
