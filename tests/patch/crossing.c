#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "crossing.h"

enum { TEXT_MAX = 64 * 1024 };

uint32_t crossing_scalar_size(char letter)
{
    static const char letters[] = "bcCsSiIlLfdp";
    static const uint8_t sizes[] = {1, 1, 1, 2, 2, 4, 4, 8, 8, 4, 8, 8};
    return sizes[strchr(letters, letter) - letters];
}

bool crossing_is_by_address(const crossing_type *type)
{
    return type->is_struct && !type->is_one && type->len > 0;
}

uint64_t crossing_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

static void fill_value(const crossing_value *value, uint64_t *random, uint8_t *block)
{
    for (uint32_t i = 0; i < value->type->len; i++) {
        const crossing_scalar *scalar = &value->type->scalars[i];
        uint64_t bits = crossing_random(random) & (scalar->letter == 'b' ? 1 : UINT64_MAX);
        memcpy(block + value->offset + scalar->offset, &bits,
               crossing_scalar_size(scalar->letter));
    }
}

void crossing_fill(const crossing *c, uint64_t *random, uint8_t *block)
{
    memset(block, 0, c->block_size);
    for (uint32_t i = 0; i < c->param_count; i++)
        fill_value(&c->params[i], random, block);
    if (c->result)
        fill_value(c->result, random, block);
}

/* ------------------------------------------------------------------ what came over */

void crossing_check_value(const crossing_type *type, const uint8_t *found, const uint8_t *wanted)
{
    for (uint32_t i = 0; i < type->len; i++) {
        const crossing_scalar *scalar = &type->scalars[i];
        assert_memory_equal(found + scalar->offset, wanted + scalar->offset,
                            crossing_scalar_size(scalar->letter));
    }
}

void crossing_check_arguments(const crossing *c, const uint8_t *found, const uint8_t *wanted)
{
    for (uint32_t i = 0; i < c->param_count; i++) {
        const crossing_value *param = &c->params[i];
        crossing_check_value(param->type, found + param->offset, wanted + param->offset);
    }
}

void crossing_check_result(const crossing *c, const uint8_t *found, const uint8_t *wanted)
{
    if (c->result)
        crossing_check_value(c->result->type, found + c->result->offset,
                             wanted + c->result->offset);
}

/* ------------------------------------------------------------------ signatures as texts */

static size_t print_type(char *into, size_t room, const crossing_type *type)
{
    if (!type->is_struct)
        return (size_t)snprintf(into, room, "%c", type->scalars[0].letter);
    size_t len = (size_t)snprintf(into, room, "{%u,%u:", type->size, type->align);
    for (uint32_t i = 0; i < type->len && type->size <= WISP_PATCH_FLAT_MAX; i++)
        len += (size_t)snprintf(into + len, room - len, "%u%c", type->scalars[i].offset,
                                type->scalars[i].letter);
    return len + (size_t)snprintf(into + len, room - len, "}");
}

static void print_signature(char *into, size_t room, const crossing *c)
{
    size_t len = (size_t)snprintf(into, room, "(");
    for (uint32_t i = 0; i < c->param_count; i++)
        len += print_type(into + len, room - len, c->params[i].type);
    len += (size_t)snprintf(into + len, room - len, ")");
    if (c->result)
        len += print_type(into + len, room - len, c->result->type);
    assert_true(len < room);
}

void crossing_plan(const crossing *c, wisp_arena *arena, wisp_patch_plan *plan)
{
    static char text[TEXT_MAX];
    wisp_patch_signature signature;
    wisp_error err;
    print_signature(text, sizeof text, c);
    if (wisp_patch_signature_read(arena, text, &signature, &err) ||
        wisp_patch_plan_make(arena, WISP_PATCH_ABI_HERE, &signature, WISP_I64, plan, &err))
        fail_msg("%s: %s", text, err.text);
}
