#ifndef WISP_TUF_TRUSTED_H
#define WISP_TUF_TRUSTED_H

#include "trust/metadata.h"
#include "tuf/metastore.h"

/* What a client believes at one time, and the checks that all documents have in common. */

typedef struct wisp_trusted {
    const wisp_allocator *allocator;
    const wisp_folder *store;
    int64_t now;
    wisp_metadata *documents[WISP_ROLE_LEN]; /* NULL where there is none (yet) */
} wisp_trusted;

/* Believes nothing any more. */
void wisp_trusted_clear(wisp_trusted *trusted);

/* Believes [document], which it takes, in place of the one of that role. */
void wisp_trusted_set(wisp_trusted *trusted, wisp_metadata *document);

/* Those who may sign [role], as the trusted root says. */
wisp_signers wisp_trusted_signers(const wisp_trusted *trusted, wisp_role role);

/* WISP_UNTRUSTED if [document] has expired: a freeze attack, or a wrong clock. */
wisp_status wisp_trusted_check_expiry(const wisp_trusted *trusted, const wisp_metadata *document,
                                      wisp_error *err);

/* Words for a version that goes back; [what] of [document], with a space at its end, or "". */
wisp_status wisp_trusted_replayed(const wisp_metadata *document, const char *what, uint64_t found,
                                  uint64_t trusted, wisp_error *err);

#endif
