#include "wasi/io.h"
#include "wasi/wasi.h"

#include "base/memory.h"
#include "os/stream.h"

#include <wisp/os.h>

#include <errno.h>
#include <string.h>

/* poll_oneoff: waiting for the first of several things. */

typedef struct subscription {
    uint64_t userdata;
    unsigned kind;                    /* WISP_WASI_EVENT_ */
    wisp_wasi_errno error;            /* of the subscription itself: an event at once */
    uint64_t due_ns;                  /* of a clock: when, by the monotonic clock of the system */
    wisp_wasi_descriptor *descriptor; /* of a descriptor */
    bool is_ready, is_hung_up;
} subscription;

typedef struct poll_state {
    wisp_wasi_call *c;
    subscription *items;
    wisp_wait *waits; /* one for each item */
    size_t len;
} poll_state;

/* ------------------------------------------------------------------ what is asked for */

/* Waiting is by the system's clock, whatever the module's says. */
static uint64_t monotonic_ns(void)
{
    const wisp_os *os = wisp_os_posix();
    return os->monotonic_ns(os->user);
}

static uint64_t add_saturating(uint64_t a, uint64_t b)
{
    return a > UINT64_MAX - b ? UINT64_MAX : a + b;
}

/* [at] is the clock part: id at 0, timeout at 8, precision at 16, flags at 24. */
static void take_clock(const poll_state *p, const uint8_t *at, subscription *item)
{
    uint64_t clock = wisp_wasi_load(at, 4), timeout = wisp_wasi_load(at + 8, 8);
    uint64_t flags = wisp_wasi_load(at + 24, 2);
    if (clock > WISP_WASI_THREAD_TIME || flags & ~(uint64_t)WISP_WASI_CLOCK_ABSOLUTE) {
        item->error = WISP_WASI_EINVAL;
        return;
    }
    if (clock > WISP_WASI_MONOTONIC) { /* processor time does not pass while waiting */
        item->error = WISP_WASI_ENOTSUP;
        return;
    }
    if (flags & WISP_WASI_CLOCK_ABSOLUTE) {
        uint64_t now = wisp_wasi_now_ns(p->c->wasi, (wisp_wasi_clock)clock);
        timeout = timeout > now ? timeout - now : 0;
    }
    item->due_ns = add_saturating(monotonic_ns(), timeout);
}

static void take_descriptor(const poll_state *p, uint32_t fd, subscription *item)
{
    item->descriptor = wisp_wasi_table_take(&p->c->wasi->table, fd);
    if (!item->descriptor)
        item->error = WISP_WASI_EBADF;
    else if (!(atomic_load(&item->descriptor->rights) & WISP_WASI_RIGHT_POLL_FD_READWRITE))
        item->error = WISP_WASI_ENOTCAPABLE;
}

static wisp_wasi_errno take_items(poll_state *p, const uint8_t *at)
{
    for (size_t i = 0; i < p->len; i++, at += WISP_WASI_SUBSCRIPTION_SIZE) {
        subscription *item = &p->items[i];
        item->userdata = wisp_wasi_load(at, 8);
        item->kind = at[8];
        if (item->kind == WISP_WASI_EVENT_CLOCK)
            take_clock(p, at + 16, item);
        else if (item->kind <= WISP_WASI_EVENT_WRITE)
            take_descriptor(p, (uint32_t)wisp_wasi_load(at + 16, 4), item);
        else
            return WISP_WASI_EINVAL;
    }
    return WISP_WASI_SUCCESS;
}

/* ------------------------------------------------------------------ waiting */

/* Marks what is ready now without asking the system, and prepares the question for the rest. */
static size_t mark_ready(poll_state *p, uint64_t now)
{
    size_t ready = 0;
    for (size_t i = 0; i < p->len; i++) {
        subscription *item = &p->items[i];
        bool asks = item->descriptor && wisp_wasi_waits(item->descriptor);
        p->waits[i] = (wisp_wait){.fd = asks && !item->error ? item->descriptor->fd : -1,
                                  .for_writing = item->kind == WISP_WASI_EVENT_WRITE};
        if (item->kind == WISP_WASI_EVENT_CLOCK && !item->error)
            item->is_ready = now >= item->due_ns;
        else
            item->is_ready = item->error || !asks;
        ready += item->is_ready;
    }
    return ready;
}

/* How long to wait in one go: until the first clock is due, and not longer than a slice. */
static int timeout_ms(const poll_state *p, uint64_t now)
{
    uint64_t ms = WISP_WASI_SLICE_MS;
    for (size_t i = 0; i < p->len; i++) {
        const subscription *item = &p->items[i];
        if (item->kind != WISP_WASI_EVENT_CLOCK || item->error)
            continue;
        uint64_t left = item->due_ns > now ? (item->due_ns - now) / 1000000 + 1 : 0;
        ms = left < ms ? left : ms;
    }
    return (int)ms;
}

static wisp_wasi_errno wait_for_one(poll_state *p)
{
    for (;;) {
        if (wisp_wasi_must_stop(p->c))
            return WISP_WASI_EINTR;
        uint64_t now = monotonic_ns();
        size_t ready = mark_ready(p, now);
        int found = wisp_wait_for(p->waits, p->len, ready > 0 ? 0 : timeout_ms(p, now));
        if (found < 0 && found != -EINTR)
            return wisp_wasi_errno_of(found);
        for (size_t i = 0; i < p->len && found > 0; i++) {
            p->items[i].is_ready |= p->waits[i].is_ready;
            p->items[i].is_hung_up = p->waits[i].is_hung_up;
        }
        if (ready > 0 || found > 0)
            return WISP_WASI_SUCCESS;
    }
}

/* ------------------------------------------------------------------ what came of it */

static uint64_t bytes_of(const subscription *item)
{
    bool reads = item->kind == WISP_WASI_EVENT_READ && !item->error;
    return reads && item->descriptor->kind == WISP_WASI_FD
               ? wisp_stream_readable(item->descriptor->fd)
               : 0;
}

static uint32_t put_events(const poll_state *p, uint8_t *at)
{
    uint32_t count = 0;
    for (size_t i = 0; i < p->len; i++) {
        const subscription *item = &p->items[i];
        if (!item->is_ready)
            continue;
        memset(at, 0, WISP_WASI_EVENT_SIZE);
        wisp_wasi_store(at, 8, item->userdata);
        wisp_wasi_store(at + 8, 2, item->error);
        wisp_wasi_store(at + 10, 1, item->kind);
        if (item->kind != WISP_WASI_EVENT_CLOCK) {
            wisp_wasi_store(at + 16, 8, bytes_of(item));
            wisp_wasi_store(at + 24, 2, item->is_hung_up ? WISP_WASI_EVENT_HANGUP : 0);
        }
        at += WISP_WASI_EVENT_SIZE;
        count++;
    }
    return count;
}

static wisp_wasi_errno run(poll_state *p, const uint8_t *in, uint8_t *out, uint32_t *count)
{
    const wisp_allocator *allocator = p->c->wasi->allocator;
    p->items = wisp_alloc(allocator, p->len, sizeof *p->items);
    p->waits = wisp_alloc(allocator, p->len, sizeof *p->waits);
    wisp_wasi_errno result = p->items && p->waits ? take_items(p, in) : WISP_WASI_ENOMEM;
    if (!result)
        result = wait_for_one(p);
    if (!result)
        *count = put_events(p, out);
    for (size_t i = 0; i < p->len && p->items; i++)
        wisp_wasi_table_drop(&p->c->wasi->table, p->items[i].descriptor);
    wisp_free(allocator, p->items, p->len * sizeof *p->items);
    wisp_free(allocator, p->waits, p->len * sizeof *p->waits);
    return result;
}

/* (subscriptions, events, how many, result) */
wisp_wasi_errno wisp_wasi_poll_oneoff(wisp_wasi_call *c)
{
    uint32_t len = wisp_wasi_u32(c, 2), count = 0;
    if (len == 0 || len > WISP_WAITS_MAX)
        return WISP_WASI_EINVAL;
    const uint8_t *in =
        wisp_wasi_at(c, wisp_wasi_u32(c, 0), (uint64_t)len * WISP_WASI_SUBSCRIPTION_SIZE);
    uint8_t *out = wisp_wasi_at(c, wisp_wasi_u32(c, 1), (uint64_t)len * WISP_WASI_EVENT_SIZE);
    if (!in || !out || !wisp_wasi_at(c, wisp_wasi_u32(c, 3), 4))
        return WISP_WASI_EFAULT;
    poll_state p = {.c = c, .len = len};
    wisp_wasi_errno result = run(&p, in, out, &count);
    return result ? result : wisp_wasi_put_u32(c, wisp_wasi_u32(c, 3), count);
}
