#include "trust/signers.h"

#include "base/error.h"
#include "base/hex.h"
#include "base/memory.h"
#include "trust/crypto.h"

#include <string.h>

#define KEYS_MAX           1024
#define KEYIDS_MAX         128
#define SIGNATURE_SIZE_MAX 1024 /* RSA of 8192 bits */
#define KEY_SIZE_MAX       4096 /* bytes of a PEM; raw keys are smaller */

static wisp_status check_key(const wisp_json *key, wisp_error *err)
{
    const char *text;
    const wisp_json *keyval;
    if (!wisp_json_is_object(key))
        return wisp_fail(err, WISP_MALFORMED, "not an object");
    wisp_status status = wisp_json_string(key, "keytype", &text, err);
    if (status == WISP_OK)
        status = wisp_json_string(key, "scheme", &text, err);
    if (status == WISP_OK)
        status = wisp_json_object(key, "keyval", &keyval, err);
    if (status == WISP_OK)
        status = wisp_json_string(keyval, "public", &text, err);
    return status;
}

wisp_status wisp_keys_check(const wisp_json *keys, wisp_error *err)
{
    if (wisp_json_len(keys) > KEYS_MAX)
        return wisp_fail(err, WISP_LIMIT, "%zu keys, expected at most %d", wisp_json_len(keys),
                         KEYS_MAX);
    const wisp_json *key;
    const char *id;
    void *cursor = NULL;
    wisp_status status = WISP_OK;
    while (status == WISP_OK && wisp_json_next(keys, &cursor, &id, &key))
        status = wisp_fail_within(err, check_key(key, err), id);
    return status;
}

wisp_status wisp_signers_read(const wisp_json *keys, const wisp_json *role, wisp_signers *out,
                              wisp_error *err)
{
    out->keys = keys;
    wisp_status status = wisp_json_array(role, "keyids", &out->keyids, err);
    if (status == WISP_OK)
        status = wisp_json_number(role, "threshold", &out->threshold, err);
    if (status != WISP_OK)
        return status;
    if (out->threshold == 0)
        return wisp_fail(err, WISP_MALFORMED, "'threshold' is 0, expected 1 or more");
    size_t len = wisp_json_len(out->keyids);
    if (len > KEYIDS_MAX)
        return wisp_fail(err, WISP_LIMIT, "'keyids' has %zu items, expected at most %d", len,
                         KEYIDS_MAX);
    for (size_t i = 0; i < len; i++)
        if (!wisp_json_item_string(out->keyids, i))
            return wisp_fail(err, WISP_MALFORMED, "'keyids' has an item that is no string");
    return WISP_OK;
}

/* A key ready for use; the bytes of Ed25519 are raw, those of the others the document's text. */
typedef struct public_key {
    wisp_scheme scheme;
    uint8_t raw[WISP_ED25519_KEY_SIZE];
    wisp_bytes text; /* of PEM keys; borrowed from the document */
} public_key;

static wisp_bytes key_bytes(const public_key *key)
{
    if (key->scheme == WISP_SCHEME_ED25519)
        return (wisp_bytes){key->raw, sizeof key->raw};
    return key->text;
}

static const struct {
    const char *keytype, *name;
    wisp_scheme scheme;
} schemes[] = {
    {"ed25519", "ed25519", WISP_SCHEME_ED25519},
    {"ecdsa", "ecdsa-sha2-nistp256", WISP_SCHEME_ECDSA_P256},
    {"ecdsa-sha2-nistp256", "ecdsa-sha2-nistp256", WISP_SCHEME_ECDSA_P256},
    {"rsa", "rsassa-pss-sha256", WISP_SCHEME_RSA_PSS},
};

static bool find_scheme(const wisp_json *key, wisp_scheme *out)
{
    const char *keytype, *name;
    if (wisp_json_string(key, "keytype", &keytype, NULL) != WISP_OK ||
        wisp_json_string(key, "scheme", &name, NULL) != WISP_OK)
        return false;
    for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++) {
        if (strcmp(keytype, schemes[i].keytype) == 0 && strcmp(name, schemes[i].name) == 0) {
            *out = schemes[i].scheme;
            return true;
        }
    }
    return false;
}

/* False for a key that is not there, of an unknown scheme, or unsound: it counts for nothing. */
static bool find_key(const wisp_json *keys, const char *keyid, public_key *out)
{
    const wisp_json *key, *keyval;
    const char *text;
    if (wisp_json_object(keys, keyid, &key, NULL) != WISP_OK || !find_scheme(key, &out->scheme) ||
        wisp_json_object(key, "keyval", &keyval, NULL) != WISP_OK ||
        wisp_json_string(keyval, "public", &text, NULL) != WISP_OK)
        return false;
    if (out->scheme == WISP_SCHEME_ED25519)
        return wisp_hex_parse(text, out->raw, sizeof out->raw);
    out->text = (wisp_bytes){(const uint8_t *)text, strlen(text)};
    return out->text.size <= KEY_SIZE_MAX;
}

static const char *find_signature(const wisp_json *signatures, const char *keyid)
{
    const char *id, *text;
    for (size_t i = 0; i < wisp_json_len(signatures); i++) {
        const wisp_json *item = wisp_json_item(signatures, i);
        if (wisp_json_string(item, "keyid", &id, NULL) == WISP_OK && strcmp(id, keyid) == 0 &&
            wisp_json_string(item, "sig", &text, NULL) == WISP_OK)
            return text;
    }
    return NULL;
}

static bool signature_holds(const public_key *key, const char *text, wisp_bytes message)
{
    uint8_t signature[SIGNATURE_SIZE_MAX];
    size_t size = strlen(text) / 2;
    return size > 0 && size <= sizeof signature && wisp_hex_parse(text, signature, size) &&
           wisp_signature_verify(key->scheme, key_bytes(key), message,
                                 (wisp_bytes){signature, size});
}

static bool is_among(const public_key *key, const public_key *keys, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (keys[i].scheme == key->scheme &&
            wisp_key_equal(key->scheme, key_bytes(&keys[i]), key_bytes(key)))
            return true;
    return false;
}

bool wisp_signers_count(const wisp_allocator *allocator, const wisp_signers *signers,
                        const wisp_json *signatures, wisp_bytes message, size_t *out)
{
    size_t count = 0, room = wisp_json_len(signers->keyids);
    public_key *accepted = wisp_alloc(allocator, room, sizeof *accepted);
    if (!accepted)
        return false;
    for (size_t i = 0; i < room && count < signers->threshold; i++) {
        const char *keyid = wisp_json_item_string(signers->keyids, i);
        const char *text = find_signature(signatures, keyid);
        public_key *key = &accepted[count];
        if (text && find_key(signers->keys, keyid, key) && !is_among(key, accepted, count) &&
            signature_holds(key, text, message))
            count++;
    }
    wisp_free(allocator, accepted, room * sizeof *accepted);
    *out = count;
    return true;
}

static bool can_sign(const wisp_signers *signers, const public_key *key)
{
    public_key other;
    for (size_t i = 0; i < wisp_json_len(signers->keyids); i++)
        if (find_key(signers->keys, wisp_json_item_string(signers->keyids, i), &other) &&
            is_among(key, &other, 1))
            return true;
    return false;
}

/* A text that is no key of its scheme is not even equal to itself. */
static bool is_sound(const public_key *key)
{
    return is_among(key, key, 1);
}

bool wisp_signers_removed(const wisp_signers *before, const wisp_signers *after)
{
    public_key key;
    for (size_t i = 0; i < wisp_json_len(before->keyids); i++)
        if (find_key(before->keys, wisp_json_item_string(before->keyids, i), &key) &&
            is_sound(&key) && !can_sign(after, &key))
            return true;
    return false;
}
