#ifndef WISP_PATCHER_H
#define WISP_PATCHER_H

#include <wisp/base.h>

/*
 * The patcher: replaces functions of the running program by WebAssembly, and puts them back.
 *
 *     wisp_patcher *patcher;
 *     wisp_patcher_new(NULL, &patcher, &err);
 *     ...
 *     wisp_patcher_apply(patcher, bytes, &err);     // a fix has come: all threads go on
 * meanwhile
 *     ...
 *     wisp_patcher_remove(patcher);                 // the program's own code again
 *
 * Most programs do not call this but wisp_patches_open (patch.h), which takes patches from the
 * updater: signed, staged, rolled back.
 *
 * The program is compiled with -fpatchable-function-entry (docs/patching.md has the flags and
 * why), which leaves a place of one instruction that does nothing at the start of each function.
 * As long as there is no patch, that is all there is. To patch a function is to write one jump
 * there, in one piece, so that every other thread calls either the function or the patch. No
 * thread is ever stopped, and none waits.
 *
 * A patch is a module of WebAssembly, made by `wisp patch build`: in a section of its own it
 * says for which build of which program it is, which functions it replaces, what their arguments
 * are, and what it calls, reads and writes (docs/formats.md). In it the program's arguments are
 * ordinary parameters; it may call the original, any other function of the program, and functions
 * of shared libraries by name; it may look behind pointers as far as it was granted.
 *
 * First, do no harm: whatever goes wrong in a patch, the original runs, with the arguments of the
 * call as they were, and the caller notices nothing. If the patch had already called the
 * original, that call's result is used instead. A function whose patch fails [faults_max] times
 * gets its own code back. What a patch had written to the program's memory before it failed stays
 * written.
 *
 * What it needs: Linux, x86-64 or aarch64. There is one patcher in a process, since there is one
 * text to write to.
 *
 * Threads: each function here may be called by any thread, and waits for others that are at it.
 * Patched functions run on whatever threads call them, several at once. A patch's own variables
 * are shared by all threads, as the program's are. Not from a handler of a signal; a patched
 * function that is called by one may run as its original.
 */

#ifdef __cplusplus
extern "C" {
#endif

typedef struct wisp_patcher wisp_patcher;

/* What of the program's memory a patch may look at and change. Each includes those before it. */
#define WISP_PATCH_GRANTS(X)                                                                     \
    X(NONE, "none")           /* nothing: scalars come in and go out */                          \
    X(ARGUMENTS, "arguments") /* what its arguments point at, what functions that it called      \
                                 gave it, and the variables that its manifest lists */           \
    X(PROCESS, "process")     /* all that is mapped, where the system lets the program itself */

typedef enum wisp_patch_grant {
#define X(name, text) WISP_PATCH_GRANT_##name,
    WISP_PATCH_GRANTS(X)
#undef X
} wisp_patch_grant;

/* "none", … Static. Any thread. */
WISP_API const char *wisp_patch_grant_name(wisp_patch_grant grant);

/* How a jump gets into the program's text. All of them are one write for those who run there. */
#define WISP_PATCH_WRITES(X)                                                                     \
    X(BEST, "best")           /* the first of the following that works in this process */        \
    X(PROC_MEM, "proc-mem")   /* through /proc/self/mem: the mapping stays as it is */           \
    X(STORE, "store")         /* one aligned store; the page is writable for microseconds */     \
    X(PAGE_SWAP, "page-swap") /* another page in its place, which then has no file's name */

typedef enum wisp_patch_write {
#define X(name, text) WISP_PATCH_WRITE_##name,
    WISP_PATCH_WRITES(X)
#undef X
} wisp_patch_write;

/* "best", … Static. Any thread. */
WISP_API const char *wisp_patch_write_name(wisp_patch_write write);

/* What a patch imports: see wisp_patcher_config.allow. Borrowed for the call. */
typedef struct wisp_patch_import {
    const char *module; /* "original", "program" (its functions), "system" (those of shared
                         * libraries), "global" (the program's variables) or "wisp" */
    const char *name;
} wisp_patch_import;

/* A failure of a patch. Borrowed for the call. */
typedef struct wisp_patch_fault {
    const char *function;  /* of the program */
    const char *text;      /* of the trap: "out of bounds memory access", … */
    const char *backtrace; /* lines of the patch, innermost first, with file and line where the
                            * patch has them */
    uint64_t address;      /* of the program's memory that was at fault; 0: none was */
    uint64_t count;        /* the how manieth fault of this function */
    bool is_disabled;      /* the function has its own code again */
    bool had_result;       /* the original had been called already: its result was used */
    const uint64_t *registers; /* of the call: those for integer arguments, in their order */
    uint32_t register_count;
} wisp_patch_fault;

/* Zero means the default in brackets. Initialise with {0} and set what matters. */
typedef struct wisp_patcher_config {
    const wisp_allocator *allocator; /* asked on any thread that calls a patched function */
    wisp_patch_grant grant_max;      /* a patch that wants more is refused [NONE: see below] */
    wisp_patch_write write;          /* [BEST] */
    uint64_t fuel;                   /* of one call of a patch (wasm.h) [10,000,000] */
    uint32_t stack_size;             /* bytes for the frames of a patch, a thread [128 KiB] */
    uint32_t threads_max; /* that live and have called a patched function, 1,024 at the most; for
                           * others the original runs [64] */
    uint32_t faults_max;  /* of one function, then it is disabled [3] */

    /* Whether a patch may import that. NULL: all but functions of "system" that start programs,
     * load code or change what memory may do (docs/patching.md lists them). */
    bool (*allow)(void *user, const wisp_patch_import *import);

    /* A patch has failed; the original is about to run. On the thread that called it, which may
     * hold any lock of the program: note it, no more. */
    void (*on_fault)(void *user, const wisp_patch_fault *fault);

    /* A patch says something ("wisp"."log"), a line of at most 1,024 bytes. As [on_fault]. */
    void (*on_log)(void *user, const char *line);
    void *user;
} wisp_patcher_config;

/*
 * Finds out how text can be written here and makes a patcher. [config] may be NULL for all
 * defaults, with [grant_max] ARGUMENTS; it is copied.
 *
 * Returns WISP_BUSY if there is one already, WISP_UNSUPPORTED where text cannot be written (the
 * error says what was tried, and what the system answered) or the machine is not one of those
 * above, WISP_NO_MEMORY.
 */
WISP_API wisp_status wisp_patcher_new(const wisp_patcher_config *config, wisp_patcher **out,
                                      wisp_error *err);

/*
 * Removes what is applied and frees [patcher]. NULL is fine. WISP_BUSY while threads are inside
 * a patch: the program's own code is back by then; call again later, or let it be.
 */
WISP_API wisp_status wisp_patcher_free(wisp_patcher *patcher);

/*
 * Applies the patch in [bytes], in place of the one before if there is one. All its functions
 * switch at once: a call that begins afterwards runs the new patch in each of them, or the
 * original in those that it does not have. Calls that are under way end as they began.
 *
 * All is checked before anything is changed: WISP_MALFORMED, WISP_UNSUPPORTED or WISP_MISMATCH
 * where it is no patch, or not for this program (build-id), or the program's text is not what the
 * patch expects there; WISP_UNTRUSTED where it wants more than [grant_max] or imports what
 * [allow] denies; WISP_NOT_FOUND for a function of a shared library that is not there; WISP_BUSY
 * where the place at a function's start is of several instructions (gcc's, not merged by `wisp
 * symbols`) and there are several threads; WISP_NO_MEMORY, WISP_IO. What was applied before then
 * stays.
 */
WISP_API wisp_status wisp_patcher_apply(wisp_patcher *patcher, wisp_bytes bytes, wisp_error *err);

/* Whether wisp_patcher_apply would take the patch in [bytes]: all its checks, and no change. */
WISP_API wisp_status wisp_patcher_check(wisp_patcher *patcher, wisp_bytes bytes, wisp_error *err);

/* Gives all functions their own code back, byte by byte as it was. Fine if nothing is applied.
 * WISP_IO where the system refuses to write, which wisp_patcher_new had tried: the functions run
 * their originals all the same, at the cost of a jump. */
WISP_API wisp_status wisp_patcher_remove(wisp_patcher *patcher, wisp_error *err);

/*
 * Frees what was applied before and no thread is inside of any more, which wisp_patcher_apply
 * does as well. Returns how many patches are left that threads are inside of. Never waits for
 * them.
 */
WISP_API uint32_t wisp_patcher_reclaim(wisp_patcher *patcher);

/* Of a function that is patched, since the patch was applied. */
typedef struct wisp_patch_stats {
    const char *function; /* borrowed while its patch is applied */
    uint64_t calls;       /* of the patch */
    uint64_t faults;      /* after which the original ran */
    uint64_t skipped;     /* calls that the original had at once: too many threads, or from inside
                           * of Wisp */
    bool is_disabled;
} wisp_patch_stats;

/* Of the [index]-th function of what is applied; false if it has not so many. */
WISP_API bool wisp_patcher_stats(wisp_patcher *patcher, uint32_t index, wisp_patch_stats *out);

/* Hexadecimal digits of a build-id of 64 bytes at the most, and a NUL. */
#define WISP_BUILD_ID_TEXT_SIZE 129

/* The build-id of the program itself, in hexadecimal digits; "" and false where it was linked
 * without one (-Wl,--build-id). Any thread. */
WISP_API bool wisp_program_build_id(char text[WISP_BUILD_ID_TEXT_SIZE]);

/* How text is written here, which never is BEST. */
WISP_API wisp_patch_write wisp_patcher_write(const wisp_patcher *patcher);

#ifdef __cplusplus
}
#endif

#endif
