#include "publish/sign.h"

#include "base/error.h"
#include "base/hex.h"
#include "publish/build.h"
#include "publish/command.h"

#include <string.h>

static wisp_status sign_by_command(const wisp_key *key, wisp_bytes message,
                                   uint8_t out[WISP_SIGNATURE_SIZE_MAX], size_t *size,
                                   wisp_error *err)
{
    const char *words[WISP_KEY_WORDS_MAX + 1] = {NULL};
    const char *word = key->command;
    for (size_t i = 0; i < key->word_len; i++, word += strlen(word) + 1)
        words[i] = word;
    return wisp_command_run(words, message, WISP_SIGN_TIMEOUT_MS, out, WISP_SIGNATURE_SIZE_MAX,
                            size, err);
}

wisp_status wisp_sign(const wisp_key *key, wisp_bytes message,
                      uint8_t out[WISP_SIGNATURE_SIZE_MAX], size_t *size, wisp_error *err)
{
    uint8_t room[WISP_ED25519_KEY_SIZE];
    if (key->has_seed) {
        *size = WISP_ED25519_SIGNATURE_SIZE;
        return wisp_ed25519_sign(key->seed, message, out)
                   ? WISP_OK
                   : wisp_fail(err, WISP_NO_MEMORY, "the crypto library does not sign");
    }
    wisp_status status = sign_by_command(key, message, out, size, err);
    if (status || wisp_signature_verify(key->scheme, wisp_key_public_bytes(key, room), message,
                                        (wisp_bytes){out, *size}))
        return status;
    return wisp_fail(err, WISP_UNTRUSTED,
                     "'%.80s' printed %zu bytes that are no signature of key %.12s…",
                     key->command, *size, key->id);
}

/* Copies what [signatures] has of other keys than [id] to [out]. */
static bool copy_others(const wisp_json *signatures, const char *id, wisp_json *out)
{
    bool copied = true;
    for (size_t i = 0; i < wisp_json_len(signatures) && copied; i++) {
        const wisp_json *entry = wisp_json_item(signatures, i);
        const char *of = "";
        wisp_json_string(entry, "keyid", &of, NULL);
        if (strcmp(of, id) != 0) {
            wisp_json *copy = wisp_json_copy(entry);
            copied = copy && wisp_json_append(out, copy);
        }
    }
    return copied;
}

static bool put_signature(wisp_json *document, const wisp_json *before, const char *id,
                          const char *hex)
{
    wisp_json *signatures = wisp_json_new_array();
    wisp_json *entry = wisp_json_new_object();
    bool made = signatures && copy_others(before, id, signatures);
    if (!made)
        wisp_json_free(entry);
    made = made && entry && wisp_json_append(signatures, entry) &&
           wisp_json_set_string(entry, "keyid", id) && wisp_json_set_string(entry, "sig", hex);
    if (made)
        return wisp_json_set(document, "signatures", signatures);
    wisp_json_free(signatures);
    return false;
}

static wisp_status add_signature(wisp_json *document, wisp_bytes message, const wisp_key *key,
                                 wisp_error *err)
{
    uint8_t raw[WISP_SIGNATURE_SIZE_MAX];
    char hex[2 * WISP_SIGNATURE_SIZE_MAX + 1];
    size_t size;
    const wisp_json *before;
    wisp_status status = wisp_json_array(document, "signatures", &before, err);
    if (!status)
        status = wisp_sign(key, message, raw, &size, err);
    if (status)
        return status;
    wisp_hex_print(raw, size, hex);
    return put_signature(document, before, key->id, hex) ? WISP_OK : wisp_fail_memory(err, size);
}

/* Signs the canonical form of what [document] says with those of [keys] that can. */
static wisp_status sign_document(wisp_json *document, const wisp_key *keys, size_t len,
                                 wisp_error *err)
{
    const wisp_json *contents;
    size_t size = 0;
    wisp_status status = wisp_json_object(document, "signed", &contents, err);
    if (status)
        return status;
    char *text = wisp_json_canonical(contents, &size);
    if (!text)
        return wisp_fail_memory(err, size);
    wisp_bytes message = {(const uint8_t *)text, size};
    for (size_t i = 0; i < len && !status; i++) {
        if (wisp_key_can_sign(&keys[i]))
            status = add_signature(document, message, &keys[i], err);
    }
    wisp_json_text_free(text);
    return status;
}

static wisp_status print_document(const wisp_json *document, wisp_document *out, wisp_error *err)
{
    out->text = wisp_json_pretty(document, &out->size);
    if (out->text && wisp_sha256(wisp_document_bytes(out), &out->hash))
        return WISP_OK;
    wisp_document_deinit(out);
    return wisp_fail_memory(err, 0);
}

/* Takes [contents], also on failure. */
static wisp_json *envelope(wisp_json *contents)
{
    wisp_json *document = wisp_json_new_object();
    if (!wisp_build_array(document, "signatures"))
        wisp_json_free(contents);
    else if (wisp_json_set(document, "signed", contents))
        return document;
    wisp_json_free(document);
    return NULL;
}

wisp_status wisp_document_make(wisp_json *contents, const wisp_keyring *keyring,
                               wisp_document *out, wisp_error *err)
{
    *out = (wisp_document){0};
    wisp_json *document = contents ? envelope(contents) : NULL;
    if (!document)
        return wisp_fail_memory(err, 0);
    wisp_status status = sign_document(document, keyring->keys, keyring->len, err);
    if (!status)
        status = print_document(document, out, err);
    wisp_json_free(document);
    return status;
}

wisp_status wisp_document_cosign(wisp_bytes bytes, const wisp_key *key, wisp_document *out,
                                 wisp_error *err)
{
    wisp_json *document;
    *out = (wisp_document){0};
    wisp_status status = wisp_json_parse(bytes, &document, err);
    if (status)
        return status;
    status = sign_document(document, key, 1, err);
    if (!status)
        status = print_document(document, out, err);
    wisp_json_free(document);
    return status;
}

wisp_status wisp_document_copy(wisp_bytes bytes, wisp_document *out, wisp_error *err)
{
    wisp_json *document;
    *out = (wisp_document){0};
    wisp_status status = wisp_json_parse(bytes, &document, err);
    if (status)
        return status;
    status = print_document(document, out, err);
    wisp_json_free(document);
    return status;
}

static wisp_status count_signatures(const wisp_json *document, const wisp_signers *signers,
                                    size_t *out, wisp_error *err)
{
    const wisp_json *contents, *signatures;
    size_t size = 0;
    wisp_status status = wisp_json_object(document, "signed", &contents, err);
    if (!status)
        status = wisp_json_array(document, "signatures", &signatures, err);
    if (status)
        return status;
    char *text = wisp_json_canonical(contents, &size);
    bool counted = text && wisp_signers_count(&wisp_allocator_default, signers, signatures,
                                              (wisp_bytes){(const uint8_t *)text, size}, out);
    wisp_json_text_free(text);
    return counted ? WISP_OK : wisp_fail_memory(err, size);
}

wisp_status wisp_document_count(wisp_bytes bytes, const wisp_signers *signers, size_t *out,
                                wisp_error *err)
{
    wisp_json *document;
    wisp_status status = wisp_json_parse(bytes, &document, err);
    if (status)
        return status;
    status = count_signatures(document, signers, out, err);
    wisp_json_free(document);
    return status;
}

void wisp_document_deinit(wisp_document *document)
{
    wisp_json_text_free(document->text);
    *document = (wisp_document){0};
}
