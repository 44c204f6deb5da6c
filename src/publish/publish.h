#ifndef WISP_PUBLISH_PUBLISH_H
#define WISP_PUBLISH_PUBLISH_H

#include "publish/project.h"
#include "publish/repository.h"

/*
 * What a publisher does: make a project, release modules to a channel, steer and take back
 * what was released, exchange keys, renew documents before they expire.
 *
 *     wisp_project_create(NULL, NULL, "dir", &config, &err);
 *     wisp_project_open(NULL, NULL, "dir", &project, &err);
 *     wisp_publish(project, &draft, &published, &err);
 *     wisp_published_deinit(&published);
 *
 * Nothing is written before all of it is made, signed, and verified the way a device will. A
 * publisher that dies at any point leaves a repository that verifies, with the old state or the
 * new one. One publisher at a time works on a project. A whole project belongs to one thread at
 * a time.
 *
 * All fail with WISP_UNTRUSTED where the repository does not verify, a key is not one that
 * devices trust, or root is expired; WISP_NOT_FOUND for a channel or a release that is not
 * there; WISP_BUSY where another publisher is at work or a change waits for signatures; WISP_IO
 * and WISP_NO_MEMORY.
 */

/*
 * Makes a project in [dir] from [config]: new keys, a repository with nothing released, and
 * the config file. WISP_INVALID, naming it, where a file is there already; then, and on any
 * other failure, no keys and no documents are left behind.
 */
wisp_status wisp_project_create(const wisp_allocator *allocator, const wisp_os *os,
                                const char *dir, const wisp_config *config, wisp_error *err);

#define WISP_RELEASE_VERSION_MAX (UINT64_C(1) << 53) /* what a JSON number holds exactly */
#define WISP_DRAFT_MODULES_MAX   8
#define WISP_DRAFT_VARIANTS_MAX  8
#define WISP_DRAFT_BASES_MAX     8
#define WISP_ALL_DEVICES         10000

/* Which of the releases, and how. */
typedef struct wisp_place {
    const char *channel; /* NULL: the first of the config */
    const char *target;  /* NULL: the config's */
    bool dry_run;        /* do all but write */
} wisp_place;

/* How many devices take a release: in 1/10000 of all, rising evenly from now. */
typedef struct wisp_ramp {
    uint32_t from, to;
    uint64_t hours; /* from the one to the other; 0: [to] at once */
} wisp_ramp;

typedef struct wisp_draft_module {
    const char *name; /* NULL for the first of a release: the target's */
    wisp_bytes content;
} wisp_draft_module;

/* One of several ways of a release, between which devices are divided by [weight]. */
typedef struct wisp_draft_variant {
    const char *name;
    uint64_t weight;
    wisp_bytes content;     /* of its first module; data NULL: that of the release */
    const wisp_json *flags; /* NULL: those of the release */
} wisp_draft_variant;

/* What is to be released. */
typedef struct wisp_draft {
    wisp_place place;
    wisp_draft_module modules[WISP_DRAFT_MODULES_MAX];
    size_t module_len; /* from 1 */
    uint64_t version;  /* 0: one more than the last of all channels */
    const char *notes; /* NULL: none */
    bool mandatory;
    wisp_ramp ramp;                    /* all zero: all devices, at once */
    const char *host_min, *host_below; /* versions of the program; NULL: any */
    const wisp_json *flags;            /* object; NULL: none */
    wisp_draft_variant variants[WISP_DRAFT_VARIANTS_MAX];
    size_t variant_len;
    wisp_draft_module bases[WISP_DRAFT_BASES_MAX]; /* modules built into programs, for deltas
                                                    * from them; remembered for later releases */
    size_t base_len;
} wisp_draft;

/* What was written, or would have been. */
typedef struct wisp_published {
    char channel[WISP_CHANNEL_NAME_MAX + 1];
    char target[WISP_TARGET_NAME_MAX + 1];
    uint64_t version;      /* of the release */
    uint64_t last_version; /* of the one before; 0 if it is the first */
    wisp_hash hash;        /* of its first module, and its bytes */
    uint64_t size;
    bool same_content; /* the one before had the very same modules */
    size_t delta_len;  /* deltas to it, and bytes of the smallest */
    uint64_t delta_size_min;

    size_t len; /* of the documents of the repository, of which there is: */
    char names[WISP_DOCUMENTS_MAX][WISP_ROLE_NAME_SIZE];
    bool renewed[WISP_DOCUMENTS_MAX]; /* whether it is new */
    uint64_t versions[WISP_DOCUMENTS_MAX];
    int64_t expires[WISP_DOCUMENTS_MAX];    /* seconds since 1970 */
    uint64_t signed_by[WISP_DOCUMENTS_MAX]; /* of a new one, and how many keys must */
    uint64_t threshold[WISP_DOCUMENTS_MAX];
    bool is_pending; /* not live: documents wait for more signatures */
    wisp_json
        *changes; /* array: {"document", "path", "before", "after"}, either may be missing */
} wisp_published;

/* Frees what [published] holds; it may be all zero. */
void wisp_published_deinit(wisp_published *published);

/* Releases [draft]. WISP_MISMATCH where the version is not above the last; WISP_INVALID and
 * WISP_LIMIT for what no device would take. */
wisp_status wisp_publish(wisp_project *project, const wisp_draft *draft, wisp_published *out,
                         wisp_error *err);

/* Releases the newest release of the channel [from] to that of [place], at once to all; it
 * keeps its version where that is above the last one there. */
wisp_status wisp_promote(wisp_project *project, const char *from, const wisp_place *place,
                         wisp_published *out, wisp_error *err);

/* Goes back to the release [version], 0: the one before the newest, by a new version with its
 * content. Releases in between are no longer offered. */
wisp_status wisp_rollback(wisp_project *project, uint64_t version, const wisp_place *place,
                          wisp_published *out, wisp_error *err);

/* Changes of the newest release: stop it, or let it go on; who takes it. */
wisp_status wisp_pause(wisp_project *project, bool paused, const wisp_place *place,
                       wisp_published *out, wisp_error *err);
wisp_status wisp_roll_out(wisp_project *project, const wisp_ramp *ramp, const wisp_place *place,
                          wisp_published *out, wisp_error *err);

/* For emergencies: no device goes on with what is below [version]. */
wisp_status wisp_floor(wisp_project *project, uint64_t version, const wisp_place *place,
                       wisp_published *out, wisp_error *err);

/* Lets devices try content again that failed on them. */
wisp_status wisp_unban(wisp_project *project, const wisp_hash *hash, const wisp_place *place,
                       wisp_published *out, wisp_error *err);

/* ------------------------------------------------------------------ keys */

/* One change of who signs for [role], which may be a channel. */
typedef struct wisp_key_change {
    const char *role;
    const char *add;    /* key file, relative to the project; NULL: none */
    const char *remove; /* key file, or the first digits of a key's ID; NULL: none */
    uint64_t threshold; /* signatures that are needed from now on; 0: as before */
    bool dry_run;
} wisp_key_change;

/*
 * Makes [change] and signs anew what the keys that are left must sign. WISP_MISMATCH where
 * devices could find, even for a moment, documents that they do not trust.
 */
wisp_status wisp_key_exchange(wisp_project *project, const wisp_key_change *change,
                              wisp_published *out, wisp_error *err);

/*
 * Puts a new key in the place of [key] (as in wisp_key_change; NULL: the only one of [role]),
 * for every role that it signs for. The path of its file is left in [path].
 */
wisp_status wisp_key_rotate(wisp_project *project, const char *role, const char *key,
                            bool dry_run, const char **path, wisp_published *out,
                            wisp_error *err);

/* Adds the channel [name], with the keys of targets. */
wisp_status wisp_channel_make(wisp_project *project, const char *name, bool dry_run,
                              wisp_published *out, wisp_error *err);

/* Signs what waits with [key], or if it is NULL with all keys at hand, and makes it live once
 * there are enough. WISP_NOT_FOUND where nothing waits. */
wisp_status wisp_cosign(wisp_project *project, const wisp_key *key, bool dry_run,
                        wisp_published *out, wisp_error *err);

/* Gives up what waits. */
wisp_status wisp_discard(wisp_project *project, wisp_error *err);

/* Which documents wisp_renew signs anew. */
typedef struct wisp_renewal {
    const char *const *roles; /* these, whatever their time; */
    size_t role_len;          /* 0: all that are due and whose keys are at hand */
    uint64_t within_days;     /* due: that expire within these days; 0: whose time is half over */
    bool dry_run;
} wisp_renewal;

/* Signs documents anew with later expiry dates, and timestamp always. */
wisp_status wisp_renew(wisp_project *project, const wisp_renewal *renewal, wisp_published *out,
                       wisp_error *err);

#endif
