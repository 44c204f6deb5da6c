/* A module that gets regions. They are to have byte i * 7 at i; of each it logs
 *
 *     8001[1000+2]   an event 0x8001 with 1,000 bytes, two of which are not that
 *
 * and what else it does with them is for the type of the event to say. A message has it log the
 * first byte where the last region was, by then, or do things with regions of its own.
 */

#include <wisp.h>

#include "reads.h"

#ifdef ROOM
/* At no page, and for no byte more than this. */
WISP_MODULE_WITHOUT_BUFFER(VERSION)

static uint8_t room[ROOM + 1];

WISP_EXPORT("wisp_buffer") void *wisp_buffer(uint32_t size)
{
    return size <= ROOM ? room + 1 : NULL;
}
#else
WISP_MODULE(VERSION)
#endif

static const uint8_t *last;

/* ------------------------------------------------------------------ what it says */

static char line[64];
static uint32_t line_len;

static void put_number(uint32_t number, uint32_t base)
{
    char digits[12];
    uint32_t at = sizeof digits;
    do
        digits[--at] = "0123456789abcdef"[number % base];
    while ((number /= base) > 0);
    memcpy(line + line_len, digits + at, sizeof digits - at);
    line_len += (uint32_t)sizeof digits - at;
}

static void say(void)
{
    wisp_log_bytes(WISP_LOG_INFO, line, line_len);
    line_len = 0;
}

static uint32_t count_changed(const uint8_t *data, uint32_t size)
{
    uint32_t changed = 0;
    for (uint32_t i = 0; i < size; i++)
        changed += data[i] != (uint8_t)(i * 7);
    return changed;
}

/* ------------------------------------------------------------------ what it does */

/* Two bytes that no other guest changes: among the first and among the last ones. */
static void change(uint8_t *data, uint32_t size)
{
    data[wisp_self()] ^= 0xff;
    data[size - 1 - wisp_self()] ^= 0xff;
}

void wisp_event(uint32_t sender, uint32_t type, const void *data, uint32_t size)
{
    (void)sender;
    last = data;
    put_number(type, 16);
    line[line_len++] = '[';
    put_number(size, 10);
    line[line_len++] = '+';
    put_number(type == READ_NOTHING ? 0 : count_changed(data, size), 10);
    line[line_len++] = ']';
    say();
    if (type != READ && type != READ_NOTHING)
        change((uint8_t *)data, size);
#ifdef CHANGES_MORE
    if (type == CHANGE)
        ((uint8_t *)data)[size / 2] ^= 0xff;
#endif
#ifdef LOOKS_BEHIND
    memcpy(line, "behind ", line_len = 7);
    put_number(last[size], 10);
    say();
#endif
#ifdef TRAPS
    __builtin_trap();
#endif
    if (type == CHANGE_AND_TRAP)
        __builtin_trap();
}

/* ------------------------------------------------------------------ regions of its own */

static struct slot {
    uint8_t *data;
    uint32_t size; /* that were posted */
} slots[SHARE_SLOTS];

static void say_outcome(int is_taken)
{
    line[line_len++] = is_taken ? '+' : '-';
    say();
}

static void fill(uint8_t *data, uint32_t size)
{
    for (uint32_t i = 0; i < size; i++)
        data[i] = (uint8_t)(i * 7);
}

static struct slot *slot_at(const void *data)
{
    struct slot *slot = slots;
    while (slot->data != data)
        slot++;
    return slot;
}

static void done_logs(uint32_t type, const void *data)
{
    (void)data;
    line[line_len++] = 'd';
    put_number(type, 16);
    say();
}

static void done_looks(uint32_t type, const void *data)
{
    line[line_len++] = 'd';
    put_number(type, 16);
    line[line_len++] = '+';
    put_number(count_changed(data, slot_at(data)->size), 10);
    say();
}

static void done_frees(uint32_t type, const void *data)
{
    done_looks(type, data);
    say_outcome(wisp_region_free((void *)data) == WISP_OK);
}

static wisp_done *const dones[] = {NULL, done_logs, done_looks, done_frees};

static int make(struct slot *slot, uint32_t size)
{
    uint8_t *data = wisp_region_new(size);
    if (!data)
        return 0;
    slot->data = data;
    fill(data, size);
    return 1;
}

static int post(struct slot *slot, const struct share *it)
{
    slot->size = it->size;
    return wisp_post_region(it->target, it->type, 0, slot->data + it->offset, it->size,
                            it->access, dones[it->done]) == WISP_OK;
}

static void share(const struct share *it)
{
    struct slot *slot = &slots[it->slot];
    switch (it->op) {
    case SHARE_NEW:
        say_outcome(make(slot, it->size));
        break;
    case SHARE_FILL:
        fill(slot->data, it->size);
        break;
    case SHARE_POST:
        say_outcome(post(slot, it));
        break;
    case SHARE_FREE:
        say_outcome(wisp_region_free((void *)((uintptr_t)slot->data + it->offset)) == WISP_OK);
        break;
    case SHARE_COUNT:
        line[line_len++] = '=';
        put_number(count_changed(slot->data, it->size), 10);
        say();
        break;
#ifdef __wasm__
    case SHARE_AT:
        say_outcome(wisp_region_open((void *)it->size, it->type) == WISP_OK);
        break;
    case SHARE_CLOSE:
        say_outcome(wisp_region_close((void *)it->size) == WISP_OK);
        break;
#endif
    default:
        __builtin_trap();
    }
}

void wisp_message(uint32_t channel, const void *data, uint32_t size)
{
    const struct share *shares = data;
    (void)channel;
    for (uint32_t i = 0; i < size / sizeof *shares; i++)
        share(&shares[i]);
    if (size > 0)
        return;
    put_number(last[0], 10);
    say();
}

int wisp_start(void)
{
    for (uint32_t type = READ; type <= CHANGE_AND_TRAP; type++)
        wisp_subscribe(type, 0);
#ifdef START_REFUSES
    return wisp_region_new(1 << 20) ? WISP_FAIL : WISP_OK;
#else
    return WISP_OK;
#endif
}
