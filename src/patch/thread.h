#ifndef WISP_PATCH_THREAD_H
#define WISP_PATCH_THREAD_H

#include <stdatomic.h>

#include <wisp/base.h>

#include "base/error.h"
#include "os/self.h"

/*
 * The threads that run patches, what each of them is at, and when the last of them has left what
 * was replaced.
 *
 * A thread gets a record when it first calls a patched function. There it notes each call that is
 * under way (an activation), and the epoch in which the outermost of them began: a plain store,
 * nothing else, for the one who waits makes every thread's stores visible himself (membarrier).
 * So a call costs no atomic operation and shares no line of memory with other threads.
 *
 *     thread                                  who replaces a set
 *     wisp_patch_thread_enter                 current = new
 *     set = load(current)                     epoch = wisp_patch_epoch_advance(...)
 *     ... run it ...                          ... put the old one aside ...
 *     wisp_patch_thread_exit                  wisp_patch_epoch_is_over(epoch): free it
 *
 * A call that is left by longjmp, or by an exception that nobody lets pass, never exits. It is
 * dropped when the thread next enters or exits from further up its stack: activations are in the
 * record and not in frames that are gone, and each knows where its frame was. Frames of different
 * stacks (coroutines, handlers of signals) cannot be compared; those wait until they exit.
 *
 * Records are reused by later threads and never freed.
 *
 * errno is the program's: the function that a patch replaces may look at it, and so may its
 * caller. Whatever of Wisp could change it within a call keeps it.
 */

enum { WISP_PATCH_ACTIVATIONS_MAX = 1 << 16 /* of one thread at once */ };

/* A call of a patched function that is under way. */
typedef struct wisp_patch_activation {
    uintptr_t sp;     /* of the frame that called it, at least; 0: it has ended */
    bool is_on_stack; /* that frame is on the thread's own stack */
    void *run;        /* what it runs: the dispatcher's … */
    uint64_t mark;    /* … and how to go back to before it: the dispatcher's, too */
} wisp_patch_activation;

typedef struct wisp_patch_thread {
    _Atomic uint64_t epoch; /* of the outermost activation; 0 where there is none */
    bool is_inside; /* code of Wisp runs, whose calls of patched functions go to originals */
    uint32_t depth; /* activations */
    uint32_t room;
    wisp_patch_activation *activations; /* outermost first */
    void *user;                         /* the dispatcher's, NULL for a new thread */

    /* ---- the rest is thread.c's */
    uintptr_t stack_low, stack_high; /* of the thread's own stack */
    atomic_bool is_taken;            /* by a thread that lives */
    struct wisp_patch_thread *next;
} wisp_patch_thread;

/* What the dispatcher wants to be told. Set once, before the first thread comes. */
typedef struct wisp_patch_thread_hooks {
    /* [activation] of [thread], the calling one, was left without an exit: its frames are gone.
     * From the innermost out. */
    void (*on_drop)(wisp_patch_thread *thread, const wisp_patch_activation *activation);
    /* [thread] has ended, on itself, or was not taken along by fork, on the child's one thread:
     * give back [thread]->user. */
    void (*on_end)(wisp_patch_thread *thread);
} wisp_patch_thread_hooks;

/* Sets all up for this process; a later call changes the [system] alone. WISP_NO_MEMORY where
 * that has no key for data of threads left. */
wisp_status wisp_patch_threads_open(const wisp_os_self *system,
                                    const wisp_patch_thread_hooks *hooks, wisp_error *err);

/* Threads that have none: NULL. */
extern _Thread_local wisp_patch_thread *wisp_patch_thread_own
    __attribute__((visibility("hidden"), tls_model("initial-exec")));

/* Makes a record for the calling thread, which has none. */
wisp_patch_thread *wisp_patch_thread_start(void);

/* The record of the calling thread, which gets one if it has none; NULL if out of memory, or
 * while the thread starts or ends: the original is to run. */
static inline wisp_patch_thread *wisp_patch_thread_get(void)
{
    return wisp_patch_thread_own ? wisp_patch_thread_own : wisp_patch_thread_start();
}

/* Which epoch it is, from 1 on, and whether threads must make their stores visible themselves. */
typedef struct wisp_patch_epochs {
    _Atomic uint64_t now;
    atomic_bool needs_fence;
} wisp_patch_epochs;

extern wisp_patch_epochs wisp_patch_epoch __attribute__((visibility("hidden")));

/* From here on nothing is freed that is read afterwards. */
static inline void wisp_patch_thread_announce(wisp_patch_thread *thread)
{
    uint64_t now = atomic_load_explicit(&wisp_patch_epoch.now, memory_order_acquire);
    atomic_store_explicit(&thread->epoch, now, memory_order_release);
    if (__builtin_expect(
            atomic_load_explicit(&wisp_patch_epoch.needs_fence, memory_order_relaxed), 0))
        atomic_thread_fence(memory_order_seq_cst);
    else
        atomic_signal_fence(memory_order_seq_cst);
}

static inline bool wisp_patch_is_on_stack(const wisp_patch_thread *thread, uintptr_t sp)
{
    return sp >= thread->stack_low && sp < thread->stack_high;
}

/* wisp_patch_thread_enter and _exit where there are others. */
int32_t wisp_patch_thread_enter_within(wisp_patch_thread *thread, uintptr_t sp);
void wisp_patch_thread_exit_within(wisp_patch_thread *thread, int32_t number);

/*
 * Begins an activation whose caller's frame is at [sp], and drops those that were left without an
 * exit. What is loaded afterwards from a pointer that was replaced before an advance of the epoch
 * stays until the exit. Returns its number, or -1 where there are too many or no memory. What it
 * runs is the caller's to say, before it calls anything that may enter.
 */
static inline int32_t wisp_patch_thread_enter(wisp_patch_thread *thread, uintptr_t sp)
{
    if (__builtin_expect(thread->depth != 0, 0))
        return wisp_patch_thread_enter_within(thread, sp);
    wisp_patch_thread_announce(thread);
    thread->activations[0].sp = sp;
    thread->activations[0].is_on_stack = wisp_patch_is_on_stack(thread, sp);
    thread->depth = 1;
    return 0;
}

/* Ends activation [number], and all that it called. */
static inline void wisp_patch_thread_exit(wisp_patch_thread *thread, int32_t number)
{
    if (__builtin_expect(thread->depth != 1 || number != 0, 0)) {
        wisp_patch_thread_exit_within(thread, number);
        return;
    }
    thread->depth = 0;
    atomic_store_explicit(&thread->epoch, 0, memory_order_release);
}

/* Drops the activations of [thread] whose frames were below [sp], where the thread is now. */
void wisp_patch_thread_settle(wisp_patch_thread *thread, uintptr_t sp);

#define WISP_PATCH_EPOCH_NEVER UINT64_MAX

/* Says that something was replaced, before. Returns the epoch for wisp_patch_epoch_is_over, or
 * WISP_PATCH_EPOCH_NEVER where the system has begun to refuse its help. */
uint64_t wisp_patch_epoch_advance(void);

/* Whether no thread is inside that entered before [epoch]: what was replaced then can be freed.
 * Never waits. */
bool wisp_patch_epoch_is_over(uint64_t epoch);

#endif
