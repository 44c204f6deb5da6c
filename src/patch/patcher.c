#include "patch/patcher.h"

#include <pthread.h>

#include "base/error.h"
#include "patch/dispatch.h"
#include "patch/guard.h"

enum {
    DEFAULT_FUEL = 10000000,
    DEFAULT_STACK_SIZE = 128 * 1024,
    DEFAULT_THREADS_MAX = 64,
    DEFAULT_FAULTS_MAX = 3
};

struct wisp_patcher {
    wisp_patcher_config config; /* with the defaults filled in */
    wisp_patch_text text;
    wisp_patch_set *aside; /* sets that were replaced, newest first */
};

const char *wisp_patch_grant_name(wisp_patch_grant grant)
{
    static const char *const names[] = {
#define X(name, text) text,
        WISP_PATCH_GRANTS(X)
#undef X
    };
    return grant < sizeof names / sizeof *names ? names[grant] : "?";
}

/* ------------------------------------------------------------------ one at a time */

/* Of the process, as its text is. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static wisp_patcher *the_patcher; /* NULL: there is none */
static atomic_bool has_disabled;  /* functions that have not got their own code back */

static void detach_disabled(void)
{
    wisp_patch_set *set = atomic_load_explicit(&wisp_patch_current, memory_order_relaxed);
    for (uint32_t i = 0; set && i < set->manifest.function_count; i++)
        if (atomic_load_explicit(&set->replaced[i].is_disabled, memory_order_relaxed))
            wisp_patch_slot_detach(&the_patcher->text, set->replaced[i].slot, NULL);
}

/* Whoever disables a function meanwhile does not wait, so it is looked after once more. */
static void unlock(void)
{
    do {
        if (atomic_exchange(&has_disabled, false))
            detach_disabled();
        pthread_mutex_unlock(&lock);
    } while (atomic_load(&has_disabled) && pthread_mutex_trylock(&lock) == 0);
}

void wisp_patch_disable(wisp_patch_replaced *replaced)
{
    if (atomic_exchange(&replaced->is_disabled, true))
        return;
    atomic_store(&has_disabled, true);
    if (pthread_mutex_trylock(&lock) == 0)
        unlock();
}

/*
 * Around what an interface function does: one at a time, and as a part of Wisp, for which
 * functions that are patched (malloc, say) run their originals. Returns whether the thread had
 * been that already.
 */
static bool enter(void)
{
    wisp_patch_thread *thread = wisp_patch_thread_get();
    bool was_inside = thread && thread->is_inside;
    if (thread)
        thread->is_inside = true;
    pthread_mutex_lock(&lock);
    return was_inside;
}

static void leave(bool was_inside)
{
    unlock();
    if (wisp_patch_thread_own)
        wisp_patch_thread_own->is_inside = was_inside;
}

/* ------------------------------------------------------------------ fork */

static void before_fork(void)
{
    pthread_mutex_lock(&lock);
}

static void after_fork(void)
{
    pthread_mutex_unlock(&lock);
}

static wisp_status watch_forks(wisp_error *err)
{
    static bool is_done;
    if (!is_done && pthread_atfork(before_fork, after_fork, after_fork) != 0)
        return wisp_fail_memory(err, 0);
    is_done = true;
    return WISP_OK;
}

/* ------------------------------------------------------------------ sets that were replaced */

static void put_aside(wisp_patcher *patcher, wisp_patch_set *set)
{
    if (!set)
        return;
    set->epoch = wisp_patch_epoch_advance();
    set->next = patcher->aside;
    patcher->aside = set;
}

static uint32_t reclaim(wisp_patcher *patcher)
{
    uint32_t left = 0;
    wisp_patch_set **at = &patcher->aside;
    while (*at) {
        wisp_patch_set *set = *at;
        if (wisp_patch_epoch_is_over(set->epoch)) {
            *at = set->next;
            wisp_patch_set_free(set);
        } else {
            at = &set->next;
            left++;
        }
    }
    return left;
}

/* ------------------------------------------------------------------ attaching and detaching */

static bool replaces(const wisp_patch_set *set, const wisp_patch_slot *slot)
{
    return set && slot->index < set->slot_count && set->by_slot[slot->index];
}

/* Detaches the first [count] functions of [set] that [other] does not replace. */
static wisp_status detach(const wisp_patcher *patcher, const wisp_patch_set *set, uint32_t count,
                          const wisp_patch_set *other, wisp_error *err)
{
    wisp_status status = WISP_OK;
    for (uint32_t i = 0; i < count; i++) {
        if (replaces(other, set->replaced[i].slot))
            continue;
        wisp_status one =
            wisp_patch_slot_detach(&patcher->text, set->replaced[i].slot, status ? NULL : err);
        status = status ? status : one;
    }
    return status;
}

/* Diverts all functions of [set] to the dispatcher, which runs [current] as yet. */
static wisp_status attach(const wisp_patcher *patcher, const wisp_patch_set *set,
                          const wisp_patch_set *current, wisp_error *err)
{
    for (uint32_t i = 0; i < set->manifest.function_count; i++) {
        wisp_patch_slot *slot = set->replaced[i].slot;
        slot->detour.dispatch = wisp_patch_dispatch;
        wisp_status status = wisp_patch_slot_attach(&patcher->text, slot, err);
        if (status) {
            detach(patcher, set, i, current, NULL);
            return wisp_fail_within(err, status, set->replaced[i].function->symbol);
        }
    }
    return WISP_OK;
}

/* Makes [set], or none, the current one. From here on calls run it, in all functions at once. */
static wisp_status switch_to(wisp_patcher *patcher, wisp_patch_set *set, wisp_error *err)
{
    wisp_patch_set *former = atomic_exchange(&wisp_patch_current, set);
    wisp_status status =
        former ? detach(patcher, former, former->manifest.function_count, set, err) : WISP_OK;
    wisp_patch_text_settle(&patcher->text);
    put_aside(patcher, former);
    return status;
}

static wisp_status apply(wisp_patcher *patcher, wisp_bytes bytes, wisp_error *err)
{
    wisp_patch_set *set;
    wisp_status status = wisp_guard_install(err);
    if (!status)
        status = wisp_patch_set_make(&patcher->config, &patcher->text, bytes, &set, err);
    if (status)
        return status;
    status = attach(patcher, set, atomic_load(&wisp_patch_current), err);
    if (status)
        wisp_patch_set_free(set);
    else
        switch_to(patcher, set, NULL); /* what cannot be detached runs its original */
    return status;
}

/* ------------------------------------------------------------------ the interface */

static wisp_patcher_config filled(const wisp_patcher_config *config)
{
    static const wisp_patcher_config defaults = {.grant_max = WISP_PATCH_GRANT_ARGUMENTS};
    wisp_patcher_config full = config ? *config : defaults;
    full.allocator = wisp_allocator_or_default(full.allocator);
    full.fuel = full.fuel ? full.fuel : DEFAULT_FUEL;
    full.stack_size = full.stack_size ? full.stack_size : DEFAULT_STACK_SIZE;
    full.threads_max = full.threads_max ? full.threads_max : DEFAULT_THREADS_MAX;
    full.faults_max = full.faults_max ? full.faults_max : DEFAULT_FAULTS_MAX;
    if (full.threads_max > WISP_PATCH_PLACES_MAX)
        full.threads_max = WISP_PATCH_PLACES_MAX;
    return full;
}

static wisp_status open(wisp_patcher *patcher, wisp_error *err)
{
    static const wisp_patch_thread_hooks hooks = {wisp_patch_on_drop, wisp_patch_place_return};
    const wisp_os_self *system = wisp_os_self_linux();
    wisp_status status = wisp_patch_text_open(system, patcher->config.write, &patcher->text, err);
    if (!status)
        status = wisp_patch_threads_open(system, &hooks, err);
    if (!status)
        status = watch_forks(err);
    return status ? status : wisp_guard_install(err);
}

static wisp_status make(const wisp_patcher_config *config, wisp_patcher **out, wisp_error *err)
{
    if (the_patcher)
        return wisp_fail(err, WISP_BUSY, "this process has a patcher already");
    wisp_patcher_config full = filled(config);
    wisp_patcher *patcher = wisp_alloc(full.allocator, 1, sizeof *patcher);
    if (!patcher)
        return wisp_fail_memory(err, sizeof *patcher);
    patcher->config = full;
    wisp_status status = open(patcher, err);
    if (status)
        wisp_free(full.allocator, patcher, sizeof *patcher);
    else
        *out = the_patcher = patcher;
    return status;
}

wisp_status wisp_patcher_new(const wisp_patcher_config *config, wisp_patcher **out,
                             wisp_error *err)
{
    pthread_mutex_lock(&lock);
    wisp_status status = make(config, out, err);
    pthread_mutex_unlock(&lock);
    return status;
}

wisp_status wisp_patcher_free(wisp_patcher *patcher)
{
    if (!patcher)
        return WISP_OK;
    bool was_inside = enter();
    switch_to(patcher, NULL, NULL);
    bool is_busy = reclaim(patcher) != 0;
    if (!is_busy) {
        wisp_guard_remove();
        the_patcher = NULL;
        wisp_free(patcher->config.allocator, patcher, sizeof *patcher);
    }
    leave(was_inside);
    return is_busy ? WISP_BUSY : WISP_OK;
}

wisp_status wisp_patcher_apply(wisp_patcher *patcher, wisp_bytes bytes, wisp_error *err)
{
    bool was_inside = enter();
    reclaim(patcher);
    wisp_status status = apply(patcher, bytes, err);
    reclaim(patcher);
    leave(was_inside);
    return status;
}

wisp_status wisp_patcher_check(wisp_patcher *patcher, wisp_bytes bytes, wisp_error *err)
{
    wisp_patch_set *set = NULL;
    bool was_inside = enter();
    wisp_status status = wisp_patch_set_make(&patcher->config, &patcher->text, bytes, &set, err);
    wisp_patch_set_free(set);
    leave(was_inside);
    return status;
}

wisp_status wisp_patcher_remove(wisp_patcher *patcher, wisp_error *err)
{
    bool was_inside = enter();
    wisp_status status = switch_to(patcher, NULL, err);
    reclaim(patcher);
    leave(was_inside);
    return status;
}

uint32_t wisp_patcher_reclaim(wisp_patcher *patcher)
{
    bool was_inside = enter();
    uint32_t left = reclaim(patcher);
    leave(was_inside);
    return left;
}

static uint64_t calls_of(const wisp_patch_set *set, uint32_t index)
{
    uint64_t calls = 0;
    for (uint32_t i = 0; i < set->seat_count; i++) {
        const wisp_patch_seat *seat = atomic_load_explicit(&set->seats[i], memory_order_acquire);
        if (seat)
            calls += atomic_load_explicit(&seat->inlets[index].calls, memory_order_relaxed);
    }
    return calls;
}

static wisp_patch_stats stats_of(const wisp_patch_set *set, const wisp_patch_replaced *r)
{
    uint64_t skipped = atomic_load_explicit(&r->slot->skipped, memory_order_relaxed);
    return (wisp_patch_stats){.function = r->function->symbol,
                              .calls = calls_of(set, r->index),
                              .faults = atomic_load_explicit(&r->faults, memory_order_relaxed),
                              .skipped = skipped - r->skipped_before,
                              .is_disabled = atomic_load(&r->is_disabled)};
}

bool wisp_patcher_stats(wisp_patcher *patcher, uint32_t index, wisp_patch_stats *out)
{
    (void)patcher; /* of which there is one */
    bool was_inside = enter();
    const wisp_patch_set *set = atomic_load(&wisp_patch_current);
    bool has_it = set && index < set->manifest.function_count;
    if (has_it)
        *out = stats_of(set, &set->replaced[index]);
    leave(was_inside);
    return has_it;
}

wisp_patch_write wisp_patcher_write(const wisp_patcher *patcher)
{
    return wisp_patch_text_first(&patcher->text);
}
