#ifndef WISP_PUBLISH_KEYS_H
#define WISP_PUBLISH_KEYS_H

#include "base/memory.h"
#include "trust/crypto.h"
#include "trust/json.h"

/*
 * Keys in files, one a file, in the JSON layout that other TUF tools write (docs/formats.md).
 * A file has the private half of an Ed25519 key; or the command that signs with a key which is
 * elsewhere, Ed25519 or ECDSA P-256; or the public half alone, of somebody else's key.
 *
 * A file that can sign is for its owner alone: one that others can use is refused, and so is
 * one whose public half is not that of its private half.
 */

#define WISP_KEY_ID_SIZE      65  /* SHA-256 in hexadecimal and a NUL */
#define WISP_KEY_PUBLIC_SIZE  512 /* of the public half as text, with a NUL */
#define WISP_KEY_COMMAND_SIZE 512 /* of all words of a command, each with a NUL */
#define WISP_KEY_WORDS_MAX    16  /* of a command */
#define WISP_ROLE_KEYS_MAX    16  /* of one role */
#define WISP_KEY_FILE_MAX     4096
#define WISP_KEY_FAMILY_LEN   2 /* Ed25519 and ECDSA P-256 */

typedef struct wisp_key {
    char id[WISP_KEY_ID_SIZE]; /* TUF 4.2: the hash of the public key object */
    wisp_scheme scheme;
    char public_text[WISP_KEY_PUBLIC_SIZE]; /* as in documents: hexadecimal, or PEM */
    bool has_seed;
    uint8_t seed[WISP_ED25519_KEY_SIZE]; /* the private half, where it is here */
    char command[WISP_KEY_COMMAND_SIZE]; /* else the words of the command that has it … */
    size_t word_len;                     /* … of which there are this many; 0: none */
} wisp_key;

/* The keys that sign for one role. */
typedef struct wisp_keyring {
    wisp_key keys[WISP_ROLE_KEYS_MAX];
    size_t places[WISP_ROLE_KEYS_MAX]; /* of each in the role's policy */
    size_t len;
} wisp_keyring;

/* Makes an Ed25519 key from the system's randomness. */
wisp_status wisp_key_make(const wisp_os *os, wisp_key *out, wisp_error *err);

/* Writes [key] to the new file [path], mode 0600. WISP_INVALID where the file is there. */
wisp_status wisp_key_save(const wisp_os *os, const char *path, const wisp_key *key,
                          wisp_error *err);

/* Reads the key in the file [path]. WISP_NOT_FOUND; WISP_UNTRUSTED where others can use the
 * file or the halves do not belong together; WISP_MALFORMED, naming the field. */
wisp_status wisp_key_load(const wisp_os *os, const char *path, wisp_key *out, wisp_error *err);

/* Whether [key] can sign, by itself or by its command. */
bool wisp_key_can_sign(const wisp_key *key);

/* The public key object of documents; NULL when out of memory. */
wisp_json *wisp_key_object(const wisp_key *key);

/* The public half as signatures are verified with: into [room], which it may point to. */
wisp_bytes wisp_key_public_bytes(const wisp_key *key, uint8_t room[WISP_ED25519_KEY_SIZE]);

/* Overwrites the private halves. */
void wisp_key_wipe(wisp_key *key);
void wisp_keyring_wipe(wisp_keyring *keyring);

#endif
