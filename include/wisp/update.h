#ifndef WISP_UPDATE_H
#define WISP_UPDATE_H

#include <wisp/base.h>
#include <wisp/net.h>
#include <wisp/os.h>

/*
 * The updater: finds out which release this device should run, fetches and verifies it, and
 * makes sure that one that fails is never run again.
 *
 *     wisp_updater_open(&config, &updater, &err);
 *     wisp_updater_acquire(updater, &image, &err);    // what to run now; never nothing
 *     … run it …
 *     wisp_updater_commit(updater, &image, &err);     // it works: it is the new last good one
 *     wisp_updater_reject(updater, &image, "why", &err); // it does not: banned on this device
 *     wisp_updater_check(updater, &result, &err);     // anything newer? fetch, verify, stage
 *
 * First, do no harm. It fails closed to install: nothing is staged whose chain from the
 * trusted root to the last byte does not verify (The Update Framework, specification 1.0,
 * section 5, "TUF" below), that was banned, or that the program's own [accept] refuses. And it
 * fails open to run: no server, no disk and no expired file ever keeps the program from the
 * module that it has, and the one embedded in the program is always there.
 *
 * A release is a set of up to WISP_MODULES_MAX modules that belong together: they are staged,
 * tried, committed and banned together or not at all.
 *
 * Getting a staged release to run is what arms its rollback: wisp_updater_acquire counts the
 * attempt on disk before it returns. A process that dies before it commits has used an
 * attempt; when all are used up the content is banned, by its hash, and the last good one
 * comes back.
 *
 * A release's life on a device, and what moves it (docs/updater.md has all of it):
 *
 *     EMPTY -check-> CHECKED -> FETCHING -> STAGED -acquire-> TRIAL -commit-> GOOD
 *                                              ^                |
 *                                              +- next start ---+-reject, or attempts used up->
 *                                                                                       BANNED
 *
 * All that is remembered is in one folder: a record in two files of fixed size that are written
 * in turns, bans, trusted metadata, and the content of modules (docs/formats.md). A power cut at
 * any point leaves either the old state or the new.
 *
 * Threads: a job may run on one thread while others call the rest; every function
 * may be called on any thread, and then calls the allocator on it. One process at a time has
 * the folder open.
 */

#ifdef __cplusplus
extern "C" {
#endif

#define WISP_HASH_SIZE 32 /* bytes of a SHA-256 */

typedef struct wisp_hash {
    uint8_t bytes[WISP_HASH_SIZE];
} wisp_hash;

/* 64 hexadecimal digits and a NUL. */
#define WISP_HASH_TEXT_SIZE 65
WISP_API void wisp_hash_print(const wisp_hash *hash, char text[WISP_HASH_TEXT_SIZE]);

/* --- releases and what is in them -------------------------------------------------------- */

#define WISP_MODULES_MAX      8  /* in one release */
#define WISP_MODULE_NAME_SIZE 64 /* with its NUL */
#define WISP_CHANNEL_STABLE   "stable"
#define WISP_CHANNEL_SIZE     64  /* with its NUL */
#define WISP_VARIANT_SIZE     32  /* with its NUL */
#define WISP_DEVICE_ID_SIZE   64  /* with its NUL */
#define WISP_FLAGS_SIZE       512 /* of all flags of a release */

typedef enum wisp_flag_kind { WISP_FLAG_BOOL, WISP_FLAG_NUMBER, WISP_FLAG_TEXT } wisp_flag_kind;

/* What the publisher says to the program along with a release, by name. */
typedef struct wisp_flag {
    const char *name;
    wisp_flag_kind kind;
    uint64_t number;  /* of NUMBER; 0 or 1 for BOOL */
    const char *text; /* of TEXT */
} wisp_flag;

/* The flags of a release, packed: read them by wisp_flags_next. All zero for none. */
typedef struct wisp_flags {
    char text[WISP_FLAGS_SIZE];
} wisp_flags;

/* The flag at [*cursor], which begins at 0 and moves on; false at the end. What [out] points to
 * is in [flags]. */
WISP_API bool wisp_flags_next(const wisp_flags *flags, size_t *cursor, wisp_flag *out);

/* One module of a release, with its bytes. */
typedef struct wisp_image_module {
    char name[WISP_MODULE_NAME_SIZE];
    wisp_bytes bytes;
    wisp_hash hash;
} wisp_image_module;

typedef enum wisp_image_source {
    WISP_IMAGE_BASE, /* the embedded modules */
    WISP_IMAGE_GOOD, /* the last release that was committed */
    WISP_IMAGE_TRIAL /* a staged one: commit or reject it */
} wisp_image_source;

/* A release to run. */
typedef struct wisp_image {
    wisp_bytes bytes; /* of the first module, which is the target itself */
    wisp_hash hash;   /* of the set; of one module: the module's */
    uint64_t version; /* that the publisher gave it */
    wisp_image_source source;
    uint32_t attempt;                /* TRIAL: which attempt this is, from 1 */
    char variant[WISP_VARIANT_SIZE]; /* that this device was given; empty for none */
    wisp_flags flags;
    uint32_t module_len; /* 1 or more */
    wisp_image_module modules[WISP_MODULES_MAX];
} wisp_image;

/* The module called [name]; NULL if the release has none. Borrowed from [image]. */
WISP_API const wisp_image_module *wisp_image_find(const wisp_image *image, const char *name);

/* The flag [name] of the release, or [otherwise] where it has none of that name and kind. A text
 * is borrowed from [image]. */
WISP_API bool wisp_image_flag_bool(const wisp_image *image, const char *name, bool otherwise);
WISP_API uint64_t wisp_image_flag_number(const wisp_image *image, const char *name,
                                         uint64_t otherwise);
WISP_API const char *wisp_image_flag_text(const wisp_image *image, const char *name,
                                          const char *otherwise);

/* --- opening ------------------------------------------------------------------------------ */

typedef struct wisp_updater wisp_updater;

/* A module that a program has embedded. */
typedef struct wisp_embedded_module {
    const char *name;
    wisp_bytes bytes;
} wisp_embedded_module;

typedef struct wisp_updater_config {
    const wisp_allocator *allocator;
    const wisp_os *os;     /* NULL: wisp_os_posix() */
    const wisp_net *net;   /* NULL: never checks */
    const char *dir;       /* where the device keeps its state; made if missing */
    bool follows;          /* opens a folder that another process has, too: wisp_updater_follow */
    const char *url;       /* of the repository, without a '/' at the end */
    const char *target;    /* the name under which the publisher releases this program's module */
    const char *channel;   /* whose releases it takes [WISP_CHANNEL_STABLE] */
    wisp_bytes root;       /* root.json that the program was shipped with (TUF 5.3) */
    wisp_bytes base;       /* the module embedded in the program */
    uint64_t base_version; /* of it; a stored release with a lower one is dropped */
    /* What is embedded besides [base] and belongs to it; at most WISP_MODULES_MAX - 1. */
    const wisp_embedded_module *modules;
    size_t module_len;

    /* Of the program: "1.2.0". NULL: releases for certain versions of it are not for this one. */
    const char *host_version;
    /* Who this device is, for staged rollouts and reports: letters, digits and -_.: up to
     * WISP_DEVICE_ID_SIZE - 1 of them. NULL: 32 random digits, made once and kept in [dir]. */
    const char *device_id;

    /* Seconds since 1970 before which it cannot be, such as when the program was built: what had
     * expired by then is not believed, whatever the device's clock says [0]. */
    int64_t time_min;

    uint64_t module_size_max; /* bytes of one module [16 MiB] */
    /* Bytes that content may take in [dir], what is being fetched included [no limit]. A release
     * that does not fit is refused before any of it is fetched. */
    uint64_t storage_max;
    uint32_t attempts_max; /* starts that a release on trial gets [3] */
    /* How long a release on trial must have run before a commit counts [0: none]. An earlier
     * commit is remembered, and takes effect at the first wisp_updater_poll or commit after it. A
     * process that ends before has used an attempt. */
    uint32_t health_ms;

    /*
     * Where to report what happens: the URL of an endpoint that takes a POST of JSON
     * (docs/formats.md). NULL: nothing is ever sent, and what happens meanwhile is kept for the
     * device's own log alone.
     */
    const char *events_url;

    /*
     * Whether [bytes] may be downloaded now: is the network a metered one, does somebody wait for
     * the release (mandatory)? Called before the content is, and after that for each job anew. No
     * is DEFERRED with NOT_NOW. NULL: always.
     */
    bool (*may_download)(void *user, uint64_t bytes, bool is_mandatory);

    /*
     * The program's say before a release is staged, and after its bytes have been verified: does
     * it load, does it import only what is there? [image] has all of its modules; its source is
     * TRIAL, and its attempt 0. NULL takes everything. What it refuses is banned, with the text
     * that it wrote to [err], unless it says WISP_NO_MEMORY.
     */
    wisp_status (*accept)(void *user, const wisp_image *image, wisp_error *err);
    void *user;
} wisp_updater_config;

/*
 * Opens the updater on its folder, and clears away what an interrupted update left.
 * [config] and what it points to must stay valid until wisp_updater_close.
 *
 * A folder that cannot be read, written or understood is no failure: the updater then runs
 * from the embedded modules and says why in wisp_updater_status. Returns WISP_INVALID for a
 * config that makes no sense, WISP_NO_MEMORY, or, unless it [follows], WISP_BUSY where another
 * process has the folder, or another updater of this one.
 *
 * A folder that was used for another channel keeps its last good release, which counts from now
 * on as no newer than the embedded one; what waited is dropped.
 */
WISP_API wisp_status wisp_updater_open(const wisp_updater_config *config, wisp_updater **out,
                                       wisp_error *err);
WISP_API void wisp_updater_close(wisp_updater *updater);

/*
 * For programs that run as several processes on one folder, of which the first to come has it.
 * The others follow it, if their config says so: they run the last good release, never one on
 * trial, and neither check nor write. What one of them rejects, that one runs no more while it
 * follows.
 *
 * Looks, at most once a second, what the process that has the folder has done; if it has ended,
 * the first follower to look has the folder from then on. True if what is to run may be another
 * release now, which wisp_updater_acquire gives. False and nothing else for who has the folder.
 */
WISP_API bool wisp_updater_follow(wisp_updater *updater);

/* Whether another process has the folder, as far as is known here. Any thread. */
WISP_API bool wisp_updater_is_follower(const wisp_updater *updater);

/* --- running ------------------------------------------------------------------------------ */

/*
 * Gives the release to run now: the staged one if there is one, else the last good one, else
 * the embedded one. Its bytes are read from disk and their hashes are checked again; if any
 * module of it is missing or damaged all of it is skipped, and the reason remembered. For a
 * staged one the attempt is on disk before this returns; if that cannot be written, the next
 * candidate is given. Free *[out] with wisp_image_free. WISP_NO_MEMORY is the only failure.
 */
WISP_API wisp_status wisp_updater_acquire(wisp_updater *updater, wisp_image *out,
                                          wisp_error *err);

/* The same, leaving a staged release where it is: the last good one, else the embedded one. */
WISP_API wisp_status wisp_updater_acquire_good(wisp_updater *updater, wisp_image *out,
                                               wisp_error *err);

WISP_API void wisp_image_free(wisp_updater *updater, wisp_image *image);

/*
 * Says that [image] works: it becomes the last good one, at once or after the health window.
 * WISP_INVALID, and no change, if it is not on trial. For BASE and GOOD it does nothing. If it
 * cannot be written it is remembered, and tried again by wisp_updater_poll.
 */
WISP_API wisp_status wisp_updater_commit(wisp_updater *updater, const wisp_image *image,
                                         wisp_error *err);

/* Makes a commit that was remembered take effect if its time has come; cheap, for the program's
 * loop. WISP_IO if it cannot be written; the next call tries again. */
WISP_API wisp_status wisp_updater_poll(wisp_updater *updater, wisp_error *err);

/*
 * Says that [image] failed, and why: its content is banned on this device and will not be
 * staged again. A last good one is banned too, and the embedded one comes next.
 * WISP_INVALID, and no change, for BASE or an image that is neither on trial nor the last good
 * one.
 */
WISP_API wisp_status wisp_updater_reject(wisp_updater *updater, const wisp_image *image,
                                         const char *reason, wisp_error *err);

/* The same where the program knows which module is to blame: no release with this content of
 * it will be staged again. WISP_INVALID too if [image] has no module [name]. */
WISP_API wisp_status wisp_updater_reject_module(wisp_updater *updater, const wisp_image *image,
                                                const char *name, const char *reason,
                                                wisp_error *err);

/* --- looking for something newer ---------------------------------------------------------- */

typedef enum wisp_update_outcome {
    WISP_UPDATE_UP_TO_DATE,  /* the repository verifies and has nothing newer */
    WISP_UPDATE_STAGED,      /* a new release waits for wisp_updater_acquire */
    WISP_UPDATE_UNAVAILABLE, /* no answer, or none that can be used: try later */
    WISP_UPDATE_FAILED,      /* the answer must not be installed; trying again changes nothing */
    WISP_UPDATE_DEFERRED     /* there is something newer, but not for this device now */
} wisp_update_outcome;

/* "up-to-date", "staged", "unavailable", "failed", "deferred". Static. */
WISP_API const char *wisp_update_outcome_name(wisp_update_outcome outcome);

/*
 * Why: a name that stays as it is, for programs and for statistics, the outcome that it belongs
 * to, and what it says. New ones are added at the end.
 */
#define WISP_UPDATE_CODES(X)                                                                     \
    X(NONE, "none", UP_TO_DATE, "there is nothing to explain")                                   \
    X(PAUSED, "paused", DEFERRED, "the publisher holds the release back")                        \
    X(HOST_VERSION, "host-version", DEFERRED, "it is for other versions of the program")         \
    X(ROLLOUT, "rollout", DEFERRED, "the turn of this device has not come")                      \
    X(BANNED, "banned", DEFERRED, "it failed on this device before")                             \
    X(ON_TRIAL, "on-trial", DEFERRED, "another release is on trial")                             \
    X(NOT_NOW, "not-now", DEFERRED, "the program does not want to download now")                 \
    X(CHECK_ONLY, "check-only", DEFERRED, "it was only asked for, not to be fetched")            \
    X(CANCELLED, "cancelled", DEFERRED, "somebody cancelled")                                    \
    X(NETWORK, "network", UNAVAILABLE, "the server did not answer, or broke off")                \
    X(MISSING, "missing", UNAVAILABLE, "the server lacks a file that it must have")              \
    X(BAD_ANSWER, "bad-answer", UNAVAILABLE, "what it sent is no metadata: another page?")       \
    X(NO_TARGET, "no-target", UNAVAILABLE, "nothing was released under this name")               \
    X(DISK, "disk", UNAVAILABLE, "the folder cannot be read or written")                         \
    X(NO_MEMORY, "no-memory", UNAVAILABLE, "the allocator refused")                              \
    X(UNTRUSTED, "untrusted", FAILED, "metadata has expired, is replayed or not well signed")    \
    X(OVERSIZED, "oversized", FAILED, "metadata passes a limit")                                 \
    X(UNSUPPORTED, "unsupported", FAILED, "it was not released for this version of Wisp")        \
    X(BAD_RELEASE, "bad-release", FAILED, "what was signed of the release makes no sense")       \
    X(REPLAYED, "replayed", FAILED, "the releases are older than those seen before")             \
    X(SAME_VERSION, "same-version", FAILED, "other content has the version of what is here")     \
    X(TOO_LARGE, "too-large", FAILED, "a module is larger than module_size_max")                 \
    X(STORAGE_FULL, "storage-full", FAILED, "it does not fit into storage_max")                  \
    X(BAD_CONTENT, "bad-content", FAILED, "a file is not the one that was signed")               \
    X(REFUSED, "refused", FAILED, "the program will not have it")

typedef enum wisp_update_code {
#define X(name, text, outcome, words) WISP_UPDATE_CODE_##name,
    WISP_UPDATE_CODES(X)
#undef X
        WISP_UPDATE_CODE_LEN
} wisp_update_code;

/* "none", "paused", … Static. */
WISP_API const char *wisp_update_code_name(wisp_update_code code);
/* The same for people: "the publisher holds the release back". Static. */
WISP_API const char *wisp_update_code_text(wisp_update_code code);

typedef struct wisp_update_result {
    wisp_update_outcome outcome;
    wisp_update_code code; /* NONE for UP_TO_DATE and STAGED */
    wisp_status status;    /* the same in the terms of base.h */
    /* DEFERRED, UNAVAILABLE: seconds after which to try again; 0: at the usual time. */
    uint32_t retry_after_s;
    uint32_t server_wait_s; /* the server wants to be left alone as long; 0: it did not say */
    /* Checks in a row, this one included, that downloaded what was not the signed content: a
     * program with a schedule of its own should ask less and less often. */
    uint32_t in_vain;
    uint64_t version; /* of the release that it is about; 0 if none was reached */
    wisp_hash hash;   /* of its set */
    bool is_mandatory;
    bool is_by_delta;                 /* a delta made at least one of its modules */
    uint64_t bytes_fetched;           /* metadata and content */
    char reason[WISP_ERROR_TEXT_MAX]; /* for people; empty for UP_TO_DATE and STAGED */
} wisp_update_result;

/* Zero, or NULL in its place, is the usual. */
typedef struct wisp_update_options {
    bool check_only;     /* end before anything is downloaded: DEFERRED with CHECK_ONLY */
    bool on_any_network; /* do not ask may_download: a person wants it now */
} wisp_update_options;

/*
 * A job looks for an update, downloads, verifies and stages it (TUF 5.3 to 5.7, all against the
 * one time at which it began). It never blocks but for the waits that it is given, and has no
 * thread unless it is asked for one:
 *
 *     wisp_updater_begin(updater, NULL, &job, &err);
 *     while (!wisp_update_job_step(job, 20))     // or wisp_update_job_start_thread, and look in
 *         …
 *     wisp_update_job_result(job, &result);
 *     wisp_update_job_free(job);
 *
 * What it learns and what it downloads is on disk as it comes: a job that is broken off, by
 * cancelling, by the network or by the end of the process, is taken up by the next one where it
 * stopped. Whatever happens, the release in use stays.
 *
 * Every function may be called on any thread. The config's allocator, its transport and [accept]
 * are called on the thread that drives the job.
 */
typedef struct wisp_update_job wisp_update_job;

/*
 * Begins a job, or joins the one that is under way, whose options then count: each *[out] must be
 * freed by wisp_update_job_free before the updater is closed. Does nothing yet. WISP_INVALID
 * (no net), WISP_NO_MEMORY, WISP_BUSY while another thread waits for the end of a broken one.
 */
WISP_API wisp_status wisp_updater_begin(wisp_updater *updater, const wisp_update_options *options,
                                        wisp_update_job **out, wisp_error *err);

/* Goes on with it, waiting at most about [wait_ms] for the network; true if it has ended. While
 * another thread drives it, waits for that one. */
WISP_API bool wisp_update_job_step(wisp_update_job *job, uint32_t wait_ms);

/* Has a thread of its own drive it to its end. Nothing to do if it has one. WISP_IO if the system
 * gives none. */
WISP_API wisp_status wisp_update_job_start_thread(wisp_update_job *job, wisp_error *err);

/* Has the job end at its next step, also for those who have joined it. Returns at once. */
WISP_API void wisp_update_job_cancel(wisp_update_job *job);

typedef enum wisp_update_phase {
    WISP_UPDATE_CHECKING,    /* metadata */
    WISP_UPDATE_DOWNLOADING, /* content */
    WISP_UPDATE_INSTALLING,  /* asking the program, staging */
    WISP_UPDATE_REPORTING,   /* events are being delivered; the result is there */
    WISP_UPDATE_ENDED
} wisp_update_phase;

typedef struct wisp_update_progress {
    wisp_update_phase phase;
    uint64_t bytes; /* of content that are here, also from earlier jobs */
    uint64_t total; /* 0 before DOWNLOADING; grows where a delta does not lead to its module */
} wisp_update_progress;

WISP_API void wisp_update_job_progress(wisp_update_job *job, wisp_update_progress *out);

/* The result; false, and nothing written, before there is one. */
WISP_API bool wisp_update_job_result(wisp_update_job *job, wisp_update_result *out);

/* What the publisher notes about the release that the result is about; "" for nothing, and before
 * there is a result. Borrowed until the job is freed. */
WISP_API const char *wisp_update_job_notes(wisp_update_job *job);

/* Lets go of it. The last one to do so breaks it off, if it has not ended, and waits for its
 * thread. NULL is fine. */
WISP_API void wisp_update_job_free(wisp_update_job *job);

/*
 * A job from beginning to end in one call, which blocks on the network. An outcome other than
 * STAGED is a result, not an error; errors are those of wisp_updater_begin.
 */
WISP_API wisp_status wisp_updater_check(wisp_updater *updater, wisp_update_result *result,
                                        wisp_error *err);

/*
 * Delivers the events that wait to [config.events_url], as a check does at its end. Blocks on the
 * network. WISP_OK if none waits any longer, or if there is no endpoint; WISP_BUSY if another
 * thread is at it, or if it is too early after a failure; else what the transport says. Events
 * that could not be delivered stay, and go another time.
 */
WISP_API wisp_status wisp_updater_report(wisp_updater *updater, wisp_error *err);

/* --- what a device runs, and why ---------------------------------------------------------- */

typedef enum wisp_image_state {
    WISP_STATE_EMPTY,    /* nothing is known of it */
    WISP_STATE_CHECKED,  /* the publisher names it, and it is for this device */
    WISP_STATE_FETCHING, /* its content is on its way */
    WISP_STATE_STAGED,   /* verified and on disk: the next acquire tries it */
    WISP_STATE_TRIAL,    /* it runs, or did when its process ended */
    WISP_STATE_GOOD,     /* it was committed */
    WISP_STATE_BANNED    /* it failed here */
} wisp_image_state;

/* "empty", "checked", "fetching", "staged", "trial", "good", "banned". Static. */
WISP_API const char *wisp_image_state_name(wisp_image_state state);

/*
 * What [image] is now: TRIAL, GOOD or BANNED; EMPTY if it is to make room, since the publisher
 * says that nothing below a later version is to run or since another one was committed; GOOD for
 * BASE. Any thread.
 */
WISP_API wisp_image_state wisp_updater_state(wisp_updater *updater, const wisp_image *image);

typedef struct wisp_update_module {
    char name[WISP_MODULE_NAME_SIZE];
    wisp_hash hash;
    uint64_t size; /* bytes */
} wisp_update_module;

/* A release that the device has, or is about to have. */
typedef struct wisp_update_entry {
    wisp_image_state state;
    uint32_t attempts; /* starts that it had on trial */
    uint64_t version;
    int64_t since;   /* seconds since 1970 of the last change */
    uint32_t unripe; /* attempts with a commit, but without the end of the health window */
    uint32_t module_len;
    wisp_hash hash; /* of the set */
    char variant[WISP_VARIANT_SIZE];
    wisp_flags flags;
    wisp_update_module modules[WISP_MODULES_MAX];
} wisp_update_entry;

/* Content that the device had, and why it does not run it. */
typedef struct wisp_update_failure {
    wisp_image_state state; /* BANNED; of what was lost: the state that it had */
    uint32_t attempts;
    uint64_t version;
    uint64_t size;  /* bytes, all modules together */
    int64_t since;  /* seconds since 1970 */
    wisp_hash hash; /* of the set, or of the one module that is to blame */
    char reason[120];
} wisp_update_failure;

#define WISP_UPDATE_BANS_MAX 16 /* the oldest ban makes room for a new one */

/* What a device runs and why. */
typedef struct wisp_update_status {
    uint64_t generation; /* of the state record; 0 if there is none */
    char channel[WISP_CHANNEL_SIZE];
    char device_id[WISP_DEVICE_ID_SIZE]; /* empty before the first check */
    uint64_t sequence;                   /* the highest that the publisher gave a release here */
    uint64_t floor;              /* the lowest version that may run, but for the embedded one */
    wisp_update_entry good;      /* EMPTY: the embedded one is the last good one */
    wisp_update_entry candidate; /* EMPTY, STAGED or TRIAL */
    wisp_update_entry incoming;  /* EMPTY, CHECKED or FETCHING */
    bool is_commit_due;          /* a commit waits for the end of the health window */
    /* Content that was missing or damaged when it was to run; EMPTY if there was none since the
     * last commit. */
    wisp_update_failure lost;
    wisp_update_failure bans[WISP_UPDATE_BANS_MAX];
    uint32_t ban_count;
    uint64_t root_version, timestamp_version, snapshot_version, targets_version; /* trusted */
    int64_t time_floor; /* seconds since 1970: no clock before this is believed; 0 for none */
    int64_t last_check; /* seconds since 1970; 0 for never */
    wisp_update_result last_result;
    uint32_t events_waiting; /* to be delivered */
    uint64_t events_lost;    /* that made room before they were */
    uint64_t events_refused; /* that the endpoint would not take */
    /* What is wrong with the folder, as an open updater knows; empty if nothing. */
    char trouble[WISP_ERROR_TEXT_MAX];
} wisp_update_status;

/* Fills [out] from an open updater. */
WISP_API void wisp_updater_status(wisp_updater *updater, wisp_update_status *out);

/*
 * Reads the same from the folder [dir] of a device without opening or changing it, for
 * tools. WISP_NOT_FOUND where there is no state, WISP_MALFORMED where none of it can be read.
 */
WISP_API wisp_status wisp_update_status_read(const wisp_os *os, const char *dir,
                                             wisp_update_status *out, wisp_error *err);

/* --- what happened ------------------------------------------------------------------------ */

/* The numbers are part of the format on disk, the names of the one of reports. */
#define WISP_UPDATE_EVENT_KINDS(X)                                                               \
    X(CHECKED, "checked")           /* the repository was asked, and answered */                 \
    X(DOWNLOADED, "downloaded")     /* content was fetched and verified */                       \
    X(INSTALLED, "installed")       /* it waits for its trial */                                 \
    X(TRIAL, "trial")               /* it is about to run */                                     \
    X(TRIAL_FAILED, "trial-failed") /* an attempt ended without a commit */                      \
    X(COMMITTED, "committed")       /* it works, and is the last good one */                     \
    X(ROLLED_BACK, "rolled-back")   /* it was given up for the one before */                     \
    X(FAILED, "failed")             /* a check, a download or an installation */

typedef enum wisp_update_event_kind {
#define X(name, text) WISP_UPDATE_EVENT_KIND_##name,
    WISP_UPDATE_EVENT_KINDS(X)
#undef X
        WISP_UPDATE_EVENT_KIND_LEN
} wisp_update_event_kind;

/* "rolled-back". Static. */
WISP_API const char *wisp_update_event_kind_name(wisp_update_event_kind kind);

/* All texts are UTF-8 without control characters. */
typedef struct wisp_update_event {
    uint64_t sequence; /* counts up from 1 */
    uint64_t lost;     /* how many events had been lost when this one came */
    wisp_update_event_kind kind;
    bool is_private;  /* there was no endpoint when it happened: never sent */
    int64_t at;       /* seconds since 1970 */
    uint64_t version; /* that it is about; 0 for none */
    wisp_hash hash;   /* of its content */
    uint64_t running; /* the version that was the last good one then */
    uint64_t bytes;   /* that were fetched */
    uint32_t attempt; /* of a trial */
    char channel[WISP_CHANNEL_SIZE];
    char variant[WISP_VARIANT_SIZE]; /* of what it is about, or of what ran */
    char code[32];                   /* of a failure: a stable word for it */
    char reason[120];                /* in words */
} wisp_update_event;

#define WISP_UPDATE_EVENTS_MAX 64 /* the oldest one makes room */

/* Reads the last events from the folder [dir] of a device, oldest first, without opening or
 * changing it; *[len] of them. WISP_IO, WISP_NO_MEMORY. */
WISP_API wisp_status wisp_update_events_read(const wisp_os *os, const char *dir,
                                             wisp_update_event out[WISP_UPDATE_EVENTS_MAX],
                                             size_t *len, wisp_error *err);

#ifdef __cplusplus
}
#endif

#endif
