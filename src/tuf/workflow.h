#ifndef WISP_TUF_WORKFLOW_H
#define WISP_TUF_WORKFLOW_H

#include "trust/metadata.h"
#include "tuf/metastore.h"

/*
 * The client workflow of The Update Framework (specification 1.0.34, section 5), step by step and
 * in the order that it demands: from a root that the program was shipped with to what may be
 * installed. Each document is stored as soon as it is trusted, so that an interrupted workflow
 * goes on where it stopped, and nothing is stored that is not.
 *
 * It never touches the network. It says which file it wants next and takes the answer, so that
 * whoever drives it can wait as it likes, stop between any two files, and be tested without a
 * server. There are two phases: wisp_workflow_refresh for the four top-level documents, then
 * wisp_workflow_seek, as often as needed, for one target. Both are driven alike:
 *
 *     wisp_want want;
 *     wisp_status status = wisp_workflow_refresh(workflow, &err);
 *     while (status == WISP_OK && wisp_workflow_wants(workflow, &want)) {
 *         status = get(metadata_url, want.path, want.size_max, &bytes, &err); // the caller's
 *         status = wisp_workflow_take(workflow, status, bytes, &err);
 *     }
 *     if (status == WISP_OK)
 *         … the phase has done what it is for; see wisp_workflow_target after a search …
 *
 * A phase that failed is over; what was trusted before stays. Begin anew to try again.
 *
 * The store is read and written in each of these calls. One thread at a time.
 */

typedef struct wisp_workflow wisp_workflow;

/* Zero means the default in brackets. */
typedef struct wisp_workflow_limits {
    uint32_t roots;       /* new ones in one refresh; it then goes on with what it has [32] */
    uint32_t delegations; /* roles that one search asks [32] */
    size_t search_size;   /* bytes of all their documents together [16 MiB] */
} wisp_workflow_limits;

#define WISP_ROOT_UPDATES_MAX 32
#define WISP_DELEGATIONS_MAX  32
#define WISP_SEARCH_SIZE_MAX  ((size_t)16 << 20)

typedef struct wisp_workflow_config {
    const wisp_allocator *allocator;
    const wisp_folder *store; /* tuf/metastore.h; borrowed */
    wisp_bytes root;          /* that the program was shipped with; none if the store has one */
    int64_t now;              /* seconds since 1970, as the clock has it: 5.1's one fixed time */
    int64_t time_floor;       /* before which it cannot be: see wisp_workflow_time_floor */
    wisp_workflow_limits limits;
} wisp_workflow_config;

/* Makes a workflow that has believed nothing yet; touches nothing. *[out] is the caller's. What
 * [config] points to must outlive it. WISP_NO_MEMORY. */
wisp_status wisp_workflow_new(const wisp_workflow_config *config, wisp_workflow **out,
                              wisp_error *err);
void wisp_workflow_free(wisp_workflow *workflow); /* NULL allowed */

/*
 * Begins to bring the four top-level documents up to date (5.3 to 5.6), from the stored root or
 * the shipped one, whichever is newer. Fails if neither is sound.
 *
 * Here and in wisp_workflow_take: WISP_UNTRUSTED says that somebody serves what must not be
 * believed; WISP_MALFORMED, WISP_LIMIT and WISP_UNSUPPORTED speak of a document; WISP_IO of the
 * store; and WISP_NO_MEMORY.
 */
wisp_status wisp_workflow_refresh(wisp_workflow *workflow, wisp_error *err);

/*
 * Begins to look for [target] in the targets and in the roles that they delegate to (5.6.7),
 * depth first. [target] is copied. WISP_INVALID before a refresh has succeeded, or for a name
 * that is too long for a URL.
 */
wisp_status wisp_workflow_seek(wisp_workflow *workflow, const char *target, wisp_error *err);

#define WISP_WANT_PATH_SIZE 1024
#define WISP_WANT_NAME_SIZE 192

/* A file that the phase cannot go on without. */
typedef struct wisp_want {
    char path[WISP_WANT_PATH_SIZE]; /* below the URL of the metadata, encoded: "4.a%2Fb.json" */
    char name[WISP_WANT_NAME_SIZE]; /* for people: "4.a/b.json" */
    size_t size_max;                /* bytes; do not fetch more */
} wisp_want;

/* Fills [out] with what is wanted; false when the phase is over. Changes nothing. */
bool wisp_workflow_wants(const wisp_workflow *workflow, wisp_want *out);

/*
 * Takes the answer for what is wanted: [bytes] if [fetched] is WISP_OK, borrowed for the call.
 * WISP_NOT_FOUND must mean that the server said so, since the chain of roots ends with it;
 * WISP_LIMIT that there was more than size_max; any other failure ends the phase and is returned
 * with *[err] as the caller has left it. WISP_NOT_FOUND is returned as well at the end of a
 * search that found nothing; see wisp_workflow_refresh for the rest.
 */
wisp_status wisp_workflow_take(wisp_workflow *workflow, wisp_status fetched, wisp_bytes bytes,
                               wisp_error *err);

/* What a search found. */
typedef struct wisp_target {
    wisp_file_info info;            /* of the content; [custom] is borrowed, see below */
    char path[WISP_WANT_PATH_SIZE]; /* of the content, below the URL of the targets, encoded */
    const char *document;           /* that lists it: "targets.json"; borrowed likewise */
} wisp_target;

/*
 * Fills [out] with the target of the last search; false if it has found none (yet). What is
 * borrowed stays until the next phase begins. Content is checked with wisp_file_info_check.
 */
bool wisp_workflow_target(const wisp_workflow *workflow, wisp_target *out);

/* The time that this workflow goes by: the clock's, or the floor where that is later. */
int64_t wisp_workflow_now(const wisp_workflow *workflow);

/*
 * The time floor for the next workflow, to be kept over restarts: the time that this one went by
 * if its refresh has succeeded, else the one that it was made with. So a clock that is set back
 * does not revive what has expired. And since all documents were valid at it, it never lies
 * beyond what was signed: a clock that was wrong once does not lock the client out.
 */
int64_t wisp_workflow_time_floor(const wisp_workflow *workflow);

/* The version of the document of [role] that is trusted; 0 for none. */
uint64_t wisp_workflow_version(const wisp_workflow *workflow, wisp_role role);

#endif
