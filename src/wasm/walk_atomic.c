#include "wasm/atomic.h"
#include "wasm/types.h"
#include "wasm/walk.h"

/*
 * The instructions behind the prefix byte 0xfe: threads. From FIRST on there is a group of seven
 * for each operation, one for each width.
 */
enum { NOTIFY, WAIT_32, WAIT_64, FENCE, FIRST = 0x10, RMW_GROUP = 2, GROUPS = 9, WIDTHS = 7 };

/* Of the seven. */
static const struct {
    wisp_valtype type;
    uint8_t natural; /* log2 of the bytes in memory */
} widths[WIDTHS] = {
    {WISP_I32, 2}, {WISP_I64, 3}, {WISP_I32, 0}, {WISP_I32, 1},
    {WISP_I64, 0}, {WISP_I64, 1}, {WISP_I64, 2},
};

/* Reads what says which memory and where; atomic accesses state their natural alignment. */
static wisp_memarg read_memarg(wisp_compiler *c, uint32_t natural)
{
    const uint8_t *start = c->r.at;
    if (start != c->r.end && (*start & 0x3f) < natural)
        wisp_compile_fail(c, WISP_MISMATCH, "%s: alignment 2^%d must be natural, 2^%u",
                          wisp_compile_text(c), *start & 0x3f, natural);
    return wisp_walk_memarg(c, natural);
}

/*
 * Emits [code] with an address and [count] operands more, of [types], on the memory of [memarg]
 * and [how] (atomic.h); with [out] it gives a result.
 */
static void access(wisp_compiler *c, uint32_t code, const wisp_valtype *types, uint32_t count,
                   const wisp_memarg *memarg, uint32_t how, wisp_valtype out)
{
    uint16_t slots[3] = {0};
    for (uint32_t i = count + 1; i-- > 0;) {
        wisp_valtype type = i ? types[i - 1] : wisp_walk_address(c, memarg->memory);
        const wisp_operand *operand = wisp_operand_pop(c, type);
        slots[i] = wisp_emit_use(c, operand);
    }
    if (out)
        wisp_emit_producer(c, code);
    else
        wisp_emit_code(c, code);
    for (uint32_t i = 0; i <= count; i++)
        wisp_emit(c, slots[i]);
    wisp_emit_memarg(c, memarg);
    wisp_emit(c, (uint16_t)how);
    if (out)
        wisp_emit_result(c, out);
}

static void notify(wisp_compiler *c)
{
    wisp_memarg memarg = read_memarg(c, 2);
    access(c, WISP_CODE_ATOMIC_NOTIFY, (wisp_valtype[]){WISP_I32}, 1, &memarg,
           wisp_atomic_how(2, false, 0), WISP_I32);
}

static void wait(wisp_compiler *c, wisp_valtype type)
{
    uint32_t natural = type == WISP_I64 ? 3 : 2;
    wisp_memarg memarg = read_memarg(c, natural);
    access(c, WISP_CODE_ATOMIC_WAIT, (wisp_valtype[]){type, WISP_I64}, 2, &memarg,
           wisp_atomic_how(natural, type == WISP_I64, 0), WISP_I32);
}

static void fence(wisp_compiler *c)
{
    if (wisp_walk_byte(c, "a zero byte") != 0)
        wisp_compile_fail(c, WISP_MALFORMED, "atomic.fence expects a zero byte");
    wisp_emit_code(c, WISP_CODE_ATOMIC_FENCE);
}

/* The operation [group] on [width]. */
static void operation(wisp_compiler *c, uint32_t group, uint32_t width)
{
    wisp_valtype type = widths[width].type, types[] = {type, type};
    uint32_t natural = widths[width].natural;
    wisp_memarg memarg = read_memarg(c, natural);
    uint32_t how =
        wisp_atomic_how(natural, type == WISP_I64, group >= RMW_GROUP ? group - RMW_GROUP : 0);
    if (group == 0)
        access(c, WISP_CODE_ATOMIC_LOAD, types, 0, &memarg, how, type);
    else if (group == 1)
        access(c, WISP_CODE_ATOMIC_STORE, types, 1, &memarg, how, 0);
    else if (group < GROUPS - 1)
        access(c, WISP_CODE_ATOMIC_RMW, types, 1, &memarg, how, type);
    else
        access(c, WISP_CODE_ATOMIC_CMPXCHG, types, 2, &memarg, how, type);
}

static bool is_operation(uint32_t number)
{
    return number >= FIRST && number < FIRST + GROUPS * WIDTHS;
}

void wisp_walk_atomic(wisp_compiler *c)
{
    uint32_t number = wisp_walk_u32(c, "a number");
    if (number > FENCE && !is_operation(number))
        wisp_compile_fail(c, WISP_MALFORMED, "illegal opcode 0xfe %u", number);
    if (c->status)
        return;
    if (number == NOTIFY)
        notify(c);
    else if (number == WAIT_32 || number == WAIT_64)
        wait(c, number == WAIT_64 ? WISP_I64 : WISP_I32);
    else if (number == FENCE)
        fence(c);
    else
        operation(c, (number - FIRST) / WIDTHS, (number - FIRST) % WIDTHS);
}
