#include "wasm/compile.h"

#include <stdalign.h>
#include <string.h>

#include "wasm/types.h"
#include "wasm/walk.h"

/*
 * The walk over a function's instructions: one function a shape (opcodes.h), each of which
 * reads the immediates, moves the operand stack as the specification says and emits code.
 */

/* ------------------------------------------------------------------ the walk */

typedef void walker(wisp_compiler *c);

/* Instructions known by their number that are not supported; NULL for an unknown one. */
static const char *feature_of(uint8_t byte)
{
    switch (byte) {
    case 0xd3:
    case 0xfb:
        return "garbage collection";
    }
    return NULL;
}

static void refuse_opcode(wisp_compiler *c)
{
    uint8_t byte = *c->start;
    const char *feature = feature_of(byte);
    if (feature)
        wisp_compile_fail(c, WISP_UNSUPPORTED, "instruction 0x%02x (%s) is not supported", byte,
                          feature);
    else
        wisp_compile_fail(c, WISP_MALFORMED, "illegal opcode 0x%02x", byte);
}

static void walk_prefixed(wisp_compiler *c);

static walker *const walkers[] = {
    [WISP_SHAPE_UNKNOWN] = refuse_opcode,
    [WISP_SHAPE_UNREACHABLE] = wisp_walk_unreachable,
    [WISP_SHAPE_NOP] = wisp_walk_nop,
    [WISP_SHAPE_BLOCK] = wisp_walk_block,
    [WISP_SHAPE_LOOP] = wisp_walk_loop,
    [WISP_SHAPE_IF] = wisp_walk_if,
    [WISP_SHAPE_ELSE] = wisp_walk_else,
    [WISP_SHAPE_END] = wisp_walk_end,
    [WISP_SHAPE_TRY_TABLE] = wisp_walk_try_table,
    [WISP_SHAPE_THROW] = wisp_walk_throw,
    [WISP_SHAPE_THROW_REF] = wisp_walk_throw_ref,
    [WISP_SHAPE_TRY] = wisp_walk_try,
    [WISP_SHAPE_CATCH] = wisp_walk_catch,
    [WISP_SHAPE_CATCH_ALL] = wisp_walk_catch_all,
    [WISP_SHAPE_RETHROW] = wisp_walk_rethrow,
    [WISP_SHAPE_DELEGATE] = wisp_walk_delegate,
    [WISP_SHAPE_BR] = wisp_walk_br,
    [WISP_SHAPE_BR_IF] = wisp_walk_br_if,
    [WISP_SHAPE_BR_TABLE] = wisp_walk_br_table,
    [WISP_SHAPE_RETURN] = wisp_walk_return,
    [WISP_SHAPE_CALL] = wisp_walk_call,
    [WISP_SHAPE_CALL_INDIRECT] = wisp_walk_call_indirect,
    [WISP_SHAPE_RETURN_CALL] = wisp_walk_return_call,
    [WISP_SHAPE_RETURN_CALL_INDIRECT] = wisp_walk_return_call_indirect,
    [WISP_SHAPE_CALL_REF] = wisp_walk_call_ref,
    [WISP_SHAPE_RETURN_CALL_REF] = wisp_walk_return_call_ref,
    [WISP_SHAPE_DROP] = wisp_walk_drop,
    [WISP_SHAPE_SELECT] = wisp_walk_select,
    [WISP_SHAPE_SELECT_T] = wisp_walk_select_t,
    [WISP_SHAPE_LOCAL_GET] = wisp_walk_local_get,
    [WISP_SHAPE_LOCAL_SET] = wisp_walk_local_set,
    [WISP_SHAPE_LOCAL_TEE] = wisp_walk_local_tee,
    [WISP_SHAPE_GLOBAL_GET] = wisp_walk_global_get,
    [WISP_SHAPE_GLOBAL_SET] = wisp_walk_global_set,
    [WISP_SHAPE_TABLE_GET] = wisp_walk_table_get,
    [WISP_SHAPE_TABLE_SET] = wisp_walk_table_set,
    [WISP_SHAPE_LOAD_1] = wisp_walk_load_1,
    [WISP_SHAPE_LOAD_2] = wisp_walk_load_2,
    [WISP_SHAPE_LOAD_4] = wisp_walk_load_4,
    [WISP_SHAPE_LOAD_8] = wisp_walk_load_8,
    [WISP_SHAPE_STORE_1] = wisp_walk_store_1,
    [WISP_SHAPE_STORE_2] = wisp_walk_store_2,
    [WISP_SHAPE_STORE_4] = wisp_walk_store_4,
    [WISP_SHAPE_STORE_8] = wisp_walk_store_8,
    [WISP_SHAPE_MEMORY_SIZE] = wisp_walk_memory_size,
    [WISP_SHAPE_MEMORY_GROW] = wisp_walk_memory_grow,
    [WISP_SHAPE_I32_CONST] = wisp_walk_i32_const,
    [WISP_SHAPE_I64_CONST] = wisp_walk_i64_const,
    [WISP_SHAPE_F32_CONST] = wisp_walk_f32_const,
    [WISP_SHAPE_F64_CONST] = wisp_walk_f64_const,
    [WISP_SHAPE_EQZ] = wisp_walk_eqz,
    [WISP_SHAPE_COMPARE] = wisp_walk_compare,
    [WISP_SHAPE_UNARY] = wisp_walk_unary,
    [WISP_SHAPE_BINARY] = wisp_walk_binary,
    [WISP_SHAPE_BINARY_RI] = wisp_walk_binary_ri,
    [WISP_SHAPE_COMMUTATIVE] = wisp_walk_commutative,
    [WISP_SHAPE_REINTERPRET] = wisp_walk_reinterpret,
    [WISP_SHAPE_REF_NULL] = wisp_walk_ref_null,
    [WISP_SHAPE_REF_IS_NULL] = wisp_walk_ref_is_null,
    [WISP_SHAPE_REF_AS_NON_NULL] = wisp_walk_ref_as_non_null,
    [WISP_SHAPE_BR_ON_NULL] = wisp_walk_br_on_null,
    [WISP_SHAPE_BR_ON_NON_NULL] = wisp_walk_br_on_non_null,
    [WISP_SHAPE_REF_FUNC] = wisp_walk_ref_func,
    [WISP_SHAPE_MEMORY_INIT] = wisp_walk_memory_init,
    [WISP_SHAPE_DATA_DROP] = wisp_walk_data_drop,
    [WISP_SHAPE_MEMORY_COPY] = wisp_walk_memory_copy,
    [WISP_SHAPE_MEMORY_FILL] = wisp_walk_memory_fill,
    [WISP_SHAPE_TABLE_INIT] = wisp_walk_table_init,
    [WISP_SHAPE_ELEM_DROP] = wisp_walk_elem_drop,
    [WISP_SHAPE_TABLE_COPY] = wisp_walk_table_copy,
    [WISP_SHAPE_TABLE_GROW] = wisp_walk_table_grow,
    [WISP_SHAPE_TABLE_SIZE] = wisp_walk_table_size,
    [WISP_SHAPE_TABLE_FILL] = wisp_walk_table_fill,
    [WISP_SHAPE_WIDE_2] = wisp_walk_wide_2,
    [WISP_SHAPE_WIDE_4] = wisp_walk_wide_4,
    [WISP_SHAPE_PREFIX_FC] = walk_prefixed,
    [WISP_SHAPE_VECTOR] = wisp_walk_vector,
    [WISP_SHAPE_ATOMIC] = wisp_walk_atomic,
};

static void walk_opcode(wisp_compiler *c, const wisp_opcode *opcode)
{
    c->opcode = opcode;
    if (opcode->feature)
        wisp_walk_use(c, wisp_opcode_feature(opcode));
    walkers[opcode->shape](c);
}

static void walk_prefixed(wisp_compiler *c)
{
    uint32_t number;
    if (!wisp_read_leb_u32(&c->r, &number))
        wisp_compile_fail(c, WISP_MALFORMED, "unexpected end, expected an opcode behind 0xfc");
    else if (number >= WISP_OPCODES_FC_COUNT || !wisp_opcodes_fc[number].shape)
        wisp_compile_fail(c, WISP_MALFORMED, "illegal opcode 0xfc %u", number);
    else
        walk_opcode(c, &wisp_opcodes_fc[number]);
}

enum { UNITS_CLEAR = WISP_UNITS_HEAD + 2 };

/* Locals that are no parameters begin as zero: room for the instruction that does it. */
static void begin_locals(wisp_compiler *c)
{
    if (!c->has_locals)
        return;
    wisp_emit_code(c, WISP_CODE_CLEAR);
    wisp_emit(c, 0);
    wisp_emit(c, 0);
}

/* Has it clear those that may be read before they are set. Returns where the code begins. */
uint32_t wisp_compile_finish(wisp_compiler *c)
{
    if (!c->has_locals)
        return 0;
    if (c->clear_from >= c->clear_to)
        return UNITS_CLEAR;
    c->code[WISP_UNITS_HEAD] = (uint16_t)c->clear_from;
    c->code[WISP_UNITS_HEAD + 1] = (uint16_t)(c->clear_to - c->clear_from);
    return 0;
}

/* Makes room for what an instruction may need at most, but for lists. False if there is none
 * to come. */
WISP_APART static bool make_room(wisp_compiler *c)
{
    return c->depth != 0 && c->status == WISP_OK && wisp_emit_make_room(c, 0) &&
           wisp_operands_make_room(c, 0);
}

bool wisp_compile_step(wisp_compiler *c)
{
    if ((c->code_len >= c->code_room || c->top > c->slots_room) && !make_room(c))
        return false;
    c->start = c->r.at;
    c->text = NULL;
    if (c->r.at == c->r.end) {
        wisp_compile_fail(c, WISP_MALFORMED, "unexpected end of the body: END opcode expected");
        return false;
    }
    const wisp_opcode *opcode = &wisp_opcodes[*c->r.at++];
    c->instructions++;
    walk_opcode(c, opcode);
    return true;
}

static void walk_body(wisp_compiler *c)
{
    while (wisp_compile_step(c))
        continue;
    if (c->status == WISP_OK && c->r.at != c->r.end)
        wisp_compile_fail(c, WISP_MALFORMED, "%zu bytes behind the function's end",
                          wisp_reader_left(&c->r));
}

/* ------------------------------------------------------------------ locals */

/* Adds a local at slot [top], which moves behind it. */
static void add_local(wisp_compiler *c, wisp_valtype type)
{
    uint32_t slot = c->top;
    c->top += wisp_valtype_slots(type);
    if (c->top > WISP_FRAME_SLOTS_MAX) {
        wisp_compile_fail(c, WISP_LIMIT, "a frame of more than %d slots", WISP_FRAME_SLOTS_MAX);
        return;
    }
    bool is_unset = c->local_count >= c->type->param_count;
    if (!wisp_array_reserve(c->allocator, &c->locals, &c->local_capacity, c->local_count + 1,
                            sizeof *c->locals)) {
        wisp_compile_fail(c, WISP_NO_MEMORY, "out of memory for %u locals", c->local_count + 1);
        return;
    }
    c->locals[c->local_count++] =
        (wisp_local){.type = type, .slot = (uint16_t)slot, .is_unset = is_unset};
}

/* Reads all groups to see that they are not too many. */
static void check_locals(wisp_compiler *c, uint32_t groups)
{
    wisp_reader start = c->r;
    uint64_t total = 0;
    for (uint32_t i = 0; i < groups && c->status == WISP_OK; i++) {
        total += wisp_walk_u32(c, "a number of locals");
        wisp_walk_valtype(c);
    }
    if (total > UINT32_MAX)
        wisp_compile_fail(c, WISP_MALFORMED, "too many locals: more than 32 bits can count");
    if (total > WISP_LOCALS_MAX)
        wisp_compile_fail(c, WISP_LIMIT, "%llu locals, at most %d are allowed",
                          (unsigned long long)total, WISP_LOCALS_MAX);
    c->r = start;
}

/* Parameters come first in the frame, then its header, then all other locals. */
static void read_locals(wisp_compiler *c)
{
    c->text = "local";
    c->local_count = 0;
    for (uint32_t i = 0; i < c->type->param_count; i++)
        add_local(c, c->type->params[i]);
    c->top = c->header + WISP_HEADER_SLOTS;
    uint32_t groups = wisp_walk_u32(c, "a number of groups");
    check_locals(c, groups);
    for (uint32_t i = 0; i < groups && c->status == WISP_OK; i++) {
        uint32_t count = wisp_walk_u32(c, "a number of locals");
        wisp_valtype type = wisp_walk_valtype(c);
        for (uint32_t k = 0; k < count && c->status == WISP_OK; k++)
            add_local(c, type);
    }
    c->slots_max = c->operands_slot = c->top;
    c->has_locals = c->top != (uint32_t)(c->header + WISP_HEADER_SLOTS);
    c->clear_from = c->top;
    c->clear_to = 0;
}

/* ------------------------------------------------------------------ functions */

/* Units of code for a body of so many bytes: several times what real code needs, but no
 * more, as a branch that takes many values along is long. */
enum { CODE_MAX_BASE = 4096, CODE_MAX_PER_BYTE = 64 };

void wisp_compile_begin(wisp_compiler *c, uint32_t index, wisp_error *err)
{
    const wisp_module *m = c->module;
    const wisp_functype *type = wisp_module_functype(m, index);
    wisp_span body = m->functions[index].body;
    c->err = err;
    c->status = WISP_OK;
    c->function = index;
    c->type = type;
    c->r = wisp_reader_of(wisp_module_span(m, body));
    c->start = c->r.at;
    c->instructions = 0;
    c->header = (uint16_t)wisp_functype_slots(type);
    c->is_dead = false;
    c->height = c->floor = c->moved = c->depth = c->set_len = 0;
    c->top = 0;
    c->handlers.len = c->clauses.len = 0;
    c->code_len = c->code_room = c->slots_room = 0;
    c->code_max = CODE_MAX_BASE + (size_t)CODE_MAX_PER_BYTE * body.size;
    c->last_end = 0;
    wisp_emit_forget(c);
    read_locals(c);
    if (!wisp_emit_make_room(c, 0))
        return;
    begin_locals(c);
    wisp_control_push(c, WISP_OPCODE_BLOCK, c->type, 0);
}

/* Keeps the finished code in the module, with its handlers behind it, and makes it the
 * function's, for all threads. */
static wisp_status keep(wisp_compiler *c, wisp_module *module)
{
    uint32_t first = wisp_compile_finish(c), len = (uint32_t)c->code_len - first;
    size_t code_size = len * sizeof *c->code;
    size_t handlers_size = c->handlers.len * sizeof *c->handlers.items;
    size_t place = sizeof(wisp_compiled) + code_size;
    place += -place % alignof(wisp_handler);
    wisp_compiled *code = wisp_arena_take(&module->arena, place + handlers_size);
    if (!code)
        return wisp_fail_memory(c->err, place + handlers_size);
    *code = (wisp_compiled){
        .len = len,
        .frame_size = c->slots_max * (uint32_t)sizeof(uint64_t),
        .weight = (int32_t)(1 + c->instructions / 16),
        .header = c->header,
        .first = (uint16_t)first,
        .handler_count = (uint32_t)c->handlers.len,
    };
    memcpy(code->units, c->code + first, code_size);
    if (handlers_size != 0)
        code->handlers = memcpy((uint8_t *)code + place, c->handlers.items, handlers_size);
    __atomic_store_n(&module->functions[c->function].entry, code->units, __ATOMIC_RELEASE);
    return WISP_OK;
}

wisp_status wisp_compile_function(wisp_compiler *c, wisp_module *module, uint32_t index,
                                  wisp_error *err)
{
    wisp_compile_begin(c, index, err);
    walk_body(c);
    module->features.used |= c->features.used;
    return c->status ? c->status : keep(c, module);
}

wisp_status wisp_compiler_new(const wisp_module *module, const wisp_allocator *allocator,
                              bool may_name_data, wisp_compiler **out, wisp_error *err)
{
    wisp_compiler *c = wisp_alloc(allocator, 1, sizeof *c);
    if (!c)
        return wisp_fail_memory(err, sizeof *c);
    c->module = module;
    c->features.denied = module->features.denied;
    c->allocator = allocator;
    c->may_name_data = may_name_data;
    c->has_plain_memory =
        module->memory_count != 0 && !module->memories[0].is_64 && !module->memories[0].is_shared;
    *out = c;
    return WISP_OK;
}

void wisp_compiler_free(wisp_compiler *c)
{
    if (!c)
        return;
    const wisp_allocator *allocator = c->allocator;
    wisp_free(allocator, c->locals, c->local_capacity * sizeof *c->locals);
    wisp_free(allocator, c->set_locals, c->set_capacity * sizeof *c->set_locals);
    wisp_free(allocator, c->handlers.items, c->handlers.capacity * sizeof *c->handlers.items);
    wisp_free(allocator, c->clauses.items, c->clauses.capacity * sizeof *c->clauses.items);
    wisp_free(allocator, c->operands, c->operand_capacity * sizeof *c->operands);
    wisp_free(allocator, c->controls, c->control_capacity * sizeof *c->controls);
    wisp_free(allocator, c->code, c->code_capacity * sizeof *c->code);
    wisp_free(allocator, c->marks, c->mark_capacity * sizeof *c->marks);
    wisp_free(allocator, c, sizeof *c);
}

uint32_t wisp_compile_locate(const wisp_module *module, const wisp_allocator *allocator,
                             uint32_t index, uint32_t unit)
{
    wisp_compiler *c = NULL;
    if (wisp_compiler_new(module, allocator, true, &c, NULL))
        return 0;
    c->locate = unit;
    wisp_compile_begin(c, index, NULL);
    walk_body(c);
    uint32_t offset = c->status ? 0 : c->located;
    wisp_compiler_free(c);
    return offset;
}
