#include "patch/grants.h"

#include <errno.h>
#include <string.h>

void wisp_patch_grants_deinit(wisp_patch_grants *grants)
{
    wisp_free(grants->allocator, grants->ranges, grants->capacity * sizeof *grants->ranges);
    *grants = (wisp_patch_grants){.allocator = grants->allocator};
}

/* How many of [ranges] end before [address]. */
static uint32_t count_before(const wisp_patch_range *ranges, uint32_t len, uint64_t address)
{
    uint32_t low = 0;
    while (len) {
        uint32_t half = len / 2;
        if (ranges[low + half].end < address) {
            low += half + 1;
            len -= half + 1;
        } else {
            len = half;
        }
    }
    return low;
}

static bool reserve(wisp_patch_grants *grants, uint32_t len)
{
    if (len <= grants->capacity)
        return true;
    int error = errno;
    bool is_there = wisp_array_reserve(grants->allocator, &grants->ranges, &grants->capacity, len,
                                       sizeof *grants->ranges);
    errno = error;
    return is_there;
}

/* Puts [range] in the place of the [count] ranges at [at]. */
static bool replace(wisp_patch_grants *grants, uint32_t at, uint32_t count,
                    wisp_patch_range range)
{
    uint32_t len = grants->len - count + 1, behind = grants->len - at - count;
    if (len > WISP_PATCH_RANGES_MAX || !reserve(grants, len))
        return false;
    if (behind) /* which is rare, and a call for nothing costs as much as the rest */
        memmove(grants->ranges + at + 1, grants->ranges + at + count,
                behind * sizeof *grants->ranges);
    grants->ranges[at] = range;
    grants->len = len;
    return true;
}

bool wisp_patch_grants_add(wisp_patch_grants *grants, uint32_t first, uint64_t address,
                           uint64_t size)
{
    if (address == 0 || size == 0 || size > UINT64_MAX - address)
        return true;
    wisp_patch_range range = {address, address + size};
    uint32_t at = first + (grants->len == first ? 0
                                                : count_before(grants->ranges + first,
                                                               grants->len - first, address));
    uint32_t end = at;
    for (; end < grants->len && grants->ranges[end].start <= range.end; end++) {
        if (grants->ranges[end].start < range.start)
            range.start = grants->ranges[end].start;
        if (grants->ranges[end].end > range.end)
            range.end = grants->ranges[end].end;
    }
    return replace(grants, at, end - at, range);
}

bool wisp_patch_ranges_have(const wisp_patch_range *ranges, uint32_t len, uint64_t address,
                            uint64_t size)
{
    uint64_t last = address + size;
    uint32_t at = count_before(ranges, len, last);
    return last >= address && at < len && ranges[at].start <= address && last <= ranges[at].end;
}
