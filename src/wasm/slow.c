#include "wasm/slow.h"

#include <string.h>

#include "wasm/bits.h"

/* Bulk work is charged by its size (wisp_store_set_fuel). */
enum { BYTES_PER_FUEL = 1024, ELEMENTS_PER_FUEL = 64 };

static wisp_trap_code charge_bytes(wisp_exec *x, uint64_t size)
{
    return wisp_store_charge(x->store, size / BYTES_PER_FUEL);
}

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
    uint32_t index = fp[pc[2]].u32;
    if (index >= table->size)
        return WISP_TRAP_TABLE;
    fp[pc[1]].ref = table->elements[index];
    return WISP_TRAP_NONE;
}

wisp_trap_code wisp_slow_table_set(wisp_exec *x, wisp_slot *fp, const uint16_t *pc)
{
    const wisp_table *table = table_at(x, pc + 3);
    uint32_t index = fp[pc[1]].u32;
    if (index >= table->size)
        return WISP_TRAP_TABLE;
    table->elements[index] = fp[pc[2]].ref;
    return WISP_TRAP_NONE;
}

wisp_trap_code wisp_slow_table_size(wisp_exec *x, wisp_slot *fp, const uint16_t *pc)
{
    fp[pc[1]].u32 = (uint32_t)table_at(x, pc + 2)->size;
    return WISP_TRAP_NONE;
}

wisp_trap_code wisp_slow_table_grow(wisp_exec *x, wisp_slot *fp, const uint16_t *pc)
{
    uint32_t count = fp[pc[3]].u32;
    int64_t old = wisp_table_grow_by(table_at(x, pc + 4), count, fp[pc[2]].ref);
    fp[pc[1]].i32 = (int32_t)old;
    return old < 0 ? WISP_TRAP_NONE : charge_elements(x, count);
}

wisp_trap_code wisp_slow_table_fill(wisp_exec *x, wisp_slot *fp, const uint16_t *pc)
{
    const wisp_table *table = table_at(x, pc + 4);
    uint32_t to = fp[pc[1]].u32, count = fp[pc[3]].u32;
    void *value = fp[pc[2]].ref;
    if (!wisp_range_fits(to, count, table->size))
        return WISP_TRAP_TABLE;
    wisp_trap_code trap = charge_elements(x, count);
    for (uint32_t i = 0; i < count && !trap; i++)
        table->elements[to + i] = value;
    return trap;
}

wisp_trap_code wisp_slow_table_copy(wisp_exec *x, wisp_slot *fp, const uint16_t *pc)
{
    const wisp_table *to_table = table_at(x, pc + 4), *from_table = table_at(x, pc + 6);
    uint32_t to = fp[pc[1]].u32, from = fp[pc[2]].u32, count = fp[pc[3]].u32;
    if (!wisp_range_fits(to, count, to_table->size) ||
        !wisp_range_fits(from, count, from_table->size))
        return WISP_TRAP_TABLE;
    wisp_trap_code trap = charge_elements(x, count);
    if (!trap && count)
        memmove(to_table->elements + to, from_table->elements + from, count * sizeof(void *));
    return trap;
}

wisp_trap_code wisp_slow_table_init(wisp_exec *x, wisp_slot *fp, const uint16_t *pc)
{
    const wisp_table *table = table_at(x, pc + 4);
    const wisp_elements *segment = &x->instance->elements[wisp_unit32(pc + 6)];
    uint32_t to = fp[pc[1]].u32, from = fp[pc[2]].u32, count = fp[pc[3]].u32;
    if (!wisp_range_fits(to, count, table->size) || !wisp_range_fits(from, count, segment->len))
        return WISP_TRAP_TABLE;
    wisp_trap_code trap = charge_elements(x, count);
    if (!trap && count)
        memcpy(table->elements + to, segment->refs + from, count * sizeof(void *));
    return trap;
}

wisp_trap_code wisp_slow_elem_drop(wisp_exec *x, wisp_slot *fp, const uint16_t *pc)
{
    (void)fp;
    x->instance->elements[wisp_unit32(pc + 1)].len = 0;
    return WISP_TRAP_NONE;
}

/* ------------------------------------------------------------------ memory */

wisp_trap_code wisp_slow_memory_size(wisp_exec *x, wisp_slot *fp, const uint16_t *pc)
{
    fp[pc[1]].u32 = (uint32_t)(x->memory_size / WISP_PAGE_SIZE);
    return WISP_TRAP_NONE;
}

wisp_trap_code wisp_slow_memory_grow(wisp_exec *x, wisp_slot *fp, const uint16_t *pc)
{
    uint64_t pages = fp[pc[2]].u32;
    int64_t old = wisp_memory_grow_by(x->instance->memories[0], pages);
    fp[pc[1]].i32 = (int32_t)old;
    wisp_exec_reload(x);
    return old < 0 ? WISP_TRAP_NONE : charge_bytes(x, pages * WISP_PAGE_SIZE);
}

wisp_trap_code wisp_slow_memory_fill(wisp_exec *x, wisp_slot *fp, const uint16_t *pc)
{
    uint32_t to = fp[pc[1]].u32, value = fp[pc[2]].u32, size = fp[pc[3]].u32;
    if (!wisp_range_fits(to, size, x->memory_size))
        return WISP_TRAP_MEMORY;
    wisp_trap_code trap = charge_bytes(x, size);
    if (!trap && size)
        memset(x->memory + to, (int)(value & 0xff), size);
    return trap;
}

wisp_trap_code wisp_slow_memory_copy(wisp_exec *x, wisp_slot *fp, const uint16_t *pc)
{
    uint32_t to = fp[pc[1]].u32, from = fp[pc[2]].u32, size = fp[pc[3]].u32;
    if (!wisp_range_fits(to, size, x->memory_size) ||
        !wisp_range_fits(from, size, x->memory_size))
        return WISP_TRAP_MEMORY;
    wisp_trap_code trap = charge_bytes(x, size);
    if (!trap && size)
        memmove(x->memory + to, x->memory + from, size);
    return trap;
}

wisp_trap_code wisp_slow_memory_init(wisp_exec *x, wisp_slot *fp, const uint16_t *pc)
{
    wisp_bytes segment = x->instance->data[wisp_unit32(pc + 4)];
    uint32_t to = fp[pc[1]].u32, from = fp[pc[2]].u32, size = fp[pc[3]].u32;
    if (!wisp_range_fits(to, size, x->memory_size) || !wisp_range_fits(from, size, segment.size))
        return WISP_TRAP_MEMORY;
    wisp_trap_code trap = charge_bytes(x, size);
    if (!trap && size)
        memcpy(x->memory + to, segment.data + from, size);
    return trap;
}

wisp_trap_code wisp_slow_data_drop(wisp_exec *x, wisp_slot *fp, const uint16_t *pc)
{
    (void)fp;
    x->instance->data[wisp_unit32(pc + 1)].size = 0;
    return WISP_TRAP_NONE;
}
