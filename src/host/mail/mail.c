#include "host/mail/mail.h"

#include <string.h>
#include <time.h>

#include "base/error.h"
#include "base/memory.h"

enum {
    ROOM_SIZE = 64,  /* of envelopes that are kept: what most events carry */
    SPARE_MAX = 1024 /* that are kept */
};

static bool init_condition(pthread_cond_t *condition)
{
    pthread_condattr_t by;
    if (pthread_condattr_init(&by) != 0)
        return false;
    bool is_made = pthread_condattr_setclock(&by, CLOCK_MONOTONIC) == 0 &&
                   pthread_cond_init(condition, &by) == 0;
    pthread_condattr_destroy(&by);
    return is_made;
}

bool wisp_mail_init(wisp_mail *mail, const wisp_allocator *allocator, uint32_t len_max,
                    uint64_t size_max)
{
    *mail = (wisp_mail){.allocator = allocator,
                        .len_max = len_max,
                        .size_max = size_max,
                        .owner = pthread_self()};
    if (pthread_mutex_init(&mail->lock, NULL) != 0)
        return false;
    if (init_condition(&mail->filled))
        return true;
    pthread_mutex_destroy(&mail->lock);
    return false;
}

static void free_envelope(const wisp_mail *mail, wisp_envelope *envelope)
{
    wisp_free(mail->allocator, envelope, sizeof *envelope + envelope->room_size);
}

void wisp_mail_deinit(wisp_mail *mail)
{
    for (wisp_envelope *spare; (spare = mail->spare);) {
        mail->spare = spare->next;
        free_envelope(mail, spare);
    }
    if (mail->has_wake)
        wisp_wake_close(&mail->wake);
    pthread_cond_destroy(&mail->filled);
    pthread_mutex_destroy(&mail->lock);
}

/* ------------------------------------------------------------------ envelopes */

static wisp_envelope *take_spare(wisp_mail *mail)
{
    wisp_envelope *envelope = mail->spare;
    mail->spare = envelope->next;
    mail->spare_len--;
    memset(envelope, 0, sizeof *envelope);
    envelope->room_size = ROOM_SIZE;
    return envelope;
}

wisp_envelope *wisp_mail_new(wisp_mail *mail, size_t size)
{
    size_t room_size = size > ROOM_SIZE ? size : ROOM_SIZE;
    wisp_envelope *envelope = NULL;
    if (room_size == ROOM_SIZE && mail->spare)
        envelope = take_spare(mail);
    else if (room_size <= SIZE_MAX - sizeof *envelope)
        envelope = wisp_alloc(mail->allocator, 1, sizeof *envelope + room_size);
    if (!envelope)
        return NULL;
    envelope->room_size = room_size;
    return envelope;
}

wisp_envelope *wisp_mail_make(wisp_mail *mail, size_t size)
{
    wisp_mail_lock(mail);
    wisp_envelope *envelope = wisp_mail_new(mail, size);
    wisp_mail_unlock(mail);
    return envelope;
}

static void keep_or_free(wisp_mail *mail, wisp_envelope *envelope)
{
    if (envelope->room_size > ROOM_SIZE || mail->spare_len == SPARE_MAX) {
        free_envelope(mail, envelope);
        return;
    }
    envelope->next = mail->spare;
    mail->spare = envelope;
    mail->spare_len++;
}

void wisp_mail_recycle(wisp_mail *mail, wisp_envelope *envelope)
{
    if (!envelope)
        return;
    wisp_mail_lock(mail);
    keep_or_free(mail, envelope);
    wisp_mail_unlock(mail);
}

/* ------------------------------------------------------------------ what may wait */

wisp_status wisp_mail_check(const wisp_mail *mail, size_t size, wisp_error *err)
{
    if (mail->len >= mail->len_max)
        return wisp_fail(err, WISP_LIMIT, "%u events wait in the host already", mail->len);
    if (size > mail->size_max - mail->size)
        return wisp_fail(
            err, WISP_LIMIT, "the event is of %zu bytes, %llu of the %llu of the host are taken",
            size, (unsigned long long)mail->size, (unsigned long long)mail->size_max);
    return WISP_OK;
}

wisp_status wisp_mailbox_check(const wisp_mailbox *box, size_t size, const char *what,
                               wisp_error *err)
{
    if (size > box->size_max)
        return wisp_fail(err, WISP_LIMIT, "the %s is of %zu bytes, guest '%s' takes up to %zu",
                         what, size, box->name, box->size_max);
    if (box->len >= box->len_max)
        return wisp_fail(err, WISP_LIMIT, "%u %ss wait for guest '%s' already", box->len, what,
                         box->name);
    return WISP_OK;
}

void wisp_mail_count(wisp_mail *mail, wisp_mailbox *box, wisp_envelope *envelope)
{
    if (envelope->is_counted) {
        mail->len++;
        mail->size += wisp_envelope_load(envelope);
    }
    if (box && ++box->len > box->peak)
        box->peak = box->len;
}

void wisp_mail_uncount(wisp_mail *mail, wisp_mailbox *box, wisp_envelope *envelope)
{
    if (envelope->is_counted) {
        mail->len--;
        mail->size -= wisp_envelope_load(envelope);
        envelope->is_counted = false;
    }
    if (box)
        box->len--;
}

/* ------------------------------------------------------------------ the queue */

/* Under the lock. */
static void wake(wisp_mail *mail)
{
    pthread_cond_signal(&mail->filled);
    if (!mail->has_wake || mail->is_signalled)
        return;
    wisp_wake_signal(&mail->wake);
    mail->is_signalled = true;
}

bool wisp_mail_put(wisp_mail *mail, wisp_envelopes *list)
{
    wisp_mail_lock(mail);
    bool must_wake = !mail->queue.first && !pthread_equal(mail->owner, pthread_self());
    wisp_envelopes_append(&mail->queue, list);
    if (must_wake)
        wake(mail);
    wisp_mail_unlock(mail);
    return must_wake;
}

void wisp_mail_put_first(wisp_mail *mail, wisp_envelopes *list)
{
    wisp_mail_lock(mail);
    wisp_envelopes_append(list, &mail->queue);
    mail->queue = *list;
    *list = (wisp_envelopes){0};
    wisp_mail_unlock(mail);
}

wisp_envelopes wisp_mail_take(wisp_mail *mail)
{
    wisp_mail_lock(mail);
    wisp_envelopes all = mail->queue;
    mail->queue = (wisp_envelopes){0};
    mail->owner = pthread_self();
    if (mail->is_signalled)
        wisp_wake_clear(&mail->wake);
    mail->is_signalled = false;
    wisp_mail_unlock(mail);
    return all;
}

bool wisp_mail_is_empty(wisp_mail *mail)
{
    wisp_mail_lock(mail);
    bool is_empty = !mail->queue.first;
    wisp_mail_unlock(mail);
    return is_empty;
}

int wisp_mail_wake_fd(wisp_mail *mail)
{
    wisp_mail_lock(mail);
    if (!mail->has_wake) {
        mail->has_wake = wisp_wake_open(&mail->wake);
        if (mail->queue.first) /* which may have been posted by another thread */
            wake(mail);
    }
    int fd = mail->has_wake ? mail->wake.fd : -1;
    wisp_mail_unlock(mail);
    return fd;
}
