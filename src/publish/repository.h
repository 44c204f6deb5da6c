#ifndef WISP_PUBLISH_REPOSITORY_H
#define WISP_PUBLISH_REPOSITORY_H

#include "publish/sign.h"
#include "trust/metadata.h"

#include <wisp/os.h>

/*
 * A repository folder (docs/formats.md): read, as a device would verify it but without regard
 * to expiry, and written in the order that keeps it whole. Files with a version or hash in
 * their name are written once and never changed. What makes a release visible is one rename,
 * that of timestamp.json; a publisher that dies before it leaves files that nothing names.
 */

typedef struct wisp_repository {
    const wisp_os *os;
    wisp_arena arena; /* of paths and file contents */
    const char *dir;
    wisp_metadata *documents[WISP_ROLE_LEN]; /* the newest of each, verified */
} wisp_repository;

/* Makes [repository] one of the folder [dir], with nothing read. [dir] is borrowed. */
void wisp_repository_init(wisp_repository *repository, const wisp_allocator *allocator,
                          const wisp_os *os, const char *dir);
void wisp_repository_deinit(wisp_repository *repository);

/*
 * Reads and verifies all documents: the chain of roots from 1.root.json, timestamp, snapshot,
 * targets. WISP_NOT_FOUND, WISP_MALFORMED, WISP_UNTRUSTED …; the text names the file.
 */
wisp_status wisp_repository_read(wisp_repository *repository, wisp_error *err);

/* Checks that the content of each target is there, with its length and hash. */
wisp_status wisp_repository_check_targets(wisp_repository *repository, wisp_error *err);

/* The highest version of [role] that has a file in the folder, named by something or not; 0
 * if there is none. */
wisp_status wisp_repository_highest(wisp_repository *repository, wisp_role role, uint64_t *out,
                                    wisp_error *err);

/* Makes the empty folders. */
wisp_status wisp_repository_make(wisp_repository *repository, wisp_error *err);

/* Removes what an interrupted publisher left half written. Failure is no matter. */
void wisp_repository_sweep(wisp_repository *repository);

/* Writes the content of the target [name], unless it is there with that hash already. */
wisp_status wisp_repository_write_target(wisp_repository *repository, const char *name,
                                         const wisp_hash *hash, wisp_bytes content,
                                         wisp_error *err);

/* Writes [document] as [version] of [role]: "3.targets.json", "timestamp.json"; root also as
 * "root.json", for programs to embed. Atomic and durable. */
wisp_status wisp_repository_write(wisp_repository *repository, wisp_role role, uint64_t version,
                                  const wisp_document *document, wisp_error *err);

#endif
