#include "trust/crypto.h"

#include "base/hex.h"

#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <stdlib.h>
#include <string.h>

#define RSA_BITS_MIN 2048 /* TUF 4.2 */
#define RSA_BITS_MAX 8192
#define PEM_SIZE_MAX 4096

struct wisp_hasher {
    EVP_MD_CTX *context;
    bool failed; /* the hash is then all zeros, which matches nothing */
};

wisp_hasher *wisp_hasher_new(void)
{
    wisp_hasher *hasher = OPENSSL_zalloc(sizeof *hasher);
    if (!hasher)
        return NULL;
    hasher->context = EVP_MD_CTX_new();
    if (!hasher->context || EVP_DigestInit_ex(hasher->context, EVP_sha256(), NULL) != 1) {
        wisp_hasher_free(hasher);
        return NULL;
    }
    return hasher;
}

void wisp_hasher_add(wisp_hasher *hasher, const void *data, size_t size)
{
    if (EVP_DigestUpdate(hasher->context, data, size) != 1)
        hasher->failed = true;
}

wisp_hash wisp_hasher_finish(wisp_hasher *hasher)
{
    wisp_hash hash = {{0}};
    if (EVP_DigestFinal_ex(hasher->context, hash.bytes, NULL) != 1 || hasher->failed)
        memset(&hash, 0, sizeof hash);
    hasher->failed = EVP_DigestInit_ex(hasher->context, EVP_sha256(), NULL) != 1;
    return hash;
}

void wisp_hasher_free(wisp_hasher *hasher)
{
    if (!hasher)
        return;
    EVP_MD_CTX_free(hasher->context);
    OPENSSL_free(hasher);
}

bool wisp_sha256(wisp_bytes bytes, wisp_hash *out)
{
    return EVP_Digest(bytes.data, bytes.size, out->bytes, NULL, EVP_sha256(), NULL) == 1;
}

bool wisp_sha512(wisp_bytes bytes, uint8_t out[WISP_SHA512_SIZE])
{
    return EVP_Digest(bytes.data, bytes.size, out, NULL, EVP_sha512(), NULL) == 1;
}

/* An encrypted PEM must not make the library ask for a password at the terminal. */
static int no_password(char *buffer, int size, int writing, void *user)
{
    (void)buffer;
    (void)size;
    (void)writing;
    (void)user;
    return -1;
}

static EVP_PKEY *read_pem(wisp_bytes key)
{
    if (key.size == 0 || key.size > PEM_SIZE_MAX)
        return NULL;
    BIO *bio = BIO_new_mem_buf(key.data, (int)key.size);
    if (!bio)
        return NULL;
    EVP_PKEY *pkey = PEM_read_bio_PUBKEY(bio, NULL, no_password, NULL);
    BIO_free(bio);
    return pkey;
}

static bool is_p256(const EVP_PKEY *pkey)
{
    char group[32];
    size_t len;
    return EVP_PKEY_get_base_id(pkey) == EVP_PKEY_EC &&
           EVP_PKEY_get_group_name(pkey, group, sizeof group, &len) == 1 &&
           strcmp(group, "prime256v1") == 0;
}

static bool is_usable_rsa(const EVP_PKEY *pkey)
{
    int bits = EVP_PKEY_get_bits(pkey);
    return EVP_PKEY_get_base_id(pkey) == EVP_PKEY_RSA && bits >= RSA_BITS_MIN &&
           bits <= RSA_BITS_MAX;
}

/* [key] as the library has it, or NULL if it is not a sound key of [scheme]. */
static EVP_PKEY *read_key(wisp_scheme scheme, wisp_bytes key)
{
    EVP_PKEY *pkey = NULL;
    bool sound = false;
    switch (scheme) {
    case WISP_SCHEME_ED25519:
        pkey = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, key.data, key.size);
        sound = pkey != NULL;
        break;
    case WISP_SCHEME_ECDSA_P256:
        pkey = read_pem(key);
        sound = pkey && is_p256(pkey);
        break;
    case WISP_SCHEME_RSA_PSS:
        pkey = read_pem(key);
        sound = pkey && is_usable_rsa(pkey);
        break;
    }
    if (sound)
        return pkey;
    EVP_PKEY_free(pkey);
    return NULL;
}

/* Publishers differ in the length of their salt, and any is as good: it is read from the
 * signature. */
static bool set_pss(EVP_PKEY_CTX *context)
{
    return EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PSS_PADDING) == 1 &&
           EVP_PKEY_CTX_set_rsa_pss_saltlen(context, RSA_PSS_SALTLEN_AUTO) == 1;
}

static bool verify(wisp_scheme scheme, EVP_PKEY *pkey, wisp_bytes message, wisp_bytes signature)
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    EVP_PKEY_CTX *parameters = NULL; /* owned by context */
    const EVP_MD *digest = scheme == WISP_SCHEME_ED25519 ? NULL : EVP_sha256();
    bool ok = context && EVP_DigestVerifyInit(context, &parameters, digest, NULL, pkey) == 1 &&
              (scheme != WISP_SCHEME_RSA_PSS || set_pss(parameters)) &&
              EVP_DigestVerify(context, signature.data, signature.size, message.data,
                               message.size) == 1;
    EVP_MD_CTX_free(context);
    return ok;
}

bool wisp_signature_verify(wisp_scheme scheme, wisp_bytes key, wisp_bytes message,
                           wisp_bytes signature)
{
    ERR_set_mark(); /* the program may use the library too: leave its error queue alone */
    EVP_PKEY *pkey = read_key(scheme, key);
    bool ok = pkey && verify(scheme, pkey, message, signature);
    EVP_PKEY_free(pkey);
    ERR_pop_to_mark();
    return ok;
}

bool wisp_key_equal(wisp_scheme scheme, wisp_bytes a, wisp_bytes b)
{
    ERR_set_mark();
    EVP_PKEY *left = read_key(scheme, a);
    EVP_PKEY *right = read_key(scheme, b);
    bool equal = left && right && EVP_PKEY_eq(left, right) == 1;
    EVP_PKEY_free(left);
    EVP_PKEY_free(right);
    ERR_pop_to_mark();
    return equal;
}

bool wisp_ed25519_public(const uint8_t seed[WISP_ED25519_KEY_SIZE],
                         uint8_t key[WISP_ED25519_KEY_SIZE])
{
    EVP_PKEY *pkey =
        EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, seed, WISP_ED25519_KEY_SIZE);
    size_t size = WISP_ED25519_KEY_SIZE;
    bool ok = pkey && EVP_PKEY_get_raw_public_key(pkey, key, &size) == 1;
    EVP_PKEY_free(pkey);
    return ok;
}

bool wisp_ed25519_sign(const uint8_t seed[WISP_ED25519_KEY_SIZE], wisp_bytes message,
                       uint8_t signature[WISP_ED25519_SIGNATURE_SIZE])
{
    EVP_PKEY *pkey =
        EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, seed, WISP_ED25519_KEY_SIZE);
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    size_t size = WISP_ED25519_SIGNATURE_SIZE;
    bool ok = pkey && context && EVP_DigestSignInit(context, NULL, NULL, NULL, pkey) == 1 &&
              EVP_DigestSign(context, signature, &size, message.data, message.size) == 1;
    EVP_MD_CTX_free(context);
    EVP_PKEY_free(pkey);
    return ok;
}

void wisp_hash_print(const wisp_hash *hash, char text[WISP_HASH_TEXT_SIZE])
{
    wisp_hex_print(hash->bytes, sizeof hash->bytes, text);
}
