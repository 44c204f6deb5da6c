#include "wasm/decoder.h"
#include "wasm/types.h"

/* Element and data segments (Spec 5.5.12, 5.5.14). */

/* The entries of a segment: function indices, or constant expressions. */
static wisp_status read_entries(wisp_decoder *d, wisp_element_segment *segment)
{
    wisp_status status = wisp_decode_count(d, "entries", WISP_ELEMENTS_MAX, &segment->count);
    const uint8_t *start = d->r.at;
    for (uint32_t i = 0; i < segment->count && status == WISP_OK; i++) {
        uint32_t index;
        wisp_span span;
        if (segment->is_expressions) {
            status = wisp_decode_constant(d, segment->type, d->module->global_count, &span);
            continue;
        }
        status = wisp_decode_function_index(d, &index);
        if (status == WISP_OK)
            d->module->functions[index].is_declared = true;
    }
    segment->entries.offset = (uint32_t)(start - d->module->bytes.data);
    segment->entries.size = (uint32_t)(d->r.at - start);
    return status;
}

/* Where an active segment goes: an address or index. */
static wisp_status read_place(wisp_decoder *d, bool is_64, wisp_span *out)
{
    return wisp_decode_constant(d, wisp_index_type(is_64), d->module->global_count, out);
}

static wisp_status check_segment_table(wisp_decoder *d, const wisp_element_segment *segment)
{
    if (!wisp_valtype_matches(segment->type, d->module->tables[segment->table].type.element))
        return wisp_decode_mismatch(d, "type mismatch between a segment and its table");
    return WISP_OK;
}

static wisp_status read_element_type(wisp_decoder *d, wisp_element_segment *segment)
{
    uint8_t kind = 0;
    if (segment->is_expressions)
        return wisp_decode_reftype(d, &segment->type);
    wisp_status status = wisp_decode_byte(d, "an element kind", &kind);
    if (status)
        return status;
    return kind == 0 ? WISP_OK
                     : wisp_decode_malformed(d, "element kind 0 (malformed element kind)");
}

/* The flags: 1 not active; 2 table index given, or, with 1, declared; 4 expressions. */
static wisp_status read_element_segment(wisp_decoder *d, wisp_element_segment *segment)
{
    uint32_t flags = 0;
    wisp_status status = wisp_decode_u32(d, "an element segment", &flags);
    if (status)
        return status;
    if (flags > 7)
        return wisp_decode_malformed(d,
                                     "segment flags of 0 to 7 (malformed elements segment kind)");
    segment->mode = !(flags & 1)  ? WISP_SEGMENT_ACTIVE
                    : (flags & 2) ? WISP_SEGMENT_DECLARED
                                  : WISP_SEGMENT_PASSIVE;
    segment->is_expressions = (flags & 4) != 0;
    status = wisp_decode_use(d, flags == 0   ? 0
                                : flags == 2 ? WISP_FEATURE_REFERENCE_TYPES
                                             : WISP_FEATURE_BULK_MEMORY);
    if (status)
        return status;
    segment->type = segment->is_expressions ? WISP_FUNCREF : WISP_FUNCREF | WISP_NON_NULL;
    if (segment->mode == WISP_SEGMENT_ACTIVE) {
        if (flags & 2)
            status = wisp_decode_u32(d, "a table index", &segment->table);
        if (status == WISP_OK && segment->table >= d->module->table_count)
            status = wisp_decode_mismatch(d, "unknown table");
        if (status == WISP_OK)
            status = read_place(d, d->module->tables[segment->table].type.is_64, &segment->place);
    }
    if (status == WISP_OK && (flags & 3) != 0)
        status = read_element_type(d, segment);
    if (status == WISP_OK && segment->mode == WISP_SEGMENT_ACTIVE)
        status = check_segment_table(d, segment);
    return status ? status : read_entries(d, segment);
}

wisp_status wisp_decode_element_section(wisp_decoder *d, uint32_t count)
{
    wisp_module *m = d->module;
    if (count > WISP_SEGMENTS_MAX)
        return wisp_decode_too_many(d, "element segments", count, WISP_SEGMENTS_MAX);
    wisp_status status = wisp_decode_allocate(d, &m->elements, count, sizeof *m->elements);
    for (; m->element_count < count && status == WISP_OK; m->element_count++)
        status = read_element_segment(d, &m->elements[m->element_count]);
    return status;
}

wisp_status wisp_decode_data_count_section(wisp_decoder *d)
{
    d->has_data_count = true;
    wisp_status status = wisp_decode_u32(d, "a number of data segments", &d->module->data_count);
    if (status)
        return status;
    if (d->module->data_count > WISP_SEGMENTS_MAX)
        return wisp_decode_too_many(d, "data segments", d->module->data_count, WISP_SEGMENTS_MAX);
    return WISP_OK;
}

static wisp_status read_data_segment(wisp_decoder *d, wisp_data_segment *segment)
{
    uint32_t flags = 0, size = 0;
    const uint8_t *bytes;
    wisp_status status = wisp_decode_u32(d, "a data segment", &flags);
    if (status)
        return status;
    if (flags > 2)
        return wisp_decode_malformed(d, "segment flags of 0 to 2 (malformed data segment kind)");
    segment->mode = flags == 1 ? WISP_SEGMENT_PASSIVE : WISP_SEGMENT_ACTIVE;
    status = wisp_decode_use(d, flags != 0 ? WISP_FEATURE_BULK_MEMORY : 0);
    if (status == WISP_OK && flags == 2)
        status = wisp_decode_u32(d, "a memory index", &segment->memory);
    if (status == WISP_OK && flags != 1 && segment->memory >= d->module->memory_count)
        status = wisp_decode_mismatch(d, "unknown memory");
    if (status == WISP_OK && flags != 1)
        status = read_place(d, d->module->memories[segment->memory].is_64, &segment->place);
    if (status == WISP_OK)
        status = wisp_decode_u32(d, "a size", &size);
    if (status)
        return status;
    segment->bytes = (wisp_span){(uint32_t)wisp_decode_offset(d), size};
    return wisp_read_bytes(&d->r, size, &bytes)
               ? WISP_OK
               : wisp_decode_malformed(d, "the bytes of a data segment, found the section's end");
}

wisp_status wisp_decode_data_section(wisp_decoder *d, uint32_t count)
{
    wisp_module *m = d->module;
    d->has_data = true;
    if (d->has_data_count && m->data_count != count)
        return wisp_decode_malformed(
            d, "as many data segments as the data count section says (data count "
               "and data section have inconsistent lengths)");
    if (count > WISP_SEGMENTS_MAX)
        return wisp_decode_too_many(d, "data segments", count, WISP_SEGMENTS_MAX);
    m->data_count = count;
    wisp_status status = wisp_decode_allocate(d, &m->data, count, sizeof *m->data);
    for (uint32_t i = 0; i < count && status == WISP_OK; i++)
        status = read_data_segment(d, &m->data[i]);
    return status;
}
