#ifndef WISP_WISP_H
#define WISP_WISP_H

#include <wisp/base.h>
#include <wisp/bridge.h>
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
 *     wisp_live_watch(live, 60 * 1000, &err);      // optional: look for updates on a thread
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
    wisp_guest_config guest;    /* [on_link] may also be called on the thread that checks */

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
 * A state folder that another process holds open is not waited for: the embedded module
 * then runs without updates, and wisp_live_trouble says so.
 */
WISP_API wisp_status wisp_live_open(const wisp_live_config *config, wisp_live **out,
                                    wisp_error *err);

/* Stops the guest and the watching thread, after the check it may be in, and frees [live]. NULL
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
 * wisp_live_step. Any thread. */
WISP_API wisp_status wisp_live_check(wisp_live *live, wisp_update_result *result,
                                     wisp_error *err);

/*
 * Starts one thread that checks at once and then every [interval_ms], each time up to a
 * tenth earlier or later, so that a fleet does not knock in step. WISP_INVALID if it runs
 * already or there is nothing to check against; WISP_IO if the system gives no thread.
 */
WISP_API wisp_status wisp_live_watch(wisp_live *live, uint32_t interval_ms, wisp_error *err);

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
