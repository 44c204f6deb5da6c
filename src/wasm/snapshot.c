#include "wasm/snapshot.h"

#include "base/checksum.h"
#include "os/pages.h"

wisp_snapshot *wisp_snapshot_new(const wisp_allocator *allocator, size_t size)
{
    wisp_snapshot *snapshot = NULL;
    if (size <= SIZE_MAX - sizeof *snapshot)
        snapshot = wisp_realloc(allocator, NULL, 0, sizeof *snapshot + size);
    if (!snapshot)
        return NULL;
    snapshot->allocator = allocator;
    snapshot->size = size;
    return snapshot;
}

void wisp_snapshot_free(wisp_snapshot *snapshot)
{
    if (snapshot)
        wisp_free(snapshot->allocator, snapshot, sizeof *snapshot + snapshot->size);
}

wisp_bytes wisp_snapshot_bytes(const wisp_snapshot *snapshot)
{
    return (wisp_bytes){snapshot->bytes, snapshot->size};
}

/* What follows the head has no meaning without the module: it is checked when it is used. */
static wisp_status check_head(wisp_bytes bytes, wisp_error *err)
{
    if (bytes.size < WISP_SNAPSHOT_HEAD_SIZE ||
        memcmp(bytes.data, WISP_SNAPSHOT_MAGIC, sizeof WISP_SNAPSHOT_MAGIC) != 0)
        return wisp_fail_at(err, WISP_MALFORMED, 0, "not a snapshot");
    uint32_t format = wisp_get_uint32_t(bytes.data + WISP_SNAPSHOT_FORMAT_AT);
    if (format != WISP_SNAPSHOT_FORMAT)
        return wisp_fail_at(err, WISP_UNSUPPORTED, WISP_SNAPSHOT_FORMAT_AT,
                            "a snapshot of format %u, expected %u", (unsigned)format,
                            (unsigned)WISP_SNAPSHOT_FORMAT);
    return WISP_OK;
}

wisp_status wisp_snapshot_read(const wisp_allocator *allocator, wisp_bytes bytes,
                               wisp_snapshot **out, wisp_error *err)
{
    wisp_status status = check_head(bytes, err);
    if (status)
        return status;
    wisp_snapshot *snapshot = wisp_snapshot_new(wisp_allocator_or_default(allocator), bytes.size);
    if (!snapshot)
        return wisp_fail_memory(err, bytes.size);
    memcpy(snapshot->bytes, bytes.data, bytes.size);
    *out = snapshot;
    return WISP_OK;
}

/* ------------------------------------------------------------------ granules */

/* From here on asking the system is faster than looking at pages that were never touched. */
enum { ASK_SIZE_MIN = 1 << 20 };

/* The system's pages may be larger than granules, and come first in [used]. */
static bool ask_system(const wisp_block *block, bool *used)
{
    size_t unit = wisp_pages_unit();
    if (block->size < ASK_SIZE_MIN || !block->reserved || block->has_files ||
        unit % WISP_GRANULE_SIZE != 0 || !wisp_pages_used(block->data, block->size, used))
        return false;
    for (size_t i = wisp_granules(block->size); i-- > 0;)
        used[i] = used[i / (unit / WISP_GRANULE_SIZE)];
    return true;
}

static bool is_zero(const uint8_t *bytes, size_t size)
{
    return bytes[0] == 0 && memcmp(bytes, bytes + 1, size - 1) == 0;
}

void wisp_granules_find_used(const wisp_block *block, bool *used)
{
    bool is_told = ask_system(block, used);
    for (size_t i = 0; i < wisp_granules(block->size); i++) {
        size_t at = i * WISP_GRANULE_SIZE, end = wisp_granule_end(i, block->size);
        used[i] = (!is_told || used[i]) && !is_zero(block->data + at, end - at);
    }
}

/* ------------------------------------------------------------------ which module */

/* Threads that come at the same time do the same. */
static void keep(wisp_module *module, uint64_t hash)
{
    __atomic_store_n(&module->hash[0], (uint32_t)hash, __ATOMIC_RELAXED);
    __atomic_store_n(&module->hash[1], (uint32_t)(hash >> 32), __ATOMIC_RELAXED);
    __atomic_store_n(&module->has_hash, 1, __ATOMIC_RELEASE);
}

uint64_t wisp_module_hash(const wisp_module *module)
{
    if (!__atomic_load_n(&module->has_hash, __ATOMIC_ACQUIRE))
        keep((wisp_module *)module, wisp_checksum(module->bytes));
    return __atomic_load_n(&module->hash[0], __ATOMIC_RELAXED) |
           (uint64_t)__atomic_load_n(&module->hash[1], __ATOMIC_RELAXED) << 32;
}
