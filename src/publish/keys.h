#ifndef WISP_PUBLISH_KEYS_H
#define WISP_PUBLISH_KEYS_H

#include "base/memory.h"
#include "trust/crypto.h"
#include "trust/json.h"

/*
 * Private keys in files: Ed25519, one key a file of mode 0600, in the JSON layout that other
 * TUF tools write (docs/formats.md). A key that others can read is refused, and one whose
 * public half is not that of its private half.
 */

#define WISP_KEY_ID_SIZE   65 /* SHA-256 in hexadecimal and a NUL */
#define WISP_ROLE_KEYS_MAX 16 /* of one role */
#define WISP_KEY_FILE_MAX  4096

typedef struct wisp_key {
    uint8_t seed[WISP_ED25519_KEY_SIZE]; /* the private half */
    uint8_t public_half[WISP_ED25519_KEY_SIZE];
    char id[WISP_KEY_ID_SIZE]; /* TUF 4.2: the hash of the public key object */
} wisp_key;

/* The keys that sign for one role. */
typedef struct wisp_keyring {
    wisp_key keys[WISP_ROLE_KEYS_MAX];
    size_t len;
} wisp_keyring;

/* Makes a key from the system's randomness. */
wisp_status wisp_key_make(const wisp_os *os, wisp_key *out, wisp_error *err);

/* Writes [key] to the new file [path], mode 0600. WISP_INVALID where the file is there. */
wisp_status wisp_key_save(const wisp_os *os, const char *path, const wisp_key *key,
                          wisp_error *err);

/* Reads the key in the file [path]. WISP_UNTRUSTED where others can read the file or the
 * halves do not belong together; WISP_MALFORMED, naming the field. */
wisp_status wisp_key_load(const wisp_os *os, const char *path, wisp_key *out, wisp_error *err);

/* The public key object of root documents; NULL when out of memory. */
wisp_json *wisp_key_object(const wisp_key *key);

/* Overwrites the private halves. */
void wisp_key_wipe(wisp_key *key);
void wisp_keyring_wipe(wisp_keyring *keyring);

#endif
