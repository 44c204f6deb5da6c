#include "wasi/call.h"

#include "wasi/wasi.h"
#include "base/utf8.h"

#include <string.h>

enum { SLICES_GIVEN_MAX = 1024 };

wisp_wasi_errno wisp_wasi_put_u32(const wisp_wasi_call *c, uint32_t address, uint32_t value)
{
    uint8_t *at = wisp_wasi_at(c, address, sizeof value);
    if (!at)
        return WISP_WASI_EFAULT;
    wisp_wasi_store(at, sizeof value, value);
    return WISP_WASI_SUCCESS;
}

wisp_wasi_errno wisp_wasi_put_u64(const wisp_wasi_call *c, uint32_t address, uint64_t value)
{
    uint8_t *at = wisp_wasi_at(c, address, sizeof value);
    if (!at)
        return WISP_WASI_EFAULT;
    wisp_wasi_store(at, sizeof value, value);
    return WISP_WASI_SUCCESS;
}

wisp_wasi_errno wisp_wasi_take_path(const wisp_wasi_call *c, uint32_t address, uint32_t size,
                                    char out[WISP_BENEATH_PATH_MAX])
{
    const uint8_t *path = wisp_wasi_at(c, address, size);
    if (!path)
        return WISP_WASI_EFAULT;
    if (size >= WISP_BENEATH_PATH_MAX)
        return WISP_WASI_ENAMETOOLONG;
    memcpy(out, path, size); /* first, since another thread may write there */
    out[size] = '\0';
    if (strlen(out) != size)
        return WISP_WASI_EINVAL;
    wisp_bytes bytes = {(const uint8_t *)out, size};
    return wisp_utf8_is_valid(bytes) ? WISP_WASI_SUCCESS : WISP_WASI_EILSEQ;
}

wisp_wasi_errno wisp_wasi_take_slices(const wisp_wasi_call *c, uint32_t address, uint32_t count,
                                      wisp_os_file_slice slices[WISP_FILE_SLICES_MAX],
                                      size_t *len)
{
    if (count > SLICES_GIVEN_MAX)
        return WISP_WASI_EINVAL;
    const uint8_t *pairs = wisp_wasi_at(c, address, (uint64_t)count * WISP_WASI_IOVEC_SIZE);
    if (!pairs)
        return WISP_WASI_EFAULT;
    *len = 0;
    for (uint32_t i = 0; i < count && *len < WISP_FILE_SLICES_MAX; i++) {
        const uint8_t *pair = pairs + (size_t)i * WISP_WASI_IOVEC_SIZE;
        uint64_t size = wisp_wasi_load(pair + 4, 4);
        uint8_t *data = wisp_wasi_at(c, wisp_wasi_load(pair, 4), size);
        if (!data)
            return WISP_WASI_EFAULT;
        if (size > 0)
            slices[(*len)++] = (wisp_os_file_slice){data, (size_t)size};
    }
    return WISP_WASI_SUCCESS;
}

wisp_wasi_errno wisp_wasi_hold(wisp_wasi_call *c, uint32_t fd, uint64_t rights,
                               wisp_wasi_descriptor **out)
{
    wisp_wasi_descriptor *d = wisp_wasi_table_take(&c->wasi->table, fd);
    if (!d)
        return WISP_WASI_EBADF;
    c->held[c->held_count++] = *out = d;
    uint64_t missing = rights & ~atomic_load(&d->rights);
    if (missing & (WISP_WASI_RIGHT_FD_READ | WISP_WASI_RIGHT_FD_WRITE))
        return WISP_WASI_EBADF;
    return missing ? WISP_WASI_ENOTCAPABLE : WISP_WASI_SUCCESS;
}

wisp_wasi_errno wisp_wasi_hold_dir(wisp_wasi_call *c, uint32_t fd, uint64_t rights,
                                   wisp_wasi_descriptor **out)
{
    wisp_wasi_errno result = wisp_wasi_hold(c, fd, 0, out);
    if (result)
        return result;
    if ((*out)->type != WISP_WASI_DIRECTORY)
        return WISP_WASI_ENOTDIR;
    return rights & ~atomic_load(&(*out)->rights) ? WISP_WASI_ENOTCAPABLE : WISP_WASI_SUCCESS;
}

bool wisp_wasi_must_stop(const wisp_wasi_call *c)
{
    return wisp_store_is_interrupted(c->store) || wisp_store_is_overdue(c->store) ||
           wisp_wasi_has_exited(c->wasi);
}
