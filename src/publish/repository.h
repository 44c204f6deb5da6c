#ifndef WISP_PUBLISH_REPOSITORY_H
#define WISP_PUBLISH_REPOSITORY_H

#include "publish/catalog.h"
#include "publish/sign.h"
#include "trust/metadata.h"

#include <wisp/os.h>

/*
 * A repository folder (docs/formats.md): read, as a device would verify it but without regard
 * to expiry, and written in the order that keeps it whole. Files with a version or hash in
 * their name are written once and never changed. What makes a release visible is one rename,
 * that of timestamp.json; a publisher that dies before it leaves files that nothing names.
 *
 * Documents are known by number: the four roles of TUF by their wisp_role, then the roles that
 * targets delegates to, which are the channels.
 */

#define WISP_DOCUMENTS_MAX 36

typedef struct wisp_repository {
    const wisp_os *os;
    wisp_arena arena; /* of paths, names and file contents */
    const char *dir;
    size_t len;                                   /* of the documents */
    const char *names[WISP_DOCUMENTS_MAX];        /* of their roles */
    wisp_metadata *documents[WISP_DOCUMENTS_MAX]; /* the newest, verified; NULL: none yet */
} wisp_repository;

/* Makes [repository] one of the folder [dir], with nothing read. [dir] is borrowed. */
void wisp_repository_init(wisp_repository *repository, const wisp_allocator *allocator,
                          const wisp_os *os, const char *dir);
void wisp_repository_deinit(wisp_repository *repository);

/*
 * Reads and verifies all documents: the chain of roots from 1.root.json, timestamp, snapshot,
 * targets, and those that it delegates to. WISP_NOT_FOUND, WISP_MALFORMED, WISP_UNTRUSTED …;
 * the text names the file.
 */
wisp_status wisp_repository_read(wisp_repository *repository, wisp_error *err);

/* What kind of document number [role] is: channels are targets. */
wisp_role wisp_repository_kind(size_t role);

/* Adds the document of the role called [name], with nothing in it yet; WISP_LIMIT. */
wisp_status wisp_repository_add(wisp_repository *repository, const char *name, wisp_error *err);

/* The number of the role called [name]; repository->len where there is none. */
size_t wisp_repository_find(const wisp_repository *repository, const char *name);

/* Checks that the content of each target, module and delta is there, with its length and
 * hash. */
wisp_status wisp_repository_check_targets(wisp_repository *repository, wisp_error *err);

/* The highest version of [role] that has a file in the folder, named by something or not; 0
 * if there is none. */
wisp_status wisp_repository_highest(wisp_repository *repository, size_t role, uint64_t *out,
                                    wisp_error *err);

/* Makes the empty folders. */
wisp_status wisp_repository_make(wisp_repository *repository, wisp_error *err);

/* Removes what an interrupted publisher left half written. Failure is no matter. */
void wisp_repository_sweep(wisp_repository *repository);

#define WISP_DOCUMENT_NAME_SIZE (WISP_ROLE_NAME_SIZE + 32)

/* The file name of the newest document of [role]: "7.root.json", "timestamp.json". */
void wisp_repository_document_name(const wisp_repository *repository, size_t role,
                                   char name[WISP_DOCUMENT_NAME_SIZE]);

#define WISP_CONTENT_FILE_SIZE 1024

/* The name of the file of [content]: "targets/stable/<sha256>.app.wasm". */
wisp_status wisp_content_file(const wisp_content *content, char name[WISP_CONTENT_FILE_SIZE],
                              wisp_error *err);

/* Reads and checks the content of [name] ("stable/app.wasm") with this hash. */
wisp_status wisp_repository_read_content(wisp_repository *repository, const char *name,
                                         const wisp_hash *hash, wisp_bytes *out, wisp_error *err);

/* Writes the content of [name], unless it is there with that hash already. */
wisp_status wisp_repository_write_content(wisp_repository *repository, const char *name,
                                          const wisp_hash *hash, wisp_bytes content,
                                          wisp_error *err);

/* Writes [document] as [version] of [role]: "3.targets.json", "timestamp.json"; root also as
 * "root.json", for programs to embed. Atomic and durable. */
wisp_status wisp_repository_write(wisp_repository *repository, size_t role, uint64_t version,
                                  const wisp_document *document, wisp_error *err);

#endif
