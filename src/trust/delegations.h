#ifndef WISP_TRUST_DELEGATIONS_H
#define WISP_TRUST_DELEGATIONS_H

#include "trust/metadata.h"

/*
 * Whom a targets document trusts with which targets (TUF 4.5): roles with path patterns or with
 * prefixes of the hash of a path, or one family of hash bins ("succinct_roles").
 *
 * In a pattern '*' stands for any characters but '/', '?' for one that is not '/', and all else
 * for itself, letter case included.
 *
 * Any thread.
 */

/* A target's path, with what delegations compare. */
typedef struct wisp_target_path {
    const char *text; /* borrowed */
    wisp_hash hash;   /* SHA-256 of the text */
} wisp_target_path;

/* False if the crypto library is out of memory. */
bool wisp_target_path_init(wisp_target_path *path, const char *text);

typedef struct wisp_delegation {
    char role[WISP_ROLE_NAME_SIZE];
    wisp_signers signers; /* borrowed from the document that delegates */
    bool is_terminating;  /* whoever comes later is not asked for what this role may list */
} wisp_delegation;

/* Checks the form of the object "delegations": WISP_MALFORMED, WISP_LIMIT. For parsing. */
wisp_status wisp_delegations_check(const wisp_json *delegations, wisp_error *err);

/*
 * The next delegation of [targets] that covers [path], in the document's order: start with
 * *[cursor] = 0. False at the end.
 */
bool wisp_delegations_next(const wisp_metadata *targets, const wisp_target_path *path,
                           size_t *cursor, wisp_delegation *out);

/* The delegation of [targets] at [index], of those to roles with patterns or prefixes, which hash
 * bins are not; false at the end. */
bool wisp_delegations_at(const wisp_metadata *targets, size_t index, wisp_delegation *out);

/* Whether [pattern] matches [text]. */
bool wisp_path_matches(const char *pattern, const char *text);

#endif
