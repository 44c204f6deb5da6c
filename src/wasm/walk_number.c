#include "wasm/types.h"
#include "wasm/walk.h"

/* Variables, constants and arithmetic. */

/* ------------------------------------------------------------------ parametric, variables */

void wisp_walk_drop(wisp_compiler *c)
{
    wisp_operand_pop(c, 0);
}

/* Emits a select of two operands of [type]; 0 takes any number. */
static void select(wisp_compiler *c, wisp_valtype type)
{
    const wisp_operand *condition = wisp_operand_pop(c, WISP_I32);
    const wisp_operand *b = wisp_operand_pop(c, type);
    const wisp_operand *a = wisp_operand_pop(c, type ? type : (wisp_valtype)b->type);
    wisp_valtype result = type ? type : a->type ? a->type : b->type;
    if (!type && wisp_valtype_is_ref(result))
        wisp_compile_fail(c, WISP_MISMATCH, "select expects numbers, found %s",
                          wisp_valtype_name(result));
    uint16_t slot_a = wisp_emit_use(c, a);
    uint16_t slot_b = wisp_emit_use(c, b);
    uint16_t slot_c = wisp_emit_use(c, condition);
    bool is_accumulated = wisp_emit_take(c, condition, slot_c);
    wisp_emit_producer(c, WISP_CODE_SELECT_32 + wisp_valtype_width(result) * WISP_WIDTH_FORMS +
                              is_accumulated);
    wisp_emit(c, slot_a);
    wisp_emit(c, slot_b);
    if (!is_accumulated)
        wisp_emit(c, slot_c);
    wisp_emit_result(c, result);
}

void wisp_walk_select(wisp_compiler *c)
{
    select(c, 0);
}

void wisp_walk_select_t(wisp_compiler *c)
{
    uint32_t count = wisp_walk_u32(c, "a number of types");
    if (c->status == WISP_OK && count != 1)
        wisp_compile_fail(c, WISP_MISMATCH, "select: invalid result arity %u, expected 1", count);
    wisp_valtype type = wisp_walk_valtype(c);
    if (c->status == WISP_OK)
        select(c, type);
}

static uint32_t read_local(wisp_compiler *c)
{
    return wisp_walk_index(c, "local", c->local_count);
}

WISP_APART static void get_local(wisp_compiler *c)
{
    uint32_t local = read_local(c);
    if (c->status)
        return;
    if (c->locals[local].is_unset)
        wisp_local_read_unset(c, local);
    wisp_operand_push_local(c, local);
}

/* The commonest instruction: mostly the index is one byte and there is nothing to note. */
void wisp_walk_local_get(wisp_compiler *c)
{
    const uint8_t *at = c->r.at;
    if (at == c->r.end || *at >= 0x80 || *at >= c->local_count || c->locals[*at].is_unset) {
        get_local(c);
        return;
    }
    c->r.at++;
    wisp_operand_push_local(c, *at);
}

/* Pops a value into [local], if possible by having its instruction write there. */
static const wisp_operand *set_local(wisp_compiler *c, uint32_t local)
{
    const wisp_local *l = &c->locals[local];
    if (l->is_unset)
        wisp_local_set(c, local);
    const wisp_operand *value = wisp_operand_pop(c, l->type);
    if (l->refs == 0 && wisp_emit_retarget(c, value, l->slot))
        return value;
    wisp_emit_flush_local(c, local);
    wisp_emit_move(c, l->slot, value);
    return value;
}

void wisp_walk_local_set(wisp_compiler *c)
{
    uint32_t local = read_local(c);
    if (c->status == WISP_OK)
        set_local(c, local);
}

void wisp_walk_local_tee(wisp_compiler *c)
{
    uint32_t local = read_local(c);
    if (c->status)
        return;
    const wisp_operand *value = set_local(c, local);
    if (value->kind == WISP_OPERAND_CONSTANT)
        wisp_operand_push_constant(c, c->locals[local].type, value->bits);
    else
        wisp_operand_push_local(c, local);
}

static uint32_t read_global(wisp_compiler *c)
{
    return wisp_walk_index(c, "global", c->module->global_count);
}

void wisp_walk_global_get(wisp_compiler *c)
{
    uint32_t index = read_global(c);
    if (c->status)
        return;
    wisp_valtype type = c->module->globals[index].type;
    wisp_emit_producer(c, WISP_CODE_GLOBAL_GET_32 + wisp_valtype_width(type) * WISP_WIDTH_FORMS);
    wisp_emit_32(c, index);
    wisp_emit_result(c, type);
}

void wisp_walk_global_set(wisp_compiler *c)
{
    uint32_t index = read_global(c);
    if (c->status)
        return;
    const wisp_module_global *global = &c->module->globals[index];
    if (!global->is_mutable)
        wisp_compile_fail(c, WISP_MISMATCH, "global.set: global %u is immutable", index);
    const wisp_operand *value = wisp_operand_pop(c, global->type);
    uint16_t slot = wisp_emit_use(c, value);
    bool is_int = global->type == WISP_I32 || global->type == WISP_I64;
    bool is_accumulated = is_int && wisp_emit_take(c, value, slot);
    wisp_emit_code(c, WISP_CODE_GLOBAL_SET_32 +
                          wisp_valtype_width(global->type) * WISP_WIDTH_FORMS + is_accumulated);
    if (!is_accumulated)
        wisp_emit(c, slot);
    wisp_emit_32(c, index);
}

/* ------------------------------------------------------------------ numbers */

WISP_APART static void long_constant(wisp_compiler *c)
{
    int32_t value = 0;
    if (!wisp_read_leb_s32(&c->r, &value))
        wisp_compile_fail(c, WISP_MALFORMED, "i32.const expects a 32-bit number");
    wisp_operand_push_constant(c, WISP_I32, (uint32_t)value);
}

void wisp_walk_i32_const(wisp_compiler *c)
{
    const uint8_t *at = c->r.at;
    if (at == c->r.end || *at >= 0x80) {
        long_constant(c);
        return;
    }
    c->r.at++;
    wisp_operand_push_constant(c, WISP_I32,
                               (uint32_t)((*at ^ 0x40) - 0x40)); /* the sign: bit 6 */
}

void wisp_walk_i64_const(wisp_compiler *c)
{
    int64_t value = 0;
    if (!wisp_read_leb_s64(&c->r, &value))
        wisp_compile_fail(c, WISP_MALFORMED, "i64.const expects a 64-bit number");
    wisp_operand_push_constant(c, WISP_I64, (uint64_t)value);
}

void wisp_walk_f32_const(wisp_compiler *c)
{
    uint32_t bits = 0;
    if (!wisp_read_u32le(&c->r, &bits))
        wisp_compile_fail(c, WISP_MALFORMED, "f32.const expects 4 bytes");
    wisp_operand_push_constant(c, WISP_F32, bits);
}

void wisp_walk_f64_const(wisp_compiler *c)
{
    uint64_t bits = 0;
    if (!wisp_read_u64le(&c->r, &bits))
        wisp_compile_fail(c, WISP_MALFORMED, "f64.const expects 8 bytes");
    wisp_operand_push_constant(c, WISP_F64, bits);
}

void wisp_walk_unary(wisp_compiler *c)
{
    const wisp_opcode *op = c->opcode;
    const wisp_operand *a = wisp_operand_pop(c, op->in);
    uint16_t slot = wisp_emit_use(c, a);
    bool is_accumulated = wisp_emit_take(c, a, slot);
    wisp_emit_producer(c, op->code + is_accumulated);
    if (!is_accumulated)
        wisp_emit(c, slot);
    wisp_emit_result(c, op->out);
}

/* The bits stay where they are. */
void wisp_walk_reinterpret(wisp_compiler *c)
{
    const wisp_opcode *op = c->opcode;
    const wisp_operand *a = wisp_operand_pop(c, op->in);
    if (a->kind == WISP_OPERAND_CONSTANT) {
        wisp_operand_push_constant(c, op->out, a->bits);
        return;
    }
    if (a->kind == WISP_OPERAND_LOCAL)
        wisp_emit_move(c, a->home, a);
    wisp_operand_push(c, op->out);
}

/* Whether [operand] fits the immediate of an RI form. */
static bool is_immediate(const wisp_operand *operand)
{
    if (operand->kind != WISP_OPERAND_CONSTANT || (!WISP_HAS_FORMS && operand->type != WISP_I32))
        return false;
    return operand->type != WISP_I64 || (int64_t)operand->bits == (int32_t)operand->bits;
}

static void emit_immediate(wisp_compiler *c, const wisp_operand *operand)
{
    if (operand->type == WISP_F64)
        wisp_emit_64(c, operand->bits);
    else
        wisp_emit_32(c, (uint32_t)operand->bits);
}

/* Comparisons exchange their operands instead; divisions are rare. */
static bool has_form_ra(uint32_t code)
{
    return code >= WISP_CODE_I32_ADD_RR && code < WISP_CODE_I32_DIV_S_RR;
}

#ifdef WISP_NO_ACCUMULATORS
static bool emit_load_op(wisp_compiler *c, uint32_t code, const wisp_operand *a,
                         const wisp_operand *b, wisp_valtype out)
{
    (void)c, (void)code, (void)a, (void)b, (void)out;
    return false;
}
#else
/* Arithmetic that can load its right operand by itself. */
typedef struct load_op {
    uint32_t code, operation, load;
} load_op;

static const load_op *find_load_op(uint32_t operation)
{
    static const load_op ops[] = {
#define X(name, operation, load, field, stored, expression)                                      \
    {WISP_CODE_##name##_R, WISP_CODE_##operation, WISP_CODE_##load},
        WISP_CODE_LOAD_OP(X)
#undef X
    };
    for (size_t i = 0; i < sizeof ops / sizeof *ops; i++)
        if (ops[i].operation == operation)
            return &ops[i];
    return NULL;
}

/* The load of [op] that gave [operand] just now: the form of [op] without accumulator that does
 * the same, or -1. */
static int load_form(const wisp_compiler *c, const load_op *op, const wisp_operand *operand)
{
    if (!wisp_emit_gave(c, operand))
        return -1;
    switch (c->last.code - op->load) {
    case 0:
        return WISP_FORM_LOAD_OP_R;
    case WISP_FORM_LOAD_X:
        return WISP_FORM_LOAD_OP_RX;
    case WISP_FORM_LOAD_K:
        return WISP_FORM_LOAD_OP_RK;
    }
    return -1;
}

/* If the right operand was just loaded, or the left one of two that can be exchanged, one
 * instruction loads and computes. */
WISP_APART static bool fuse_load(wisp_compiler *c, uint32_t code, const wisp_operand *a,
                                 const wisp_operand *b, wisp_valtype out)
{
    const load_op *op = find_load_op(code);
    if (!op)
        return false;
    int form = load_form(c, op, b);
    if (form < 0 && c->opcode->shape == WISP_SHAPE_COMMUTATIVE) {
        const wisp_operand *loaded = a;
        a = b;
        b = loaded;
        form = load_form(c, op, b);
    }
    if (form < 0 || a->kind == WISP_OPERAND_CONSTANT)
        return false;
    uint16_t units[WISP_UNITS_TAKEN_MAX];
    int count = wisp_emit_take_back(c, units);
    uint16_t slot = wisp_emit_use(c, a);
    bool takes_a = wisp_emit_take(c, a, slot);
    wisp_emit_producer(c, op->code + (uint32_t)form + takes_a);
    if (!takes_a)
        wisp_emit(c, slot);
    for (int i = 0; i < count; i++)
        wisp_emit(c, units[i]);
    wisp_emit_result(c, out);
    return true;
}

static bool emit_load_op(wisp_compiler *c, uint32_t code, const wisp_operand *a,
                         const wisp_operand *b, wisp_valtype out)
{
    bool was_load = c->last.code >= WISP_CODE_I32_LOAD && c->last.code < WISP_CODE_I32_ADD_LOAD_R;
    return was_load && fuse_load(c, code, a, b, out);
}
#endif

/* Emits [code], which is an RR form, or that of its forms which suits the operands. */
static void emit_binary(wisp_compiler *c, uint32_t code, const wisp_operand *a,
                        const wisp_operand *b, wisp_valtype out)
{
    if (emit_load_op(c, code, a, b, out))
        return;
    bool has_immediate = is_immediate(b);
    uint16_t slot_a = wisp_emit_use(c, a);
    uint16_t slot_b = has_immediate ? WISP_NO_SLOT : wisp_emit_use(c, b);
    bool takes_a = wisp_emit_take(c, a, slot_a);
    bool takes_b =
        !takes_a && !has_immediate && has_form_ra(code) && wisp_emit_take(c, b, slot_b);
    uint32_t form = takes_b ? WISP_FORM_RA : takes_a ? WISP_FORM_AR : WISP_FORM_RR;
    wisp_emit_producer(c, code + form + (has_immediate ? WISP_FORM_RI : 0));
    if (!takes_a)
        wisp_emit(c, slot_a);
    if (has_immediate)
        emit_immediate(c, b);
    else if (!takes_b)
        wisp_emit(c, slot_b);
    wisp_emit_result(c, out);
}

void wisp_walk_binary(wisp_compiler *c)
{
    const wisp_opcode *op = c->opcode;
    const wisp_operand *b = wisp_operand_pop(c, op->in);
    const wisp_operand *a = wisp_operand_pop(c, op->in);
    uint16_t slot_a = wisp_emit_use(c, a);
    uint16_t slot_b = wisp_emit_use(c, b);
    wisp_emit_producer(c, op->code);
    wisp_emit(c, slot_a);
    wisp_emit(c, slot_b);
    wisp_emit_result(c, op->out);
}

/* Adds a constant to a local, or to such a sum, by remembering it. */
static bool push_sum(wisp_compiler *c)
{
    enum { LEAST = 2 };
    if (!WISP_HAS_ACCUMULATORS || c->code_room == 0 || c->height < c->floor + LEAST)
        return false;
    const wisp_operand *b = wisp_operand_top(c, 1), *a = wisp_operand_top(c, LEAST);
    if (a->kind == WISP_OPERAND_CONSTANT && b->kind == WISP_OPERAND_LOCAL) {
        const wisp_operand *constant = a;
        a = b;
        b = constant;
    }
    if (a->kind != WISP_OPERAND_LOCAL || b->kind != WISP_OPERAND_CONSTANT ||
        a->type != WISP_I32 || b->type != WISP_I32)
        return false;
    uint32_t local = a->local, addend = a->addend + (uint32_t)b->bits;
    wisp_operand_pop_sum(c, WISP_I32);
    wisp_operand_pop_sum(c, WISP_I32);
    wisp_operand_push_sum(c, local, addend);
    return true;
}

void wisp_walk_binary_ri(wisp_compiler *c)
{
    const wisp_opcode *op = c->opcode;
    const wisp_operand *b = wisp_operand_pop(c, op->in);
    const wisp_operand *a = wisp_operand_pop(c, op->in);
    emit_binary(c, op->code, a, b, op->out);
}

void wisp_walk_commutative(wisp_compiler *c)
{
    const wisp_opcode *op = c->opcode;
    if (op->code == WISP_CODE_I32_ADD_RR && push_sum(c))
        return;
    const wisp_operand *b = wisp_operand_pop(c, op->in);
    const wisp_operand *a = wisp_operand_pop(c, op->in);
    if (is_immediate(a) && !is_immediate(b))
        emit_binary(c, op->code, b, a, op->out);
    else
        emit_binary(c, op->code, a, b, op->out);
}

/* a < b is b > a: the comparison with its operands exchanged. */
static uint32_t exchanged(uint32_t code)
{
    static const uint8_t ints[] = {0, 1, 4, 5, 2, 3, 8, 9, 6, 7};
    static const uint8_t floats[] = {0, 1, 3, 2, 5, 4};
    if (code >= WISP_CODE_F64_EQ_RR)
        return WISP_CODE_F64_EQ_RR +
               floats[(code - WISP_CODE_F64_EQ_RR) / WISP_FLOAT_COMPARE_FORMS] *
                   WISP_FLOAT_COMPARE_FORMS;
    uint32_t first = code >= WISP_CODE_I64_EQ_RR ? WISP_CODE_I64_EQ_RR : WISP_CODE_I32_EQ_RR;
    return first + ints[(code - first) / WISP_INT_COMPARE_FORMS] * WISP_INT_COMPARE_FORMS;
}

void wisp_walk_compare(wisp_compiler *c)
{
    const wisp_opcode *op = c->opcode;
    const wisp_operand *b = wisp_operand_pop(c, op->in);
    const wisp_operand *a = wisp_operand_pop(c, op->in);
    bool exchange = is_immediate(a) || (b->kind != WISP_OPERAND_CONSTANT &&
                                        wisp_emit_is_accumulated(c, b, wisp_emit_use(c, b)));
    if (exchange && !is_immediate(b))
        emit_binary(c, exchanged(op->code), b, a, op->out);
    else
        emit_binary(c, op->code, a, b, op->out);
}

/* The negation of a comparison just made is another comparison. */
void wisp_walk_eqz(wisp_compiler *c)
{
    const wisp_opcode *op = c->opcode;
    if (op->in == WISP_I32 && wisp_emit_negate(c))
        return;
    wisp_operand_push_constant(c, op->in, 0);
    const wisp_operand *zero = wisp_operand_pop(c, op->in);
    const wisp_operand *a = wisp_operand_pop(c, op->in);
    emit_binary(c, op->code, a, zero, op->out);
}

/* ------------------------------------------------------------------ wide arithmetic */

/* [count] operands of 64 bits give two, in the slots of the first two. */
static void wide(wisp_compiler *c, uint32_t count)
{
    uint16_t slots[4] = {0};
    for (uint32_t i = count; i-- > 0;) {
        const wisp_operand *operand = wisp_operand_pop(c, WISP_I64);
        slots[i] = wisp_emit_use(c, operand);
    }
    wisp_emit_code(c, c->opcode->code);
    wisp_emit(c, wisp_operand_home(c));
    for (uint32_t i = 0; i < count; i++)
        wisp_emit(c, slots[i]);
    wisp_operand_push(c, WISP_I64);
    wisp_operand_push(c, WISP_I64);
}

void wisp_walk_wide_2(wisp_compiler *c)
{
    wide(c, 2);
}

void wisp_walk_wide_4(wisp_compiler *c)
{
    wide(c, 4);
}
