#ifndef WISP_HOST_H
#define WISP_HOST_H

#include <wisp/bridge.h>
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
 * started, handles messages of the program and events (event.h), is stopped; it can log, send
 * messages, post events, ask others and be asked, set timers. It may offer to save its state and
 * to restore what an older version saved. A module is WebAssembly, or the same source compiled
 * natively (native.h), and a guest may go from one to the other.
 *
 * An entry into a module is a transaction: what it posts, sends and answers goes out when the
 * entry has ended well. An entry that fails has sent nothing.
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
 * one never stopped. If it fails on probation, the old version goes on from where it was left
 * and is given, before anything else, all that the new one was given on probation, in the same
 * order: so none is lost. Timers and subscriptions are the guest's, not the version's: they
 * survive a swap, and are what they were before it if the old version comes back; tasks wait
 * with their version. What the new version posted in entries that ended well remains posted. If
 * the old version cannot save, because it traps, runs out of fuel or saves too much, the state
 * that was saved last is used: the old version can never block an update. A state is dropped
 * where the new version has no way to take it.
 *
 * A version may also be tried in the shadow of the one that runs: it gets the same entries, but
 * what it does is compared and not performed. See wisp_guest_shadow.
 *
 * What happens to a version that fails outside probation is for [on_fault] to say. By default it
 * is started again in place, with the state that was saved last, at once and then after pauses
 * that double, at most [restarts_max] times in a row; then the guest is down until it is given
 * a module again. The event that it failed in is dropped, as it might do so again.
 *
 * Threads: a host and its guests belong to one thread at a time, but for the functions of
 * event.h that any thread may call. The program owns the loop.
 * The handlers in a config are called from inside the functions below, on that thread. They
 * may call wisp_guest_send, make a guest and look at one; any other call on the same host
 * gives WISP_BUSY or does nothing. They must not free a guest or the host.
 */

#ifdef __cplusplus
extern "C" {
#endif

typedef struct wisp_host wisp_host;
typedef struct wisp_guest wisp_guest;
typedef struct wisp_event wisp_event;       /* event.h */
typedef struct wisp_region wisp_region;     /* event.h */
typedef struct wisp_native wisp_native;     /* native.h */
typedef struct wisp_blackbox wisp_blackbox; /* blackbox.h */

/* Zero means the default in brackets. */
typedef struct wisp_host_config {
    const wisp_allocator *allocator; /* used on several threads, if what event.h allows is */
    const wisp_os *os;               /* for the clock and randomness [wisp_os_posix()] */
    uint32_t events_max;             /* waiting to be delivered [4,096] */
    uint64_t event_bytes_max;        /* of the data of those [16 MiB] */
    uint64_t region_bytes_max;       /* of all regions that there are [64 MiB] */
    uint32_t topics_max;             /* [1,024] */
    wisp_blackbox *blackbox;         /* where it notes who is at work [none] */
    uint32_t blames_max; /* runs of the program in a row, for whose end a module may be to blame
                          * before it is not started any more [3] */

    /* An event for the program: see event.h. Here wisp_host_post and wisp_host_reply may be
     * called, as everywhere. */
    void (*on_post)(void *user, wisp_host *host, const wisp_event *event);
    /* Something was posted from another thread while nothing waited: the host wants to be
     * stepped. Called on that thread. */
    void (*on_wake)(void *user);
    void *user;
} wisp_host_config;

/* Makes a host without guests. [config] may be NULL; it is copied. */
WISP_API wisp_status wisp_host_new(const wisp_host_config *config, wisp_host **out,
                                   wisp_error *err);

/* Stops every guest and frees [host] with them. NULL is fine. */
WISP_API void wisp_host_free(wisp_host *host);

/*
 * One turn: posts the timers that are due at [now_ns] (a reading of the host's monotonic clock),
 * delivers what was queued when it began, messages and events in the order in which they were
 * sent, and then runs the tasks that are due. What modules do wrong is handled as above and told
 * to [on_event]; it is no failure of this function.
 */
WISP_API void wisp_host_step(wisp_host *host, uint64_t now_ns);

/* When wisp_host_step has something to do: the earliest due time of a timer, task or restart, 0
 * if a message or an event waits, UINT64_MAX if nothing does. */
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
    X(PAUSED, "paused")       /* … and will be started again after a pause */                  \
    X(FAILED, "failed")       /* … and goes on as it is: WISP_ON_FAULT_DROP */                 \
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
    const char *reason;    /* REVERTED, REFUSED, RESTARTED, PAUSED, FAILED, DOWN: why, one line.
                            * SWAPPED: why an older state had to do. COMMITTED: why before its
                            * time. STOPPED: what wisp_stop did wrong. Else "". Borrowed for
                            * the call */
    const wisp_trap *trap; /* the trap behind it, or NULL. Borrowed for the call */
} wisp_guest_event;

/* What to do when a version fails outside probation. */
typedef enum wisp_on_fault {
    WISP_ON_FAULT_RESTART,  /* start it again, up to restarts_max times in a row */
    WISP_ON_FAULT_DROP,     /* drop the event and go on with the same instance, as it is */
    WISP_ON_FAULT_DISABLE,  /* the guest is down at once */
    WISP_ON_FAULT_ROLL_BACK /* go back to the module that was committed before it, with the state
                             * that this had at the swap: REVERTED. Else restart. Only once: it
                             * has none before it */
} wisp_on_fault;

#define WISP_NO_DEADLINE UINT32_MAX

/*
 * A function of the program's that modules may import, as a wisp_bridge_func (bridge.h). Unlike
 * what on_link adds, it can be recorded and shadowed, as the host sees all that goes in and
 * out: it must touch nothing of the module but its arguments.
 */
typedef struct wisp_host_func {
    const char *module, *name;
    const char *signature;
    wisp_bridge_fn fn;
    void *user;
    bool is_query; /* it changes nothing outside: a shadow may call it as often as it likes, and
                    * its calls are not compared */
} wisp_host_func;

/* Zero means the default in brackets; every handler may be NULL. */
typedef struct wisp_guest_config {
    const char *name;           /* for messages to people; copied ["guest"] */
    uint64_t app_id;            /* by which modules find each other; no two of a host [none] */
    wisp_store_config limits;   /* for each version; allocator and fuel are not used */
    uint64_t fuel;              /* for each entry into the module [10,000,000] */
    uint32_t deadline_ms;       /* of each entry by the clock; or WISP_NO_DEADLINE [1,000] */
    uint32_t probation_entries; /* that a new version must survive [100] */
    uint32_t probation_ms;      /* that it must last besides [0] */
    uint64_t journal_size_max;  /* bytes of entries kept to be given to the old version; over
                                 * that the new one is committed [1 MiB] */
    wisp_on_fault on_fault;
    uint32_t restarts_max;      /* in a row, without a good entry between [3] */
    uint32_t restart_pause_ms;  /* before the second restart in a row; doubles [100] */
    uint32_t queue_len_max;     /* messages and events waiting for it [1,024] */
    uint32_t posts_max;         /* events of its own waiting to be delivered or done, and as many
                                 * requests waiting for an answer [1,024] */
    uint32_t message_size_max;  /* bytes of one message or event, either way [64 KiB] */
    uint32_t tasks_max;         /* that a module may have at once [64] */
    uint32_t timers_max;        /* [64] */
    uint32_t subscriptions_max; /* [64] */
    uint32_t regions_max;      /* of its modules' own (event.h), with those that only events still
                                * carry [16] */
    uint64_t region_bytes_max; /* of those [16 MiB] */
    uint64_t state_size_max;   /* bytes that a module may save [16 MiB] */

    /* Names of imports that a module may have, "wisp.post" or "wisp.*", ended by NULL; copied. A
     * module that imports something else is not accepted [all that is offered]. */
    const char *const *capabilities;
    /* What is offered besides module "wisp"; borrowed until the guest is freed. */
    const wisp_host_func *functions;
    size_t function_len;

    /* A module sent [bytes] (borrowed for the call) on [channel]. */
    void (*on_message)(void *user, wisp_guest *guest, uint32_t channel, wisp_bytes bytes);
    /* A module logs [size] bytes of [text]; not NUL-terminated, any bytes. */
    void (*on_log)(void *user, wisp_guest *guest, wisp_log_level level, const char *text,
                   size_t size);
    void (*on_event)(void *user, wisp_guest *guest, const wisp_guest_event *event);
    /* The guest no longer needs [module], which it was started with or swapped to: it may be
     * freed, here or later. Told once, when no version of it runs or waits, here or to come back:
     * after the commit of a later one (with WISP_ON_FAULT_ROLL_BACK, of two), when it was
     * reverted from, when the guest was stopped or is down. Of one that was refused the caller
     * knows. */
    void (*on_unused)(void *user, wisp_guest *guest, const wisp_module *module);
    /* Adds host functions of the program's for each version that is started. A module that
     * imports one of these, and not one of [functions], cannot be shadowed nor recorded. */
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
 * Starts [module] in a guest that runs nothing. [module] must stay until on_unused tells that the
 * guest no longer needs it. Returns the reason if it does not link or its start fails; the guest
 * is then as it was. WISP_INVALID for a guest that runs a version.
 *
 * In a guest that is down or paused, [module] gets the messages that still wait and, if it
 * accepts it, the state that was saved last. Stop the guest first to begin anew.
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

/* The same two for a module that was compiled into the program: see native.h. WISP_BUSY for one
 * that another guest runs. */
WISP_API wisp_status wisp_guest_start_native(wisp_guest *guest, const wisp_native *native,
                                             wisp_error *err);
WISP_API wisp_status wisp_guest_swap_native(wisp_guest *guest, const wisp_native *native,
                                            wisp_error *err);

/*
 * Has the running version save its state now, so that if it traps later, it is started again
 * from there. WISP_NOT_FOUND for a module without wisp_save, WISP_TRAP, WISP_LIMIT for a state
 * over state_size_max; the state that was saved before is then kept. WISP_INVALID for a guest
 * that runs nothing or is on probation.
 */
WISP_API wisp_status wisp_guest_save(wisp_guest *guest, wisp_error *err);

/* Ends probation now: true commits the new version, false goes back to the old one, which is
 * given what the new one was before this returns; with [reason] for the event. WISP_INVALID if
 * the guest is not on probation. */
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

/* ------------------------------------------------------------------ in the shadow */

/* Half, and 99 of 100, of what was measured were at most this; within one eighth. */
typedef struct wisp_spread {
    uint64_t p50, p99, max;
} wisp_spread;

/* Bytes that are not compared, as they may differ: [size] bytes from [offset] on, of what goes
 * out by the import [name] ("send", "post", "request", "reply") with this channel or type. */
typedef struct wisp_shadow_ignore {
    const char *name;
    uint32_t channel; /* or type */
    uint32_t offset, size;
} wisp_shadow_ignore;

/* Where the candidate did something else than the version that runs. Borrowed for the call. */
typedef struct wisp_shadow_difference {
    uint64_t entry;             /* of the entries since the shadow began, from 1 on */
    const char *kind;           /* of that entry: "message", "event", "task", … */
    uint32_t channel;           /* of it, or its type */
    const char *text;           /* what was expected and what was found, one line */
    uint64_t fuel, shadow_fuel; /* of this entry */
    uint64_t ns, shadow_ns;
} wisp_shadow_difference;

/* Zero means the default in brackets. */
typedef struct wisp_shadow_config {
    uint64_t promote_after; /* swap to its module after so many equal entries in a row [never] */
    uint64_t differences_max; /* the candidate is let go at so many, or when it traps [1] */
    const wisp_shadow_ignore *ignore; /* copied */
    size_t ignore_len;
    void (*on_difference)(void *user, wisp_guest *guest,
                          const wisp_shadow_difference *difference);
    /* The candidate is gone: by promotion, or for the [reason]. If it was to be promoted and the
     * swap was refused, that is why. */
    void (*on_end)(void *user, wisp_guest *guest, bool promoted, const char *reason);
    void *user;
} wisp_shadow_config;

/*
 * Runs [module] in the shadow of the version that runs: a candidate that begins with the same
 * state (a copy of all memory, if it is the same module; else what wisp_save gives) and gets the
 * same entries after it. What it does to the outside is not performed but compared with what the
 * running version did: calls, their order, arguments and bytes; what the host answers (time,
 * randomness, ids) is what it answered then. A candidate that traps or overruns its fuel or
 * deadline differs too. Nothing that it does delays or changes the running version but by the
 * time it takes.
 *
 * WISP_INVALID for a guest that runs nothing, is on probation or has a shadow already;
 * WISP_UNSUPPORTED for a native version, or an import by on_link. Else as wisp_guest_swap.
 * Promotion is a swap to a new version of [module] at an event boundary: with probation. The
 * shadow also ends when another version is swapped in, or the one that runs fails or is stopped.
 * [module] must stay until on_end; from promotion on as for wisp_guest_swap.
 */
WISP_API wisp_status wisp_guest_shadow(wisp_guest *guest, const wisp_module *module,
                                       const wisp_shadow_config *config, wisp_error *err);

/* Lets the candidate go; nothing if there is none. */
WISP_API void wisp_guest_shadow_end(wisp_guest *guest);

typedef struct wisp_shadow_status {
    uint64_t entries, differences; /* compared; and those of them that differ */
    wisp_spread fuel, shadow_fuel; /* of an entry: the version that runs, and the candidate */
    wisp_spread ns, shadow_ns;
} wisp_shadow_status;

/* False if [guest] has no shadow. */
WISP_API bool wisp_guest_shadow_status(const wisp_guest *guest, wisp_shadow_status *out);

/* ------------------------------------------------------------------ looking */

typedef enum wisp_guest_state {
    WISP_GUEST_STATE_EMPTY, /* nothing was started yet, or it was stopped */
    WISP_GUEST_STATE_RUNNING,
    WISP_GUEST_STATE_PROBATION, /* a new version runs, the old one waits */
    WISP_GUEST_STATE_PAUSED,    /* it failed and will be started again; what is sent waits */
    WISP_GUEST_STATE_DOWN
} wisp_guest_state;

/* Counters since wisp_guest_new. */
typedef struct wisp_guest_status {
    wisp_guest_state state;
    uint32_t version;                               /* of the version that runs */
    bool is_native;                                 /* … which was compiled into the program */
    uint32_t entries_left;                          /* of probation */
    uint64_t messages_in;                           /* handled by the module */
    uint64_t messages_out;                          /* sent by it */
    uint64_t messages_dropped;                      /* that no version could handle */
    uint64_t events_in, events_out, events_dropped; /* the same for events */
    uint64_t events_refused;                        /* posts of the module that were */
    uint64_t redelivered; /* messages and events given to an old version again. They are not
                           * counted above once more, but as dropped if it fails in them */
    uint64_t callbacks_called, callbacks_cancelled; /* done functions of the module's posts */
    uint64_t task_runs, traps, swaps, reverts, restarts;
    uint64_t fuel_exhausted, deadlines_missed; /* among the traps */
    wisp_spread fuel;                          /* of an entry */
    wisp_spread entry_ns;              /* how long one took; counted if there is a deadline */
    uint64_t memory_size, memory_peak; /* bytes of its linear memory */
    uint64_t heap_size, heap_peak;  /* bytes that it has allocated there, if the module tells */
    uint32_t queue_len, queue_peak; /* messages and events that wait for it */
    uint32_t task_count, timer_count, subscription_count;
} wisp_guest_status;

WISP_API void wisp_guest_status_get(const wisp_guest *guest, wisp_guest_status *out);

/* The id of [guest] in its host, from 1 on: where events go. It stays, and is not given to
 * another guest before four billion others were made. */
WISP_API uint32_t wisp_guest_id(const wisp_guest *guest);

/* Its name and app_id, as configured. */
WISP_API const char *wisp_guest_name(const wisp_guest *guest);
WISP_API uint64_t wisp_guest_app_id(const wisp_guest *guest);

/* The guest of [host] with this id, NULL if none; the one made after [guest], of all those there
 * are: begin with NULL, ends with NULL. */
WISP_API wisp_guest *wisp_host_guest(const wisp_host *host, uint32_t id);
WISP_API wisp_guest *wisp_host_next_guest(const wisp_host *host, const wisp_guest *guest);

/* Which module runs in [guest] now; NULL if none, or a native one. */
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
