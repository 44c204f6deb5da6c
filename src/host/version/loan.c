#include "host/version/loan.h"

#include <string.h>

#include "base/error.h"
#include "host/mail/region.h"
#include "host/version/wasm_version.h"

static const char *name_of(const wisp_entry *entry)
{
    return entry->kind == WISP_ENTRY_RESTORE ? "state" : wisp_entry_kind_name(entry->kind);
}

/* ------------------------------------------------------------------ a buffer of the module's */

static wisp_status ask(wisp_version *version, const wisp_entry *entry, size_t size,
                       uint32_t *address, wisp_error *err)
{
    int32_t at = 0;
    wisp_func *buffer = version->wasm.exports.funcs[WISP_FUNC_BUFFER];
    if (!buffer)
        return wisp_fail(err, WISP_LIMIT, "the module exports no 'wisp_buffer' to take a %s",
                         name_of(entry));
    if (size > INT32_MAX)
        return wisp_fail(err, WISP_LIMIT, "no module can take a %s of %zu bytes", name_of(entry),
                         size);
    wisp_value arg = wisp_i32((int32_t)size);
    wisp_status status = wisp_wasm_call(version, buffer, &arg, 1, &at, err);
    *address = (uint32_t)at;
    if (status == WISP_OK && at == 0)
        return wisp_fail(err, WISP_LIMIT, "the module has no room for a %s of %zu bytes",
                         name_of(entry), size);
    return status;
}

/* Where the module says that [size] bytes may be written. */
static wisp_status find_room(wisp_version *version, const wisp_entry *entry, size_t size,
                             uint32_t *address, wisp_error *err)
{
    wisp_status status = ask(version, entry, size, address, err);
    if (status != WISP_OK || wisp_memory_at(version->wasm.exports.memory, *address, size))
        return status;
    return wisp_fail(err, WISP_MISMATCH,
                     "wisp_buffer gave address %u, where %zu bytes are outside the memory",
                     *address, size);
}

static uint8_t *bytes_at(const wisp_loan *loan, const wisp_version *version,
                         const wisp_entry *entry)
{
    return wisp_memory_at(version->wasm.exports.memory, loan->address, entry->bytes.size);
}

/* All that is not mapped. */
static void copy_rest(const wisp_loan *loan, const wisp_version *version, const wisp_entry *entry)
{
    uint8_t *into = bytes_at(loan, version, entry);
    memcpy(into + loan->mapped_size, entry->bytes.data + loan->mapped_size,
           entry->bytes.size - loan->mapped_size);
}

/* ------------------------------------------------------------------ mapping */

static bool is_worth_mapping(const wisp_entry *entry)
{
    return entry->region && entry->region->is_shared &&
           entry->bytes.size >= WISP_REGION_MAPPED_MIN && wisp_memory_map_unit() > 0;
}

/* Whole pages of it, as what follows in the last one is not for the module to see. */
static void map(wisp_loan *loan, const wisp_version *version, const wisp_entry *entry)
{
    size_t unit = wisp_memory_map_unit();
    wisp_mapping mapping = {.fd = entry->region->shared.fd,
                            .size = entry->bytes.size / unit * unit,
                            .is_private = true};
    if (wisp_memory_map(version->wasm.exports.memory, loan->address, &mapping, NULL) == WISP_OK)
        loan->mapped_size = (size_t)mapping.size;
}

/* Asks for so much more room that whole pages lie in it. */
static wisp_status find_pages(wisp_loan *loan, wisp_version *version, const wisp_entry *entry,
                              wisp_error *err)
{
    size_t more = wisp_memory_map_unit() - 1;
    wisp_status status = find_room(version, entry, entry->bytes.size + more, &loan->address, err);
    if (status == WISP_OK)
        loan->address = (uint32_t)(((uint64_t)loan->address + more) & ~(uint64_t)more);
    return status;
}

/* ------------------------------------------------------------------ the two ends of it */

wisp_status wisp_loan_begin(wisp_loan *loan, wisp_version *version, const wisp_entry *entry,
                            wisp_error *err)
{
    *loan = (wisp_loan){0};
    bool can_map = is_worth_mapping(entry);
    wisp_status status = can_map ? find_pages(loan, version, entry, err) : WISP_LIMIT;
    if (can_map && status == WISP_OK)
        map(loan, version, entry);
    if (status == WISP_LIMIT)
        status = find_room(version, entry, entry->bytes.size, &loan->address, err);
    if (status == WISP_OK)
        copy_rest(loan, version, entry);
    return status;
}

wisp_status wisp_loan_end(const wisp_loan *loan, wisp_version *version, const wisp_entry *entry,
                          wisp_status status, wisp_error *err)
{
    if (entry->changed && status == WISP_OK)
        memcpy(entry->changed, bytes_at(loan, version, entry), entry->bytes.size);
    wisp_error why;
    if (loan->mapped_size == 0 || wisp_memory_unmap(version->wasm.exports.memory, loan->address,
                                                    loan->mapped_size, &why) == WISP_OK)
        return status;
    return status != WISP_OK ? status : wisp_fail(err, why.status, "%s", why.text);
}
