#ifndef WISP_PUBLISH_PUBLISH_H
#define WISP_PUBLISH_PUBLISH_H

#include "publish/project.h"

/*
 * What a publisher does: make a project, release a module, renew documents before they expire.
 *
 *     wisp_project_create(NULL, NULL, "dir", &config, &err);
 *     wisp_project_open(NULL, NULL, "dir", &project, &err);
 *     wisp_publish(project, &release, &published, &err);
 *
 * Nothing is written before all of it is made, signed, and verified the way a device will. A
 * publisher that dies at any point leaves a repository that verifies, with the old release or
 * the new one. One publisher at a time works on a project. A whole project belongs to one
 * thread at a time.
 */

/*
 * Makes a project in [dir] from [config]: new keys, a repository with nothing released, and
 * the config file. WISP_INVALID, naming it, where a file is there already; then, and on any
 * other failure, no keys and no documents are left behind.
 */
wisp_status wisp_project_create(const wisp_allocator *allocator, const wisp_os *os,
                                const char *dir, const wisp_config *config, wisp_error *err);

#define WISP_RELEASE_VERSION_MAX (UINT64_C(1) << 53) /* what a JSON number holds exactly */

typedef struct wisp_release {
    wisp_bytes content;
    const char *target; /* NULL: the config's */
    uint64_t version;   /* 0: one more than the last */
    const char *notes;  /* NULL: none */
    bool dry_run;       /* do all but write */
} wisp_release;

/* What was written, or would have been. */
typedef struct wisp_published {
    const char *target;    /* borrowed from the project or the release */
    uint64_t version;      /* of the module */
    uint64_t last_version; /* of the one before; 0 if it is the first */
    wisp_hash hash;
    bool same_content;                /* the one before had the very same bytes */
    bool renewed[WISP_ROLE_LEN];      /* which documents are new */
    uint64_t versions[WISP_ROLE_LEN]; /* of the documents */
    int64_t expires[WISP_ROLE_LEN];   /* seconds since 1970 */
} wisp_published;

/*
 * Releases [release]: new targets, snapshot and timestamp. WISP_MISMATCH where the version is
 * not above the last, WISP_UNTRUSTED where the repository does not verify, a key is not one
 * that root lists, or root is expired; WISP_BUSY; WISP_IO.
 */
wisp_status wisp_publish(wisp_project *project, const wisp_release *release, wisp_published *out,
                         wisp_error *err);

/*
 * Signs documents anew with later expiry dates: timestamp always; snapshot and targets where
 * less than half of their time is left; root if [root].
 */
wisp_status wisp_refresh(wisp_project *project, bool root, bool dry_run, wisp_published *out,
                         wisp_error *err);

#endif
