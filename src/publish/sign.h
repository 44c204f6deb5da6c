#ifndef WISP_PUBLISH_SIGN_H
#define WISP_PUBLISH_SIGN_H

#include "publish/keys.h"
#include "trust/signers.h"

/*
 * Signatures, and documents that have them. sign.c is the one place where a private key, or the
 * command that has it, meets a message. Each signature is verified before it is believed.
 */

#define WISP_SIGNATURE_SIZE_MAX 128   /* Ed25519 has 64 bytes, P-256 in DER 72 at the most */
#define WISP_SIGN_TIMEOUT_MS    60000 /* of a command: somebody may have to touch a token */

/* Signs [message] with [key]. WISP_UNTRUSTED where a command gives what is no signature of it. */
wisp_status wisp_sign(const wisp_key *key, wisp_bytes message,
                      uint8_t out[WISP_SIGNATURE_SIZE_MAX], size_t *size, wisp_error *err);

/* A document as it lies in the repository: {"signatures", "signed"} (TUF 4.2.1). */
typedef struct wisp_document {
    char *text;
    size_t size;
    wisp_hash hash;
} wisp_document;

/*
 * Makes a document of [contents], with a signature of each key of [keyring] that can sign.
 * [contents] is given away, also on failure; NULL means that it could not be made. Free with
 * wisp_document_deinit.
 */
wisp_status wisp_document_make(wisp_json *contents, const wisp_keyring *keyring,
                               wisp_document *out, wisp_error *err);

/* Copies the document [bytes], with a new signature of [key] instead of the one that it may
 * have of it. WISP_MALFORMED where it is no document. */
wisp_status wisp_document_cosign(wisp_bytes bytes, const wisp_key *key, wisp_document *out,
                                 wisp_error *err);

/* The document [bytes] with the signatures that it has. */
wisp_status wisp_document_copy(wisp_bytes bytes, wisp_document *out, wisp_error *err);

/* How many different keys of [signers] have signed the document [bytes], up to the threshold. */
wisp_status wisp_document_count(wisp_bytes bytes, const wisp_signers *signers, size_t *out,
                                wisp_error *err);

void wisp_document_deinit(wisp_document *document);

static inline wisp_bytes wisp_document_bytes(const wisp_document *document)
{
    return (wisp_bytes){(const uint8_t *)document->text, document->size};
}

#endif
