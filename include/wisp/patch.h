#ifndef WISP_PATCH_H
#define WISP_PATCH_H

#include <wisp/patcher.h>
#include <wisp/update.h>
#include <wisp/wisp.h>

/*
 * Patches over the air: functions of the running program are replaced, and given back, as its
 * publisher says.
 *
 *     #include <wisp/patch.h>
 *
 *     wisp_patches_open(&config, &patches, &err);   // applies the last good patch
 *     wisp_patches_watch(patches, &policy, &err);   // optional: look for patches on a thread
 *     ...
 *     wisp_patches_step(patches);                   // now and then: applies what has come
 *
 * The updater (update.h) knows which patch to take and whether to trust it, the patcher
 * (patcher.h) how to put it into the program. This is the glue between them. A program need not
 * be changed for it at all: libwisp-patch.so does the same in one that is started with it in
 * LD_PRELOAD, by a file (docs/patching.md).
 *
 * A patch is for one build of one program. So each build has a target of its own in the
 * repository, which is [target] of the updater's config, a '-', and the first 16 digits of the
 * build-id ("shop-1ceca2f0c9d21b07"), and a folder of that name in [dir]: a new build begins with
 * no patch, and is never offered one of another. `wisp publish --name` takes that name, and
 * `wisp patch show` tells it.
 *
 * A patch is on trial until it has been applied for [health_ms] of the updater's config [30 s].
 * If one of its functions fails too often by then or later (faults_max of the patcher's config),
 * or the process ends before that, the patch is banned on this device, and the last good one
 * applied: by default a patch gets one attempt [attempts_max 1]. The module of nothing at all,
 * which `wisp patch none` writes, is a patch as well: it takes back what was there before.
 *
 * Where a program runs as several processes, the first has the folder: it looks for patches,
 * tries them and listens on the socket. The others follow it: what it has proved good they apply
 * with their next step, and when it has ended one of them takes its place.
 *
 * Threads: one at a time, but wisp_patches_check, which any thread may call. The program's
 * threads call patched functions meanwhile.
 */

#ifdef __cplusplus
extern "C" {
#endif

typedef struct wisp_patches wisp_patches;

typedef struct wisp_patches_config {
    /* [target] and [dir] are made those of this build, as said above; [base] may be empty, and
     * stands for no patch; [accept] is run after Wisp's own check of the patch. */
    wisp_updater_config update;
    wisp_patcher_config patcher; /* [on_fault] is called as well, on the thread that it says */

    /* Where `wisp patch try` finds this process: a local socket, as in manage.h, for its user
     * alone and for root. NULL: none. What comes that way is applied without a signature, until
     * the next start, a patch of the publisher's, or `wisp patch try --end`. */
    const char *socket;

    /* Something has changed, or was tried in vain: one line for a log. Called by
     * wisp_patches_open and wisp_patches_step. */
    void (*on_news)(void *user, const char *line);
    /* A check has ended. Called by wisp_patches_step. */
    void (*on_check)(void *user, const wisp_update_result *result);
    void *user;
} wisp_patches_config;

/*
 * Opens the updater and the patcher and applies the staged patch, if there is one, or the last
 * good one. [config] is copied; what it points to must stay valid until wisp_patches_close.
 *
 * Where there can be no patches the program runs as it is: a state folder that cannot be used, a
 * machine where text cannot be written, a program without build-id; wisp_patches_trouble says
 * why. Fails only for a config that makes no sense, for a socket that cannot be listened on, and
 * for WISP_NO_MEMORY.
 */
WISP_API wisp_status wisp_patches_open(const wisp_patches_config *config, wisp_patches **out,
                                       wisp_error *err);

/* Gives all functions their own code back and frees [patches]. NULL is fine. What threads are
 * inside of stays behind until the process ends. A patch on trial stays on trial. */
WISP_API void wisp_patches_close(wisp_patches *patches);

/* Applies what has been staged, takes back what fails, commits what has lasted, and answers who
 * asked over the socket. Cheap where there is nothing to do. */
WISP_API void wisp_patches_step(wisp_patches *patches);

/* A descriptor that is readable when somebody asks over the socket, for poll; -1: there is none.
 */
WISP_API int wisp_patches_fd(const wisp_patches *patches);

/* Looks for a patch now, as wisp_updater_check. The next step applies it. WISP_BUSY where another
 * process has the folder. Any thread. */
WISP_API wisp_status wisp_patches_check(wisp_patches *patches, wisp_update_result *result,
                                        wisp_error *err);

/* Starts one thread that looks for patches as [policy] (wisp.h) says, which is copied. As
 * wisp_live_watch; the program's own steps apply what it finds. */
WISP_API wisp_status wisp_patches_watch(wisp_patches *patches, const wisp_live_policy *policy,
                                        wisp_error *err);

/* The version of the patch that is applied; 0: none is, or one from `wisp patch try`. */
WISP_API uint64_t wisp_patches_version(const wisp_patches *patches);

/* The patcher behind it, for its statistics; NULL where there is none. Borrowed. */
WISP_API wisp_patcher *wisp_patches_patcher(wisp_patches *patches);

/* Why there are no patches, or what else is wrong and worth a person's time; "" if nothing.
 * Borrowed until the next call. */
WISP_API const char *wisp_patches_trouble(wisp_patches *patches);

#ifdef __cplusplus
}
#endif

#endif
