#include "os/pages.h"
#include "wasm/runtime.h"

/* Files mapped over parts of a linear memory. */

size_t wisp_memory_map_unit(void)
{
    return wisp_pages_unit();
}

/* The range is inside what the memory has, so that growing it never meets a file. */
static wisp_status check_range(const wisp_memory *memory, uint64_t address, uint64_t size,
                               wisp_error *err)
{
    size_t unit = wisp_pages_unit();
    if (wisp_memory_is_shared(memory) || !memory->block.reserved)
        return wisp_fail(err, WISP_UNSUPPORTED,
                         "files are mapped into address space that is "
                         "reserved and not shared");
    if (size == 0 || address % unit != 0 || size % unit != 0)
        return wisp_fail(err, WISP_INVALID,
                         "%llu bytes at address %llu, expected whole units of %zu",
                         (unsigned long long)size, (unsigned long long)address, unit);
    if (!wisp_range_fits(address, size, memory->block.size))
        return wisp_fail(err, WISP_LIMIT, "%llu bytes at address %llu, the memory has %zu",
                         (unsigned long long)size, (unsigned long long)address,
                         memory->block.size);
    return WISP_OK;
}

static wisp_status check_file(const wisp_mapping *mapping, wisp_error *err)
{
    if (mapping->offset % wisp_pages_unit() != 0 || mapping->offset > UINT64_MAX - mapping->size)
        return wisp_fail(err, WISP_INVALID, "byte %llu of a file, expected whole units of %zu",
                         (unsigned long long)mapping->offset, wisp_pages_unit());
    if (!wisp_pages_file_has(mapping->fd, mapping->offset + mapping->size))
        return wisp_fail(err, WISP_INVALID, "a file that has not %llu bytes at %llu",
                         (unsigned long long)mapping->size, (unsigned long long)mapping->offset);
    return WISP_OK;
}

wisp_status wisp_memory_map(wisp_memory *memory, uint64_t address, const wisp_mapping *mapping,
                            wisp_error *err)
{
    wisp_status status = check_range(memory, address, mapping->size, err);
    if (status == WISP_OK)
        status = check_file(mapping, err);
    if (status)
        return status;
    memory->block.has_files = true;
    if (!wisp_pages_map(memory->block.data + address, (size_t)mapping->size, mapping->fd,
                        mapping->offset, mapping->is_private))
        return wisp_fail(err, WISP_IO, "the system does not map the file");
    return WISP_OK;
}

wisp_status wisp_memory_unmap(wisp_memory *memory, uint64_t address, uint64_t size,
                              wisp_error *err)
{
    wisp_status status = check_range(memory, address, size, err);
    if (status == WISP_OK && !wisp_pages_clear(memory->block.data + address, (size_t)size))
        status = wisp_fail(err, WISP_IO, "the system does not take the file away");
    return status;
}
