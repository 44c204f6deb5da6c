#ifndef WISP_TRUST_CRYPTO_H
#define WISP_TRUST_CRYPTO_H

#include <wisp/update.h>

/*
 * Hashes and signatures. The one file behind this header is the only one that knows the
 * crypto library (OpenSSL's libcrypto). Stateless; any thread.
 */

/* The signature schemes of TUF that are verified (specification 4.2). */
typedef enum wisp_scheme {
    WISP_SCHEME_ED25519,
    WISP_SCHEME_ECDSA_P256, /* "ecdsa-sha2-nistp256": PEM key, DER signature, SHA-256 */
    WISP_SCHEME_RSA_PSS     /* "rsassa-pss-sha256": PEM key */
} wisp_scheme;

#define WISP_ED25519_KEY_SIZE       32
#define WISP_ED25519_SIGNATURE_SIZE 64
#define WISP_SHA512_SIZE            64

/* A hash over bytes that come in pieces. */
typedef struct wisp_hasher wisp_hasher;

wisp_hasher *wisp_hasher_new(void); /* SHA-256; NULL if out of memory */
void wisp_hasher_add(wisp_hasher *hasher, const void *data, size_t size);
/* The hash of all that was added; the hasher then starts anew. */
wisp_hash wisp_hasher_finish(wisp_hasher *hasher);
void wisp_hasher_free(wisp_hasher *hasher);

/* The SHA-256 and SHA-512 of [bytes]. False only if the library is out of memory. */
bool wisp_sha256(wisp_bytes bytes, wisp_hash *out);
bool wisp_sha512(wisp_bytes bytes, uint8_t out[WISP_SHA512_SIZE]);

/*
 * Whether [signature] over [message] was made with the private half of [key]: 32 raw bytes
 * for Ed25519, a PEM SubjectPublicKeyInfo otherwise. False for anything malformed.
 */
bool wisp_signature_verify(wisp_scheme scheme, wisp_bytes key, wisp_bytes message,
                           wisp_bytes signature);

/* Whether two keys of [scheme] are one and the same, however they are written. */
bool wisp_key_equal(wisp_scheme scheme, wisp_bytes a, wisp_bytes b);

/* Ed25519, for publishers. A seed is 32 secret random bytes. False only if the library fails. */
bool wisp_ed25519_public(const uint8_t seed[WISP_ED25519_KEY_SIZE],
                         uint8_t key[WISP_ED25519_KEY_SIZE]);
bool wisp_ed25519_sign(const uint8_t seed[WISP_ED25519_KEY_SIZE], wisp_bytes message,
                       uint8_t signature[WISP_ED25519_SIGNATURE_SIZE]);

#endif
