#ifndef WISP_GUEST_H
#define WISP_GUEST_H

/*
 * For authors of modules: what a module that runs in a Wisp host looks like from inside.
 *
 *     #include "wisp.h"
 *
 *     WISP_MODULE(1)                                  // its version number
 *
 *     static uint32_t count;
 *
 *     int wisp_start(void)
 *     {
 *         return WISP_OK;
 *     }
 *
 *     void wisp_message(uint32_t channel, const void *data, uint32_t size)
 *     {
 *         count++;
 *         wisp_send(channel, data, size);
 *     }
 *
 *     guest/wisp-cc -o module.wasm module.c
 *
 * A module is entered from outside, one entry at a time, and never while another runs. Each
 * entry may use the fuel that the program has set; one that uses more, or traps, is broken
 * off, and the program goes back to the version before or starts the module anew. So a
 * module need not defend itself against its own faults, and has no way to harm the program.
 *
 * No C library is needed. wisp_wasm.h has memcpy, memmove, memset, memcmp and strlen, to which
 * the compiler itself adds calls; wisp-cc --libc links a small library of more.
 *
 * The same source can be compiled into the program: see wisp_native.h.
 */

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define WISP_OK   0
#define WISP_FAIL 1

/* How exports, imports and the macros below are written for the one and for the other. */
#ifdef __wasm__
#include "wisp_wasm.h"
#else
#include "wisp_native.h"
#endif

/* ------------------------------------------------------------------ what a module offers */

/*
 * The module's version number, and the place where it takes the bytes of messages and of
 * states. One file of each module has this line, outside any function. Versions are only
 * told apart by it; they may go up and down.
 *
 * Up to WISP_BUFFER_SIZE bytes (set it before including this header; [4,096]) arrive in a
 * static buffer. For more, the module's memory is grown.
 *
 *     WISP_MODULE(1)
 */

/*
 * The number alone, for a module that brings a wisp_buffer of its own: it returns where the
 * host may write [size] bytes for the entry that follows, or NULL if there is no room. A
 * message without room is dropped (on probation: given to the version before); a state
 * without room is refused.
 *
 *     WISP_MODULE_WITHOUT_BUFFER(1)
 */

#ifndef WISP_BUFFER_SIZE
#define WISP_BUFFER_SIZE 4096
#endif

/*
 * Called once, first. Returns WISP_OK, or anything else to say that this version cannot run
 * here. Every module has it. What should repeat is set up here, also when this version takes
 * over from another.
 */
WISP_EXPORT("wisp_start") int wisp_start(void);

/*
 * The rest is optional: the linker exports what the module defines.
 *
 * A message from the program, on a channel whose meaning the two have agreed upon. [data] is
 * aligned to 16 bytes and good until this returns; NULL if [size] is 0.
 */
WISP_EXPORT("wisp_message") void wisp_message(uint32_t channel, const void *data, uint32_t size);

/*
 * An event: from a guest, which is another module or this one, or from the program (0). Types of
 * one's own begin at WISP_EVENT_USER; what comes with each is for those who post and handle it to
 * agree upon. [data] is as in wisp_message, but for two things: where [size] is 0, it is the
 * number that was posted and no address; and what this version has posted to itself with a
 * function done is not copied, but handed back at its old address.
 *
 * Events come one at a time, in the order in which they were posted by whomever, after this
 * entry; nothing that is called here delivers one.
 */
WISP_EXPORT("wisp_event")
void wisp_event(uint32_t sender, uint32_t type, const void *data, uint32_t size);

/* The program stops the module. Not called when another version takes over. Nothing can be
 * posted any more. */
WISP_EXPORT("wisp_stop") void wisp_stop(void);

/*
 * Another version is about to take over: hands it what it has to know, with calls of
 * wisp_save_state. The module itself goes on if the other version fails, so it must change
 * nothing here. If this traps or does not end, the other version gets the state that was
 * saved last, if there is one.
 */
WISP_EXPORT("wisp_save") void wisp_save(void);

/*
 * Takes over the [size] bytes at [data] that version [old_version] saved; it may be older,
 * newer or the same. Called after wisp_start and before anything else. Returns WISP_OK, or
 * anything else to refuse: the old version then goes on. Not called if there is no state.
 */
WISP_EXPORT("wisp_restore")
int wisp_restore(uint32_t old_version, const void *data, uint32_t size);

/*
 * Instead of wisp_save and wisp_restore: the variable wisp_state of [type], which the host itself
 * copies from one version to the next. It works whatever has become of the old version, but both
 * must have the same [type]: one of another size is refused, and whether fields of the same size
 * mean the same is not known to the host. So it should have no pointers, as addresses change from
 * one version to the next. A new version that has wisp_restore gets the bytes of the old one's
 * variable there.
 *
 *     struct totals { uint64_t count, bytes; };
 *     WISP_STATE(struct totals)                       // one line of a file, as WISP_MODULE
 */

/* ------------------------------------------------------------------ what the host offers */

/*
 * The host has used or copied the bytes that it is handed when these return. A range that is
 * not wholly inside the module's memory traps.
 *
 * Logs [size] bytes of [text], one line. Levels are below.
 */
WISP_IMPORT("log") void wisp_log_bytes(uint32_t level, const void *text, size_t size);

/* Sends [size] bytes to the program, which gets them when this entry has ended well, and not if
 * it traps. WISP_FAIL if the program does not take so many, in one or from one entry. */
WISP_IMPORT("send") int wisp_send(uint32_t channel, const void *data, size_t size);

/*
 * Has [task] called with [context] every [interval_us] microseconds, for the first time after
 * one interval, until it is cancelled or another version takes over. Calls do not drift;
 * those that are missed while the program sleeps are skipped. Returns the id of the task, or
 * 0 if there are too many or the interval is under 1.
 */
WISP_IMPORT("repeat")
uint32_t wisp_repeat_task(void (*task)(void *context), void *context, int64_t interval_us);

/* Ends a task; it may be the one that runs. WISP_FAIL if there is none with this [id]. */
WISP_IMPORT("cancel") int wisp_cancel_task(uint32_t id);

/*
 * Appends [size] bytes to the state. Only inside wisp_save; traps elsewhere. WISP_FAIL if the
 * state becomes larger than the program allows; it then counts as not saved.
 */
WISP_IMPORT("save") int wisp_save_state(const void *data, size_t size);

/* Microseconds of a clock that never goes back; its zero means nothing. */
WISP_IMPORT("now_us") int64_t wisp_now_us(void);

/* ------------------------------------------------------------------ events */

#define WISP_TO_PROGRAM 0u
#define WISP_TO_ALL     UINT32_MAX

/* Types below WISP_EVENT_USER are the host's. */
enum {
    WISP_EVENT_STARTED = 1, /* a guest is there: a struct wisp_guest_info */
    WISP_EVENT_STOPPED,     /* … is gone: the same. Both come to those who subscribe to them */
    WISP_EVENT_TIMER,       /* a timer of this module is due; the data is its cookie */
    WISP_EVENT_RESPONSE,    /* to wisp_request */
    WISP_EVENT_USER = 0x8000
};

/* What is called when nobody looks at the data of an event any more, in an entry of its own: with
 * the type and the address, or the number, that were posted. */
typedef void wisp_done(uint32_t type, const void *data);

/*
 * Posts an event with a copy of [size] bytes to the guest [target], to the program, or to all who
 * have subscribed to its type and one of [groups] (0: any). Where this version is among the
 * receivers and [done] is given, it gets no copy but [data] itself. Where [size] is 0, [data]
 * need be no address: it goes to the receivers as it is. It is posted when this entry ends well,
 * and not if it traps.
 *
 * WISP_FAIL if it is refused, for one of the limits of the program, a type that cannot be posted
 * or a guest that is not there. Whatever the outcome, [done] (NULL: none) is called once, after
 * the event was handled by all or dropped, and never in this entry; only if this version is gone
 * by then, it is not called. A module that goes on posting with [done] although it is refused,
 * and never returns, is broken off.
 */
static inline int wisp_post_groups(uint32_t target, uint32_t type, uint32_t groups,
                                   const void *data, size_t size, wisp_done *done);

static inline int wisp_post(uint32_t target, uint32_t type, const void *data, size_t size,
                            wisp_done *done)
{
    return wisp_post_groups(target, type, 0, data, size, done);
}

/* ------------------------------------------------------------------ regions */

/*
 * Makes a region: a buffer of [size] bytes that events carry to their receivers without a copy,
 * where it is large enough for that to pay (docs/host.md); what is in it at first is not defined.
 * NULL if it is refused. It is of this version: another one that takes over does not have it.
 *
 *     uint8_t *frame = wisp_region_new(FRAME_SIZE);
 *     …
 *     wisp_post_region(WISP_TO_ALL, FRAME, 0, frame, FRAME_SIZE, WISP_REGION_READ, reuse);
 */
#ifndef __wasm__
void *wisp_region_new(size_t size);
#endif

/* Gives a region back, also while events carry it: their receivers get it as it is now. Its
 * memory is no longer to be touched. WISP_FAIL if there is none at [region]. */
#ifndef __wasm__
int wisp_region_free(void *region);
#endif

enum {
    WISP_REGION_READ, /* who writes to it changes a copy of its own */
    WISP_REGION_WRITE /* receivers change it, one after the other; the outcome is in it when
                       * [done] is called, without which this is refused */
};

/*
 * Posts an event with the first [size] bytes of [region], which receivers get as those of
 * wisp_post; all else is as there, but that they do not count for what an event may have.
 * [access] is one of the two above. The region is not to be written to before [done] is called;
 * one that receivers may change, nor looked at or posted again, which is refused.
 */
WISP_IMPORT("post_region")
int wisp_post_region(uint32_t target, uint32_t type, uint32_t groups, void *region, size_t size,
                     uint32_t access, wisp_done *done);

/* ------------------------------------------------------------------ subscribing */

/* From now on events that are posted to all with [type] and one of the bits of [groups] (0: any)
 * come to this guest; bits add up. It stays so when another version takes over. WISP_FAIL if
 * there are too many subscriptions, or, of the second, if there was none. */
WISP_IMPORT("subscribe") int wisp_subscribe(uint32_t type, uint32_t groups);
WISP_IMPORT("unsubscribe") int wisp_unsubscribe(uint32_t type, uint32_t groups);

/* The type of event that stands for the topic [name] of [size] bytes in this host, for posting to
 * all and for subscribing: the same for whoever asks. 0 if there are too many. */
WISP_IMPORT("topic") uint32_t wisp_topic_bytes(const char *name, size_t size);

/*
 * Has a WISP_EVENT_TIMER with [cookie] come to this guest in [after_us] microseconds and, if
 * [every_us] is not 0, every so many after that, without drift; those that pass while one still
 * waits are skipped. Returns its id, or 0 if there are too many or a time is negative.
 *
 * It stays when another version takes over, so its cookie should mean the same to every version:
 * a number, and no address. A version may set its timers in wisp_start whether it takes over or
 * not: there, a timer of the version before it that has the same cookie becomes the one that is
 * set, and goes on in its phase if it has the same interval.
 */
WISP_IMPORT("timer_set")
uint32_t wisp_timer_set(int64_t after_us, int64_t every_us, const void *cookie);

/* Ends a timer: no event of it comes any more, even if one waits already. WISP_FAIL if there is
 * none with this [id], or it was due once and has come. */
WISP_IMPORT("timer_cancel") int wisp_timer_cancel(uint32_t id);

/* ------------------------------------------------------------------ requests */

/* What a WISP_EVENT_RESPONSE begins with; the bytes of the answer follow. */
struct wisp_response {
    uint32_t request; /* as wisp_request gave it */
    int32_t status;   /* 0: it was answered; else why not: WISP_UNANSWERED_… */
    int32_t code;     /* of the one who answered; its meaning is for the two to agree upon */
    uint32_t cookie;  /* as it was given to wisp_request */
};

#define WISP_UNANSWERED_GONE   6 /* who was asked is gone, or takes no events */
#define WISP_UNANSWERED_FAILED 8 /* … has failed in it */
#define WISP_UNANSWERED_LATE   5 /* … has not answered in time */

/*
 * Posts an event to a guest or the program that is to be answered within [timeout_us] (0: 10
 * seconds). Where [size] is 0, nothing goes along, whatever [data] is. Exactly one
 * WISP_EVENT_RESPONSE comes for it, with [cookie]. Returns the number of the request; 0 if it is
 * refused, and then no response comes.
 */
WISP_IMPORT("request")
uint32_t wisp_request(uint32_t target, uint32_t type, const void *data, size_t size,
                      int64_t timeout_us, uint32_t cookie);

/* The request that the event being handled is, for wisp_reply; 0 if it is none. */
WISP_IMPORT("asked") uint32_t wisp_asked(void);

/* Answers [request], which came to this guest, now or later. WISP_FAIL if nobody waits for it any
 * more, or takes no answer of this size. */
WISP_IMPORT("reply")
int wisp_reply(uint32_t request, int32_t code, const void *data, size_t size);

/* ------------------------------------------------------------------ who is there */

struct wisp_guest_info {
    uint64_t app_id; /* that the program has given it, or 0 */
    uint32_t id;     /* of the guest: where events go to */
    uint32_t version;
};

/* The id of this guest. It stays when another version takes over. */
WISP_IMPORT("self") uint32_t wisp_self(void);

/* The guest with [app_id]; 0 if none runs. */
WISP_IMPORT("find") uint32_t wisp_find(uint64_t app_id);

/* What there is to know of guest [id]; WISP_FAIL if there is none that runs. */
WISP_IMPORT("guest_info") int wisp_guest_info(uint32_t id, struct wisp_guest_info *info);

/* ------------------------------------------------------------------ the heap */

/*
 * Memory that the program counts (heap_size of wisp_guest_status) and that is given back when
 * this version ends, whether it was freed or not. NULL for 0 bytes, or if there is no more. In
 * WebAssembly it is malloc and free of wisp-cc --libc.
 *
 *     void *wisp_heap_alloc(size_t size);
 *     void wisp_heap_free(void *address);         // NULL is fine
 */
#ifndef __wasm__
void *wisp_heap_alloc(size_t size);
void wisp_heap_free(void *address);
#endif

/* ------------------------------------------------------------------ the rest */

/* Fills [size] bytes with randomness that is fit for keys. WISP_FAIL if the system has none. */
WISP_IMPORT("random") int wisp_random(void *into, size_t size);

/* Gives up: a fault, as if this version had trapped here. */
WISP_IMPORT("abort") _Noreturn void wisp_abort(int32_t code);

/* ------------------------------------------------------------------ for convenience */

enum { WISP_LOG_ERROR, WISP_LOG_WARNING, WISP_LOG_INFO, WISP_LOG_DEBUG };

size_t strlen(const char *text);

WISP_IMPORT("post")
int wisp_post_bytes(uint32_t target, uint32_t type, uint32_t groups, const void *data,
                    size_t size, wisp_done *done);
WISP_IMPORT("post_number")
int wisp_post_number(uint32_t target, uint32_t type, uint32_t groups, const void *number,
                     wisp_done *done);

static inline int wisp_post_groups(uint32_t target, uint32_t type, uint32_t groups,
                                   const void *data, size_t size, wisp_done *done)
{
    if (size == 0)
        return wisp_post_number(target, type, groups, data, done);
    return wisp_post_bytes(target, type, groups, data, size, done);
}

/* The topic [name]. */
static inline uint32_t wisp_topic(const char *name)
{
    return wisp_topic_bytes(name, strlen(name));
}

/* Logs [text] as one line. */
static inline void wisp_log(uint32_t level, const char *text)
{
    wisp_log_bytes(level, text, strlen(text));
}

#ifdef __cplusplus
}
#endif

#endif
