#define _DEFAULT_SOURCE /* explicit_bzero */

#include "publish/keys.h"

#include "base/error.h"
#include "base/hex.h"
#include "publish/build.h"
#include "publish/file.h"

#include <string.h>

#define HEX_SIZE (2 * WISP_ED25519_KEY_SIZE + 1)

/* The two kinds of key that sign; others are only verified. */
static const struct {
    wisp_scheme scheme;
    const char *keytype, *name;
} families[WISP_KEY_FAMILY_LEN] = {
    {WISP_SCHEME_ED25519, "ed25519", "ed25519"},
    {WISP_SCHEME_ECDSA_P256, "ecdsa", "ecdsa-sha2-nistp256"},
};

static size_t family_of(wisp_scheme scheme)
{
    return scheme == WISP_SCHEME_ED25519 ? 0 : 1;
}

/* {"keytype", "scheme", "keyval": {"public"}}, with the private half too for the key's file. */
static bool build_key(wisp_json *object, const wisp_key *key, bool with_seed)
{
    char seed_hex[HEX_SIZE];
    size_t family = family_of(key->scheme);
    wisp_hex_print(key->seed, sizeof key->seed, seed_hex);
    wisp_json *keyval = wisp_build_object(object, "keyval");
    bool made = keyval && wisp_json_set_string(keyval, "public", key->public_text) &&
                (!with_seed || wisp_json_set_string(keyval, "private", seed_hex)) &&
                wisp_json_set_string(object, "keytype", families[family].keytype) &&
                wisp_json_set_string(object, "scheme", families[family].name);
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
    uint8_t public_half[WISP_ED25519_KEY_SIZE];
    *out = (wisp_key){.scheme = WISP_SCHEME_ED25519, .has_seed = true};
    int result = os->random(os->user, out->seed, sizeof out->seed);
    if (result < 0)
        return wisp_fail(err, WISP_IO, "the system gives no random bytes: %s", strerror(-result));
    if (!wisp_ed25519_public(out->seed, public_half))
        return wisp_fail(err, WISP_NO_MEMORY, "the crypto library makes no Ed25519 key");
    wisp_hex_print(public_half, sizeof public_half, out->public_text);
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

/* ------------------------------------------------------------------ reading */

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

static wisp_status parse_family(const wisp_json *object, wisp_key *out, wisp_error *err)
{
    const char *keytype;
    wisp_status status = wisp_json_string(object, "keytype", &keytype, err);
    if (status)
        return status;
    for (size_t i = 0; i < WISP_KEY_FAMILY_LEN; i++) {
        if (strcmp(keytype, families[i].keytype) == 0) {
            out->scheme = families[i].scheme;
            return check_word(object, "scheme", families[i].name, err);
        }
    }
    return wisp_fail(err, WISP_UNSUPPORTED, "'keytype' is '%.32s', expected 'ed25519' or 'ecdsa'",
                     keytype);
}

static wisp_status bad_half(const char *name, const char *text, wisp_error *err)
{
    return wisp_fail(err, WISP_MALFORMED,
                     "'keyval.%s' has %zu characters, expected 64 hexadecimal digits", name,
                     strlen(text));
}

static wisp_status parse_public(const wisp_json *keyval, wisp_key *out, wisp_error *err)
{
    const char *text;
    uint8_t raw[WISP_ED25519_KEY_SIZE];
    wisp_status status = wisp_json_string(keyval, "public", &text, err);
    if (status)
        return status;
    size_t size = strlen(text) + 1;
    bool fits = size <= sizeof out->public_text;
    if (out->scheme == WISP_SCHEME_ED25519 && !wisp_hex_parse(text, raw, sizeof raw))
        return bad_half("public", text, err);
    wisp_bytes pem = {(const uint8_t *)text, size - 1};
    if (out->scheme != WISP_SCHEME_ED25519 && (!fits || !wisp_key_equal(out->scheme, pem, pem)))
        return wisp_fail(err, WISP_MALFORMED,
                         "'keyval.public' is no public key of curve P-256 in PEM");
    memcpy(out->public_text, text, size);
    return WISP_OK;
}

static wisp_status parse_private(const wisp_json *keyval, wisp_key *out, wisp_error *err)
{
    const char *text;
    uint8_t derived[WISP_ED25519_KEY_SIZE];
    char derived_text[HEX_SIZE];
    wisp_status status = wisp_json_string(keyval, "private", &text, err);
    if (status)
        return status;
    if (out->scheme != WISP_SCHEME_ED25519)
        return wisp_fail(err, WISP_UNSUPPORTED,
                         "'keyval.private' is of an ECDSA key, expected a 'command' that signs "
                         "with it");
    if (!wisp_hex_parse(text, out->seed, sizeof out->seed))
        return bad_half("private", text, err);
    if (!wisp_ed25519_public(out->seed, derived))
        return wisp_fail(err, WISP_NO_MEMORY, "the crypto library loads no Ed25519 key");
    out->has_seed = true;
    wisp_hex_print(derived, sizeof derived, derived_text);
    if (strcmp(derived_text, out->public_text) != 0)
        return wisp_fail(err, WISP_UNTRUSTED,
                         "'keyval.public' is not the public half of 'keyval.private'");
    return WISP_OK;
}

static wisp_status parse_command(const wisp_json *object, wisp_key *out, wisp_error *err)
{
    const wisp_json *words;
    wisp_status status = wisp_json_array(object, "command", &words, err);
    if (status)
        return status;
    out->word_len = wisp_json_len(words);
    if (out->word_len < 1 || out->word_len > WISP_KEY_WORDS_MAX)
        return wisp_fail(err, WISP_MALFORMED, "'command' has %zu words, expected 1 to %d",
                         out->word_len, WISP_KEY_WORDS_MAX);
    size_t used = 0;
    for (size_t i = 0; i < out->word_len; i++) {
        const char *word = wisp_json_item_string(words, i);
        if (!word)
            return wisp_fail(err, WISP_MALFORMED,
                             "item %zu of 'command' is no string, expected a word", i);
        size_t size = strlen(word) + 1;
        if (size > sizeof out->command - used)
            return wisp_fail(err, WISP_LIMIT, "'command' is longer than %d bytes",
                             WISP_KEY_COMMAND_SIZE);
        memcpy(out->command + used, word, size);
        used += size;
    }
    return WISP_OK;
}

static wisp_status parse_key(const wisp_json *object, wisp_key *out, wisp_error *err)
{
    const wisp_json *keyval;
    wisp_status status = parse_family(object, out, err);
    if (!status)
        status = wisp_json_object(object, "keyval", &keyval, err);
    if (!status)
        status = parse_public(keyval, out, err);
    if (!status && wisp_json_has(keyval, "private"))
        status = parse_private(keyval, out, err);
    else if (!status && wisp_json_has(object, "command"))
        status = parse_command(object, out, err);
    return status ? status : fill_id(out, err);
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
    if (status)
        return wisp_fail(err, status, "%s: %.160s", path, why.text);
    return wisp_key_can_sign(out) ? wisp_file_check_secret(path, WISP_MODE_SECRET, err) : WISP_OK;
}

wisp_status wisp_key_load(const wisp_os *os, const char *path, wisp_key *out, wisp_error *err)
{
    wisp_arena arena;
    *out = (wisp_key){0};
    wisp_arena_init(&arena, &wisp_allocator_default, WISP_KEY_FILE_MAX);
    wisp_status status = read_key(os, path, &arena, out, err);
    wisp_arena_deinit(&arena);
    if (status)
        wisp_key_wipe(out);
    return status;
}

bool wisp_key_can_sign(const wisp_key *key)
{
    return key->has_seed || key->word_len > 0;
}

wisp_bytes wisp_key_public_bytes(const wisp_key *key, uint8_t room[WISP_ED25519_KEY_SIZE])
{
    if (key->scheme != WISP_SCHEME_ED25519)
        return (wisp_bytes){(const uint8_t *)key->public_text, strlen(key->public_text)};
    wisp_hex_parse(key->public_text, room, WISP_ED25519_KEY_SIZE); /* as when it was read */
    return (wisp_bytes){room, WISP_ED25519_KEY_SIZE};
}

void wisp_key_wipe(wisp_key *key)
{
    explicit_bzero(key->seed, sizeof key->seed);
    key->has_seed = false;
}

void wisp_keyring_wipe(wisp_keyring *keyring)
{
    for (size_t i = 0; i < keyring->len; i++)
        wisp_key_wipe(&keyring->keys[i]);
    keyring->len = 0;
}
