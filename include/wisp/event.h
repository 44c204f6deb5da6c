#ifndef WISP_EVENT_H
#define WISP_EVENT_H

#include <wisp/host.h>

/*
 * Events: how the guests of a host and the program talk to each other.
 *
 * An event goes to one guest, to the program, or to all who have subscribed to its type. It has
 * a sender, a type, and data: bytes, a region that is shared without a copy, or one number.
 *
 *     wisp_post post = {
 *         .target = WISP_TO_ALL, .type = TEMPERATURE, .data = &t, .size = sizeof t};
 *     wisp_host_post(host, &post, &err); // any thread
 *     wisp_host_step(host, now_ns);      // delivers it, on the thread of the host
 *
 * Order: events are delivered one at a time, in the order in which they were posted, whoever
 * posted them and whoever gets them. All receivers of an event have handled it before the next
 * is delivered. No two entries of one module ever overlap.
 *
 * Exactly once: an event is delivered once to each receiver, or refused, or dropped because
 * its receiver is gone (or, if it is for all, paused or too small for it); and in every case its
 * [done] is called exactly once, after the last delivery, when its data is no longer looked at.
 * An event that a receiver fails in (by a trap, for instance) counts as delivered to it; the
 * others still get it.
 *
 * Admission: an event is refused with WISP_LIMIT when as many wait as events_max of
 * wisp_host_config or as many bytes as event_bytes_max allow, when queue_len_max of its receiver
 * wait for that, or when it is over message_size_max of its receiver; with WISP_NOT_FOUND when
 * it is for a guest that does not exist or runs nothing. What was admitted is never pushed out by
 * what comes later.
 */

#ifdef __cplusplus
extern "C" {
#endif

/* Where events go to and come from besides guests, which have ids from 1 on. */
#define WISP_TO_PROGRAM 0u
#define WISP_TO_ALL     UINT32_MAX

/* Types of events. What is below WISP_EVENT_USER is the host's own, as is what has the bit
 * WISP_EVENT_TOPIC: those are given out by wisp_host_topic. Only types of one's own and of topics
 * can be posted. */
enum {
    WISP_EVENT_STARTED = 1, /* a guest was started: a wisp_guest_note; to subscribers */
    WISP_EVENT_STOPPED,     /* … was stopped or is down: the same */
    WISP_EVENT_TIMER,       /* a timer of the receiver is due; its cookie is the number */
    WISP_EVENT_RESPONSE,    /* to a request of the receiver: a wisp_response_note */
    WISP_EVENT_USER = 0x8000
};
#define WISP_EVENT_TOPIC 0x80000000u

/* Data of STARTED and STOPPED as receivers get it: little-endian, without gaps. */
typedef struct wisp_guest_note {
    uint64_t app_id;
    uint32_t guest_id;
    uint32_t version;
} wisp_guest_note;

/* An event as the program gets it. Borrowed for the call. */
typedef struct wisp_event {
    uint32_t sender;
    uint32_t type;
    uint32_t request;    /* by which wisp_host_reply answers it; 0: no answer is expected */
    uint64_t number;     /* where size is 0: what stood in place of the data */
    const void *data;    /* NULL where size is 0 */
    size_t size;         /* bytes */
    wisp_region *region; /* that data lies in, or NULL */
} wisp_event;

/* ------------------------------------------------------------------ posting */

/* Called once, when the event's data is no longer needed: on the thread of the host, or, if the
 * event was refused, on the caller's before wisp_host_post returns. */
typedef void (*wisp_done_fn)(void *user, uint32_t type, const void *data);

/* Zero means the default in brackets. */
typedef struct wisp_post {
    uint32_t target; /* a guest's id, WISP_TO_PROGRAM, WISP_TO_ALL */
    uint32_t type;
    uint32_t groups;      /* to all: only subscribers with one of these bits [every one] */
    const void *data;     /* copied; with [done] it is lent instead, until that is called */
    size_t size;          /* bytes of data */
    uint64_t number;      /* where size is 0: goes to the receivers as it is; WebAssembly gets its
                           * lower 32 bits */
    wisp_region *region;  /* shares its first [size] bytes, in place of data [none] */
    bool region_writable; /* receivers change the region, and not a copy of their own */
    wisp_done_fn done;    /* [none] */
    void *user;           /* for done */
} wisp_post;

/* Posts [post] from the program. WISP_INVALID for a type that cannot be posted, or for a region
 * of another host, of fewer bytes than [size], or of which none are shared; WISP_LIMIT and
 * WISP_NOT_FOUND as told above; WISP_NO_MEMORY. Whatever the outcome, done is called once. Any
 * thread. */
WISP_API wisp_status wisp_host_post(wisp_host *host, const wisp_post *post, wisp_error *err);

/* ------------------------------------------------------------------ subscribing */

/*
 * The program gets events that are posted to all with [type] and one of the bits of [groups]
 * (0: every one), by on_post of wisp_host_config. Bits add up. Events to WISP_TO_PROGRAM come
 * without it.
 */
WISP_API wisp_status wisp_host_subscribe(wisp_host *host, uint32_t type, uint32_t groups,
                                         wisp_error *err);
WISP_API void wisp_host_unsubscribe(wisp_host *host, uint32_t type, uint32_t groups);

/*
 * The type of event that stands for topic [name], UTF-8, the same for everybody in this host;
 * publishing on a topic is posting this type to all. It has the bit WISP_EVENT_TOPIC and lives as
 * long as the host. WISP_LIMIT over topics_max, or for a name of over 255 bytes or none.
 */
WISP_API wisp_status wisp_host_topic(wisp_host *host, const char *name, uint32_t *type,
                                     wisp_error *err);

/* ------------------------------------------------------------------ requests */

/* Called once for each request, on the thread of the host: with WISP_OK and the answer, which may
 * come any time after the request was handled; WISP_NOT_FOUND if who was asked is gone or takes
 * no events; WISP_TRAP if it failed in it; WISP_LIMIT if time is over; WISP_NO_MEMORY if there
 * was none to watch the time. [answer] is borrowed. */
typedef void (*wisp_response_fn)(void *user, wisp_status status, int32_t code, wisp_bytes answer);

/*
 * Posts [post], to one guest or the program, as a request, to be answered within [timeout_ns] [10
 * s]. Its answer goes to [response] with [user]; at the latest when the host is freed. If this
 * fails, response is not called; the done of [post] is, as in wisp_host_post. Any thread.
 */
WISP_API wisp_status wisp_host_request(wisp_host *host, const wisp_post *post,
                                       uint64_t timeout_ns, wisp_response_fn response, void *user,
                                       wisp_error *err);

/* Answers [request] of an event that the program got, with a [code] whose meaning the two have
 * agreed upon, in on_post or later. WISP_NOT_FOUND if nobody waits for it any more. */
WISP_API wisp_status wisp_host_reply(wisp_host *host, uint32_t request, int32_t code,
                                     wisp_bytes answer, wisp_error *err);

/* Data of RESPONSE as a module gets it, before the bytes of the answer. Little-endian. */
typedef struct wisp_response_note {
    uint32_t request; /* as wisp_request gave it */
    int32_t status;   /* a wisp_status, as in wisp_response_fn */
    int32_t code;     /* of the one who answered */
    uint32_t cookie;  /* of the one who asked */
} wisp_response_note;

/* ------------------------------------------------------------------ regions */

/*
 * A buffer that events carry to their receivers, for as long as the event lives: of the
 * program's, made here, or of a module's, made by the functions of the same names in
 * guest/wisp.h. An event shares a region either way:
 *
 * - to read. The program and native modules look at the very bytes. A WebAssembly module has them
 *   in the buffer that its wisp_buffer gives: mapped, if they are 512 KiB or more, whole pages
 *   have room there, the memory of the module can be mapped (wisp_memory_map), and it is neither
 *   recorded nor shadowed; else copied. What it writes there nobody else sees.
 * - to change (region_writable): the receivers one after the other, each of which gets what the
 *   one before it has left, and then the program in done. The program and native modules write to
 *   the very bytes. A WebAssembly module gets a copy, which is copied back when its entry has
 *   ended well; one that fails has changed nothing.
 *
 * When the handler returns, the module sees nothing of the region any more; what its buffer holds
 * then is not defined. An old version that is given an event of a probation again gets the bytes
 * as the new one got them, and what it makes of them goes nowhere.
 *
 * Bytes of regions count neither for event_bytes_max nor for message_size_max.
 *
 * A region of a module's comes to the program in wisp_event, and can be posted on from there, but
 * not freed. It is there as long as an event carries it, whatever becomes of the module: stopped,
 * failed or swapped. Its limits are regions_max and region_bytes_max of wisp_guest_config, and
 * region_bytes_max of the host, which it shares with those of the program. What is said in
 * docs/host.md of how the owner sees it is no concern of the program's.
 */

/* Makes a region of [size] bytes, all zero, held by the caller. WISP_INVALID for none, WISP_LIMIT
 * over region_bytes_max of wisp_host_config, WISP_NO_MEMORY. Any thread. */
WISP_API wisp_status wisp_region_new(wisp_host *host, size_t size, wisp_region **out,
                                     wisp_error *err);

/* Its bytes, which stay where they are. Not to be changed between posting it and done. Any
 * thread. */
WISP_API void *wisp_region_data(wisp_region *region);
WISP_API size_t wisp_region_size(const wisp_region *region);

/* Lets go of [region]; it is freed when no event carries it any more, or with the host. NULL is
 * fine. Any thread; not after the host is freed. */
WISP_API void wisp_region_free(wisp_region *region);

/* ------------------------------------------------------------------ the loop */

/*
 * A descriptor that is readable while the host has something to do that was posted from another
 * thread: for poll, beside wisp_host_next_ns as its timeout. Made by the first call; owned by the
 * host. Negative where the system has none: use on_wake of wisp_host_config.
 */
WISP_API int wisp_host_wake_fd(wisp_host *host);

/*
 * For programs without a loop: runs wisp_host_step on a thread of the host's own whenever there
 * is something to do. Meanwhile other threads may call only what says "any thread", and
 * wisp_host_call for everything else.
 */
WISP_API wisp_status wisp_host_thread_start(wisp_host *host, wisp_error *err);

/* Ends that thread after what it is at. wisp_host_free does too. Nobody may be in, or call,
 * wisp_host_call meanwhile. */
WISP_API void wisp_host_thread_stop(wisp_host *host);

/* Runs fn([user]) on the host's thread between two steps and waits until it has returned. At
 * once where no thread was started, or on that thread itself. Any thread. */
WISP_API void wisp_host_call(wisp_host *host, void (*fn)(void *user), void *user);

#ifdef __cplusplus
}
#endif

#endif
