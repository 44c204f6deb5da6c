#include "host/version/windows.h"

#include <string.h>

#include "base/memory.h"
#include "host/guest.h"

/* ------------------------------------------------------------------ making one */

static bool may_open(const wisp_version *version, size_t size)
{
    const wisp_guest_config *config = &version->guest->config;
    const wisp_windows *windows = &version->windows;
    wisp_loose_regions loose = wisp_regions_loose(version->guest);
    uint64_t used = windows->size + loose.size;
    return windows->len + loose.len < config->regions_max && used <= config->region_bytes_max &&
           size <= config->region_bytes_max - used;
}

/* A window without a place yet; NULL if it is refused. */
static wisp_window *open(wisp_version *version, size_t size)
{
    wisp_host *host = version->guest->host;
    wisp_windows *windows = &version->windows;
    wisp_region *region;
    if (!may_open(version, size) ||
        !wisp_array_reserve(host->allocator, &windows->items, &windows->capacity,
                            windows->len + 1, sizeof *windows->items) ||
        wisp_region_new(host, size, &region, NULL) != WISP_OK)
        return NULL;
    windows->size += size;
    wisp_window *window = &windows->items[windows->len++];
    *window = (wisp_window){.region = region};
    return window;
}

/* ------------------------------------------------------------------ in linear memory */

/* All that the module gives away for [size] bytes. */
static uint64_t whole_pages(uint64_t size)
{
    return (size + WISP_WINDOW_UNIT - 1) / WISP_WINDOW_UNIT * WISP_WINDOW_UNIT;
}

static bool is_free(const wisp_windows *windows, uint64_t address, size_t size)
{
    for (size_t i = 0; i < windows->len; i++) {
        const wisp_window *it = &windows->items[i];
        if (address < it->address + whole_pages(it->region->size) &&
            it->address < address + whole_pages(size))
            return false;
    }
    return true;
}

static bool map(const wisp_version *version, const wisp_window *window)
{
    const wisp_region *region = window->region;
    if (!region->is_shared || version->tape)
        return false;
    wisp_mapping mapping = {.fd = region->shared.fd, .size = region->shared.size};
    return wisp_memory_map(version->wasm.exports.memory, window->address, &mapping, NULL) ==
           WISP_OK;
}

static wisp_status unmap(const wisp_version *version, const wisp_window *window, wisp_error *err)
{
    return wisp_memory_unmap(version->wasm.exports.memory, window->address,
                             window->region->shared.size, err);
}

bool wisp_windows_open(wisp_version *version, uint64_t address, size_t size)
{
    bool is_place = address > 0 && address % WISP_WINDOW_UNIT == 0 &&
                    wisp_memory_at(version->wasm.exports.memory, address, size) &&
                    is_free(&version->windows, address, size);
    wisp_window *window = is_place ? open(version, size) : NULL;
    if (!window)
        return false;
    window->address = address;
    window->is_shared = map(version, window);
    return true;
}

wisp_status wisp_windows_unshare(wisp_version *version, wisp_error *err)
{
    wisp_status status = WISP_OK;
    for (size_t i = 0; i < version->windows.len && status == WISP_OK; i++) {
        wisp_window *it = &version->windows.items[i];
        if (!it->is_shared)
            continue;
        status = unmap(version, it, err);
        if (status != WISP_OK)
            break;
        it->is_shared = false;
        memcpy(wisp_memory_at(version->wasm.exports.memory, it->address, it->region->size),
               it->region->data, it->region->size);
    }
    return status;
}

/* ------------------------------------------------------------------ in native modules */

void *wisp_windows_open_native(wisp_version *version, size_t size)
{
    wisp_window *window = open(version, size);
    if (!window)
        return NULL;
    window->address = (uintptr_t)window->region->data;
    window->is_shared = true;
    return window->region->data;
}

/* ------------------------------------------------------------------ all of them */

wisp_window *wisp_windows_find(const wisp_windows *windows, uint64_t address)
{
    for (size_t i = 0; i < windows->len; i++)
        if (windows->items[i].address == address)
            return &windows->items[i];
    return NULL;
}

wisp_status wisp_windows_close(wisp_version *version, uint64_t address, bool *is_closed,
                               wisp_error *err)
{
    wisp_windows *windows = &version->windows;
    wisp_window *window = wisp_windows_find(windows, address);
    *is_closed = window != NULL;
    if (!window)
        return WISP_OK;
    if (window->is_shared && !version->source.native) {
        wisp_status status = unmap(version, window, err);
        if (status != WISP_OK)
            return status;
    }
    wisp_region *region = window->region;
    windows->size -= region->size;
    *window = windows->items[--windows->len];
    wisp_region_let_go(region, version->guest);
    return WISP_OK;
}

void wisp_windows_deinit(wisp_version *version)
{
    wisp_windows *windows = &version->windows;
    for (size_t i = 0; i < windows->len; i++)
        wisp_region_let_go(windows->items[i].region, version->guest);
    wisp_free(version->guest->host->allocator, windows->items,
              windows->capacity * sizeof *windows->items);
    *windows = (wisp_windows){0};
}
