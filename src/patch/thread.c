#define _GNU_SOURCE /* pthread_getattr_np */

#include "patch/thread.h"

#include <errno.h>
#include <pthread.h>

#include "base/memory.h"

enum { ACTIVATIONS_FIRST = 16 };

_Thread_local wisp_patch_thread *wisp_patch_thread_own;

/* The calling thread, as far as it has no record. */
static _Thread_local enum {
    UNKNOWN,
    STARTING,
    ENDED
} state __attribute__((tls_model("initial-exec")));

/* Of the process. */
static struct {
    wisp_patch_thread *_Atomic records; /* newest first; none ever leaves */
    const wisp_os_self *system;
    wisp_patch_thread_hooks hooks;
    pthread_key_t key; /* to be told of a thread's end */
} all;

wisp_patch_epochs wisp_patch_epoch;

/* ------------------------------------------------------------------ ends of threads */

static void give_up(wisp_patch_thread *thread)
{
    atomic_store_explicit(&thread->epoch, 0, memory_order_release);
    thread->depth = 0;
    thread->is_inside = false;
    all.hooks.on_end(thread);
    thread->user = NULL;
    atomic_store_explicit(&thread->is_taken, false, memory_order_release);
}

/* Of the thread's own keys; those of others may still call patched functions, and get originals.
 */
static void end(void *record)
{
    state = ENDED;
    wisp_patch_thread_own = NULL;
    give_up(record);
}

/* fork has taken along this thread alone. */
static void begin_child(void)
{
    for (wisp_patch_thread *at = atomic_load(&all.records); at; at = at->next)
        if (at != wisp_patch_thread_own && atomic_load(&at->is_taken))
            give_up(at);
}

wisp_status wisp_patch_threads_open(const wisp_os_self *system,
                                    const wisp_patch_thread_hooks *hooks, wisp_error *err)
{
    bool is_first = atomic_load(&wisp_patch_epoch.now) == 0;
    all.system = system;
    if (is_first)
        all.hooks = *hooks;
    if (is_first && pthread_key_create(&all.key, end) != 0)
        return wisp_fail(err, WISP_NO_MEMORY, "no key for data of threads is left");
    if (is_first && pthread_atfork(NULL, NULL, begin_child) != 0) {
        pthread_key_delete(all.key);
        return wisp_fail_memory(err, 0);
    }
    atomic_store(&wisp_patch_epoch.needs_fence,
                 system->barrier(system->user, WISP_BARRIER_MEMORY) < 0);
    if (is_first)
        atomic_store(&wisp_patch_epoch.now, 1);
    return WISP_OK;
}

/* ------------------------------------------------------------------ records */

static void find_stack(wisp_patch_thread *thread)
{
    pthread_attr_t attributes;
    void *low;
    size_t size;
    thread->stack_low = thread->stack_high = 0; /* where it cannot be told, nothing is on it */
    if (pthread_getattr_np(pthread_self(), &attributes) != 0)
        return;
    if (pthread_attr_getstack(&attributes, &low, &size) == 0) {
        thread->stack_low = (uintptr_t)low;
        thread->stack_high = (uintptr_t)low + size;
    }
    pthread_attr_destroy(&attributes);
}

static wisp_patch_thread *take_used(void)
{
    for (wisp_patch_thread *at = atomic_load(&all.records); at; at = at->next) {
        bool is_taken = false;
        if (atomic_compare_exchange_strong(&at->is_taken, &is_taken, true))
            return at;
    }
    return NULL;
}

static wisp_patch_thread *take_new(void)
{
    wisp_patch_thread *added = wisp_alloc(&wisp_allocator_default, 1, sizeof *added);
    if (!added)
        return NULL;
    atomic_init(&added->is_taken, true);
    added->next = atomic_load(&all.records);
    while (!atomic_compare_exchange_weak(&all.records, &added->next, added))
        ;
    return added;
}

/* Room for one activation more. */
static bool reserve(wisp_patch_thread *thread)
{
    size_t room = thread->room;
    if (thread->depth < thread->room)
        return true;
    if (thread->depth == WISP_PATCH_ACTIVATIONS_MAX)
        return false;
    int error = errno;
    bool is_grown =
        wisp_array_reserve(&wisp_allocator_default, &thread->activations, &room,
                           room == 0 ? ACTIVATIONS_FIRST : room + 1, sizeof *thread->activations);
    errno = error;
    thread->room = (uint32_t)room;
    return is_grown;
}

static wisp_patch_thread *start(void)
{
    wisp_patch_thread *thread = take_used();
    if (!thread)
        thread = take_new();
    if (!thread)
        return NULL;
    if (!reserve(thread) || pthread_setspecific(all.key, thread) != 0) {
        atomic_store(&thread->is_taken, false);
        return NULL;
    }
    find_stack(thread);
    return thread;
}

wisp_patch_thread *wisp_patch_thread_start(void)
{
    if (state != UNKNOWN)
        return NULL;
    int error = errno;
    state = STARTING; /* what it calls may be patched */
    wisp_patch_thread_own = start();
    state = UNKNOWN;
    errno = error;
    return wisp_patch_thread_own;
}

/* ------------------------------------------------------------------ activations */

/* Drops from the innermost on what has ended, or has frames below [sp], where now others are. */
void wisp_patch_thread_settle(wisp_patch_thread *thread, uintptr_t sp)
{
    bool can_compare = wisp_patch_is_on_stack(thread, sp);
    while (thread->depth > 0) {
        const wisp_patch_activation *last = &thread->activations[thread->depth - 1];
        if (last->sp != 0 && (!can_compare || !last->is_on_stack || last->sp > sp))
            return;
        thread->depth--;
        if (last->sp != 0)
            all.hooks.on_drop(thread, last);
    }
}

int32_t wisp_patch_thread_enter_within(wisp_patch_thread *thread, uintptr_t sp)
{
    wisp_patch_thread_settle(thread, sp);
    if (!reserve(thread))
        return -1;
    if (thread->depth == 0)
        wisp_patch_thread_announce(thread);
    thread->activations[thread->depth] =
        (wisp_patch_activation){.sp = sp, .is_on_stack = wisp_patch_is_on_stack(thread, sp)};
    return (int32_t)thread->depth++;
}

void wisp_patch_thread_exit_within(wisp_patch_thread *thread, int32_t number)
{
    wisp_patch_activation *ended = &thread->activations[number];
    uintptr_t sp = ended->sp;
    ended->sp = 0;
    wisp_patch_thread_settle(thread, sp - 1);
    if (thread->depth == 0)
        atomic_store_explicit(&thread->epoch, 0, memory_order_release);
}

/* ------------------------------------------------------------------ epochs */

uint64_t wisp_patch_epoch_advance(void)
{
    const wisp_os_self *system = all.system;
    if (system->barrier(system->user, WISP_BARRIER_MEMORY) < 0 &&
        !atomic_exchange(&wisp_patch_epoch.needs_fence, true))
        return WISP_PATCH_EPOCH_NEVER;
    if (atomic_load(&wisp_patch_epoch.needs_fence))
        atomic_thread_fence(memory_order_seq_cst);
    return atomic_fetch_add(&wisp_patch_epoch.now, 1) + 1;
}

bool wisp_patch_epoch_is_over(uint64_t epoch)
{
    for (wisp_patch_thread *at = atomic_load(&all.records); at; at = at->next) {
        uint64_t entered = atomic_load_explicit(&at->epoch, memory_order_acquire);
        if (entered != 0 && entered < epoch)
            return false;
    }
    return epoch != WISP_PATCH_EPOCH_NEVER;
}
