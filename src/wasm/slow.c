#include "wasm/slow.h"

#include <string.h>

#include "wasm/access.h"
#include "wasm/outside.h"

/* Bulk work is charged by its size (wisp_store_set_fuel). */
enum { ELEMENTS_PER_FUEL = 64 };

static wisp_trap_code charge_elements(wisp_exec *x, uint64_t count)
{
    return wisp_store_charge(x->store, count / ELEMENTS_PER_FUEL);
}

static wisp_table *table_at(const wisp_exec *x, const uint16_t *immediate)
{
    return x->instance->tables[wisp_unit32(immediate)];
}

wisp_trap_code wisp_slow_ref_func(wisp_exec *x, wisp_slot *fp, const uint16_t *pc)
{
    fp[pc[1]].ref = x->instance->functions[wisp_unit32(pc + 2)];
    return WISP_TRAP_NONE;
}

/* ------------------------------------------------------------------ tables */

wisp_trap_code wisp_slow_table_get(wisp_exec *x, wisp_slot *fp, const uint16_t *pc)
{
    const wisp_table *table = table_at(x, pc + 3);
    uint64_t index = wisp_slot_index(&fp[pc[2]], table->type.is_64);
    if (index >= table->size)
        return WISP_TRAP_TABLE;
    fp[pc[1]].ref = table->elements[index];
    return WISP_TRAP_NONE;
}

wisp_trap_code wisp_slow_table_set(wisp_exec *x, wisp_slot *fp, const uint16_t *pc)
{
    const wisp_table *table = table_at(x, pc + 3);
    uint64_t index = wisp_slot_index(&fp[pc[1]], table->type.is_64);
    if (index >= table->size)
        return WISP_TRAP_TABLE;
    table->elements[index] = fp[pc[2]].ref;
    return WISP_TRAP_NONE;
}

wisp_trap_code wisp_slow_table_size(wisp_exec *x, wisp_slot *fp, const uint16_t *pc)
{
    const wisp_table *table = table_at(x, pc + 2);
    wisp_slot_set_index(&fp[pc[1]], table->type.is_64, table->size);
    return WISP_TRAP_NONE;
}

wisp_trap_code wisp_slow_table_grow(wisp_exec *x, wisp_slot *fp, const uint16_t *pc)
{
    wisp_table *table = table_at(x, pc + 4);
    uint64_t count = wisp_slot_index(&fp[pc[3]], table->type.is_64);
    int64_t old = wisp_table_grow_by(table, count, fp[pc[2]].ref);
    wisp_slot_set_index(&fp[pc[1]], table->type.is_64, (uint64_t)old);
    return old < 0 ? WISP_TRAP_NONE : charge_elements(x, count);
}

wisp_trap_code wisp_slow_table_fill(wisp_exec *x, wisp_slot *fp, const uint16_t *pc)
{
    const wisp_table *table = table_at(x, pc + 4);
    uint64_t to = wisp_slot_index(&fp[pc[1]], table->type.is_64);
    uint64_t count = wisp_slot_index(&fp[pc[3]], table->type.is_64);
    void *value = fp[pc[2]].ref;
    if (!wisp_range_fits(to, count, table->size))
        return WISP_TRAP_TABLE;
    wisp_trap_code trap = charge_elements(x, count);
    for (uint64_t i = 0; i < count && !trap; i++)
        table->elements[to + i] = value;
    return trap;
}

wisp_trap_code wisp_slow_table_copy(wisp_exec *x, wisp_slot *fp, const uint16_t *pc)
{
    const wisp_table *to_table = table_at(x, pc + 4), *from_table = table_at(x, pc + 6);
    bool to_is_64 = to_table->type.is_64, from_is_64 = from_table->type.is_64;
    uint64_t to = wisp_slot_index(&fp[pc[1]], to_is_64);
    uint64_t from = wisp_slot_index(&fp[pc[2]], from_is_64);
    uint64_t count = wisp_slot_index(&fp[pc[3]], to_is_64 && from_is_64);
    if (!wisp_range_fits(to, count, to_table->size) ||
        !wisp_range_fits(from, count, from_table->size))
        return WISP_TRAP_TABLE;
    wisp_trap_code trap = charge_elements(x, count);
    if (!trap && count)
        memmove(to_table->elements + to, from_table->elements + from,
                (size_t)count * sizeof(void *));
    return trap;
}

wisp_trap_code wisp_slow_table_init(wisp_exec *x, wisp_slot *fp, const uint16_t *pc)
{
    const wisp_table *table = table_at(x, pc + 4);
    const wisp_elements *segment = &x->instance->elements[wisp_unit32(pc + 6)];
    uint64_t to = wisp_slot_index(&fp[pc[1]], table->type.is_64);
    uint32_t from = fp[pc[2]].u32, count = fp[pc[3]].u32;
    if (!wisp_range_fits(to, count, table->size) || !wisp_range_fits(from, count, segment->len))
        return WISP_TRAP_TABLE;
    wisp_trap_code trap = charge_elements(x, count);
    if (!trap && count)
        memcpy(table->elements + to, segment->refs + from, count * sizeof(void *));
    return trap;
}

/* No table has so many elements that the greatest index of 32 bits is one. */
wisp_trap_code wisp_slow_index_32(wisp_exec *x, wisp_slot *fp, const uint16_t *pc)
{
    (void)x;
    uint64_t index = fp[pc[2]].u64;
    fp[pc[1]].u32 = index < UINT32_MAX ? (uint32_t)index : UINT32_MAX;
    return WISP_TRAP_NONE;
}

wisp_trap_code wisp_slow_elem_drop(wisp_exec *x, wisp_slot *fp, const uint16_t *pc)
{
    (void)fp;
    x->instance->elements[wisp_unit32(pc + 1)].len = 0;
    return WISP_TRAP_NONE;
}

/* ------------------------------------------------------------------ memory */

static wisp_memory *memory_at(const wisp_exec *x, const uint16_t *immediate)
{
    return x->instance->memories[wisp_unit32(immediate)];
}

wisp_trap_code wisp_slow_memory_size(wisp_exec *x, wisp_slot *fp, const uint16_t *pc)
{
    const wisp_memory *memory = memory_at(x, pc + 2);
    uint64_t pages = wisp_memory_size(memory) / memory->type.page_size;
    wisp_slot_set_index(&fp[pc[1]], memory->type.is_64, pages);
    return WISP_TRAP_NONE;
}

wisp_trap_code wisp_slow_memory_grow(wisp_exec *x, wisp_slot *fp, const uint16_t *pc)
{
    wisp_memory *memory = memory_at(x, pc + 3);
    uint64_t pages = wisp_slot_index(&fp[pc[2]], memory->type.is_64);
    int64_t old = wisp_memory_grow_by(memory, pages);
    wisp_slot_set_index(&fp[pc[1]], memory->type.is_64, (uint64_t)old);
    return old < 0 ? WISP_TRAP_NONE : wisp_charge_bytes(x, pages * memory->type.page_size);
}

wisp_trap_code wisp_slow_memory_fill(wisp_exec *x, wisp_slot *fp, const uint16_t *pc)
{
    const wisp_memory *memory = memory_at(x, pc + 4);
    uint64_t to = wisp_slot_index(&fp[pc[1]], memory->type.is_64);
    uint64_t size = wisp_slot_index(&fp[pc[3]], memory->type.is_64);
    uint32_t value = fp[pc[2]].u32;
    if (wisp_outside_of(x))
        return wisp_outside_of(x)->fill(x, memory, to, (uint8_t)value, size);
    if (!wisp_range_fits(to, size, wisp_memory_size(memory)))
        return WISP_TRAP_MEMORY;
    wisp_trap_code trap = wisp_charge_bytes(x, size);
    if (!trap && size)
        wisp_memory_set(memory, (size_t)to, (uint8_t)value, (size_t)size);
    return trap;
}

wisp_trap_code wisp_slow_memory_copy(wisp_exec *x, wisp_slot *fp, const uint16_t *pc)
{
    const wisp_memory *into = memory_at(x, pc + 4), *out_of = memory_at(x, pc + 6);
    bool to_is_64 = into->type.is_64, from_is_64 = out_of->type.is_64;
    uint64_t to = wisp_slot_index(&fp[pc[1]], to_is_64);
    uint64_t from = wisp_slot_index(&fp[pc[2]], from_is_64);
    uint64_t size = wisp_slot_index(&fp[pc[3]], to_is_64 && from_is_64);
    if (wisp_outside_of(x))
        return wisp_outside_of(x)->copy(x, into, to, out_of, from, size);
    if (!wisp_range_fits(to, size, wisp_memory_size(into)) ||
        !wisp_range_fits(from, size, wisp_memory_size(out_of)))
        return WISP_TRAP_MEMORY;
    wisp_trap_code trap = wisp_charge_bytes(x, size);
    if (!trap && size)
        wisp_memory_move(into, (size_t)to, out_of, (size_t)from, (size_t)size);
    return trap;
}

wisp_trap_code wisp_slow_memory_init(wisp_exec *x, wisp_slot *fp, const uint16_t *pc)
{
    const wisp_memory *memory = memory_at(x, pc + 4);
    wisp_bytes segment = x->instance->data[wisp_unit32(pc + 6)];
    uint64_t to = wisp_slot_index(&fp[pc[1]], memory->type.is_64);
    uint32_t from = fp[pc[2]].u32, size = fp[pc[3]].u32;
    if (!wisp_range_fits(from, size, segment.size))
        return WISP_TRAP_MEMORY;
    if (wisp_outside_of(x))
        return wisp_outside_of(x)->init(x, memory, to, segment.data + from, size);
    if (!wisp_range_fits(to, size, wisp_memory_size(memory)))
        return WISP_TRAP_MEMORY;
    wisp_trap_code trap = wisp_charge_bytes(x, size);
    if (!trap && size)
        wisp_memory_put(memory, (size_t)to, segment.data + from, size);
    return trap;
}

wisp_trap_code wisp_slow_data_drop(wisp_exec *x, wisp_slot *fp, const uint16_t *pc)
{
    (void)fp;
    x->instance->data[wisp_unit32(pc + 1)].size = 0;
    return WISP_TRAP_NONE;
}
