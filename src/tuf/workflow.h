#ifndef WISP_TUF_WORKFLOW_H
#define WISP_TUF_WORKFLOW_H

#include "tuf/fetch.h"
#include "tuf/metastore.h"

/*
 * The client workflow of The Update Framework (specification 1.0.34, section 5), step by step and
 * in the order that it demands: from a root that the program was shipped with to what may be
 * installed. Each document is stored as soon as it is trusted, so that an interrupted workflow
 * goes on where it stopped, and nothing is stored that is not.
 *
 *     wisp_workflow w;
 *     wisp_workflow_init(&w, …);
 *     wisp_workflow_refresh(&w, shipped_root, &err);    // 5.3 to 5.6
 *     wisp_targets_find(w.trusted[WISP_ROLE_TARGETS], name, &info, &err);
 *     wisp_workflow_fetch_target(&w, base_url, name, &info, &download, &err); // 5.7
 *     wisp_workflow_deinit(&w);
 *
 * It knows nothing of modules. One thread at a time.
 */

#define WISP_ROOT_UPDATES_MAX 32 /* new roots that one refresh goes through */

typedef struct wisp_workflow {
    const wisp_allocator *allocator;
    const wisp_net *net;
    const char *url;          /* where the metadata is, without a '/' at the end */
    const wisp_folder *store; /* tuf/metastore.h */
    int64_t now;              /* the one time that all expiry is judged against (5.1) */
    wisp_metadata *trusted[WISP_ROLE_LEN]; /* NULL where there is none (yet) */
    uint64_t bytes_fetched;
} wisp_workflow;

/* The pointers must stay valid until wisp_workflow_deinit. */
void wisp_workflow_init(wisp_workflow *workflow, const wisp_allocator *allocator,
                        const wisp_net *net, const char *url, const wisp_folder *store,
                        int64_t now);
void wisp_workflow_deinit(wisp_workflow *workflow);

/*
 * Brings the four top-level documents up to date, starting from the stored root or from
 * [shipped_root], whichever is newer. After WISP_OK all are in [trusted]; after a failure those
 * that were trusted before it.
 *
 * WISP_UNTRUSTED says that somebody serves what must not be believed; WISP_MALFORMED, WISP_LIMIT
 * and WISP_UNSUPPORTED speak of a document; WISP_NETWORK and WISP_NOT_FOUND of the server;
 * WISP_IO of the folder; and WISP_NO_MEMORY.
 */
wisp_status wisp_workflow_refresh(wisp_workflow *workflow, wisp_bytes shipped_root,
                                  wisp_error *err);

/*
 * Gets target [name] below [base_url] and checks it against [info], which must have a SHA-256:
 * *[out] is to be freed by wisp_download_free, also on failure. Fetches no more bytes than [info]
 * says.
 */
wisp_status wisp_workflow_fetch_target(wisp_workflow *workflow, const char *base_url,
                                       const char *name, const wisp_file_info *info,
                                       wisp_download *out, wisp_error *err);

#endif
