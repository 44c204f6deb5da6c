#include "patch/abi.h"

#include "base/error.h"
#include "patch/frame.h"

/*
 * Procedure Call Standard for the Arm 64-bit Architecture, 6.8.2 (parameters) and 6.9 (results).
 * The names of rules are from there: C.2 is the second of stage C.
 */

#define INTEGERS offsetof(wisp_patch_frame_aarch64, integers)
#define INDIRECT offsetof(wisp_patch_frame_aarch64, indirect)
#define FLOATS   offsetof(wisp_patch_frame_aarch64, floats)
#define RESULTS  offsetof(wisp_patch_frame_aarch64, results)
#define STACK    sizeof(wisp_patch_frame_aarch64)

enum { REGISTERS = 8, WORD = 8, HOMOGENEOUS_MAX = 4, COPIED_ABOVE = 16 };

/* Registers and stack that arguments have taken so far: NGRN, NSRN and NSAA of the standard. */
typedef struct taken {
    uint32_t integers, floats, stack;
} taken;

/* Where registers are: of parameters or of results. */
typedef struct bank {
    size_t integers, floats;
    uint32_t float_stride;
} bank;

static const bank param_bank = {INTEGERS, FLOATS, sizeof(wisp_patch_float)};
static const bank result_bank = {RESULTS + offsetof(wisp_patch_results, integers),
                                 RESULTS + offsetof(wisp_patch_results, floats),
                                 sizeof(uint64_t)};

/* How many registers a homogeneous floating-point aggregate (5.9.5.1) takes; 0: it is none. */
static uint32_t homogeneous_count(const wisp_patch_type *type)
{
    if (type->member_count == 0 || !wisp_patch_kind_is_float(type->members[0].kind))
        return 0;
    uint32_t size = wisp_patch_kind_size(type->members[0].kind);
    for (uint32_t i = 0; i < type->member_count; i++)
        if (type->members[i].kind != type->members[0].kind || type->members[i].offset % size != 0)
            return 0;
    uint32_t found = 0; /* a bit for each of its places that has a member: there are no gaps */
    for (uint32_t i = 0; i < type->member_count; i++)
        if (type->members[i].offset / size < HOMOGENEOUS_MAX)
            found |= 1u << type->members[i].offset / size;
    uint32_t count = type->size / size;
    return count <= HOMOGENEOUS_MAX && found == (1u << count) - 1 && type->size % size == 0
               ? count
               : 0;
}

static uint32_t words_of(uint32_t size)
{
    return (size + WORD - 1) / WORD;
}

static uint32_t least(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

/* [count] values of [size] bytes in all, a register each. */
static void locate_in_floats(const bank *b, uint32_t count, uint32_t size, uint32_t first,
                             wisp_patch_location *at)
{
    for (uint32_t i = 0; i < count; i++)
        wisp_patch_location_add(at, b->floats + (size_t)b->float_stride * (first + i),
                                i * (size / count), size / count);
}

static void locate_in_integers(const bank *b, uint32_t size, uint32_t first,
                               wisp_patch_location *at)
{
    for (uint32_t i = 0; i < words_of(size); i++)
        wisp_patch_location_add(at, b->integers + WORD * (size_t)(first + i), i * WORD,
                                least(size - i * WORD, WORD));
}

/* C.1 to C.6: the floating-point registers, or none of what is left of them. */
static wisp_status locate_float(uint32_t count, uint32_t size, taken *t, wisp_patch_location *at,
                                wisp_error *err)
{
    if (t->floats + count > REGISTERS) {
        t->floats = REGISTERS;
        return wisp_patch_location_add_stack(at, STACK, size, &t->stack, err);
    }
    locate_in_floats(&param_bank, count, size, t->floats, at);
    t->floats += count;
    return WISP_OK;
}

/* C.9 to C.17, the same for the others. */
static wisp_status locate_integer(uint32_t size, taken *t, wisp_patch_location *at,
                                  wisp_error *err)
{
    if (t->integers + words_of(size) > REGISTERS) {
        t->integers = REGISTERS;
        return wisp_patch_location_add_stack(at, STACK, size, &t->stack, err);
    }
    locate_in_integers(&param_bank, size, t->integers, at);
    t->integers += words_of(size);
    return WISP_OK;
}

/* B.4: a copy of the caller's, whose address is passed instead. */
static wisp_status locate_copy(taken *t, wisp_patch_location *at, wisp_error *err)
{
    wisp_status status = locate_integer(WORD, t, at, err);
    at->way = WISP_PATCH_BY_ADDRESS;
    return status;
}

/*
 * Alignment beyond that of any scalar counts where it comes from a member and does not where it
 * is the struct's own (6.8.2 speaks of natural alignment), which a signature does not tell. Only
 * where it could make a difference is it refused: for C.4, C.10 and C.14.
 */
static bool is_alignment_open(const wisp_patch_type *type, uint32_t homogeneous, const taken *t)
{
    return type->align > WORD && (homogeneous ? t->floats + homogeneous > REGISTERS
                                              : t->integers % 2 == 1 || t->stack % 16 != 0);
}

static wisp_status locate_struct(const wisp_patch_type *type, uint32_t number, taken *t,
                                 wisp_patch_location *at, wisp_error *err)
{
    uint32_t homogeneous = homogeneous_count(type);
    if (type->size == 0)
        return WISP_OK;
    if (!homogeneous && type->size > COPIED_ABOVE)
        return locate_copy(t, at, err);
    if (is_alignment_open(type, homogeneous, t))
        return wisp_fail(err, WISP_UNSUPPORTED,
                         "argument %u is a struct aligned to %u bytes, expected at most 8",
                         (unsigned)number + 1, (unsigned)type->align);
    return homogeneous ? locate_float(homogeneous, type->size, t, at, err)
                       : locate_integer(type->size, t, at, err);
}

static wisp_status locate_param(const wisp_patch_type *type, uint32_t number, taken *t,
                                wisp_patch_location *at, wisp_error *err)
{
    if (type->kind == WISP_PATCH_STRUCT)
        return locate_struct(type, number, t, at, err);
    return wisp_patch_kind_is_float(type->kind) ? locate_float(1, type->size, t, at, err)
                                                : locate_integer(type->size, t, at, err);
}

static void locate_result(const wisp_patch_type *type, wisp_patch_location *at)
{
    bool is_struct = type->kind == WISP_PATCH_STRUCT;
    uint32_t floats = is_struct ? homogeneous_count(type) : wisp_patch_kind_is_float(type->kind);
    if (floats) {
        locate_in_floats(&result_bank, floats, type->size, 0, at);
    } else if (type->size > COPIED_ABOVE) {
        wisp_patch_location_add(at, INDIRECT, 0, WORD);
        at->way = WISP_PATCH_BY_ADDRESS;
    } else {
        locate_in_integers(&result_bank, type->size, 0, at);
    }
}

static wisp_status locate(const wisp_patch_signature *signature, wisp_patch_location *params,
                          wisp_patch_location *result, uint32_t *stack_size, wisp_error *err)
{
    taken t = {0};
    *result = (wisp_patch_location){0};
    locate_result(&signature->result, result);
    for (uint32_t i = 0; i < signature->param_count; i++) {
        params[i] = (wisp_patch_location){0};
        wisp_status status = locate_param(&signature->params[i], i, &t, &params[i], err);
        if (status)
            return status;
    }
    *stack_size = (t.stack + 15) & ~15u;
    return WISP_OK;
}

const wisp_patch_abi wisp_patch_abi_aapcs64 = {"AAPCS64", WISP_MACHINE_AARCH64,
                                               sizeof(wisp_patch_frame_aarch64), locate};
