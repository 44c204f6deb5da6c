#include "wasm/constexpr.h"

#include "wasm/bits.h"
#include "wasm/opcodes.h"
#include "wasm/runtime.h"
#include "wasm/types.h"
#include "wasm/vector.h"
#include "wasm/vector_code.h"

typedef struct checker {
    wisp_module *module;
    wisp_reader *r;
    wisp_error *err;
    uint64_t offset; /* of the current instruction */
    uint32_t globals;
    uint32_t depth;
    wisp_valtype types[WISP_CONSTANT_DEPTH_MAX];
} checker;

static wisp_status fail(checker *c, wisp_status status, const char *what)
{
    return wisp_fail_at(c->err, status, c->offset, "constant expression at byte %llu: %s",
                        (unsigned long long)c->offset, what);
}

static wisp_status push(checker *c, wisp_valtype type)
{
    if (c->depth == WISP_CONSTANT_DEPTH_MAX)
        return fail(c, WISP_LIMIT, "more than 64 operands");
    c->types[c->depth++] = type;
    return WISP_OK;
}

static wisp_status use(checker *c, uint32_t features)
{
    return wisp_features_use(&c->module->features, features, c->offset, c->err);
}

static wisp_status check_binary(checker *c, wisp_valtype type)
{
    if (c->depth < 2 || c->types[c->depth - 1] != type || c->types[c->depth - 2] != type)
        return fail(c, WISP_MISMATCH, "operands of another type or number than expected");
    c->depth--;
    return use(c, WISP_FEATURE_EXTENDED_CONST);
}

static wisp_status check_global(checker *c)
{
    uint32_t index;
    if (!wisp_read_leb_u32(c->r, &index))
        return fail(c, WISP_MALFORMED, "expected a global index");
    if (index >= c->globals)
        return fail(c, WISP_MISMATCH, "unknown global");
    const wisp_module_global *global = &c->module->globals[index];
    if (global->is_mutable)
        return fail(c, WISP_MISMATCH, "constant expression required, found a mutable global");
    return push(c, global->type);
}

static wisp_status check_ref_func(checker *c)
{
    uint32_t index;
    if (!wisp_read_leb_u32(c->r, &index))
        return fail(c, WISP_MALFORMED, "expected a function index");
    if (index >= c->module->function_count)
        return fail(c, WISP_MISMATCH, "unknown function");
    c->module->functions[index].is_declared = true;
    return push(c, wisp_typed_funcref(c->module->function_types[index]) | WISP_NON_NULL);
}

static wisp_status check_ref_null(checker *c)
{
    wisp_valtype type;
    wisp_status status = wisp_heaptype_read(c->module, c->r, &type, c->err);
    if (status == WISP_OK)
        status = use(c, wisp_valtype_feature(type));
    return status ? status : push(c, type);
}

static wisp_status check_number(checker *c, wisp_valtype type)
{
    int32_t i32;
    int64_t i64;
    const uint8_t *bytes;
    bool ok = type == WISP_I32   ? wisp_read_leb_s32(c->r, &i32)
              : type == WISP_I64 ? wisp_read_leb_s64(c->r, &i64)
                                 : wisp_read_bytes(c->r, type == WISP_F32 ? 4 : 8, &bytes);
    return ok ? push(c, type) : fail(c, WISP_MALFORMED, "expected a number");
}

static wisp_status check_vector(checker *c)
{
    uint32_t number;
    const uint8_t *lanes;
    if (!wisp_read_leb_u32(c->r, &number))
        return fail(c, WISP_MALFORMED, "expected an opcode behind 0xfd");
    if (number != WISP_VECTOR_CONST)
        return fail(c, WISP_MISMATCH, "constant expression required");
    if (!wisp_read_bytes(c->r, WISP_V128_SIZE, &lanes))
        return fail(c, WISP_MALFORMED, "expected 16 bytes");
    return push(c, WISP_V128);
}

static wisp_status check_instruction(checker *c, uint8_t byte)
{
    switch (byte) {
    case WISP_OPCODE_I32_CONST:
    case WISP_OPCODE_I64_CONST:
    case WISP_OPCODE_F32_CONST:
    case WISP_OPCODE_F64_CONST:
        return check_number(c, wisp_opcodes[byte].out);
    case WISP_OPCODE_I32_ADD:
    case WISP_OPCODE_I32_SUB:
    case WISP_OPCODE_I32_MUL:
    case WISP_OPCODE_I64_ADD:
    case WISP_OPCODE_I64_SUB:
    case WISP_OPCODE_I64_MUL:
        return check_binary(c, wisp_opcodes[byte].in);
    case WISP_OPCODE_GLOBAL_GET:
        return check_global(c);
    case WISP_OPCODE_REF_NULL:
        return check_ref_null(c);
    case WISP_OPCODE_REF_FUNC:
        return check_ref_func(c);
    case WISP_OPCODE_VECTOR:
        return check_vector(c);
    case 0xfb:
        return fail(c, WISP_UNSUPPORTED, "an instruction that is not supported");
    }
    if (wisp_opcodes[byte].shape)
        return fail(c, WISP_MISMATCH, "constant expression required");
    return fail(c, WISP_MALFORMED, "illegal opcode");
}

wisp_status wisp_constant_check(wisp_module *module, wisp_reader *r, wisp_valtype type,
                                uint32_t globals, wisp_span *out, wisp_error *err)
{
    checker c = {.module = module, .r = r, .err = err, .globals = globals};
    const uint8_t *start = r->at;
    for (;;) {
        uint8_t byte;
        c.offset = (uint64_t)(r->at - module->bytes.data);
        if (!wisp_read_u8(r, &byte))
            return fail(&c, WISP_MALFORMED, "unexpected end, expected an instruction");
        if (byte == WISP_OPCODE_END)
            break;
        wisp_status status = use(&c, wisp_opcode_feature(&wisp_opcodes[byte]));
        if (status == WISP_OK)
            status = check_instruction(&c, byte);
        if (status)
            return status;
    }
    if (c.depth != 1 || !wisp_valtype_matches(c.types[0], type))
        return fail(&c, WISP_MISMATCH, "gives another type or number of values than expected");
    *out = (wisp_span){(uint32_t)(start - module->bytes.data), (uint32_t)(r->at - start)};
    return WISP_OK;
}

/* ------------------------------------------------------------------ at instantiation */

static wisp_slot run_binary(uint8_t byte, wisp_slot a, wisp_slot b)
{
    wisp_slot result = {0};
    switch (byte) {
    case WISP_OPCODE_I32_ADD:
        result.u32 = a.u32 + b.u32;
        break;
    case WISP_OPCODE_I32_SUB:
        result.u32 = a.u32 - b.u32;
        break;
    case WISP_OPCODE_I32_MUL:
        result.u32 = a.u32 * b.u32;
        break;
    case WISP_OPCODE_I64_ADD:
        result.u64 = a.u64 + b.u64;
        break;
    case WISP_OPCODE_I64_SUB:
        result.u64 = a.u64 - b.u64;
        break;
    default:
        result.u64 = a.u64 * b.u64;
    }
    return result;
}

/* An instruction that pushes. All reads succeed: the bytes have been checked. */
static void run_push(const wisp_instance *instance, uint8_t byte, wisp_reader *r,
                     wisp_slot *result)
{
    uint32_t index = 0;
    wisp_valtype null_type;
    const uint8_t *lanes;
    memset(result, 0, WISP_SLOTS_V128 * sizeof *result);
    switch (byte) {
    case WISP_OPCODE_I32_CONST:
        wisp_read_leb_s32(r, &result->i32);
        break;
    case WISP_OPCODE_I64_CONST:
        wisp_read_leb_s64(r, &result->i64);
        break;
    case WISP_OPCODE_F32_CONST:
        wisp_read_u32le(r, &result->u32);
        break;
    case WISP_OPCODE_F64_CONST:
        wisp_read_u64le(r, &result->u64);
        break;
    case WISP_OPCODE_GLOBAL_GET:
        wisp_read_leb_u32(r, &index);
        memcpy(result, instance->globals[index]->value, sizeof instance->globals[index]->value);
        break;
    case WISP_OPCODE_VECTOR:
        wisp_read_leb_u32(r, &index);
        if (wisp_read_bytes(r, WISP_V128_SIZE, &lanes))
            wisp_v128_to_slots(result, wisp_get_v128(lanes));
        break;
    case WISP_OPCODE_REF_FUNC:
        wisp_read_leb_u32(r, &index);
        result->ref = instance->functions[index];
        break;
    default: /* ref.null */
        wisp_heaptype_read(instance->module, r, &null_type, NULL);
        result->ref = NULL;
    }
}

static void run(const wisp_instance *instance, wisp_reader *r, wisp_slot *out)
{
    wisp_slot stack[WISP_CONSTANT_DEPTH_MAX][WISP_SLOTS_V128];
    uint32_t depth = 0;
    uint8_t byte;
    while (wisp_read_u8(r, &byte) && byte != WISP_OPCODE_END) {
        if (byte >= WISP_OPCODE_I32_ADD && byte <= WISP_OPCODE_I64_MUL) {
            depth--;
            *stack[depth - 1] = run_binary(byte, *stack[depth - 1], *stack[depth]);
        } else {
            run_push(instance, byte, r, stack[depth++]);
        }
    }
    memcpy(out, stack[0], sizeof stack[0]);
}

wisp_slot wisp_constant_read(const wisp_instance *instance, wisp_reader *r)
{
    wisp_slot value[WISP_SLOTS_V128];
    run(instance, r, value);
    return *value;
}

void wisp_constant_store(const wisp_instance *instance, wisp_span init, wisp_slot *slots)
{
    wisp_reader r = wisp_reader_of(wisp_module_span(instance->module, init));
    run(instance, &r, slots);
}

wisp_slot wisp_constant_run(const wisp_instance *instance, wisp_span init)
{
    wisp_reader r = wisp_reader_of(wisp_module_span(instance->module, init));
    return wisp_constant_read(instance, &r);
}
