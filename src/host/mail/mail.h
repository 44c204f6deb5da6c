#ifndef WISP_HOST_MAIL_H
#define WISP_HOST_MAIL_H

#include <pthread.h>

#include "host/mail/envelope.h"
#include "os/wake.h"

/*
 * The one queue of a host, in the order of posting, and what may wait in it.
 *
 * It is all that other threads may touch, under one lock: whoever posts is told at once whether
 * that is taken, so that the counts that decide on it must be right on every thread. A list
 * without a lock would not do, and the lock is free nearly always: the host takes all that
 * waits at once.
 *
 * Envelopes of little data are kept for the next ones when they are done with.
 */
typedef struct wisp_mail {
    const wisp_allocator *allocator;
    pthread_mutex_t lock; /* guards the rest, the mailboxes of all guests, and who they are */
    wisp_envelopes queue;
    uint32_t len, len_max; /* events that wait */
    uint64_t size, size_max;
    wisp_envelope *spare;
    uint32_t spare_len;

    pthread_t owner;       /* the thread that has stepped last */
    pthread_cond_t filled; /* another one has posted something */
    wisp_wake wake;        /* the same, if has_wake */
    bool has_wake, is_signalled;
} wisp_mail;

/* What may wait for one guest, messages and events. */
typedef struct wisp_mailbox {
    const char *name; /* of the guest */
    bool is_open;     /* whether events for it are taken */
    uint32_t len, len_max, peak;
    size_t size_max; /* bytes of one */
} wisp_mailbox;

/* False if the system refuses. */
bool wisp_mail_init(wisp_mail *mail, const wisp_allocator *allocator, uint32_t len_max,
                    uint64_t size_max);

/* The queue must be empty. */
void wisp_mail_deinit(wisp_mail *mail);

static inline void wisp_mail_lock(wisp_mail *mail)
{
    pthread_mutex_lock(&mail->lock);
}

static inline void wisp_mail_unlock(wisp_mail *mail)
{
    pthread_mutex_unlock(&mail->lock);
}

/* ------------------------------------------------------------------ under the lock */

/* An envelope, all zero, with room for [size] bytes; NULL if memory is refused. */
wisp_envelope *wisp_mail_new(wisp_mail *mail, size_t size);

/* Whether one more of [size] bytes may wait, in the host or in [box], for which it is a [what].
 * WISP_LIMIT. */
wisp_status wisp_mail_check(const wisp_mail *mail, size_t size, wisp_error *err);
wisp_status wisp_mailbox_check(const wisp_mailbox *box, size_t size, const char *what,
                               wisp_error *err);

/* Counts [envelope] as waiting in the host and, if it is for a guest, in [box] (may be NULL); and
 * takes it out of the count again. */
void wisp_mail_count(wisp_mail *mail, wisp_mailbox *box, wisp_envelope *envelope);
void wisp_mail_uncount(wisp_mail *mail, wisp_mailbox *box, wisp_envelope *envelope);

/* ------------------------------------------------------------------ takes the lock itself */

/* As wisp_mail_new, for one that nothing else is done with under the lock. */
wisp_envelope *wisp_mail_make(wisp_mail *mail, size_t size);

/* Gives an envelope back, with no thought for what it carries. NULL is fine. */
void wisp_mail_recycle(wisp_mail *mail, wisp_envelope *envelope);

/* Appends [list], which is empty then. Returns whether the owner has to be woken, as this is
 * another thread and nothing waited before. */
bool wisp_mail_put(wisp_mail *mail, wisp_envelopes *list);

/* Puts [list] before all that waits. */
void wisp_mail_put_first(wisp_mail *mail, wisp_envelopes *list);

/* All that waits. The caller's thread is the owner from now on. */
wisp_envelopes wisp_mail_take(wisp_mail *mail);

bool wisp_mail_is_empty(wisp_mail *mail);

/* The descriptor that is readable when the owner has to be woken; -1 if the system refuses. */
int wisp_mail_wake_fd(wisp_mail *mail);

#endif
