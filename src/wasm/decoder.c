#include "wasm/decoder.h"

#include <string.h>

#include "wasm/constexpr.h"
#include "wasm/types.h"
#include "base/utf8.h"

uint64_t wisp_decode_offset(const wisp_decoder *d)
{
    return (uint64_t)(d->r.at - d->module->bytes.data);
}

wisp_status wisp_decode_malformed(wisp_decoder *d, const char *expected)
{
    return wisp_fail_at(d->err, WISP_MALFORMED, wisp_decode_offset(d),
                        "%s section at byte %llu: expected %s", d->section,
                        (unsigned long long)wisp_decode_offset(d), expected);
}

wisp_status wisp_decode_mismatch(wisp_decoder *d, const char *text)
{
    return wisp_fail_at(d->err, WISP_MISMATCH, wisp_decode_offset(d),
                        "%s section at byte %llu: %s", d->section,
                        (unsigned long long)wisp_decode_offset(d), text);
}

wisp_status wisp_decode_too_many(wisp_decoder *d, const char *what, uint64_t count, uint64_t max)
{
    return wisp_fail_at(d->err, WISP_LIMIT, wisp_decode_offset(d),
                        "%llu %s, at most %llu are allowed", (unsigned long long)count, what,
                        (unsigned long long)max);
}

wisp_status wisp_decode_use(wisp_decoder *d, uint32_t features)
{
    return wisp_features_use(&d->module->features, features, wisp_decode_offset(d), d->err);
}

wisp_status wisp_decode_u32(wisp_decoder *d, const char *expected, uint32_t *out)
{
    return wisp_read_leb_u32(&d->r, out) ? WISP_OK : wisp_decode_malformed(d, expected);
}

wisp_status wisp_decode_byte(wisp_decoder *d, const char *expected, uint8_t *out)
{
    return wisp_read_u8(&d->r, out) ? WISP_OK : wisp_decode_malformed(d, expected);
}

/* A number of [what] that follow, each of at least one byte. */
wisp_status wisp_decode_count(wisp_decoder *d, const char *what, uint32_t max, uint32_t *out)
{
    wisp_status status = wisp_decode_u32(d, "a count", out);
    if (status)
        return status;
    if (*out > wisp_reader_left(&d->r))
        return wisp_fail_at(d->err, WISP_MALFORMED, wisp_decode_offset(d),
                            "%s section at byte %llu: length out of bounds, %u %s in %zu bytes",
                            d->section, (unsigned long long)wisp_decode_offset(d), *out, what,
                            wisp_reader_left(&d->r));
    return *out > max ? wisp_decode_too_many(d, what, *out, max) : WISP_OK;
}

wisp_status wisp_decode_allocate(wisp_decoder *d, void *array, size_t count, size_t size)
{
    void *block = wisp_arena_alloc(&d->module->arena, count, size);
    if (!block)
        return wisp_fail_memory(d->err, count * size);
    memcpy(array, &block, sizeof block);
    return WISP_OK;
}

/* Makes room for [more] items behind the [count] at *[array]. */
wisp_status wisp_decode_extend(wisp_decoder *d, void *array, uint32_t count, uint32_t more,
                               size_t size)
{
    void *old, *block = NULL;
    memcpy(&old, array, sizeof old);
    wisp_status status = wisp_decode_allocate(d, &block, (size_t)count + more, size);
    if (status)
        return status;
    if (count)
        memcpy(block, old, count * size);
    memcpy(array, &block, sizeof block);
    return WISP_OK;
}

wisp_status wisp_decode_name(wisp_decoder *d, wisp_bytes *out)
{
    uint32_t size;
    wisp_status status = wisp_decode_u32(d, "the size of a name", &size);
    if (status)
        return status;
    if (!wisp_read_bytes(&d->r, size, &out->data))
        return wisp_decode_malformed(d, "a name, found the section's end");
    out->size = size;
    if (!wisp_utf8_is_valid(*out))
        return wisp_decode_malformed(d, "a name in UTF-8, found malformed UTF-8 encoding");
    return WISP_OK;
}

wisp_status wisp_decode_keep_name(wisp_decoder *d, wisp_bytes name, wisp_text *out)
{
    out->text = wisp_arena_text(&d->module->arena, name.data, name.size);
    out->size = (uint32_t)name.size;
    return out->text ? WISP_OK : wisp_fail_memory(d->err, name.size + 1);
}

wisp_status wisp_decode_valtype(wisp_decoder *d, wisp_valtype *out)
{
    uint64_t offset = wisp_decode_offset(d);
    wisp_status status = wisp_valtype_read(d->module, &d->r, out, d->err);
    if (status)
        return status;
    return wisp_features_use(&d->module->features, wisp_valtype_feature(*out), offset, d->err);
}

wisp_status wisp_decode_reftype(wisp_decoder *d, wisp_valtype *out)
{
    wisp_status status = wisp_decode_valtype(d, out);
    if (status)
        return status;
    return wisp_valtype_is_ref(*out) ? WISP_OK : wisp_decode_malformed(d, "a reference type");
}

/* What the byte in front of limits says (Spec 5.3.9, 5.3.10). */
enum { LIMITS_HAVE_MAX = 1, LIMITS_ARE_SHARED = 2, LIMITS_ARE_64 = 4, LIMITS_HAVE_PAGE_SIZE = 8 };

/* The flags of limits, of which [known] make sense. */
static wisp_status read_flags(wisp_decoder *d, uint8_t known, uint8_t *out)
{
    wisp_status status = wisp_decode_byte(d, "limits", out);
    if (status)
        return status;
    if (*out & ~known)
        return wisp_decode_malformed(d, "limits of another kind (malformed limits flags)");
    return wisp_decode_use(d, (*out & LIMITS_ARE_64 ? WISP_FEATURE_MEMORY64 : 0u) |
                                  (*out & LIMITS_ARE_SHARED ? WISP_FEATURE_THREADS : 0u));
}

static wisp_status read_bound(wisp_decoder *d, bool is_64, const char *expected, uint64_t *out)
{
    if (is_64)
        return wisp_read_leb_u64(&d->r, out) ? WISP_OK : wisp_decode_malformed(d, expected);
    uint32_t value = 0;
    wisp_status status = wisp_decode_u32(d, expected, &value);
    *out = value;
    return status;
}

/* The bounds behind [flags]. */
static wisp_status read_bounds(wisp_decoder *d, uint8_t flags, wisp_limits *out)
{
    out->max = UINT64_MAX;
    wisp_status status = read_bound(d, flags & LIMITS_ARE_64, "a minimum", &out->min);
    if (status == WISP_OK && flags & LIMITS_HAVE_MAX)
        status = read_bound(d, flags & LIMITS_ARE_64, "a maximum", &out->max);
    if (status)
        return status;
    if (out->max < out->min)
        return wisp_decode_mismatch(d, "size minimum must not be greater than maximum");
    return WISP_OK;
}

wisp_status wisp_decode_table_type(wisp_decoder *d, wisp_table_type *out)
{
    uint8_t flags = 0;
    wisp_status status = wisp_decode_reftype(d, &out->element);
    if (status == WISP_OK)
        status = read_flags(d, LIMITS_HAVE_MAX | LIMITS_ARE_64, &flags);
    if (status)
        return status;
    out->is_64 = flags & LIMITS_ARE_64;
    return read_bounds(d, flags, &out->limits);
}

/* The size as its logarithm; only 1 and 65536 are valid. */
static wisp_status read_page_size(wisp_decoder *d, uint32_t *out)
{
    uint32_t log2 = 0;
    wisp_status status = wisp_decode_use(d, WISP_FEATURE_CUSTOM_PAGE_SIZES);
    if (status == WISP_OK)
        status = wisp_decode_u32(d, "a page size", &log2);
    if (status)
        return status;
    if (log2 >= 64)
        return wisp_decode_malformed(d, "a page size below 2^64 (invalid custom page size)");
    if (log2 != 0 && log2 != 16)
        return wisp_decode_mismatch(d, "invalid custom page size, expected 1 or 65536 bytes");
    *out = (uint32_t)1 << log2;
    return WISP_OK;
}

static wisp_status check_pages(wisp_decoder *d, const wisp_memory_type *type)
{
    if (type->is_shared && type->limits.max == UINT64_MAX)
        return wisp_decode_mismatch(d, "shared memory must have maximum");
    uint64_t max = wisp_memory_pages_max(type->is_64, type->page_size);
    bool is_bounded = type->limits.max != UINT64_MAX;
    if (type->limits.min <= max && (!is_bounded || type->limits.max <= max))
        return WISP_OK;
    return wisp_fail_at(d->err, WISP_MISMATCH, wisp_decode_offset(d),
                        "memory size must be at most %llu pages, found %llu",
                        (unsigned long long)max,
                        (unsigned long long)(is_bounded ? type->limits.max : type->limits.min));
}

wisp_status wisp_decode_memory_type(wisp_decoder *d, wisp_memory_type *out)
{
    uint8_t flags = 0;
    wisp_status status = read_flags(
        d, LIMITS_HAVE_MAX | LIMITS_ARE_SHARED | LIMITS_ARE_64 | LIMITS_HAVE_PAGE_SIZE, &flags);
    if (status == WISP_OK)
        status = read_bounds(d, flags, &out->limits);
    out->is_64 = flags & LIMITS_ARE_64;
    out->is_shared = flags & LIMITS_ARE_SHARED;
    out->page_size = WISP_PAGE_SIZE;
    if (status == WISP_OK && flags & LIMITS_HAVE_PAGE_SIZE)
        status = read_page_size(d, &out->page_size);
    return status ? status : check_pages(d, out);
}

wisp_status wisp_decode_global_type(wisp_decoder *d, wisp_module_global *out)
{
    uint8_t is_mutable = 0;
    wisp_status status = wisp_decode_valtype(d, &out->type);
    if (status == WISP_OK)
        status = wisp_decode_byte(d, "a mutability", &is_mutable);
    if (status)
        return status;
    out->is_mutable = is_mutable == 1;
    return is_mutable <= 1 ? WISP_OK
                           : wisp_decode_malformed(d, "mutability 0 or 1 (malformed mutability)");
}

wisp_status wisp_decode_type_index(wisp_decoder *d, uint32_t *out)
{
    wisp_status status = wisp_decode_u32(d, "a type index", out);
    if (status)
        return status;
    if (*out >= d->module->type_count)
        return wisp_decode_mismatch(d, "unknown type");
    *out = d->module->first_equal[*out];
    return WISP_OK;
}

wisp_status wisp_decode_tag_type(wisp_decoder *d, uint32_t *out)
{
    uint8_t attribute = 0;
    wisp_status status = wisp_decode_use(d, WISP_FEATURE_EXCEPTIONS);
    if (status == WISP_OK)
        status = wisp_decode_byte(d, "a tag", &attribute);
    if (status == WISP_OK && attribute != 0)
        status = wisp_decode_malformed(d, "attribute 0 of a tag (malformed tag attribute)");
    if (status == WISP_OK)
        status = wisp_decode_type_index(d, out);
    if (status == WISP_OK && d->module->types[*out].result_count)
        status = wisp_decode_mismatch(d, "non-empty tag result type");
    return status;
}

wisp_status wisp_decode_function_index(wisp_decoder *d, uint32_t *out)
{
    wisp_status status = wisp_decode_u32(d, "a function index", out);
    if (status)
        return status;
    return *out < d->module->function_count ? WISP_OK
                                            : wisp_decode_mismatch(d, "unknown function");
}

wisp_status wisp_decode_constant(wisp_decoder *d, wisp_valtype type, uint32_t globals,
                                 wisp_span *out)
{
    return wisp_constant_check(d->module, &d->r, type, globals, out, d->err);
}

wisp_status wisp_decode_check_memory_count(wisp_decoder *d, uint64_t count)
{
    if (count > WISP_MEMORIES_MAX)
        return wisp_decode_too_many(d, "memories", count, WISP_MEMORIES_MAX);
    return wisp_decode_use(d, count > 1 ? WISP_FEATURE_MULTI_MEMORY : 0);
}

wisp_status wisp_decode_check_table_count(wisp_decoder *d, uint64_t count)
{
    if (count > WISP_TABLES_MAX)
        return wisp_decode_too_many(d, "tables", count, WISP_TABLES_MAX);
    return wisp_decode_use(d, count > 1 ? WISP_FEATURE_REFERENCE_TYPES : 0);
}
