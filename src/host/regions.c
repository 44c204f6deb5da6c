#include "host/regions.h"

#include "base/error.h"
#include "base/memory.h"
#include "host/guest.h"

/* Where the system shares no bytes, or has no more to share, the region is memory as any other.
 */
static bool fill(wisp_region *region, size_t size)
{
    region->is_shared = wisp_shared_bytes_open(&region->bytes, size);
    if (region->is_shared)
        return true;
    region->bytes = (wisp_shared_bytes){.size = size, .fd = -1};
    region->bytes.data = wisp_alloc(region->host->allocator, 1, size);
    return region->bytes.data != NULL;
}

wisp_status wisp_region_new(wisp_host *host, size_t size, wisp_region **out, wisp_error *err)
{
    if (size == 0 || size > UINT32_MAX)
        return wisp_fail(err, WISP_INVALID, "a region of %zu bytes, expected 1 to %u", size,
                         UINT32_MAX);
    wisp_region *region = wisp_alloc(host->allocator, 1, sizeof *region);
    if (!region)
        return wisp_fail_memory(err, sizeof *region);
    region->host = host;
    region->refs = 1;
    if (!fill(region, size)) {
        wisp_free(host->allocator, region, sizeof *region);
        return wisp_fail_memory(err, size);
    }
    *out = region;
    return WISP_OK;
}

void *wisp_region_data(wisp_region *region)
{
    return region->bytes.data;
}

size_t wisp_region_size(const wisp_region *region)
{
    return region->bytes.size;
}

void wisp_region_free(wisp_region *region)
{
    if (!region)
        return;
    wisp_host *host = region->host;
    wisp_mail_lock(&host->mail);
    bool is_last = --region->refs == 0;
    wisp_mail_unlock(&host->mail);
    if (!is_last)
        return;
    if (region->is_shared)
        wisp_shared_bytes_close(&region->bytes);
    else
        wisp_free(host->allocator, region->bytes.data, region->bytes.size);
    wisp_free(host->allocator, region, sizeof *region);
}
