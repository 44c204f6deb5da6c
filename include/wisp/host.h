#ifndef WISP_HOST_H
#define WISP_HOST_H

#include <wisp/os.h>
#include <wisp/wasm.h>

/*
 * The host: runs modules beside a native program, lets the two talk over message channels,
 * and swaps a running module for another version with its state.
 *
 *     wisp_host_new(&host_config, &host, &err);
 *     wisp_guest_new(host, &guest_config, &guest, &err);
 *     wisp_guest_start(guest, module, &err);
 *     for (;;) {
 *         wisp_guest_send(guest, CHANNEL_WORK, bytes, &err); // queued
 *         wisp_host_step(host, now_ns);                      // delivered; due tasks run
 *     }
 *
 * A guest is a place in the program where a module runs. The guest stays; the version of
 * the module that it runs may change. What a module can do in it is in guest/wisp.h: it is
 * started, handles messages, is stopped; it can log, send messages, and have a task
 * repeated. It may offer to save its state and to restore what an older version saved.
 *
 * A swap happens between two entries into the module, so that the module never sees it:
 *
 *     old:            save --.                .---- freed when the new one has proved itself
 *                            v                |
 *     new: start -> restore(old version) -> probation of N entries -> commit
 *                                             |
 *     old, as it was left: <- goes on at once-'  if the new one traps or runs out of fuel
 *
 * If the new version does not start, or does not accept the state, it is refused and the old
 * one never stopped. If it fails on probation, the message that it failed in is given to the
 * old version before anything else, so that none is lost; the old version's tasks, which
 * wait meanwhile, go on. Messages that the new version sent before remain sent. If the old
 * version cannot save, because it traps, runs out of fuel or saves too much, the state that
 * was saved last is used: the old version can never block an update. A state is dropped
 * where the new version has no wisp_restore.
 *
 * A version that traps outside probation is started again in place, with the state that was
 * saved last, at most [restarts_max] times in a row; then the guest is down until it is
 * given a module again. The message that it trapped in is dropped, as it might do so again.
 *
 * Threads: a host and its guests belong to one thread at a time. The program owns the loop.
 * The handlers in a config are called from inside the functions below, on that thread. They
 * may call wisp_guest_send, make a guest and look at one; any other call on the same host
 * gives WISP_BUSY or does nothing. They must not free a guest or the host.
 */

#ifdef __cplusplus
extern "C" {
#endif

typedef struct wisp_host wisp_host;
typedef struct wisp_guest wisp_guest;

/* Zero means the default in brackets. */
typedef struct wisp_host_config {
    const wisp_allocator *allocator;
    const wisp_os *os; /* for the clock [wisp_os_posix()] */
} wisp_host_config;

/* Makes a host without guests. [config] may be NULL; it is copied. */
WISP_API wisp_status wisp_host_new(const wisp_host_config *config, wisp_host **out,
                                   wisp_error *err);

/* Stops every guest and frees [host] with them. NULL is fine. */
WISP_API void wisp_host_free(wisp_host *host);

/*
 * One turn: delivers the messages that were queued when it began, guest by guest and in the
 * order in which they were sent, then runs the tasks that are due at [now_ns] (a reading of
 * the host's monotonic clock). What modules do wrong is handled as above and told to
 * [on_event]; it is no failure of this function.
 */
WISP_API void wisp_host_step(wisp_host *host, uint64_t now_ns);

/* When wisp_host_step has something to do: the earliest due time of a task, 0 if a message
 * waits, UINT64_MAX if nothing does. */
WISP_API uint64_t wisp_host_next_ns(const wisp_host *host);

typedef enum wisp_log_level {
    WISP_LOG_ERROR,
    WISP_LOG_WARNING,
    WISP_LOG_INFO,
    WISP_LOG_DEBUG
} wisp_log_level;

/* What happened to a guest. */
#define WISP_GUEST_EVENTS(X)                                                                     \
    X(STARTED, "started")     /* a version runs for the first time in this guest */              \
    X(SWAPPED, "swapped")     /* a new version runs, on probation */                             \
    X(COMMITTED, "committed") /* it has proved itself; the old one is gone */                    \
    X(REVERTED, "reverted")   /* it failed; the old version runs on. See reason */               \
    X(REFUSED, "refused")     /* it did not even start; the old version never stopped */         \
    X(RESTARTED, "restarted") /* the only version failed and was started again */                \
    X(DOWN, "down")           /* it cannot be kept running */                                    \
    X(STOPPED, "stopped")

typedef enum wisp_guest_event_kind {
#define X(name, text) WISP_GUEST_##name,
    WISP_GUEST_EVENTS(X)
#undef X
} wisp_guest_event_kind;

/* "started", "swapped", … Static. */
WISP_API const char *wisp_guest_event_name(wisp_guest_event_kind kind);

typedef struct wisp_guest_event {
    wisp_guest_event_kind kind;
    uint32_t version;      /* that the event is about, by its wisp_version export; REVERTED:
                            * that failed. 0 where the module could not be asked */
    uint32_t from_version; /* SWAPPED, REVERTED: the old one, which waits or runs on */
    uint64_t pause_ns;     /* SWAPPED, REVERTED: how long no version could take messages */
    uint64_t state_size;   /* SWAPPED: bytes of state carried over */
    const char *reason;    /* REVERTED, REFUSED, RESTARTED, DOWN: why, one line. SWAPPED: why
                            * an older state had to do. STOPPED: what wisp_stop did wrong.
                            * Else "". Borrowed for the call */
    const wisp_trap *trap; /* the trap behind it, or NULL. Borrowed for the call */
} wisp_guest_event;

/* Zero means the default in brackets; every handler may be NULL. */
typedef struct wisp_guest_config {
    const char *name;           /* for messages to people; copied ["guest"] */
    wisp_store_config limits;   /* for each version; allocator and fuel are not used */
    uint64_t fuel;              /* for each entry into the module [10,000,000] */
    uint32_t probation_entries; /* that a new version must survive [100] */
    uint32_t restarts_max;      /* in a row, without a good entry between [3] */
    uint32_t queue_len_max;     /* messages waiting to be delivered [1,024] */
    uint32_t message_size_max;  /* bytes of one message, either way [64 KiB] */
    uint32_t tasks_max;         /* that a module may have at once [64] */
    uint64_t state_size_max;    /* bytes that a module may save [16 MiB] */

    /* A module sent [bytes] (borrowed for the call) on [channel]. */
    void (*on_message)(void *user, wisp_guest *guest, uint32_t channel, wisp_bytes bytes);
    /* A module logs [size] bytes of [text]; not NUL-terminated, any bytes. */
    void (*on_log)(void *user, wisp_guest *guest, wisp_log_level level, const char *text,
                   size_t size);
    void (*on_event)(void *user, wisp_guest *guest, const wisp_guest_event *event);
    /* Adds the program's own host functions for each version that is started. */
    wisp_status (*on_link)(void *user, wisp_linker *linker, wisp_error *err);
    void *user;
} wisp_guest_config;

/* Makes an empty guest in [host]. [config] is copied. It lives until the host or
 * wisp_guest_free frees it. */
WISP_API wisp_status wisp_guest_new(wisp_host *host, const wisp_guest_config *config,
                                    wisp_guest **out, wisp_error *err);

/* Stops [guest] and frees it with its queue. NULL is fine. */
WISP_API void wisp_guest_free(wisp_guest *guest);

/*
 * Starts [module] in a guest that runs nothing. [module] must stay until the guest no longer
 * runs it: until a later version is committed, it is reverted from, or the guest is stopped
 * or down. Returns the reason if it does not link or its start fails; the guest is then as it
 * was. WISP_INVALID for a guest that runs a version.
 *
 * In a guest that is down, [module] gets the messages that still wait and, if it accepts it,
 * the state that was saved last. Stop the guest first to begin anew.
 */
WISP_API wisp_status wisp_guest_start(wisp_guest *guest, const wisp_module *module,
                                      wisp_error *err);

/*
 * Swaps the running version for [module], as described above. Returns WISP_OK when the new
 * version runs on probation. Any failure is the reason why it does not; the old version then
 * goes on as if nothing had been. A guest that is still on probation commits it first.
 * WISP_INVALID for a guest that runs nothing. [module] as for wisp_guest_start.
 */
WISP_API wisp_status wisp_guest_swap(wisp_guest *guest, const wisp_module *module,
                                     wisp_error *err);

/*
 * Has the running version save its state now, so that if it traps later, it is started again
 * from there. WISP_NOT_FOUND for a module without wisp_save, WISP_TRAP, WISP_LIMIT for a state
 * over state_size_max; the state that was saved before is then kept. WISP_INVALID for a guest
 * that runs nothing or is on probation.
 */
WISP_API wisp_status wisp_guest_save(wisp_guest *guest, wisp_error *err);

/* Ends probation now: true commits the new version, false goes back to the old one, with
 * [reason] for the event. WISP_INVALID if the guest is not on probation. */
WISP_API wisp_status wisp_guest_decide(wisp_guest *guest, bool commit, const char *reason,
                                       wisp_error *err);

/* Lets the running version end and frees it, with its saved state and the messages in the
 * queue. Nothing happens to an empty guest. WISP_BUSY from inside a handler, else WISP_OK. */
WISP_API wisp_status wisp_guest_stop(wisp_guest *guest);

/*
 * Queues a copy of [bytes] for the module, to be delivered on [channel] by the next
 * wisp_host_step. WISP_LIMIT for a full queue or a message over message_size_max;
 * WISP_INVALID for a guest that runs nothing.
 */
WISP_API wisp_status wisp_guest_send(wisp_guest *guest, uint32_t channel, wisp_bytes bytes,
                                     wisp_error *err);

/*
 * Delivers [bytes] now, without the queue, for programs that need the module's answer (which
 * comes through on_message) before they go on. On a fault in probation the old version has
 * handled it when this returns. WISP_TRAP if no version could; WISP_LIMIT for a message over
 * message_size_max or for which the module has no room; WISP_NOT_FOUND for a module without
 * wisp_message.
 */
WISP_API wisp_status wisp_guest_deliver(wisp_guest *guest, uint32_t channel, wisp_bytes bytes,
                                        wisp_error *err);

typedef enum wisp_guest_state {
    WISP_GUEST_STATE_EMPTY, /* nothing was started yet, or it was stopped */
    WISP_GUEST_STATE_RUNNING,
    WISP_GUEST_STATE_PROBATION, /* a new version runs, the old one waits */
    WISP_GUEST_STATE_DOWN
} wisp_guest_state;

/* Counters since wisp_guest_new. */
typedef struct wisp_guest_status {
    wisp_guest_state state;
    uint32_t version;          /* of the version that runs */
    uint32_t entries_left;     /* of probation */
    uint64_t messages_in;      /* handled by the module */
    uint64_t messages_out;     /* sent by it */
    uint64_t messages_dropped; /* that no version could handle */
    uint64_t task_runs, traps, swaps, reverts, restarts;
    uint64_t memory_size; /* bytes of its linear memory now */
    uint32_t queue_len, task_count;
} wisp_guest_status;

WISP_API void wisp_guest_status_get(const wisp_guest *guest, wisp_guest_status *out);

/* Which module runs in [guest] now; NULL if none. */
WISP_API const wisp_module *wisp_guest_module(const wisp_guest *guest);

/*
 * Whether [module] can run in a host at all: it exports what guest/wisp.h asks for, with the
 * right types, and imports only the functions of the host and those that on_link of [config]
 * (may be NULL) adds. Nothing of it runs. The text names the export or import at fault. For
 * checking before installing; memory comes from limits.allocator. Any thread.
 */
WISP_API wisp_status wisp_host_accepts(const wisp_guest_config *config, const wisp_module *module,
                                       wisp_error *err);

#ifdef __cplusplus
}
#endif

#endif
