#include "symbols/sleds.h"

#include <string.h>

static const uint8_t raw_x86_64[WISP_SLED_X86_64] = {0x90, 0x90, 0x90, 0x90, 0x90};
static const uint8_t nop_x86_64[WISP_SLED_X86_64] = {0x0f, 0x1f, 0x44, 0x00, 0x00};
static const uint8_t nop_aarch64[WISP_SLED_AARCH64] = {0x1f, 0x20, 0x03, 0xd5};
static const uint8_t endbr64[4] = {0xf3, 0x0f, 0x1e, 0xfa};
static const uint8_t bti_c[4] = {0x5f, 0x24, 0x03, 0xd5};

enum { LANDING_SIZE = 4, BEFORE_MAX = 64 };

uint32_t wisp_sled_size(uint32_t machine)
{
    return machine == WISP_MACHINE_X86_64 ? WISP_SLED_X86_64 : WISP_SLED_AARCH64;
}

/* [size] bytes of text; NULL where the file does not have them. */
static const uint8_t *text_of(const wisp_object *object, uint64_t address, uint64_t size)
{
    const wisp_object_text *text = wisp_object_text_at(object, address);
    bool is_there = text && text->data && text->size - (address - text->address) >= size;
    return is_there ? text->data + (address - text->address) : NULL;
}

wisp_sled_state wisp_sled_state_at(const wisp_object *object, uint64_t address)
{
    uint32_t size = wisp_sled_size(object->machine);
    const uint8_t *text = text_of(object, address, size);
    if (!text)
        return WISP_SLED_NONE;
    if (object->machine == WISP_MACHINE_AARCH64)
        return memcmp(text, nop_aarch64, size) == 0 ? WISP_SLED_READY : WISP_SLED_NONE;
    if (memcmp(text, nop_x86_64, size - 1) == 0) /* the last byte means nothing: clang has 08 */
        return WISP_SLED_READY;
    return memcmp(text, raw_x86_64, size) == 0 ? WISP_SLED_RAW : WISP_SLED_NONE;
}

uint32_t wisp_sled_landing(const wisp_object *object, uint64_t entry)
{
    const uint8_t *landing = object->machine == WISP_MACHINE_X86_64 ? endbr64 : bti_c;
    const uint8_t *text = text_of(object, entry, LANDING_SIZE);
    return text && memcmp(text, landing, LANDING_SIZE) == 0 ? LANDING_SIZE : 0;
}

bool wisp_sled_find(const wisp_object *object, uint64_t entry, uint32_t *offset)
{
    *offset = wisp_object_has_place(object, entry) ? 0 : wisp_sled_landing(object, entry);
    return wisp_object_has_place(object, entry + *offset);
}

bool wisp_sled_is_before(const wisp_object *object, uint64_t entry)
{
    uint32_t step = object->machine == WISP_MACHINE_X86_64 ? 1 : 4;
    for (uint64_t size = step; size <= BEFORE_MAX && size <= entry; size += step) {
        const uint8_t *text = text_of(object, entry - size, step);
        const uint8_t *nop = step == 1 ? raw_x86_64 : nop_aarch64;
        if (wisp_object_has_place(object, entry - size))
            return true;
        if (!text || memcmp(text, nop, step) != 0)
            return false;
    }
    return false;
}

bool wisp_sled_crosses(uint64_t address, uint32_t size, uint32_t unit)
{
    return (address & (unit - 1)) + size > unit;
}

wisp_sled_counts wisp_sled_count(const wisp_object *object)
{
    wisp_sled_counts counts = {0};
    for (size_t i = 0; i < object->place_count; i++) {
        wisp_sled_state state = wisp_sled_state_at(object, object->places[i]);
        counts.ready += state == WISP_SLED_READY;
        counts.raw += state == WISP_SLED_RAW;
        counts.none += state == WISP_SLED_NONE;
    }
    return counts;
}

uint32_t wisp_sled_merge(const wisp_object *object, uint8_t *bytes)
{
    uint32_t count = 0;
    for (size_t i = 0; i < object->place_count; i++) {
        uint64_t address = object->places[i];
        if (wisp_sled_state_at(object, address) != WISP_SLED_RAW)
            continue;
        const wisp_object_text *text = wisp_object_text_at(object, address);
        memcpy(bytes + text->offset + (address - text->address), nop_x86_64, sizeof nop_x86_64);
        count++;
    }
    return count;
}
