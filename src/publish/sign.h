#ifndef WISP_PUBLISH_SIGN_H
#define WISP_PUBLISH_SIGN_H

#include "publish/keys.h"

/*
 * Signatures. wisp_sign is the one place where a private key meets a message: a signer that
 * keeps its keys elsewhere (a token, a service, several people) replaces it alone.
 */

typedef struct wisp_signature {
    char key_id[WISP_KEY_ID_SIZE];
    char text[2 * WISP_ED25519_SIGNATURE_SIZE + 1]; /* hexadecimal */
} wisp_signature;

/* Signs [message] with every key of [keyring]; [out] has room for keyring->len signatures. */
wisp_status wisp_sign(const wisp_keyring *keyring, wisp_bytes message, wisp_signature *out,
                      wisp_error *err);

/* A signed document as it lies in the repository. Free the text with wisp_json_text_free. */
typedef struct wisp_document {
    char *text;
    size_t size;
    wisp_hash hash;
} wisp_document;

/*
 * Signs the canonical form of [contents] and makes the document {"signatures", "signed"} (TUF
 * 4.2.1). [contents] is given away, also on failure; NULL means that it could not be made.
 */
wisp_status wisp_document_sign(wisp_json *contents, const wisp_keyring *keyring,
                               wisp_document *out, wisp_error *err);
void wisp_document_deinit(wisp_document *document);

#endif
