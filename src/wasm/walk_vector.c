#include <string.h>

#include "wasm/types.h"
#include "wasm/vector.h"
#include "wasm/vector_lanes.h"
#include "wasm/walk.h"

/* The instructions behind the prefix byte 0xfd: vectors. */

typedef enum vector_form {
    FORM_NONE,
    FORM_UNARY,
    FORM_BINARY,
    FORM_TERNARY,
    FORM_SHIFT,
    FORM_TEST,
    FORM_RELAXED,
    FORM_SPLAT,
    FORM_EXTRACT,
    FORM_REPLACE,
    FORM_LOAD_EXTEND,
    FORM_LOAD_SPLAT,
    FORM_LOAD_ZERO,
    FORM_LOAD_LANE,
    FORM_STORE_LANE,
    FORM_LOAD,
    FORM_STORE,
    FORM_CONST,
    FORM_SHUFFLE
} vector_form;

/* What the columns of vector_code.h say. */
typedef struct vector_row {
    unsigned form : 5;
    unsigned type : 7;      /* of the number that it takes or gives */
    unsigned size : 3;      /* log2 of the bytes of a lane, or in memory */
    unsigned is_direct : 1; /* code is a register instruction of its own */
    unsigned code : 16; /* a register instruction, what lanes do, or the number of another row */
} vector_row;

#define ROW(form, number, type, size, code) [number] = {FORM_##form, type, size, false, code},
#define ACCESS(form, number, size, code)    ROW(form, number, 0, size, WISP_CODE_##code)
#define LANE(form, number, type, size, code)                                                     \
    ROW(form, number, WISP_##type, size, WISP_CODE_##code)
#define SHARED(form, number, operation, kind, bits)                                              \
    ROW(form, number, 0, 0, WISP_LANES_OF(operation, kind, bits))
#ifdef WISP_FEW_FORMS
enum { HAS_DIRECT = false, LOAD_SPLAT_32 = 0, LOAD_SPLAT_64 = 0 };
#define DIRECT(form, number, shape, op, ...) SHARED(form, number, __VA_ARGS__)
#else
enum {
    HAS_DIRECT = true,
    LOAD_SPLAT_32 = WISP_CODE_V128_LOAD_SPLAT_32,
    LOAD_SPLAT_64 = WISP_CODE_V128_LOAD_SPLAT_64
};
#define DIRECT(form, number, shape, op, ...)                                                     \
    [number] = {FORM_##form, 0, 0, true, WISP_CODE_V128_##shape##_##op},
#endif

#define UNARY(number, shape, op, ...)                SHARED(UNARY, number, __VA_ARGS__)
#define BINARY(number, shape, op, ...)               SHARED(BINARY, number, __VA_ARGS__)
#define TERNARY(number, shape, op, ...)              SHARED(TERNARY, number, __VA_ARGS__)
#define SHIFT(number, shape, op, ...)                SHARED(SHIFT, number, __VA_ARGS__)
#define TEST(number, shape, op, ...)                 SHARED(TEST, number, __VA_ARGS__)
#define UNARY_DIRECT(number, shape, op, ...)         DIRECT(UNARY, number, shape, op, __VA_ARGS__)
#define BINARY_DIRECT(number, shape, op, ...)        DIRECT(BINARY, number, shape, op, __VA_ARGS__)
#define TERNARY_DIRECT(number, shape, op, ...)       DIRECT(TERNARY, number, shape, op, __VA_ARGS__)
#define SHIFT_DIRECT(number, shape, op, ...)         DIRECT(SHIFT, number, shape, op, __VA_ARGS__)
#define OTHER(number, shape, op, form)               ROW(form, number, 0, 0, 0)
#define RELAXED(number, shape, op, same)             ROW(RELAXED, number, 0, 0, same)
#define SPLAT(number, shape, op, type, code)         LANE(SPLAT, number, type, 0, code)
#define EXTRACT(number, shape, op, type, code, size) LANE(EXTRACT, number, type, size, code)
#define REPLACE(number, shape, op, type, code, size) LANE(REPLACE, number, type, size, code)
#define LOAD_EXTEND(number, shape, op, then)         ROW(LOAD_EXTEND, number, 0, 3, then)
#define LOAD_SPLAT(number, shape, op, size, code)    ACCESS(LOAD_SPLAT, number, size, code)
#define LOAD_ZERO(number, shape, op, size, code)     ACCESS(LOAD_ZERO, number, size, code)
#define LOAD_LANE(number, shape, op, size, code)     ACCESS(LOAD_LANE, number, size, code)
#define STORE_LANE(number, shape, op, size, code)    ACCESS(STORE_LANE, number, size, code)

/* clang-format off */
static const vector_row rows[WISP_VECTOR_COUNT] = {
    WISP_VECTOR_UNARY(UNARY)
    WISP_VECTOR_BINARY(BINARY)
    WISP_VECTOR_TERNARY(TERNARY)
    WISP_VECTOR_SHIFT(SHIFT)
    WISP_VECTOR_UNARY_DIRECT(UNARY_DIRECT)
    WISP_VECTOR_BINARY_DIRECT(BINARY_DIRECT)
    WISP_VECTOR_TERNARY_DIRECT(TERNARY_DIRECT)
    WISP_VECTOR_SHIFT_DIRECT(SHIFT_DIRECT)
    WISP_VECTOR_TEST(TEST)
    WISP_VECTOR_RELAXED(RELAXED)
    WISP_VECTOR_SPLAT(SPLAT)
    WISP_VECTOR_EXTRACT(EXTRACT)
    WISP_VECTOR_REPLACE(REPLACE)
    WISP_VECTOR_LOAD_EXTEND(LOAD_EXTEND)
    WISP_VECTOR_LOAD_SPLAT(LOAD_SPLAT)
    WISP_VECTOR_LOAD_ZERO(LOAD_ZERO)
    WISP_VECTOR_LOAD_LANE(LOAD_LANE)
    WISP_VECTOR_STORE_LANE(STORE_LANE)
    WISP_VECTOR_OTHER(OTHER)
};
/* clang-format on */

/* ------------------------------------------------------------------ operands */

/* Pops an operand of [type]; returns the slot that it is in. */
static uint16_t pop(wisp_compiler *c, wisp_valtype type)
{
    const wisp_operand *operand = wisp_operand_pop(c, type);
    return wisp_emit_use(c, operand);
}

static bool is_direct(const vector_row *row)
{
    return HAS_DIRECT && row->is_direct;
}

/* Begins the instruction of [row], which is [code] if it has none of its own. */
static void begin(wisp_compiler *c, const vector_row *row, uint32_t code, bool is_own)
{
    wisp_emit_producer(c, is_own ? row->code : code);
    if (!is_own)
        wisp_emit(c, HAS_DIRECT ? (uint16_t)(row - rows) : row->code);
}

/* Takes [count] vectors and gives one. */
static void operation(wisp_compiler *c, const vector_row *row, uint32_t count)
{
    static const uint16_t codes[] = {0, WISP_CODE_V128_UNARY, WISP_CODE_V128_BINARY,
                                     WISP_CODE_V128_TERNARY};
    uint16_t slots[3];
    for (uint32_t i = count; i-- > 0;)
        slots[i] = pop(c, WISP_V128);
    begin(c, row, codes[count], is_direct(row));
    for (uint32_t i = 0; i < count; i++)
        wisp_emit(c, slots[i]);
    wisp_emit_result(c, WISP_V128);
}

static void shift(wisp_compiler *c, const vector_row *row)
{
    const wisp_operand *count = wisp_operand_pop(c, WISP_I32);
    bool has_immediate = is_direct(row) && count->kind == WISP_OPERAND_CONSTANT;
    uint16_t immediate = has_immediate ? (uint16_t)count->bits : wisp_emit_use(c, count);
    uint16_t slot = pop(c, WISP_V128);
    begin(c, row, WISP_CODE_V128_SHIFT, has_immediate);
    wisp_emit(c, slot);
    wisp_emit(c, immediate);
    wisp_emit_result(c, WISP_V128);
}

static void test(wisp_compiler *c, const vector_row *row)
{
    uint16_t slot = pop(c, WISP_V128);
    begin(c, row, WISP_CODE_V128_TEST, false);
    wisp_emit(c, slot);
    wisp_emit_result(c, WISP_I32);
}

static void splat(wisp_compiler *c, const vector_row *row)
{
    uint16_t slot = pop(c, row->type);
    wisp_emit_producer(c, row->code);
    wisp_emit(c, slot);
    wisp_emit_result(c, WISP_V128);
}

/* ------------------------------------------------------------------ lanes */

/* Reads the number of a lane of 2^[size] bytes; returns where it is in the slots, in bytes. */
static uint16_t read_lane(wisp_compiler *c, uint32_t size)
{
    uint32_t count = WISP_V128_SIZE >> size, lane = wisp_walk_byte(c, "a lane");
    if (lane >= count)
        wisp_compile_fail(c, WISP_MISMATCH, "%s: invalid lane index %u, expected less than %u",
                          wisp_compile_text(c), lane, count);
    return (uint16_t)(WISP_LANE(count, lane) << size);
}

static void extract(wisp_compiler *c, const vector_row *row)
{
    uint16_t place = read_lane(c, row->size);
    uint16_t slot = pop(c, WISP_V128);
    wisp_emit_producer(c, row->code);
    wisp_emit(c, slot);
    wisp_emit(c, place);
    wisp_emit_result(c, row->type);
}

static void replace(wisp_compiler *c, const vector_row *row)
{
    uint16_t place = read_lane(c, row->size);
    uint16_t number = pop(c, row->type);
    uint16_t slot = pop(c, WISP_V128);
    wisp_emit_producer(c, row->code);
    wisp_emit(c, slot);
    wisp_emit(c, number);
    wisp_emit(c, place);
    wisp_emit_result(c, WISP_V128);
}

static void shuffle(wisp_compiler *c)
{
    enum { LANES = 2 * WISP_V128_SIZE };
    uint8_t places[WISP_V128_SIZE];
    for (int i = 0; i < WISP_V128_SIZE; i++) {
        uint32_t lane = wisp_walk_byte(c, "16 lanes");
        if (lane >= LANES)
            wisp_compile_fail(c, WISP_MISMATCH,
                              "%s: invalid lane index %u, expected less than %d",
                              wisp_compile_text(c), lane, LANES);
        uint32_t within = lane % WISP_V128_SIZE;
        places[WISP_LANE(WISP_V128_SIZE, i)] =
            (uint8_t)(lane - within + WISP_LANE(WISP_V128_SIZE, within));
    }
    uint16_t b = pop(c, WISP_V128);
    uint16_t a = pop(c, WISP_V128);
    wisp_emit_producer(c, WISP_CODE_V128_SHUFFLE);
    wisp_emit(c, a);
    wisp_emit(c, b);
    wisp_emit_bytes(c, places, sizeof places);
    wisp_emit_result(c, WISP_V128);
}

static void constant(wisp_compiler *c)
{
    const uint8_t *bytes;
    if (!wisp_read_bytes(&c->r, WISP_V128_SIZE, &bytes)) {
        wisp_compile_fail(c, WISP_MALFORMED, "v128.const expects 16 bytes");
        return;
    }
    wisp_v128 value = wisp_get_v128(bytes);
    wisp_emit_producer(c, WISP_CODE_V128_CONST);
    wisp_emit_bytes(c, &value, sizeof value);
    wisp_emit_result(c, WISP_V128);
}

/* ------------------------------------------------------------------ memory */

/* [code] loads from [memarg] into slot [to]. */
static void emit_load(wisp_compiler *c, uint32_t code, const wisp_memarg *memarg,
                      uint16_t address, uint16_t to)
{
    wisp_emit_code(c, wisp_memarg_code(c, memarg, code, WISP_CODE_LOAD_ANY));
    wisp_emit(c, to);
    wisp_emit(c, address);
    wisp_emit_place(c, memarg, code);
}

static void emit_store(wisp_compiler *c, uint32_t code, const wisp_memarg *memarg,
                       uint16_t address, uint16_t from)
{
    wisp_emit_code(c, wisp_memarg_code(c, memarg, code, WISP_CODE_STORE_ANY));
    wisp_emit(c, address);
    wisp_emit(c, from);
    wisp_emit_place(c, memarg, code);
}

static uint16_t pop_address(wisp_compiler *c, const wisp_memarg *memarg)
{
    return pop(c, wisp_walk_address(c, memarg->memory));
}

/* [code] loads a vector from memory 0. */
static void load_directly(wisp_compiler *c, uint32_t code, const wisp_memarg *memarg,
                          uint16_t address)
{
    wisp_emit_producer(c, code);
    wisp_emit(c, address);
    wisp_emit_place(c, memarg, code);
    wisp_emit_result(c, WISP_V128);
}

/* Numbers are loaded to the result's home, from where another instruction makes the vector. */
static void load_extend(wisp_compiler *c, const vector_row *row)
{
    const vector_row *then = &rows[row->code];
    wisp_memarg memarg = wisp_walk_memarg(c, row->size);
    uint16_t address = pop_address(c, &memarg);
    uint16_t home = wisp_operand_home(c);
    emit_load(c, WISP_CODE_I64_LOAD, &memarg, address, (uint16_t)(home + WISP_LANE(2, 0)));
    begin(c, then, WISP_CODE_V128_UNARY, is_direct(then));
    wisp_emit(c, home);
    wisp_emit_result(c, WISP_V128);
}

/* A load and [then]; or [direct], if not 0, where the memory lets that be. */
static void load_then(wisp_compiler *c, const vector_row *row, uint32_t then, uint32_t direct)
{
    wisp_memarg memarg = wisp_walk_memarg(c, row->size);
    uint16_t address = pop_address(c, &memarg);
    uint16_t home = wisp_operand_home(c);
    if (direct && wisp_memarg_is_plain(c, &memarg)) {
        load_directly(c, direct, &memarg, address);
        return;
    }
    emit_load(c, row->code, &memarg, address, home);
    wisp_emit_producer(c, then);
    wisp_emit(c, home);
    wisp_emit_result(c, WISP_V128);
}

static void load_splat(wisp_compiler *c, const vector_row *row)
{
    uint32_t direct = row->size == 2 ? LOAD_SPLAT_32 : row->size == 3 ? LOAD_SPLAT_64 : 0;
    load_then(c, row, WISP_CODE_V128_SPLAT_8 + row->size, direct);
}

static void load_lane(wisp_compiler *c, const vector_row *row)
{
    wisp_memarg memarg = wisp_walk_memarg(c, row->size);
    uint16_t place = read_lane(c, row->size);
    uint16_t slot = pop(c, WISP_V128);
    uint16_t address = pop_address(c, &memarg);
    uint16_t home = wisp_operand_home(c);
    emit_load(c, row->code, &memarg, address, home);
    wisp_emit_producer(c, WISP_CODE_V128_REPLACE_8 + row->size);
    wisp_emit(c, slot);
    wisp_emit(c, home);
    wisp_emit(c, place);
    wisp_emit_result(c, WISP_V128);
}

/* The lane is extracted to the vector's home. */
static void store_lane(wisp_compiler *c, const vector_row *row)
{
    wisp_memarg memarg = wisp_walk_memarg(c, row->size);
    uint16_t place = read_lane(c, row->size);
    const wisp_operand *vector = wisp_operand_pop(c, WISP_V128);
    uint16_t slot = wisp_emit_use(c, vector);
    uint16_t address = pop_address(c, &memarg);
    wisp_emit_code(c, WISP_CODE_V128_EXTRACT_8_U + row->size);
    wisp_emit(c, vector->home);
    wisp_emit(c, slot);
    wisp_emit(c, place);
    emit_store(c, row->code, &memarg, address, vector->home);
}

/* The place of the upper half. Where there is none in 64 bits, neither half is in bounds. */
static wisp_memarg upper_half(wisp_memarg memarg)
{
    if (memarg.offset <= UINT64_MAX - WISP_V128_SIZE / 2)
        memarg.offset += WISP_V128_SIZE / 2;
    return memarg;
}

/* From memories other than the first the halves are loaded one by one: the last one into the
 * slot where the address may be. */
static void load(wisp_compiler *c)
{
    wisp_memarg low = wisp_walk_memarg(c, 4), high = upper_half(low);
    uint16_t address = pop_address(c, &low);
    uint16_t home = wisp_operand_home(c);
    if (wisp_memarg_is_plain(c, &low)) {
        load_directly(c, WISP_CODE_V128_LOAD, &low, address);
        return;
    }
    emit_load(c, WISP_CODE_I64_LOAD, WISP_LANE(2, 1) ? &high : &low, address,
              (uint16_t)(home + 1));
    emit_load(c, WISP_CODE_I64_LOAD, WISP_LANE(2, 1) ? &low : &high, address, home);
    wisp_operand_push(c, WISP_V128);
}

/* The upper half goes first: if it is in bounds then so is the other. */
static void store(wisp_compiler *c)
{
    wisp_memarg low = wisp_walk_memarg(c, 4), high = upper_half(low);
    uint16_t slot = pop(c, WISP_V128);
    uint16_t address = pop_address(c, &low);
    if (wisp_memarg_is_plain(c, &low)) {
        emit_store(c, WISP_CODE_V128_STORE, &low, address, slot);
        return;
    }
    emit_store(c, WISP_CODE_I64_STORE, &high, address, (uint16_t)(slot + WISP_LANE(2, 1)));
    emit_store(c, WISP_CODE_I64_STORE, &low, address, (uint16_t)(slot + WISP_LANE(2, 0)));
}

/* ------------------------------------------------------------------ the walk */

static const vector_row *read_row(wisp_compiler *c)
{
    uint32_t number;
    if (!wisp_read_leb_u32(&c->r, &number)) {
        wisp_compile_fail(c, WISP_MALFORMED, "unexpected end, expected an opcode behind 0xfd");
        return &rows[0];
    }
    if (number >= WISP_VECTOR_COUNT || rows[number].form == FORM_NONE) {
        wisp_compile_fail(c, WISP_MALFORMED, "illegal opcode 0xfd %u", number);
        return &rows[0];
    }
    if (number >= WISP_VECTOR_FIRST_RELAXED)
        wisp_walk_use(c, WISP_FEATURE_RELAXED_SIMD);
    return rows[number].form == FORM_RELAXED ? &rows[rows[number].code] : &rows[number];
}

void wisp_walk_vector(wisp_compiler *c)
{
    const vector_row *row = read_row(c);
    if (c->status)
        return;
    switch ((vector_form)row->form) {
    case FORM_NONE:
    case FORM_RELAXED:
        break;
    case FORM_UNARY:
        operation(c, row, 1);
        break;
    case FORM_BINARY:
        operation(c, row, 2);
        break;
    case FORM_TERNARY:
        operation(c, row, 3);
        break;
    case FORM_SHIFT:
        shift(c, row);
        break;
    case FORM_TEST:
        test(c, row);
        break;
    case FORM_SPLAT:
        splat(c, row);
        break;
    case FORM_EXTRACT:
        extract(c, row);
        break;
    case FORM_REPLACE:
        replace(c, row);
        break;
    case FORM_LOAD_EXTEND:
        load_extend(c, row);
        break;
    case FORM_LOAD_SPLAT:
        load_splat(c, row);
        break;
    case FORM_LOAD_ZERO:
        load_then(c, row, WISP_CODE_V128_ZERO, 0);
        break;
    case FORM_LOAD_LANE:
        load_lane(c, row);
        break;
    case FORM_STORE_LANE:
        store_lane(c, row);
        break;
    case FORM_LOAD:
        load(c);
        break;
    case FORM_STORE:
        store(c);
        break;
    case FORM_CONST:
        constant(c);
        break;
    case FORM_SHUFFLE:
        shuffle(c);
        break;
    }
}
