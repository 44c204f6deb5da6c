#include "host/mail/alarms.h"

#include "base/memory.h"

static bool is_before(const wisp_alarm *a, const wisp_alarm *b)
{
    return a->due_ns != b->due_ns ? a->due_ns < b->due_ns : a->serial < b->serial;
}

static void put(wisp_alarms *alarms, size_t at, wisp_alarm *alarm)
{
    alarms->items[at] = alarm;
    alarm->place = at + 1;
}

static void rise(wisp_alarms *alarms, size_t at, wisp_alarm *alarm)
{
    for (; at > 0 && is_before(alarm, alarms->items[(at - 1) / 2]); at = (at - 1) / 2)
        put(alarms, at, alarms->items[(at - 1) / 2]);
    put(alarms, at, alarm);
}

static void sink(wisp_alarms *alarms, size_t at, wisp_alarm *alarm)
{
    for (size_t child; (child = 2 * at + 1) < alarms->len; at = child) {
        if (child + 1 < alarms->len && is_before(alarms->items[child + 1], alarms->items[child]))
            child++;
        if (is_before(alarm, alarms->items[child]))
            break;
        put(alarms, at, alarms->items[child]);
    }
    put(alarms, at, alarm);
}

bool wisp_alarms_join(wisp_alarms *alarms, const wisp_allocator *allocator)
{
    if (!wisp_array_reserve(allocator, &alarms->items, &alarms->capacity, alarms->joined + 1,
                            sizeof *alarms->items))
        return false;
    alarms->joined++;
    return true;
}

void wisp_alarms_leave(wisp_alarms *alarms, wisp_alarm *alarm)
{
    wisp_alarms_clear(alarms, alarm);
    alarms->joined--;
}

void wisp_alarms_clear(wisp_alarms *alarms, wisp_alarm *alarm)
{
    if (alarm->place == 0)
        return;
    size_t at = alarm->place - 1;
    wisp_alarm *last = alarms->items[--alarms->len];
    alarm->place = 0;
    if (last == alarm)
        return;
    if (at > 0 && is_before(last, alarms->items[(at - 1) / 2]))
        rise(alarms, at, last);
    else
        sink(alarms, at, last);
}

void wisp_alarms_set(wisp_alarms *alarms, wisp_alarm *alarm, uint64_t due_ns)
{
    wisp_alarms_clear(alarms, alarm);
    alarm->due_ns = due_ns;
    alarm->serial = ++alarms->serial;
    rise(alarms, alarms->len++, alarm);
}

uint64_t wisp_alarms_next_ns(const wisp_alarms *alarms)
{
    return alarms->len > 0 ? alarms->items[0]->due_ns : UINT64_MAX;
}

void wisp_alarms_ring(wisp_alarms *alarms, uint64_t now_ns)
{
    uint64_t last = alarms->serial;
    while (alarms->len > 0 && alarms->items[0]->due_ns <= now_ns &&
           alarms->items[0]->serial <= last) {
        wisp_alarm *alarm = alarms->items[0];
        wisp_alarms_clear(alarms, alarm);
        alarm->ring(alarm, now_ns);
    }
}

void wisp_alarms_deinit(wisp_alarms *alarms, const wisp_allocator *allocator)
{
    wisp_free(allocator, alarms->items, alarms->capacity * sizeof *alarms->items);
    *alarms = (wisp_alarms){0};
}
