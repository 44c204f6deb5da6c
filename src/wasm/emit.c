#include <string.h>

#include "wasm/bits.h"
#include "wasm/compiler.h"
#include "wasm/types.h"

/* For callers that are not faster with them in place (builds for size). */
extern inline void wisp_emit_bytes(wisp_compiler *c, const void *bytes, size_t size);
extern inline bool wisp_operand_is_sum(const wisp_operand *operand);
extern inline void wisp_emit(wisp_compiler *c, uint16_t unit);
extern inline void wisp_emit_32(wisp_compiler *c, uint32_t value);
extern inline void wisp_emit_64(wisp_compiler *c, uint64_t value);
extern inline uint16_t wisp_emit_use(wisp_compiler *c, const wisp_operand *operand);

/* ------------------------------------------------------------------ units */

bool wisp_emit_make_room(wisp_compiler *c, size_t count)
{
    if (c->is_dead)
        c->code_len = c->dead_len;
    if (c->code_len + count > c->code_max)
        wisp_compile_fail(c, WISP_LIMIT, "more than %zu units of code", c->code_max);
    else if (!wisp_array_reserve(c->allocator, &c->code, &c->code_capacity,
                                 c->code_len + count + WISP_UNITS_ROOM, sizeof *c->code))
        wisp_compile_fail(c, WISP_NO_MEMORY, "out of memory for %zu units of code",
                          c->code_len + count);
    if (c->status) {
        c->code_len = 0;
        return false;
    }
    size_t room = c->code_capacity - WISP_UNITS_ROOM;
    c->code_room = c->is_dead ? 0 : (room < c->code_max ? room : c->code_max) + 1;
    return true;
}

/* Those at [unit] and behind it. */
static void drop_marks(wisp_compiler *c, uint32_t unit)
{
    while (c->mark_len > 0 && c->marks[c->mark_len - 1].unit >= unit)
        c->mark_len--;
}

/* An instruction begins at [unit]. */
static void mark(wisp_compiler *c, uint32_t unit)
{
    if (!wisp_array_reserve(c->allocator, &c->marks, &c->mark_capacity, c->mark_len + 1,
                            sizeof *c->marks)) {
        wisp_compile_fail(c, WISP_NO_MEMORY, "out of memory for %zu marks", c->mark_len + 1);
        return;
    }
    c->marks[c->mark_len++] = (wisp_mark){.unit = unit, .offset = wisp_compile_offset(c)};
}

/* How far back the last instruction may begin in the end, if it loses its head (change_last). */
enum { UNITS_BACK = WISP_HAS_JOINED ? WISP_UNITS_HEAD : 0 };

/* An instruction begins at [start], or UNITS_BACK before that if it [may_move]. */
WISP_APART static void note_origin(wisp_compiler *c, uint32_t start, bool may_move)
{
    if (c->is_dead || (WISP_HAS_JOINED && start - (may_move ? UNITS_BACK : 0) > c->locate))
        return;
    c->located = wisp_compile_offset(c);
    if (WISP_HAS_LISTING && c->is_listed)
        mark(c, start);
}

static void put_head(wisp_compiler *c, uint32_t code, uint32_t unit)
{
    wisp_code_head(code, &c->code[unit]);
}

/* The instruction at the end is [code], at [start]; 0 for one to which nothing can be joined. */
static void set_tail(wisp_compiler *c, uint32_t start, uint32_t code)
{
    if (WISP_HAS_JOINED)
        c->tail = (wisp_tail){.start = start, .row = wisp_code_row(code)};
}

/* Emits the head of an instruction, or joins it to the tail; returns whether it did that. */
static inline bool emit_head(wisp_compiler *c, uint32_t code)
{
    unsigned traits = wisp_code_traits(code);
    uint32_t start = (uint32_t)c->code_len, first = c->tail.start;
    uint32_t joined = wisp_code_joined(c->tail.row, code);
    if ((traits & (WISP_TRAIT_RESULT | WISP_TRAIT_KEEPS)) == 0)
        wisp_emit_forget(c);
    c->accumulators.slots[traits & WISP_TRAIT_RESULT] = WISP_NO_SLOT;
    set_tail(c, start, joined ? 0 : code);
    put_head(c, joined ? joined : code, joined ? first : start);
    c->code_len = joined ? start : start + WISP_UNITS_HEAD;
    return joined != 0;
}

void wisp_emit_code(wisp_compiler *c, uint32_t code)
{
    uint32_t row = c->tail.row;
    bool is_joined = emit_head(c, code);
    uint32_t start = (uint32_t)c->code_len - WISP_UNITS_HEAD;
    if (start <= c->locate + UNITS_BACK)
        note_origin(c, start, row != 0 && !is_joined);
}

void wisp_emit_overwrite(wisp_compiler *c, uint16_t slot)
{
    for (int i = WISP_ACC_INT; i < WISP_ACC_COUNT; i++)
        if (c->accumulators.slots[i] == slot)
            c->accumulators.slots[i] = WISP_NO_SLOT;
}

void wisp_emit_producer(wisp_compiler *c, uint32_t code)
{
    c->before = c->last;
    c->last.code = code;
    c->last_accumulators = c->accumulators;
    if (WISP_HAS_JOINED)
        c->last.tail = c->tail;
    c->last.is_joined = emit_head(c, code);
    c->last.start = (uint32_t)c->code_len - WISP_UNITS_HEAD;
    wisp_emit(c, wisp_operand_home(c));
    wisp_emit_overwrite(c, wisp_operand_home(c));
    if (c->last.start <= c->locate + UNITS_BACK)
        note_origin(c, c->last.start, c->last.tail.row != 0 && !c->last.is_joined);
}

void wisp_emit_result(wisp_compiler *c, wisp_valtype type)
{
    uint16_t *slots = c->accumulators.slots;
    slots[wisp_code_traits(c->last.code) & WISP_TRAIT_RESULT] = wisp_operand_home(c);
    slots[WISP_ACC_NONE] = WISP_NO_SLOT;
    c->last_end = c->last.len = (uint32_t)c->code_len;
    wisp_operand_push(c, type);
}

/* Whether there is an instruction behind which nothing was emitted and nothing jumps. */
static bool has_last(const wisp_compiler *c, uint32_t end)
{
    return end == c->code_len && end != 0 && c->code_room != 0;
}

/* Gives the last instruction a head of its own, or takes it away. */
static void part_or_join(wisp_compiler *c)
{
    enum { OPERANDS_MAX = 8 };
    uint16_t operands[OPERANDS_MAX];
    uint32_t from = c->last.start + WISP_UNITS_HEAD, units = (uint32_t)c->code_len - from;
    uint32_t to = c->last.is_joined ? from + WISP_UNITS_HEAD : c->last.start;
    memcpy(operands, &c->code[from], sizeof operands);
    memcpy(&c->code[to], operands, sizeof operands);
    if (c->last.is_joined)
        put_head(c, wisp_code_first(c->last.tail.row), c->last.tail.start);
    c->last.is_joined = !c->last.is_joined;
    c->last.start = to - WISP_UNITS_HEAD;
    c->code_len = c->last.len = c->last_end = to + units;
    if (WISP_HAS_LISTING && c->is_listed)
        c->marks[c->mark_len - 1].unit = c->last.start;
}

/* Makes the last instruction one of the same layout. */
static void change_last(wisp_compiler *c, uint32_t code)
{
    uint32_t joined = wisp_code_joined(c->last.tail.row, code);
    if (WISP_HAS_JOINED && (joined != 0) != c->last.is_joined)
        part_or_join(c);
    c->last.code = code;
    set_tail(c, c->last.start, joined ? 0 : code);
    put_head(c, joined ? joined : code, joined ? c->last.tail.start : c->last.start);
}

bool wisp_emit_gave(const wisp_compiler *c, const wisp_operand *operand)
{
    return has_last(c, c->last_end) && operand->kind == WISP_OPERAND_HOME &&
           operand->home == c->code[c->last.start + WISP_UNITS_HEAD];
}

static bool last_gave_top(const wisp_compiler *c)
{
    return c->height != c->floor && wisp_emit_gave(c, wisp_operand_top(c, 1));
}

bool wisp_emit_retarget(wisp_compiler *c, const wisp_operand *operand, uint16_t slot)
{
    if (!wisp_emit_gave(c, operand))
        return false;
    c->code[c->last.start + WISP_UNITS_HEAD] = slot;
    c->last_end = 0;
    wisp_emit_overwrite(c, slot);
    c->accumulators.slots[wisp_code_traits(c->last.code) & WISP_TRAIT_RESULT] = slot;
    c->accumulators.slots[WISP_ACC_NONE] = WISP_NO_SLOT;
    return true;
}

/* ------------------------------------------------------------------ accumulators */

void wisp_emit_forget(wisp_compiler *c)
{
    for (int i = WISP_ACC_NONE; i < WISP_ACC_COUNT; i++)
        c->accumulators.slots[i] = WISP_NO_SLOT;
    c->last.len = 0;
    if (WISP_HAS_JOINED)
        c->tail.row = 0;
}

void wisp_emit_accumulated(wisp_compiler *c)
{
    const wisp_operand *operand = wisp_operand_top(c, 1);
    wisp_accumulator accumulator = wisp_accumulator_of(operand->type);
    if (accumulator != WISP_ACC_NONE)
        c->accumulators.slots[accumulator] = operand->home;
}

void wisp_emit_in_accumulator(wisp_compiler *c, const wisp_operand *operand)
{
    unsigned distance = wisp_code_traits(c->last.code) / WISP_TRAIT_DISTANCE;
    if (distance == 0 || !wisp_emit_gave(c, operand))
        return;
    change_last(c, c->last.code + distance);
    c->accumulators.slots[wisp_accumulator_of(operand->type)] = WISP_NO_SLOT;
    c->last_end = 0;
}

/* ------------------------------------------------------------------ moving operands */

static void emit_copy(wisp_compiler *c, wisp_valtype type, uint16_t to, uint16_t from)
{
    if (to == from)
        return;
    wisp_emit_ensure(c);
    wisp_emit_overwrite(c, to);
    wisp_emit_code(c, WISP_CODE_COPY_32 + wisp_valtype_width(type));
    wisp_emit(c, to);
    wisp_emit(c, from);
}

static void emit_constant(wisp_compiler *c, wisp_valtype type, uint16_t to, uint64_t bits)
{
    bool is_64 = wisp_valtype_width(type) != 0;
    wisp_emit_ensure(c);
    wisp_emit_overwrite(c, to);
    wisp_emit_code(c, is_64 ? WISP_CODE_CONST_64 : WISP_CODE_CONST_32);
    wisp_emit(c, to);
    if (is_64)
        wisp_emit_64(c, bits);
    else
        wisp_emit_32(c, (uint32_t)bits);
}

/* By an instruction that leaves the accumulators alone, as copies and constants do: a condition
 * may be in one while operands are moved. */
static void emit_sum_to(wisp_compiler *c, uint16_t to, const wisp_operand *sum)
{
    wisp_emit_ensure(c);
    wisp_emit_overwrite(c, to);
    wisp_emit_code(c, WISP_CODE_COPY_SUM);
    wisp_emit(c, to);
    wisp_emit(c, c->locals[sum->local].slot);
    wisp_emit_32(c, sum->addend);
}

void wisp_emit_top_sum(wisp_compiler *c)
{
    const wisp_operand *sum = wisp_operand_pop_sum(c, WISP_I32);
    wisp_emit_producer(c, WISP_CODE_I32_ADD_RR + WISP_FORM_RI);
    wisp_emit(c, c->locals[sum->local].slot);
    wisp_emit_32(c, sum->addend);
    wisp_emit_result(c, WISP_I32);
}

void wisp_emit_move(wisp_compiler *c, uint16_t slot, const wisp_operand *operand)
{
    if (operand->kind == WISP_OPERAND_CONSTANT)
        emit_constant(c, operand->type, slot, operand->bits);
    else if (wisp_operand_is_sum(operand))
        emit_sum_to(c, slot, operand);
    else
        emit_copy(c, operand->type, slot, wisp_emit_use(c, operand));
}

uint16_t wisp_emit_make(wisp_compiler *c, const wisp_operand *operand)
{
    if (operand->kind == WISP_OPERAND_CONSTANT)
        emit_constant(c, operand->type, operand->home, operand->bits);
    else
        emit_sum_to(c, operand->home, operand);
    return operand->home;
}

/* Moves one operand of the stack home; its local must forget it. */
static void move_home(wisp_compiler *c, wisp_operand *operand)
{
    wisp_emit_move(c, operand->home, operand);
    operand->kind = WISP_OPERAND_HOME;
}

void wisp_emit_flush_local(wisp_compiler *c, uint32_t local)
{
    for (uint32_t ref = c->locals[local].refs; ref != 0;) {
        wisp_operand *operand = &c->operands[ref - 1];
        ref = operand->next_ref;
        move_home(c, operand);
    }
    c->locals[local].refs = 0;
}

void wisp_emit_flush(wisp_compiler *c)
{
    for (size_t i = c->moved; i < c->height; i++)
        if (c->operands[i].kind == WISP_OPERAND_LOCAL)
            wisp_emit_flush_local(c, c->operands[i].local);
    c->moved = c->height;
}

void wisp_emit_home(wisp_compiler *c, size_t count)
{
    if (count > c->height)
        count = c->height;
    for (size_t i = c->height - count; i < c->height; i++) {
        wisp_operand *operand = &c->operands[i];
        if (operand->kind == WISP_OPERAND_CONSTANT)
            move_home(c, operand);
        else if (operand->kind == WISP_OPERAND_LOCAL)
            wisp_emit_flush_local(c, operand->local);
    }
}

/* ------------------------------------------------------------------ conditions and jumps */

bool wisp_emit_was_set(const wisp_compiler *c, uint16_t slot)
{
    return has_last(c, c->last.len) && c->code[c->last.start + WISP_UNITS_HEAD] == slot;
}

int wisp_emit_take_back(wisp_compiler *c, uint16_t units[WISP_UNITS_TAKEN_MAX])
{
    uint32_t first = c->last.start + WISP_UNITS_HEAD + 1;
    int count = (int)(c->code_len - first);
    memcpy(units, &c->code[first], (size_t)count * sizeof *units);
    c->code_len = c->last.start;
    if (WISP_HAS_LISTING && c->is_listed)
        drop_marks(c, c->last.start);
    if (WISP_HAS_JOINED && c->last.is_joined) {
        put_head(c, wisp_code_first(c->last.tail.row), c->last.tail.start);
        c->code_len += WISP_UNITS_HEAD;
    }
    if (WISP_HAS_JOINED)
        c->tail = c->last.tail;
    c->accumulators = c->last_accumulators;
    c->last = c->before;
    c->last_end = c->last.len == c->code_len ? c->last.len : 0;
    return count;
}

/* Whether [code] is a comparison that gives a value, which a jump can be made of. */
static bool is_comparison(uint32_t code)
{
    uint32_t number = code & WISP_CODE_MASK, flags = code - number;
    if (number >= WISP_CODE_I32_EQ_RR && number < WISP_CODE_F64_EQ_RR)
        return (number - WISP_CODE_I32_EQ_RR) % WISP_INT_COMPARE_FORMS + flags < WISP_FORM_BR;
    if (number >= WISP_CODE_F64_EQ_RR && number < WISP_CODE_F32_MIN)
        return (number - WISP_CODE_F64_EQ_RR) % WISP_FLOAT_COMPARE_FORMS + flags < WISP_FORM_BR;
    return false;
}

static bool is_float_comparison(uint32_t code)
{
    return (code & WISP_CODE_MASK) >= WISP_CODE_F64_EQ_RR;
}

wisp_condition wisp_emit_condition(wisp_compiler *c)
{
    wisp_condition condition = {0};
    bool fuse = last_gave_top(c) && is_comparison(c->last.code);
    const wisp_operand *operand = wisp_operand_pop(c, WISP_I32);
    if (!fuse) {
        condition.slot = wisp_emit_use(c, operand);
        condition.is_accumulated = wisp_emit_take(c, operand, condition.slot);
        return condition;
    }
    condition.is_comparison = true;
    condition.code = c->last.code;
    condition.unit_count = (uint8_t)wisp_emit_take_back(c, condition.units);
    return condition;
}

/* The comparison of integers that holds where [code], one that gives a value, does not. */
static uint32_t negated(uint32_t code)
{
    uint32_t number = code & WISP_CODE_MASK, index = number - WISP_CODE_I32_EQ_RR;
    uint32_t group = index / WISP_INT_COMPARE_FORMS, other = group ^ 1;
    return code + (other - group) * WISP_INT_COMPARE_FORMS;
}

bool wisp_emit_negate(wisp_compiler *c)
{
    if (!last_gave_top(c) || !is_comparison(c->last.code) || is_float_comparison(c->last.code))
        return false;
    change_last(c, negated(c->last.code));
    return true;
}

/* The code of a jump if the comparison [code] is [sense]. */
static uint32_t jump_code(uint32_t code, bool sense, bool back)
{
    if (back)
        return (sense ? code : negated(code)) + WISP_FORM_LOOP;
    if (is_float_comparison(code))
        return code + (sense ? WISP_FORM_BR : WISP_FORM_BRN);
    return (sense ? code : negated(code)) + WISP_FORM_BR;
}

/* Emits a conditional jump without its target. */
static void emit_test(wisp_compiler *c, const wisp_condition *condition, bool sense, bool back)
{
    if (!condition) {
        wisp_emit_code(c, back ? WISP_CODE_LOOP : WISP_CODE_BR);
    } else if (!condition->is_comparison) {
        uint32_t code = sense ? WISP_CODE_BR_NZ : WISP_CODE_BR_Z;
        code += back ? WISP_CODE_LOOP_NZ - WISP_CODE_BR_NZ : 0;
        wisp_emit_code(c, code + condition->is_accumulated);
        if (!condition->is_accumulated)
            wisp_emit(c, condition->slot);
    } else {
        wisp_emit_code(c, jump_code(condition->code, sense, back));
        for (int i = 0; i < condition->unit_count; i++)
            wisp_emit(c, condition->units[i]);
    }
}

/* Emits a jump's target, or a weight, that is known later: a link to the one before it. */
static uint32_t emit_link(wisp_compiler *c, uint32_t chain)
{
    if (c->is_dead || c->status)
        return chain;
    uint32_t unit = (uint32_t)c->code_len;
    wisp_emit_32(c, chain);
    return unit + 1;
}

static void patch(wisp_compiler *c, uint32_t unit, uint32_t value)
{
    if (c->status == WISP_OK)
        memcpy(&c->code[unit], &value, sizeof value);
}

#ifdef WISP_NO_ACCUMULATORS
static bool emit_add_loop(wisp_compiler *c, const wisp_condition *condition)
{
    (void)c, (void)condition;
    return false;
}
#else
/* The code of the loop's end that [condition], of what was just added, makes; 0 for none. */
static uint32_t add_loop_code(const wisp_condition *condition)
{
    if (!condition->is_comparison)
        return condition->is_accumulated ? WISP_CODE_I32_ADD_NE_LOOP_I : 0;
    switch (condition->code) {
#define X(name, comparison, expression)                                                          \
    case WISP_CODE_##comparison##_AR:                                                            \
        return WISP_CODE_##name##_R;                                                             \
    case WISP_CODE_##comparison##_AI:                                                            \
        return WISP_CODE_##name##_I;
        WISP_CODE_ADD_LOOP(X)
#undef X
    }
    return 0;
}

/* Makes one instruction of an addition just made and the jump back that tests its sum. */
static bool emit_add_loop(wisp_compiler *c, const wisp_condition *condition)
{
    uint16_t units[WISP_UNITS_TAKEN_MAX];
    uint32_t code = condition ? add_loop_code(condition) : 0;
    if (code == 0 || c->last.code != WISP_CODE_I32_ADD_RI || !has_last(c, c->last.len))
        return false;
    uint16_t slot = c->code[c->last.start + WISP_UNITS_HEAD];
    wisp_accumulators accumulators = c->accumulators;
    int count = wisp_emit_take_back(c, units);
    c->accumulators = accumulators;
    wisp_emit_code(c, code);
    wisp_emit(c, slot);
    for (int i = 0; i < count; i++)
        wisp_emit(c, units[i]);
    for (int i = 0; i < condition->unit_count; i++)
        wisp_emit(c, condition->units[i]);
    if (!condition->is_comparison)
        wisp_emit_32(c, 0);
    return true;
}
#endif

void wisp_emit_jump(wisp_compiler *c, wisp_control *target, const wisp_condition *condition,
                    bool sense)
{
    bool back = target->opcode == WISP_OPCODE_LOOP;
    if (!back || !sense || !emit_add_loop(c, condition))
        emit_test(c, condition, sense, back);
    if (back) {
        wisp_emit_32(c, target->start - (uint32_t)c->code_len);
        target->weights = emit_link(c, target->weights);
    } else {
        target->jumps = emit_link(c, target->jumps);
    }
}

uint32_t wisp_emit_forward(wisp_compiler *c, const wisp_condition *condition, bool sense)
{
    emit_test(c, condition, sense, false);
    return emit_link(c, 0);
}

uint32_t wisp_emit_forward_null(wisp_compiler *c, uint16_t slot, bool is_null)
{
    wisp_emit_code(c, is_null ? WISP_CODE_BR_NULL : WISP_CODE_BR_NON_NULL);
    wisp_emit(c, slot);
    return emit_link(c, 0);
}

void wisp_emit_patch(wisp_compiler *c, uint32_t unit)
{
    if (unit == 0)
        return;
    patch(c, unit - 1, (uint32_t)c->code_len - (unit - 1));
    c->last_end = 0;
    wisp_emit_forget(c);
}

void wisp_emit_label(wisp_compiler *c, wisp_control *control)
{
    uint32_t link = control->jumps;
    while (link != 0 && c->status == WISP_OK) {
        uint32_t next = wisp_unit32(&c->code[link - 1]);
        wisp_emit_patch(c, link);
        link = next;
    }
}

void wisp_emit_weights(wisp_compiler *c, wisp_control *control)
{
    uint32_t weight = 1 + (c->instructions - control->instructions) / 16;
    uint32_t link = control->weights;
    while (link != 0 && c->status == WISP_OK) {
        uint32_t next = wisp_unit32(&c->code[link - 1]);
        patch(c, link - 1, weight);
        link = next;
    }
}

/* ------------------------------------------------------------------ branches */

bool wisp_emit_must_move(wisp_compiler *c, const wisp_control *target)
{
    wisp_types types = wisp_control_label(target);
    if (c->is_dead || c->status)
        return false;
    uint32_t home = target->home;
    for (uint32_t i = 0; i < types.count; i++) {
        const wisp_operand *operand = wisp_operand_top(c, types.count - i);
        if (operand->kind != WISP_OPERAND_HOME || operand->home != home)
            return true;
        home += wisp_valtype_slots(types.types[i]);
    }
    return false;
}

/* Upwards, so that no operand is overwritten before it is moved: homes only get lower. */
void wisp_emit_branch_moves(wisp_compiler *c, const wisp_control *target)
{
    if (c->is_dead || c->status)
        return;
    wisp_types types = wisp_control_label(target);
    uint32_t home = target->home;
    for (uint32_t i = 0; i < types.count; i++) {
        wisp_emit_move(c, (uint16_t)home, wisp_operand_top(c, types.count - i));
        home += wisp_valtype_slots(types.types[i]);
    }
}

void wisp_emit_branch(wisp_compiler *c, wisp_control *target)
{
    if (c->is_dead || c->status)
        return;
    if (target->is_function) {
        wisp_emit_return(c);
        return;
    }
    wisp_emit_branch_moves(c, target);
    wisp_emit_ensure(c);
    wisp_emit_jump(c, target, NULL, true);
}

/* Results go to the first slots, where parameters may still be wanted: those are moved out
 * of the way first. */
static void emit_return_moves(wisp_compiler *c, wisp_types types)
{
    for (uint32_t i = 0; i < types.count; i++) {
        const wisp_operand *operand = wisp_operand_top(c, types.count - i);
        if (operand->kind == WISP_OPERAND_LOCAL && c->locals[operand->local].slot < c->header)
            wisp_emit_move(c, operand->home, operand);
    }
    uint32_t slot = 0;
    for (uint32_t i = 0; i < types.count; i++) {
        wisp_operand operand = *wisp_operand_top(c, types.count - i);
        if (operand.kind == WISP_OPERAND_LOCAL && c->locals[operand.local].slot < c->header)
            operand.kind = WISP_OPERAND_HOME;
        wisp_emit_move(c, (uint16_t)slot, &operand);
        slot += wisp_valtype_slots(types.types[i]);
    }
}

/* Returns one result, which is no vector, and leaves it in its accumulator as well. */
static void emit_return_one(wisp_compiler *c, const wisp_operand *operand)
{
    static const uint16_t codes[WISP_ACC_COUNT] = {
        [WISP_ACC_F32] = WISP_CODE_RETURN_F32, [WISP_ACC_F64] = WISP_CODE_RETURN_F64};
    uint16_t slot = wisp_emit_use(c, operand);
    bool is_accumulated = wisp_emit_take(c, operand, slot);
    uint32_t code = codes[wisp_accumulator_of(operand->type)];
    if (code == 0)
        code = WISP_CODE_RETURN_32 + wisp_valtype_width(operand->type) * WISP_WIDTH_FORMS;
    wisp_emit_code(c, code + is_accumulated);
    wisp_emit(c, c->header);
    if (!is_accumulated)
        wisp_emit(c, slot);
}

static bool returns_one(const wisp_compiler *c)
{
    return c->type->result_count == 1 && c->type->results[0] != WISP_V128;
}

void wisp_emit_return(wisp_compiler *c)
{
    if (c->is_dead || c->status)
        return;
    if (returns_one(c)) {
        emit_return_one(c, wisp_operand_top(c, 1));
        return;
    }
    emit_return_moves(c, (wisp_types){c->type->results, c->type->result_count});
    wisp_emit_code(c, WISP_CODE_RETURN);
    wisp_emit(c, c->header);
}

void wisp_emit_return_in_place(wisp_compiler *c)
{
    if (returns_one(c)) {
        wisp_operand result = {.type = c->type->results[0], .home = 0};
        emit_return_one(c, &result);
        return;
    }
    wisp_emit_code(c, WISP_CODE_RETURN);
    wisp_emit(c, c->header);
}

void wisp_emit_dead(wisp_compiler *c)
{
    wisp_operands_drop(c);
    c->controls[c->depth - 1].is_polymorphic = true;
    if (c->is_dead)
        return;
    c->is_dead = true;
    c->dead_len = c->code_len;
    c->code_room = 0;
}
