/*
 * The handlers of all register instructions. Included by interp_tail.c and interp_goto.c,
 * which say what these mean:
 *
 *     OP(name) { … }   the handler of an instruction
 *     STEP(name) { … } a rare step that several share
 *     DISPATCH         go to the handler of the instruction at pc
 *     GOTO(name)       go to a step
 *     TRAP(name)       stop with a trap
 *     STOP             stop; exec.trap says why
 *
 * and give each handler pc (at the instruction), fp (slot 0), mem (first byte of memory 0)
 * and x (the rest of the state).
 */

/* clang-format off */

#define SLOT(k)  fp[pc[k]]
#define IMM32(k) wisp_unit32(pc + (k))
#define NEXT(units)                                                                               \
    pc += (units);                                                                                \
    DISPATCH

/* Jumps by the immediate at unit k. */
#define BRANCH(k)                                                                                 \
    pc += (k) + (intptr_t)(int32_t)IMM32(k);                                                      \
    DISPATCH

/* The same backwards, which charges the fuel that follows. */
#define LOOP_BACK(k)                                                                              \
    int64_t left = x->fuel - IMM32((k) + 2);                                                      \
    x->fuel = left;                                                                               \
    pc += (k) + (intptr_t)(int32_t)IMM32(k);                                                      \
    if (UNLIKELY(left < 0))                                                                       \
        GOTO(refuel);                                                                             \
    DISPATCH

STEP(refuel)
{
    x->trap = wisp_store_refuel(x->store);
    if (x->trap)
        STOP;
    DISPATCH;
}

/* ------------------------------------------------------------------ control */

OP(UNREACHABLE)
{
    TRAP(UNREACHABLE);
}

OP(BR)
{
    BRANCH(1);
}

OP(BR_NZ)
{
    if (SLOT(1).u32 != 0) {
        BRANCH(2);
    }
    NEXT(4);
}

OP(BR_Z)
{
    if (SLOT(1).u32 == 0) {
        BRANCH(2);
    }
    NEXT(4);
}

OP(LOOP)
{
    LOOP_BACK(1);
}

OP(LOOP_NZ)
{
    if (SLOT(1).u32 != 0) {
        LOOP_BACK(2);
    }
    NEXT(6);
}

OP(LOOP_Z)
{
    if (SLOT(1).u32 == 0) {
        LOOP_BACK(2);
    }
    NEXT(6);
}

OP(BR_TABLE)
{
    uint32_t index = SLOT(1).u32, last = IMM32(2);
    pc += 4 + 2 * (size_t)(index < last ? index : last);
    BRANCH(0);
}

OP(RETURN)
{
    const wisp_slot *header = fp + pc[1];
    pc = header[WISP_HEADER_RETURN].ptr;
    fp = header[WISP_HEADER_FRAME].ref;
    DISPATCH;
}

OP(RETURN_32)
{
    const wisp_slot *header = fp + pc[1];
    fp[0].u32 = SLOT(2).u32;
    pc = header[WISP_HEADER_RETURN].ptr;
    fp = header[WISP_HEADER_FRAME].ref;
    DISPATCH;
}

OP(RETURN_64)
{
    const wisp_slot *header = fp + pc[1];
    fp[0].u64 = SLOT(2).u64;
    pc = header[WISP_HEADER_RETURN].ptr;
    fp = header[WISP_HEADER_FRAME].ref;
    DISPATCH;
}

/* Enters [function] with its frame at [frame]; it returns to [next] on [back]. */
#define ENTER(function, frame, next, back)                                                        \
    if (UNLIKELY((uintptr_t)x->stack_end - (uintptr_t)(frame) < (function)->frame_size))          \
        TRAP(STACK);                                                                              \
    wisp_slot *header = (frame) + (function)->header;                                             \
    header[WISP_HEADER_RETURN].ptr = (next);                                                      \
    header[WISP_HEADER_FRAME].ref = (back);                                                       \
    int64_t left = x->fuel - (function)->weight;                                                  \
    x->fuel = left;                                                                               \
    pc = (function)->start;                                                                       \
    fp = (frame);                                                                                 \
    if (UNLIKELY(left < 0))                                                                       \
        GOTO(refuel);                                                                             \
    DISPATCH

STEP(call_wasm_out)
{
    const wisp_func *callee = x->callee;
    wisp_slot *bridge = wisp_call_bridge(x, fp);
    if (!bridge)
        TRAP(STACK);
    mem = x->memory;
    wisp_slot *frame = bridge + WISP_BRIDGE_SLOTS;
    ENTER(callee->function, frame, wisp_code_resume, bridge);
}

/* Calls x->callee, which is of the program or of another instance. */
STEP(call_out)
{
    if (x->callee->function)
        GOTO(call_wasm_out);
    const uint16_t *next = x->next;
    x->trap = wisp_call_host(x, fp);
    if (x->trap) {
        pc = next - 1; /* within the call instruction */
        STOP;
    }
    mem = x->memory;
    pc = next;
    DISPATCH;
}

OP(CALL)
{
    const wisp_function *function = (const wisp_function *)(uintptr_t)wisp_unit64(pc + 2);
    wisp_slot *frame = fp + pc[1];
    const uint16_t *next = pc + 6;
    ENTER(function, frame, next, fp);
}

OP(CALL_IMPORT)
{
    x->callee = x->instance->functions[IMM32(2)];
    x->args = fp + pc[1];
    x->next = pc + 4;
    GOTO(call_out);
}

OP(CALL_INDIRECT)
{
    const wisp_table *table = x->instance->tables[IMM32(5)];
    uint32_t index = SLOT(2).u32;
    if (UNLIKELY(index >= table->size))
        TRAP(UNDEFINED_ELEMENT);
    wisp_func *func = table->elements[index];
    if (UNLIKELY(!func))
        TRAP(UNINITIALIZED_ELEMENT);
    if (UNLIKELY(func->type != x->instance->types[IMM32(3)]))
        TRAP(SIGNATURE);
    wisp_slot *frame = fp + pc[1];
    const uint16_t *next = pc + 7;
    if (UNLIKELY(func->instance != x->instance)) {
        x->callee = func;
        x->args = frame;
        x->next = next;
        GOTO(call_out);
    }
    const wisp_function *function = func->function;
    ENTER(function, frame, next, fp);
}

OP(RESUME)
{
    pc = fp[WISP_BRIDGE_RETURN].ptr;
    wisp_slot *bridge = fp;
    fp = bridge[WISP_BRIDGE_FRAME].ref;
    wisp_call_unbridge(x, bridge);
    mem = x->memory;
    DISPATCH;
}

OP(ENTRY)
{
    const wisp_function *function = x->callee->function;
    ENTER(function, fp, wisp_code_exit, NULL);
}

OP(EXIT)
{
    x->trap = WISP_TRAP_NONE;
    STOP;
}

/* ------------------------------------------------------------------ moves */

OP(CLEAR)
{
    memset(&SLOT(1), 0, pc[2] * sizeof(wisp_slot));
    NEXT(3);
}

OP(COPY_32)
{
    SLOT(1).u32 = SLOT(2).u32;
    NEXT(3);
}

OP(COPY_64)
{
    SLOT(1).u64 = SLOT(2).u64;
    NEXT(3);
}

OP(CONST_32)
{
    SLOT(1).u32 = IMM32(2);
    NEXT(4);
}

OP(CONST_64)
{
    SLOT(1).u64 = wisp_unit64(pc + 2);
    NEXT(6);
}

OP(SELECT_32)
{
    uint32_t a = SLOT(2).u32, b = SLOT(3).u32;
    SLOT(1).u32 = SLOT(4).u32 ? a : b;
    NEXT(5);
}

OP(SELECT_64)
{
    uint64_t a = SLOT(2).u64, b = SLOT(3).u64;
    SLOT(1).u64 = SLOT(4).u32 ? a : b;
    NEXT(5);
}

OP(GLOBAL_GET_32)
{
    SLOT(1).u32 = x->globals[IMM32(2)]->value.u32;
    NEXT(4);
}

OP(GLOBAL_GET_64)
{
    SLOT(1).u64 = x->globals[IMM32(2)]->value.u64;
    NEXT(4);
}

OP(GLOBAL_SET_32)
{
    x->globals[IMM32(2)]->value.u32 = SLOT(1).u32;
    NEXT(4);
}

OP(GLOBAL_SET_64)
{
    x->globals[IMM32(2)]->value.u64 = SLOT(1).u64;
    NEXT(4);
}

/* ------------------------------------------------------------------ integers */

#define BINARY(name, type, field, immediate, expression)                                          \
    OP(name##_RR)                                                                                 \
    {                                                                                             \
        type a = SLOT(2).field, b = SLOT(3).field;                                                \
        SLOT(1).field = expression;                                                               \
        NEXT(4);                                                                                  \
    }                                                                                             \
    OP(name##_RI)                                                                                 \
    {                                                                                             \
        type a = SLOT(2).field, b = immediate;                                                    \
        SLOT(1).field = expression;                                                               \
        NEXT(5);                                                                                  \
    }

#define IMMEDIATE_32(k) IMM32(k)
#define IMMEDIATE_64(k) (uint64_t)(int64_t)(int32_t)IMM32(k)

#define X(name, expression) BINARY(name, uint32_t, u32, IMMEDIATE_32(3), expression)
WISP_CODE_I32_BINARY(X)
#undef X

#define X(name, expression) BINARY(name, uint64_t, u64, IMMEDIATE_64(3), expression)
WISP_CODE_I64_BINARY(X)
#undef X

#define DIVIDE(name, type, field, b_value, units, overflow, expression)                           \
    OP(name)                                                                                      \
    {                                                                                             \
        type a = SLOT(2).field, b = b_value;                                                      \
        if (UNLIKELY(b == 0))                                                                     \
            TRAP(DIVIDE_BY_ZERO);                                                                 \
        if (UNLIKELY(overflow))                                                                   \
            TRAP(OVERFLOW);                                                                       \
        SLOT(1).field = expression;                                                               \
        NEXT(units);                                                                              \
    }

#define X(name, overflow, expression)                                                             \
    DIVIDE(name##_RR, uint32_t, u32, SLOT(3).u32, 4, overflow, expression)                        \
    DIVIDE(name##_RI, uint32_t, u32, IMMEDIATE_32(3), 5, overflow, expression)
WISP_CODE_I32_DIVIDE(X)
#undef X

#define X(name, overflow, expression)                                                             \
    DIVIDE(name##_RR, uint64_t, u64, SLOT(3).u64, 4, overflow, expression)                        \
    DIVIDE(name##_RI, uint64_t, u64, IMMEDIATE_64(3), 5, overflow, expression)
WISP_CODE_I64_DIVIDE(X)
#undef X

#define COMPARE(name, type, field, immediate, expression)                                         \
    OP(name##_RR)                                                                                 \
    {                                                                                             \
        type a = SLOT(2).field, b = SLOT(3).field;                                                \
        SLOT(1).u32 = expression;                                                                 \
        NEXT(4);                                                                                  \
    }                                                                                             \
    OP(name##_RI)                                                                                 \
    {                                                                                             \
        type a = SLOT(2).field, b = immediate(3);                                                 \
        SLOT(1).u32 = expression;                                                                 \
        NEXT(5);                                                                                  \
    }                                                                                             \
    OP(name##_BR_RR)                                                                              \
    {                                                                                             \
        type a = SLOT(1).field, b = SLOT(2).field;                                                \
        if (expression) {                                                                         \
            BRANCH(3);                                                                            \
        }                                                                                         \
        NEXT(5);                                                                                  \
    }                                                                                             \
    OP(name##_BR_RI)                                                                              \
    {                                                                                             \
        type a = SLOT(1).field, b = immediate(2);                                                 \
        if (expression) {                                                                         \
            BRANCH(4);                                                                            \
        }                                                                                         \
        NEXT(6);                                                                                  \
    }                                                                                             \
    OP(name##_LOOP_RR)                                                                            \
    {                                                                                             \
        type a = SLOT(1).field, b = SLOT(2).field;                                                \
        if (expression) {                                                                         \
            LOOP_BACK(3);                                                                         \
        }                                                                                         \
        NEXT(7);                                                                                  \
    }                                                                                             \
    OP(name##_LOOP_RI)                                                                            \
    {                                                                                             \
        type a = SLOT(1).field, b = immediate(2);                                                 \
        if (expression) {                                                                         \
            LOOP_BACK(4);                                                                         \
        }                                                                                         \
        NEXT(8);                                                                                  \
    }

#define X(name, expression) COMPARE(name, uint32_t, u32, IMMEDIATE_32, expression)
WISP_CODE_I32_COMPARE(X)
#undef X

#define X(name, expression) COMPARE(name, uint64_t, u64, IMMEDIATE_64, expression)
WISP_CODE_I64_COMPARE(X)
#undef X

/* ------------------------------------------------------------------ floats and conversions */

#define X(name, in, out, expression)                                                              \
    OP(name)                                                                                      \
    {                                                                                             \
        TYPE_##in a = SLOT(2).in, b = SLOT(3).in;                                                 \
        SLOT(1).out = expression;                                                                 \
        NEXT(4);                                                                                  \
    }
WISP_CODE_FLOAT_BINARY(X)
#undef X

#define X(name, in, out, expression)                                                              \
    OP(name)                                                                                      \
    {                                                                                             \
        TYPE_##in a = SLOT(2).in;                                                                 \
        SLOT(1).out = expression;                                                                 \
        NEXT(3);                                                                                  \
    }
WISP_CODE_UNARY(X)
#undef X

#define X(to, from, in, out, type, least, greatest, low, high)                                    \
    OP(to##_TRUNC_##from)                                                                         \
    {                                                                                             \
        TYPE_##in a = SLOT(2).in;                                                                 \
        if (UNLIKELY(a != a))                                                                     \
            TRAP(CONVERSION);                                                                     \
        if (UNLIKELY(!(a > (low) && a < (high))))                                                 \
            TRAP(OVERFLOW);                                                                       \
        SLOT(1).out = (TYPE_##out)(type)a;                                                        \
        NEXT(3);                                                                                  \
    }                                                                                             \
    OP(to##_TRUNC_SAT_##from)                                                                     \
    {                                                                                             \
        TYPE_##in a = SLOT(2).in;                                                                 \
        type value = a != a ? 0 : a <= (low) ? (least) : a >= (high) ? (greatest) : (type)a;      \
        SLOT(1).out = (TYPE_##out)value;                                                          \
        NEXT(3);                                                                                  \
    }
WISP_CODE_TRUNCATE(X)
#undef X

/* ------------------------------------------------------------------ memory */

/* The address is a sum of 64 bits, so it cannot wrap around. */
#define X(name, out, stored, extended)                                                            \
    OP(name)                                                                                      \
    {                                                                                             \
        uint64_t address = (uint64_t)SLOT(2).u32 + IMM32(3);                                      \
        if (UNLIKELY(address + sizeof(stored) > x->memory_size))                                  \
            TRAP(MEMORY);                                                                         \
        SLOT(1).out = (TYPE_##out)(extended)wisp_get_##stored(mem + address);                     \
        NEXT(5);                                                                                  \
    }
WISP_CODE_LOAD(X)
#undef X

#define X(name, in, stored)                                                                       \
    OP(name)                                                                                      \
    {                                                                                             \
        uint64_t address = (uint64_t)SLOT(1).u32 + IMM32(3);                                      \
        if (UNLIKELY(address + sizeof(stored) > x->memory_size))                                  \
            TRAP(MEMORY);                                                                         \
        wisp_put_##stored(mem + address, (stored)SLOT(2).in);                                     \
        NEXT(5);                                                                                  \
    }                                                                                             \
    OP(name##_I)                                                                                  \
    {                                                                                             \
        uint64_t address = (uint64_t)SLOT(1).u32 + IMM32(2);                                      \
        if (UNLIKELY(address + sizeof(stored) > x->memory_size))                                  \
            TRAP(MEMORY);                                                                         \
        wisp_put_##stored(mem + address, (stored)IMMEDIATE_64(4));                                \
        NEXT(6);                                                                                  \
    }
WISP_CODE_STORE(X)
#undef X

#define X(name, function, units)                                                                  \
    OP(name)                                                                                      \
    {                                                                                             \
        x->trap = wisp_slow_##function(x, fp, pc);                                                \
        if (UNLIKELY(x->trap))                                                                    \
            STOP;                                                                                 \
        mem = x->memory;                                                                          \
        NEXT(units);                                                                              \
    }
WISP_CODE_SLOW(X)
#undef X

/* clang-format on */
