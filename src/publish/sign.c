#include "publish/sign.h"

#include "base/error.h"
#include "publish/build.h"

#include <string.h>

wisp_status wisp_sign(const wisp_keyring *keyring, wisp_bytes message, wisp_signature *out,
                      wisp_error *err)
{
    for (size_t i = 0; i < keyring->len; i++) {
        uint8_t raw[WISP_ED25519_SIGNATURE_SIZE];
        if (!wisp_ed25519_sign(keyring->keys[i].seed, message, raw))
            return wisp_fail(err, WISP_NO_MEMORY, "the crypto library does not sign");
        memcpy(out[i].key_id, keyring->keys[i].id, WISP_KEY_ID_SIZE);
        wisp_hex_print(raw, sizeof raw, out[i].text);
    }
    return WISP_OK;
}

/* Takes [contents], also on failure. */
static wisp_json *envelope(wisp_json *contents, const wisp_signature *signatures, size_t len)
{
    wisp_json *object = wisp_json_new_object();
    wisp_json *array = wisp_build_array(object, "signatures");
    bool made = array;
    for (size_t i = 0; i < len && made; i++) {
        wisp_json *entry = wisp_json_new_object();
        made = entry && wisp_json_append(array, entry) &&
               wisp_json_set_string(entry, "keyid", signatures[i].key_id) &&
               wisp_json_set_string(entry, "sig", signatures[i].text);
    }
    if (!made)
        wisp_json_free(contents);
    else if (wisp_json_set(object, "signed", contents))
        return object;
    wisp_json_free(object);
    return NULL;
}

static wisp_status sign_contents(const wisp_json *contents, const wisp_keyring *keyring,
                                 wisp_signature *out, wisp_error *err)
{
    size_t size = 0;
    char *message = wisp_json_canonical(contents, &size);
    if (!message)
        return wisp_fail_memory(err, size);
    wisp_status status =
        wisp_sign(keyring, (wisp_bytes){(const uint8_t *)message, size}, out, err);
    wisp_json_text_free(message);
    return status;
}

wisp_status wisp_document_sign(wisp_json *contents, const wisp_keyring *keyring,
                               wisp_document *out, wisp_error *err)
{
    *out = (wisp_document){0};
    if (!contents)
        return wisp_fail_memory(err, 0);
    wisp_signature signatures[WISP_ROLE_KEYS_MAX];
    wisp_status status = sign_contents(contents, keyring, signatures, err);
    if (status) {
        wisp_json_free(contents);
        return status;
    }
    wisp_json *document = envelope(contents, signatures, keyring->len);
    out->text = document ? wisp_json_pretty(document, &out->size) : NULL;
    wisp_json_free(document);
    if (out->text && wisp_sha256((wisp_bytes){(uint8_t *)out->text, out->size}, &out->hash))
        return WISP_OK;
    wisp_document_deinit(out);
    return wisp_fail_memory(err, 0);
}

void wisp_document_deinit(wisp_document *document)
{
    wisp_json_text_free(document->text);
    *document = (wisp_document){0};
}
