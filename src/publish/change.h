#ifndef WISP_PUBLISH_CHANGE_H
#define WISP_PUBLISH_CHANGE_H

#include "publish/catalog.h"
#include "publish/project.h"
#include "publish/publish.h"
#include "publish/repository.h"
#include "publish/roles.h"

/*
 * One change of a repository: its new documents are made, signed, and verified as a device
 * will, before the first of them is written; then they are written with timestamp last.
 *
 *     wisp_change_begin     lock, read and verify what is there
 *     wisp_change_put       for each new document: root first, then targets, then channels
 *     wisp_change_content   for each new file
 *     wisp_change_finish    signs snapshot and timestamp; writes
 *     wisp_change_end
 *
 * Where a document has too few signatures, because some keys are other people's, it waits in the
 * folder pending/ of the project, with all others of the change, and nothing is live yet.
 */

/* A new file of the repository. */
typedef struct wisp_new_content {
    wisp_content content;
    wisp_bytes bytes; /* borrowed */
} wisp_new_content;

typedef struct wisp_change {
    wisp_project *project;
    wisp_repository repository;                  /* what is live */
    int64_t now;                                 /* the one time against which all is judged */
    wisp_edition editions[WISP_DOCUMENTS_MAX];   /* of the new documents, else of the live */
    wisp_document documents[WISP_DOCUMENTS_MAX]; /* the new ones; text NULL: the live one stays */
    wisp_metadata *next[WISP_DOCUMENTS_MAX];     /* the same, parsed */
    uint64_t signed_by[WISP_DOCUMENTS_MAX];      /* keys that have signed a new document … */
    uint64_t threshold[WISP_DOCUMENTS_MAX];      /* … of those that must */
    wisp_new_content *contents;
    size_t content_len, content_capacity;
    bool saves_config; /* with the first write: the project's, and its fresh key */
} wisp_change;

typedef enum wisp_change_kind {
    WISP_CHANGE_NEW,     /* of a repository that is not there yet */
    WISP_CHANGE_RELEASE, /* not while another waits for signatures: WISP_BUSY */
    WISP_CHANGE_RENEWAL  /* of what no waiting document stands for */
} wisp_change_kind;

/* Call wisp_change_end also when these fail. */
wisp_status wisp_change_begin(wisp_change *change, wisp_project *project, wisp_change_kind kind,
                              wisp_error *err);
void wisp_change_end(wisp_change *change);

/* The number of the channel [name]: WISP_NOT_FOUND with those that there are. */
wisp_status wisp_change_channel(const wisp_change *change, const char *name, size_t *out,
                                wisp_error *err);

/* The document of [role], the new one if there is one; NULL for none. */
const wisp_metadata *wisp_change_document(const wisp_change *change, size_t role);

/* The contents of the next version of [role], to be changed and given to wisp_change_put. */
wisp_status wisp_change_draft(wisp_change *change, size_t role, wisp_json **out, wisp_error *err);

/*
 * Signs [contents] as the new document of [role], with the keys that are at hand. [contents] is
 * given away; NULL means out of memory. WISP_UNTRUSTED where there are too few and one that is at
 * hand is not among those that devices trust.
 */
wisp_status wisp_change_put(wisp_change *change, size_t role, wisp_json *contents,
                            wisp_error *err);

/* wisp_change_put of wisp_change_draft: the same document, valid for longer. */
wisp_status wisp_change_renew(wisp_change *change, size_t role, wisp_error *err);

/* Takes [bytes] as the new document of [role], with the signatures that it has. */
wisp_status wisp_change_adopt(wisp_change *change, size_t role, wisp_bytes bytes,
                              wisp_error *err);

/* Lets the keys that the config has for [role] sign for it, in the [contents] of root or targets.
 */
wisp_status wisp_change_appoint(wisp_change *change, const char *role, wisp_json *contents,
                                wisp_error *err);

/* Adds the signature of [key] to the new document of [role], if it counts for anything. */
wisp_status wisp_change_cosign(wisp_change *change, size_t role, const wisp_key *key,
                               wisp_error *err);

/* Adds a file, unless it has it already; [bytes] is borrowed until wisp_change_end. */
wisp_status wisp_change_content(wisp_change *change, const wisp_content *content,
                                wisp_bytes bytes, wisp_error *err);

/*
 * Signs snapshot, where anything that it speaks of is new or [snapshot_due], and timestamp;
 * verifies all; fills what [out] says of documents; and unless [dry_run] writes it all, or
 * leaves it pending.
 */
wisp_status wisp_change_finish(wisp_change *change, bool snapshot_due, bool dry_run,
                               wisp_published *out, wisp_error *err);

#endif
