#include "wasm/interp.h"

/*
 * Dispatch by one switch, which all handlers go back to: the smallest, and for processors that do
 * not predict indirect jumps no slower than the others. Where those are predicted, by their
 * place, one place for all is what makes it slower than interp_tail.c.
 *
 * What handlers have in common is done on the way to the switch and back, so that those of
 * arithmetic are hardly more than their operation: the operands are found, whether in slots or an
 * immediate; accesses to memory are checked; a comparison's result is stored, or decides a jump.
 * WISP_FEW_FORMS (code.h) has the codes for that: the form of an instruction is in flags.
 */

#define OP(name)   case WISP_CODE_##name:
#define STEP(name) step_##name:
#define DISPATCH   goto dispatch
#define GOTO(name) goto step_##name
#define TRAP(name) goto trap_##name
#define STOP       goto stop
#define ENTER(code, frame, next, back)                                                           \
    do {                                                                                         \
        entered = (call_entry){(code), (frame), (next), (back)};                                 \
        goto enter;                                                                              \
    } while (0)

/* What is to be entered, as ENTER in ops.inc has it. */
typedef struct call_entry {
    const wisp_compiled *code;
    wisp_slot *frame;
    const uint16_t *next;
    wisp_slot *back;
} call_entry;

/* Floats to the integer types, which differ in what fits: low < a < high. */
#define INTEGERS(X)                                                                              \
    X(int32_t, u32, INT32_MIN, INT32_MAX, -2147483649.0, 2147483648.0)                           \
    X(uint32_t, u32, 0, UINT32_MAX, -1.0, 4294967296.0)                                          \
    X(int64_t, u64, INT64_MIN, INT64_MAX, -9223372036854777856.0, 9223372036854775808.0)         \
    X(uint64_t, u64, 0, UINT64_MAX, -1.0, 18446744073709551616.0)

typedef enum integer {
#define X(type, ...) INTEGER_##type,
    INTEGERS(X)
#undef X
} integer;

static wisp_trap_code truncate_to(wisp_slot *to, integer type, double a, bool saturates)
{
    static const double bounds[][2] = {
#define X(type, field, least, greatest, low, high) {low, high},
        INTEGERS(X)
#undef X
    };
    double low = bounds[type][0], high = bounds[type][1];
    if (!saturates && !(a > low && a < high))
        return a != a ? WISP_TRAP_CONVERSION : WISP_TRAP_OVERFLOW;
    switch (type) {
#define X(type, field, least, greatest, lowest, highest)                                         \
    case INTEGER_##type: {                                                                       \
        type value = a != a ? 0 : a <= low ? least : a >= high ? greatest : (type)a;             \
        to->field = (TYPE_##field)value;                                                         \
        break;                                                                                   \
    }
        INTEGERS(X)
#undef X
    }
    return WISP_TRAP_NONE;
}

typedef wisp_trap_code slow_function(wisp_exec *x, wisp_slot *fp, const uint16_t *pc);

static slow_function *const slow_functions[] = {
#define X(name, function, units) wisp_slow_##function,
    WISP_CODE_SLOW(X)
#undef X
};

static const uint8_t slow_units[] = {
#define X(name, function, units) units,
    WISP_CODE_SLOW(X)
#undef X
};

enum { FIRST_SLOW = WISP_CODE_REF_FUNC };

/* How many bytes loads and stores access, whose codes follow each other. */
enum { IS_STORE = 0x80, FIRST_ACCESS = WISP_CODE_I32_LOAD };

static const uint8_t accesses[] = {
#define X(name, out, stored, extended) [WISP_CODE_##name - FIRST_ACCESS] = sizeof(stored),
    WISP_CODE_LOAD(X)
#undef X
#define X(name, in, stored) [WISP_CODE_##name - FIRST_ACCESS] = IS_STORE | sizeof(stored),
        WISP_CODE_STORE(X)
#undef X
};

/* Where [code], a load or store whose operands begin at [units], accesses memory 0; NULL where
 * that is not all inside. The address is a sum of 64 bits, so it cannot wrap around. */
static uint8_t *find_access(const wisp_exec *x, const wisp_slot *fp, uint32_t code,
                            const uint16_t *units)
{
    uint32_t how = accesses[code - FIRST_ACCESS];
    const wisp_slot *base = &fp[how & IS_STORE ? units[0] : units[1]];
    uint64_t address = (uint64_t)base->u32 + wisp_unit32(units + 2);
    if (address + (how & ~(uint32_t)IS_STORE) > x->memory_size)
        return NULL;
    return x->memory + address;
}

/* clang-format off */

void wisp_interp_run(const uint16_t *pc, wisp_slot *fp, uint8_t *mem, wisp_exec *x)
{
    uint64_t mem_size = x->memory_size;
    wisp_slot immediate;
    wisp_slot *to = NULL, *lhs = NULL, *rhs = NULL;
    const uint16_t *behind = NULL;
    uint8_t *at = NULL;
    call_entry entered;
    uint32_t head, number;
    bool holds;
    (void)mem, (void)mem_size; /* x has them */

dispatch:
    head = *pc;
    number = head & WISP_CODE_MASK;
    if (head >= WISP_CODE_CLEAR) {
        const uint16_t *operands = head < WISP_FORM_BR ? pc + 2 : pc + 1;
        to = &fp[pc[1]];
        lhs = &fp[operands[0]];
        rhs = &fp[operands[1]];
        behind = operands + 2;
        if (head & WISP_FORM_RI) {
            immediate.u32 = wisp_unit32(operands + 1);
            rhs = &immediate;
            behind++;
        }
        if (number - FIRST_ACCESS < sizeof accesses) {
            at = find_access(x, fp, number, pc + 1);
            if (!at)
                TRAP(MEMORY);
        }
    }
    switch (number) {
#include "wasm/ops.inc"

/* From here on operands have been found. */
#undef SLOT
#define SLOT(k) (*((k) == 1 ? to : (k) == 2 ? lhs : (k) == 3 ? rhs : &fp[*UNIT(k)]))
#undef GIVE
#define GIVE(field, value) to->field = (value)
#include "wasm/ops_move.inc"
#include "wasm/ops_vector.inc"

#define BINARY(name, in, out, value)                                                              \
    OP(name)                                                                                      \
    {                                                                                             \
        TYPE_##in a = lhs->in, b = rhs->in;                                                    \
        GIVE(out, value);                                                                         \
        goto next;                                                                                \
    }
#define X(name, expression) BINARY(name##_RR, u32, u32, expression)
    WISP_CODE_I32_BINARY(X)
#undef X
#define X(name, expression) BINARY(name##_RR, u64, u64, expression)
    WISP_CODE_I64_BINARY(X)
#undef X
#define X(name, expression) BINARY(name##_RR, f32, f32, RESULT_f32(expression))
    WISP_CODE_F32_BINARY(X)
#undef X
#define X(name, expression) BINARY(name##_RR, f64, f64, RESULT_f64(expression))
    WISP_CODE_F64_BINARY(X)
#undef X
#define X(name, in, out, expression) BINARY(name, in, out, RESULT_##out(expression))
    WISP_CODE_FLOAT_BINARY(X)
#undef X

#define DIVIDE(name, field, overflow, expression)                                                 \
    OP(name##_RR)                                                                                 \
    {                                                                                             \
        TYPE_##field a = lhs->field, b = rhs->field;                                           \
        if (b == 0)                                                                               \
            TRAP(DIVIDE_BY_ZERO);                                                                 \
        if (overflow)                                                                             \
            TRAP(OVERFLOW);                                                                       \
        GIVE(field, expression);                                                                  \
        goto next;                                                                                \
    }
#define X(name, overflow, expression) DIVIDE(name, u32, overflow, expression)
    WISP_CODE_I32_DIVIDE(X)
#undef X
#define X(name, overflow, expression) DIVIDE(name, u64, overflow, expression)
    WISP_CODE_I64_DIVIDE(X)
#undef X

#define COMPARE(name, field, expression)                                                          \
    OP(name##_RR)                                                                                 \
    {                                                                                             \
        TYPE_##field a = lhs->field, b = rhs->field;                                           \
        holds = expression;                                                                       \
        goto decide;                                                                              \
    }
#define X(name, expression) COMPARE(name, u32, expression)
    WISP_CODE_I32_COMPARE(X)
#undef X
#define X(name, expression) COMPARE(name, u64, expression)
    WISP_CODE_I64_COMPARE(X)
#undef X
#define X(name, expression) COMPARE(name, f64, expression)
    WISP_CODE_F64_COMPARE(X)
#undef X

#define UNARY(name, in, out, value)                                                               \
    OP(name)                                                                                      \
    {                                                                                             \
        TYPE_##in a = lhs->in;                                                                   \
        GIVE(out, value);                                                                         \
        NEXT(3);                                                                                  \
    }
#define X(name, in, out, expression) UNARY(name, in, out, RESULT_##out(expression))
    WISP_CODE_UNARY(X)
#undef X
#define X(name, in, out, expression) UNARY(name, in, out, expression)
    WISP_CODE_SIGN(X)
#undef X

#define X(target, from, in, out, type, least, greatest, low, high)                                \
    OP(target##_TRUNC_##from)                                                                     \
    OP(target##_TRUNC_SAT_##from)                                                                 \
    {                                                                                             \
        bool saturates = number == WISP_CODE_##target##_TRUNC_SAT_##from;                           \
        x->trap = truncate_to(to, INTEGER_##type, (double)lhs->in, saturates);                   \
        if (x->trap)                                                                              \
            STOP;                                                                                 \
        NEXT(3);                                                                                  \
    }
    WISP_CODE_TRUNCATE(X)
#undef X

#define X(name, out, stored, extended)                                                            \
    OP(name)                                                                                      \
    {                                                                                             \
        GIVE(out, (TYPE_##out)(extended)wisp_get_##stored(at));                                   \
        NEXT(5);                                                                                  \
    }
    WISP_CODE_LOAD(X)
#undef X
#define X(name, in, stored)                                                                       \
    OP(name)                                                                                      \
    {                                                                                             \
        wisp_put_##stored(at, (stored)lhs->in);                                                  \
        NEXT(5);                                                                                  \
    }
    WISP_CODE_STORE(X)
#undef X

    default: /* those that are C functions; the compiler emits no other code */
        x->trap = slow_functions[number - FIRST_SLOW](x, fp, pc);
        if (x->trap)
            STOP;
        NEXT(slow_units[number - FIRST_SLOW]);
    }

enter: {
    ENTER_HERE(entered.code, entered.frame, entered.next, entered.back);
}

/* The comparison is made; its jump, if it is to jump, is [behind] it. */
decide:
    if (head < WISP_FORM_BR) {
        to->u32 = holds;
        goto next;
    }
    pc = behind - 1;
    if (holds == !(head & WISP_FORM_BRN)) {
        if (head & WISP_FORM_LOOP) {
            LOOP_BACK(1);
        }
        BRANCH(1);
    }
    behind += head & WISP_FORM_LOOP ? 2 * WISP_UNITS_32 : WISP_UNITS_32;

next:
    pc = behind;
    DISPATCH;

    TRAPS_AND_STOP
}

/* clang-format on */
