#include "parts.h"

#include <stdlib.h>
#include <string.h>

/* Buffers that events carry. */

wisp_status model_region_new(model *m, size_t size, model_region **out)
{
    if (size == 0)
        return WISP_INVALID;
    if (size > MODEL_REGION_BYTES - m->region_bytes)
        return WISP_LIMIT;
    model_region *region = calloc(1, sizeof *region);
    assert_non_null(region);
    region->bytes = calloc(1, size);
    assert_non_null(region->bytes);
    region->size = size;
    region->refs = 1;
    m->region_bytes += size;
    *out = region;
    return WISP_OK;
}

void model_region_hold(model_region *region)
{
    if (region)
        region->refs++;
}

void model_region_leave(model *m, model_guest *g, model_region *region)
{
    if (!region)
        return;
    region->maker = g->id;
    g->loose++;
    g->loose_bytes += region->size;
    model_region_free(m, region);
}

void model_region_free(model *m, model_region *region)
{
    if (!region || --region->refs > 0)
        return;
    model_guest *maker = model_guest_find(m, region->maker);
    if (maker) {
        maker->loose--;
        maker->loose_bytes -= region->size;
    }
    m->region_bytes -= region->size;
    free(region->bytes);
    free(region);
}

bool model_region_is_lent(const model_region *region)
{
    return region->refs > 1;
}

model_entry model_sight_of(const model_envelope *envelope)
{
    model_entry entry = envelope->entry;
    const model_region *region = envelope->region;
    if (!region)
        return entry;
    memcpy(&entry.event, region->bytes, sizeof entry.event);
    entry.sum = puppet_sum(region->bytes, (uint32_t)envelope->size);
    entry.size = envelope->size;
    entry.changes = envelope->is_writable ? envelope->region : NULL;
    return entry;
}
