#ifndef WISP_WASI_H
#define WISP_WASI_H

#include <wisp/wasm.h>

/*
 * The system interface of WebAssembly, preview 1 (module name "wasi_snapshot_preview1", and
 * "wasi_unstable", its older name, for the functions that are alike): arguments, environment,
 * files, clocks and random numbers for modules that were compiled against a C library.
 *
 *     wisp_wasi_config config = {
 *         .args = (const char *[]){"grep", "-c", "wisp", "notes.txt"},
 *         .arg_count = 4,
 *         .preopens = &(wisp_wasi_preopen){.host = "/srv/notes", .guest = "."},
 *         .preopen_count = 1,
 *         .out = {.kind = WISP_WASI_FD, .fd = 1},
 *     };
 *     wisp_wasi *wasi;
 *     wisp_wasi_new(&config, &wasi, &err);
 *     wisp_wasi_link(wasi, linker, &err);
 *     wisp_instance_new(store, module, linker, &instance, &err);
 *     uint32_t code;
 *     wisp_wasi_run(wasi, instance, &code, &err);   // _start; code is what it exits with
 *     wisp_store_free(store);
 *     wisp_wasi_free(wasi);
 *
 * A module gets what the configuration gives it, and nothing else of the process: no
 * arguments, variables, folders, streams or sockets by default. Clocks and random numbers are
 * the system's unless the program brings its own.
 *
 * Paths are resolved under the folders that were opened beforehand, and cannot leave them:
 * neither by "..", nor by absolute paths, nor by symbolic links of any kind, nor by other
 * processes that move folders while a path is being resolved. Absolute links are never followed
 * and cannot be made. What leads outside fails with "operation not permitted".
 *
 * All that a module hands over is checked: a pointer and length that are not wholly inside its
 * memory make the call fail with "bad address", and nothing was done. Rights are enforced: what
 * a module gives up with fd_fdstat_set_rights, it has lost.
 *
 * Waiting: reading from a pipe, terminal or socket and poll_oneoff may wait as long as the module
 * likes. wisp_store_interrupt ends that within 20 ms, as it ends computing; a program that limits
 * time has to call it from another thread or a signal handler, since waiting uses no fuel. File
 * systems that hang (a network mount without its server) cannot be interrupted.
 *
 * Threads: one wisp_wasi may serve several stores, on several threads at once, as one process
 * with several threads; that is what wasi-threads uses (below). Configuring and freeing are for
 * one thread. The allocator is then called on all these threads.
 *
 * Not offered: descriptors of the host's that are not listed in the configuration, making sockets
 * (preview 1 has no function for it), signals (proc_raise fails with "not supported").
 */

#ifdef __cplusplus
extern "C" {
#endif

typedef struct wisp_wasi wisp_wasi;

typedef enum wisp_wasi_stream_kind {
    WISP_WASI_NULL,    /* reading finds the end, writing discards */
    WISP_WASI_FD,      /* a descriptor of the host's */
    WISP_WASI_CALLBACK /* functions of the program's */
} wisp_wasi_stream_kind;

/*
 * Where standard input comes from, or standard output or error go.
 *
 * [fd] is borrowed: it is neither closed nor are its flags changed. The functions move up to
 * [size] bytes and return how many, 0 for the end of the input, or a negated errno value. They
 * are called on the thread that calls into the store, and may be waited upon: nothing interrupts
 * them. They must not call into the store.
 */
typedef struct wisp_wasi_stream {
    wisp_wasi_stream_kind kind;
    int fd;                                                      /* kind FD */
    int64_t (*read)(void *user, void *into, size_t size);        /* kind CALLBACK, for input */
    int64_t (*write)(void *user, const void *from, size_t size); /* the same, for output */
    void *user;
} wisp_wasi_stream;

/*
 * A folder of the host's that the module sees as [guest]: "/data" or "." are usual. C libraries
 * look up absolute and relative paths among these names. [read_only] refuses all that would
 * change it with "operation not permitted".
 */
typedef struct wisp_wasi_preopen {
    const char *host, *guest;
    bool read_only;
} wisp_wasi_preopen;

/* The clocks of preview 1, by its numbers. */
typedef enum wisp_wasi_clock {
    WISP_WASI_REALTIME,     /* since 1970-01-01 00:00 UTC */
    WISP_WASI_MONOTONIC,    /* never goes back */
    WISP_WASI_PROCESS_TIME, /* of the processor, used by the process */
    WISP_WASI_THREAD_TIME   /* the same, by the thread */
} wisp_wasi_clock;

/* Initialise with {0} and set what the module is to have. All is copied but for the contexts of
 * the functions. */
typedef struct wisp_wasi_config {
    const wisp_allocator *allocator;
    const char *const *args; /* the first is the program's name by custom */
    size_t arg_count;
    const char *const *env; /* "NAME=value" */
    size_t env_count;
    wisp_wasi_stream in, out, error;   /* descriptors 0, 1 and 2 */
    const wisp_wasi_preopen *preopens; /* descriptors 3 and on */
    size_t preopen_count;
    const int *sockets; /* of the host's, connected or listening; borrowed; the descriptors after
                           the folders */
    size_t socket_count;
    uint32_t descriptor_max; /* how many may be open at once [1,024] */
    /* Nanoseconds of [clock]; NULL for the system's. Waiting takes the system's time in any
     * case. */
    uint64_t (*now_ns)(void *user, wisp_wasi_clock clock);
    /* Fills [into]; 0 or a negated errno value. NULL for the system's, which is fit for keys. */
    int (*random)(void *user, void *into, size_t size);
    void *user;           /* of now_ns and random */
    bool without_openat2; /* resolve paths as on systems that lack this call; for tests */
} wisp_wasi_config;

/*
 * Makes the interface that [config] describes (NULL: one that offers nothing) and opens its
 * folders. *[out] is the caller's.
 *
 * Returns WISP_IO where a folder cannot be opened, which the text names; WISP_INVALID for a
 * descriptor that is not open or a callback that is missing; WISP_NO_MEMORY.
 */
WISP_API wisp_status wisp_wasi_new(const wisp_wasi_config *config, wisp_wasi **out,
                                   wisp_error *err);

/* Closes all that the module has opened and frees [wasi]. NULL is fine. No store that it has been
 * linked into may be used any more. */
WISP_API void wisp_wasi_free(wisp_wasi *wasi);

/*
 * Offers all functions in [linker], under both names of the module. They work on the
 * memory that the calling instance exports as "memory", or else on its first; without any they
 * trap.
 */
WISP_API wisp_status wisp_wasi_link(wisp_wasi *wasi, wisp_linker *linker, wisp_error *err);

/* Whether [module] imports anything that wisp_wasi_link offers. Any thread. */
WISP_API bool wisp_wasi_is_needed(const wisp_module *module);

/*
 * Runs [instance] as a program: a command's "_start", or else a reactor's "_initialize"; one that
 * has neither has nothing to do. Returns WISP_OK when it returned or called proc_exit, with
 * the code in *[exit_code] (0 for returning), and what wisp_call does otherwise.
 */
WISP_API wisp_status wisp_wasi_run(wisp_wasi *wasi, wisp_instance *instance, uint32_t *exit_code,
                                   wisp_error *err);

/*
 * Whether the module has called proc_exit, and with which code. This call never returns to the
 * module: it ends what runs with a trap whose code is WISP_TRAP_HOST, and all later calls of this
 * interface do the same. Programs that call exports themselves ask here what a trap was. Any
 * thread.
 */
WISP_API bool wisp_wasi_exited(const wisp_wasi *wasi, uint32_t *exit_code);

/* ------------------------------------------------------------------ threads */

/*
 * Threads of programs, as the wasi-threads proposal has them: a module that imports a shared
 * memory and "thread-spawn" from "wasi" and exports "wasi_thread_start".
 *
 *     wisp_wasi_threads *threads;
 *     wisp_wasi_threads_new(wasi, module, NULL, &threads, &err);
 *     wisp_wasi_threads_link(threads, linker, &err);     // the system interface as well
 *     wisp_instance_new(store, module, linker, &instance, &err);
 *     wisp_wasi_run(wasi, instance, &code, &err);
 *     wisp_wasi_threads_free(threads);                   // before the store
 *
 * Each thread of the program is one of the host's, made when the program spawns it, with a store
 * and an instance of its own; they share the module, the memory and all that is open. The program
 * ends, with all its threads, when "_start" returns, when a thread calls proc_exit, or when one
 * traps.
 */

typedef struct wisp_wasi_threads wisp_wasi_threads;

typedef struct wisp_wasi_threads_config {
    uint32_t
        max; /* threads at once besides the first [16]; spawning one more fails in the module */
    wisp_store_config store; /* of each thread; its memory_max bounds the shared memory */
    /* Offers in [linker], of a thread's store, what the module imports besides. Called on that
     * thread. NULL for nothing. */
    wisp_status (*prepare)(void *user, wisp_linker *linker, wisp_error *err);
    void *user;
} wisp_wasi_threads_config;

/* Whether [module] imports what it needs to spawn threads. Any thread. */
WISP_API bool wisp_wasi_threads_are_needed(const wisp_module *module);

/*
 * Makes what the threads of [module] have in common: above all the memory that it imports, which
 * may grow no further than memory_max. One for each wisp_wasi. [config] may be NULL.
 *
 * Returns WISP_MISMATCH for a module that imports no shared memory or exports no
 * "wasi_thread_start"; WISP_LIMIT for one that needs more memory; WISP_NO_MEMORY.
 */
WISP_API wisp_status wisp_wasi_threads_new(wisp_wasi *wasi, const wisp_module *module,
                                           const wisp_wasi_threads_config *config,
                                           wisp_wasi_threads **out, wisp_error *err);

/* Offers the memory, "thread-spawn" and what wisp_wasi_link does in [linker], whose store is the
 * program's first thread. Once. */
WISP_API wisp_status wisp_wasi_threads_link(wisp_wasi_threads *threads, wisp_linker *linker,
                                            wisp_error *err);

/* The trap that ended the program, where it was not in the first thread, as wisp_trap_print
 * writes it; NULL where there was none. Borrowed. For the thread that configures. */
WISP_API const char *wisp_wasi_threads_trap(const wisp_wasi_threads *threads);

/* Ends all threads, waits for them, and frees [threads]. NULL is fine. */
WISP_API void wisp_wasi_threads_free(wisp_wasi_threads *threads);

#ifdef __cplusplus
}
#endif

#endif
