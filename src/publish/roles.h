#ifndef WISP_PUBLISH_ROLES_H
#define WISP_PUBLISH_ROLES_H

#include "publish/keys.h"
#include "trust/metadata.h"

/*
 * What the documents of a repository say, before they are signed (TUF 4.3 to 4.6). A new
 * version of a document is a copy of the one before with what is new in it, so that fields
 * put there by other tools stay. Where an object is returned it is the caller's, and NULL
 * means out of memory; where a bool is, false does.
 */

/* What is common to all: the document's version, and the second after which it is expired. */
typedef struct wisp_edition {
    uint64_t version;
    int64_t expires;
} wisp_edition;

/* The first document of [role]: a root without keys, targets without delegations, or a snapshot
 * or timestamp that names nothing. */
wisp_json *wisp_role_build(wisp_role role, wisp_edition edition);

/* A copy of [before] as [edition]. */
wisp_json *wisp_role_renew(const wisp_metadata *before, wisp_edition edition);

/* Puts what snapshot says of "targets.json", or timestamp of "snapshot.json", into
 * [document]. */
bool wisp_meta_put(wisp_json *document, const char *name, uint64_t version, uint64_t size,
                   const wisp_hash *hash);

/*
 * Who signs what: in [root] for the four roles of TUF, in [targets] for channels. These work on
 * contents that were built or renewed.
 */

/* Delegates what is below "<channel>/" to the new role [channel], which has no keys yet. */
bool wisp_channel_delegate(wisp_json *targets, const char *channel);

/* The number of signatures that [role] needs; nothing happens where there is no such role. */
bool wisp_signers_require(wisp_json *document, const char *role, uint64_t threshold);

/* Lets [key] sign for [role]; nothing happens where it may already. */
bool wisp_signers_add(wisp_json *document, const char *role, const wisp_key *key);

/* Takes the key with this [id] from [role], and forgets keys that no role has. */
bool wisp_signers_remove(wisp_json *document, const char *role, const char *id);

/* Who signs [role] as verified documents say; false where nothing is said of it. [targets] may
 * be NULL for the four roles of TUF. */
bool wisp_signers_find(const wisp_metadata *root, const wisp_metadata *targets, const char *role,
                       wisp_signers *out);

/* Whether the key with this [id] is one of [signers]. */
bool wisp_signers_have(const wisp_signers *signers, const char *id);

/* The role of TUF called [name]; WISP_ROLE_LEN for a channel. */
int wisp_role_number(const char *name);

#endif
