#ifndef WISP_TUF_LISTED_H
#define WISP_TUF_LISTED_H

#include "tuf/trusted.h"

/*
 * A document that another one lists by version: the snapshot in the timestamp (TUF 5.5), the
 * targets and the delegated roles in the snapshot (5.6).
 */
typedef struct wisp_listed {
    wisp_role role;
    char name[WISP_ROLE_NAME_SIZE]; /* of the role */
    wisp_file_info info;            /* as the other document says */
    wisp_signers signers;           /* who may sign it; borrowed from root or from a delegator */
} wisp_listed;

/* Describes a role below a delegator: [signers] are borrowed. WISP_UNTRUSTED if the snapshot does
 * not list it. */
wisp_status wisp_listed_delegated(const wisp_trusted *trusted, const char *name,
                                  const wisp_signers *signers, wisp_listed *out, wisp_error *err);

/* Describes the snapshot, or the top-level targets. */
wisp_listed wisp_listed_top(const wisp_trusted *trusted, wisp_role role);

/*
 * Loads the stored document into *[out], which is the caller's, or NULL where there is none that
 * [listed] says may sign; tells whether it is the very one that is listed, by version, length and
 * hashes, and has not expired. WISP_NO_MEMORY.
 */
wisp_status wisp_listed_restore(const wisp_trusted *trusted, const wisp_listed *listed,
                                wisp_metadata **out, bool *is_current, wisp_error *err);

/* Checks [bytes] in all ways, stores them, and makes *[out] of them, which is the caller's. */
wisp_status wisp_listed_accept(const wisp_trusted *trusted, const wisp_listed *listed,
                               wisp_bytes bytes, wisp_metadata **out, wisp_error *err);

#endif
