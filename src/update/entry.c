#include "update/entry.h"

#include "base/text.h"
#include "release/offer.h"

#include <string.h>

bool wisp_hash_equal(const wisp_hash *a, const wisp_hash *b)
{
    return memcmp(a->bytes, b->bytes, sizeof a->bytes) == 0;
}

bool wisp_entry_is_set(const wisp_update_entry *entry)
{
    return entry->state != WISP_STATE_EMPTY;
}

uint64_t wisp_entry_size(const wisp_update_entry *entry)
{
    uint64_t size = 0;
    for (uint32_t i = 0; i < entry->module_len; i++)
        size += entry->modules[i].size;
    return size;
}

bool wisp_entry_has_module(const wisp_update_entry *entry, const wisp_hash *hash)
{
    for (uint32_t i = 0; i < entry->module_len; i++)
        if (wisp_hash_equal(&entry->modules[i].hash, hash))
            return true;
    return false;
}

bool wisp_set_hash(const wisp_update_module *modules, size_t len, wisp_hash *out)
{
    wisp_offer_module same[WISP_MODULES_MAX] = {0};
    for (size_t i = 0; i < len; i++) {
        same[i].name = modules[i].name;
        same[i].hash = modules[i].hash;
    }
    return wisp_offer_set_hash(same, len, out);
}

wisp_update_failure wisp_entry_failure(const wisp_update_entry *entry, int64_t at,
                                       const char *reason)
{
    wisp_update_failure failure = {.state = entry->state,
                                   .version = entry->version,
                                   .hash = entry->hash,
                                   .size = wisp_entry_size(entry),
                                   .attempts = entry->attempts,
                                   .since = at};
    wisp_text_copy(failure.reason, sizeof failure.reason, reason);
    return failure;
}
