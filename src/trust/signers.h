#ifndef WISP_TRUST_SIGNERS_H
#define WISP_TRUST_SIGNERS_H

#include "trust/json.h"

/*
 * Who may sign a role: "keys", "keyids" and "threshold" of root, or of a delegation in targets.
 *
 * A key is known by its id, but counts by itself: a threshold needs as many different keys, and
 * one key under two ids is one key. That an id is the hash of its key is not demanded, since
 * repositories in use have keys with fields of their own that came after the id. A key of an
 * unknown scheme, or one that is not sound, counts for nothing.
 *
 * Borrowed from the document that says so. Any thread.
 */

typedef struct wisp_signers {
    const wisp_json *keys;   /* object: id -> key */
    const wisp_json *keyids; /* array: ids of those that may sign */
    uint64_t threshold;      /* how many must; from 1 */
} wisp_signers;

/* Checks the form of every key of [keys], an object: WISP_MALFORMED, WISP_LIMIT. */
wisp_status wisp_keys_check(const wisp_json *keys, wisp_error *err);

/*
 * Reads the members "keyids" and "threshold" of [role], whose keys are among [keys]. An id
 * without a key, and a threshold that the keys cannot reach, are legal: nothing verifies until
 * the document that says so is mended. WISP_MALFORMED, WISP_LIMIT.
 */
wisp_status wisp_signers_read(const wisp_json *keys, const wisp_json *role, wisp_signers *out,
                              wisp_error *err);

/*
 * Counts the different keys of [signers] with a signature over [message] among [signatures], the
 * array of a document; stops at the threshold. False if out of memory.
 */
bool wisp_signers_count(const wisp_allocator *allocator, const wisp_signers *signers,
                        const wisp_json *signatures, wisp_bytes message, size_t *out);

/* Whether some key that could sign under [before] cannot under [after]. */
bool wisp_signers_removed(const wisp_signers *before, const wisp_signers *after);

#endif
