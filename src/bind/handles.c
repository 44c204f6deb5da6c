#include "bind/binding.h"

#include "base/error.h"

/*
 * Objects of the program's, which modules know by number: the place in a table, and above it how
 * often that place was used before, so that the number of one that is gone is not that of
 * another for as long as can be. Places that are free longest are used first.
 */

enum { SLOT_BITS = 20, SLOT_MASK = HANDLES_LIMIT, GENERATION_MASK = 0xfff };

static uint32_t number_of(const handles *h, uint32_t slot)
{
    return h->items[slot].generation << SLOT_BITS | slot;
}

static handle *find(handles *h, uint32_t number)
{
    uint32_t slot = number & SLOT_MASK;
    if (slot == 0 || slot >= h->len || !h->items[slot].type)
        return NULL;
    return number_of(h, slot) == number ? &h->items[slot] : NULL;
}

void *wisp_bind_handle(wisp_bind_call *call, const char *what, const wisp_bind_type *type,
                       uint32_t number, bool is_optional)
{
    handle *found = find(&call->bind->handles, number);
    if (number == 0 && is_optional)
        return NULL;
    if (!found || found->type != type) {
        wisp_bind_fail(call, what, "is %#x, which is no handle of a %s%s%s", number, type->name,
                       found ? " but of a " : "", found ? found->type->name : "");
        return NULL;
    }
    return found->object;
}

/* Frees the place and gives what was in it. */
static handle empty(handles *h, handle *item)
{
    const handle was = *item;
    uint32_t slot = (uint32_t)(item - h->items);
    *item = (handle){.generation = (was.generation + 1) & GENERATION_MASK};
    if (h->free_last)
        h->items[h->free_last].next = slot;
    else
        h->free_first = slot;
    h->free_last = slot;
    h->used--;
    return was;
}

void wisp_bind_handle_end(wisp_bind_call *call, uint32_t number)
{
    handles *h = &call->bind->handles;
    handle *item = find(h, number);
    if (!item)
        return;
    empty(h, item);
    tickets_part(call->bind, number, call);
}

/* ------------------------------------------------------------------ new ones */

/* A free place; 0 after a fault. */
static uint32_t take_slot(wisp_bind_call *call)
{
    handles *h = &call->bind->handles;
    uint32_t slot = h->free_first;
    if (slot) {
        h->free_first = h->items[slot].next;
        if (!h->free_first)
            h->free_last = 0;
        return slot;
    }
    size_t needed = h->len ? h->len + 1 : 2;
    if (!wisp_array_reserve(call->bind->allocator, &h->items, &h->room, needed,
                            sizeof *h->items)) {
        call->status = wisp_fail_memory(call->err, needed * sizeof *h->items);
        return 0;
    }
    for (; h->len < needed; h->len++)
        h->items[h->len] = (handle){.generation = 0};
    return (uint32_t)h->len - 1;
}

static uint32_t find_object(const handles *h, const wisp_bind_type *type, const void *object)
{
    for (uint32_t i = 1; i < h->len; i++)
        if (h->items[i].type == type && h->items[i].object == object)
            return number_of(h, i);
    return 0;
}

/* A handle to [object], which has none; 0 after a fault. */
static uint32_t add(wisp_bind_call *call, const char *what, const wisp_bind_type *type,
                    void *object, bool is_new)
{
    handles *h = &call->bind->handles;
    if (h->used >= call->bind->config.handle_max) {
        wisp_bind_fail(call, what, "is one object more than the %u of handle_max",
                       call->bind->config.handle_max);
        return 0;
    }
    uint32_t slot = take_slot(call);
    if (!slot)
        return 0;
    handle *item = &h->items[slot];
    item->type = type;
    item->object = object;
    item->is_new = is_new;
    item->born = ++h->births;
    h->used++;
    uint32_t number = number_of(h, slot);
    if (is_new)
        tickets_join(call, number);
    return number;
}

uint32_t wisp_bind_handle_to(wisp_bind_call *call, const char *what, const wisp_bind_type *type,
                             const void *object, bool is_new)
{
    void *own = (void *)(uintptr_t)object;
    if (!object && is_new)
        wisp_bind_take_back(call);
    if (!object)
        return 0;
    uint32_t number = is_new ? 0 : find_object(&call->bind->handles, type, object);
    if (!number && !call->status)
        number = add(call, what, type, own, is_new);
    if (!number && is_new && type->release) /* the module never sees it */
        type->release(own);
    return number;
}

/* ------------------------------------------------------------------ their end */

/* Ends the handle at [slot] and gives what it was. */
static handle end(wisp_bind *bind, uint32_t slot)
{
    uint32_t number = number_of(&bind->handles, slot);
    const handle was = empty(&bind->handles, &bind->handles.items[slot]);
    tickets_part(bind, number, NULL);
    return was;
}

void wisp_bind_forget(wisp_bind *bind, const void *object)
{
    for (uint32_t i = 1; i < bind->handles.len; i++)
        if (bind->handles.items[i].type && bind->handles.items[i].object == object)
            end(bind, i);
}

/* The one that was made last; 0 where there is none. */
static uint32_t find_youngest(const handles *h)
{
    uint32_t youngest = 0;
    for (uint32_t i = 1; i < h->len; i++)
        if (h->items[i].type && (!youngest || h->items[i].born > h->items[youngest].born))
            youngest = i;
    return youngest;
}

void handles_deinit(wisp_bind *bind)
{
    handles *h = &bind->handles;
    for (uint32_t slot; (slot = find_youngest(h));) {
        const handle was = end(bind, slot);
        if (was.is_new && was.type->release)
            was.type->release(was.object);
    }
    wisp_free(bind->allocator, h->items, h->room * sizeof *h->items);
    *h = (handles){.len = 0};
}
