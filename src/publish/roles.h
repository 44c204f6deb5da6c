#ifndef WISP_PUBLISH_ROLES_H
#define WISP_PUBLISH_ROLES_H

#include "publish/keys.h"
#include "trust/metadata.h"

/*
 * What the documents of a repository say, before they are signed (TUF 4.3 to 4.6). A new
 * version of a document is a copy of the one before with what is new in it, so that fields
 * put there by other tools stay. Every function returns NULL when out of memory; the object
 * is the caller's.
 */

/* What is common to all: the document's version, and the second after which it is expired. */
typedef struct wisp_edition {
    uint64_t version;
    int64_t expires;
} wisp_edition;

/* root: whose keys sign what. The keys of [keyrings] and [thresholds] are by role. */
wisp_json *wisp_root_build(wisp_edition edition, const wisp_keyring keyrings[WISP_ROLE_LEN],
                           const uint64_t thresholds[WISP_ROLE_LEN]);

/* The first document of another role, empty of targets and of other documents. */
wisp_json *wisp_role_build(wisp_role role, wisp_edition edition);

/* A copy of [before] as [edition]. */
wisp_json *wisp_role_renew(const wisp_metadata *before, wisp_edition edition);

/* A target's entry: {"hashes", "length", "custom": {"version", "notes"}}. */
typedef struct wisp_target {
    const char *name;
    wisp_hash hash;
    uint64_t size;
    uint64_t version;
    const char *notes; /* NULL or empty: none */
} wisp_target;

/* Puts [target] into [targets], made by wisp_role_build or _renew, instead of what was there
 * under its name. False when out of memory. */
bool wisp_targets_put(wisp_json *targets, const wisp_target *target);

/* The same for what snapshot says of "targets.json" or timestamp of "snapshot.json". */
bool wisp_meta_put(wisp_json *document, const char *name, uint64_t version, uint64_t size,
                   const wisp_hash *hash);

#endif
