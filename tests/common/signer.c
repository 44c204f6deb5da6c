#include "signer.h"

#include "base/hex.h"

#include <assert.h>
#include <string.h>

static wisp_hash hash_of(wisp_bytes bytes)
{
    wisp_hash hash;
    bool ok = wisp_sha256(bytes, &hash);
    assert(ok);
    (void)ok;
    return hash;
}

signer signer_make(const char *name)
{
    signer s;
    wisp_hash hash = hash_of((wisp_bytes){(const uint8_t *)name, strlen(name)});
    memcpy(s.seed, hash.bytes, sizeof s.seed);
    bool ok = wisp_ed25519_public(s.seed, s.public);
    assert(ok);
    (void)ok;
    return s;
}

wisp_json *signer_key(const signer *s)
{
    char public[2 * sizeof s->public + 1];
    wisp_json *key = wisp_json_new_object(), *value = wisp_json_new_object();
    wisp_hex_print(s->public, sizeof s->public, public);
    wisp_json_set_string(value, "public", public);
    wisp_json_set_string(key, "keytype", "ed25519");
    wisp_json_set_string(key, "scheme", "ed25519");
    wisp_json_set(key, "keyval", value);
    return key;
}

wisp_json *signer_sign(const signer *s, const char *keyid, wisp_bytes message)
{
    uint8_t signature[WISP_ED25519_SIGNATURE_SIZE];
    char text[2 * sizeof signature + 1];
    wisp_json *one = wisp_json_new_object();
    bool ok = wisp_ed25519_sign(s->seed, message, signature);
    assert(ok);
    (void)ok;
    wisp_hex_print(signature, sizeof signature, text);
    wisp_json_set_string(one, "keyid", keyid);
    wisp_json_set_string(one, "sig", text);
    return one;
}

void signer_digest(wisp_bytes bytes, char text[WISP_HASH_TEXT_SIZE])
{
    wisp_hash hash = hash_of(bytes);
    wisp_hash_print(&hash, text);
}

wisp_json *signer_hashes(wisp_bytes bytes)
{
    char text[WISP_HASH_TEXT_SIZE];
    wisp_json *hashes = wisp_json_new_object();
    signer_digest(bytes, text);
    wisp_json_set_string(hashes, "sha256", text);
    return hashes;
}
