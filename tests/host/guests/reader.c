/* A module that gets regions. They are to have byte i * 7 at i; of each it logs
 *
 *     8001[1000+2]   an event 0x8001 with 1,000 bytes, two of which are not that
 *
 * and what else it does with them is for the type of the event to say. A message has it log the
 * first byte where the last region was, by then.
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

void wisp_message(uint32_t channel, const void *data, uint32_t size)
{
    (void)channel;
    (void)data;
    (void)size;
    put_number(last[0], 10);
    say();
}

int wisp_start(void)
{
    for (uint32_t type = READ; type <= CHANGE_AND_TRAP; type++)
        wisp_subscribe(type, 0);
    return WISP_OK;
}
