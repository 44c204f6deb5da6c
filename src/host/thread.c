#include <time.h>

#include "base/error.h"
#include "host/guest.h"

/* A loop for programs that have none: it sleeps on the mail of the host. */

enum { NS_PER_S = 1000000000 };

/* ------------------------------------------------------------------ waiting */

/* When to wake by the system's own clock, which need not be that of the host. */
static struct timespec time_in(uint64_t ns)
{
    const wisp_os *os = wisp_os_posix();
    uint64_t now_ns = os->monotonic_ns(os->user);
    uint64_t at_ns = now_ns > UINT64_MAX - ns ? UINT64_MAX : now_ns + ns;
    return (struct timespec){.tv_sec = (time_t)(at_ns / NS_PER_S),
                             .tv_nsec = (long)(at_ns % NS_PER_S)};
}

/* Under the lock: nothing is to be done before an alarm is due. */
static bool may_sleep(const wisp_host *host)
{
    return !host->thread.is_closing && !host->thread.first && !host->mail.queue.first &&
           !host->ripe.first;
}

static void sleep_until_due(wisp_host *host)
{
    wisp_mail *mail = &host->mail;
    uint64_t due_ns = wisp_alarms_next_ns(&host->alarms), now_ns = wisp_host_now_ns(host);
    struct timespec until = time_in(due_ns > now_ns ? due_ns - now_ns : 0);
    wisp_mail_lock(mail);
    if (due_ns == UINT64_MAX) {
        while (may_sleep(host))
            pthread_cond_wait(&mail->filled, &mail->lock);
    } else {
        while (may_sleep(host) && pthread_cond_timedwait(&mail->filled, &mail->lock, &until) == 0)
            ;
    }
    wisp_mail_unlock(mail);
}

/* ------------------------------------------------------------------ the thread */

static wisp_thread_call *take_call(wisp_host *host, bool *is_closing)
{
    wisp_thread *thread = &host->thread;
    wisp_mail_lock(&host->mail);
    wisp_thread_call *call = thread->first;
    if (call)
        thread->first = call->next;
    *is_closing = thread->is_closing;
    wisp_mail_unlock(&host->mail);
    return call;
}

/* The caller, and [call] with it, may be gone as soon as it is told. */
static void finish_call(wisp_host *host, wisp_thread_call *call)
{
    wisp_mail_lock(&host->mail);
    call->is_done = true;
    pthread_cond_broadcast(&host->thread.done);
    wisp_mail_unlock(&host->mail);
}

static void *run(void *context)
{
    wisp_host *host = context;
    bool is_closing = false;
    while (!is_closing) {
        for (wisp_thread_call *call; (call = take_call(host, &is_closing));) {
            call->fn(call->user);
            finish_call(host, call);
        }
        wisp_host_step(host, wisp_host_now_ns(host));
        sleep_until_due(host);
    }
    return NULL;
}

wisp_status wisp_host_thread_start(wisp_host *host, wisp_error *err)
{
    wisp_thread *thread = &host->thread;
    if (thread->is_running)
        return wisp_fail(err, WISP_INVALID, "the host has a thread already");
    *thread = (wisp_thread){.is_running = true};
    if (pthread_cond_init(&thread->done, NULL) != 0)
        return wisp_fail(err, WISP_IO, "the system gives no condition");
    if (pthread_create(&thread->id, NULL, run, host) != 0) {
        pthread_cond_destroy(&thread->done);
        thread->is_running = false;
        return wisp_fail(err, WISP_IO, "the system gives no thread");
    }
    return WISP_OK;
}

void wisp_host_thread_stop(wisp_host *host)
{
    wisp_thread *thread = &host->thread;
    if (!thread->is_running)
        return;
    wisp_mail_lock(&host->mail);
    thread->is_closing = true;
    pthread_cond_signal(&host->mail.filled);
    wisp_mail_unlock(&host->mail);
    pthread_join(thread->id, NULL);
    pthread_cond_destroy(&thread->done);
    *thread = (wisp_thread){0};
}

void wisp_host_call(wisp_host *host, void (*fn)(void *user), void *user)
{
    wisp_thread *thread = &host->thread;
    wisp_thread_call call = {.fn = fn, .user = user};
    wisp_mail_lock(&host->mail);
    if (!thread->is_running || pthread_equal(thread->id, pthread_self())) {
        wisp_mail_unlock(&host->mail);
        fn(user);
        return;
    }
    *(thread->first ? &thread->last->next : &thread->first) = &call;
    thread->last = &call;
    pthread_cond_signal(&host->mail.filled);
    while (!call.is_done)
        pthread_cond_wait(&thread->done, &host->mail.lock);
    wisp_mail_unlock(&host->mail);
}
