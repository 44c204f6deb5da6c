#define _GNU_SOURCE /* SA_SIGINFO beside SA_ONSTACK, siginfo_t */

#include "patch/guard.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>

#include "base/error.h"

/* access_*.S */
extern const char wisp_access_start[], wisp_access_end[], wisp_access_failed[];

enum { FORMER_MAX = 8 };

/*
 * Whom a signal goes on to. A program that sets a handler over the guard's, which then comes
 * before it again, is [former] at the next place; it may hand on to the guard, which hands on to
 * the place before then.
 */
typedef struct chain {
    int signal;
    struct sigaction former[FORMER_MAX];
    atomic_uint len;
} chain;

static chain chains[] = {{.signal = SIGSEGV}, {.signal = SIGBUS}};
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

enum { CHAINS = sizeof chains / sizeof *chains };

/* ------------------------------------------------------------------ handing on */

/* What this thread is handing on: the signal's context, the frame that does so and how far it has
 * come. A handler that leaves by longjmp leaves it as it is; a later fault has another frame or
 * the same, but none below it. */
static _Thread_local struct {
    const void *context;
    uintptr_t frame;
    unsigned depth;
} passing __attribute__((tls_model("initial-exec")));

/* How manieth time the signal of [context] comes by, counted from 0. */
static unsigned depth_of(const void *context, uintptr_t frame)
{
    bool is_nested = passing.context == context && frame < passing.frame;
    passing.depth = is_nested ? passing.depth + 1 : 0;
    passing.context = context;
    passing.frame = frame;
    return passing.depth;
}

/* As if there were no handler. A fault happens again when the handler returns; a signal that
 * somebody sent must be sent again. */
static void die(int signal, const siginfo_t *info)
{
    struct sigaction none = {.sa_handler = SIG_DFL};
    sigaction(signal, &none, NULL);
    if (info->si_code <= 0)
        raise(signal);
}

static void hand_on(chain *c, siginfo_t *info, void *context)
{
    unsigned len = atomic_load_explicit(&c->len, memory_order_acquire);
    unsigned depth = depth_of(context, (uintptr_t)__builtin_frame_address(0));
    struct sigaction *next = depth < len ? &c->former[len - 1 - depth] : NULL;
    struct sigaction to = next ? *next : (struct sigaction){.sa_handler = SIG_DFL};
    if (next && (to.sa_flags & SA_RESETHAND))
        next->sa_handler = SIG_DFL;
    if (to.sa_handler == SIG_DFL || (to.sa_handler == SIG_IGN && info->si_code > 0))
        die(c->signal, info);
    else if (to.sa_handler != SIG_IGN && (to.sa_flags & SA_SIGINFO))
        to.sa_sigaction(c->signal, info, context);
    else if (to.sa_handler != SIG_IGN)
        to.sa_handler(c->signal);
}

/* ------------------------------------------------------------------ the handler */

static bool is_access(const siginfo_t *info, const void *context)
{
    uintptr_t place = wisp_guard_place(context);
    return info->si_code > 0 && place >= (uintptr_t)wisp_access_start &&
           place < (uintptr_t)wisp_access_end;
}

static void on_signal(int signal, siginfo_t *info, void *context)
{
    int error = errno;
    if (is_access(info, context))
        wisp_guard_set_place(context, (uintptr_t)wisp_access_failed);
    else
        hand_on(&chains[signal == SIGBUS], info, context);
    errno = error;
}

/* ------------------------------------------------------------------ installing */

static bool is_same(const struct sigaction *a, const struct sigaction *b)
{
    return a->sa_handler == b->sa_handler; /* in one place with sa_sigaction */
}

static bool is_ours(const struct sigaction *action)
{
    return (action->sa_flags & SA_SIGINFO) && action->sa_sigaction == on_signal;
}

/* Makes [former] the one that [c] hands on to first. What came after it has gone again. */
static bool remember(chain *c, const struct sigaction *former)
{
    unsigned len = atomic_load_explicit(&c->len, memory_order_relaxed), at = 0;
    while (at < len && !is_same(&c->former[at], former))
        at++;
    if (at == FORMER_MAX)
        return false;
    c->former[at] = *former;
    atomic_store_explicit(&c->len, at + 1, memory_order_release);
    return true;
}

/* The guard's own, in the place of [former]: under the conditions that this one asked for. The
 * default action asks for none, and may have to do with a stack that has no room. */
static struct sigaction action_before(const struct sigaction *former)
{
    const int kept = SA_NODEFER | SA_ONSTACK | SA_RESTART;
    struct sigaction own = {.sa_sigaction = on_signal, .sa_mask = former->sa_mask};
    own.sa_flags = (former->sa_flags & kept) | SA_SIGINFO;
    if (former->sa_handler == SIG_DFL || former->sa_handler == SIG_IGN)
        own.sa_flags |= SA_ONSTACK;
    return own;
}

static wisp_status install(chain *c, wisp_error *err)
{
    struct sigaction former;
    if (sigaction(c->signal, NULL, &former) != 0)
        return wisp_fail(err, WISP_IO, "the handler of signal %d: %s", c->signal,
                         strerror(errno));
    if (is_ours(&former))
        return WISP_OK;
    if (!remember(c, &former))
        return wisp_fail(err, WISP_LIMIT,
                         "the program has set its %u-th handler of signal %d, expected %u",
                         FORMER_MAX + 1u, c->signal, (unsigned)FORMER_MAX);
    struct sigaction own = action_before(&former);
    if (sigaction(c->signal, &own, NULL) != 0)
        return wisp_fail(err, WISP_IO, "a handler of signal %d: %s", c->signal, strerror(errno));
    return WISP_OK;
}

wisp_status wisp_guard_install(wisp_error *err)
{
    wisp_status status = WISP_OK;
    pthread_mutex_lock(&lock);
    for (size_t i = 0; i < CHAINS && !status; i++)
        status = install(&chains[i], err);
    pthread_mutex_unlock(&lock);
    return status;
}

static void uninstall(chain *c)
{
    struct sigaction now;
    unsigned len = atomic_load_explicit(&c->len, memory_order_relaxed);
    if (len == 0 || sigaction(c->signal, NULL, &now) != 0 || !is_ours(&now))
        return;
    sigaction(c->signal, &c->former[len - 1], NULL);
}

void wisp_guard_remove(void)
{
    pthread_mutex_lock(&lock);
    for (size_t i = 0; i < CHAINS; i++)
        uninstall(&chains[i]);
    pthread_mutex_unlock(&lock);
}

bool wisp_guard_covers_thread(void)
{
    sigset_t blocked;
    return pthread_sigmask(SIG_BLOCK, NULL, &blocked) == 0 && !sigismember(&blocked, SIGSEGV) &&
           !sigismember(&blocked, SIGBUS);
}
