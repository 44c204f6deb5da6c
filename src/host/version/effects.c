#include "host/version/effects.h"

#include <string.h>

#include "base/memory.h"
#include "host/guest.h"

/* More than this is given back after the entry that has needed it. */
enum { KEPT_SIZE = 64 << 10, FIRST_SIZE = 1024, FIRST_LEN = 8 };

bool wisp_effects_init(wisp_effects *effects, const wisp_allocator *allocator)
{
    return wisp_array_reserve(allocator, &effects->items, &effects->capacity, FIRST_LEN,
                              sizeof *effects->items) &&
           wisp_array_reserve(allocator, &effects->bytes, &effects->byte_capacity, FIRST_SIZE, 1);
}

static wisp_effect *add(wisp_effects *effects, const wisp_allocator *allocator)
{
    if (!wisp_array_reserve(allocator, &effects->items, &effects->capacity, effects->len + 1,
                            sizeof *effects->items))
        return NULL;
    wisp_effect *item = &effects->items[effects->len++];
    *item = (wisp_effect){0};
    return item;
}

bool wisp_effects_add(wisp_effects *effects, const wisp_allocator *allocator,
                      const wisp_effect_ops *ops, void *object)
{
    wisp_effect *item = add(effects, allocator);
    if (item)
        *item = (wisp_effect){.ops = ops, .object = object};
    return item != NULL;
}

wisp_status wisp_effects_send(wisp_effects *effects, const wisp_allocator *allocator,
                              uint64_t size_max, uint32_t channel, wisp_bytes bytes)
{
    uint64_t held = effects->size + (effects->len + 1) * sizeof *effects->items;
    if (held > size_max || bytes.size > size_max - held)
        return WISP_LIMIT;
    if (!wisp_array_reserve(allocator, &effects->bytes, &effects->byte_capacity,
                            effects->size + bytes.size, 1))
        return WISP_NO_MEMORY;
    wisp_effect *item = add(effects, allocator);
    if (!item)
        return WISP_NO_MEMORY;
    item->channel = channel;
    item->offset = effects->size;
    item->size = bytes.size;
    if (bytes.size > 0)
        memcpy(effects->bytes + effects->size, bytes.data, bytes.size);
    effects->size += bytes.size;
    return WISP_OK;
}

/* Gives back all but the first room, if it can be had: else it stays as it is. */
static void shrink(wisp_effects *effects, const wisp_allocator *allocator)
{
    wisp_effects small = {0};
    if (wisp_effects_init(&small, allocator)) {
        wisp_effects_deinit(effects, allocator);
        *effects = small;
    } else {
        wisp_effects_deinit(&small, allocator);
    }
}

/* There are none any more. */
static void clear(wisp_effects *effects, const wisp_allocator *allocator)
{
    effects->len = 0;
    effects->size = 0;
    if (effects->byte_capacity + effects->capacity * sizeof *effects->items > KEPT_SIZE)
        shrink(effects, allocator);
}

static void send(const wisp_effects *effects, const wisp_effect *item, wisp_guest *guest)
{
    wisp_bytes bytes = {item->size > 0 ? effects->bytes + item->offset : NULL, item->size};
    guest->counts.messages_out++;
    if (guest->config.on_message)
        guest->config.on_message(guest->config.user, guest, item->channel, bytes);
}

void wisp_effects_release(wisp_effects *effects, wisp_guest *guest)
{
    if (effects->len == 0)
        return;
    for (size_t i = 0; i < effects->len; i++) {
        const wisp_effect *item = &effects->items[i];
        if (item->ops)
            item->ops->release(guest, item->object);
        else
            send(effects, item, guest);
    }
    clear(effects, guest->host->allocator);
}

void wisp_effects_drop(wisp_effects *effects, wisp_guest *guest)
{
    if (effects->len == 0)
        return;
    for (size_t i = 0; i < effects->len; i++)
        if (effects->items[i].ops)
            effects->items[i].ops->drop(guest, effects->items[i].object);
    clear(effects, guest->host->allocator);
}

void wisp_effects_deinit(wisp_effects *effects, const wisp_allocator *allocator)
{
    wisp_free(allocator, effects->items, effects->capacity * sizeof *effects->items);
    wisp_free(allocator, effects->bytes, effects->byte_capacity);
    *effects = (wisp_effects){0};
}
