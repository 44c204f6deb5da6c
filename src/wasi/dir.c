#include "wasi/wasi.h"

#include <string.h>

/* Listing directories. The cookie of an entry is the number of the one after it. */

/* Writes as much of [entry] as fits into [left] bytes at [at]; returns how much that is. A module
 * sees from a buffer that is full that the last entry in it may have been cut. */
static size_t put_entry(uint8_t *at, size_t left, const wisp_listing_entry *entry,
                        uint64_t cookie)
{
    uint8_t header[WISP_WASI_DIRENT_SIZE] = {0};
    size_t len = strlen(entry->name);
    wisp_wasi_store(header, 8, cookie);
    wisp_wasi_store(header + 8, 8, entry->inode);
    wisp_wasi_store(header + 16, 4, len);
    wisp_wasi_store(header + 20, 1, wisp_wasi_filetype_of(entry->kind));
    size_t head = left < sizeof header ? left : sizeof header;
    size_t body = left - head < len ? left - head : len;
    memcpy(at, header, head);
    memcpy(at + head, entry->name, body);
    return head + body;
}

static int fill(wisp_wasi_descriptor *d, uint8_t *buffer, size_t size, uint64_t cookie,
                size_t *used)
{
    int result = d->listing.dir ? 1 : wisp_listing_open(d->fd, &d->listing);
    *used = 0;
    while (result >= 0 && *used < size) {
        wisp_listing_entry entry;
        result = wisp_listing_read(&d->listing, cookie, &entry);
        if (result <= 0)
            break;
        *used += put_entry(buffer + *used, size - *used, &entry, ++cookie);
    }
    return result;
}

wisp_wasi_errno wisp_wasi_fd_readdir(wisp_wasi_call *c)
{
    wisp_wasi_descriptor *d;
    uint32_t size = wisp_wasi_u32(c, 2);
    size_t used;
    wisp_wasi_errno result =
        wisp_wasi_hold_dir(c, wisp_wasi_u32(c, 0), WISP_WASI_RIGHT_FD_READDIR, &d);
    if (result)
        return result;
    uint8_t *buffer = wisp_wasi_at(c, wisp_wasi_u32(c, 1), size);
    if (!buffer || !wisp_wasi_at(c, wisp_wasi_u32(c, 4), 4))
        return WISP_WASI_EFAULT;
    pthread_mutex_lock(&d->lock);
    result = wisp_wasi_errno_of(fill(d, buffer, size, wisp_wasi_u64(c, 3), &used));
    pthread_mutex_unlock(&d->lock);
    return result ? result : wisp_wasi_put_u32(c, wisp_wasi_u32(c, 4), (uint32_t)used);
}
