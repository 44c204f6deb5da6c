#ifndef WISP_PUBLISH_CHANGE_H
#define WISP_PUBLISH_CHANGE_H

#include "publish/project.h"
#include "publish/repository.h"
#include "publish/roles.h"

/*
 * One change of a repository: its new documents are made, signed, and verified as a device
 * will, before the first of them is written; then they are written with timestamp last.
 *
 *     wisp_change_begin     lock, read and verify what is there
 *     wisp_change_sign      for each new document, root first, timestamp last
 *     wisp_change_write
 *     wisp_change_end
 */

typedef struct wisp_change {
    wisp_project *project;
    wisp_repository repository;
    int64_t now;                            /* the one time against which all is judged */
    wisp_edition editions[WISP_ROLE_LEN];   /* of the new documents, else of the present */
    wisp_document documents[WISP_ROLE_LEN]; /* text NULL: the present one stays */
} wisp_change;

/* Call wisp_change_end also when these fail. A repository [is_new] has nothing to read. */
wisp_status wisp_change_begin(wisp_change *change, wisp_project *project, bool is_new,
                              wisp_error *err);
void wisp_change_end(wisp_change *change);

/* The edition after the present one: the next version that no file has, and the expiry that
 * the config sets. */
wisp_status wisp_change_edition(wisp_change *change, wisp_role role, wisp_edition *out,
                                wisp_error *err);

/*
 * Signs [contents], of [edition], as the new document of [role]. [contents] is given away;
 * NULL means out of memory. WISP_UNTRUSTED where the project's keys are not those that root
 * lists.
 */
wisp_status wisp_change_sign(wisp_change *change, wisp_role role, wisp_edition edition,
                             wisp_json *contents, wisp_error *err);

/* Signs a copy of the present document of [role], with what its [meta] entry says of the new
 * document of [of] in it (for snapshot of targets, for timestamp of snapshot). */
wisp_status wisp_change_sign_meta(wisp_change *change, wisp_role role, wisp_role of,
                                  wisp_error *err);

wisp_status wisp_change_write(wisp_change *change, wisp_error *err);

#endif
