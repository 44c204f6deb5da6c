#ifndef WISP_TRUST_METADATA_H
#define WISP_TRUST_METADATA_H

#include "trust/crypto.h"
#include "trust/file_info.h"
#include "trust/json.h"
#include "trust/signers.h"

/*
 * The documents of The Update Framework (specification 1.0.34, section 4): root, timestamp,
 * snapshot and targets. A document is parsed whole, and every field that the specification
 * names is checked, before anything is read from it; what it says is true only after
 * wisp_metadata_verify. Fields that are not known are kept, and count for the signature.
 *
 * Which document is trusted, and in which order, is for the client (tuf/workflow.h).
 * Immutable after parsing; any thread.
 */

typedef enum wisp_role {
    WISP_ROLE_ROOT,
    WISP_ROLE_TIMESTAMP,
    WISP_ROLE_SNAPSHOT,
    WISP_ROLE_TARGETS
} wisp_role;

#define WISP_ROLE_LEN 4

/* "root", "timestamp", … Static. */
const char *wisp_role_name(wisp_role role);

/* Bytes of the largest document of [role] that is accepted. */
size_t wisp_role_size_max(wisp_role role);

/* Bytes of the longest name of a delegated role, with its NUL. */
#define WISP_ROLE_NAME_SIZE 128

typedef struct wisp_metadata wisp_metadata;

/*
 * Parses [bytes] as a document of [role]. WISP_MALFORMED with the place in words,
 * WISP_UNSUPPORTED for another spec_version than 1.x, WISP_LIMIT, WISP_NO_MEMORY. The JSON
 * library takes its memory from malloc; the rest comes from [allocator], which must outlive
 * *[out].
 */
wisp_status wisp_metadata_parse(const wisp_allocator *allocator, wisp_role role, wisp_bytes bytes,
                                wisp_metadata **out, wisp_error *err);

/* The same for a role with a name of its own, as delegated ones have, of less than
 * WISP_ROLE_NAME_SIZE bytes; errors call the document by it. */
wisp_status wisp_metadata_parse_as(const wisp_allocator *allocator, wisp_role role,
                                   const char *name, wisp_bytes bytes, wisp_metadata **out,
                                   wisp_error *err);
void wisp_metadata_free(wisp_metadata *metadata);

wisp_role wisp_metadata_role(const wisp_metadata *metadata);
const char *wisp_metadata_name(const wisp_metadata *metadata); /* "root.json", as errors say */
size_t wisp_metadata_size(const wisp_metadata *metadata);      /* bytes that it was parsed from */
uint64_t wisp_metadata_version(const wisp_metadata *metadata); /* from 1 */
int64_t wisp_metadata_expires(const wisp_metadata *metadata);  /* seconds since 1970 */

/* The object "signed", for fields that this header does not read. */
const wisp_json *wisp_metadata_signed(const wisp_metadata *metadata);

/* Who signs [role], as [root] says; borrowed from it. */
wisp_signers wisp_root_signers(const wisp_metadata *root, wisp_role role);

/* WISP_UNTRUSTED unless enough of [signers] signed [metadata]; WISP_NO_MEMORY. */
wisp_status wisp_metadata_verify(const wisp_metadata *metadata, const wisp_signers *signers,
                                 wisp_error *err);

/* Whether the repository names its files by version and hash (TUF 6.2). */
bool wisp_root_consistent_snapshot(const wisp_metadata *root);

/* What timestamp or snapshot says of the metadata file [name] ("snapshot.json"); WISP_NOT_FOUND.
 */
wisp_status wisp_metadata_meta(const wisp_metadata *metadata, const char *name,
                               wisp_file_info *out, wisp_error *err);

/* The same for each in turn: start with *[cursor] = NULL. */
bool wisp_metadata_next_meta(const wisp_metadata *metadata, void **cursor, const char **name,
                             wisp_file_info *out);

/* What targets says of the target [name]; WISP_NOT_FOUND. */
wisp_status wisp_targets_find(const wisp_metadata *targets, const char *name, wisp_file_info *out,
                              wisp_error *err);

#endif
