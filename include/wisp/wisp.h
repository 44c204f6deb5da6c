#ifndef WISP_WISP_H
#define WISP_WISP_H

#include <wisp/base.h>
#include <wisp/blackbox.h>
#include <wisp/bridge.h>
#include <wisp/event.h>
#include <wisp/host.h>
#include <wisp/net.h>
#include <wisp/os.h>
#include <wisp/update.h>
#include <wisp/wasm.h>

/*
 * Everything in one: a guest whose module is kept up to date while it runs.
 *
 * The host (host.h) knows how to run and swap modules, the updater (update.h) which module to
 * run and whether to trust it. This is the glue that most programs want between the two: it
 * starts the last good module, swaps to a staged one between two steps, tells the updater how
 * that went, and falls back to an older one, at the last to the one embedded in the program.
 *
 *     wisp_live_open(&config, &live, &err);
 *     wisp_live_watch(live, &policy, &err);        // optional: look for updates on a thread
 *     for (;;) {
 *         wisp_guest_deliver(wisp_live_guest(live), CHANNEL, bytes, &err);
 *         wisp_live_step(live);
 *     }
 *     wisp_live_close(live);
 *
 * Threads: as in host.h, all on one thread at a time, but wisp_live_check, which any thread may
 * call.
 */

#ifdef __cplusplus
extern "C" {
#endif

typedef struct wisp_live wisp_live;

typedef struct wisp_live_config {
    wisp_updater_config update; /* [accept] is run after Wisp's own check of the module */
    wisp_guest_config guest;    /* [on_link] may also be called on the thread that checks. With
                                 * WISP_ON_FAULT_ROLL_BACK a release that fails when it has long
                                 * been committed is banned, and the last good one started.
                                 * [on_unused] is not called */

    /* Where it is noted that the guest is at work; may be NULL. A release that ends the program
     * [blames_max] times in a row [3] is then banned as one that fails is (blackbox.h). If it is
     * the embedded module that does, wisp_live_open gives WISP_BANNED. */
    wisp_blackbox *blackbox;
    uint32_t blames_max;

    /* A check has ended. Called by wisp_live_step, on its thread, with [user] of [guest]. */
    void (*on_check)(void *user, const wisp_update_result *result);
} wisp_live_config;

/*
 * Opens the updater, starts the last good module, and has a staged one, if there is one,
 * swapped in by the first wisp_live_step. [config] is copied; what it points to must stay
 * valid until wisp_live_close.
 *
 * A module from disk that does not start is banned and the next one taken. Fails only if the
 * embedded module does not start either, for a config that makes no sense, or for WISP_NO_MEMORY.
 * Where another process has the state folder, that one is followed (wisp_updater_follow): what it
 * has proved good is swapped in here too, and when it has ended this one looks for updates.
 */
WISP_API wisp_status wisp_live_open(const wisp_live_config *config, wisp_live **out,
                                    wisp_error *err);

/* Stops the guest and the watching thread, breaking off its check, and frees [live]. NULL
 * is fine. A module on probation stays on trial: the next start tries it again. */
WISP_API void wisp_live_close(wisp_live *live);

/*
 * One turn of the program's loop, between two of its own ticks: swaps in a staged module,
 * runs wisp_host_step, and tells the updater what became of the one on probation.
 */
WISP_API void wisp_live_step(wisp_live *live);

/* The guest to send messages to. It is there until wisp_live_close; its versions come and go. */
WISP_API wisp_guest *wisp_live_guest(wisp_live *live);

/* Looks for an update now, as wisp_updater_check. A staged module is swapped in by the next
 * wisp_live_step. WISP_BUSY where another process has the state folder. Any thread. */
WISP_API wisp_status wisp_live_check(wisp_live *live, wisp_update_result *result,
                                     wisp_error *err);

/* When to look for updates. */
typedef struct wisp_live_policy {
    /* From one check to the next, a tenth less or more: which, the device's id decides, so that a
     * fleet does not knock in step. A check that found no server, or that has to wait for its
     * turn in a rollout, is made anew earlier; a server that wants to be left alone is. 0: only
     * then, at the start and in the foreground. */
    uint32_t interval_ms;
    bool not_at_start; /* the first check comes after an interval, and not at once */
    /* wisp_live_foreground checks if the last check is as long ago. 0: it never does. */
    uint32_t foreground_ms;
} wisp_live_policy;

/*
 * Starts one thread that looks for updates as [policy] says, which is copied. Whether content may
 * be downloaded, as on a metered network, is asked of the config's may_download. WISP_INVALID if
 * it runs already or there is nothing to check against; WISP_IO if the system gives no thread.
 */
WISP_API wisp_status wisp_live_watch(wisp_live *live, const wisp_live_policy *policy,
                                     wisp_error *err);

/* Says that the program has come to the foreground: somebody is there. Returns at once. */
WISP_API void wisp_live_foreground(wisp_live *live);

/* Where the module that runs now comes from, its version for the updater, and its hash. The
 * bytes are not to be kept. Borrowed until the next wisp_live_step. */
WISP_API const wisp_image *wisp_live_image(const wisp_live *live);

/* Why there are no updates, or what else is wrong and worth a person's time; "" if nothing.
 * Borrowed until the next call. */
WISP_API const char *wisp_live_trouble(wisp_live *live);

#ifdef __cplusplus
}
#endif

#endif
