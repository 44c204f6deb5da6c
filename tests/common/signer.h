#ifndef TESTS_COMMON_SIGNER_H
#define TESTS_COMMON_SIGNER_H

#include "trust/crypto.h"
#include "trust/json.h"

/*
 * Who signs the documents of a test's repository, and what these list of keys, signatures and
 * files. JSON that is returned is the caller's.
 */

typedef struct signer {
    uint8_t seed[WISP_ED25519_KEY_SIZE];
    uint8_t public[WISP_ED25519_KEY_SIZE];
} signer;

/* The Ed25519 key that belongs to [name]: always the same one. */
signer signer_make(const char *name);

/* As a document lists the key. */
wisp_json *signer_key(const signer *s);

/* Its signature of [message], under the id [keyid], as an item of "signatures". */
wisp_json *signer_sign(const signer *s, const char *keyid, wisp_bytes message);

/* Writes the SHA-256 of [bytes], in digits. */
void signer_digest(wisp_bytes bytes, char text[WISP_HASH_TEXT_SIZE]);

/* The "hashes" of a file with [bytes]. */
wisp_json *signer_hashes(wisp_bytes bytes);

#endif
