#ifndef WISP_MANAGE_H
#define WISP_MANAGE_H

#include <wisp/host.h>

/*
 * The manager: installs, swaps, tries out, removes and shows the modules of one host while the
 * program runs; for the program itself, and, if that wants it, for whoever comes over a local
 * socket, as the command `wisp host` does.
 *
 *     wisp_manager_config config = {.host = host,
 *                                   .guest = {.on_log = on_log},
 *                                   .socket = "/run/hub/wisp.sock",
 *                                   .accept = is_listed};
 *     wisp_manager_open(&config, &manager, &err);
 *     wisp_manager_install(manager, "filter", 0, bytes, NULL, &err);
 *     for (;;) {
 *         poll(…, {wisp_manager_fd(manager), POLLIN} …); // beside the host's own
 *         wisp_manager_step(manager);                    // what came over the socket
 *         wisp_host_step(host, now_ns);
 *     }
 *
 * What it installs has a name, by which it is found again, and is a guest of the host like any
 * other. The manager owns that guest, and its modules: it makes them from bytes, which need not
 * stay, and frees each when nothing runs it any more. Guests that the program made without it are
 * shown, but are the program's alone to change.
 *
 * Trust: the program's own calls are its own decision. What comes over the socket runs only if
 * [accept] says so, which has the bytes and their hash; without one it is refused. Only the user
 * that the program runs as, and root, can get as far as asking: the socket has mode 0600, and
 * the other side's user is asked of the system besides. Whoever that lets in may look at
 * everything, and remove what the manager installed.
 *
 * A client can hold up nothing but itself: the socket is never waited for, a request has to be
 * complete within a time, and all that is kept for a client is bounded. What it asks for is done
 * in wisp_manager_step, at once and in full: to load a module of a megabyte takes about 20 ms.
 * docs/formats.md has the bytes that travel.
 *
 * Threads: as for the host, whose thread is the manager's too: where it has one of its own, call
 * these functions by wisp_host_call (event.h). Not from inside a handler of the host.
 */

#ifdef __cplusplus
extern "C" {
#endif

typedef struct wisp_manager wisp_manager;

#define WISP_MANAGE_NAME_MAX 63 /* bytes: letters, digits, '.', '-' and '_' */

#define WISP_MANAGE_ACTIONS(X)                                                                   \
    X(INSTALL, "install")                                                                        \
    X(SWAP, "swap")                                                                              \
    X(SHADOW, "shadow")

typedef enum wisp_manage_action {
#define X(name, text) WISP_MANAGE_##name,
    WISP_MANAGE_ACTIONS(X)
#undef X
} wisp_manage_action;

/* "install", … Static. */
WISP_API const char *wisp_manage_action_name(wisp_manage_action action);

/* What somebody on the socket wants to run. Borrowed for the call. */
typedef struct wisp_manage_request {
    wisp_manage_action action;
    const char *name;   /* of the guest */
    uint64_t app_id;    /* INSTALL: that it is to have, 0: none */
    wisp_bytes module;  /* any bytes: nobody has looked at them yet */
    const char *sha256; /* of them, 64 hexadecimal digits in lower case */
} wisp_manage_request;

/* Zero means the default in brackets. */
typedef struct wisp_manager_config {
    wisp_host *host;                 /* must outlive the manager */
    const wisp_allocator *allocator; /* of the manager and of modules */
    const wisp_os *os;               /* for the clock [wisp_os_posix()] */

    /* How guests are made: handlers and policy. Name and app_id are those of each install; what
     * this points to must stay. on_unused is not called: modules are the manager's. */
    wisp_guest_config guest;
    /* Changes [config], a copy of the above, for the guest that is about to be made. Anything
     * but WISP_OK refuses it [as it is]. */
    wisp_status (*configure)(void *user, wisp_guest_config *config, wisp_error *err);
    uint32_t guests_max;      /* [64] */
    uint32_t module_size_max; /* bytes [16 MiB] */

    /* Where to listen: a path of at most 107 bytes. A socket that was left there by a process
     * that is gone is replaced; copied [no socket] */
    const char *socket;
    /* Whether what came over the socket may run: a signature, a list of hashes or whatever the
     * program trusts. Anything but WISP_OK refuses it with those words [all is refused]. */
    wisp_status (*accept)(void *user, const wisp_manage_request *request, wisp_error *err);
    uint32_t clients_max; /* at once; further ones wait [4] */
    uint32_t timeout_ms;  /* for a whole request, and for taking its answer [10,000] */
    void *user;           /* of configure and accept */
} wisp_manager_config;

/*
 * Makes a manager that has installed nothing. [config] is copied. WISP_BUSY if another process
 * listens on the socket; WISP_INVALID if its path is too long or something else stands there;
 * WISP_UNSUPPORTED where the system has no such sockets; WISP_IO.
 */
WISP_API wisp_status wisp_manager_open(const wisp_manager_config *config, wisp_manager **out,
                                       wisp_error *err);

/* Frees [manager], with the guests that it installed and its socket. Before the host. NULL is
 * fine. */
WISP_API void wisp_manager_close(wisp_manager *manager);

/* ------------------------------------------------------------------ changing */

/*
 * Makes a guest [name] and starts the module of [bytes] in it, which are not needed afterwards.
 * *[out] (may be NULL) is the guest, which the manager owns. WISP_INVALID for a name that is
 * taken or none, or an app_id that is taken; WISP_LIMIT for a module over module_size_max or a
 * guest over guests_max; else what loading, configure or wisp_guest_start say. Then there is no
 * such guest.
 */
WISP_API wisp_status wisp_manager_install(wisp_manager *manager, const char *name,
                                          uint64_t app_id, wisp_bytes bytes, wisp_guest **out,
                                          wisp_error *err);

/* The same with a module that was compiled into the program (native.h), which stays the program's
 * own. Later it may be swapped for one of bytes; back to a native one by wisp_guest_swap_native.
 */
WISP_API wisp_status wisp_manager_install_native(wisp_manager *manager, const char *name,
                                                 uint64_t app_id, const wisp_native *native,
                                                 wisp_guest **out, wisp_error *err);

/*
 * Swaps what runs in the guest [name] for the module of [bytes], with probation: as
 * wisp_guest_swap. One that is down or stopped is started with it. WISP_NOT_FOUND if there is no
 * such guest, WISP_INVALID for one that the manager did not install.
 */
WISP_API wisp_status wisp_manager_swap(wisp_manager *manager, const char *name, wisp_bytes bytes,
                                       wisp_error *err);

/* Runs the module of [bytes] in the shadow of what runs in the guest [name]: as
 * wisp_guest_shadow, with [config] (may be NULL). */
WISP_API wisp_status wisp_manager_shadow(wisp_manager *manager, const char *name,
                                         wisp_bytes bytes, const wisp_shadow_config *config,
                                         wisp_error *err);

/* Lets that one go. WISP_INVALID if there is none. */
WISP_API wisp_status wisp_manager_shadow_end(wisp_manager *manager, const char *name,
                                             wisp_error *err);

/* Stops the guest [name] and frees it with all that waits for it. */
WISP_API wisp_status wisp_manager_remove(wisp_manager *manager, const char *name,
                                         wisp_error *err);

/* ------------------------------------------------------------------ looking */

/* The guest [name] of this manager, NULL if there is none. */
WISP_API wisp_guest *wisp_manager_guest(const wisp_manager *manager, const char *name);

/* What a manager knows of a guest besides wisp_guest_status. Borrowed until something changes. */
typedef struct wisp_managed {
    const char *sha256;   /* of the module that runs, 64 hexadecimal digits; "" for none */
    uint64_t module_size; /* of it, bytes */
    const char *last;     /* what wisp_guest_event_name calls the last event of it; "" for none */
    const char *reason;   /* of the last event that had one; "" for none */
    const char *shadow;   /* how its last shadow differed first, or ended; "" for neither */
} wisp_managed;

/* False for a guest that the manager did not install. */
WISP_API bool wisp_manager_look(const wisp_manager *manager, const wisp_guest *guest,
                                wisp_managed *out);

/* ------------------------------------------------------------------ the loop */

/* A descriptor that is readable while wisp_manager_step has something to do: for poll. Negative
 * without a socket. */
WISP_API int wisp_manager_fd(const wisp_manager *manager);

/* When wisp_manager_step wants to be called at the latest, by the clock of [os]; UINT64_MAX for
 * whenever wisp_manager_fd is readable. */
WISP_API uint64_t wisp_manager_next_ns(const wisp_manager *manager);

/* Lets clients in, reads, does what they ask, answers; never waits. */
WISP_API void wisp_manager_step(wisp_manager *manager);

#ifdef __cplusplus
}
#endif

#endif
