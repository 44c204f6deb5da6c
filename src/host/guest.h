#ifndef WISP_HOST_GUEST_H
#define WISP_HOST_GUEST_H

#include <wisp/event.h>

#include "host/fault.h"
#include "host/mail/holdings.h"
#include "host/mail/mail.h"
#include "host/mail/post.h"
#include "host/mail/region.h"
#include "host/mail/requests.h"
#include "host/mail/subscriptions.h"
#include "host/mail/timers.h"
#include "host/mail/topics.h"
#include "host/measure/meter.h"
#include "host/probation.h"
#include "host/shadow.h"
#include "host/tape/recorder.h"
#include "host/thread.h"
#include "host/version/state.h"
#include "host/version/version.h"

/* The insides of a host and its guests, shared by the files of this folder. */

struct wisp_host {
    const wisp_allocator *allocator;
    const wisp_os *os;
    void (*on_post)(void *user, wisp_host *host, const wisp_event *event);
    void (*on_wake)(void *user);
    void *user; /* for these */

    /* Guests, in the order in which they were made, and by id. Other threads look for them, so
     * they change under the lock of the mail. */
    wisp_guest *first, *last;
    wisp_index by_id;
    uint32_t last_guest_id;
    uint64_t last_generation;
    wisp_taps taps;          /* the functions of module "wisp" */
    wisp_blackbox *blackbox; /* NULL if there is none */
    uint32_t blames_max;
    uint32_t recorder_count; /* of guests that are recorded */

    wisp_mail mail;
    wisp_envelopes turn; /* taken from there, to be delivered in this step */
    wisp_envelopes ripe; /* nobody looks at them any more, and a module is to be told */
    wisp_subscriptions subscriptions;
    wisp_subscriber program;
    wisp_topics topics; /* changes under the lock of the mail */
    uint32_t topics_max;
    wisp_requests requests;
    wisp_regions regions; /* under the lock of the mail */

    wisp_thread thread;
    wisp_alarms alarms;
    wisp_guest *due; /* guests that have something to do in this step */
    bool is_busy;    /* in a call that handlers must not make again */
};

struct wisp_guest {
    wisp_index_link link; /* by id; first, so that it is the guest */
    wisp_host *host;
    wisp_guest *prev, *next;
    uint32_t id;
    wisp_guest_config config; /* without zeros that mean a default */
    wisp_taps taps;           /* all functions that its modules may import */
    wisp_version *current;    /* NULL if empty, paused or down */
    wisp_version *fallback;   /* the one before it, during probation */
    bool is_down;
    bool is_starting, is_stopping; /* its first version starts; its last one ends */
    bool is_announced;             /* it was told that this guest is there, … */
    uint32_t announced_version;    /* … with this version */
    wisp_probation probation;
    wisp_state saved; /* what a version of this guest saved last */

    wisp_mailbox mailbox;     /* under the lock of the mail */
    wisp_envelopes held;      /* for it, until a version runs again */
    wisp_envelopes parked;    /* its posts whose version waits in probation */
    uint64_t epoch;           /* counts how often it has begun anew */
    uint32_t posts_len;       /* of its posts that were taken, and are not done with */
    uint32_t refusals_len;    /* … that were not */
    uint32_t requests_len;    /* of its requests that are not answered */
    wisp_loose_regions loose; /* under the lock of the mail */
    wisp_subscriber subscriber;
    wisp_timers timers;
    wisp_holdings aside; /* subscriptions and timers as they were for the fallback */

    wisp_alarm alarm; /* set to when its next task is due, or its pause ends */
    wisp_guest *next_due;
    wisp_guest_status counts; /* only the counters are used */
    wisp_meter meter;
    wisp_recovery recovery;
    wisp_tape tape;          /* of the entry under way, in the versions that are to be noted */
    wisp_recorder *recorder; /* NULL if it is not recorded */
    wisp_shadow *shadow;     /* of the current version, or NULL */
};

/* A reading of the host's monotonic clock. */
uint64_t wisp_host_now_ns(const wisp_host *host);

/*
 * Brackets what handlers must not do: returns WISP_BUSY if a call on [host] is under way,
 * else WISP_OK, and then wisp_host_leave must follow. That returns [status] and, if it is a
 * failure, copies [why] to [err] (NULL allowed).
 */
wisp_status wisp_host_enter(wisp_host *host, wisp_error *err);
wisp_status wisp_host_leave(wisp_host *host, wisp_status status, const wisp_error *why,
                            wisp_error *err);

/* WISP_INVALID for a guest that runs nothing. */
wisp_status wisp_guest_fail_idle(const wisp_guest *guest, wisp_error *err);

/* Tells the program about [event] of [guest]; a NULL reason becomes "". */
void wisp_guest_tell(wisp_guest *guest, wisp_guest_event event);

/*
 * Starts [source] as a new version of [guest] beside what runs, and gives it [state] (may be
 * NULL) if it can restore one. On failure *[out] is a version that did not get there, still
 * holding its trap, or NULL. Free it in either case. [err] is not NULL.
 */
wisp_status wisp_guest_ready(wisp_guest *guest, wisp_source source, const wisp_state *state,
                             wisp_version **out, wisp_error *err);

/* Tells that [version] (may be NULL) was not taken for the reason [why], and frees it. */
void wisp_guest_refuse(wisp_guest *guest, wisp_version *version, const wisp_error *why);

/* Tells the program that the module of [source] is needed no longer, unless it still is. */
void wisp_guest_let_go(wisp_guest *guest, wisp_source source);

/* Frees [version] (may be NULL), which [guest] ran and does not run any more, and tells the
 * program if its module is needed no longer. */
void wisp_guest_release(wisp_guest *guest, wisp_version *version);

/* Whether what is sent to it will be delivered: it runs, or will after a pause. */
bool wisp_guest_is_up(const wisp_guest *guest);

/* What one version hands over to another. All zero to begin with; fresh is to be cleared. */
typedef struct wisp_handed {
    wisp_state fresh;        /* what it has just saved, if it did */
    const wisp_state *state; /* what the other is to restore; NULL if there is nothing */
    wisp_error why;          /* [state] is not [fresh], or WISP_OK */
} wisp_handed;

/*
 * Has the current version save. It must not be able to keep another one out, so what it does
 * wrong is only noted, and the state that was saved last stands in. Fails only when memory
 * runs out, which says nothing about the version.
 */
wisp_status wisp_guest_hand_over(wisp_guest *guest, wisp_handed *handed, wisp_error *err);

/* wisp_guest_swap, from inside a call on the host. [err] is not NULL. */
wisp_status wisp_guest_swap_to(wisp_guest *guest, wisp_source source, wisp_error *err);

/* Makes [state], the caller's own, what a version of [guest] saved last. */
void wisp_guest_keep_state(wisp_guest *guest, wisp_state *state);

/*
 * Makes [entry] into the version that runs. If it fails in it on probation, the version before it
 * comes back and is given first what the failed one was, and then [entry], if that is for any
 * version. WISP_OK if a version has handled it in the end; else as wisp_version_enter. There must
 * be a version that runs, and may be none afterwards.
 */
wisp_status wisp_guest_give(wisp_guest *guest, const wisp_entry *entry, wisp_error *err);

/* Gives what is in the backlog of a probation to the version that runs, and to those that follow
 * if it fails. Whoever brings a version up calls this before the guest is given anything else. */
void wisp_guest_catch_up(wisp_guest *guest);

/* The current version has survived [entry]. */
void wisp_guest_survived(wisp_guest *guest, const wisp_entry *entry);

/* It has not, for the reason [why], in an entry that began at [began_ns]: goes back to the
 * fallback, or starts it again, or takes the guest down. */
void wisp_guest_failed(wisp_guest *guest, uint64_t began_ns, const wisp_error *why);

/* Runs the tasks that are due, each once. */
void wisp_guest_run_tasks(wisp_guest *guest, uint64_t now_ns);

/* ------------------------------------------------------------------ events (dispatch.c) */

/* Delivers what waits, and calls the functions done that follow from it. */
void wisp_host_deliver(wisp_host *host);

/* Calls the functions done of modules that are due. */
void wisp_host_call_done(wisp_host *host);

/* The same for [guest] alone, which is being stopped: until one fails, which is returned. */
wisp_status wisp_guest_last_calls(wisp_guest *guest, wisp_error *err);

/* Nobody looks at [envelope] any more: its done follows. */
void wisp_host_release(wisp_host *host, wisp_envelope *envelope);

/* The same for one that still waits: its request is answered, too. */
void wisp_host_drop(wisp_host *host, wisp_envelope *envelope);

/* Sees to it that nobody gets [envelope], which waits somewhere. */
void wisp_host_evict(wisp_host *host, wisp_envelope *envelope);

/* Drops all that waits for [guest], or the events alone. */
void wisp_guest_drop_mail(wisp_guest *guest);
void wisp_guest_drop_events(wisp_guest *guest);

/* The type of topic [name]; as wisp_host_topic. */
wisp_status wisp_topic_type(wisp_host *host, wisp_bytes name, uint32_t *type, wisp_error *err);

/* ------------------------------------------------------------------ presence (presence.c) */

/* Brings up to date what others know of [guest]: to be called whenever it may have got another
 * version, or its version other tasks. */
void wisp_guest_refresh(wisp_guest *guest);

#endif
