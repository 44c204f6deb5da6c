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
    FORM_UNARY_DIRECT,
    FORM_BINARY_DIRECT,
    FORM_TERNARY_DIRECT,
    FORM_SHIFT_DIRECT,
    FORM_SPLAT,
    FORM_EXTRACT,
    FORM_REPLACE,
    FORM_RELAXED,
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

/* What the columns of vector_code.h say, in 16 bits. */
typedef struct vector_row {
    uint16_t form : 5;
    uint16_t value : 11;
} vector_row;

_Static_assert(sizeof(vector_row) == sizeof(uint16_t) && WISP_CODE_COUNT <= 1 << 11,
               "rows are many");

#define ROW(form, number, value) [number] = {FORM_##form, value},

/* The value of splat, extract and replace: how far the code is behind the form's first one, log2
 * of a lane's bytes, and how far the type of the number is from i32. */
#define LANE(form, number, type, code, size)                                                     \
    ROW(form, number,                                                                            \
        (WISP_CODE_##code - FIRST_##form) | (size) << 3 | (WISP_I32 - WISP_##type) << 5)
enum {
    FIRST_SPLAT = WISP_CODE_V128_SPLAT_8,
    FIRST_EXTRACT = WISP_CODE_V128_EXTRACT_8_S,
    FIRST_REPLACE = WISP_CODE_V128_REPLACE_8
};

/* Of instructions that share one of the register code: what they do (vector_lanes.h). Of others
 * it is their own. */
#define SHARED(form, number, operation, kind, bits)                                              \
    ROW(form, number, WISP_LANES_OF(operation, kind, bits))
#ifdef WISP_FEW_FORMS
enum { HAS_DIRECT = false, LOAD_SPLAT_32 = 0, LOAD_SPLAT_64 = 0, LOAD_128 = 0, STORE_128 = 0 };
#define DIRECT(form, number, shape, name, ...) SHARED(form, number, __VA_ARGS__)
#else
enum {
    HAS_DIRECT = true,
    LOAD_SPLAT_32 = WISP_CODE_V128_LOAD_SPLAT_32,
    LOAD_SPLAT_64 = WISP_CODE_V128_LOAD_SPLAT_64,
    LOAD_128 = WISP_CODE_V128_LOAD,
    STORE_128 = WISP_CODE_V128_STORE
};
#define DIRECT(form, number, shape, name, ...)                                                   \
    ROW(form##_DIRECT, number, WISP_CODE_V128_##shape##_##name)
#endif

#define UNARY(number, shape, name, ...)                SHARED(UNARY, number, __VA_ARGS__)
#define BINARY(number, shape, name, ...)               SHARED(BINARY, number, __VA_ARGS__)
#define TERNARY(number, shape, name, ...)              SHARED(TERNARY, number, __VA_ARGS__)
#define SHIFT(number, shape, name, ...)                SHARED(SHIFT, number, __VA_ARGS__)
#define TEST(number, shape, name, ...)                 SHARED(TEST, number, __VA_ARGS__)
#define UNARY_DIRECT(...)                              DIRECT(UNARY, __VA_ARGS__)
#define BINARY_DIRECT(...)                             DIRECT(BINARY, __VA_ARGS__)
#define TERNARY_DIRECT(...)                            DIRECT(TERNARY, __VA_ARGS__)
#define SHIFT_DIRECT(...)                              DIRECT(SHIFT, __VA_ARGS__)
#define SPLAT(number, shape, name, type, code)         LANE(SPLAT, number, type, code, 0)
#define EXTRACT(number, shape, name, type, code, size) LANE(EXTRACT, number, type, code, size)
#define REPLACE(number, shape, name, type, code, size) LANE(REPLACE, number, type, code, size)
#define RELAXED(number, shape, name, same)             ROW(RELAXED, number, same)
#define LOAD_EXTEND(number, shape, name, then)         ROW(LOAD_EXTEND, number, then)
#define LOAD_SPLAT(number, shape, name, size)          ROW(LOAD_SPLAT, number, size)
#define LOAD_ZERO(number, shape, name, size)           ROW(LOAD_ZERO, number, size)
#define LOAD_LANE(number, shape, name, size)           ROW(LOAD_LANE, number, size)
#define STORE_LANE(number, shape, name, size)          ROW(STORE_LANE, number, size)
#define OTHER(number, shape, name, form)               ROW(form, number, 0)

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

/* Reads the number of a lane of 2^[size] bytes; returns where it is in the slots, in bytes. */
static uint16_t read_lane(wisp_compiler *c, uint32_t size)
{
    uint32_t count = WISP_V128_SIZE >> size, lane = wisp_walk_byte(c, "a lane");
    if (lane >= count)
        wisp_compile_fail(c, WISP_MISMATCH, "%s: invalid lane index %u, expected less than %u",
                          wisp_compile_text(c), lane, count);
    return (uint16_t)(WISP_LANE(count, lane) << size);
}

/*
 * What most forms are: up to three vectors, the last of which may be a number instead, and
 * perhaps a lane give a vector or a number.
 */
typedef enum code_kind { SHARED_CODE, OWN_CODE, LANE_CODE } code_kind;

static const struct shape {
    uint16_t code; /* SHARED: of all; LANE: the first one */
    uint8_t kind;  /* code_kind */
    uint8_t count; /* of operands */
    bool takes_number, gives_number;
} shapes[] = {
    [FORM_UNARY] = {WISP_CODE_V128_UNARY, SHARED_CODE, 1, false, false},
    [FORM_BINARY] = {WISP_CODE_V128_BINARY, SHARED_CODE, 2, false, false},
    [FORM_TERNARY] = {WISP_CODE_V128_TERNARY, SHARED_CODE, 3, false, false},
    [FORM_SHIFT] = {WISP_CODE_V128_SHIFT, SHARED_CODE, 2, true, false},
    [FORM_TEST] = {WISP_CODE_V128_TEST, SHARED_CODE, 1, false, true},
    [FORM_UNARY_DIRECT] = {0, OWN_CODE, 1, false, false},
    [FORM_BINARY_DIRECT] = {0, OWN_CODE, 2, false, false},
    [FORM_TERNARY_DIRECT] = {0, OWN_CODE, 3, false, false},
    [FORM_SPLAT] = {FIRST_SPLAT, LANE_CODE, 1, true, false},
    [FORM_EXTRACT] = {FIRST_EXTRACT, LANE_CODE, 1, false, true},
    [FORM_REPLACE] = {FIRST_REPLACE, LANE_CODE, 2, true, false},
};

/* Begins [code], which many instructions share, one of them that of [row]. */
static void begin_shared(wisp_compiler *c, const vector_row *row, uint32_t code)
{
    wisp_emit_producer(c, code);
    wisp_emit(c, HAS_DIRECT ? (uint16_t)(row - rows) : row->value);
}

static void begin(wisp_compiler *c, const vector_row *row)
{
    const struct shape *shape = &shapes[row->form];
    if (shape->kind == SHARED_CODE)
        begin_shared(c, row, shape->code);
    else
        wisp_emit_producer(c,
                           shape->kind == OWN_CODE ? row->value : shape->code + (row->value & 7));
}

static wisp_valtype number_of(const vector_row *row)
{
    return shapes[row->form].kind == LANE_CODE ? (wisp_valtype)(WISP_I32 - (row->value >> 5))
                                               : WISP_I32;
}

static void operation(wisp_compiler *c, const vector_row *row)
{
    const struct shape *shape = &shapes[row->form];
    bool has_lane = row->form == FORM_EXTRACT || row->form == FORM_REPLACE;
    uint16_t slots[4];
    uint32_t count = shape->count;
    if (has_lane)
        slots[count] = read_lane(c, row->value >> 3 & 3);
    for (uint32_t i = count; i-- > 0;)
        slots[i] = pop(c, shape->takes_number && i == count - 1u ? number_of(row) : WISP_V128);
    begin(c, row);
    for (uint32_t i = 0; i < count + has_lane; i++)
        wisp_emit(c, slots[i]);
    wisp_emit_result(c, shape->gives_number ? number_of(row) : WISP_V128);
}

/* A shift that has a code of its own, if it is by a constant. */
static void shift_directly(wisp_compiler *c, const vector_row *row)
{
    const wisp_operand *count = wisp_operand_pop(c, WISP_I32);
    bool has_immediate = count->kind == WISP_OPERAND_CONSTANT;
    uint16_t immediate = has_immediate ? (uint16_t)count->bits : wisp_emit_use(c, count);
    uint16_t slot = pop(c, WISP_V128);
    if (has_immediate)
        wisp_emit_producer(c, row->value);
    else
        begin_shared(c, row, WISP_CODE_V128_SHIFT);
    wisp_emit(c, slot);
    wisp_emit(c, immediate);
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

/* [code] accesses [memarg], with two slots: to and address of a load, address and from of a
 * store; [any] does where that cannot. */
static void emit_access(wisp_compiler *c, uint32_t code, uint32_t any, const wisp_memarg *memarg,
                        uint16_t a, uint16_t b)
{
    uint32_t wanted = wisp_memarg_code(c, memarg, code, any);
    wisp_emit_code(c, wanted);
    wisp_emit_outside(c, wanted, (uint32_t)c->code_len - WISP_UNITS_HEAD);
    wisp_emit(c, a);
    wisp_emit(c, b);
    wisp_emit_place(c, memarg, code);
}

static void emit_load(wisp_compiler *c, uint32_t code, const wisp_memarg *memarg,
                      uint16_t address, uint16_t to)
{
    emit_access(c, code, WISP_CODE_LOAD_ANY, memarg, to, address);
}

static void emit_store(wisp_compiler *c, uint32_t code, const wisp_memarg *memarg,
                       uint16_t address, uint16_t from)
{
    emit_access(c, code, WISP_CODE_STORE_ANY, memarg, address, from);
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

/* By log2 of the bytes. */
static const uint16_t loads[] = {WISP_CODE_I32_LOAD8_U, WISP_CODE_I32_LOAD16_U,
                                 WISP_CODE_I32_LOAD, WISP_CODE_I64_LOAD};
static const uint16_t stores[] = {WISP_CODE_I32_STORE8, WISP_CODE_I32_STORE16,
                                  WISP_CODE_I32_STORE, WISP_CODE_I64_STORE};

/* Loads by [code] into the home of the next operand, or one slot [behind]; or it all, by
 * [direct], if that is not 0 and the memory lets it. */
static bool load_part(wisp_compiler *c, uint32_t size, uint32_t code, uint32_t behind,
                      uint32_t direct)
{
    wisp_memarg memarg = wisp_walk_memarg(c, size);
    uint16_t address = pop_address(c, &memarg);
    if (direct && wisp_memarg_is_plain(c, &memarg)) {
        load_directly(c, direct, &memarg, address);
        return false;
    }
    emit_load(c, code, &memarg, address, (uint16_t)(wisp_operand_home(c) + behind));
    return true;
}

/* Half of a vector, each lane of which gets twice as wide. */
static void load_extend(wisp_compiler *c, const vector_row *row)
{
    load_part(c, 3, WISP_CODE_I64_LOAD, WISP_LANE(2, 0), 0);
    wisp_operand_push(c, WISP_V128);
    operation(c, &rows[row->value]);
}

static void load_splat(wisp_compiler *c, uint32_t size)
{
    const vector_row *splat = &rows[WISP_VECTOR_FIRST_SPLAT + size];
    uint32_t direct = size == 2 ? LOAD_SPLAT_32 : size == 3 ? LOAD_SPLAT_64 : 0;
    if (!load_part(c, size, loads[size], 0, direct))
        return;
    wisp_operand_push(c, number_of(splat));
    operation(c, splat);
}

static void load_zero(wisp_compiler *c, uint32_t size)
{
    load_part(c, size, size == 2 ? WISP_CODE_I64_LOAD32_U : WISP_CODE_I64_LOAD, 0, 0);
    uint16_t home = wisp_operand_home(c);
    wisp_emit_producer(c, WISP_CODE_V128_ZERO);
    wisp_emit(c, home);
    wisp_emit_result(c, WISP_V128);
}

static void load_lane(wisp_compiler *c, uint32_t size)
{
    wisp_memarg memarg = wisp_walk_memarg(c, size);
    uint16_t place = read_lane(c, size);
    uint16_t slot = pop(c, WISP_V128);
    uint16_t address = pop_address(c, &memarg), home = wisp_operand_home(c);
    emit_load(c, loads[size], &memarg, address, home);
    wisp_emit_producer(c, FIRST_REPLACE + size);
    wisp_emit(c, slot);
    wisp_emit(c, home);
    wisp_emit(c, place);
    wisp_emit_result(c, WISP_V128);
}

/* The lane is extracted to the vector's home. */
static void store_lane(wisp_compiler *c, uint32_t size)
{
    wisp_memarg memarg = wisp_walk_memarg(c, size);
    uint16_t place = read_lane(c, size);
    const wisp_operand *vector = wisp_operand_pop(c, WISP_V128);
    uint16_t slot = wisp_emit_use(c, vector);
    uint16_t address = pop_address(c, &memarg);
    wisp_emit_code(c, WISP_CODE_V128_EXTRACT_8_U + size);
    wisp_emit(c, vector->home);
    wisp_emit(c, slot);
    wisp_emit(c, place);
    emit_store(c, stores[size], &memarg, address, vector->home);
}

/* The place of the upper half. Where there is none in 64 bits, neither half is in bounds. */
static wisp_memarg upper_half(wisp_memarg memarg)
{
    memarg.is_upper_half = memarg.offset <= UINT64_MAX - WISP_V128_SIZE / 2;
    memarg.offset = memarg.is_upper_half ? memarg.offset + WISP_V128_SIZE / 2 : UINT64_MAX;
    return memarg;
}

/* From memories other than the first, and where code must be small, the halves are loaded one by
 * one: the last one into the slot where the address may be. */
static void load(wisp_compiler *c)
{
    wisp_memarg low = wisp_walk_memarg(c, 4), high = upper_half(low);
    uint16_t address = pop_address(c, &low);
    uint16_t home = wisp_operand_home(c);
    if (HAS_DIRECT && wisp_memarg_is_plain(c, &low)) {
        load_directly(c, LOAD_128, &low, address);
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
    if (HAS_DIRECT && wisp_memarg_is_plain(c, &low)) {
        emit_store(c, STORE_128, &low, address, slot);
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
    return rows[number].form == FORM_RELAXED ? &rows[rows[number].value] : &rows[number];
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
    case FORM_BINARY:
    case FORM_TERNARY:
    case FORM_SHIFT:
    case FORM_TEST:
    case FORM_UNARY_DIRECT:
    case FORM_BINARY_DIRECT:
    case FORM_TERNARY_DIRECT:
    case FORM_SPLAT:
    case FORM_EXTRACT:
    case FORM_REPLACE:
        operation(c, row);
        break;
    case FORM_SHIFT_DIRECT:
        if (HAS_DIRECT)
            shift_directly(c, row);
        break;
    case FORM_LOAD_EXTEND:
        load_extend(c, row);
        break;
    case FORM_LOAD_SPLAT:
        load_splat(c, row->value);
        break;
    case FORM_LOAD_ZERO:
        load_zero(c, row->value);
        break;
    case FORM_LOAD_LANE:
        load_lane(c, row->value);
        break;
    case FORM_STORE_LANE:
        store_lane(c, row->value);
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
